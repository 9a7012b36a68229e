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

/// Questions to which a layer answers with the socket below it: two that
/// Winsock itself asks for `select` and `WSAPoll`, and the general one.
const BELOW: [u32; 3] = [
    WinSock::SIO_BSP_HANDLE_SELECT,
    WinSock::SIO_BSP_HANDLE_POLL,
    WinSock::SIO_BSP_HANDLE,
];

/// More layers than any machine has: the search has to end.
const LAYERS: usize = 16;

/// The socket below all layers that other programs may have put between us and
/// the driver, which knows only this one.
pub(super) fn base_of(socket: RawSocket) -> io::Result<SOCKET> {
    base_by(socket as SOCKET, handle_by)
}

/// The same with `ask` to answer a question about a socket by another one.
fn base_by(
    socket: SOCKET,
    ask: impl Fn(SOCKET, u32) -> io::Result<SOCKET>,
) -> io::Result<SOCKET> {
    let mut lowest = socket;
    for _ in 0..LAYERS {
        // No layer is allowed to answer this one itself. Some do, and some
        // refuse it, to keep programs from going past them.
        let refused = match ask(lowest, WinSock::SIO_BASE_HANDLE) {
            Ok(base) => return Ok(base),
            Err(error) => error,
        };
        let mut below = BELOW.iter().filter_map(|what| ask(lowest, *what).ok());
        match below.find(|below| *below != lowest) {
            Some(below) => lowest = below,
            None if lowest == socket => return Err(refused),
            None => break,
        }
    }
    Ok(lowest)
}

/// Asks the system one of these questions.
fn handle_by(socket: SOCKET, what: u32) -> io::Result<SOCKET> {
    let (mut answer, mut length) = (INVALID_SOCKET, 0);
    let (value, size) = ((&raw mut answer).cast(), size_of::<SOCKET>() as u32);
    // SAFETY: the system writes at most `size` bytes to `answer`, and a number
    // to `length`.
    let result = unsafe {
        WinSock::WSAIoctl(
            socket,
            what,
            ptr::null(),
            0,
            value,
            size,
            &raw mut length,
            ptr::null_mut(),
            None,
        )
    };
    check(result)?;
    if answer == INVALID_SOCKET {
        return Err(io::ErrorKind::NotFound.into());
    }
    Ok(answer)
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    /// Asks by `answer`, and returns what was asked, too.
    fn asked(
        answer: impl Fn(SOCKET, u32) -> Option<SOCKET>,
    ) -> (io::Result<SOCKET>, Vec<(SOCKET, u32)>) {
        let all = RefCell::new(Vec::new());
        let result = base_by(100, |socket, what| {
            all.borrow_mut().push((socket, what));
            answer(socket, what)
                .ok_or_else(|| io::Error::from_raw_os_error(10045))
        });
        (result, all.into_inner())
    }

    #[test]
    fn the_first_question_is_enough_as_a_rule() {
        let base = WinSock::SIO_BASE_HANDLE;
        let (found, all) = asked(|_, what| (what == base).then_some(7));
        assert_eq!(found.unwrap(), 7);
        assert_eq!(all, [(100, base)]);
    }

    #[test]
    fn a_layer_that_hides_the_base_is_asked_for_what_is_below_it() {
        let (base, poll) =
            (WinSock::SIO_BASE_HANDLE, WinSock::SIO_BSP_HANDLE_POLL);
        let (found, all) = asked(|socket, what| match (socket, what) {
            (100, what) if what == poll => Some(50),
            (50, what) if what == base => Some(7),
            _ => None,
        });
        assert_eq!(found.unwrap(), 7);
        let select = WinSock::SIO_BSP_HANDLE_SELECT;
        assert_eq!(all, [(100, base), (100, select), (100, poll), (50, base)]);
    }

    #[test]
    fn several_layers_are_passed() {
        let (base, any) = (WinSock::SIO_BASE_HANDLE, WinSock::SIO_BSP_HANDLE);
        let (found, _) = asked(|socket, what| match what {
            _ if what == any && socket > 98 => Some(socket - 1),
            _ if what == base && socket == 98 => Some(7),
            _ => None,
        });
        assert_eq!(found.unwrap(), 7);
    }

    #[test]
    fn where_nothing_is_below_the_first_error_counts() {
        // A layer that names itself names nothing below.
        let base = WinSock::SIO_BASE_HANDLE;
        let (found, all) =
            asked(|socket, what| (what != base).then_some(socket));
        assert_eq!(found.unwrap_err().raw_os_error(), Some(10045));
        assert_eq!(all.len(), 4);
    }

    #[test]
    fn layers_that_lead_in_a_circle_come_to_an_end() {
        let base = WinSock::SIO_BASE_HANDLE;
        let (found, all) =
            asked(|socket, what| (what != base).then_some(socket ^ 1));
        assert_eq!(found.unwrap(), 100);
        assert_eq!(all.len(), 2 * LAYERS);
    }

    #[test]
    fn the_system_names_the_base_of_a_plain_socket() {
        let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        let raw = socket.as_raw_socket();
        assert_ne!(base_of(raw).unwrap(), INVALID_SOCKET);
    }
}
