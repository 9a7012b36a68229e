//! Running other programs: with an environment of the tool's own making, with
//! limits of time and output, and never longer than the tool itself lives.

use std::ffi::OsStr;
use std::io::{PipeReader, Read as _};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

pub mod environment;
#[cfg_attr(unix, path = "process/family_unix.rs")]
#[cfg_attr(not(unix), path = "process/family_other.rs")]
pub mod family;
#[cfg(all(test, unix))]
mod tests;

/// No program of the book prints as much: cargo's messages of a whole build
/// are a few megabytes.
const OUTPUT_LIMIT: usize = 32 << 20;

/// A test that takes longer hangs: libtest says then that it is still running.
const HANGS: &str = " has been running for over 60 seconds";

/// How a program ended.
#[derive(Clone, Debug)]
pub enum Ending {
    /// By itself.
    Exited(ExitStatus),
    /// By itself; these programs that it had started went on, and were killed.
    LeftBehind(ExitStatus, Vec<String>),
    /// It was killed after this time.
    TooLong(Duration),
    /// It was killed, as it printed more than fits.
    TooMuch,
    /// It was killed, as it used more memory than this, in bytes.
    TooLarge(u64),
    /// It was killed, as this test of it took longer than a minute.
    Hung(String),
}

/// What a finished program left behind.
#[derive(Debug)]
pub struct Finished {
    /// How it ended.
    pub ending: Ending,
    /// Standard output and standard error, in the order of writing; of a
    /// program that was killed, as far as it came.
    pub output: String,
}

impl Finished {
    /// Did it exit with code 0, and everything that it started as well?
    pub fn success(&self) -> bool {
        matches!(self.ending, Ending::Exited(status) if status.success())
    }

    /// Its exit status, if it ended by itself and left nothing behind.
    pub fn status(&self) -> Option<ExitStatus> {
        match self.ending {
            Ending::Exited(status) => Some(status),
            _ => None,
        }
    }

    /// How it ended, in words.
    pub fn ending(&self) -> String {
        match &self.ending {
            Ending::Exited(status) => status.to_string(),
            Ending::LeftBehind(status, programs) => format!(
                "ended ({status}) and left running, which were killed: {}",
                programs.join(", ")
            ),
            Ending::TooLong(limit) => {
                format!("was killed: not done after {} s", limit.as_secs())
            }
            Ending::TooMuch => format!(
                "was killed: it printed more than {} MiB",
                OUTPUT_LIMIT >> 20
            ),
            Ending::TooLarge(limit) => format!(
                "was killed: it used more than {} MiB of memory",
                limit >> 20
            ),
            Ending::Hung(test) => {
                format!("was killed: the test {test} took more than a minute")
            }
        }
    }
}

/// A command for `program` with the environment of the tool's making.
pub fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    environment::prepare(&mut command);
    command
}

/// A cargo command in `dir` that builds into `target`.
pub fn cargo(dir: &Path, target: &Path) -> Command {
    let mut command =
        command(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(dir).env("CARGO_TARGET_DIR", target);
    command
}

/// Says if a program that the tool can use is there: `NAME --version` works.
pub fn is_there(name: &str) -> bool {
    let asked = command(name).arg("--version").stdin(Stdio::null()).output();
    asked.is_ok_and(|output| output.status.success())
}

/// Runs `command` to its end, or kills it with all that it started: at
/// `limit`, when it prints too much, when a test of it hangs, and when this
/// tool ends, however that happens.
///
/// # Errors
/// When the program cannot be started.
pub fn run(command: &mut Command, limit: Duration) -> Result<Finished> {
    run_until(command, limit, Given::default())
}

/// The same with a standard output that nobody reads, as it is behind `| head`
/// once that has seen enough: what is collected is standard error.
///
/// # Errors
/// When the program cannot be started.
pub fn run_unread(command: &mut Command, limit: Duration) -> Result<Finished> {
    let given = Given {
        unread: true,
        ..Given::default()
    };
    run_until(command, limit, given)
}

/// What is special about a run.
#[derive(Clone, Copy, Debug, Default)]
struct Given {
    /// A test may take longer than a minute.
    long_tests: bool,
    /// Nobody reads standard output.
    unread: bool,
}

/// The same for tests each of which may take longer than a minute: those of
/// this tool run all its stages.
///
/// # Errors
/// When the program cannot be started.
pub fn run_long_tests(
    command: &mut Command,
    limit: Duration,
) -> Result<Finished> {
    let given = Given {
        long_tests: true,
        ..Given::default()
    };
    run_until(command, limit, given)
}

fn run_until(
    command: &mut Command,
    limit: Duration,
    given: Given,
) -> Result<Finished> {
    let (reader, writer) = std::io::pipe().context("a pipe")?;
    let output = if given.unread {
        // Its reading end is gone at the end of this line.
        std::io::pipe().context("a pipe")?.1
    } else {
        writer.try_clone().context("a pipe")?
    };
    let program = command.get_program().to_string_lossy().into_owned();
    let started = Instant::now();
    // The writing end closes here once the family is started: the reader sees
    // the end when the program and everything that it started are gone.
    let mut family = family::Family::start(command, output, writer)
        .with_context(|| format!("{program} does not start"))?;
    let (events, inbox) = mpsc::channel();
    family.tell_its_end(events.clone());
    let output = Arc::new(Mutex::new(Vec::new()));
    std::thread::spawn({
        let output = output.clone();
        move || collect(reader, &output, &events)
    });
    let mut killed = None;
    let mut closed = false;
    let ended = loop {
        let left = limit.saturating_sub(started.elapsed());
        // Killed, it is gone in a moment, or nobody will ever say so.
        let patience = if killed.is_some() { PATIENCE } else { left };
        match inbox.recv_timeout(patience) {
            Ok(Event::Ended(ended)) => {
                break ended.with_context(|| program.clone())?;
            }
            Ok(Event::Closed) => closed = true,
            Ok(Event::TooMuch) => killed = Some(Ending::TooMuch),
            Ok(Event::Hung(test)) if !given.long_tests => {
                killed = Some(Ending::Hung(test));
            }
            Ok(Event::Hung(_)) => {}
            Err(RecvTimeoutError::Timeout) if killed.is_none() => {
                killed = Some(Ending::TooLong(limit));
            }
            Err(_) => anyhow::bail!("{program} was killed and does not end"),
        }
        if killed.is_some() {
            family.kill();
        }
    };
    // What left the family may still hold the pipe: it is not waited for.
    let patience = Instant::now() + PATIENCE;
    while !closed {
        let left = patience.saturating_duration_since(Instant::now());
        match inbox.recv_timeout(left) {
            Ok(event) => closed = matches!(event, Event::Closed),
            Err(_) => break,
        }
    }
    let bytes = output.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(Finished {
        ending: killed.unwrap_or(ended),
        output: String::from_utf8_lossy(&bytes).replace("\r\n", "\n"),
    })
}

/// How long a killed program may take to be gone.
const PATIENCE: Duration = Duration::from_secs(10);

/// What happens while a program runs.
#[derive(Debug)]
pub enum Event {
    /// It has ended, or it is not known how.
    Ended(Result<Ending>),
    /// Nobody can write any more.
    Closed,
    /// It has printed more than fits.
    TooMuch,
    /// libtest says that a test takes long.
    Hung(String),
}

/// Reads what is printed until nobody can print any more, and says what is
/// noteworthy about it.
fn collect(
    mut reader: PipeReader,
    output: &Mutex<Vec<u8>>,
    events: &mpsc::Sender<Event>,
) {
    let mut buffer = [0; 1 << 16];
    loop {
        let count = match reader.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {
                continue;
            }
            // What was read until then is what there is to show.
            Err(_) => break,
        };
        let mut output = output.lock().unwrap_or_else(PoisonError::into_inner);
        let room = OUTPUT_LIMIT - output.len();
        let before = output.len();
        output.extend_from_slice(&buffer[..count.min(room)]);
        // Nobody listens any more once the program has ended.
        if count > room {
            let _ = events.send(Event::TooMuch);
        } else if let Some(test) = hanging(&output, before) {
            let _ = events.send(Event::Hung(test));
        }
    }
    let _ = events.send(Event::Closed);
}

/// The test of which libtest has said, from about `before` on, that it takes
/// long.
fn hanging(output: &[u8], before: usize) -> Option<String> {
    // The words may have come in two parts.
    let start = output[..before].iter().rposition(|byte| *byte == b'\n');
    let new = String::from_utf8_lossy(&output[start.unwrap_or(0)..]);
    new.lines().find_map(|line| {
        // Before it may stand the dots of `--quiet`.
        let (_, name) = line.strip_suffix(HANGS)?.rsplit_once("test ")?;
        Some(name.to_owned())
    })
}
