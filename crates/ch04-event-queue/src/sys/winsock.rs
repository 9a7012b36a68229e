//! The few calls of Winsock, Windows's socket library, that std lacks.

use std::io;
use std::mem;
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::os::windows::io::{AsRawSocket, FromRawSocket, RawSocket};
use std::ptr;
use std::sync::Once;
use windows_sys::Win32::Networking::WinSock::{
    self, INVALID_SOCKET, SOCKADDR, SOCKADDR_IN, SOCKADDR_IN6, SOCKET,
};

/// What a call returned, or why it returned -1.
fn check(result: i32) -> io::Result<()> {
    if result == WinSock::SOCKET_ERROR {
        // SAFETY: returns a number that belongs to this thread.
        let code = unsafe { WinSock::WSAGetLastError() };
        return Err(io::Error::from_raw_os_error(code));
    }
    Ok(())
}

// ANCHOR: winsock_connect
/// A TCP socket that has begun to connect to `peer`.
pub(crate) fn connect(peer: SocketAddr) -> io::Result<TcpStream> {
    let stream = socket(&peer)?;
    stream.set_nonblocking(true)?;
    let socket = stream.as_raw_socket() as SOCKET;
    let address = RawAddress::from(peer);
    let (pointer, length) = address.parts();
    // SAFETY: the system reads `length` bytes during the call, and `address`
    // has them.
    match check(unsafe { WinSock::connect(socket, pointer, length) }) {
        // Begun.
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(stream),
        Err(error) => Err(error),
        Ok(()) => Ok(stream),
    }
}
// ANCHOR_END: winsock_connect

/// A TCP socket for this kind of address, which is not inherited by programs
/// that this one starts.
fn socket(peer: &SocketAddr) -> io::Result<TcpStream> {
    start();
    let family = match peer {
        SocketAddr::V4(_) => WinSock::AF_INET,
        SocketAddr::V6(_) => WinSock::AF_INET6,
    };
    let (family, kind) = (i32::from(family), WinSock::SOCK_STREAM);
    let flags =
        WinSock::WSA_FLAG_OVERLAPPED | WinSock::WSA_FLAG_NO_HANDLE_INHERIT;
    let none = ptr::null();
    // SAFETY: numbers, and no pointer but one that may be null.
    let socket =
        unsafe { WinSock::WSASocketW(family, kind, 0, none, 0, flags) };
    if socket == INVALID_SOCKET {
        check(WinSock::SOCKET_ERROR)?;
    }
    // SAFETY: the system has just opened it, and nothing else owns it.
    Ok(unsafe { TcpStream::from_raw_socket(socket as RawSocket) })
}

/// Winsock has to be started. The standard library does that before *its* first
/// socket; starting it again is allowed.
fn start() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // SAFETY: numbers and pointers; all zeroes is a valid value.
        let mut data: WinSock::WSADATA = unsafe { mem::zeroed() };
        // If it fails, so does the next call, and says why.
        //
        // SAFETY: the system writes to `data`.
        unsafe { WinSock::WSAStartup(0x0202, &raw mut data) };
    });
}

/// The socket below all layers that other programs may have put between us and
/// the driver, which knows only this one.
pub(super) fn base_of(socket: RawSocket) -> SOCKET {
    let socket = socket as SOCKET;
    let (mut base, mut length) = (INVALID_SOCKET, 0);
    let (value, size) = ((&raw mut base).cast(), size_of::<SOCKET>() as u32);
    // SAFETY: the system writes at most `size` bytes to `base`, and a number
    // to `length`.
    let result = unsafe {
        WinSock::WSAIoctl(
            socket,
            WinSock::SIO_BASE_HANDLE,
            ptr::null(),
            0,
            value,
            size,
            &raw mut length,
            ptr::null_mut(),
            None,
        )
    };
    // A layer that fails this call is broken; a system that lacks the call (as
    // Wine once did) has no layers.
    match check(result) {
        Ok(()) if base != INVALID_SOCKET => base,
        _ => socket,
    }
}

/// Does the socket take IPv6 only, and no IPv4 addresses in disguise?
pub(crate) fn only_v6(socket: &UdpSocket) -> io::Result<bool> {
    let socket = socket.as_raw_socket() as SOCKET;
    let mut answer = 0_i32;
    let mut size = size_of_val(&answer) as i32;
    let value = (&raw mut answer).cast();
    let (level, option) = (WinSock::IPPROTO_IPV6, WinSock::IPV6_V6ONLY);
    // SAFETY: the system writes at most `size` bytes, which is what `answer`
    // has, and `size` itself.
    check(unsafe {
        WinSock::getsockopt(socket, level, option, value, &mut size)
    })?;
    Ok(answer != 0)
}

/// A socket address in the system's form.
enum RawAddress {
    V4(SOCKADDR_IN),
    V6(SOCKADDR_IN6),
}

impl From<SocketAddr> for RawAddress {
    fn from(address: SocketAddr) -> Self {
        match address {
            SocketAddr::V4(address) => {
                // SAFETY: numbers only; all zeroes is a valid value.
                let mut raw: SOCKADDR_IN = unsafe { mem::zeroed() };
                raw.sin_family = WinSock::AF_INET;
                raw.sin_port = address.port().to_be();
                // Four bytes in the order of the network, as one number.
                let ip = address.ip().octets();
                raw.sin_addr.S_un.S_addr = u32::from_ne_bytes(ip);
                Self::V4(raw)
            }
            SocketAddr::V6(address) => {
                // SAFETY: numbers only; all zeroes is a valid value.
                let mut raw: SOCKADDR_IN6 = unsafe { mem::zeroed() };
                raw.sin6_family = WinSock::AF_INET6;
                raw.sin6_port = address.port().to_be();
                raw.sin6_addr.u.Byte = address.ip().octets();
                raw.sin6_flowinfo = address.flowinfo();
                raw.Anonymous.sin6_scope_id = address.scope_id();
                Self::V6(raw)
            }
        }
    }
}

impl RawAddress {
    /// Where it begins, and how long it is.
    fn parts(&self) -> (*const SOCKADDR, i32) {
        fn of<T>(address: &T) -> (*const SOCKADDR, i32) {
            (ptr::from_ref(address).cast(), size_of::<T>() as i32)
        }
        match self {
            Self::V4(address) => of(address),
            Self::V6(address) => of(address),
        }
    }
}
