//! What the five programs of chapter 2 say, line by line, and on which threads.
//! They share it; it is not part of what the chapter compares.
//!
//! It leaves out files, levels and times: a line is a text.

use std::collections::HashSet;
use std::fmt;
use std::io::{self, Write as _};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};

/// A transcript. Clones write to the same one, from any thread.
#[derive(Clone, Default)]
pub struct Log(Arc<Mutex<Inner>>);

/// What is called with each line as it is said, on the thread that says it.
type Listener = Arc<dyn Fn(&str) + Send + Sync>;

#[derive(Default)]
struct Inner {
    lines: Vec<String>,
    speakers: HashSet<ThreadId>,
    listener: Option<Listener>,
}

impl Log {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// One that also hands each line to `listener`, on the thread and in the
    /// place where it is said: to print it, or to look at the stack.
    #[must_use]
    pub fn with_listener(
        listener: impl Fn(&str) + Send + Sync + 'static,
    ) -> Self {
        let log = Self::new();
        log.inner().listener = Some(Arc::new(listener));
        log
    }

    /// One that also prints each line, as long as standard output is open.
    #[must_use]
    pub fn printing() -> Self {
        Self::with_listener(|line| {
            let _ = writeln!(io::stdout().lock(), "{line}");
        })
    }

    /// Adds a line.
    pub fn say(&self, line: impl Into<String>) {
        let line = line.into();
        let listener = {
            let mut inner = self.inner();
            inner.speakers.insert(thread::current().id());
            inner.lines.push(line.clone());
            inner.listener.clone()
        };
        // The lock is free again: a listener may look at the log.
        if let Some(listen) = listener {
            listen(&line);
        }
    }

    /// The lines so far.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        self.inner().lines.clone()
    }

    /// How many threads have said something.
    #[must_use]
    pub fn threads(&self) -> usize {
        self.inner().speakers.len()
    }

    /// No code that holds the lock can panic halfway through a change.
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.inner().lines).finish()
    }
}
