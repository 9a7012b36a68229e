//! Unix sockets: connections and datagrams between programs of one machine.
//!
//! A read that is short says nothing here: one that comes to a descriptor
//! that was sent along stops there, with more behind it.

use super::accept::Backoff;
use super::handles::handle_traits;
use super::io::{Io, TRY_FIRST};
use super::traits::{async_read, async_write, read_methods, write_methods};
use crate::handle::Handle;
use crate::readiness::Direction;
use crate::socket::Attempt;
use ch04_event_queue::event::Source;
use ch04_event_queue::unix::SourceFd;
use ch04_event_queue::{Interest, Registry, Token};
use std::future::Future;
use std::io::{self, IoSlice, IoSliceMut, Read, Write};
use std::net::Shutdown;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::os::unix::net::{self, SocketAddr};
use std::path::Path;
use std::task::{Context, Poll};

// ANCHOR: descriptor
/// A socket of the standard library as a source, by its descriptor.
#[derive(Debug)]
struct Descriptor<S>(S);

impl<S: AsRawFd> AsRawFd for Descriptor<S> {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_raw_fd()
    }
}

impl<S: AsRawFd> Source for Descriptor<S> {
    fn register(
        &mut self,
        registry: &Registry,
        token: Token,
        interests: Interest,
    ) -> io::Result<()> {
        SourceFd(&self.0.as_raw_fd()).register(registry, token, interests)
    }

    fn reregister(
        &mut self,
        registry: &Registry,
        token: Token,
        interests: Interest,
    ) -> io::Result<()> {
        SourceFd(&self.0.as_raw_fd()).reregister(registry, token, interests)
    }

    fn deregister(&mut self, registry: &Registry) -> io::Result<()> {
        SourceFd(&self.0.as_raw_fd()).deregister(registry)
    }
}
// ANCHOR_END: descriptor

impl<S: AsFd> AsFd for Descriptor<S> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// A Unix socket that listens at a path.
#[derive(Debug)]
pub struct UnixListener {
    io: Io<Descriptor<net::UnixListener>>,
}

impl UnixListener {
    /// Listens at `path`, where there must be nothing yet. The file stays when
    /// the listener is dropped.
    ///
    /// # Errors
    ///
    /// `AddrInUse` if there is something; that there is no runtime here.
    pub fn bind(path: impl AsRef<Path>) -> io::Result<Self> {
        Self::from_std(net::UnixListener::bind(path)?)
    }

    /// Takes over a listener, and makes it non-blocking.
    ///
    /// # Errors
    ///
    /// If it cannot be, or there is no runtime here.
    pub fn from_std(listener: net::UnixListener) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        let io = Io::new(Descriptor(listener), TRY_FIRST)?;
        Ok(Self { io })
    }

    /// The next connection. It pauses and continues like
    /// [`TcpListener::accept`](super::TcpListener::accept).
    ///
    /// # Errors
    ///
    /// Those of the listener itself, and that the new connection cannot be
    /// registered.
    ///
    /// # Cancel safety
    ///
    /// Dropped while it waits, it has taken no connection.
    pub async fn accept(&self) -> io::Result<(UnixStream, SocketAddr)> {
        let attempt = |listener: &Descriptor<net::UnixListener>| {
            listener.0.accept().map(Attempt::of)
        };
        let mut backoff = Backoff::new();
        loop {
            match self.io.run(Direction::Read, attempt).await {
                Ok((stream, peer)) => {
                    return Ok((UnixStream::from_std(stream)?, peer));
                }
                Err(error) => backoff.after(error).await?,
            }
        }
    }

    /// Where it listens.
    ///
    /// # Errors
    ///
    /// Those of the system.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.io.source().0.local_addr()
    }
}

/// A connection between two programs of one machine.
#[derive(Debug)]
pub struct UnixStream {
    io: Io<Descriptor<net::UnixStream>>,
}

impl UnixStream {
    /// Connects to the listener at `path`. Whether it succeeds is known at
    /// once, except that a full backlog is waited for on the pool of threads
    /// that may block.
    ///
    /// # Errors
    ///
    /// `NotFound` and `ConnectionRefused` if nothing listens there; that there
    /// is no runtime here.
    pub async fn connect(path: impl AsRef<Path>) -> io::Result<Self> {
        let path = path.as_ref().to_owned();
        let work = move || net::UnixStream::connect(path);
        let runtime = Handle::try_current().map_err(io::Error::other)?;
        let connected = runtime.spawn_blocking(work);
        let stream = connected.await.map_err(io::Error::other)?;
        Self::from_std(stream?)
    }

    /// Two ends of one connection.
    ///
    /// # Errors
    ///
    /// No descriptors are left; there is no runtime here.
    pub fn pair() -> io::Result<(Self, Self)> {
        let (one, other) = net::UnixStream::pair()?;
        Ok((Self::from_std(one)?, Self::from_std(other)?))
    }

    /// Takes over a connection, and makes it non-blocking.
    ///
    /// # Errors
    ///
    /// If it cannot be, or there is no runtime here.
    pub fn from_std(stream: net::UnixStream) -> io::Result<Self> {
        stream.set_nonblocking(true)?;
        let io = Io::new(Descriptor(stream), TRY_FIRST)?;
        Ok(Self { io })
    }

    read_methods!();
    write_methods!();

    /// Ends one direction, or both.
    ///
    /// # Errors
    ///
    /// `NotConnected` if the peer has broken it off.
    pub fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        self.io.source().0.shutdown(how)
    }

    fn stream(&self) -> &Self {
        self
    }

    /// Waits until `done` does not say `WouldBlock`; it is tried at each event.
    pub(crate) async fn wait_for(
        &self,
        mut done: impl FnMut(&net::UnixStream) -> io::Result<Attempt<()>> + Unpin,
    ) -> io::Result<()> {
        let attempt = |stream: &Descriptor<net::UnixStream>| done(&stream.0);
        self.io.run(Direction::Read, attempt).await
    }
}

/// A stream, by what `read_methods` and `async_read` call.
impl UnixStream {
    fn read_shared<'a>(
        &'a self,
        bytes: &'a mut [u8],
    ) -> impl Future<Output = io::Result<usize>> + Send + 'a {
        self.io
            .run(Direction::Read, |stream: &Descriptor<net::UnixStream>| {
                (&stream.0).read(bytes).map(Attempt::of)
            })
    }

    fn write_shared<'a>(
        &'a self,
        bytes: &'a [u8],
    ) -> impl Future<Output = io::Result<usize>> + Send + 'a {
        self.io
            .run(Direction::Write, |stream: &Descriptor<net::UnixStream>| {
                (&stream.0).write(bytes).map(Attempt::of)
            })
    }

    fn poll_read_shared(
        &self,
        cx: &mut Context<'_>,
        bytes: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        self.io.poll_io(Direction::Read, cx, |stream| {
            (&stream.0).read(bytes).map(Attempt::of)
        })
    }

    fn poll_read_vectored_shared(
        &self,
        cx: &mut Context<'_>,
        bufs: &mut [IoSliceMut<'_>],
    ) -> Poll<io::Result<usize>> {
        self.io.poll_io(Direction::Read, cx, |stream| {
            (&stream.0).read_vectored(bufs).map(Attempt::of)
        })
    }

    fn poll_write_shared(
        &self,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.io.poll_io(Direction::Write, cx, |stream| {
            (&stream.0).write(bytes).map(Attempt::of)
        })
    }

    fn poll_write_vectored_shared(
        &self,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.io.poll_io(Direction::Write, cx, |stream| {
            (&stream.0).write_vectored(bufs).map(Attempt::of)
        })
    }
}

/// A Unix socket for datagrams.
#[derive(Debug)]
pub struct UnixDatagram {
    io: Io<Descriptor<net::UnixDatagram>>,
}

impl UnixDatagram {
    /// Takes the datagrams that come to `path`, where there must be nothing
    /// yet.
    ///
    /// # Errors
    ///
    /// `AddrInUse` if there is something; that there is no runtime here.
    pub fn bind(path: impl AsRef<Path>) -> io::Result<Self> {
        Self::from_std(net::UnixDatagram::bind(path)?)
    }

    /// Two sockets that are connected to each other.
    ///
    /// # Errors
    ///
    /// No descriptors are left; there is no runtime here.
    pub fn pair() -> io::Result<(Self, Self)> {
        let (one, other) = net::UnixDatagram::pair()?;
        Ok((Self::from_std(one)?, Self::from_std(other)?))
    }

    /// Takes over a socket, and makes it non-blocking.
    ///
    /// # Errors
    ///
    /// If it cannot be, or there is no runtime here.
    pub fn from_std(socket: net::UnixDatagram) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        let io = Io::new(Descriptor(socket), TRY_FIRST)?;
        Ok(Self { io })
    }

    /// Sends a datagram to the socket that it is connected to.
    ///
    /// # Errors
    ///
    /// Those of the system.
    ///
    /// # Cancel safety
    ///
    /// Dropped while it waits, it has sent nothing.
    pub async fn send(&self, bytes: &[u8]) -> io::Result<usize> {
        let attempt = |socket: &Descriptor<net::UnixDatagram>| {
            socket.0.send(bytes).map(Attempt::of)
        };
        self.io.run(Direction::Write, attempt).await
    }

    /// The next datagram: its length. What of it does not fit is lost.
    ///
    /// # Errors
    ///
    /// Those of the system; that the runtime is gone.
    ///
    /// # Cancel safety
    ///
    /// Dropped while it waits, it has taken no datagram.
    pub async fn recv(&self, bytes: &mut [u8]) -> io::Result<usize> {
        let attempt = |socket: &Descriptor<net::UnixDatagram>| {
            socket.0.recv(bytes).map(Attempt::of)
        };
        self.io.run(Direction::Read, attempt).await
    }

    /// Sends a datagram to the socket at `path`. If that one is full, it
    /// fails: no event says when another socket has room.
    ///
    /// # Errors
    ///
    /// `NotFound` and `ConnectionRefused` if there is no socket; `WouldBlock`
    /// if it is full.
    pub fn try_send_to(
        &self,
        bytes: &[u8],
        path: impl AsRef<Path>,
    ) -> io::Result<usize> {
        self.io.source().0.send_to(bytes, path)
    }
}

async_read!(UnixStream);
async_write!(UnixStream);
handle_traits!(UnixListener);
handle_traits!(UnixStream);
handle_traits!(UnixDatagram);
