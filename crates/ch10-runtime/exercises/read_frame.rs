//! Exercise `read_frame`: no byte lost when a read is cancelled.
//!
//! 20 minutes.
//!
//! A frame is its length, four bytes with the largest first, and then that many
//! bytes. [`Frames::read_frame`] works until it is dropped at one of its awaits:
//! what it has read by then is in its local variables, and gone with them. So
//! the next call takes the middle of a frame for a length.
//!
//! Mend it: whatever has been read stays in [`Frames`]. It may be dropped after
//! any number of polls, and the next call continues where that one was.
//!
//! Run: `cargo test --test read_frame`
//!
//! Fails until solved: `exercise read_frame:`

use futures_lite::{AsyncRead, AsyncReadExt as _};
use std::io;

/// The longest frame that is accepted, in bytes.
pub const LONGEST: usize = 1 << 20;

/// Reads frames from a stream.
#[derive(Debug)]
pub struct Frames<R> {
    stream: R,
}

impl<R: AsyncRead + Unpin> Frames<R> {
    /// The frames of this stream.
    pub fn new(stream: R) -> Self {
        Self { stream }
    }

    /// The next frame, without its length. `None`: the stream ended after a
    /// whole frame.
    ///
    /// # Errors
    ///
    /// `UnexpectedEof` if the stream ends within a frame, `InvalidData` for one
    /// longer than [`LONGEST`], and those of the stream.
    pub async fn read_frame(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut length = [0; 4];
        if self.stream.read(&mut length[..1]).await? == 0 {
            return Ok(None);
        }
        self.stream.read_exact(&mut length[1..]).await?;
        let length = u32::from_be_bytes(length) as usize;
        if length > LONGEST {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let mut frame = vec![0; length];
        self.stream.read_exact(&mut frame).await?;
        Ok(Some(frame))
    }
}

#[cfg(test)]
#[path = "../exercises/tests/read_frame.rs"]
mod tests;
