//! A stream whose first bytes were looked at before it was handed on: that's
//! how one port serves HTTP/1 and HTTP/2.

use futures_lite::{AsyncRead, AsyncReadExt as _, AsyncWrite};
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

/// What a client that wants HTTP/2 sends first.
const HTTP2: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Do these bytes begin an HTTP/2 connection?
pub fn starts_http2(bytes: &[u8]) -> bool {
    bytes == HTTP2
}

/// A stream, and bytes that were read from it already.
#[derive(Debug)]
pub struct Prefix<S> {
    stream: S,
    prefix: Vec<u8>,
    /// How many bytes of the prefix were read again.
    used: usize,
}

impl<S: AsyncRead + Unpin> Prefix<S> {
    /// Reads until it's clear which of the two it is.
    ///
    /// # Errors
    ///
    /// Those of the stream.
    pub async fn read(mut stream: S) -> io::Result<Self> {
        let mut prefix = Vec::with_capacity(HTTP2.len());
        while prefix.len() < HTTP2.len() && HTTP2.starts_with(&prefix) {
            let mut bytes = [0; HTTP2.len()];
            let room = HTTP2.len() - prefix.len();
            match stream.read(&mut bytes[..room]).await? {
                0 => break,
                read => prefix.extend_from_slice(&bytes[..read]),
            }
        }
        Ok(Self {
            stream,
            prefix,
            used: 0,
        })
    }

    /// The bytes that were looked at.
    pub fn prefix(&self) -> &[u8] {
        &self.prefix
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Prefix<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let left = &self.prefix[self.used..];
        if left.is_empty() {
            return Pin::new(&mut self.stream).poll_read(cx, bytes);
        }
        let read = left.len().min(bytes.len());
        bytes[..read].copy_from_slice(&left[..read]);
        self.used += read;
        Poll::Ready(Ok(read))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Prefix<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }

    fn poll_flush(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_close(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_close(cx)
    }
}
