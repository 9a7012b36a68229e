//! Four ways to wait for one slow pipe, each with its bill.
//!
//! A thread writes five bytes into a pipe after a pause. The functions of this
//! module read them: by a call that blocks, by calls that do not (again and
//! again), by a call that blocks on an event queue and then one that reads,
//! and by handing the kernel the buffer and asking later. Each returns a
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

// ANCHOR: waiting_blocking
/// Reads by a call that blocks: the kernel puts the thread to sleep until
/// there is something to read.
///
/// # Errors
///
/// What the system reports for the pipe or the read.
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

// ANCHOR: waiting_nonblocking
/// Reads by calls that do not block: each that comes too early is told so.
///
/// # Errors
///
/// What the system reports for the pipe or the read.
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
            // Nothing yet. This thread could do other work here; this one
            // asks again, and again, as fast as the processor can.
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
}
// ANCHOR_END: waiting_nonblocking

// ANCHOR: waiting_epoll
/// Sleeps on an event queue until the pipe is ready, then reads: a call that
/// does not block, made once, when it is known to succeed.
///
/// # Errors
///
/// What the system reports for the pipe, the queue or the read.
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
            // Woken for nothing (a signal): go back to sleep.
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
}
// ANCHOR_END: waiting_epoll
