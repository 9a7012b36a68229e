//! hyper asks its surroundings for four things: to read, to write, to sleep
//! and to spawn. This is all that stands between it and this runtime.

use ch10_runtime::{spawn, time};
use futures_lite::{AsyncRead, AsyncWrite};
use hyper::rt::{self, ReadBufCursor};
use pin_project_lite::pin_project;
use std::future::Future;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

/// How many bytes are read at once, at most.
const READ: usize = 64 * 1024;

// ANCHOR: io
/// A stream of `futures-io`, as hyper wants to read from it and write to it.
#[derive(Debug)]
pub struct Io<S>(pub S);

impl<S: AsyncRead + Unpin> rt::Read for Io<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        // hyper's buffer may be uninitialised, which `AsyncRead` can't take:
        // zeroed, and bounded to keep that cheap.
        let room = buffer.remaining().min(READ);
        let bytes = buffer.initialize_unfilled_to(room);
        let stream = Pin::new(&mut self.0);
        let read = ready!(stream.poll_read(cx, bytes))?;
        assert!(read <= room, "a stream read more than there was room for");
        // SAFETY: the first `room` bytes are initialised, by the call above,
        // and `read` is at most that.
        unsafe { buffer.advance(read) };
        Poll::Ready(Ok(()))
    }
}
// ANCHOR_END: io

impl<S: AsyncWrite + Unpin> rt::Write for Io<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write_vectored(cx, slices)
    }

    fn poll_flush(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_close(cx)
    }
}

// ANCHOR: timers
/// Sleeping, for hyper's time limits.
#[derive(Clone, Copy, Debug)]
pub struct Timers;

pin_project! {
    struct Sleep {
        #[pin]
        sleep: time::Sleep,
    }
}

impl rt::Sleep for Sleep {}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.project().sleep.poll(cx)
    }
}

// ANCHOR_END: timers

// ANCHOR: timer
impl rt::Timer for Timers {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn rt::Sleep>> {
        let sleep = time::sleep(duration);
        Box::pin(Sleep { sleep })
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn rt::Sleep>> {
        let sleep = time::sleep_until(deadline);
        Box::pin(Sleep { sleep })
    }

    fn now(&self) -> Instant {
        time::now()
    }

    fn reset(&self, sleep: &mut Pin<Box<dyn rt::Sleep>>, deadline: Instant) {
        match sleep.as_mut().downcast_mut_pin::<Sleep>() {
            Some(ours) => ours.project().sleep.reset(deadline),
            None => *sleep = self.sleep_until(deadline),
        }
    }
}

// ANCHOR_END: timer

/// Spawning, which only HTTP/2 needs: a task for each of its streams.
#[derive(Clone, Copy, Debug)]
pub struct Tasks;

impl<F> rt::Executor<F> for Tasks
where
    F: Future<Output: Send> + Send + 'static,
{
    fn execute(&self, future: F) {
        spawn(future);
    }
}
