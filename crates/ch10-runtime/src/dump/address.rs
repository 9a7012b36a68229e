//! Which socket is it? Its addresses say more than its number.

use crate::registration::Descriptor;

/// The text for a socket that is registered.
#[cfg(unix)]
pub(super) fn of(descriptor: Descriptor) -> String {
    unix::addresses(descriptor)
        .unwrap_or_else(|| format!("descriptor {descriptor}"))
}

/// The text for a socket that is registered.
#[cfg(not(unix))]
pub(super) fn of((): Descriptor) -> String {
    "a socket".to_owned()
}

#[cfg(unix)]
mod unix {
    use super::Descriptor;
    use std::net::TcpStream;
    use std::os::fd::BorrowedFd;
    use std::os::unix::net::{SocketAddr, UnixStream};

    /// Both ends, or the one that there is.
    pub(super) fn addresses(descriptor: Descriptor) -> Option<String> {
        // SAFETY: the caller has the lock under which a live slot whose socket
        // is waited for has an open descriptor: `Registrations`.
        let socket = unsafe { BorrowedFd::borrow_raw(descriptor) };
        let socket = socket.try_clone_to_owned().ok()?;
        // std only asks for addresses here, which UDP sockets have, too.
        let internet = TcpStream::from(socket);
        if let Ok(local) = internet.local_addr() {
            return Some(match internet.peer_addr() {
                Ok(peer) => format!("{local} (from {peer})"),
                Err(_) => local.to_string(),
            });
        }
        let unix = UnixStream::from(std::os::fd::OwnedFd::from(internet));
        let (local, peer) = (unix.local_addr().ok()?, unix.peer_addr().ok());
        let named = path(&local).or_else(|| path(&peer?));
        Some(named.unwrap_or_else(|| {
            format!("a Unix socket, descriptor {descriptor}")
        }))
    }

    fn path(address: &SocketAddr) -> Option<String> {
        let path = address.as_pathname()?;
        Some(path.display().to_string())
    }
}
