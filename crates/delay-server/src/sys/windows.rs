//! Socket options and limits on Windows.

use super::check;
use std::io;
use std::net::{TcpListener, TcpStream};
use std::os::windows::io::AsRawSocket;
use windows_sys::Win32::Networking::WinSock;

/// Sets a socket option to a value of the type that the option has.
fn set_option<T>(
    socket: &impl AsRawSocket,
    option: i32,
    value: &T,
) -> io::Result<()> {
    let level = WinSock::SOL_SOCKET;
    let socket = socket.as_raw_socket() as WinSock::SOCKET;
    let size = size_of::<T>() as i32;
    let value = std::ptr::from_ref(value).cast();
    // SAFETY: `value` points to `size` bytes, which the borrow keeps alive
    // through the call; the system copies them, and refuses a wrong size.
    check(unsafe { WinSock::setsockopt(socket, level, option, value, size) })?;
    Ok(())
}

/// Makes the close of this socket a reset: `SO_LINGER` with a time of zero.
pub(crate) fn reset_on_close(stream: &TcpStream) -> io::Result<()> {
    let linger = WinSock::LINGER {
        l_onoff: 1,
        l_linger: 0,
    };
    set_option(stream, WinSock::SO_LINGER, &linger)
}

/// Limits how many bytes of answers the system keeps for a client that does
/// not read them. The sockets that the listener accepts inherit it.
pub(crate) fn limit_send_buffers(
    listener: &TcpListener,
    bytes: i32,
) -> io::Result<()> {
    set_option(listener, WinSock::SO_SNDBUF, &bytes)
}

/// Does nothing: Windows does not change the queue of a socket that listens,
/// and a client whose place it refuses tries again at once.
pub(crate) fn lengthen_backlog(_: &TcpListener) -> io::Result<()> {
    Ok(())
}

/// Does nothing: Windows limits sockets by memory only.
pub(crate) fn raise_descriptor_limit() -> io::Result<u64> {
    Ok(u64::MAX)
}
