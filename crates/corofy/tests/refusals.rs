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
          `#[coroutine]`"
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

/// The error codes of the compiler for the printed state machine.
fn codes(name: &str, body: &str) -> Vec<String> {
    let source = format!(
        "pub enum PollState<T> {{ Ready(T), NotReady }}
        pub trait Future {{
            type Output;
            fn poll(&mut self) -> PollState<Self::Output>;
        }}
        pub struct Client(String);
        pub struct Get<'c>(&'c Client);
        impl Future for Get<'_> {{
            type Output = usize;
            fn poll(&mut self) -> PollState<usize> {{
                PollState::Ready(self.0.0.len())
            }}
        }}
        impl Client {{
            pub fn get(&self) -> Get<'_> {{ Get(self) }}
            pub fn finish(self) -> usize {{ self.0.len() }}
        }}
        #[coroutine]
        pub fn f(outside: &Client, other: Client) -> usize {{ {body} }}"
    );
    let dir = std::env::temp_dir()
        .join(format!("corofy-codes-{}-{name}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    let file = dir.join("source.rs");
    let text = expand(&source, Print::default()).unwrap();
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
