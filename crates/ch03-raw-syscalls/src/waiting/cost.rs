//! What one wait costs as the number of idle descriptors grows: `poll`, which
//! is handed the whole list at each call, against `epoll`, which was told once.

use super::calls::{check, epoll_add, epoll_create, epoll_wait};
use std::io;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};
use std::time::{Duration, Instant};

/// The most descriptors that [`wait_cost`] opens.
pub const MAX_DESCRIPTORS: usize = 10_000;

/// What a call costs that finds one of many descriptors ready.
#[derive(Debug, Clone, Copy)]
pub struct Cost {
    /// By `poll`.
    pub poll: Duration,
    /// By `epoll_wait`.
    pub epoll: Duration,
}

/// Waits on one descriptor that is ready and `idle` others that never are (at
/// most [`MAX_DESCRIPTORS`]); returns the time of a call, the median of
/// `rounds`. Raises the limit of open descriptors of this process.
///
/// # Errors
///
/// What the system reports, above all that it allows fewer descriptors.
// ANCHOR: wait_cost
pub fn wait_cost(idle: usize, rounds: usize) -> io::Result<Cost> {
    let idle = idle.min(MAX_DESCRIPTORS);
    allow_descriptors(idle as libc::rlim_t + 64)?;
    let sources = (0..=idle)
        .map(|index| event_descriptor(u32::from(index == idle)))
        .collect::<io::Result<Vec<OwnedFd>>>()?;

    let mut list: Vec<libc::pollfd> = sources
        .iter()
        .map(|source| libc::pollfd {
            fd: source.as_raw_fd(),
            events: libc::POLLIN,
            revents: 0,
        })
        .collect();
    let poll = median(rounds, || poll(&mut list))?;

    let queue = epoll_create()?;
    for source in &sources {
        epoll_add(queue.as_fd(), source.as_fd())?;
    }
    let epoll = median(rounds, || epoll_wait(queue.as_fd()))?;
    Ok(Cost { poll, epoll })
}
// ANCHOR_END: wait_cost

/// The middle one of `rounds` times that `wait` takes to find one event. Each
/// is the mean of a few calls, as looking at the clock takes time, too.
fn median(
    rounds: usize,
    mut wait: impl FnMut() -> io::Result<usize>,
) -> io::Result<Duration> {
    const CALLS: u32 = 10;
    let mut times = Vec::with_capacity(rounds);
    for _ in 0..rounds.max(1) {
        let (start, mut ready) = (Instant::now(), 0);
        for _ in 0..CALLS {
            ready += wait()?;
        }
        times.push(start.elapsed() / CALLS);
        if ready != CALLS as usize {
            return Err(io::Error::other("one descriptor should be ready"));
        }
    }
    times.sort_unstable();
    Ok(times[times.len() / 2])
}

/// One call to `poll`, which does not wait; returns how many are ready.
fn poll(list: &mut [libc::pollfd]) -> io::Result<usize> {
    let count = list.len() as libc::nfds_t;
    // SAFETY: the kernel reads and writes as many entries as the list has.
    let ready = check(unsafe { libc::poll(list.as_mut_ptr(), count, 0) })?;
    Ok(ready as usize)
}

/// The cheapest descriptor there is: a counter, readable unless it is zero.
fn event_descriptor(counter: u32) -> io::Result<OwnedFd> {
    // SAFETY: takes two numbers; there is nothing to uphold.
    let fd = check(unsafe { libc::eventfd(counter, libc::EFD_CLOEXEC) })?;
    // SAFETY: the kernel just opened it for us, so only this owner closes it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// Raises the limit of open descriptors to at least `wanted`, if it may.
fn allow_descriptors(wanted: libc::rlim_t) -> io::Result<()> {
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: the kernel fills in one `rlimit`, and there is one.
    check(unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &mut limit) })?;
    if limit.rlim_cur < wanted {
        limit.rlim_cur = wanted.min(limit.rlim_max);
        // SAFETY: the kernel reads one `rlimit`.
        check(unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &limit) })?;
    }
    Ok(())
}
