//! Chapter 2: what a backtrace shows in each model, taken where the errand
//! says its last line. Of the frames, only those of this chapter's functions
//! are shown, the innermost first. In a debug build: an optimised one puts
//! functions into each other.

use ch02_models::{Log, MODELS, TRANSCRIPT};
use std::backtrace::Backtrace;
use std::sync::{Arc, Mutex};
use testing::println;

/// The functions of this chapter's stages in a backtrace, innermost first.
// ANCHOR: frames
fn frames(backtrace: &Backtrace) -> Vec<String> {
    let text = backtrace.to_string();
    let names = text.lines().filter_map(|line| {
        // `  12: path::of::function`; a line `at file:line` comes between.
        let (number, name) = line.trim_start().split_once(": ")?;
        number.parse::<u32>().ok()?;
        let name = name.trim();
        // `<a::Type as a::Trait>::method` is one of a trait.
        let ours = name.trim_start_matches('<').starts_with("ch02_models::s");
        // How the compiler calls a closure behind a `dyn` is its own business.
        let is_glue = name.contains("{shim:");
        (ours && !is_glue).then(|| plain(&name.replace("ch02_models::", "")))
    });
    names.collect()
}
// ANCHOR_END: frames

/// A name without generic arguments, traits and numbers of closures. Before
/// Rust 1.97, symbols have some of these; since then, they have all.
fn plain(name: &str) -> String {
    // `<Type>::method` and `<Type as Trait>::method` become `Type::method`.
    let name = name.trim_start_matches('<').replace(" as ", "<");
    let (mut bare, mut depth) = (String::new(), 0_u32);
    for c in name.chars() {
        match c {
            '<' => depth += 1,
            '>' => depth = depth.saturating_sub(1),
            c if depth == 0 => bare.push(c),
            _ => {}
        }
    }
    let parts = bare.split("::").filter(|part| !part.is_empty());
    let parts = parts.map(|part| match part.contains("closure") {
        true => "{closure}",
        false => part,
    });
    parts.collect::<Vec<_>>().join("::")
}

/// The backtrace of each model, at the line that its errand says last.
fn collect() -> Vec<(&'static str, Vec<String>)> {
    let of_model = |model: ch02_models::Model| {
        let found = Arc::new(Mutex::new(Vec::new()));
        let here = Arc::clone(&found);
        let log = Log::with_listener(move |line| {
            if line == TRANSCRIPT[4] {
                let frames = frames(&Backtrace::force_capture());
                *here.lock().expect("no panic while it is locked") = frames;
            }
        });
        (model.run)(&log);
        let found = found.lock().expect("no panic while it is locked").clone();
        (model.name, found)
    };
    MODELS.map(of_model).to_vec()
}

fn main() {
    if !cfg!(debug_assertions) {
        println!("this program is for debug builds");
        return;
    }
    for (name, frames) in collect() {
        println!("{name}");
        if frames.is_empty() {
            println!("    (no symbols here)");
        }
        for frame in frames {
            println!("    {frame}");
        }
    }
}

/// What Rust 1.96 and 1.97 write for the same functions.
#[test]
fn names_do_not_depend_on_the_compiler() {
    let both = [
        ("s5::errand::{{closure}}", "s5::errand::{closure#0}"),
        ("s2::Loop::run_due", "<s2::Loop>::run_due"),
        (
            "s3::Promise<T,E>::map::{{closure}}",
            "<s3::Promise<(), s3::E>>::map::<u64, s3::f::{closure#2}>\
             ::{closure#0}",
        ),
        (
            "<s4::Errand as s4::Coroutine>::resume",
            "<s4::Errand as s4::Coroutine>::resume",
        ),
        (
            "s5::Executor::block_on",
            "<s5::Executor>::block_on::<s5::Task<u64>>",
        ),
    ];
    for (before, since) in both {
        assert_eq!(plain(before), plain(since));
    }
    assert_eq!(plain(both[3].0), "s4::Errand::resume");
}

#[test]
fn runs() {
    let traces = collect();
    assert_eq!(traces.len(), MODELS.len());
    if !cfg!(all(debug_assertions, target_os = "linux")) {
        return; // what is there depends on the symbols
    }
    for (name, frames) in traces {
        let has = |name: &str| frames.iter().any(|frame| frame.contains(name));
        assert!(has("errand") || has("Errand"), "{name}: {frames:#?}");
        // No model shows the caller that waits: only a loop, or a thread's start.
        assert_eq!(has("Loop::run"), {
            !matches!(name, "threads" | "async/await")
        });
        assert_eq!(has("block_on"), name == "async/await", "{frames:#?}");
    }
}
