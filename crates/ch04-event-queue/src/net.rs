//! Sockets as sources: the standard library's, in non-blocking mode.
//!
//! Each is the standard library's socket that also implements
//! [`Source`](crate::event::Source). A call that would have to wait fails with
//! `WouldBlock`; the next event for the socket says when to try again.

mod tcp_listener;
mod tcp_stream;
mod traits;
mod udp;

pub use tcp_listener::TcpListener;
pub use tcp_stream::TcpStream;
pub use udp::UdpSocket;
