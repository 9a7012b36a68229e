//! What is done at home, on the thread's own stack: waiting for sockets and
//! timers, finding out that nothing can happen any more, and the end.

use super::Scheduler;
use crate::error::give_up;
use crate::fiber::{Fiber, describe};
use crate::state::Woken;
use std::time::{Duration, Instant};

impl Scheduler {
    /// Runs fibers until `main` has finished. Returns why all were cancelled,
    /// if they were; then all have ended.
    pub(crate) fn run_main(&self, main: &Fiber) -> Option<String> {
        self.main.set(main);
        let trouble = self.drive(|| main.is_finished());
        if trouble.is_some() {
            self.end_all();
        }
        trouble
    }

    /// May the fibers that have not finished be unwound? If not, neither they
    /// nor the memory that they use may ever go: others may point to what lies
    /// on their stacks.
    pub(crate) fn may_unwind(&self) -> bool {
        // On one of its own fibers: only `std::process::exit` comes here, which
        // ends thread-local variables where it is called.
        let ours = !self.running().is_null();
        !(cfg!(panic = "abort") || ours || self.mixed.get())
    }

    /// Keeps the memory for ever.
    pub(crate) fn leak(&self) {
        self.keep().into_raw();
    }

    /// Cancels all fibers and runs them to their ends.
    pub(crate) fn end_all(&self) {
        self.cancel_all();
        while self.alive() > 0 {
            let before = self.spawned.get();
            self.drive(|| {
                // What destructors have spawned has no future, either.
                self.alive() == 0 || self.spawned.get() > before
            });
            self.cancel_all();
        }
    }

    /// Runs fibers until `done`. Returns why they had to be cancelled, if they
    /// had to.
    // ANCHOR: drive
    fn drive(&self, done: impl Fn() -> bool) -> Option<String> {
        let mut trouble = None;
        while !done() {
            if let Err(why) = self.attend() {
                if cfg!(panic = "abort") {
                    // The first fiber that unwinds would end the process.
                    give_up(&why);
                }
                trouble.get_or_insert(why);
                self.cancel_all();
            }
            self.dispatch();
        }
        trouble
    }
    // ANCHOR_END: drive

    /// Wakes the fibers whose sockets have news and whose deadlines have passed.
    /// Sleeps until there is one, unless a fiber is ready.
    // ANCHOR: attend
    fn attend(&self) -> Result<(), String> {
        let idle = self.ready.is_empty();
        let deadline = self.timers.earliest();
        if idle && deadline.is_none() && !self.driver.is_waited_for() {
            return Err(self.deadlock());
        }
        let timeout = if idle {
            deadline.map(|at| at.saturating_duration_since(Instant::now()))
        } else {
            Some(Duration::ZERO)
        };
        let polled = self.driver.poll(timeout, |f| self.wake(f, Woken::Ready));
        polled.map_err(|error| format!("the event queue fails: {error}"))?;
        while let Some(now) = deadline.map(|_| Instant::now())
            && let Some(fiber) = self.timers.expired(now)
        {
            // SAFETY: it waits, or `wake` would have removed its entry.
            self.wake(unsafe { &*fiber }, Woken::TimedOut);
        }
        Ok(())
    }
    // ANCHOR_END: attend

    /// The message for fibers that wait for each other.
    fn deadlock(&self) -> String {
        const NAMED: usize = 8;
        let mut all: Vec<&Fiber> = self.fibers().collect();
        // In the order in which they were made, so the first one is `main`.
        all.sort_by_key(|fiber| fiber.id());
        let waits = |fiber: &&Fiber| {
            let waits = fiber.state().waits()?;
            Some(format!("{} {waits}", describe(fiber)))
        };
        let named: Vec<String> = all.iter().filter_map(waits).collect();
        let more = named.len().saturating_sub(NAMED);
        let shown = named[..named.len() - more].join(", ");
        let more = match more {
            0 => String::new(),
            more => format!(", and {more} more"),
        };
        format!("all fibers wait for each other: {shown}{more}")
    }
}
