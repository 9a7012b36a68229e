//! Four ways to wait for one slow pipe, each with its bill.
//!
//! A thread writes five bytes into a pipe after a pause. The functions of this
//! module read them: by a call that blocks, by calls that do not (again and
//! again), by a call that blocks on an event queue and then one that reads,
//! and by handing the kernel the buffer and asking later. Each returns a
//! [`Report`]. Linux only: `epoll` and `io_uring` are.

use std::fmt;
use std::io::{self, PipeReader, Read, Write};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::thread;
use std::time::{Duration, Instant};

mod cost;
mod uring;

pub use cost::{Cost, MAX_DESCRIPTORS, wait_cost};
pub use uring::uring_read;

/// What the writer sends.
pub const MESSAGE: [u8; 5] = *b"ready";

/// What one way of waiting did, and what it cost.
#[derive(Debug, Clone, Copy)]
pub struct Report {
    /// How often `read` was called. For completion: reads handed in.
    pub attempts: u64,
    /// How often something else than `read` was called in order to wait.
    pub waits: u64,
    /// How often the kernel put this thread to sleep.
    pub sleeps: u64,
    /// What arrived.
    pub message: [u8; 5],
    /// Processor time of this thread, in the program and in the kernel.
    pub cpu: Duration,
    /// Time on the wall clock.
    pub wall: Duration,
}

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = |time: Duration| time.as_secs_f64() * 1e3;
        let message = String::from_utf8_lossy(&self.message);
        writeln!(out, "message         {message}")?;
        writeln!(out, "reads           {}", self.attempts)?;
        writeln!(out, "other waits     {}", self.waits)?;
        writeln!(out, "put to sleep    {}", self.sleeps)?;
        writeln!(out, "processor time  {:.2} ms", millis(self.cpu))?;
        write!(out, "wall time       {:.2} ms", millis(self.wall))
    }
}

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

// ANCHOR: waiting_slow_pipe
/// A pipe into which a thread writes [`MESSAGE`] after `pause`.
///
/// Whatever happens to that thread, its end of the pipe is closed when it is
/// gone, so that no reader waits for ever.
fn slow_pipe(pause: Duration) -> io::Result<PipeReader> {
    let (reader, mut writer) = io::pipe()?;
    thread::Builder::new().spawn(move || {
        thread::sleep(pause);
        // An error means that nobody reads any more. Then nobody misses it.
        let _ = writer.write_all(&MESSAGE);
    })?;
    Ok(reader)
}

/// From now on, calls that would have to wait return `EAGAIN` instead.
pub fn set_nonblocking(fd: BorrowedFd<'_>) -> io::Result<()> {
    let number = fd.as_raw_fd();
    // SAFETY: asks for the flags of a descriptor that the borrow keeps open.
    let flags = check(unsafe { libc::fcntl(number, libc::F_GETFL) })?;
    let flags = flags | libc::O_NONBLOCK;
    // SAFETY: sets the flags of that descriptor, which touches no memory.
    check(unsafe { libc::fcntl(number, libc::F_SETFL, flags) })?;
    Ok(())
}
// ANCHOR_END: waiting_slow_pipe

// ANCHOR: waiting_epoll_calls
/// A new event queue.
fn epoll_create() -> io::Result<OwnedFd> {
    // SAFETY: takes a number; there is nothing to uphold.
    let queue = check(unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) })?;
    // SAFETY: the kernel just opened it for us, so nobody else will close it.
    Ok(unsafe { OwnedFd::from_raw_fd(queue) })
}

/// Tells the queue that we want to know when `fd` can be read.
fn epoll_add(queue: BorrowedFd<'_>, fd: BorrowedFd<'_>) -> io::Result<()> {
    let (queue, fd) = (queue.as_raw_fd(), fd.as_raw_fd());
    let mut interest = libc::epoll_event {
        events: libc::EPOLLIN as u32,
        u64: 0, // comes back with each event; we have one source only
    };
    // SAFETY: both are open, as borrowed; the kernel copies `interest`.
    let done = unsafe {
        libc::epoll_ctl(queue, libc::EPOLL_CTL_ADD, fd, &mut interest)
    };
    check(done).map(drop)
}

/// Sleeps until something in the queue is ready, or a signal comes; returns
/// how many are.
fn epoll_wait(queue: BorrowedFd<'_>) -> io::Result<usize> {
    let mut events = [libc::epoll_event { events: 0, u64: 0 }];
    let queue = queue.as_raw_fd();
    // SAFETY: the kernel writes at most one event, and there is room for one.
    let count =
        check(unsafe { libc::epoll_wait(queue, events.as_mut_ptr(), 1, -1) });
    match count {
        Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(0),
        count => count.map(|count| count as usize),
    }
}
// ANCHOR_END: waiting_epoll_calls

/// The one place that turns -1 into the error that `errno` holds.
fn check(answer: libc::c_int) -> io::Result<libc::c_int> {
    if answer == -1 {
        return Err(io::Error::last_os_error());
    }
    Ok(answer)
}

/// A report that is still being written.
struct Bill {
    attempts: u64,
    waits: u64,
    sleeps: u64,
    cpu: Duration,
    start: Instant,
}

impl Bill {
    fn open() -> io::Result<Self> {
        Ok(Self {
            attempts: 0,
            waits: 0,
            sleeps: sleeps_so_far()?,
            cpu: cpu_so_far()?,
            start: Instant::now(),
        })
    }

    fn close(&self, count: usize, message: [u8; 5]) -> io::Result<Report> {
        if count != message.len() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(Report {
            attempts: self.attempts,
            waits: self.waits,
            message,
            wall: self.start.elapsed(),
            cpu: cpu_so_far()?.saturating_sub(self.cpu),
            sleeps: sleeps_so_far()?.saturating_sub(self.sleeps),
        })
    }
}

/// How often this thread gave up the processor in order to wait.
fn sleeps_so_far() -> io::Result<u64> {
    let mut usage = MaybeUninit::<libc::rusage>::uninit();
    let place = usage.as_mut_ptr();
    // SAFETY: the kernel writes one `rusage`, and there is room for one.
    check(unsafe { libc::getrusage(libc::RUSAGE_THREAD, place) })?;
    // SAFETY: the call succeeded, so the kernel filled it in.
    let usage = unsafe { usage.assume_init() };
    Ok(u64::try_from(usage.ru_nvcsw).unwrap_or(0))
}

/// The processor time of this thread. (`getrusage` has it too, but only as of
/// the last tick of the scheduler: up to some milliseconds ago.)
fn cpu_so_far() -> io::Result<Duration> {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    let clock = libc::CLOCK_THREAD_CPUTIME_ID;
    // SAFETY: the kernel writes one `timespec`, and there is one.
    check(unsafe { libc::clock_gettime(clock, &mut time) })?;
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    let nanos = u64::try_from(time.tv_nsec).unwrap_or(0);
    Ok(Duration::from_secs(seconds) + Duration::from_nanos(nanos))
}
