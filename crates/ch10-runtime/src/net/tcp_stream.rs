//! A connection.

use super::handles::handle_traits;
use super::io::{Io, TRY_FIRST, WAIT_FIRST};
use super::lookup::{self, ToSocketAddrs};
use super::split::{self, OwnedReadHalf, OwnedWriteHalf, ReadHalf, WriteHalf};
use super::tcp_listener::no_address;
use super::traits::{
    async_read, async_write, peek_method, read_methods, write_methods,
};
use crate::readiness::Direction;
use crate::socket::{self, Attempt, net};
use std::future::Future;
use std::io::{self, ErrorKind, IoSlice, IoSliceMut};
use std::net::{Shutdown, SocketAddr};
use std::task::{Context, Poll};

/// A TCP connection.
///
/// It implements the traits of `futures-io`, so that what is written for those
/// (hyper by an adapter, `futures-lite`, `async-tungstenite`) runs on it.
// ANCHOR: stream
#[derive(Debug)]
pub struct TcpStream {
    io: Io<net::TcpStream>,
}
// ANCHOR_END: stream

impl TcpStream {
    /// Connects to the first of these addresses where that succeeds.
    ///
    /// # Errors
    ///
    /// That of the last address; those of the lookup of a name; that the
    /// caller runs in no runtime.
    ///
    /// # Cancel safety
    ///
    /// Dropped while it waits, it breaks off the attempt.
    pub async fn connect(addr: impl ToSocketAddrs) -> io::Result<Self> {
        let known = addr.known();
        let mut last = no_address();
        for address in lookup::addresses(known).await? {
            match Self::connect_to(address).await {
                Ok(stream) => return Ok(stream),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    // ANCHOR: connect
    async fn connect_to(address: SocketAddr) -> io::Result<Self> {
        let connecting = net::TcpStream::connect(address)?;
        let stream = Self::new(connecting, WAIT_FIRST)?;
        stream.io.run(Direction::Write, is_connected).await?;
        Ok(stream)
    }
    // ANCHOR_END: connect

    /// Takes over a connection, and makes it non-blocking.
    ///
    /// # Errors
    ///
    /// If it cannot be, or there is no runtime here.
    pub fn from_std(stream: std::net::TcpStream) -> io::Result<Self> {
        stream.set_nonblocking(true)?;
        Self::new(net::TcpStream::from_std(stream), TRY_FIRST)
    }

    pub(super) fn new(
        stream: net::TcpStream,
        ready: usize,
    ) -> io::Result<Self> {
        let io = Io::new(stream, ready)?;
        Ok(Self { io })
    }

    /// The standard library's, still non-blocking.
    #[must_use]
    pub fn into_std(self) -> std::net::TcpStream {
        self.io.into_source().into()
    }

    read_methods!();
    peek_method!();
    write_methods!();

    /// The two directions, for two futures of one task.
    pub fn split(&mut self) -> (ReadHalf<'_>, WriteHalf<'_>) {
        split::split(self)
    }

    /// The two directions, for two tasks. The write half ends the writing when
    /// it is dropped.
    #[must_use]
    pub fn into_split(self) -> (OwnedReadHalf, OwnedWriteHalf) {
        split::into_split(self)
    }

    /// Ends one direction, or both. After [`Shutdown::Write`] the peer reads
    /// an end, and can still send.
    ///
    /// # Errors
    ///
    /// `NotConnected` if the peer has broken it off.
    pub fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        self.io.source().shutdown(how)
    }

    /// The address of the other side.
    ///
    /// # Errors
    ///
    /// `NotConnected` if the peer has broken it off.
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.io.source().peer_addr()
    }

    /// The address of this side.
    ///
    /// # Errors
    ///
    /// Those of the system.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.io.source().local_addr()
    }

    /// Sets whether small pieces are sent at once (`true`) or may be collected
    /// for a moment.
    ///
    /// # Errors
    ///
    /// Those of the system.
    pub fn set_nodelay(&self, nodelay: bool) -> io::Result<()> {
        self.io.source().set_nodelay(nodelay)
    }

    /// Are small pieces sent at once?
    ///
    /// # Errors
    ///
    /// Those of the system.
    pub fn nodelay(&self) -> io::Result<bool> {
        self.io.source().nodelay()
    }

    /// Fetches the error that is waiting, if there is one.
    ///
    /// # Errors
    ///
    /// Those of the system.
    pub fn take_error(&self) -> io::Result<Option<io::Error>> {
        self.io.source().take_error()
    }
}

// ANCHOR: is_connected
/// Has the connection been decided, and how?
fn is_connected(stream: &net::TcpStream) -> io::Result<Attempt<()>> {
    if let Some(error) = stream.take_error()? {
        return Err(error);
    }
    match stream.peer_addr() {
        // An event that came too early: it is not decided yet.
        Err(error) if error.kind() == ErrorKind::NotConnected => {
            Err(ErrorKind::WouldBlock.into())
        }
        connected => connected.map(|_| Attempt::of(())),
    }
}
// ANCHOR_END: is_connected

/// One direction each. The halves share the stream, and the type of each
/// gives one direction to one task only.
impl TcpStream {
    fn stream(&self) -> &Self {
        self
    }

    pub(super) fn read_shared<'a>(
        &'a self,
        bytes: &'a mut [u8],
    ) -> impl Future<Output = io::Result<usize>> + Send + 'a {
        self.io
            .run(Direction::Read, |stream| socket::read(stream, bytes))
    }

    pub(super) fn write_shared<'a>(
        &'a self,
        bytes: &'a [u8],
    ) -> impl Future<Output = io::Result<usize>> + Send + 'a {
        self.io
            .run(Direction::Write, |stream| socket::write(stream, bytes))
    }

    pub(super) fn peek_shared<'a>(
        &'a self,
        bytes: &'a mut [u8],
    ) -> impl Future<Output = io::Result<usize>> + Send + 'a {
        self.io
            .run(Direction::Read, |stream| socket::peek(stream, bytes))
    }

    #[inline]
    pub(super) fn poll_read_shared(
        &self,
        cx: &mut Context<'_>,
        bytes: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let attempt = |stream: &_| socket::read(stream, bytes);
        self.io.poll_io(Direction::Read, cx, attempt)
    }

    pub(super) fn poll_read_vectored_shared(
        &self,
        cx: &mut Context<'_>,
        bufs: &mut [IoSliceMut<'_>],
    ) -> Poll<io::Result<usize>> {
        let attempt = |stream: &_| socket::read_vectored(stream, bufs);
        self.io.poll_io(Direction::Read, cx, attempt)
    }

    #[inline]
    pub(super) fn poll_write_shared(
        &self,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let attempt = |stream: &_| socket::write(stream, bytes);
        self.io.poll_io(Direction::Write, cx, attempt)
    }

    pub(super) fn poll_write_vectored_shared(
        &self,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let attempt = |stream: &_| socket::write_vectored(stream, bufs);
        self.io.poll_io(Direction::Write, cx, attempt)
    }
}

async_read!(TcpStream);
async_write!(TcpStream);
handle_traits!(TcpStream);
