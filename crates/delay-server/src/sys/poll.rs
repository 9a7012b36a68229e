//! The poller without epoll: `poll(2)` on Unix, `WSAPoll` on Windows. The two
//! differ only in their names; [`os`] gives them common ones.
//!
//! The set lives here, as the array that the system wants. Each wait hands it
//! over, and the system looks at every entry.

use super::{AsSocket, Event, Interest, Wait, check, timeout_ms};
use std::collections::HashMap;
use std::io;
use std::time::Duration;

#[cfg(unix)]
mod os {
    //! `poll(2)` and its names.

    pub(super) use libc::{POLLERR, POLLHUP, POLLIN, POLLNVAL, POLLOUT};
    pub(super) use libc::{poll, pollfd};

    /// The type of the number of entries.
    pub(super) type Count = libc::nfds_t;

    /// The number by which the system knows the socket.
    pub(super) fn raw(socket: &impl std::os::fd::AsFd) -> i32 {
        std::os::fd::AsRawFd::as_raw_fd(&socket.as_fd())
    }
}

#[cfg(windows)]
mod os {
    //! `WSAPoll` and its names.

    pub(super) use windows_sys::Win32::Networking::WinSock::{
        POLLERR, POLLHUP, POLLIN, POLLNVAL, POLLOUT, WSAPOLLFD as pollfd,
        WSAPoll as poll,
    };

    /// The type of the number of entries.
    pub(super) type Count = u32;

    /// The number by which the system knows the socket.
    pub(super) fn raw(socket: &impl super::AsSocket) -> usize {
        use std::os::windows::io::AsRawSocket;
        // A SOCKET is as wide as a pointer, on every Windows.
        socket.as_socket().as_raw_socket() as usize
    }
}

/// A set of sockets to wait for.
#[derive(Default)]
pub(crate) struct Poller {
    /// What the system is asked about.
    entries: Vec<os::pollfd>,
    /// The token of each entry.
    tokens: Vec<u64>,
    /// Where each token's entry is.
    places: HashMap<u64, usize>,
}

impl std::fmt::Debug for Poller {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Poller")
            .field("tokens", &self.tokens)
            .finish()
    }
}

impl Wait for Poller {
    fn new() -> io::Result<Self> {
        Ok(Self::default())
    }

    fn set(
        &mut self,
        socket: &impl AsSocket,
        token: u64,
        old: Interest,
        new: Interest,
    ) -> io::Result<()> {
        if old == new {
            return Ok(());
        }
        let mut events = 0;
        if new.read {
            events |= os::POLLIN;
        }
        if new.write {
            events |= os::POLLOUT;
        }
        let fd = os::raw(socket);
        match self.places.get(&token) {
            Some(&place) if new == Interest::NONE => {
                self.places.remove(&token);
                self.entries.swap_remove(place);
                self.tokens.swap_remove(place);
                // The last entry has moved into the gap, unless it was it.
                if let Some(&moved) = self.tokens.get(place) {
                    self.places.insert(moved, place);
                }
            }
            Some(&place) => self.entries[place].events = events,
            None => {
                self.places.insert(token, self.entries.len());
                self.entries.push(os::pollfd {
                    fd,
                    events,
                    revents: 0,
                });
                self.tokens.push(token);
            }
        }
        Ok(())
    }

    fn wait(
        &mut self,
        events: &mut Vec<Event>,
        timeout: Option<Duration>,
    ) -> io::Result<()> {
        events.clear();
        let entries = self.entries.as_mut_ptr();
        let count = self.entries.len() as os::Count;
        let timeout = timeout_ms(timeout);
        // SAFETY: `entries` points to `count` entries, which nothing else
        // uses during the call. The system reports a closed socket in
        // `revents`; the reactor takes sockets out before it closes them.
        match check(unsafe { os::poll(entries, count, timeout) }) {
            Ok(0) => return Ok(()),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => return Ok(()),
            Ok(_) => {}
            Err(e) => return Err(e),
        }
        let failed = os::POLLHUP | os::POLLERR | os::POLLNVAL;
        for (entry, &token) in self.entries.iter().zip(&self.tokens) {
            let hangup = entry.revents & failed != 0;
            let readable = entry.revents & os::POLLIN != 0 || hangup;
            if entry.revents != 0 {
                events.push(Event {
                    token,
                    readable,
                    hangup,
                });
            }
        }
        Ok(())
    }
}
