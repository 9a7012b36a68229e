//! Solution of exercise `drain`.

use ch04_event_queue::event::Source;
use ch04_event_queue::{Events, Interest, Poll, Token};
use std::io::{self, ErrorKind, Read};

/// The most that one read may take.
pub const ROOM: usize = 1024;

/// Reads `source` to its end, at most [`ROOM`] bytes at a time, and returns
/// what came. Sleeps on an event queue while there is nothing.
///
/// # Errors
///
/// What the system reports for the queue or for a read.
pub fn receive<S: Source + Read>(source: &mut S) -> io::Result<Vec<u8>> {
    let mut poll = Poll::new()?;
    let mut events = Events::with_capacity(4);
    poll.registry()
        .register(source, Token(0), Interest::READABLE)?;
    let (mut all, mut room) = (Vec::new(), [0; ROOM]);
    loop {
        // What is there already gives an event, too, so it's safe to wait
        // first.
        match poll.poll(&mut events, None) {
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            result => result?,
        }
        loop {
            match source.read(&mut room) {
                // The end, which is reported only once.
                Ok(0) => {
                    poll.registry().deregister(source)?;
                    return Ok(all);
                }
                Ok(count) => all.extend_from_slice(&room[..count]),
                // From here on, anything new gives an event.
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

#[cfg(test)]
#[path = "../exercises/tests/drain.rs"]
mod tests;
