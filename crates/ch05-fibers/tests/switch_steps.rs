//! The recording of the switch: the same instructions, in the same order, in
//! every build. Linux on x86-64.
#![cfg(all(target_os = "linux", target_arch = "x86_64"))]

mod support;

use std::process::Command;
use support::within_a_minute;

#[test]
fn a_switch_there_and_back_is_eighteen_instructions() {
    within_a_minute(|| {
        let mut path = std::env::current_exe().unwrap();
        path.pop();
        path.pop();
        path.push("examples/switch_steps");
        let output = Command::new(path).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        let text = String::from_utf8(output.stdout).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 18, "{text}");
        for (number, line) in lines.iter().enumerate() {
            // Seven on the side that leaves, two on the one that goes on.
            let lane = match number {
                0..7 | 16.. => "{\"lane\": \"home\"",
                _ => "{\"lane\": \"fiber\"",
            };
            assert!(line.starts_with(lane), "{number}: {line}");
        }
        // Back where it began, with what belongs to it.
        let last = lines[17];
        for (register, value) in [
            ("rsp", "home stack"),
            ("rbp", "home's rbp"),
            ("rbx", "home's rbx"),
        ] {
            let row =
                format!("{{\"at\": \"{register}\", \"value\": \"{value}\"");
            assert!(last.contains(&row), "{row} {last}");
        }
    });
}
