//! Running other programs: always with a time limit, never with the variables
//! that cargo sets for this tool itself.

use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

/// What a finished program left behind.
#[derive(Debug)]
pub struct Finished {
    /// `None` when the time limit struck and the program was killed.
    pub status: Option<ExitStatus>,
    /// Standard output and standard error, in the order of writing.
    pub output: String,
}

impl Finished {
    /// Did it exit with code 0, in time?
    pub fn success(&self) -> bool {
        self.status.is_some_and(|status| status.success())
    }

    /// How it ended, in words.
    pub fn ending(&self) -> String {
        match self.status {
            None => "was killed at its time limit".to_owned(),
            Some(status) => status.to_string(),
        }
    }
}

/// A cargo command in `dir` that builds into `target`.
pub fn cargo(dir: &Path, target: &Path) -> Command {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(program);
    command
        .current_dir(dir)
        .env("CARGO_TARGET_DIR", target)
        .env("CARGO_TERM_COLOR", "never")
        .env("CARGO_TERM_PROGRESS_WHEN", "never");
    // `cargo xtask` is itself run by cargo, which describes the tool to it in
    // the environment. A program that reads those must not see ours.
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if [
            "CARGO_PKG_",
            "CARGO_MANIFEST_",
            "CARGO_BIN_",
            "CARGO_CRATE_",
        ]
        .iter()
        .any(|prefix| text.starts_with(prefix))
        {
            command.env_remove(&name);
        }
    }
    command
}

/// Runs `command` to its end, or kills it and all its children at `limit`.
///
/// # Errors
/// When the program cannot be started.
pub fn run(command: &mut Command, limit: Duration) -> Result<Finished> {
    let (mut reader, writer) = std::io::pipe().context("a pipe")?;
    let program = command.get_program().to_string_lossy().into_owned();
    command
        .stdin(Stdio::null())
        .stdout(writer.try_clone().context("a pipe")?)
        .stderr(writer);
    own_group(command);
    let started = Instant::now();
    let mut child = command
        .spawn()
        .with_context(|| format!("{program} does not start"))?;
    // The parent's copies of the writing end close here: the reader sees the
    // end once the program and everything that it started are gone.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        // A read error ends the text early; the exit status still counts.
        let _ = reader.read_to_end(&mut bytes);
        let _ = sender.send(bytes);
    });
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break Some(status);
        }
        if started.elapsed() >= limit {
            kill_group(&mut child);
            child.wait()?;
            break None;
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    // A grandchild that keeps the pipe open must not hold us up for ever.
    let bytes = receiver
        .recv_timeout(Duration::from_secs(5))
        .unwrap_or_default();
    let output = String::from_utf8_lossy(&bytes).replace("\r\n", "\n");
    Ok(Finished { status, output })
}

#[cfg(unix)]
fn own_group(command: &mut Command) {
    std::os::unix::process::CommandExt::process_group(command, 0);
}

#[cfg(unix)]
fn kill_group(child: &mut Child) {
    use rustix::process::{Pid, Signal, kill_process_group};
    if let Some(group) = Pid::from_raw(child.id().cast_signed()) {
        // It may have ended between the check and now: nothing to kill then.
        let _ = kill_process_group(group, Signal::KILL);
    }
}

#[cfg(not(unix))]
fn own_group(_command: &mut Command) {}

#[cfg(not(unix))]
fn kill_group(child: &mut Child) {
    // It may have ended between the check and now: nothing to kill then.
    let _ = child.kill();
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn both_streams_keep_their_order() {
        let done =
            run(&mut shell("echo a; echo b >&2; echo c"), LIMIT).unwrap();
        assert!(done.success());
        assert_eq!(done.output, "a\nb\nc\n");
    }

    #[test]
    fn a_program_that_hangs_is_killed_with_its_children() {
        let started = Instant::now();
        let done = run(
            &mut shell("echo before; sleep 60 & sleep 60"),
            Duration::from_millis(300),
        )
        .unwrap();
        assert_eq!(done.status, None);
        assert_eq!(done.output, "before\n");
        assert!(started.elapsed() < Duration::from_secs(5));
    }

    const LIMIT: Duration = Duration::from_secs(10);
}
