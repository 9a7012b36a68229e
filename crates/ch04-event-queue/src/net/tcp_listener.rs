//! A port at which connections are accepted.

use super::tcp_stream::TcpStream;
use super::traits::socket_traits;
use crate::io_source::IoSource;
use std::io;
use std::net::{self, SocketAddr};

/// A TCP socket that listens. Readable: there is somebody to accept, perhaps
/// several, and one event for all of them.
///
/// ```
/// use ch04_event_queue::net::TcpListener;
/// use std::io::ErrorKind;
///
/// let listener = TcpListener::bind(([127, 0, 0, 1], 0).into())?;
/// let nobody = listener.accept().expect_err("nobody knows the port yet");
/// assert_eq!(nobody.kind(), ErrorKind::WouldBlock);
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct TcpListener {
    pub(super) inner: IoSource<net::TcpListener>,
}

impl TcpListener {
    // ANCHOR: tcp_listener
    /// Listens at `addr`. Port 0: the system chooses one that is free. On
    /// Unix, a port that a program has just left can be taken at once.
    ///
    /// # Errors
    ///
    /// - `AddrInUse`: another socket has the port;
    /// - `AddrNotAvailable`: the address is not one of this machine;
    /// - `PermissionDenied`: the port is one of those that only root may take;
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
    /// On Unix it may still be in the queue that it was registered in before
    /// it came here: then `register` says `AlreadyExists` there (kqueue: it
    /// replaces the registration), and `reregister` and `deregister` find it.
    pub fn from_std(listener: net::TcpListener) -> Self {
        let inner = IoSource::new(listener);
        Self { inner }
    }

    // ANCHOR: tcp_accept
    /// The next connection, and where it comes from. It is in non-blocking
    /// mode, and no source yet.
    ///
    /// # Errors
    ///
    /// `WouldBlock` if there is none at the moment; others are those of the
    /// system. Some of them (`ConnectionAborted`, too many open files) concern
    /// one connection and not the listener. After these, try again: those who
    /// wait have been reported already, and no event comes when a descriptor
    /// is free again.
    pub fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        let (stream, peer) = self.inner.io(net::TcpListener::accept)?;
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

    /// Sets how many routers a packet of its connections may pass.
    ///
    /// # Errors
    ///
    /// On Linux, `InvalidInput` for 0 and for 256 and more, except for
    /// `u32::MAX`: that is the default.
    pub fn set_ttl(&self, ttl: u32) -> io::Result<()> {
        self.inner.socket().set_ttl(ttl)
    }

    /// How many routers a packet of its connections may pass.
    pub fn ttl(&self) -> io::Result<u32> {
        self.inner.socket().ttl()
    }

    /// Fetches the error that is waiting, if there is one.
    pub fn take_error(&self) -> io::Result<Option<io::Error>> {
        self.inner.socket().take_error()
    }
}

socket_traits!(TcpListener);
