//! The traits that sockets share, written once.

/// The traits of `futures-io` for something that reads.
macro_rules! async_read {
    ($($socket:ty),*) => {$(
        /// Cancel safe: a poll that is pending has read nothing.
        impl futures_io::AsyncRead for $socket {
            #[inline]
            fn poll_read(
                self: std::pin::Pin<&mut Self>,
                cx: &mut std::task::Context<'_>,
                bytes: &mut [u8],
            ) -> std::task::Poll<std::io::Result<usize>> {
                self.stream().poll_read_shared(cx, bytes)
            }

            fn poll_read_vectored(
                self: std::pin::Pin<&mut Self>,
                cx: &mut std::task::Context<'_>,
                bufs: &mut [std::io::IoSliceMut<'_>],
            ) -> std::task::Poll<std::io::Result<usize>> {
                self.stream().poll_read_vectored_shared(cx, bufs)
            }
        }
    )*};
}

/// The traits of `futures-io` for something that writes. Closing ends the
/// writing: the peer reads an end.
macro_rules! async_write {
    ($($socket:ty),*) => {$(
        /// Cancel safe: a poll that is pending has written nothing.
        impl futures_io::AsyncWrite for $socket {
            #[inline]
            fn poll_write(
                self: std::pin::Pin<&mut Self>,
                cx: &mut std::task::Context<'_>,
                bytes: &[u8],
            ) -> std::task::Poll<std::io::Result<usize>> {
                self.stream().poll_write_shared(cx, bytes)
            }

            fn poll_write_vectored(
                self: std::pin::Pin<&mut Self>,
                cx: &mut std::task::Context<'_>,
                bufs: &[std::io::IoSlice<'_>],
            ) -> std::task::Poll<std::io::Result<usize>> {
                self.stream().poll_write_vectored_shared(cx, bufs)
            }

            /// Nothing is kept back, so there is nothing to do.
            fn poll_flush(
                self: std::pin::Pin<&mut Self>,
                _cx: &mut std::task::Context<'_>,
            ) -> std::task::Poll<std::io::Result<()>> {
                std::task::Poll::Ready(Ok(()))
            }

            /// Ends the writing direction. It does not wait.
            fn poll_close(
                self: std::pin::Pin<&mut Self>,
                _cx: &mut std::task::Context<'_>,
            ) -> std::task::Poll<std::io::Result<()>> {
                let done = self.stream().shutdown(std::net::Shutdown::Write);
                std::task::Poll::Ready(super::traits::closed(done))
            }
        }
    )*};
}

/// What every stream and every half can do, in words of its own `io`.
macro_rules! read_methods {
    () => {
        /// Reads what is there, at most as much as fits; waits for the first
        /// byte. 0: the peer sends no more, or `bytes` has no room.
        ///
        /// # Errors
        ///
        /// Those of the system, for instance `ConnectionReset`; that the
        /// runtime is gone.
        ///
        /// # Cancel safety
        ///
        /// Dropped while it waits, it has read nothing.
        pub fn read<'a>(
            &'a mut self,
            bytes: &'a mut [u8],
        ) -> impl std::future::Future<Output = std::io::Result<usize>> + Send + 'a
        {
            self.stream().read_shared(bytes)
        }

        /// Fills `bytes`.
        ///
        /// # Errors
        ///
        /// `UnexpectedEof` if the end comes first; those of
        /// [`read`](Self::read).
        ///
        /// # Cancel safety
        ///
        /// None: dropped while it waits, it may have read a part, and nothing
        /// says how much. Keep a buffer across the wait and use
        /// [`read`](Self::read), as the exercise `read_frame` does.
        pub async fn read_exact(
            &mut self,
            bytes: &mut [u8],
        ) -> std::io::Result<()> {
            let mut filled = 0;
            while filled < bytes.len() {
                match self.read(&mut bytes[filled..]).await? {
                    0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
                    read => filled += read,
                }
            }
            Ok(())
        }
    };
}

macro_rules! peek_method {
    () => {
        /// Reads what is there, and leaves it there.
        ///
        /// # Errors
        ///
        /// Those of [`read`](Self::read).
        ///
        /// # Cancel safety
        ///
        /// It takes nothing in any case.
        pub async fn peek(
            &mut self,
            bytes: &mut [u8],
        ) -> std::io::Result<usize> {
            self.stream().peek_shared(bytes).await
        }
    };
}

macro_rules! write_methods {
    () => {
        /// Writes as much as there is room for; waits for the first byte's.
        ///
        /// # Errors
        ///
        /// Those of the system, for instance `BrokenPipe` if the peer reads no
        /// more; that the runtime is gone.
        ///
        /// # Cancel safety
        ///
        /// Dropped while it waits, it has written nothing.
        pub fn write<'a>(
            &'a mut self,
            bytes: &'a [u8],
        ) -> impl std::future::Future<Output = std::io::Result<usize>> + Send + 'a
        {
            self.stream().write_shared(bytes)
        }

        /// Writes all of it.
        ///
        /// # Errors
        ///
        /// Those of [`write`](Self::write). A part may have been written.
        ///
        /// # Cancel safety
        ///
        /// None: dropped while it waits, it has written a part, and nothing
        /// says how much.
        pub async fn write_all(&mut self, bytes: &[u8]) -> std::io::Result<()> {
            let mut left = bytes;
            while !left.is_empty() {
                match self.write(left).await? {
                    0 => return Err(std::io::ErrorKind::WriteZero.into()),
                    written => left = &left[written..],
                }
            }
            Ok(())
        }
    };
}

/// Closing twice, or what the peer has broken off, is closed.
pub(super) fn closed(done: std::io::Result<()>) -> std::io::Result<()> {
    match done {
        Err(error) if error.kind() == std::io::ErrorKind::NotConnected => {
            Ok(())
        }
        done => done,
    }
}

pub(super) use {
    async_read, async_write, peek_method, read_methods, write_methods,
};
