//! Says on standard error what is being done, once that takes longer than a
//! second: on a terminal in one line that is written over, else in a line every
//! minute, so that a log stays short. Several stages may be at work at the same
//! time.

use std::io::{IsTerminal as _, Write as _};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How wide a line on a terminal may be: it must not wrap, or it could not be
/// written over.
const WIDTH: usize = 79;

/// What all who are at work are doing.
#[derive(Debug)]
pub struct Board {
    shared: Arc<Shared>,
    thread: Option<std::thread::JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    ended: Condvar,
}

#[derive(Debug, Default)]
struct State {
    doing: Vec<Doing>,
    ended: bool,
    /// Is there a line on the terminal that has to go?
    written: bool,
}

#[derive(Debug)]
struct Doing {
    who: &'static str,
    what: String,
    since: Instant,
}

impl Board {
    /// Starts telling.
    pub fn start() -> Board {
        let shared = Arc::new(Shared::default());
        let thread = std::thread::spawn({
            let shared = shared.clone();
            move || tell(&shared)
        });
        Board {
            shared,
            thread: Some(thread),
        }
    }

    /// Somebody begins to work.
    pub fn begin(&self, who: &'static str) -> Progress {
        Progress {
            shared: self.shared.clone(),
            who,
        }
    }

    /// Prints something while nothing is told.
    pub fn pause<T>(&self, print: impl FnOnce() -> T) -> T {
        let mut state = self.shared.lock();
        state.wipe();
        print()
    }
}

impl Drop for Board {
    fn drop(&mut self) {
        self.shared.lock().ended = true;
        self.shared.ended.notify_all();
        if let Some(thread) = self.thread.take() {
            // It only prints: if that failed there is nobody to tell.
            let _ = thread.join();
        }
    }
}

/// What one of them is doing.
#[derive(Debug)]
pub struct Progress {
    shared: Arc<Shared>,
    who: &'static str,
}

impl Progress {
    /// What is being done from now on.
    pub fn step(&self, what: impl Into<String>) {
        let doing = Doing {
            who: self.who,
            what: what.into(),
            since: Instant::now(),
        };
        let mut state = self.shared.lock();
        match state.doing.iter_mut().find(|other| other.who == self.who) {
            Some(own) => *own = doing,
            None => state.doing.push(doing),
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.shared
            .lock()
            .doing
            .retain(|doing| doing.who != self.who);
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // It is whole between any two of its operations.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn wipe(&mut self) {
        if std::mem::take(&mut self.written) {
            put("\r\x1b[K");
        }
    }

    fn line(&self) -> String {
        let parts = self.doing.iter().map(|doing| {
            let seconds = doing.since.elapsed().as_secs();
            format!("{}: {} … {seconds} s", doing.who, doing.what)
        });
        parts.collect::<Vec<_>>().join("; ")
    }
}

fn tell(shared: &Shared) {
    let terminal = std::io::stderr().is_terminal();
    let pause = Duration::from_secs(if terminal { 1 } else { 60 });
    let mut state = shared.lock();
    while !state.ended {
        let waited = shared.ended.wait_timeout(state, pause);
        let (woken, result) = waited.unwrap_or_else(PoisonError::into_inner);
        state = woken;
        if !result.timed_out() || state.doing.is_empty() {
            continue;
        }
        let line = state.line();
        if terminal {
            let line: String = line.chars().take(WIDTH).collect();
            put(&format!("\r\x1b[K{line}"));
            state.written = true;
        } else {
            put(&format!("{line}\n"));
        }
    }
    state.wipe();
}

fn put(text: &str) {
    let mut stderr = std::io::stderr().lock();
    // Progress is a courtesy: a closed terminal must not end a run.
    let _ = stderr.write_all(text.as_bytes());
    let _ = stderr.flush();
}
