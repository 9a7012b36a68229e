//! What the backends for Unix share: a socket is identified by its descriptor,
//! and nothing else has to be remembered about it.

use super::{Descriptors as _, Register, Selector};
use crate::errno::check;
use crate::interest::Interest;
use crate::token::Token;
use std::io;
use std::mem;
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

pub(crate) use std::os::fd::AsRawFd as AsRaw;

/// Nothing: the kernel remembers everything.
#[derive(Debug, Default)]
pub(crate) struct Registration;

impl Register for Registration {
    type Queue = Selector;

    fn register(
        &mut self,
        queue: &Selector,
        socket: &impl AsRaw,
        token: Token,
        interest: Interest,
    ) -> io::Result<()> {
        queue.register(socket.as_raw_fd(), token, interest)
    }

    fn reregister(
        &mut self,
        queue: &Selector,
        socket: &impl AsRaw,
        token: Token,
        interest: Interest,
    ) -> io::Result<()> {
        queue.reregister(socket.as_raw_fd(), token, interest)
    }

    fn deregister(
        &mut self,
        queue: &Selector,
        socket: &impl AsRaw,
    ) -> io::Result<()> {
        queue.remove(socket.as_raw_fd())
    }

    #[inline]
    fn io<R>(
        &self,
        _: Interest,
        operation: impl FnOnce() -> io::Result<R>,
    ) -> io::Result<R> {
        operation()
    }
}

// ANCHOR: unix_connect
/// A TCP socket that has begun to connect to `peer`.
pub(crate) fn connect(peer: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::from(socket(&peer)?);
    stream.set_nonblocking(true)?;
    let address = RawAddress::from(peer);
    let (pointer, length) = address.parts();
    // SAFETY: the kernel reads `length` bytes during the call, and `address`
    // has them.
    match unsafe { libc::connect(stream.as_raw_fd(), pointer, length) } {
        0 => Ok(stream), // connected already
        _ => match io::Error::last_os_error() {
            // Under way; a signal does not stop it either.
            error if error.raw_os_error() == Some(libc::EINPROGRESS) => {
                Ok(stream)
            }
            error if error.kind() == io::ErrorKind::Interrupted => Ok(stream),
            error => Err(error),
        },
    }
}
// ANCHOR_END: unix_connect

/// A TCP socket for this kind of address, which is not inherited by programs
/// that this one starts.
fn socket(peer: &SocketAddr) -> io::Result<OwnedFd> {
    let family = match peer {
        SocketAddr::V4(_) => libc::AF_INET,
        SocketAddr::V6(_) => libc::AF_INET6,
    };
    #[cfg(not(target_vendor = "apple"))]
    let kind = libc::SOCK_STREAM | libc::SOCK_CLOEXEC;
    #[cfg(target_vendor = "apple")]
    let kind = libc::SOCK_STREAM;
    // SAFETY: takes three numbers; there is nothing to uphold.
    let fd = check(unsafe { libc::socket(family, kind, 0) })?;
    // SAFETY: the kernel has just opened it, and nothing else owns it.
    let socket = unsafe { OwnedFd::from_raw_fd(fd) };
    #[cfg(target_vendor = "apple")]
    apple(&socket)?;
    Ok(socket)
}

/// What flags do on other systems: it is not inherited, and a write to a closed
/// connection raises no signal.
#[cfg(target_vendor = "apple")]
fn apple(socket: &OwnedFd) -> io::Result<()> {
    let fd = socket.as_raw_fd();
    // SAFETY: sets a flag of a descriptor that the borrow keeps open.
    check(unsafe { libc::fcntl(fd, libc::F_SETFD, libc::FD_CLOEXEC) })?;
    let on: libc::c_int = 1;
    let (level, option) = (libc::SOL_SOCKET, libc::SO_NOSIGPIPE);
    let (value, size) = ((&raw const on).cast(), size_of_val(&on));
    let size = size as libc::socklen_t;
    // SAFETY: the kernel reads `size` bytes at `value`, which is `on`.
    check(unsafe { libc::setsockopt(fd, level, option, value, size) })?;
    Ok(())
}

// ANCHOR: unix_address
/// A socket address in the kernel's form.
enum RawAddress {
    V4(libc::sockaddr_in),
    V6(libc::sockaddr_in6),
}

impl From<SocketAddr> for RawAddress {
    fn from(address: SocketAddr) -> Self {
        match address {
            SocketAddr::V4(address) => {
                // SAFETY: numbers only; all zeroes is a valid one.
                let mut raw: libc::sockaddr_in = unsafe { mem::zeroed() };
                raw.sin_family = libc::AF_INET as libc::sa_family_t;
                raw.sin_port = address.port().to_be();
                // Four bytes in network order, as one number.
                let ip = address.ip().octets();
                raw.sin_addr.s_addr = u32::from_ne_bytes(ip);
                Self::V4(raw)
            }
            SocketAddr::V6(address) => {
                // SAFETY: numbers only; all zeroes is a valid one.
                let mut raw: libc::sockaddr_in6 = unsafe { mem::zeroed() };
                raw.sin6_family = libc::AF_INET6 as libc::sa_family_t;
                raw.sin6_port = address.port().to_be();
                raw.sin6_addr.s6_addr = address.ip().octets();
                raw.sin6_flowinfo = address.flowinfo();
                raw.sin6_scope_id = address.scope_id();
                Self::V6(raw)
            }
        }
    }
}
// ANCHOR_END: unix_address

impl RawAddress {
    /// Where it begins, and how long it is.
    fn parts(&self) -> (*const libc::sockaddr, libc::socklen_t) {
        fn of<T>(address: &T) -> (*const libc::sockaddr, libc::socklen_t) {
            let pointer = std::ptr::from_ref(address).cast();
            (pointer, size_of::<T>() as libc::socklen_t)
        }
        match self {
            Self::V4(address) => of(address),
            Self::V6(address) => of(address),
        }
    }
}

/// Does the socket take IPv6 only, and no IPv4 addresses in disguise?
pub(crate) fn only_v6(socket: &UdpSocket) -> io::Result<bool> {
    let fd = socket.as_raw_fd();
    let mut answer: libc::c_int = 0;
    let mut size = size_of_val(&answer) as libc::socklen_t;
    let value = (&raw mut answer).cast();
    let (level, option) = (libc::IPPROTO_IPV6, libc::IPV6_V6ONLY);
    // SAFETY: the kernel writes at most `size` bytes, which is what `answer`
    // has, and `size` itself.
    check(unsafe { libc::getsockopt(fd, level, option, value, &mut size) })?;
    Ok(answer != 0)
}
