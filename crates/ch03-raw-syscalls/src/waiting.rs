//! Four ways to wait for one slow pipe, each with its bill.
//!
//! A thread writes five bytes into a pipe after a pause. The functions of this
//! module read them: by a call that blocks; by calls that don't, again and
//! again; by a call that sleeps on an event queue and then one that reads;
//! and by handing the kernel the buffer and asking for the result later. Each returns a
//! [`Report`]. Linux only: `epoll` and `io_uring` are.

use calls::{epoll_add, epoll_create, epoll_wait};
use report::{Bill, slow_pipe};
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::time::Duration;

mod calls;
mod cost;
mod report;
mod uring;

pub use calls::set_nonblocking;
pub use cost::{Cost, MAX_DESCRIPTORS, wait_cost};
pub use report::{MESSAGE, Report};
pub use uring::uring_read;

/// Reads by a call that blocks: the kernel puts the thread to sleep until
/// there is something to read.
///
/// # Errors
///
/// What the system reports for the pipe or the read.
// ANCHOR: waiting_blocking
pub fn blocking_read(pause: Duration) -> io::Result<Report> {
    let mut pipe = slow_pipe(pause)?;
    let mut bill = Bill::open()?;
    let mut message = [0; 5];
    loop {
        bill.attempts += 1;
        match pipe.read(&mut message) {
            Ok(count) => return bill.close(count, message),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
// ANCHOR_END: waiting_blocking

/// Reads by calls that don't block: any that comes too early fails at once.
///
/// # Errors
///
/// What the system reports for the pipe or the read.
// ANCHOR: waiting_nonblocking
pub fn nonblocking_read(pause: Duration) -> io::Result<Report> {
    let mut pipe = slow_pipe(pause)?;
    set_nonblocking(pipe.as_fd())?;
    let mut bill = Bill::open()?;
    let mut message = [0; 5];
    loop {
        bill.attempts += 1;
        match pipe.read(&mut message) {
            Ok(count) => return bill.close(count, message),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            // Nothing yet. A thread could do other work here; this one asks
            // again at once.
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
}
// ANCHOR_END: waiting_nonblocking

/// Sleeps on an event queue until the pipe is reported ready, then tries to
/// read; if there is nothing after all, it goes back to sleep.
///
/// # Errors
///
/// What the system reports for the pipe, the queue or the read.
// ANCHOR: waiting_epoll
pub fn epoll_read(pause: Duration) -> io::Result<Report> {
    let mut pipe = slow_pipe(pause)?;
    set_nonblocking(pipe.as_fd())?;
    let queue = epoll_create()?;
    epoll_add(queue.as_fd(), pipe.as_fd())?;
    let mut bill = Bill::open()?;
    let mut message = [0; 5];
    loop {
        bill.waits += 1;
        epoll_wait(queue.as_fd())?;
        bill.attempts += 1;
        match pipe.read(&mut message) {
            Ok(count) => return bill.close(count, message),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            // Not ready after all, or woken by a signal: back to sleep.
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
}
// ANCHOR_END: waiting_epoll
