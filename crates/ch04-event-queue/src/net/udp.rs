//! A port on which datagrams arrive.

use super::traits::socket_traits;
use crate::interest::Interest;
use crate::io_source::IoSource;
use crate::sys;
use std::io;
use std::net::{self, Ipv4Addr, Ipv6Addr, SocketAddr};

/// A UDP socket. Readable means that datagrams are there; each read takes one.
///
/// ```
/// use ch04_event_queue::net::UdpSocket;
/// use ch04_event_queue::{Events, Interest, Poll, Token};
///
/// let mut here = UdpSocket::bind(([127, 0, 0, 1], 0).into())?;
/// let there = UdpSocket::bind(([127, 0, 0, 1], 0).into())?;
/// let mut poll = Poll::new()?;
/// poll.registry()
///     .register(&mut here, Token(0), Interest::READABLE)?;
///
/// there.send_to(b"hello", here.local_addr()?)?;
/// poll.poll(&mut Events::with_capacity(4), None)?;
/// let mut room = [0; 100];
/// let (length, from) = here.recv_from(&mut room)?;
/// assert_eq!(&room[..length], b"hello");
/// assert_eq!(from, there.local_addr()?);
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct UdpSocket {
    pub(super) inner: IoSource<net::UdpSocket>,
}

impl UdpSocket {
    /// Receives the datagrams that are sent to `addr`. For port 0, the system
    /// chooses a free one.
    ///
    /// # Errors
    ///
    /// - `AddrInUse`: another socket has the port;
    /// - `AddrNotAvailable`: the address is not one of this machine;
    /// - `PermissionDenied`: only root may take this port;
    /// - no descriptor is left.
    pub fn bind(addr: SocketAddr) -> io::Result<Self> {
        let socket = net::UdpSocket::bind(addr)?;
        socket.set_nonblocking(true)?;
        Ok(Self::from_std(socket))
    }

    /// Takes a socket of the standard library, which has to be in non-blocking
    /// mode already.
    ///
    /// On Unix it may still be in a queue that it was registered in before:
    /// then `register` says `AlreadyExists` for that queue (kqueue: it replaces
    /// the registration), and `reregister` and `deregister` find it.
    pub fn from_std(socket: net::UdpSocket) -> Self {
        let inner = IoSource::new(socket);
        Self { inner }
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
            .io_of_datagrams(Interest::READABLE | Interest::WRITABLE, |_| f())
    }

    /// Sends a datagram to `target`.
    ///
    /// # Errors
    ///
    /// - `WouldBlock`: there is no room;
    /// - `PermissionDenied`: a broadcast, and [`set_broadcast`] has not allowed
    ///   it;
    /// - one that the standard library has no kind for (on Linux `EMSGSIZE`):
    ///   `buf` is longer than a datagram can be.
    ///
    /// [`set_broadcast`]: Self::set_broadcast
    pub fn send_to(&self, buf: &[u8], target: SocketAddr) -> io::Result<usize> {
        self.inner.io_of_datagrams(Interest::WRITABLE, |socket| {
            socket.send_to(buf, target)
        })
    }

    /// Takes the next datagram, and returns its length and its sender. What
    /// does not fit into `buf` is lost.
    ///
    /// # Errors
    ///
    /// - `WouldBlock`: there is none;
    /// - on Windows `WSAEMSGSIZE`, for which the standard library has no kind:
    ///   it did not fit into `buf`, which has its beginning;
    /// - on Windows `ConnectionReset`: a datagram that was sent found no program
    ///   at its port.
    ///
    /// After the last two, as after `WouldBlock`, the next datagram gives an
    /// event.
    pub fn recv_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.inner
            .io_of_datagrams(Interest::READABLE, |socket| socket.recv_from(buf))
    }

    /// The same as [`recv_from`](Self::recv_from), but leaves it there.
    ///
    /// # Errors
    ///
    /// `WouldBlock` if there is none.
    pub fn peek_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.inner
            .io_of_datagrams(Interest::READABLE, |socket| socket.peek_from(buf))
    }

    /// Sends a datagram to the address that it is connected to.
    ///
    /// # Errors
    ///
    /// - `WouldBlock`: there is no room;
    /// - `ConnectionRefused`: an earlier datagram found no program at its port;
    /// - those that the standard library has no kind for: on Linux `EMSGSIZE`,
    ///   `buf` is longer than a datagram can be, and `EDESTADDRREQ`, it is not
    ///   connected.
    pub fn send(&self, buf: &[u8]) -> io::Result<usize> {
        self.inner
            .io_of_datagrams(Interest::WRITABLE, |socket| socket.send(buf))
    }

    /// Takes the next datagram from the address that it is connected to.
    ///
    /// # Errors
    ///
    /// - `WouldBlock`: there is none;
    /// - `ConnectionRefused`, on Windows `ConnectionReset`: a datagram that was
    ///   sent found no program at its port;
    /// - on Windows `WSAEMSGSIZE`: see [`recv_from`](Self::recv_from).
    pub fn recv(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.inner
            .io_of_datagrams(Interest::READABLE, |socket| socket.recv(buf))
    }

    /// The same as [`recv`](Self::recv), but leaves it there.
    ///
    /// # Errors
    ///
    /// Those of [`recv`](Self::recv).
    pub fn peek(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.inner
            .io_of_datagrams(Interest::READABLE, |socket| socket.peek(buf))
    }
}

impl UdpSocket {
    /// The address that it receives on.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.inner.socket().local_addr()
    }

    /// The address that it is connected to.
    ///
    /// # Errors
    ///
    /// `NotConnected` if there is none.
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.inner.socket().peer_addr()
    }

    /// From now on, sends to `addr` and receives from there only. This sends
    /// nothing, so there is nothing to wait for.
    ///
    /// # Errors
    ///
    /// - `PermissionDenied`: a broadcast address, and [`set_broadcast`] has not
    ///   allowed it;
    /// - one that the standard library has no kind for (on Linux
    ///   `EAFNOSUPPORT`): an IPv6 address on an IPv4 socket;
    /// - `NetworkUnreachable`: there is no route.
    ///
    /// [`set_broadcast`]: Self::set_broadcast
    pub fn connect(&self, addr: SocketAddr) -> io::Result<()> {
        self.inner.socket().connect(addr)
    }

    /// Allows or forbids sending to broadcast addresses.
    pub fn set_broadcast(&self, on: bool) -> io::Result<()> {
        self.inner.socket().set_broadcast(on)
    }

    /// May it send to broadcast addresses?
    pub fn broadcast(&self) -> io::Result<bool> {
        self.inner.socket().broadcast()
    }

    /// Sets whether its own IPv4 multicasts come to this machine, too.
    pub fn set_multicast_loop_v4(&self, on: bool) -> io::Result<()> {
        self.inner.socket().set_multicast_loop_v4(on)
    }

    /// Do its own IPv4 multicasts come to this machine, too?
    pub fn multicast_loop_v4(&self) -> io::Result<bool> {
        self.inner.socket().multicast_loop_v4()
    }

    /// Sets how many routers an IPv4 multicast may pass.
    ///
    /// # Errors
    ///
    /// On Linux, `InvalidInput` for 256 and more, except for `u32::MAX`: that
    /// is the default.
    pub fn set_multicast_ttl_v4(&self, ttl: u32) -> io::Result<()> {
        self.inner.socket().set_multicast_ttl_v4(ttl)
    }

    /// How many routers may an IPv4 multicast pass?
    pub fn multicast_ttl_v4(&self) -> io::Result<u32> {
        self.inner.socket().multicast_ttl_v4()
    }

    /// Sets whether its own IPv6 multicasts come to this machine, too.
    ///
    /// # Errors
    ///
    /// On Linux `ENOPROTOOPT`, for which the standard library has no kind, on a
    /// socket for IPv4.
    pub fn set_multicast_loop_v6(&self, on: bool) -> io::Result<()> {
        self.inner.socket().set_multicast_loop_v6(on)
    }

    /// Do its own IPv6 multicasts come to this machine, too?
    ///
    /// # Errors
    ///
    /// On Linux `Unsupported` on a socket for IPv4.
    pub fn multicast_loop_v6(&self) -> io::Result<bool> {
        self.inner.socket().multicast_loop_v6()
    }

    /// Sets how many routers a datagram may pass.
    ///
    /// # Errors
    ///
    /// On Linux, `InvalidInput` for 0 and for 256 and more, except for
    /// `u32::MAX`: that is the default.
    pub fn set_ttl(&self, ttl: u32) -> io::Result<()> {
        self.inner.socket().set_ttl(ttl)
    }

    /// How many routers may a datagram pass?
    pub fn ttl(&self) -> io::Result<u32> {
        self.inner.socket().ttl()
    }

    /// Joins a group of IPv4 at the interface with this address.
    ///
    /// # Errors
    ///
    /// - `InvalidInput`: the address is not that of a group;
    /// - `AddrInUse`: it is in the group already;
    /// - on Linux `ENODEV`, for which the standard library has no kind: no
    ///   interface has this address.
    pub fn join_multicast_v4(
        &self,
        multiaddr: &Ipv4Addr,
        interface: &Ipv4Addr,
    ) -> io::Result<()> {
        self.inner.socket().join_multicast_v4(multiaddr, interface)
    }

    /// Joins a group of IPv6 at the interface with this number.
    ///
    /// # Errors
    ///
    /// - `InvalidInput`: the address is not that of a group;
    /// - `AddrInUse`: it is in the group already;
    /// - on Linux `ENODEV`, for which the standard library has no kind: no
    ///   interface has this number; and `ENOPROTOOPT` on a socket for IPv4.
    pub fn join_multicast_v6(
        &self,
        multiaddr: &Ipv6Addr,
        interface: u32,
    ) -> io::Result<()> {
        self.inner.socket().join_multicast_v6(multiaddr, interface)
    }

    /// Leaves a group of IPv4.
    ///
    /// # Errors
    ///
    /// `AddrNotAvailable` if it is not in the group.
    pub fn leave_multicast_v4(
        &self,
        multiaddr: &Ipv4Addr,
        interface: &Ipv4Addr,
    ) -> io::Result<()> {
        self.inner.socket().leave_multicast_v4(multiaddr, interface)
    }

    /// Leaves a group of IPv6.
    ///
    /// # Errors
    ///
    /// `AddrNotAvailable` if it is not in the group.
    pub fn leave_multicast_v6(
        &self,
        multiaddr: &Ipv6Addr,
        interface: u32,
    ) -> io::Result<()> {
        self.inner.socket().leave_multicast_v6(multiaddr, interface)
    }

    /// Is it for IPv6 only?
    ///
    /// # Errors
    ///
    /// On Linux `Unsupported` on a socket for IPv4.
    pub fn only_v6(&self) -> io::Result<bool> {
        sys::only_v6(self.inner.socket())
    }

    /// Fetches and clears the error that is waiting, if there is one.
    pub fn take_error(&self) -> io::Result<Option<io::Error>> {
        self.inner.socket().take_error()
    }
}

socket_traits!(UdpSocket);
