//! A connection.

use super::traits::socket_traits;
use crate::interest::Interest;
use crate::io_source::IoSource;
use crate::sys;
use std::io::{self, IoSlice, IoSliceMut, Read, Write};
use std::net::{self, Shutdown, SocketAddr};

/// A TCP connection, perhaps one that is still being made.
///
/// After [`connect`](Self::connect), wait for the first event with
/// [`is_writable`](crate::event::Event::is_writable). Then the outcome should
/// be known. Call [`take_error`](Self::take_error): if it returns an error,
/// there will be no connection, and the error is cleared, so drop the stream.
/// If it returns none, call [`peer_addr`](Self::peer_addr): if that fails with
/// `NotConnected`, the event came too early, and you wait again.
///
/// ```
/// use ch04_event_queue::net::TcpStream;
/// use ch04_event_queue::{Events, Interest, Poll, Token};
/// use std::net::TcpListener;
///
/// let server = TcpListener::bind("127.0.0.1:0")?;
/// let mut stream = TcpStream::connect(server.local_addr()?)?;
///
/// let mut poll = Poll::new()?;
/// poll.registry()
///     .register(&mut stream, Token(0), Interest::WRITABLE)?;
/// poll.poll(&mut Events::with_capacity(4), None)?;
/// assert!(stream.take_error()?.is_none());
/// assert_eq!(stream.peer_addr()?, server.local_addr()?);
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct TcpStream {
    pub(super) inner: IoSource<net::TcpStream>,
}

impl TcpStream {
    // ANCHOR: tcp_stream
    /// Begins to connect to `addr`, and does not wait for it.
    ///
    /// # Errors
    ///
    /// What is known at once: no descriptor is left, or (`NetworkUnreachable`)
    /// there is no route. Whether anything listens there is known later: see
    /// [`take_error`](Self::take_error).
    pub fn connect(addr: SocketAddr) -> io::Result<Self> {
        sys::connect(addr).map(Self::from_std)
    }

    /// Takes a connection of the standard library, which has to be in
    /// non-blocking mode already.
    ///
    /// On Unix it may still be in a queue that it was registered in before:
    /// then `register` says `AlreadyExists` for that queue (kqueue: it replaces
    /// the registration), and `reregister` and `deregister` find it.
    pub fn from_std(stream: net::TcpStream) -> Self {
        let inner = IoSource::new(stream);
        Self { inner }
    }
    // ANCHOR_END: tcp_stream

    /// The address of the other side.
    ///
    /// # Errors
    ///
    /// `NotConnected` if there is none, not yet or no longer.
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.inner.socket().peer_addr()
    }

    /// The address of this side.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.inner.socket().local_addr()
    }

    /// Ends one direction of the connection, or both. That is an event on this
    /// side, too: see [`is_read_closed`].
    ///
    /// [`is_read_closed`]: crate::event::Event::is_read_closed
    ///
    /// # Errors
    ///
    /// `NotConnected` if there is no connection, not yet or no longer.
    pub fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        self.inner.socket().shutdown(how)
    }

    /// Sets whether small pieces are sent immediately (`true`) or may be
    /// collected for a moment. Don't call it before the stream is connected.
    pub fn set_nodelay(&self, nodelay: bool) -> io::Result<()> {
        self.inner.socket().set_nodelay(nodelay)
    }

    /// Are small pieces sent immediately?
    pub fn nodelay(&self) -> io::Result<bool> {
        self.inner.socket().nodelay()
    }

    /// Sets how many routers a packet may pass. Don't call it before the stream
    /// is connected.
    ///
    /// # Errors
    ///
    /// On Linux, `InvalidInput` for 0 and for 256 and more, except for
    /// `u32::MAX`: that is the default.
    pub fn set_ttl(&self, ttl: u32) -> io::Result<()> {
        self.inner.socket().set_ttl(ttl)
    }

    /// How many routers may a packet pass?
    pub fn ttl(&self) -> io::Result<u32> {
        self.inner.socket().ttl()
    }

    /// Fetches and clears the error that is waiting, if there is one. After a
    /// [`connect`](Self::connect), this is why there is no connection.
    pub fn take_error(&self) -> io::Result<Option<io::Error>> {
        self.inner.socket().take_error()
    }

    /// Reads what is there and leaves it there.
    ///
    /// # Errors
    ///
    /// `WouldBlock` if there is nothing; `ConnectionReset` if the other side
    /// has reset the connection; `NotConnected` before it is connected.
    pub fn peek(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.inner.io(Interest::READABLE, |stream| stream.peek(buf))
    }

    /// Runs an operation of your own on the socket, one that fails with
    /// `WouldBlock` if it would have to wait. On Windows the next event depends
    /// on this: if you call the system by other means than the methods here,
    /// there may never be another event for the socket. Nor can the queue know
    /// there for which direction your operation would have to wait, so it asks
    /// about each that is registered, and one that is ready is reported again.
    ///
    /// # Errors
    ///
    /// Those of the operation.
    pub fn try_io<F, T>(&self, f: F) -> io::Result<T>
    where
        F: FnOnce() -> io::Result<T>,
    {
        self.inner
            .io(Interest::READABLE | Interest::WRITABLE, |_| f())
    }
}

impl Read for TcpStream {
    #[inline]
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        (&*self).read(buf)
    }

    fn read_vectored(
        &mut self,
        bufs: &mut [IoSliceMut<'_>],
    ) -> io::Result<usize> {
        (&*self).read_vectored(bufs)
    }
}

impl Read for &TcpStream {
    #[inline]
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.inner
            .io(Interest::READABLE, |mut stream| stream.read(buf))
    }

    fn read_vectored(
        &mut self,
        bufs: &mut [IoSliceMut<'_>],
    ) -> io::Result<usize> {
        self.inner
            .io(Interest::READABLE, |mut stream| stream.read_vectored(bufs))
    }
}

impl Write for TcpStream {
    #[inline]
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        (&*self).write(buf)
    }

    fn write_vectored(&mut self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        (&*self).write_vectored(bufs)
    }

    fn flush(&mut self) -> io::Result<()> {
        (&*self).flush()
    }
}

impl Write for &TcpStream {
    #[inline]
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.inner
            .io(Interest::WRITABLE, |mut stream| stream.write(buf))
    }

    fn write_vectored(&mut self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        self.inner
            .io(Interest::WRITABLE, |mut stream| stream.write_vectored(bufs))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner
            .io(Interest::WRITABLE, |mut stream| stream.flush())
    }
}

socket_traits!(TcpStream);
