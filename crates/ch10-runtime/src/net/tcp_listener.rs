//! A port at which connections are accepted.

use super::accept::Backoff;
use super::handles::handle_traits;
use super::io::{Io, TRY_FIRST};
use super::lookup::{self, ToSocketAddrs};
use super::tcp_stream::TcpStream;
use crate::readiness::Direction;
use crate::socket::{self, net};
use std::io;
use std::net::SocketAddr;
use std::task::{Context, Poll};

/// A TCP socket that listens.
///
/// ```
/// use ch10_runtime::Runtime;
/// use ch10_runtime::net::{TcpListener, TcpStream};
///
/// let runtime = Runtime::new()?;
/// runtime.block_on(async {
///     let listener = TcpListener::bind("127.0.0.1:0").await?;
///     let mut client = TcpStream::connect(listener.local_addr()?).await?;
///     let (mut server, _address) = listener.accept().await?;
///     client.write_all(b"hello").await?;
///     let mut bytes = [0; 5];
///     server.read_exact(&mut bytes).await?;
///     assert_eq!(&bytes, b"hello");
///     Ok::<(), std::io::Error>(())
/// })?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct TcpListener {
    io: Io<net::TcpListener>,
}

impl TcpListener {
    /// Listens at the first of these addresses where it can. Port 0: the
    /// system chooses one that is free.
    ///
    /// # Errors
    ///
    /// That of the last address; those of the lookup of a name; that the
    /// caller runs in no runtime.
    pub async fn bind(addr: impl ToSocketAddrs) -> io::Result<Self> {
        let known = addr.known();
        let mut last = no_address();
        for address in lookup::addresses(known).await? {
            match net::TcpListener::bind(address) {
                Ok(listener) => return Self::new(listener),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// Takes over a listener, and makes it non-blocking.
    ///
    /// # Errors
    ///
    /// If it cannot be, or there is no runtime here.
    pub fn from_std(listener: std::net::TcpListener) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        Self::new(net::TcpListener::from_std(listener))
    }

    fn new(listener: net::TcpListener) -> io::Result<Self> {
        let io = Io::new(listener, TRY_FIRST)?;
        Ok(Self { io })
    }

    /// The standard library's, still non-blocking.
    #[must_use]
    pub fn into_std(self) -> std::net::TcpListener {
        self.io.into_source().into()
    }

    // ANCHOR: accept
    /// The next connection, and where it comes from.
    ///
    /// A connection that has broken off before it is accepted is passed over.
    /// When the process or the system has no room for another one (`EMFILE`
    /// and its like), it pauses, for 5 ms at first and for a second at last,
    /// and tries again: those who wait stay in the listener's backlog.
    ///
    /// # Errors
    ///
    /// Those of the listener itself, and that the new connection cannot be
    /// registered.
    ///
    /// # Cancel safety
    ///
    /// Dropped while it waits, it has taken no connection.
    pub async fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        let mut backoff = Backoff::new();
        loop {
            match self.io.run(Direction::Read, socket::accept).await {
                Ok((stream, peer)) => {
                    return Ok((TcpStream::new(stream, TRY_FIRST)?, peer));
                }
                Err(error) => backoff.after(error).await?,
            }
        }
    }
    // ANCHOR_END: accept

    /// As [`accept`](Self::accept), but every error is returned, also that
    /// there is no room.
    ///
    /// # Errors
    ///
    /// Those of the system, also of a connection that broke off.
    pub fn poll_accept(
        &self,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<(TcpStream, SocketAddr)>> {
        let accepted = self.io.poll_io(Direction::Read, cx, socket::accept);
        accepted.map(|accepted| {
            let (stream, peer) = accepted?;
            Ok((TcpStream::new(stream, TRY_FIRST)?, peer))
        })
    }

    /// Where it listens.
    ///
    /// # Errors
    ///
    /// Those of the system.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.io.source().local_addr()
    }
}

/// A lookup has given nothing.
pub(super) fn no_address() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, "no address")
}

handle_traits!(TcpListener);
