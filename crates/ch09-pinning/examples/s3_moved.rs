//! Stage 3, Break it: the coroutine of stage 2 is moved after its first poll.
//! Each attempt runs in a child process, as one of them does not survive.
//!
//! UNSOUND, on purpose: this is the program that must not exist.

use ch07_coroutines::Later;
use ch09_pinning::s3_run_all::run_all;
use std::env;
use std::io::{self, Write};
use std::process::{Command, Output};
use testing::println;

#[path = "unsound/program.rs"]
mod program;
#[path = "unsound/report.rs"]
mod report;
use program::two_reports;
use report::report;

/// The last word of the second report.
const LAST: [(&str, &str); 2] = [
    ("short", "NW"),
    ("long", "from the north-west, force nine, and rising"),
];

// ANCHOR: child
/// What a child does: the program, and its reports as lines.
fn child(last: &'static str) -> io::Result<()> {
    let reports = two_reports(last);
    let mut out = io::stdout().lock();
    for report in &reports {
        out.write_all(b"  ")?;
        out.write_all(report.as_bytes())?;
        out.write_all(b"\n")?;
    }
    out.flush()
}
// ANCHOR_END: child

/// What the parent says of it. A report may hold any bytes, even the end of a
/// line: what was freed may have become anything. So only two blanks at the
/// beginning of a line begin another one.
fn tell(name: &str, output: &Output) -> String {
    let mut told = format!("{name}:\n");
    let mut rest = output.stdout.as_slice();
    while !rest.is_empty() {
        let next = rest.windows(3).position(|bytes| bytes == b"\n  ");
        let (report, others) = rest.split_at(next.unwrap_or(rest.len()));
        let report = report.strip_suffix(b"\n").unwrap_or(report);
        let report = report.strip_prefix(b"  ").unwrap_or(report);
        told += &format!("  {}\n", report.escape_ascii());
        rest = others.get(1..).unwrap_or_default();
    }
    for line in String::from_utf8_lossy(&output.stderr).lines() {
        told += &format!("  {line}\n");
    }
    told + &format!("  {}\n", output.status)
}

fn main() -> io::Result<()> {
    if let Some(wanted) = env::args().nth(1) {
        let last = LAST.iter().find(|(name, _)| *name == wanted);
        let (_, last) = last.ok_or(io::ErrorKind::InvalidInput)?;
        return child(last);
    }
    for (name, _) in LAST {
        let program = env::current_exe()?;
        let output = Command::new(program).arg(name).output()?;
        println!("{}", tell(name, &output).trim_end());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    //! What the children did. Where the allocator is not glibc's, only that
    //! the parent survives.

    use super::*;
    use testing::in_a_child;

    #[test]
    fn a_short_word_is_lost_without_a_sound() {
        let name = "tests::a_short_word_is_lost_without_a_sound";
        let act = || child(LAST[0].1).expect("it can be written");
        let Some(output) = in_a_child(name, act) else {
            return;
        };
        let told = tell("short", &output);
        assert!(output.status.success(), "{told}");
        assert!(told.contains("\n  fog\n  wind "), "{told}");
        assert!(!told.contains("NW"), "{told}");
    }

    #[test]
    fn a_long_word_ends_the_process() {
        let name = "tests::a_long_word_ends_the_process";
        let act = || child(LAST[1].1).expect("it can be written");
        let Some(output) = in_a_child(name, act) else {
            return;
        };
        let told = tell("long", &output);
        assert!(!told.contains("force nine"), "{told}");
        if told.contains("AddressSanitizer") {
            return recorded(&told);
        }
        if cfg!(all(target_os = "linux", target_env = "gnu")) {
            assert!(!output.status.success(), "{told}");
            assert!(told.contains("double free"), "{told}");
        }
    }

    /// The address sanitizer says what the page shows: each line of the record
    /// is a line of its report, in that order. `[..]` stands for what differs.
    #[track_caller]
    fn recorded(told: &str) {
        let record = include_str!("../reports/moved.txt");
        let mut rest = told.lines();
        for line in record.lines().filter(|line| !line.is_empty()) {
            let parts: Vec<_> = line.trim().split("[..]").collect();
            let found = rest.any(|told| {
                let mut at = 0;
                parts.iter().all(|part| match told[at..].find(part) {
                    Some(found) => {
                        at += found + part.len();
                        true
                    }
                    None => false,
                })
            });
            assert!(found, "{line:?} is missing:\n{told}");
        }
    }
}
