//! A connection.

use super::traits::socket_traits;
use crate::io_source::IoSource;
use crate::sys;
use std::io::{self, IoSlice, IoSliceMut, Read, Write};
use std::net::{self, Shutdown, SocketAddr};

/// A TCP connection, perhaps one that is not there yet.
///
/// After [`connect`](Self::connect), wait for the first event with
/// [`is_writable`](crate::event::Event::is_writable). Then it is decided: call
/// [`take_error`](Self::take_error), which says why not, and then
/// [`peer_addr`](Self::peer_addr), which fails with `NotConnected` if it was
/// not decided after all. Then wait again.
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
    /// there is no route. Whether somebody listens there is known later: see
    /// [`take_error`](Self::take_error).
    pub fn connect(addr: SocketAddr) -> io::Result<Self> {
        sys::connect(addr).map(Self::from_std)
    }

    /// Takes a connection of the standard library, which has to be in
    /// non-blocking mode already.
    ///
    /// On Unix it may still be in the queue that it was registered in before
    /// it came here: then `register` says `AlreadyExists` there (kqueue: it
    /// replaces the registration), and `reregister` and `deregister` find it.
    pub fn from_std(stream: net::TcpStream) -> Self {
        let inner = IoSource::new(stream);
        Self { inner }
    }
    // ANCHOR_END: tcp_stream

    /// The address of the other side.
    ///
    /// # Errors
    ///
    /// `NotConnected` if there is none (yet, or any more).
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.inner.socket().peer_addr()
    }

    /// The address of this side.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.inner.socket().local_addr()
    }

    /// Ends one direction of the connection, or both. What ends here is also
    /// an event here: see [`is_read_closed`].
    ///
    /// [`is_read_closed`]: crate::event::Event::is_read_closed
    ///
    /// # Errors
    ///
    /// `NotConnected` if there is no connection (yet, or any more).
    pub fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        self.inner.socket().shutdown(how)
    }

    /// Sets whether small pieces are sent at once (`true`) or may be collected
    /// for a moment. Not to be called before it is connected.
    pub fn set_nodelay(&self, nodelay: bool) -> io::Result<()> {
        self.inner.socket().set_nodelay(nodelay)
    }

    /// Are small pieces sent at once?
    pub fn nodelay(&self) -> io::Result<bool> {
        self.inner.socket().nodelay()
    }

    /// Sets how many routers a packet may pass. Not to be called before it is
    /// connected.
    ///
    /// # Errors
    ///
    /// On Linux, `InvalidInput` for 0 and for 256 and more, except for
    /// `u32::MAX`: that is the default.
    pub fn set_ttl(&self, ttl: u32) -> io::Result<()> {
        self.inner.socket().set_ttl(ttl)
    }

    /// How many routers a packet may pass.
    pub fn ttl(&self) -> io::Result<u32> {
        self.inner.socket().ttl()
    }

    /// Fetches the error that is waiting, if there is one. After a
    /// [`connect`](Self::connect), this is why there is no connection.
    pub fn take_error(&self) -> io::Result<Option<io::Error>> {
        self.inner.socket().take_error()
    }

    /// Reads what is there and leaves it there.
    ///
    /// # Errors
    ///
    /// `WouldBlock` if there is nothing; `ConnectionReset` if the other side has
    /// broken it off; `NotConnected` before it is connected.
    pub fn peek(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.inner.io(|stream| stream.peek(buf))
    }

    /// Runs an operation of your own on the socket, one that fails with
    /// `WouldBlock` if it would have to wait. On Windows the next event
    /// depends on it: who calls the system past this method and the others
    /// here may never hear of the socket again.
    ///
    /// # Errors
    ///
    /// Those of the operation.
    pub fn try_io<F, T>(&self, f: F) -> io::Result<T>
    where
        F: FnOnce() -> io::Result<T>,
    {
        self.inner.io(|_| f())
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
        self.inner.io(|mut stream| stream.read(buf))
    }

    fn read_vectored(
        &mut self,
        bufs: &mut [IoSliceMut<'_>],
    ) -> io::Result<usize> {
        self.inner.io(|mut stream| stream.read_vectored(bufs))
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
        self.inner.io(|mut stream| stream.write(buf))
    }

    fn write_vectored(&mut self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        self.inner.io(|mut stream| stream.write_vectored(bufs))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.io(|mut stream| stream.flush())
    }
}

socket_traits!(TcpStream);
