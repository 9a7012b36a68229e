//! Chapter 2: the same errand in five models, and that it is the same.

use ch02_models::{Log, MODELS};
use std::fmt::Write;
use testing::print;

// ANCHOR: all_five
fn run() -> String {
    let mut out = String::new();
    let logs = MODELS.map(|model| {
        let log = Log::new();
        (model.run)(&log);
        (model.name, log)
    });
    let (_, first) = &logs[0];
    for line in first.lines() {
        writeln!(out, "    {line}").expect("a string takes it");
    }
    for (name, log) in &logs {
        let same = log.lines() == first.lines();
        let says = if same { "says this" } else { "differs" };
        let threads = log.threads();
        let who = if threads == 1 { "thread" } else { "threads" };
        writeln!(out, "{name:<12} {says}, on {threads} {who}")
            .expect("a string takes it");
    }
    out
}
// ANCHOR_END: all_five

fn main() {
    print!("{}", run());
}

#[test]
fn runs() {
    let mut expected = String::new();
    for line in ch02_models::TRANSCRIPT {
        expected += &format!("    {line}\n");
    }
    expected += "threads      says this, on 2 threads\n";
    for name in ["callbacks", "promises", "coroutines", "async/await"] {
        expected += &format!("{name:<12} says this, on 1 thread\n");
    }
    assert_eq!(run(), expected);
}
