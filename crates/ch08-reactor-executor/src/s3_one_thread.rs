//! Stage 3 of chapter 8: executor and reactor on one thread. The executor
//! sleeps in the reactor.

use crate::executor::{Executor, Park};
use crate::reactor::{Handle, Reactor};
use crate::run_queue::Unpark;
use std::io;
use std::sync::Arc;
use std::time::Duration;

// ANCHOR: park
impl Park for Reactor {
    fn unparker(&self) -> Arc<dyn Unpark> {
        Arc::new(self.handle())
    }

    fn park(&mut self) -> io::Result<()> {
        self.wait(None)
    }

    fn deliver(&mut self) {
        Reactor::deliver(self);
    }

    fn look(&mut self) -> io::Result<()> {
        self.wait(Some(Duration::ZERO))?;
        Reactor::deliver(self);
        Ok(())
    }
}
// ANCHOR_END: park

/// An executor with a reactor of its own.
///
/// # Errors
///
/// As [`Reactor::new`].
// ANCHOR: one_thread
pub fn one_thread() -> io::Result<(Executor<Reactor>, Handle)> {
    let reactor = Reactor::new()?;
    let handle = reactor.handle();
    Ok((Executor::new(reactor), handle))
}
// ANCHOR_END: one_thread
