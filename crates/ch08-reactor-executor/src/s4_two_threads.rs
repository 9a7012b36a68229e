//! Stage 4 of chapter 8: the reactor has a thread of its own, and the executor
//! parks on a condition variable.

use crate::executor::{Executor, Park};
use crate::parker::Parker;
use crate::reactor::{Handle, Reactor};
use crate::run_queue::Unpark;
use crate::sync::{Mutex, lock};
use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

// ANCHOR: park
impl Park for Arc<Parker> {
    fn unparker(&self) -> Arc<dyn Unpark> {
        Arc::clone(self) as Arc<dyn Unpark>
    }

    fn park(&mut self) -> io::Result<()> {
        Parker::park(self);
        Ok(())
    }
}

/// An executor that sleeps without a reactor.
#[must_use]
pub fn parked() -> Executor<Arc<Parker>> {
    Executor::new(Arc::new(Parker::new()))
}
// ANCHOR_END: park

// ANCHOR: thread
/// A reactor on a thread of its own. Dropped, it stops: what waits in it gets
/// an error.
#[derive(Debug)]
pub struct ReactorThread {
    handle: Handle,
    stop: Arc<Mutex<bool>>,
    thread: Option<JoinHandle<io::Result<()>>>,
}

// ANCHOR_END: thread

impl ReactorThread {
    /// Starts it.
    ///
    /// # Errors
    ///
    /// As [`Reactor::new`], and if the system gives no thread.
    // ANCHOR: start
    pub fn start() -> io::Result<Self> {
        let mut reactor = Reactor::new()?;
        let handle = reactor.handle();
        let stop = Arc::new(Mutex::new(false));
        let stopped = Arc::clone(&stop);
        let work = move || {
            while !*lock(&stopped) {
                reactor.wait(None)?;
                reactor.deliver();
            }
            Ok(()) // whatever ends the closure drops the reactor
        };
        let named = thread::Builder::new().name("reactor".to_owned());
        let thread = Some(named.spawn(work)?);
        Ok(Self {
            handle,
            stop,
            thread,
        })
    }
    // ANCHOR_END: start
}

impl ReactorThread {
    /// What tasks need, on any thread.
    #[must_use]
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }
}

impl Drop for ReactorThread {
    fn drop(&mut self) {
        *lock(&self.stop) = true;
        self.handle.unpark();
        if let Some(thread) = self.thread.take() {
            // Its error, or its panic, was for the tasks, which have theirs.
            let _ = thread.join();
        }
    }
}
