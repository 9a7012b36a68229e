//! The museum: bugs that other runtimes shipped, each rebuilt in our own code,
//! and each found by a tool of this chapter.
//!
//! `cargo test --test museum every_bug -- --nocapture` prints the table.
//!
//! Not for Windows: the scenarios use signals, descriptors and Unix sockets.

#![cfg(unix)]

mod bugs;
mod scenarios;
mod scenarios_net;
mod workshop;

use bugs::{BUGS, Bug, Tool};
use std::process::{Command, Output};
use std::time::{Duration, Instant};
use testing::within_a_minute;
use workshop::{AWAKE, Workshop};

#[test]
fn without_its_bug_every_scenario_ends_well() {
    let net = scenarios_net::SCENARIOS;
    for (name, run) in scenarios::SCENARIOS.into_iter().chain(net) {
        println!("{name}"); // printed if it fails
        within_a_minute(run);
    }
}

#[test]
fn every_bug_is_found() {
    if !workshop::builds_for_this_processor() {
        println!("not tested: the compiler here is for another processor");
        return;
    }
    let workshop = Workshop::open();
    let mut table = Vec::new();
    for bug in &BUGS {
        let sound = run(&workshop, bug, false);
        let name = bug.name;
        assert!(sound.status.success(), "{name}, asleep: {sound:?}");
        let start = Instant::now();
        let found = run(&workshop, bug, true);
        table.push((bug, start.elapsed()));
        assert!(!found.status.success(), "{name} was not found: {found:?}");
        assert_ne!(found.status.code(), Some(2), "{found:?}");
    }
    print(&table);
}

/// Runs what finds the bug, with the bug awake or asleep.
fn run(workshop: &Workshop, bug: &Bug, awake: bool) -> Output {
    let mut command = match bug.tool {
        Tool::Loom(model) => {
            let mut command = Command::new(&workshop.loom);
            command.arg(model);
            command
        }
        Tool::Scenario | Tool::Dump | Tool::Cut => {
            let mut command = Command::new(&workshop.scenarios);
            command.arg(bug.name);
            command
        }
    };
    if awake {
        command.env(AWAKE, bug.name);
    }
    command.env("RUST_BACKTRACE", "0");
    command.output().expect("it has just been compiled")
}

/// The table: what finds which bug, and after how long.
fn print(table: &[(&Bug, Duration)]) {
    for (bug, after) in table {
        let (name, source, tool) = (bug.name, bug.source, bug.tool.name());
        let after = after.as_millis().max(1);
        println!("{name:<24} {source:<22} {tool:<8} {after} ms");
        println!("    {}", bug.seen);
    }
}
