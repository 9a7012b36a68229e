//! A connection in memory that behaves as badly as a socket may, and by seed:
//! it reads and writes less than it was asked to, isn't ready when it could be,
//! and breaks off. A run is repeated exactly by its seed.

use futures_lite::{AsyncRead, AsyncWrite};
use std::collections::VecDeque;
use std::io::{self, ErrorKind, IoSlice};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// The numbers of a seed (a xorshift generator).
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// Those of this seed.
    pub fn new(seed: u64) -> Self {
        Self((seed ^ 0x9e37_79b9_7f4a_7c15).max(1))
    }

    /// The next one, below `bound`, which isn't 0.
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound as u64) as usize
    }
}

#[derive(Debug)]
struct Shared {
    random: Random,
    /// What each side has sent that the other one hasn't read.
    ways: [Way; 2],
    /// Bytes that may still be carried before it breaks off, if it does.
    left: Option<usize>,
    broken: bool,
}

#[derive(Debug, Default)]
struct Way {
    bytes: VecDeque<u8>,
    ended: bool,
    reader_gone: bool,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

/// How much one way holds.
const CAPACITY: usize = 4096;

/// One side of a connection.
#[derive(Debug)]
pub struct End {
    shared: Arc<Mutex<Shared>>,
    side: usize,
}

/// A connection, by seed. It breaks off once it has carried `breaks_after`
/// bytes, if there is such a number.
pub fn pair(seed: u64, breaks_after: Option<usize>) -> (End, End) {
    let shared = Arc::new(Mutex::new(Shared {
        random: Random::new(seed),
        ways: Default::default(),
        left: breaks_after,
        broken: false,
    }));
    let other = Arc::clone(&shared);
    (
        End { shared, side: 0 },
        End {
            shared: other,
            side: 1,
        },
    )
}

impl Shared {
    /// Pending for no reason, one time in four.
    fn not_now(&mut self, cx: &mut Context<'_>) -> bool {
        let pending = self.random.below(4) == 0;
        if pending {
            cx.waker().wake_by_ref();
        }
        pending
    }

    /// How many of `most` bytes: at least one.
    fn some(&mut self, most: usize) -> usize {
        1 + self.random.below(most)
    }

    fn wake_all(&mut self) {
        for way in &mut self.ways {
            way.reader.take().into_iter().for_each(Waker::wake);
            way.writer.take().into_iter().for_each(Waker::wake);
        }
    }
}

impl End {
    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl AsyncRead for End {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let mut shared = self.shared();
        if shared.broken {
            return Poll::Ready(Err(ErrorKind::ConnectionReset.into()));
        }
        if bytes.is_empty() {
            return Poll::Ready(Ok(0));
        }
        if shared.not_now(cx) {
            return Poll::Pending;
        }
        let most = bytes.len().min(shared.ways[1 - self.side].bytes.len());
        if most == 0 {
            let way = &mut shared.ways[1 - self.side];
            if way.ended {
                return Poll::Ready(Ok(0));
            }
            way.reader = Some(cx.waker().clone());
            return Poll::Pending;
        }
        let some = shared.some(most);
        let way = &mut shared.ways[1 - self.side];
        for (place, byte) in bytes.iter_mut().zip(way.bytes.drain(..some)) {
            *place = byte;
        }
        way.writer.take().into_iter().for_each(Waker::wake);
        Poll::Ready(Ok(some))
    }
}

impl AsyncWrite for End {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let mut shared = self.shared();
        let way = &shared.ways[self.side];
        if shared.broken || way.ended || way.reader_gone {
            return Poll::Ready(Err(ErrorKind::BrokenPipe.into()));
        }
        let all: usize = slices.iter().map(|slice| slice.len()).sum();
        let most = all.min(CAPACITY - way.bytes.len());
        if all == 0 {
            return Poll::Ready(Ok(0));
        }
        if shared.not_now(cx) {
            return Poll::Pending;
        }
        if most == 0 {
            shared.ways[self.side].writer = Some(cx.waker().clone());
            return Poll::Pending;
        }
        let some = shared.some(most);
        if let Some(left) = &mut shared.left {
            *left = left.saturating_sub(some);
            if *left == 0 {
                shared.broken = true;
                shared.wake_all();
                return Poll::Ready(Err(ErrorKind::ConnectionReset.into()));
            }
        }
        let way = &mut shared.ways[self.side];
        let bytes = slices.iter().flat_map(|slice| slice.iter());
        way.bytes.extend(bytes.take(some));
        way.reader.take().into_iter().for_each(Waker::wake);
        Poll::Ready(Ok(some))
    }

    fn poll_flush(
        self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(
        self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        let mut shared = self.shared();
        let way = &mut shared.ways[self.side];
        way.ended = true;
        way.reader.take().into_iter().for_each(Waker::wake);
        Poll::Ready(Ok(()))
    }
}

impl Drop for End {
    fn drop(&mut self) {
        let mut shared = self.shared();
        shared.ways[self.side].ended = true;
        shared.ways[1 - self.side].reader_gone = true;
        shared.wake_all();
    }
}
