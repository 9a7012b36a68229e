//! The system calls that the ways to wait share, each behind a safe function.

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::time::Duration;

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

/// A new event queue.
// ANCHOR: waiting_epoll_calls
pub fn epoll_create() -> io::Result<OwnedFd> {
    // SAFETY: takes a number; there is nothing to uphold.
    let queue = check(unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) })?;
    // SAFETY: the kernel has just opened it for us, and nothing else knows its
    // number, so only this owner closes it.
    Ok(unsafe { OwnedFd::from_raw_fd(queue) })
}

/// Tells the queue that we want to know when `fd` can be read.
pub fn epoll_add(queue: BorrowedFd<'_>, fd: BorrowedFd<'_>) -> io::Result<()> {
    let (queue, fd) = (queue.as_raw_fd(), fd.as_raw_fd());
    let mut interest = libc::epoll_event {
        events: libc::EPOLLIN as u32,
        u64: 0, // comes back with each event; we have a single source
    };
    // SAFETY: both are open, as borrowed; the kernel copies `interest`.
    let done = unsafe {
        libc::epoll_ctl(queue, libc::EPOLL_CTL_ADD, fd, &mut interest)
    };
    check(done).map(drop)
}
// ANCHOR_END: waiting_epoll_calls

/// Sleeps until something in the queue is ready, or a signal comes; returns
/// how many are.
// ANCHOR: waiting_epoll_wait
pub fn epoll_wait(queue: BorrowedFd<'_>) -> io::Result<usize> {
    let mut events = [libc::epoll_event { events: 0, u64: 0 }];
    let queue = queue.as_raw_fd();
    // SAFETY: the kernel writes at most one event, and there is room for one.
    let answer = unsafe { libc::epoll_wait(queue, events.as_mut_ptr(), 1, -1) };
    match check(answer) {
        Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(0),
        Err(error) => Err(error),
        Ok(ready) => Ok(ready as usize),
    }
}
// ANCHOR_END: waiting_epoll_wait

/// Turns -1 into the error that `errno` holds.
pub fn check(answer: libc::c_int) -> io::Result<libc::c_int> {
    if answer == -1 {
        return Err(io::Error::last_os_error());
    }
    Ok(answer)
}

/// How often this thread gave up the processor in order to wait.
pub fn sleeps_so_far() -> io::Result<u64> {
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
pub fn cpu_so_far() -> io::Result<Duration> {
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
