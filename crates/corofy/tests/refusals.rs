//! What corofy refuses, where, and in which words: through the compiler in
//! `tests/ui`, through the library and the program here.

mod common;

use std::time::Duration;

use common::{watchdog, watchdog_for};
use corofy::{Print, expand};

#[test]
fn the_compiler_shows_each_refusal_at_its_place() {
    // It builds the macro once more.
    let _dog = watchdog_for(Duration::from_secs(900));
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}

/// The faults of a source, as `line:column: message`.
fn faults(source: &str) -> Vec<String> {
    match expand(source, Print::default()) {
        Ok(text) => panic!("it is not refused:\n{text}"),
        Err(faults) => faults.iter().map(ToString::to_string).collect(),
    }
}

#[test]
fn a_wait_outside_of_a_coroutine_is_refused() {
    let _dog = watchdog();
    let source = "fn main() {\n    let reply = get().wait;\n}\n";
    assert_eq!(
        faults(source),
        [
            "2:23: a wait outside of a coroutine: mark the function with \
          `#[corofy::coroutine]`"
        ]
    );
}

#[test]
fn all_faults_of_a_file_come_in_the_order_of_the_source() {
    let _dog = watchdog();
    let source = "#[coroutine]\nfn a() {\n    let f = || g().wait;\n}\n\
                  #[coroutine]\nasync fn b() {}\nfn c() { d().wait; }\n";
    let places: Vec<String> = faults(source)
        .iter()
        .map(|fault| fault.split(' ').next().unwrap().to_owned())
        .collect();
    assert_eq!(places, ["3:20:", "6:1:", "7:14:"]);
}

#[test]
fn columns_count_characters() {
    let _dog = watchdog();
    let source =
        "#[coroutine]\nfn a() { let ä = \"🦀\"; let f = || g().wait; }";
    let column = "fn a() { let ä = \"🦀\"; let f = || g().wait"
        .chars()
        .count();
    let expected = format!("2:{}:", column - "wait".len() + 1);
    assert!(faults(source)[0].starts_with(&expected));
}

#[test]
fn what_is_no_rust_is_a_fault_with_a_place() {
    let _dog = watchdog();
    assert_eq!(faults("fn a() {\n    let = 3;\n}\n").len(), 1);
    assert!(faults("fn a() {\n    let = 3;\n}\n")[0].starts_with("2:9: "));
    assert_eq!(faults("fn a( {}\n").len(), 1);
}

#[test]
fn a_borrow_of_a_local_is_refused_only_across_a_wait() {
    let _dog = watchdog();
    let body = |inside: &str| {
        format!(
            "#[coroutine]\nfn a(s: &str) -> usize {{\nlet text = \
             String::new();\n{inside}\n}}\n"
        )
    };
    let fine = [
        "let r = &text; let n = r.len(); b(n).wait; n",
        "let r = &text; b(r.len()).wait; 1",
        "let r = &s; b(r.len()).wait; 1",
        "let r = &s[1..]; b(1).wait; r.len()",
        "b(&text).wait; text.len()",
        "let r = &[1, 2]; b(1).wait; 1",
    ];
    for inside in fine {
        let result = expand(&body(inside), Print::default());
        assert!(result.is_ok(), "{inside}: {result:?}");
    }
    let refused = [
        "let r = &text; b(1).wait; r.len()",
        "let r = &mut text; b(1).wait; r.len()",
        "for c in &text { b(c).wait; } 1",
        "if let Some(c) = &text { b(1).wait; c.len() } else { 1 }",
    ];
    for inside in refused {
        let faults = faults(&body(inside));
        assert_eq!(faults.len(), 1, "{inside}: {faults:?}");
        assert!(faults[0].contains("borrow of `text`"), "{faults:?}");
    }
}

const PLAIN: &str = "pub enum PollState<T> { Ready(T), NotReady }
    pub trait Future {
        type Output;
        fn poll(&mut self) -> PollState<Self::Output>;
    }
    pub struct Client(String);
    pub struct Get<'c>(&'c Client);
    impl Future for Get<'_> {
        type Output = usize;
        fn poll(&mut self) -> PollState<usize> {
            PollState::Ready(self.0.0.len())
        }
    }
    impl Client {
        pub fn get(&self) -> Get<'_> { Get(self) }
        pub fn finish(self) -> usize { self.0.len() }
    }\n";

/// The error codes of the compiler for the printed state machine.
fn codes(name: &str, body: &str) -> Vec<String> {
    codes_of(
        name,
        &format!(
            "{PLAIN}#[coroutine]
            pub fn f(outside: &Client, other: Client) -> usize {{ {body} }}"
        ),
    )
}

/// The same for a whole source.
fn codes_of(name: &str, source: &str) -> Vec<String> {
    let dir = std::env::temp_dir()
        .join(format!("corofy-codes-{}-{name}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    let file = dir.join("source.rs");
    let text = expand(source, Print::default()).unwrap();
    std::fs::write(&file, text).unwrap();
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = std::process::Command::new(rustc)
        .args(["--edition=2024", "--crate-type=lib", "--emit=metadata"])
        .arg("--out-dir")
        .arg(&dir)
        .arg(&file)
        .output()
        .unwrap();
    std::fs::remove_dir_all(&dir).unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    let codes = text.split("error[").skip(1);
    let codes = codes.map(|part| part.split(']').next().unwrap().to_owned());
    codes.collect()
}

#[test]
fn a_borrow_that_no_macro_sees_is_refused_by_the_compiler() {
    let _dog = watchdog();
    let outside = "let n = outside.get().wait; n + other.0.len()";
    assert_eq!(codes("outside", outside), [""; 0]);
    let inside = "let n = other.get().wait; n";
    assert!(codes("inside", inside).contains(&"E0505".to_owned()));
    let temporary = "Client(String::new()).get().wait";
    let found = codes("temporary", temporary);
    assert!(found.iter().any(|code| code == "E0597"), "{found:?}");
}

#[test]
fn a_method_that_moves_its_receiver_is_found_by_the_compiler() {
    let _dog = watchdog();
    let unseen = "let n = other.finish(); outside.get().wait + n";
    assert_eq!(codes("unseen", unseen), ["E0382"]);
    let seen = "let n = Client::finish(other); outside.get().wait + n";
    assert_eq!(codes("seen", seen), [""; 0]);
}

const PINNED: &str = "use std::pin::Pin;
    pub use std::task::Waker;
    pub enum PollState<T> { Ready(T), NotReady }
    pub trait Future {
        type Output;
        fn poll(self: Pin<&mut Self>, waker: &Waker)
        -> PollState<Self::Output>;
    }
    pub struct Once;
    impl Future for Once {
        type Output = ();
        fn poll(self: Pin<&mut Self>, _: &Waker) -> PollState<()> {
            PollState::Ready(())
        }
    }
    fn once() -> Once { Once }
    pub struct Wrapper(usize);
    impl Drop for Wrapper { fn drop(&mut self) {} }
    impl Wrapper { fn map(&self) -> usize { self.0 } }\n";

/// The error codes for a coroutine that is pinned.
fn pinned(name: &str, function: &str) -> Vec<String> {
    let source = format!("{PINNED}#[coroutine(pinned)]\npub {function}");
    codes_of(name, &source)
}

#[test]
fn the_compiler_checks_the_borrows_of_a_pinned_coroutine() {
    let _dog = watchdog_for(Duration::from_secs(300));
    let text = "let mut text = String::new();";
    let shared = format!("{text} let r = &text; once().wait;");
    let bodies = [
        ("moved", "E0505", format!("{shared} drop(text); r.len()")),
        (
            "changed",
            "E0502",
            format!("{shared} text.clear(); r.len()"),
        ),
        (
            "assigned",
            "E0506",
            format!("{shared} text = String::new(); r.len()"),
        ),
        (
            "twice",
            "E0499",
            format!(
                "{text} let r = &mut text; let s = &mut text; once().wait; \
                 r.clear(); s.len()"
            ),
        ),
        (
            "outlived",
            "E0597",
            format!("let r; {{ {text} r = &text; once().wait; }} r.len()"),
        ),
        (
            "sent",
            "E0597",
            format!(
                "{shared} std::thread::spawn(move || r.len()); once().wait; 1"
            ),
        ),
        (
            "unmarked",
            "E0133",
            format!("{shared} let p: *const String = r; (*p).len()"),
        ),
        (
            // The name says that the method takes its receiver by value.
            "named",
            "E0505",
            "let w = Wrapper(1); let r = &w; once().wait; let n = w.map(); \
             once().wait; n + r.0"
                .to_owned(),
        ),
        (
            "matched",
            "E0505",
            "let w = Some(String::new()); let r = &w; once().wait; let n = \
             match w { Some(s) => s.len(), None => 0 }; n + r.iter().count()"
                .to_owned(),
        ),
    ];
    for (name, code, body) in bodies {
        let found = pinned(name, &format!("fn f() -> usize {{ {body} }}"));
        assert!(found.contains(&code.to_owned()), "{name}: {found:?}");
    }
    let function =
        format!("fn f() -> usize {{ {shared} r.len() + text.len() }}");
    assert_eq!(pinned("right", &function), [""; 0]);
}

#[test]
fn a_held_borrow_cannot_leave_the_coroutine() {
    let _dog = watchdog_for(Duration::from_secs(300));
    let body = "let text = String::new(); let r = &text; once().wait;";
    let functions = [
        ("forever", format!("fn f() -> &'static str {{ {body} r }}")),
        (
            "named",
            format!("fn f<'a>(s: &'a str) -> &'a str {{ {body} r }}"),
        ),
        ("elided", format!("fn f(s: &str) -> &str {{ {body} r }}")),
        (
            "early",
            format!("fn f(s: &str) -> &str {{ {body} return r; }}"),
        ),
        (
            "pushed",
            format!("fn f(out: &mut Vec<&str>) {{ {body} out.push(r); }}"),
        ),
    ];
    for (name, function) in functions {
        let found = pinned(name, &function);
        assert!(!found.is_empty(), "{name}");
    }
    let right = format!("fn f(s: &str) -> &str {{ {body} &s[r.len()..] }}");
    assert_eq!(pinned("inside", &right), [""; 0]);
}

#[test]
fn a_pinned_machine_cannot_be_moved_after_its_first_poll() {
    let _dog = watchdog_for(Duration::from_secs(300));
    let body = "let text = String::new(); let r = &text; once().wait; r.len()";
    let uses = |name: &str, function: &str| {
        let source = format!(
            "{PINNED}#[coroutine(pinned)]
            pub fn held() -> usize {{ {body} }}
            pub fn user() {{ {function} }}"
        );
        codes_of(name, &source)
    };
    let start = "let waker = Waker::noop(); let machine = held();";
    let polled = "let mut machine = std::pin::pin!(machine); \
                  let _ = machine.as_mut().poll(waker);";
    let right = format!("{start} let machine = machine; {polled}");
    assert_eq!(uses("before", &right), [""; 0]);
    for (name, code, after) in [
        ("value", "E0507", "let moved = *machine;"),
        (
            "swap",
            "E0277",
            "std::mem::swap(machine.as_mut().get_mut(), &mut held());",
        ),
        (
            "unpinned",
            "E0277",
            "let _ = Pin::new(&mut held()).poll(waker);",
        ),
        ("assigned", "E0594", "*machine = held();"),
        ("inner", "E0277", "Pin::into_inner(machine);"),
    ] {
        let place = format!("after-{name}");
        let found = uses(&place, &format!("{start} {polled} {after}"));
        assert!(found.contains(&code.to_owned()), "{name}: {found:?}");
    }
}
