//! A port on which connections are accepted.

use super::tcp_stream::TcpStream;
use super::traits::socket_traits;
use crate::interest::Interest;
use crate::io_source::IoSource;
use std::io;
use std::net::{self, SocketAddr};

/// A TCP socket that listens. Readable means that there are clients to accept,
/// perhaps several: one event is for all of them.
///
/// ```
/// use ch04_event_queue::net::TcpListener;
/// use std::io::ErrorKind;
///
/// let listener = TcpListener::bind(([127, 0, 0, 1], 0).into())?;
/// let none = listener.accept().expect_err("no client knows the port yet");
/// assert_eq!(none.kind(), ErrorKind::WouldBlock);
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct TcpListener {
    pub(super) inner: IoSource<net::TcpListener>,
}

impl TcpListener {
    // ANCHOR: tcp_listener
    /// Listens at `addr`. For port 0, the system chooses a free one. On Unix, a
    /// port that another program has just closed can be taken at once.
    ///
    /// # Errors
    ///
    /// - `AddrInUse`: another socket has the port;
    /// - `AddrNotAvailable`: the address is not one of this machine;
    /// - `PermissionDenied`: only root may take this port;
    /// - no descriptor is left.
    pub fn bind(addr: SocketAddr) -> io::Result<Self> {
        let listener = net::TcpListener::bind(addr)?;
        listener.set_nonblocking(true)?;
        Ok(Self::from_std(listener))
    }
    // ANCHOR_END: tcp_listener

    /// Takes a listener of the standard library, which has to be in
    /// non-blocking mode already.
    ///
    /// On Unix it may still be in a queue that it was registered in before:
    /// then `register` says `AlreadyExists` for that queue (kqueue: it replaces
    /// the registration), and `reregister` and `deregister` find it.
    pub fn from_std(listener: net::TcpListener) -> Self {
        let inner = IoSource::new(listener);
        Self { inner }
    }

    // ANCHOR: tcp_accept
    /// The next connection, and the address of its client. It is in
    /// non-blocking mode, and not registered yet.
    ///
    /// # Errors
    ///
    /// `WouldBlock` if no client is waiting; the others are the system's. Some
    /// of them (`ConnectionAborted`, too many open files) concern one
    /// connection and not the listener. After these, try again: the waiting
    /// clients have been reported already, and no event comes when a descriptor
    /// becomes free.
    pub fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        let (stream, peer) = self
            .inner
            .io(Interest::READABLE, net::TcpListener::accept)?;
        stream.set_nonblocking(true)?;
        Ok((TcpStream::from_std(stream), peer))
    }
    // ANCHOR_END: tcp_accept
}

impl TcpListener {
    /// Where it listens.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.inner.socket().local_addr()
    }

    /// Sets how many routers the packets of its connections may pass.
    ///
    /// # Errors
    ///
    /// On Linux, `InvalidInput` for 0 and for 256 and more, except for
    /// `u32::MAX`: that is the default.
    pub fn set_ttl(&self, ttl: u32) -> io::Result<()> {
        self.inner.socket().set_ttl(ttl)
    }

    /// How many routers may the packets of its connections pass?
    pub fn ttl(&self) -> io::Result<u32> {
        self.inner.socket().ttl()
    }

    /// Fetches and clears the error that is waiting, if there is one.
    pub fn take_error(&self) -> io::Result<Option<io::Error>> {
        self.inner.socket().take_error()
    }
}

socket_traits!(TcpListener);
