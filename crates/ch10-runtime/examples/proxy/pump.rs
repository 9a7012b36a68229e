//! Carries bytes from one stream to another, and ends as they end. It is at
//! home on any stream of `futures-io`.

use futures_lite::{AsyncRead, AsyncReadExt as _, AsyncWrite};
use futures_lite::{AsyncWriteExt as _, future};
use std::io;

/// What one direction holds at most, in bytes.
pub const BUFFER: usize = 16 * 1024;

/// Carries everything from `from` to `to`, and then ends the writing to `to`.
/// Returns how many bytes there were.
///
/// It reads nothing while it writes: a reader that is slow makes the writer
/// wait, and the proxy holds one buffer.
///
/// # Errors
///
/// Those of either stream.
// ANCHOR: pump
pub async fn pump<R, W>(mut from: R, mut to: W) -> io::Result<u64>
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    let mut buffer = vec![0; BUFFER];
    let mut bytes = 0;
    loop {
        let read = from.read(&mut buffer).await?;
        if read == 0 {
            to.close().await?;
            return Ok(bytes);
        }
        to.write_all(&buffer[..read]).await?;
        bytes += read as u64;
    }
}

// ANCHOR_END: pump

/// Carries both ways until both have ended, or one is broken: then what is
/// left of both is dropped, which closes all four halves. Returns how many
/// bytes went from the first to the second, and back.
///
/// # Errors
///
/// The first of either direction.
// ANCHOR: both
pub async fn both<R1, W1, R2, W2>(
    (from_client, to_client): (R1, W1),
    (from_server, to_server): (R2, W2),
) -> io::Result<(u64, u64)>
where
    R1: AsyncRead + Unpin,
    W1: AsyncWrite + Unpin,
    R2: AsyncRead + Unpin,
    W2: AsyncWrite + Unpin,
{
    let there = pump(from_client, to_server);
    let back = pump(from_server, to_client);
    future::try_zip(there, back).await
}
// ANCHOR_END: both
