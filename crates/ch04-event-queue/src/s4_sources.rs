//! Stage 4 of chapter 4: sockets for the queue, whose calls never block.
//!
//! The standard library's sockets block: `connect` until the peer has
//! answered, `accept` until a peer comes. These are the same sockets in
//! non-blocking mode, and `connect` only begins a connection.
//! Chapter 4, Linux only. Left out: all but the calls that the example needs.

use crate::sys;
use std::io::{self, Read, Write};
use std::net::{self, SocketAddr};
use std::os::fd::{AsFd, BorrowedFd};

// ANCHOR: s4_connect
/// A TCP connection, perhaps one that is still being made.
#[derive(Debug)]
pub struct TcpStream(net::TcpStream);

impl TcpStream {
    /// Begins to connect. After a writable event, ask `is_connected`.
    pub fn connect(peer: SocketAddr) -> io::Result<Self> {
        sys::connect(peer).map(Self)
    }

    /// Is there a connection? `Ok(false)`: not yet. An error: there won't be
    /// one. The kernel hands out that error once: after it, drop the socket.
    pub fn is_connected(&self) -> io::Result<bool> {
        if let Some(error) = self.0.take_error()? {
            return Err(error);
        }
        match self.0.peer_addr() {
            Ok(_) => Ok(true),
            // No peer and no error: the outcome is not known yet.
            Err(error) if error.kind() == io::ErrorKind::NotConnected => {
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }
}
// ANCHOR_END: s4_connect

// ANCHOR: s4_listener
/// A port on which connections are accepted.
#[derive(Debug)]
pub struct TcpListener(net::TcpListener);

impl TcpListener {
    /// Listens at `address`.
    pub fn bind(address: SocketAddr) -> io::Result<Self> {
        let listener = net::TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        Ok(Self(listener))
    }

    /// The next connection, or the error `WouldBlock` if none is waiting.
    pub fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        let (stream, peer) = self.0.accept()?;
        stream.set_nonblocking(true)?; // on Linux this is not inherited
        Ok((TcpStream(stream), peer))
    }

    /// Where it listens.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}
// ANCHOR_END: s4_listener

// ANCHOR: s4_udp
/// A port on which datagrams arrive.
#[derive(Debug)]
pub struct UdpSocket(net::UdpSocket);

impl UdpSocket {
    /// Receives the datagrams that are sent to `address`.
    pub fn bind(address: SocketAddr) -> io::Result<Self> {
        let socket = net::UdpSocket::bind(address)?;
        socket.set_nonblocking(true)?;
        Ok(Self(socket))
    }

    /// Sends a datagram, or fails with `WouldBlock` if there is no room.
    pub fn send_to(&self, bytes: &[u8], to: SocketAddr) -> io::Result<usize> {
        self.0.send_to(bytes, to)
    }

    /// The next datagram, or the error `WouldBlock` if none is waiting.
    pub fn recv_from(
        &self,
        room: &mut [u8],
    ) -> io::Result<(usize, SocketAddr)> {
        self.0.recv_from(room)
    }

    /// Where it receives.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}
// ANCHOR_END: s4_udp

impl Read for TcpStream {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        self.0.read(room)
    }
}

impl Write for TcpStream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

// ANCHOR: s4_as_fd
// This makes them sources: stage 2's registry takes whatever has a
// descriptor.
impl AsFd for TcpStream {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl AsFd for TcpListener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl AsFd for UdpSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
// ANCHOR_END: s4_as_fd
