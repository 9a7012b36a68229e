//! Programs that the tests run: to their end within a time limit, and what the
//! tool has said.

use std::collections::BTreeSet;
use std::fmt;
use std::io::Read;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use super::LIMIT;

/// A program that has ended.
#[derive(Debug)]
pub struct Ran {
    command: String,
    status: ExitStatus,
    /// What it wrote to standard output.
    pub stdout: String,
    /// What it wrote to standard error.
    pub stderr: String,
}

impl Ran {
    /// Did it end with exit code 0?
    pub fn success(&self) -> bool {
        self.status.success()
    }

    /// Its exit code, if it was not killed.
    pub fn code(&self) -> Option<i32> {
        self.status.code()
    }

    /// The lines of `test`, one a stage, with what is wrong.
    pub fn stages(&self) -> Vec<Outcome> {
        let mut outcomes: Vec<Outcome> = Vec::new();
        // After that line, what failed is told again.
        let told = self.stdout.lines();
        for line in told.take_while(|line| !line.starts_with("failed: ")) {
            if let Some(text) = line.strip_prefix("    ") {
                if let Some(failure) = last_failure(&mut outcomes) {
                    failure.message.push_str(text);
                    failure.message.push('\n');
                }
            } else if let Some(at) = line.strip_prefix("  ") {
                if let Some(outcome) = outcomes.last_mut() {
                    outcome.failures.push(Failure {
                        at: at.to_owned(),
                        message: String::new(),
                    });
                }
            } else if let Some(outcome) = Outcome::parse(line) {
                outcomes.push(outcome);
            }
        }
        outcomes
    }
}

impl fmt::Display for Ran {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}\n{}\n--- stdout\n{}\n--- stderr\n{}\n---",
            self.command,
            self.status,
            self.stdout.trim_end(),
            self.stderr.trim_end()
        )
    }
}

fn last_failure(outcomes: &mut [Outcome]) -> Option<&mut Failure> {
    outcomes.last_mut()?.failures.last_mut()
}

/// How a stage ended.
#[derive(Debug)]
pub struct Outcome {
    /// Its name.
    pub stage: String,
    /// `ok`, `FAIL` or `skipped`.
    pub verdict: String,
    /// The rest of its line.
    pub rest: String,
    /// What is wrong.
    pub failures: Vec<Failure>,
}

impl Outcome {
    fn parse(line: &str) -> Option<Outcome> {
        let mut words = line.split_whitespace();
        let (stage, verdict) = (words.next()?, words.next()?);
        // Only a stage's line has a verdict in its second column.
        ["ok", "FAIL", "skipped"]
            .contains(&verdict)
            .then(|| Outcome {
                stage: stage.to_owned(),
                verdict: verdict.to_owned(),
                rest: words.collect::<Vec<_>>().join(" "),
                failures: Vec::new(),
            })
    }

    /// How many things it has checked.
    pub fn checked(&self) -> usize {
        self.rest
            .split_once(" checked")
            .and_then(|(count, _)| count.parse().ok())
            .unwrap_or(0)
    }
}

/// Something that a stage found wrong.
#[derive(Debug)]
pub struct Failure {
    /// Where.
    pub at: String,
    /// What.
    pub message: String,
}

/// The names of the tool's stages, which its help lists.
#[track_caller]
pub fn stages() -> Vec<String> {
    let mut command = Command::new(super::tool());
    let help = run(command.args(["test", "--help"]), LIMIT);
    assert!(help.success(), "{help}");
    let (_, list) = help
        .stdout
        .split_once("Stages:\n")
        .unwrap_or_else(|| panic!("the help lists no stages: {help}"));
    let names: Vec<String> = list
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .map(str::to_owned)
        .collect();
    let unique: BTreeSet<&String> = names.iter().collect();
    assert!(names.len() > 10 && unique.len() == names.len(), "{names:?}");
    names
}

/// Runs a program to its end.
///
/// # Panics
/// When it does not start, or takes longer than `limit`: it is killed then.
#[track_caller]
pub fn run(command: &mut Command, limit: Duration) -> Ran {
    let shown = format!("{command:?}");
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let child = command
        .spawn()
        .unwrap_or_else(|error| panic!("{shown}: {error}"));
    let mut child = Killed(child);
    let stdout = collect(child.0.stdout.take());
    let stderr = collect(child.0.stderr.take());
    let started = Instant::now();
    let status = loop {
        let state = child.0.try_wait();
        match state.unwrap_or_else(|error| panic!("{shown}: {error}")) {
            Some(status) => break status,
            None if started.elapsed() > limit => {
                panic!("{shown}: not done after {} s", limit.as_secs())
            }
            None => std::thread::sleep(Duration::from_millis(5)),
        }
    };
    // What it has started may still hold the pipes; that is not waited for.
    let text = |bytes: mpsc::Receiver<Vec<u8>>| {
        let bytes = bytes.recv_timeout(Duration::from_secs(5));
        String::from_utf8_lossy(&bytes.unwrap_or_default())
            .replace("\r\n", "\n")
    };
    Ran {
        command: shown,
        status,
        stdout: text(stdout),
        stderr: text(stderr),
    }
}

fn collect(
    stream: Option<impl Read + Send + 'static>,
) -> mpsc::Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut stream) = stream {
            // What was read before an error is what there is to tell.
            let _ = stream.read_to_end(&mut bytes);
        }
        // Nobody waits any more for what comes too late.
        let _ = sender.send(bytes);
    });
    receiver
}

/// A program that does not outlive its test.
#[derive(Debug)]
pub struct Killed(pub Child);

impl Drop for Killed {
    fn drop(&mut self) {
        // It has ended by itself, or it is killed: both are well.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[track_caller]
pub fn exits(ran: &Ran, code: i32) {
    assert_eq!(ran.code(), Some(code), "{ran}");
}

/// Wrong use is answered by one line, which has all of these, and exit code 2.
#[track_caller]
pub fn wrong_use(ran: &Ran, says: &[&str]) {
    exits(ran, 2);
    assert_eq!(ran.stderr.lines().count(), 1, "{ran}");
    assert!(ran.stderr.starts_with("error: "), "{ran}");
    assert_eq!(ran.stdout, "", "{ran}");
    for text in says {
        assert!(ran.stderr.contains(text), "{text:?} is missing: {ran}");
    }
}
