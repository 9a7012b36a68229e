//! A program with everything that it starts, on Unix: killed as a whole, and
//! gone when the tool is.
//!
//! Between the tool and the program stands a guard: this tool once more, in
//! another part. It holds one end of a socket. When the other end closes, the
//! tool has had enough of the program, or is itself gone: ended by Ctrl-C, by
//! a closed terminal, by any signal. The guard is in a process group of its
//! own, so that these do not reach it, and kills the program's.
//!
//! On Linux the guard also adopts what the program leaves behind, in whatever
//! group or session, and finds all descendants through `/proc`. Elsewhere a
//! program that leaves the group escapes.

use std::ffi::{OsStr, OsString};
use std::io::{Read as _, Write as _};
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Child, Command, ExitCode, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow};
use rustix::process::{Pid, Signal};

use super::{Ending, Event};

/// The first argument of a guard.
const GUARD: &str = "guard-of-one-program";

/// How long what a program has started may take to end after it.
const GRACE: Duration = Duration::from_secs(1);

/// A running program and what it started.
#[derive(Debug)]
pub struct Family {
    guard: Option<Child>,
    socket: UnixStream,
}

impl Family {
    /// Starts `command`, which writes its streams into `output` and `errors`.
    ///
    /// # Errors
    /// When the guard does not start. That the program does not, is told at
    /// its end.
    pub fn start(
        command: &Command,
        output: std::io::PipeWriter,
        errors: std::io::PipeWriter,
    ) -> std::io::Result<Family> {
        let (socket, theirs) = UnixStream::pair()?;
        let mut guard = Command::new(this_program()?);
        guard
            .arg(GUARD)
            .arg(command.get_program())
            .args(command.get_args())
            .stdin(OwnedFd::from(theirs))
            .stdout(output)
            .stderr(errors)
            .process_group(0);
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => guard.env(name, value),
                None => guard.env_remove(name),
            };
        }
        if let Some(folder) = command.get_current_dir() {
            guard.current_dir(folder);
        }
        let guard = Some(guard.spawn()?);
        Ok(Family { guard, socket })
    }

    /// Sends the program's end to `events` when it comes.
    pub fn tell_its_end(&mut self, events: mpsc::Sender<Event>) {
        let (socket, guard) = (self.socket.try_clone(), self.guard.take());
        std::thread::spawn(move || {
            let ended = socket
                .context("the guard's socket")
                .and_then(|socket| wait(socket, guard));
            // Without a listener there is nobody who wants to know.
            let _ = events.send(Event::Ended(ended));
        });
    }

    /// Kills all of it; the end is told as always.
    pub fn kill(&mut self) {
        // The guard may be gone already, and everything with it.
        let _ = self.socket.shutdown(std::net::Shutdown::Write);
    }
}

/// Under test this is a test program, and the tool lies beside its folder.
fn this_program() -> std::io::Result<std::path::PathBuf> {
    let program = std::env::current_exe()?;
    if cfg!(test) {
        let folder = program.parent().and_then(|folder| folder.parent());
        return Ok(folder.unwrap_or(&program).join("xtask"));
    }
    Ok(program)
}

/// Waits for the guard's report: `ended STATUS`, and a line for each program
/// that was left behind; or why there is none.
fn wait(mut socket: UnixStream, guard: Option<Child>) -> Result<Ending> {
    let mut report = String::new();
    let read = socket.read_to_string(&mut report);
    if let Some(mut guard) = guard {
        guard.wait().context("the guard of the program")?;
    }
    read.context("the guard of the program")?;
    let mut lines = report.lines();
    let first = lines.next().unwrap_or_default();
    if let Some(limit) = first.strip_prefix("larger than ") {
        return Ok(Ending::TooLarge(limit.parse()?));
    }
    let status = first
        .strip_prefix("ended ")
        .and_then(|status| status.parse().ok())
        .ok_or_else(|| match first {
            "" => anyhow!("the guard of the program was killed"),
            error => anyhow!("{error}"),
        })?;
    let status = ExitStatus::from_raw(status);
    let left: Vec<String> = lines.map(str::to_owned).collect();
    Ok(if left.is_empty() {
        Ending::Exited(status)
    } else {
        Ending::LeftBehind(status, left)
    })
}

/// Plays the guard if the arguments ask for it.
pub fn guard_if_asked() -> Option<ExitCode> {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next()? != GUARD {
        return None;
    }
    let program = arguments.next()?;
    Some(match guard(&program, arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    })
}

/// Starts the program, waits for its end or for the tool's, and reports.
fn guard(
    program: &OsStr,
    arguments: impl Iterator<Item = OsString>,
) -> std::io::Result<()> {
    let socket = rustix::stdio::stdin().as_fd().try_clone_to_owned()?;
    let mut socket = UnixStream::from(socket);
    adopt_orphans();
    let child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .process_group(0)
        .spawn();
    let mut child = match child {
        Ok(child) => child,
        Err(error) => return writeln!(socket, "does not start: {error}"),
    };
    let group = Pid::from_child(&child);
    let mut watched = socket.try_clone()?;
    watched.set_read_timeout(Some(Duration::from_millis(500)))?;
    let limit = memory_limit();
    std::thread::spawn(move || {
        // Nothing is ever sent. This ends when the other end closes, and fails
        // each half second until then.
        while watched.read(&mut [0]).is_err() {
            if memory_in_use() > limit {
                // The first line counts: the status that follows says less.
                let _ = writeln!(watched, "larger than {limit}");
                break;
            }
        }
        kill_all(group);
    });
    let status = child.wait()?;
    let left = left_behind(group);
    if !left.is_empty() {
        kill_all(group);
    }
    writeln!(socket, "ended {}", status.into_raw())?;
    for name in left {
        writeln!(socket, "{name}")?;
    }
    Ok(())
}

/// What still runs of a family whose first program has ended: the names. What
/// is about to end by itself gets a moment for it.
fn left_behind(group: Pid) -> Vec<String> {
    let until = Instant::now() + GRACE;
    loop {
        let mut names = running(group);
        names.sort();
        names.dedup();
        if names.is_empty() || Instant::now() >= until {
            return names;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Kills until nothing is left: what is killed may just have started another.
fn kill_all(group: Pid) {
    let until = Instant::now() + GRACE;
    loop {
        // There may be none of it: that is what is wanted.
        let _ = rustix::process::kill_process_group(group, Signal::KILL);
        kill_descendants();
        if running(group).is_empty() || Instant::now() >= until {
            return;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[cfg(target_os = "linux")]
use linux::{
    adopt_orphans, kill_descendants, memory_in_use, memory_limit, running,
};
#[cfg(not(target_os = "linux"))]
use others::{
    adopt_orphans, kill_descendants, memory_in_use, memory_limit, running,
};

#[cfg(target_os = "linux")]
mod linux {
    use rustix::process::{Pid, Signal};

    /// Compiler caches start a server that outlives their caller. It is not the
    /// book's, and is left alone.
    const SERVERS: &[&str] = &["sccache", "ccache"];

    /// Orphans become children of the guard, not of the first process.
    pub fn adopt_orphans() {
        // Where it is not allowed, the process group has to do.
        let _ = rustix::process::set_child_subreaper(Some(
            rustix::process::getpid(),
        ));
    }

    pub fn kill_descendants() {
        for process in descendants() {
            if let Some(pid) = Pid::from_raw(process.pid) {
                // It may have ended since it was listed.
                let _ = rustix::process::kill_process(pid, Signal::KILL);
            }
        }
    }

    /// The names of the descendants that run. All of the group are among them.
    pub fn running(_group: Pid) -> Vec<String> {
        let all = descendants();
        all.into_iter().map(|process| process.name).collect()
    }

    /// Half of the machine's memory, in bytes, or what is asked for in MiB.
    pub fn memory_limit() -> u64 {
        let asked = std::env::var("XTASK_MEMORY_MIB").ok();
        if let Some(mib) = asked.and_then(|asked| asked.parse::<u64>().ok()) {
            return mib << 20;
        }
        let all = rustix::system::sysinfo();
        // The types differ between processors.
        #[allow(clippy::unnecessary_cast, reason = "needed on some of them")]
        let bytes = all.totalram as u64 * u64::from(all.mem_unit);
        bytes / 2
    }

    /// What the descendants use together, in bytes. What two of them share
    /// counts twice.
    pub fn memory_in_use() -> u64 {
        let page = rustix::param::page_size() as u64;
        descendants()
            .iter()
            .map(|process| process.pages * page)
            .sum()
    }

    #[derive(Debug)]
    struct Process {
        pid: i32,
        parent: i32,
        /// Of its memory, those that are present.
        pages: u64,
        name: String,
    }

    /// The processes whose line of parents leads here, without the dead.
    fn descendants() -> Vec<Process> {
        let this = rustix::process::getpid().as_raw_nonzero().get();
        let mut others: Vec<Process> = std::fs::read_dir("/proc")
            .into_iter()
            .flatten()
            .filter_map(|entry| process(&entry.ok()?.file_name()))
            .collect();
        let mut found: Vec<Process> = Vec::new();
        loop {
            let before = found.len();
            let (new, rest): (Vec<_>, Vec<_>) =
                others.into_iter().partition(|process| {
                    process.parent == this
                        || found.iter().any(|p| p.pid == process.parent)
                });
            found.extend(new);
            others = rest;
            if found.len() == before {
                found.retain(|p| !SERVERS.contains(&p.name.as_str()));
                return found;
            }
        }
    }

    /// Reads `/proc/PID/stat`: pid (name) state parent … The 24th field has
    /// the pages (man 5 proc_pid_stat).
    fn process(name: &std::ffi::OsStr) -> Option<Process> {
        let pid: i32 = name.to_str()?.parse().ok()?;
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The name may hold blanks and brackets.
        let (head, tail) = stat.rsplit_once(") ")?;
        let (_, name) = head.split_once('(')?;
        let mut fields = tail.split(' ');
        let state = fields.next()?;
        let parent = fields.next()?.parse().ok()?;
        let pages = fields.nth(24 - 5)?.parse().ok()?;
        (state != "Z" && state != "X").then(|| Process {
            pid,
            parent,
            pages,
            name: name.to_owned(),
        })
    }
}

#[cfg(not(target_os = "linux"))]
mod others {
    use rustix::process::Pid;

    pub fn adopt_orphans() {}

    pub fn kill_descendants() {}

    /// Not looked at: the limits of time and output have to do.
    pub fn memory_limit() -> u64 {
        u64::MAX
    }

    pub fn memory_in_use() -> u64 {
        0
    }

    /// Something, if the group has a member.
    pub fn running(group: Pid) -> Vec<String> {
        match rustix::process::test_kill_process_group(group) {
            Ok(()) => vec!["a program of its process group".to_owned()],
            Err(_) => Vec::new(),
        }
    }
}
