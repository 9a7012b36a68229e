//! What comes out of a queue.

use crate::sys::{self, Readiness as _};
use crate::token::Token;
use std::fmt;
use std::iter::FusedIterator;
use std::slice;

pub use crate::registry::Source;

// ANCHOR: events
/// A buffer for events. [`Poll::poll`](crate::Poll::poll) fills it again and
/// again, and never enlarges it.
pub struct Events {
    list: Vec<sys::Event>,
}

impl Events {
    /// Room for `capacity` events at a time. What does not fit waits in the
    /// queue. On Linux, a capacity of zero makes each wait fail.
    pub fn with_capacity(capacity: usize) -> Self {
        let list = Vec::with_capacity(capacity);
        Self { list }
    }

    /// The events of the last wait, in no particular order.
    #[inline]
    pub fn iter(&self) -> Iter<'_> {
        Iter(Event::all(&self.list).iter())
    }

    /// For the backends: where the events go.
    #[inline]
    pub(crate) fn list(&mut self) -> &mut Vec<sys::Event> {
        &mut self.list
    }
}
// ANCHOR_END: events

impl Events {
    /// How many events there is room for.
    pub fn capacity(&self) -> usize {
        self.list.capacity()
    }

    /// Did the last wait bring nothing?
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Forgets the events, as each wait does before it fills the buffer.
    pub fn clear(&mut self) {
        self.list.clear();
    }
}

impl fmt::Debug for Events {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_list().entries(self).finish()
    }
}

impl<'e> IntoIterator for &'e Events {
    type Item = &'e Event;
    type IntoIter = Iter<'e>;

    #[inline]
    fn into_iter(self) -> Iter<'e> {
        self.iter()
    }
}

/// The events of one wait, one by one.
#[derive(Clone, Debug)]
pub struct Iter<'e>(slice::Iter<'e, Event>);

impl<'e> Iterator for Iter<'e> {
    type Item = &'e Event;

    #[inline]
    fn next(&mut self) -> Option<&'e Event> {
        self.0.next()
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl ExactSizeIterator for Iter<'_> {}
impl FusedIterator for Iter<'_> {}

// ANCHOR: event
/// Something has happened to a source.
///
/// The predicates are hints: an event that says "readable" can be followed by
/// a read that would block. None of them is exclusive; a source can be
/// readable, writable and closed in one event.
#[derive(Clone)]
#[repr(transparent)] // for `all`
pub struct Event(sys::Event);

impl Event {
    /// What the system wrote, as what a program reads: the same bytes.
    #[inline]
    fn all(list: &[sys::Event]) -> &[Self] {
        // SAFETY: an `Event` is a `sys::Event` and nothing else, in the same
        // layout (`repr(transparent)`, above), so the pointer and the length
        // are those of a slice of either. The borrow is handed on.
        unsafe { slice::from_raw_parts(list.as_ptr().cast(), list.len()) }
    }

    /// The token under which the source was registered.
    #[inline]
    pub fn token(&self) -> Token {
        self.0.token()
    }

    /// Something to read, the end of a connection, or a client to accept. The
    /// end of a pipe may be `is_read_closed` alone.
    #[inline]
    pub fn is_readable(&self) -> bool {
        self.0.is_readable()
    }

    /// Room to write, or a connection that was made or has failed.
    #[inline]
    pub fn is_writable(&self) -> bool {
        self.0.is_writable()
    }
}
// ANCHOR_END: event

impl Event {
    /// An error is waiting, to be returned by `take_error` or the next call.
    #[inline]
    pub fn is_error(&self) -> bool {
        self.0.is_error()
    }

    /// The peer will send no more, or this side has called `shutdown` (`Read`
    /// or `Both`). There may still be something to read.
    #[inline]
    pub fn is_read_closed(&self) -> bool {
        self.0.is_read_closed()
    }

    /// For a connection or a pipe: what is written from now on will not arrive.
    ///
    /// A UDP socket is never closed. On Linux it reports this all the same
    /// while an error is waiting, such as that a datagram found no program at
    /// its port: `take_error` fetches it, and the socket works as before.
    #[inline]
    pub fn is_write_closed(&self) -> bool {
        self.0.is_write_closed()
    }

    /// Something urgent to read. Linux and Android only.
    #[inline]
    pub fn is_priority(&self) -> bool {
        self.0.is_priority()
    }

    /// An asynchronous file operation is done. macOS and FreeBSD only.
    #[inline]
    pub fn is_aio(&self) -> bool {
        self.0.is_aio()
    }

    /// A list of asynchronous file operations is done. FreeBSD only.
    #[inline]
    pub fn is_lio(&self) -> bool {
        self.0.is_lio()
    }
}

impl fmt::Debug for Event {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut fields = out.debug_struct("Event");
        fields
            .field("token", &self.token())
            .field("readable", &self.is_readable())
            .field("writable", &self.is_writable())
            .field("error", &self.is_error())
            .field("read_closed", &self.is_read_closed())
            .field("write_closed", &self.is_write_closed())
            .field("priority", &self.is_priority())
            .field("aio", &self.is_aio())
            .field("lio", &self.is_lio());
        fields.finish()
    }
}
