//! How a runtime is to be.

use crate::runtime::Runtime;
use std::io;
use std::time::Duration;

/// Makes a [`Runtime`]; what is not said has a default.
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until `build`"]
pub struct Builder {
    pub(crate) threads: usize,
    pub(crate) thread_name: String,
    pub(crate) blocking_threads: usize,
    pub(crate) blocking_keep_alive: Duration,
    pub(crate) track_waits: bool,
    pub(crate) dump_on_signal: Option<i32>,
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            threads: 1,
            thread_name: "runtime".to_owned(),
            blocking_threads: 512,
            blocking_keep_alive: Duration::from_secs(10),
            track_waits: false,
            dump_on_signal: None,
        }
    }
}

impl Builder {
    /// How many threads poll tasks, the one that calls `block_on` among them.
    /// By default that is the only one. Zero counts as one.
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = threads.max(1);
        self
    }

    /// What the threads of the runtime are called; a number is added.
    pub fn thread_name(mut self, name: impl Into<String>) -> Self {
        self.thread_name = name.into();
        self
    }

    /// How many threads there may be for
    /// [`spawn_blocking`](crate::spawn_blocking), 512 by default. They are
    /// created when they are needed. Zero counts as one.
    pub fn blocking_threads(mut self, max: usize) -> Self {
        self.blocking_threads = max.max(1);
        self
    }

    /// How long such a thread stays when it has nothing to do: 10 s by
    /// default.
    pub fn blocking_keep_alive(mut self, time: Duration) -> Self {
        self.blocking_keep_alive = time;
        self
    }

    /// Has a [`dump`](crate::Handle::dump) say since when each task waits.
    /// Off by default, as it costs a lock and a look at the clock whenever a
    /// task begins to wait.
    pub fn track_waits(mut self, track: bool) -> Self {
        self.track_waits = track;
        self
    }

    /// Has this signal print a [`dump`](crate::Handle::dump) to standard
    /// error, from a thread of its own, even while every thread of the runtime
    /// is stuck. The signal's handler is replaced for the whole process, and
    /// stays when the runtime is gone. Only on Unix; elsewhere
    /// [`build`](Self::build) fails.
    ///
    /// `signal` is a number such as `libc::SIGUSR1`.
    pub fn dump_on_signal(mut self, signal: i32) -> Self {
        self.dump_on_signal = Some(signal);
        self
    }

    /// The runtime.
    ///
    /// # Errors
    ///
    /// If the system has no descriptors or threads left.
    pub fn build(self) -> io::Result<Runtime> {
        Runtime::build(&self)
    }
}
