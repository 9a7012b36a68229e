//! No input makes corofy panic, and no spelling confuses it.

mod common;
mod fuzz;

use std::time::{Duration, Instant};

use common::watchdog;
use corofy::{Print, expand};

#[test]
fn damaged_sources_never_panic() {
    let _dog = watchdog();
    let mut random = fuzz::Random(0x2026);
    let start = Instant::now();
    let (mut tried, mut transformed) = (0, 0);
    while tried < 200 || start.elapsed() < Duration::from_secs(3) {
        let source = fuzz::source(&mut random);
        transformed += usize::from(fuzz::check(&source).unwrap());
        tried += 1;
    }
    // The damage leaves some of them whole.
    assert!(transformed > 5, "{transformed} of {tried}");
}

#[test]
fn comments_strings_and_formatting_change_nothing() {
    let _dog = watchdog();
    let tight = "#[coroutine]fn f(a:u32)->u32{let b=g(a).wait;b}";
    let wide = "#[coroutine]\n// .wait\nfn f ( a : u32 , ) -> u32\n{ /* } */ \
                let b\n= g ( a )\n. // here\nwait ; b }";
    let print = Print::default();
    assert_eq!(expand(tight, print), expand(wide, print));
    let strings = "fn f() { let s = \"a.wait\"; println!(\"{s}.wait ?\"); }";
    assert!(expand(strings, print).is_ok());
}

#[test]
fn a_method_and_a_binding_may_be_called_wait() {
    let _dog = watchdog();
    let source = "fn f(wait: Child) { let s = S { wait: 1 }; wait.wait(); \
                  println!(\"{}\", wait.wait()); }";
    let plain = expand(source, Print::default());
    assert!(plain.is_ok(), "{plain:?}");
}

#[test]
fn names_of_the_generated_code_give_way() {
    let _dog = watchdog();
    let source = "#[coroutine] fn f(state: State, future: F1) -> State { \
                  let value = g(future).wait; let result = h(value).wait; \
                  state.machine(result) }";
    let text = expand(source, Print::default()).unwrap();
    for name in ["enum State2<", "F12", "state_2", "future_2"] {
        assert!(text.contains(name), "{name} in\n{text}");
    }
}

#[test]
fn raw_names_are_variables_as_others_are() {
    let _dog = watchdog();
    for shape in ["", "(pinned)"] {
        let source = format!(
            "#[coroutine{shape}] fn f(r#in: S) {{ let r#fn = &r#in; \
             g().wait; let r#fn = {{ let r#in = h(r#fn).wait; move || r#in }}; \
             println!(\"{{:?}}\", r#fn); }}"
        );
        // Whether it is refused is another matter.
        let _ = expand(&source, Print::default());
    }
}

#[test]
fn deep_nesting_is_refused_before_it_uses_up_the_stack() {
    let _dog = watchdog();
    let source = |depth: usize| {
        let (open, close) = ("(".repeat(depth), ")".repeat(depth));
        format!("#[coroutine] fn f() {{ g({open}h().wait{close}); }}")
    };
    assert!(expand(&source(40), Print::default()).is_ok());
    let faults = expand(&source(100_000), Print::default()).unwrap_err();
    assert!(faults[0].message.contains("brackets in brackets"));
}

#[test]
fn what_cannot_be_taken_apart_is_refused_at_its_place() {
    let _dog = watchdog();
    let source = "#[coroutine] fn f() {\n  !  let x = g().wait;\n}";
    let faults = expand(source, Print::default()).unwrap_err();
    assert_eq!((faults[0].line, faults[0].column), (2, 6));
    assert!(faults[0].message.contains("cannot be taken apart"));
}
