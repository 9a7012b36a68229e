//! Sockets whose calls wait as futures.
//!
//! A socket is registered once, when it is made, with the runtime that the
//! caller runs in; from then on it may be used on any thread, and in any
//! executor while that runtime is running. What the system calls cannot do at
//! once waits: `WouldBlock` is never an error here.
//!
//! In each direction, one task waits at a time. If two try, the latest one is
//! woken and the other one is not: share a socket by its halves, or by a task
//! that owns it. Reading and writing are two directions.

mod accept;
mod handles;
mod io;
mod lookup;
mod split;
mod tcp_listener;
mod tcp_stream;
mod traits;
mod udp;
#[cfg(unix)]
mod unix;

pub use lookup::{ToSocketAddrs, lookup_host};
pub use split::{
    OwnedReadHalf, OwnedWriteHalf, ReadHalf, ReuniteError, WriteHalf,
};
pub use tcp_listener::TcpListener;
pub use tcp_stream::TcpStream;
pub use udp::UdpSocket;
#[cfg(unix)]
pub use unix::{UnixDatagram, UnixListener, UnixStream};
