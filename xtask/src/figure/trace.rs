//! What `strace -f -ttt -T -o FILE` writes, read back as system calls.
//!
//! Signals and ends of threads are left out: no figure needs them so far.

use std::collections::HashMap;

use anyhow::{Context as _, Result};

/// A system call that has returned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The thread's number.
    pub thread: u32,
    /// The system call's name.
    pub name: String,
    /// What stands between its brackets.
    pub args: String,
    /// What it returned, as strace puts it.
    pub result: String,
    /// When it was made, in microseconds.
    pub start_us: u64,
    /// When it returned.
    pub end_us: u64,
}

impl Call {
    /// The error's name, if it is one.
    pub fn error(&self) -> Option<&str> {
        self.result.strip_prefix("-1 ")?.split_whitespace().next()
    }

    /// The thread that it made, if it did.
    pub fn spawned(&self) -> Option<u32> {
        let makes = ["clone", "clone3"].contains(&self.name.as_str());
        makes.then(|| self.result.parse().ok()).flatten()
    }

    /// The line as strace has it, less addresses, which differ each time.
    pub fn line(&self) -> String {
        let line = format!("{}({}) = {}", self.name, self.args, self.result);
        without_addresses(&line)
    }
}

/// `0x7ffd…` becomes `0x…`. Small numbers such as flags stay.
fn without_addresses(line: &str) -> String {
    let mut text = String::new();
    let mut rest = line;
    while let Some(at) = rest.find("0x") {
        let digits = rest[at + 2..]
            .find(|c: char| !c.is_ascii_hexdigit())
            .unwrap_or(rest.len() - at - 2);
        text += &rest[..at + 2];
        let number = &rest[at + 2..at + 2 + digits];
        text += if digits > 6 { "…" } else { number };
        rest = &rest[at + 2 + digits..];
    }
    text + rest
}

/// Reads a trace: the calls in the order in which they were made.
///
/// # Errors
/// When a line is none of strace's.
pub fn parse(trace: &str) -> Result<Vec<Call>> {
    let mut calls = Vec::new();
    let mut open: HashMap<u32, (String, String, u64)> = HashMap::new();
    for (index, line) in trace.lines().enumerate() {
        let bad = || format!("line {} of the trace: {line}", index + 1);
        let (thread, rest) =
            line.trim_start().split_once(' ').with_context(bad)?;
        let thread: u32 = thread.parse().with_context(bad)?;
        let (time, rest) =
            rest.trim_start().split_once(' ').with_context(bad)?;
        let time = micros(time).with_context(bad)?;
        if rest.starts_with("+++") || rest.starts_with("---") {
            continue;
        }
        if let Some(rest) = rest.strip_prefix("<... ") {
            let (_, rest) = rest.split_once(" resumed>").with_context(bad)?;
            let (name, args, start) = open.remove(&thread).with_context(bad)?;
            let (more, result, took) = ending(rest).with_context(bad)?;
            calls.push(Call {
                thread,
                name,
                args: args + more,
                result,
                start_us: start,
                end_us: start + took,
            });
            continue;
        }
        let (name, rest) = rest.split_once('(').with_context(bad)?;
        if let Some(args) = rest.strip_suffix("<unfinished ...>") {
            let args = args.strip_suffix(' ').unwrap_or(args);
            open.insert(thread, (name.to_owned(), args.to_owned(), time));
            continue;
        }
        let (args, result, took) = ending(rest).with_context(bad)?;
        calls.push(Call {
            thread,
            name: name.to_owned(),
            args: args.to_owned(),
            result,
            start_us: time,
            end_us: time + took,
        });
    }
    calls.sort_by_key(|call| call.start_us);
    Ok(calls)
}

/// Of `args) = result <0.000012>`: the arguments, the result, microseconds.
fn ending(text: &str) -> Option<(&str, String, u64)> {
    let (text, took) = match text.trim_end().strip_suffix('>') {
        Some(inner) => {
            let (text, took) = inner.rsplit_once(" <")?;
            (text, micros(took)?)
        }
        // A call that never returned, such as exit, has no duration.
        None => (text, 0),
    };
    let (args, result) = text.rsplit_once(" = ")?;
    let args = args.trim_end().strip_suffix(')')?;
    Some((args, result.trim().to_owned(), took))
}

/// `1795423075.694184` in microseconds.
fn micros(time: &str) -> Option<u64> {
    let (seconds, fraction) = time.split_once('.')?;
    let seconds: u64 = seconds.parse().ok()?;
    let fraction: u64 = format!("{fraction:0<6}").get(..6)?.parse().ok()?;
    Some(seconds * 1_000_000 + fraction)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_that_others_interrupt_are_put_together() {
        let calls = parse(
            "30  17.000100 pipe2([3, 4], O_CLOEXEC) = 0 <0.000012>\n\
             30  17.000200 clone3({flags=CLONE_VM} => {parent_tid=[31]}, 88) = 31 <0.000046>\n\
             30  17.000300 read(3,  <unfinished ...>\n\
             31  17.000400 clock_nanosleep(CLOCK_MONOTONIC, 0, {tv_sec=0}, 0x7f4) = 0 <0.050000>\n\
             31  17.050500 write(4, \"a = <b>) = 1\", 5 <unfinished ...>\n\
             30  17.050600 <... read resumed>\"ready\", 5) = 5 <0.050300>\n\
             31  17.050700 <... write resumed>)       = 5 <0.000200>\n\
             30  17.050800 --- SIGPIPE {si_signo=SIGPIPE} ---\n\
             30  17.050900 exit_group(0)             = ?\n\
             30  17.051000 +++ exited with 0 +++\n",
        )
        .unwrap();
        let short: Vec<_> = calls
            .iter()
            .map(|c| (c.thread, c.line(), c.end_us - c.start_us))
            .collect();
        let expected = [
            (30, "pipe2([3, 4], O_CLOEXEC) = 0", 12),
            (
                30,
                "clone3({flags=CLONE_VM} => {parent_tid=[31]}, 88) = 31",
                46,
            ),
            (30, "read(3, \"ready\", 5) = 5", 50_300),
            (
                31,
                "clock_nanosleep(CLOCK_MONOTONIC, 0, {tv_sec=0}, 0x7f4) = 0",
                50_000,
            ),
            (31, "write(4, \"a = <b>) = 1\", 5) = 5", 200),
            (30, "exit_group(0) = ?", 0),
        ];
        let expected: Vec<_> = expected
            .iter()
            .map(|(thread, line, took)| (*thread, (*line).to_owned(), *took))
            .collect();
        assert_eq!(short, expected);
        assert_eq!(calls[1].spawned(), Some(31));
        assert_eq!(calls[2].spawned(), None);
    }

    #[test]
    fn errors_have_names_and_addresses_none() {
        let calls = parse(
            "7 1.000001 read(3, 0x7fff5ab0dbd3, 5) = -1 EAGAIN (Resource \
             temporarily unavailable) <0.000009>\n",
        )
        .unwrap();
        assert_eq!(calls[0].error(), Some("EAGAIN"));
        assert_eq!(
            calls[0].line(),
            "read(3, 0x…, 5) = -1 EAGAIN (Resource temporarily unavailable)"
        );
    }

    #[test]
    fn what_is_no_trace_is_refused_with_its_line() {
        for bad in ["hello", "7 1.0 what", "7 now read() = 0 <0.1>"] {
            let error = parse(bad).unwrap_err();
            assert!(format!("{error:#}").contains("line 1"), "{error:#}");
        }
        assert!(parse("7 1.0 <... read resumed>) = 0 <0.1>").is_err());
    }
}
