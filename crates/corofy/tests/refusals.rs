//! What corofy refuses, where, and in which words: through the compiler in
//! `tests/ui`, through the library and the program here.

mod common;

use common::watchdog;
use corofy::{Print, expand};

#[test]
fn the_compiler_shows_each_refusal_at_its_place() {
    let _dog = watchdog();
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
