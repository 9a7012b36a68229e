//! Programs that were written for mio, on mio and on this crate: the same file
//! is compiled twice and run twice, and what the programs saw is compared.
//!
//! With `--cfg event_queue_kqueue`, mio still has epoll under it, and some
//! programs need more than libkqueue can do.
//!
//! On Windows, mio asks about both directions after a call that would block,
//! and reports again that there is room to write
//! (<https://github.com/tokio-rs/mio/issues/1963>). We don't.

#![allow(clippy::duplicate_mod, reason = "that is the point")]

use std::io;
use testing::within_a_minute;

#[path = "ported"]
mod on_mio {
    use mio as queue;
    pub mod programs;
}

#[path = "ported"]
mod on_ours {
    use ch04_event_queue as queue;
    pub mod programs;
}

type Program = fn() -> io::Result<Vec<String>>;

/// Runs a program on both, and returns what both saw.
#[track_caller]
fn the_same(on_mio: Program, on_ours: Program) -> Vec<String> {
    let theirs = within_a_minute(on_mio).expect("on mio");
    let ours = within_a_minute(on_ours).expect("on ours");
    assert!(!theirs.is_empty());
    assert_eq!(ours.len(), theirs.len(), "{ours:#?}\n{theirs:#?}");
    for (ours, theirs) in ours.iter().zip(&theirs) {
        let same = ours == theirs || cfg!(windows) && has_more(theirs, ours);
        assert!(same, "ours: {ours}\nmio:  {theirs}");
    }
    ours
}

/// Does `theirs` have all that is in `ours`, and besides only events which say
/// that there is room to write, in a step that ended with a call that would
/// block?
fn has_more(theirs: &str, ours: &str) -> bool {
    let Some((step, events)) = theirs.split_once(": ") else {
        return false;
    };
    let blocked = ["would block", "drained", "drained and written", "open"];
    let events: Vec<&str> = events
        .trim_matches(['[', ']'])
        .split(", ")
        .filter(|event| !event.trim_matches('"').ends_with(" writable"))
        .collect();
    blocked.contains(&step)
        && ours == format!("{step}: [{}]", events.join(", "))
}

#[test]
fn only_room_after_a_call_that_would_block_may_be_more() {
    let room = r#"would block: ["1 writable"]"#;
    assert!(has_more(room, "would block: []"));
    let both = r#"drained: ["1 writable", "1 readable"]"#;
    assert!(has_more(both, r#"drained: ["1 readable"]"#));
    assert!(!has_more(both, "drained: []"));
    assert!(!has_more("would block: []", room));
    assert!(!has_more(r#"registered: ["1 writable"]"#, "registered: []"));
    assert!(!has_more(
        r#"drained: ["1 readable+writable"]"#,
        "drained: []"
    ));
}

macro_rules! ported {
    ($($name:ident),* $(,)?) => {
        $(
            #[test]
            fn $name() {
                let seen = the_same(
                    on_mio::programs::$name,
                    on_ours::programs::$name,
                );
                println!("{seen:#?}");
            }
        )*
    };
}

ported!(wake, half_close, registering);

// libkqueue has one filter per descriptor.
#[cfg(not(event_queue_kqueue))]
ported!(tcp_echo, udp_echo, chat, connect, predicates);
