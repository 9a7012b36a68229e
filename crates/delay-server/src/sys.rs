//! The few system calls that std does not offer: waiting for many sockets at
//! once, closing with a reset, the length of the queue of new connections, and
//! the limit of open descriptors.
//!
//! [`Poller`] is one of two, with the same contract ([`Wait`]) and the same
//! tests:
//!
//! - `epoll.rs` on Linux: the cost of a wait does not depend on the number of
//!   idle sockets;
//! - `poll.rs` elsewhere, with `poll(2)` on Unix and `WSAPoll` on Windows: each
//!   wait looks at every socket. With `--cfg delay_server_poll` it runs on
//!   Linux, too, so that it is tested there.
//!
//! Both are level-triggered: what was not read is reported again. Left out:
//! everything that this server does not need, such as edges and kqueue.

use std::io;
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

#[cfg(all(target_os = "linux", not(delay_server_poll)))]
mod epoll;
#[cfg(all(target_os = "linux", not(delay_server_poll)))]
use epoll as backend;

#[cfg(any(not(target_os = "linux"), delay_server_poll))]
mod poll;
#[cfg(any(not(target_os = "linux"), delay_server_poll))]
use poll as backend;

#[cfg(unix)]
mod unix;
#[cfg(unix)]
use unix as system;

#[cfg(windows)]
mod windows;
#[cfg(windows)]
use windows as system;

#[cfg(not(any(unix, windows)))]
compile_error!(
    "the delay server waits by epoll(7) on Linux, by poll(2) on every other \
     Unix, and by WSAPoll on Windows; there is no other way for this target"
);

#[cfg(unix)]
use std::os::fd::AsFd as AsSocket;
#[cfg(windows)]
use std::os::windows::io::AsSocket;

pub(crate) use backend::Poller;
pub(crate) use system::{
    lengthen_backlog, limit_send_buffers, raise_descriptor_limit,
    reset_on_close,
};

/// What a poller must offer: a set of sockets to wait for.
pub(crate) trait Wait: Sized {
    /// An empty set.
    fn new() -> io::Result<Self>;

    /// Changes what to wait for on a socket from `old` to `new`. `old` has to
    /// be what was set last: `Interest::NONE` at first.
    fn set(
        &mut self,
        socket: &impl AsSocket,
        token: u64,
        old: Interest,
        new: Interest,
    ) -> io::Result<()>;

    /// Waits until there is something to report or the time is over, and puts
    /// the reports into `events`. `None` is no timeout. A signal ends the wait
    /// early, without an error and without events. There must be at least one
    /// socket in the set: `WSAPoll` refuses to wait for none.
    fn wait(
        &mut self,
        events: &mut Vec<Event>,
        timeout: Option<Duration>,
    ) -> io::Result<()>;
}

/// What to wait for on one socket. With neither, the socket is not in the
/// poller's set at all: otherwise a hang-up, which systems report even if
/// nothing was asked for, could be reported for ever.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Interest {
    /// There is something to read, or the peer has ended its side.
    pub(crate) read: bool,
    /// There is room to write.
    pub(crate) write: bool,
}

impl Interest {
    /// Not in the set.
    pub(crate) const NONE: Self = Self {
        read: false,
        write: false,
    };
    /// Something to read.
    pub(crate) const READ: Self = Self {
        read: true,
        write: false,
    };
}

/// What a wait reports about one socket.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Event {
    /// The token under which the socket is in the set.
    pub(crate) token: u64,
    /// A read will not block. Also set after a hang-up or an error.
    pub(crate) readable: bool,
    /// A hang-up or an error: reported whatever the interest was.
    pub(crate) hangup: bool,
}

/// A poller is complete if this compiles.
const fn complete<P: Wait + Send>() {}
const _: () = complete::<Poller>();

/// So is a system: a close that is a reset, how many bytes are kept for a
/// client that does not read, how many clients may wait, and how many
/// descriptors there may be.
const _: fn(&TcpStream) -> io::Result<()> = reset_on_close;
const _: fn(&TcpListener, i32) -> io::Result<()> = limit_send_buffers;
const _: fn(&TcpListener) -> io::Result<()> = lengthen_backlog;
const _: fn() -> io::Result<u64> = raise_descriptor_limit;

/// The timeout in whole milliseconds, as the systems take it. -1 is no timeout.
/// It is rounded up, since waking up too early means waking up again and again
/// until the time has come.
fn timeout_ms(timeout: Option<Duration>) -> i32 {
    let Some(timeout) = timeout else { return -1 };
    let ms = timeout.as_nanos().div_ceil(1_000_000);
    i32::try_from(ms).unwrap_or(i32::MAX)
}

/// The result of a call that says -1 for "see errno".
fn check(result: i32) -> io::Result<i32> {
    if result == -1 {
        return Err(io::Error::last_os_error());
    }
    Ok(result)
}

#[cfg(test)]
mod tests {
    //! The contract of both pollers; run again with `--cfg delay_server_poll`.

    use super::*;
    use std::io::{Read, Write};
    use std::net::Shutdown;
    use std::time::Instant;

    fn pair() -> (TcpStream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let a = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        (a, listener.accept().unwrap().0)
    }

    fn wait(poller: &mut Poller, ms: u64) -> Vec<Event> {
        let mut events = Vec::new();
        let timeout = Some(Duration::from_millis(ms));
        poller.wait(&mut events, timeout).unwrap();
        events
    }

    #[test]
    fn a_timeout_rounds_up_and_saturates() {
        assert_eq!(timeout_ms(None), -1);
        assert_eq!(timeout_ms(Some(Duration::ZERO)), 0);
        assert_eq!(timeout_ms(Some(Duration::from_nanos(1))), 1);
        assert_eq!(timeout_ms(Some(Duration::from_micros(1_001))), 2);
        assert_eq!(timeout_ms(Some(Duration::MAX)), i32::MAX);
    }

    #[test]
    fn a_wait_without_events_lasts_its_timeout() {
        let mut poller = Poller::new().unwrap();
        let (a, _b) = pair();
        poller.set(&a, 1, Interest::NONE, Interest::READ).unwrap();
        let start = Instant::now();
        assert!(wait(&mut poller, 30).is_empty());
        assert!(start.elapsed() >= Duration::from_millis(30));
    }

    #[test]
    fn readable_is_reported_until_it_is_read() {
        let mut poller = Poller::new().unwrap();
        let (mut a, mut b) = pair();
        poller.set(&a, 7, Interest::NONE, Interest::READ).unwrap();
        b.write_all(b"x").unwrap();
        for _ in 0..2 {
            let events = wait(&mut poller, 5_000);
            assert_eq!(events.len(), 1);
            assert_eq!(events[0].token, 7);
            assert!(events[0].readable);
        }
        a.read_exact(&mut [0]).unwrap();
        assert!(wait(&mut poller, 0).is_empty());
    }

    #[test]
    fn interest_changes_and_none_means_silence() {
        let mut poller = Poller::new().unwrap();
        let (a, b) = pair();
        let write = Interest {
            read: false,
            write: true,
        };
        let (other, _open) = pair();
        poller
            .set(&other, 0, Interest::NONE, Interest::READ)
            .unwrap();
        poller.set(&a, 1, Interest::NONE, write).unwrap();
        let events = wait(&mut poller, 5_000);
        assert_eq!(events.len(), 1);
        assert!(!events[0].readable);
        poller.set(&a, 1, write, Interest::READ).unwrap();
        assert!(wait(&mut poller, 0).is_empty());
        poller.set(&a, 1, Interest::READ, Interest::NONE).unwrap();
        b.shutdown(Shutdown::Both).unwrap();
        a.shutdown(Shutdown::Both).unwrap();
        assert!(wait(&mut poller, 20).is_empty());
        poller.set(&a, 1, Interest::NONE, Interest::READ).unwrap();
        assert!(wait(&mut poller, 5_000)[0].readable);
    }

    #[test]
    fn one_leaves_and_the_others_stay() {
        let mut poller = Poller::new().unwrap();
        let pairs: Vec<_> = (0..5).map(|_| pair()).collect();
        for (token, (a, _)) in pairs.iter().enumerate() {
            let token = token as u64;
            poller
                .set(a, token, Interest::NONE, Interest::READ)
                .unwrap();
        }
        for gone in [0, 4, 2] {
            let a = &pairs[gone].0;
            let token = gone as u64;
            poller
                .set(a, token, Interest::READ, Interest::NONE)
                .unwrap();
        }
        for (_, b) in &pairs {
            (&*b).write_all(b"x").unwrap();
        }
        let mut tokens: Vec<u64> = Vec::new();
        let start = Instant::now();
        while tokens.len() < 2 && start.elapsed().as_secs() < 5 {
            tokens = wait(&mut poller, 100).iter().map(|e| e.token).collect();
        }
        tokens.sort();
        assert_eq!(tokens, [1, 3]);
    }

    #[test]
    fn the_end_of_the_peers_side_is_readable() {
        let mut poller = Poller::new().unwrap();
        let (a, b) = pair();
        poller.set(&a, 1, Interest::NONE, Interest::READ).unwrap();
        b.shutdown(Shutdown::Write).unwrap();
        let events = wait(&mut poller, 5_000);
        assert!(events[0].readable);
        assert_eq!((&a).read(&mut [0]).unwrap(), 0);
    }
}
