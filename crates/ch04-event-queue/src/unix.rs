//! What only Unix has: sources that are known by their descriptor.

use crate::interest::Interest;
use crate::registry::{Registry, Source};
use crate::sys::Descriptors as _;
use crate::token::Token;
use std::io;
use std::os::fd::RawFd;

/// A descriptor as a source: Unix sockets, pipes, terminals, whatever the
/// system can wait for.
///
/// It owns nothing: the descriptor is not closed with it, has to be in
/// non-blocking mode to be of use, and has to be open as long as it is
/// registered. Nothing keeps it from being registered in several queues.
///
/// ```
/// use ch04_event_queue::unix::SourceFd;
/// use ch04_event_queue::{Events, Interest, Poll, Token};
/// use std::io::Write;
/// use std::os::fd::AsRawFd;
///
/// let (reader, mut writer) = std::io::pipe()?;
/// let mut poll = Poll::new()?;
/// poll.registry().register(
///     &mut SourceFd(&reader.as_raw_fd()),
///     Token(0),
///     Interest::READABLE,
/// )?;
/// writer.write_all(b"x")?;
///
/// let mut events = Events::with_capacity(4);
/// poll.poll(&mut events, None)?;
/// assert!(events.iter().all(|event| event.is_readable()));
/// # Ok::<(), std::io::Error>(())
/// ```
// ANCHOR: source_fd
#[derive(Debug)]
pub struct SourceFd<'a>(
    /// The descriptor.
    pub &'a RawFd,
);

impl Source for SourceFd<'_> {
    fn register(
        &mut self,
        registry: &Registry,
        token: Token,
        interests: Interest,
    ) -> io::Result<()> {
        registry.selector().register(*self.0, token, interests)
    }

    fn reregister(
        &mut self,
        registry: &Registry,
        token: Token,
        interests: Interest,
    ) -> io::Result<()> {
        registry.selector().reregister(*self.0, token, interests)
    }

    fn deregister(&mut self, registry: &Registry) -> io::Result<()> {
        registry.selector().deregister(*self.0)
    }
}
// ANCHOR_END: source_fd
