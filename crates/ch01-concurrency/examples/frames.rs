//! Staying responsive, chapter 1: a program draws a frame every 16 ms, and
//! has 400 ms of computing to do. When?

use ch01_concurrency::s2_threads::be_busy;
use std::io;
use std::thread;
use std::time::{Duration, Instant};

/// 16 ms from one frame to the next are about 60 a second.
const FRAME: Duration = Duration::from_millis(16);
/// How long it takes to draw one.
const DRAW: Duration = Duration::from_millis(2);
const FRAMES: u32 = 60;
/// After this one the computing is asked for.
const ASKED: u32 = 10;
const WORK: Duration = Duration::from_millis(400);
const PIECE: Duration = Duration::from_millis(4);

/// When the computing is done.
#[derive(Clone, Copy, Debug, PartialEq)]
enum When {
    AtOnce,
    /// A piece at a time, as long as no frame is due.
    InPieces,
    OnAnotherThread,
}

#[derive(Debug)]
struct Outcome {
    /// Frames that were not ready when the next was due.
    late: usize,
    /// The longest time from one frame to the next.
    gap: Duration,
    /// From when the computing was asked for to its end.
    computed: Duration,
}

fn play(when: When) -> Outcome {
    let start = Instant::now();
    let mut drawn = Vec::new();
    let mut left = Duration::ZERO;
    let mut asked = start;
    let mut computed = Duration::ZERO;
    thread::scope(|scope| {
        let mut other = None;
        // ANCHOR: frames
        for frame in 0..FRAMES {
            let due = start + frame * FRAME;
            while Instant::now() < due {
                if left.is_zero() {
                    thread::sleep(
                        due.saturating_duration_since(Instant::now()),
                    );
                } else {
                    be_busy(PIECE.min(left));
                    left = left.saturating_sub(PIECE);
                    computed = asked.elapsed();
                }
            }
            be_busy(DRAW);
            drawn.push((due, Instant::now()));
            if frame == ASKED {
                asked = Instant::now();
                match when {
                    When::AtOnce => {
                        be_busy(WORK);
                        computed = asked.elapsed();
                    }
                    When::InPieces => left = WORK,
                    When::OnAnotherThread => {
                        other = Some(scope.spawn(move || {
                            be_busy(WORK);
                            asked.elapsed()
                        }));
                    }
                }
            }
        }
        // ANCHOR_END: frames
        // Pieces for which a busy machine has left no time between frames.
        while !left.is_zero() {
            be_busy(PIECE.min(left));
            left = left.saturating_sub(PIECE);
            computed = asked.elapsed();
        }
        if let Some(other) = other {
            computed = other.join().expect("it only computes");
        }
    });
    let late = drawn.iter().filter(|(due, done)| *done > *due + FRAME);
    let gaps = drawn.array_windows().map(|[one, next]| next.1 - one.1);
    Outcome {
        late: late.count(),
        gap: gaps.max().unwrap_or_default(),
        computed,
    }
}

fn run(mut out: impl io::Write) -> io::Result<Vec<Outcome>> {
    writeln!(
        out,
        "400 ms of computing    late of {FRAMES}   longest gap   computed after"
    )?;
    let mut all = Vec::new();
    for (name, when) in [
        ("at once", When::AtOnce),
        ("in pieces of 4 ms", When::InPieces),
        ("on another thread", When::OnAnotherThread),
    ] {
        let outcome = play(when);
        writeln!(
            out,
            "{name:<22} {:>10} {:>10} ms {:>13} ms",
            outcome.late,
            outcome.gap.as_millis(),
            outcome.computed.as_millis(),
        )?;
        all.push(outcome);
    }
    Ok(all)
}

fn main() -> io::Result<()> {
    run(io::stdout().lock()).map(drop)
}

#[test]
fn runs() {
    let all = run(io::sink()).unwrap();
    assert!(
        all.iter().all(|outcome| outcome.computed >= WORK),
        "{all:?}"
    );
    // The frames that were due during the computing, but for the last.
    let [at_once, ..] = &all[..] else {
        panic!("three ways");
    };
    assert!(at_once.gap >= WORK && at_once.late >= 24, "{at_once:?}");
}
