//! What a backtrace sees from within a fiber: the fiber's own functions, down
//! to where its stack begins, and nothing of what switched to it.
//!
//! The names are there in debug builds; an optimiser may put one function into
//! another. `debug/fiber.gdb` asks a debugger the same.

mod quiet;

use ch05_fibers::{Runtime, spawn, yield_now};
use std::backtrace::Backtrace;

// ANCHOR: functions
#[inline(never)]
fn outer() -> String {
    middle()
}

#[inline(never)]
fn middle() -> String {
    yield_now();
    inner()
}

#[inline(never)]
fn inner() -> String {
    Backtrace::force_capture().to_string()
}
// ANCHOR_END: functions

/// The functions of this program and of the crate, the innermost first.
fn ours(trace: &str) -> Vec<&str> {
    let names = trace.lines().filter_map(|line| line.split_once(": "));
    let names = names.map(|(_, name)| name.trim());
    names
        .filter(|name| {
            let crates = ["backtrace::", "ch05_fibers::"];
            let ours = crates.iter().any(|crate_| name.starts_with(crate_));
            // Which of these the compiler puts into their callers, and what it
            // calls a closure, changes with its version.
            let changing = ["{{", "{closure", "Fiber>::", "Fiber::"];
            ours && !changing.iter().any(|part| name.contains(part))
        })
        .collect()
}

fn capture() -> String {
    // SAFETY: this code and std break none of the five promises.
    unsafe { Runtime::new() }.run(|| spawn(outer).join().unwrap_or_default())
}

fn main() {
    quiet::end_on_closed_pipes();
    let trace = capture();
    println!("functions on the fiber's stack, the innermost first:");
    for name in ours(&trace) {
        // Without type parameters, and the number that a symbol ends with.
        let name = name.split_once('<').map_or(name, |(name, _)| name);
        let name = name.trim_end_matches("::");
        let name = name.split("::h").next().unwrap_or(name);
        println!("  {name}");
    }
    let seen = trace.contains("::main");
    println!(
        "main, which has switched here: {}",
        match seen {
            true => "seen",
            false => "not seen",
        }
    );
}

#[test]
fn runs() {
    let trace = capture();
    let names = ours(&trace);
    if cfg!(debug_assertions) && cfg!(target_os = "linux") {
        let expected = ["inner", "middle", "outer"];
        for (name, expected) in names.iter().zip(expected) {
            assert!(name.contains(expected), "{trace}");
        }
        assert!(names.last().is_some_and(|name| name.contains("start")));
    }
    assert!(!trace.contains("backtrace::main"), "{trace}");
    main();
}
