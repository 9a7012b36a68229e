//! The two directions of a connection, apart.

use super::tcp_stream::TcpStream;
use super::traits::{
    async_read, async_write, peek_method, read_methods, write_methods,
};
use std::error;
use std::fmt;
use std::io;
use std::net::{Shutdown, SocketAddr};
use std::sync::Arc;

/// The reading direction of a connection, borrowed.
#[derive(Debug)]
pub struct ReadHalf<'s>(&'s TcpStream);

/// The writing direction of a connection, borrowed. Dropping it ends nothing.
#[derive(Debug)]
pub struct WriteHalf<'s>(&'s TcpStream);

// ANCHOR: halves
/// The reading direction of a connection.
#[derive(Debug)]
pub struct OwnedReadHalf(Arc<TcpStream>);

/// The writing direction of a connection. Dropped, it ends the writing: the
/// peer reads an end.
#[derive(Debug)]
pub struct OwnedWriteHalf {
    /// `None`: it went back into the whole.
    stream: Option<Arc<TcpStream>>,
}

impl Drop for OwnedWriteHalf {
    fn drop(&mut self) {
        if let Some(stream) = &self.stream {
            // It fails if the connection is broken off, which ends it, too.
            let _ = stream.shutdown(Shutdown::Write);
        }
    }
}
// ANCHOR_END: halves

pub(super) fn split(stream: &mut TcpStream) -> (ReadHalf<'_>, WriteHalf<'_>) {
    (ReadHalf(stream), WriteHalf(stream))
}

pub(super) fn into_split(stream: TcpStream) -> (OwnedReadHalf, OwnedWriteHalf) {
    let read = Arc::new(stream);
    let stream = Some(Arc::clone(&read));
    (OwnedReadHalf(read), OwnedWriteHalf { stream })
}

/// These halves are not of one connection. Here they are again.
#[derive(Debug)]
pub struct ReuniteError(
    /// The reading half.
    pub OwnedReadHalf,
    /// The writing half.
    pub OwnedWriteHalf,
);

impl fmt::Display for ReuniteError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("the halves are of two connections")
    }
}

impl error::Error for ReuniteError {}

impl ReadHalf<'_> {
    fn stream(&self) -> &TcpStream {
        self.0
    }

    read_methods!();
    peek_method!();
}

impl WriteHalf<'_> {
    fn stream(&self) -> &TcpStream {
        self.0
    }

    write_methods!();

    /// Ends the writing: the peer reads an end, and can still send.
    ///
    /// # Errors
    ///
    /// `NotConnected` if the peer has broken it off.
    pub fn shutdown(&mut self) -> io::Result<()> {
        self.0.shutdown(Shutdown::Write)
    }
}

impl OwnedReadHalf {
    fn stream(&self) -> &TcpStream {
        &self.0
    }

    read_methods!();
    peek_method!();

    /// The whole again.
    ///
    /// # Errors
    ///
    /// If `write` is of another connection; both halves come back.
    pub fn reunite(
        self,
        write: OwnedWriteHalf,
    ) -> Result<TcpStream, ReuniteError> {
        let Self(read) = self;
        let mut write = write;
        match write.stream.take() {
            Some(other) if Arc::ptr_eq(&read, &other) => {
                drop(other);
                // There are two of them, ever.
                Arc::try_unwrap(read).map_err(|read| {
                    let stream = Some(Arc::clone(&read));
                    ReuniteError(Self(read), OwnedWriteHalf { stream })
                })
            }
            other => {
                write.stream = other;
                Err(ReuniteError(Self(read), write))
            }
        }
    }

    /// The address of the other side.
    ///
    /// # Errors
    ///
    /// `NotConnected` if the peer has broken it off.
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.0.peer_addr()
    }
}

impl OwnedWriteHalf {
    fn stream(&self) -> &TcpStream {
        // `reunite` takes it, and ends the half.
        self.stream.as_ref().expect("it is not reunited")
    }

    write_methods!();

    /// Ends the writing: the peer reads an end, and can still send.
    ///
    /// # Errors
    ///
    /// `NotConnected` if the peer has broken it off.
    pub fn shutdown(&mut self) -> io::Result<()> {
        self.stream().shutdown(Shutdown::Write)
    }
}

async_read!(ReadHalf<'_>, OwnedReadHalf);
async_write!(WriteHalf<'_>, OwnedWriteHalf);
