//! A port to which datagrams come.

use super::handles::handle_traits;
use super::io::{Io, TRY_FIRST};
use super::lookup::{self, ToSocketAddrs};
use super::tcp_listener::no_address;
use crate::readiness::Direction;
use crate::socket::{self, Attempt, net};
use std::io;
use std::net::SocketAddr;

/// A UDP socket. Each receive takes a whole datagram.
#[derive(Debug)]
pub struct UdpSocket {
    io: Io<net::UdpSocket>,
}

impl UdpSocket {
    /// Takes the datagrams that come to the first of these addresses that it
    /// can have. Port 0: the system chooses one that is free.
    ///
    /// # Errors
    ///
    /// That of the last address; those of the lookup of a name; that the
    /// caller runs in no runtime.
    pub async fn bind(addr: impl ToSocketAddrs) -> io::Result<Self> {
        let known = addr.known();
        let mut last = no_address();
        for address in lookup::addresses(known).await? {
            match net::UdpSocket::bind(address) {
                Ok(socket) => return Self::new(socket),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// Takes over a socket, and makes it non-blocking.
    ///
    /// # Errors
    ///
    /// If it cannot be, or there is no runtime here.
    pub fn from_std(socket: std::net::UdpSocket) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        Self::new(net::UdpSocket::from_std(socket))
    }

    fn new(socket: net::UdpSocket) -> io::Result<Self> {
        let io = Io::new(socket, TRY_FIRST)?;
        Ok(Self { io })
    }

    /// The standard library's, still non-blocking.
    #[must_use]
    pub fn into_std(self) -> std::net::UdpSocket {
        self.io.into_source().into()
    }

    /// From now on, sends to the first of these addresses where that is
    /// possible, and receives from there only.
    ///
    /// # Errors
    ///
    /// That of the last address; those of the lookup of a name.
    pub async fn connect(&self, addr: impl ToSocketAddrs) -> io::Result<()> {
        let known = addr.known();
        let mut last = no_address();
        for address in lookup::addresses(known).await? {
            match self.io.source().connect(address) {
                Ok(()) => return Ok(()),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// Sends a datagram to the first of these addresses.
    ///
    /// # Errors
    ///
    /// Those of the system, for instance for a datagram that is too long;
    /// those of the lookup of a name.
    ///
    /// # Cancel safety
    ///
    /// Dropped while it waits, it has sent nothing.
    pub async fn send_to(
        &self,
        bytes: &[u8],
        to: impl ToSocketAddrs,
    ) -> io::Result<usize> {
        let known = to.known();
        let addresses = lookup::addresses(known).await?;
        let to = *addresses.first().ok_or_else(no_address)?;
        let attempt = |socket: &_| socket::send_to(socket, bytes, to);
        self.io.run(Direction::Write, attempt).await
    }

    /// The next datagram: its length, and where it comes from. What of it does
    /// not fit into `bytes` is lost.
    ///
    /// # Errors
    ///
    /// Those of the system; that the runtime is gone.
    ///
    /// # Cancel safety
    ///
    /// Dropped while it waits, it has taken no datagram.
    pub async fn recv_from(
        &self,
        bytes: &mut [u8],
    ) -> io::Result<(usize, SocketAddr)> {
        let attempt = |socket: &_| socket::recv_from(socket, bytes);
        self.io.run(Direction::Read, attempt).await
    }

    /// As [`recv_from`](Self::recv_from), but leaves it there.
    ///
    /// # Errors
    ///
    /// Those of [`recv_from`](Self::recv_from).
    pub async fn peek_from(
        &self,
        bytes: &mut [u8],
    ) -> io::Result<(usize, SocketAddr)> {
        let attempt =
            |socket: &net::UdpSocket| socket.peek_from(bytes).map(Attempt::of);
        self.io.run(Direction::Read, attempt).await
    }

    /// Sends a datagram to where it is connected to.
    ///
    /// # Errors
    ///
    /// Those of the system: `ConnectionRefused` if an earlier datagram found
    /// no program at its port.
    ///
    /// # Cancel safety
    ///
    /// Dropped while it waits, it has sent nothing.
    pub async fn send(&self, bytes: &[u8]) -> io::Result<usize> {
        let attempt =
            |socket: &net::UdpSocket| socket.send(bytes).map(Attempt::of);
        self.io.run(Direction::Write, attempt).await
    }

    /// The next datagram from where it is connected to: its length.
    ///
    /// # Errors
    ///
    /// Those of [`send`](Self::send); that the runtime is gone.
    ///
    /// # Cancel safety
    ///
    /// Dropped while it waits, it has taken no datagram.
    pub async fn recv(&self, bytes: &mut [u8]) -> io::Result<usize> {
        let attempt =
            |socket: &net::UdpSocket| socket.recv(bytes).map(Attempt::of);
        self.io.run(Direction::Read, attempt).await
    }

    /// The address to which datagrams come.
    ///
    /// # Errors
    ///
    /// Those of the system.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.io.source().local_addr()
    }

    /// The address that it is connected to.
    ///
    /// # Errors
    ///
    /// `NotConnected` if there is none.
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.io.source().peer_addr()
    }

    /// Allows, or forbids, to send to broadcast addresses.
    ///
    /// # Errors
    ///
    /// Those of the system.
    pub fn set_broadcast(&self, on: bool) -> io::Result<()> {
        self.io.source().set_broadcast(on)
    }
}

handle_traits!(UdpSocket);
