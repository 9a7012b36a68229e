//! The solution of exercise `read_frame`.

use futures_lite::{AsyncRead, AsyncReadExt as _};
use std::io;

/// The longest frame that is accepted, in bytes.
pub const LONGEST: usize = 1 << 20;

/// Reads frames from a stream.
#[derive(Debug)]
pub struct Frames<R> {
    stream: R,
    /// What has been read and not returned yet: it outlives a call that is
    /// dropped.
    buffer: Vec<u8>,
}

impl<R: AsyncRead + Unpin> Frames<R> {
    /// The frames of this stream.
    pub fn new(stream: R) -> Self {
        let buffer = Vec::new();
        Self { stream, buffer }
    }

    /// The next frame, without its length. `None`: the stream ended after a
    /// whole frame.
    ///
    /// # Errors
    ///
    /// `UnexpectedEof` if the stream ends within a frame, `InvalidData` for one
    /// longer than [`LONGEST`], and those of the stream.
    ///
    /// # Cancel safety
    ///
    /// Dropped while it waits, it has lost nothing: the next call continues.
    // ANCHOR: read_frame
    pub async fn read_frame(&mut self) -> io::Result<Option<Vec<u8>>> {
        loop {
            if let Some(frame) = self.take_frame()? {
                return Ok(Some(frame));
            }
            let mut room = [0; 4096];
            // The only await. Between a read that has brought something and
            // the line that keeps it, nothing can be dropped.
            let read = self.stream.read(&mut room).await?;
            self.buffer.extend_from_slice(&room[..read]);
            match read {
                0 if self.buffer.is_empty() => return Ok(None),
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                _ => {}
            }
        }
    }
    // ANCHOR_END: read_frame

    /// The first frame of the buffer, if all of it is there.
    fn take_frame(&mut self) -> io::Result<Option<Vec<u8>>> {
        let Some((length, rest)) = self.buffer.split_first_chunk() else {
            return Ok(None);
        };
        let length = u32::from_be_bytes(*length) as usize;
        if length > LONGEST {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let Some(frame) = rest.get(..length).map(<[u8]>::to_vec) else {
            return Ok(None);
        };
        self.buffer.drain(..4 + length);
        Ok(Some(frame))
    }
}

#[cfg(test)]
#[path = "../exercises/tests/read_frame.rs"]
mod tests;
