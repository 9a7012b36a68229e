//! A limit to how long a future may take.

use super::later;
use super::sleep::{Sleep, sleep_until};
use crate::kernel;
use std::fmt;
use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

/// Waits for `future`, at most for so long; the time counts from this call.
///
/// If the time is over first, the future is not polled again. It is dropped
/// with the `Timeout`, so it should be one that may be dropped at any await
/// (its documentation then calls it cancel safe). A future that is ready at
/// its first poll is never late, even with a limit of zero.
///
/// ```
/// use ch10_runtime::{Runtime, time};
/// use std::future::pending;
/// use std::time::Duration;
///
/// let limit = Duration::from_millis(5);
/// let result = Runtime::new()?
///     .block_on(time::timeout(limit, pending::<()>()));
/// assert!(result.is_err());
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Panics
///
/// The future panics when it has to wait outside a runtime.
pub fn timeout<F: Future>(limit: Duration, future: F) -> Timeout<F> {
    timeout_at(later(kernel::now(), limit), future)
}

/// Waits for `future`, at most until `deadline`. See [`timeout`].
pub fn timeout_at<F: Future>(deadline: Instant, future: F) -> Timeout<F> {
    let sleep = sleep_until(deadline);
    Timeout { future, sleep }
}

/// The time was over before the future was ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Elapsed;

impl fmt::Display for Elapsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the time is over")
    }
}

impl std::error::Error for Elapsed {}

impl From<Elapsed> for io::Error {
    fn from(elapsed: Elapsed) -> Self {
        Self::new(ErrorKind::TimedOut, elapsed)
    }
}

// ANCHOR: timeout
/// The future of [`timeout`] and [`timeout_at`].
#[derive(Debug)]
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct Timeout<F> {
    future: F,
    sleep: Sleep,
}

impl<F: Future> Future for Timeout<F> {
    type Output = Result<F::Output, Elapsed>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        // SAFETY: neither field is moved out of it, here or elsewhere.
        let this = unsafe { self.get_unchecked_mut() };
        // SAFETY: it is pinned with the whole.
        let future = unsafe { Pin::new_unchecked(&mut this.future) };
        if let Poll::Ready(output) = future.poll(cx) {
            return Poll::Ready(Ok(output));
        }
        // SAFETY: it is pinned with the whole.
        let sleep = unsafe { Pin::new_unchecked(&mut this.sleep) };
        // The future may have used up the task's budget. The limit holds.
        sleep.poll_unbudgeted(cx).map(|()| Err(Elapsed))
    }
}
// ANCHOR_END: timeout
