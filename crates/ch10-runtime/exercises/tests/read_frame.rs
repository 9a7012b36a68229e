//! The tests of exercise `read_frame`, for the stub and the solution.

use super::{Frames, LONGEST};
use ch10_runtime::cut::{self, Cut};
use futures_lite::{AsyncRead, future};
use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::task::{Context, Poll};
use testing::within_a_minute;

/// Gives so many bytes at a time, and is pending before each piece.
struct Pieces {
    bytes: VecDeque<u8>,
    piece: usize,
    pending: bool,
}

impl Pieces {
    fn new(bytes: &[u8], piece: usize) -> Self {
        let bytes = bytes.iter().copied().collect();
        let pending = false;
        Self {
            bytes,
            piece,
            pending,
        }
    }
}

impl AsyncRead for Pieces {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        room: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        self.pending = !self.pending;
        if self.pending {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let length = room.len().min(self.piece).min(self.bytes.len());
        for (place, byte) in room.iter_mut().zip(self.bytes.drain(..length)) {
            *place = byte;
        }
        Poll::Ready(Ok(length))
    }
}

/// What is sent: a short frame, an empty one and a longer one.
fn frames() -> [Vec<u8>; 3] {
    [b"one".to_vec(), Vec::new(), (0..20).collect()]
}

fn encoded() -> Vec<u8> {
    let mut bytes = Vec::new();
    for frame in frames() {
        bytes.extend_from_slice(&(frame.len() as u32).to_be_bytes());
        bytes.extend_from_slice(&frame);
    }
    bytes
}

// ANCHOR: scene
/// Reads to the end; the first call is dropped after so many polls. Says
/// whether it was.
async fn read_all(piece: usize, polls: usize) -> bool {
    let mut reader = Frames::new(Pieces::new(&encoded(), piece));
    let first = cut::after(polls, reader.read_frame()).await;
    let was_cut = matches!(first, Cut::Cut);
    let mut read = Vec::new();
    if let Cut::Done(frame) = first {
        read.extend(frame.expect("the stream is fine"));
    }
    loop {
        match reader.read_frame().await {
            Ok(Some(frame)) => read.push(frame),
            Ok(None) => break,
            Err(error) => panic!(
                "exercise read_frame: after a call that was dropped after \
                 {polls} polls: {error}"
            ),
        }
    }
    assert!(
        read == frames(),
        "exercise read_frame: after a call that was dropped after {polls} \
         polls, other frames come"
    );
    was_cut
}
// ANCHOR_END: scene

// ANCHOR: each
#[test]
fn a_call_is_dropped_after_each_number_of_polls() {
    within_a_minute(|| {
        for piece in [1, 2, 3, 5, 100] {
            let cuts = future::block_on(cut::each(async |polls| {
                read_all(piece, polls).await
            }));
            assert!(cuts > 1, "exercise read_frame: it was never dropped");
        }
    });
}
// ANCHOR_END: each

#[test]
fn every_call_is_dropped_after_each_of_its_polls() {
    within_a_minute(|| {
        let read = future::block_on(async {
            let mut reader = Frames::new(Pieces::new(&encoded(), 1));
            let (mut read, mut drops) = (Vec::new(), 0);
            loop {
                match cut::after(2, reader.read_frame()).await {
                    Cut::Cut => drops += 1,
                    Cut::Done(Ok(Some(frame))) => read.push(frame),
                    Cut::Done(_) => return (read, drops),
                }
                assert!(drops < 1_000, "exercise read_frame: no progress");
            }
        });
        let (read, drops) = read;
        assert!(
            read == frames(),
            "exercise read_frame: other frames come, after {drops} drops"
        );
        assert!(drops > 3);
    });
}

/// Guard: the stub does this.
#[test]
fn frames_come_whole_and_the_end_is_told() {
    within_a_minute(|| {
        assert!(!future::block_on(read_all(7, usize::MAX)));
    });
}

/// Guard: the stub does this.
#[test]
fn half_a_frame_and_one_that_is_too_long_are_errors() {
    within_a_minute(|| {
        let ends = |bytes: &[u8]| {
            let mut reader = Frames::new(Pieces::new(bytes, 3));
            let frame = future::block_on(reader.read_frame());
            frame.map_err(|error| error.kind())
        };
        let half = &encoded()[..5];
        assert_eq!(ends(half), Err(ErrorKind::UnexpectedEof));
        assert_eq!(ends(&half[..2]), Err(ErrorKind::UnexpectedEof));
        let long = (LONGEST as u32 + 1).to_be_bytes();
        assert_eq!(ends(&long), Err(ErrorKind::InvalidData));
        assert_eq!(ends(&[]), Ok(None));
    });
}
