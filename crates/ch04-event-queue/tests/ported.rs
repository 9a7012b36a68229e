//! Programs that were written for mio, on mio and on this crate: the same file
//! is compiled twice and run twice, and what the programs saw is compared.
//!
//! With `--cfg event_queue_kqueue`, mio still has epoll under it, and some
//! programs need more than libkqueue can do.

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
        assert_eq!(ours, theirs, "ours: {ours}\nmio:  {theirs}");
    }
    ours
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
