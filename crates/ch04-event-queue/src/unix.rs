//! For Unix only: descriptors as sources.

use crate::interest::Interest;
use crate::registry::{Registry, Source};
use crate::sys::Descriptors as _;
use crate::token::Token;
use std::io;
use std::os::fd::RawFd;

/// A descriptor as a source: of a Unix socket, a pipe, a terminal, or anything
/// else that the system can wait for.
///
/// It owns nothing and closes nothing. The descriptor should be in non-blocking
/// mode, and has to stay open as long as it is registered. It may be registered
/// in several queues.
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
