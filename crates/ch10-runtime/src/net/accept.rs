//! Accepting, by a loop that outlives what goes wrong with one connection.

use crate::time;
use std::io;
use std::time::Duration;

// ANCHOR: backoff
/// The first pause when there is no room for another connection, and the
/// longest: each is twice the one before.
const PAUSES: [Duration; 2] =
    [Duration::from_millis(5), Duration::from_secs(1)];

/// What an error of `accept` is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum About {
    /// One connection, which is gone; the next one may be there already.
    Connection,
    /// The process or the system has no room for another one. No event comes
    /// when it has: try again later.
    Room,
    /// The listener itself.
    Listener,
}

/// How an accept continues after an error.
pub(super) struct Backoff {
    pause: Duration,
}

impl Backoff {
    pub(super) fn new() -> Self {
        let [pause, _] = PAUSES;
        Self { pause }
    }

    /// Comes back when it is worth another try.
    ///
    /// # Errors
    ///
    /// `error`, if it is the listener's.
    // ANCHOR: after
    pub(super) async fn after(&mut self, error: io::Error) -> io::Result<()> {
        match about(&error) {
            About::Connection => {}
            About::Room => {
                time::sleep(self.pause).await;
                let [_, longest] = PAUSES;
                self.pause = (2 * self.pause).min(longest);
            }
            About::Listener => return Err(error),
        }
        Ok(())
    }
    // ANCHOR_END: after
}
// ANCHOR_END: backoff

fn about(error: &io::Error) -> About {
    if error.kind() == io::ErrorKind::ConnectionAborted {
        return About::Connection;
    }
    match error.raw_os_error() {
        Some(number) => about_number(number),
        None => About::Listener,
    }
}

// ANCHOR: errors
#[cfg(unix)]
fn about_number(number: i32) -> About {
    match number {
        libc::EMFILE | libc::ENFILE | libc::ENOBUFS | libc::ENOMEM => {
            About::Room
        }
        // Linux hands over what has happened to the new connection already.
        #[cfg(any(target_os = "linux", target_os = "android"))]
        libc::ENETDOWN
        | libc::EPROTO
        | libc::ENOPROTOOPT
        | libc::EHOSTDOWN
        | libc::ENONET
        | libc::EHOSTUNREACH
        | libc::ENETUNREACH => About::Connection,
        _ => About::Listener,
    }
}
// ANCHOR_END: errors

#[cfg(windows)]
fn about_number(number: i32) -> About {
    const WSAEMFILE: i32 = 10024;
    const WSAENOBUFS: i32 = 10055;
    const WSAECONNRESET: i32 = 10054;
    match number {
        WSAEMFILE | WSAENOBUFS => About::Room,
        WSAECONNRESET => About::Connection,
        _ => About::Listener,
    }
}
