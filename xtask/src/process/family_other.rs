//! A program with everything that it starts, on Windows: a job object, which
//! ends all of them at once.
//!
//! The tool itself is in a job that ends with its last handle, which is the
//! tool's: whatever ends the tool ends everything that it has started. Each
//! program is in a job of its own besides, for its limits.

use std::io::PipeWriter;
use std::os::windows::io::AsRawHandle as _;
use std::process::{Command, Stdio};
use std::sync::{OnceLock, mpsc};

use anyhow::{Context as _, Result};
use win32job::{ExtendedLimitInfo, Job};

use super::{Ending, Event};

/// A running program and what it started.
#[derive(Debug)]
pub struct Family {
    child: Option<std::process::Child>,
    job: Option<Job>,
}

impl Family {
    /// Starts `command`, which writes both its streams into `output`.
    ///
    /// # Errors
    /// When it does not start.
    pub fn start(
        command: &mut Command,
        output: PipeWriter,
        errors: PipeWriter,
    ) -> std::io::Result<Family> {
        static OURS: OnceLock<Option<Job>> = OnceLock::new();
        OURS.get_or_init(|| {
            let job = job()?;
            job.assign_current_process().ok()?;
            Some(job)
        });
        command.stdin(Stdio::null()).stdout(output).stderr(errors);
        let child = command.spawn();
        // The command holds the writing end of the pipe: nothing may, or the
        // reader never sees its end.
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let child = child?;
        let job = job().filter(|job| {
            job.assign_process(child.as_raw_handle() as isize).is_ok()
        });
        Ok(Family {
            child: Some(child),
            job,
        })
    }

    /// Sends the program's end to `events` when it comes.
    pub fn tell_its_end(&mut self, events: mpsc::Sender<Event>) {
        let Some(mut child) = self.child.take() else {
            return;
        };
        std::thread::spawn(move || {
            let ended: Result<Ending> = child
                .wait()
                .map(Ending::Exited)
                .context("waiting for the program");
            // Without a listener there is nobody who wants to know.
            let _ = events.send(Event::Ended(ended));
        });
    }

    /// Kills all of it; the end is told as always.
    pub fn kill(&mut self) {
        // Closing the last handle ends everything in it.
        self.job = None;
    }
}

/// A job whose processes end with its last handle.
fn job() -> Option<Job> {
    let mut limits = ExtendedLimitInfo::new();
    limits.limit_kill_on_job_close();
    Job::create_with_limit_info(&limits).ok()
}

/// There are no guards here.
pub fn guard_if_asked() -> Option<std::process::ExitCode> {
    None
}
