//! Socket options and limits on Unix.

use super::check;
use std::io;
use std::net::{TcpListener, TcpStream};
use std::os::fd::AsRawFd;

/// Sets a socket option to a value of the type that the option has.
fn set_option<T>(
    socket: &impl AsRawFd,
    option: i32,
    value: &T,
) -> io::Result<()> {
    let (fd, level) = (socket.as_raw_fd(), libc::SOL_SOCKET);
    let size = size_of::<T>() as libc::socklen_t;
    let value = std::ptr::from_ref(value).cast();
    // SAFETY: `value` points to `size` bytes, which the borrow keeps alive
    // through the call; the kernel copies them, and refuses a wrong size.
    check(unsafe { libc::setsockopt(fd, level, option, value, size) })?;
    Ok(())
}

/// Makes the close of this socket a reset: `SO_LINGER` with a time of zero.
pub(crate) fn reset_on_close(stream: &TcpStream) -> io::Result<()> {
    // Apple has an option of this name that counts in ticks; zero is zero.
    let linger = libc::linger {
        l_onoff: 1,
        l_linger: 0,
    };
    set_option(stream, libc::SO_LINGER, &linger)
}

/// Limits how many bytes of answers the kernel keeps for a client that does
/// not read them. The sockets that the listener accepts inherit it.
pub(crate) fn limit_send_buffers(
    listener: &TcpListener,
    bytes: i32,
) -> io::Result<()> {
    set_option(listener, libc::SO_SNDBUF, &bytes)
}

/// Makes the kernel's queue of new connections as long as it allows. std
/// takes 128; when the queue is full, a client tries again only a second
/// later.
pub(crate) fn lengthen_backlog(listener: &TcpListener) -> io::Result<()> {
    let fd = listener.as_raw_fd();
    // SAFETY: the call takes no memory; on a socket that listens already it
    // changes the length only.
    check(unsafe { libc::listen(fd, 4096) })?;
    Ok(())
}

/// The limits of open descriptors of this process.
fn descriptor_limit() -> io::Result<libc::rlimit> {
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: `limit` is written by the call and nothing else.
    check(unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &mut limit) })?;
    Ok(limit)
}

/// Raises the limit of open descriptors of this process as far as it may be
/// raised, and returns the new one.
pub(crate) fn raise_descriptor_limit() -> io::Result<u64> {
    let mut limit = descriptor_limit()?;
    // Apple says "no limit", and then refuses more than its OPEN_MAX.
    #[cfg(target_vendor = "apple")]
    let highest = limit.rlim_max.min(10_240);
    #[cfg(not(target_vendor = "apple"))]
    let highest = limit.rlim_max;
    if limit.rlim_cur < highest {
        limit.rlim_cur = highest;
        // SAFETY: `limit` is read by the call only.
        check(unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &limit) })?;
    }
    #[allow(
        clippy::unnecessary_cast,
        reason = "the type is narrower or signed on some systems"
    )]
    Ok(limit.rlim_cur as u64)
}
