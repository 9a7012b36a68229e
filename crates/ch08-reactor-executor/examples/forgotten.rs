//! A future that forgets its waker, alone and beside one that does not: it
//! hangs, or it is only late. A finder tells in both cases.

use ch08_reactor_executor::{
    Closed, Finder, Forgotten, Future, PollState, Slot, Waker, parked,
};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};
use testing::println;

// ANCHOR: leaf
/// Ready after a while, by the word of a thread.
struct After {
    delay: Duration,
    /// It has begun, and this says when it is over.
    begun: Option<Arc<Slot>>,
    forgets: bool,
}

impl Future for After {
    type Output = Result<(), Closed>;

    fn poll(&mut self, waker: &Waker) -> PollState<Self::Output> {
        let slot = match &self.begun {
            Some(slot) => slot,
            None => {
                let slot = self.begun.insert(Arc::new(Slot::new()));
                begin(Arc::clone(slot), self.delay);
                if self.forgets {
                    // It cannot be over yet, so why ask?
                    return PollState::NotReady;
                }
                slot
            }
        };
        match slot.poll_ready(waker) {
            Ok(false) => PollState::NotReady,
            Ok(true) => PollState::Ready(Ok(())),
            Err(closed) => PollState::Ready(Err(closed)),
        }
    }
}
// ANCHOR_END: leaf

fn begin(slot: Arc<Slot>, delay: Duration) {
    thread::spawn(move || {
        thread::sleep(delay);
        slot.set_ready();
    });
}

fn after(ms: u64, forgets: bool) -> After {
    After {
        delay: Duration::from_millis(ms),
        begun: None,
        forgets,
    }
}

// ANCHOR: both
/// Two futures in one task: a poll of it polls both.
struct Both<A, B>(Option<A>, Option<B>);

impl<A: Future, B: Future> Future for Both<A, B> {
    type Output = ();

    fn poll(&mut self, waker: &Waker) -> PollState<()> {
        self.0.take_if(|a| a.poll(waker).is_ready());
        self.1.take_if(|b| b.poll(waker).is_ready());
        match (&self.0, &self.1) {
            (None, None) => PollState::Ready(()),
            _ => PollState::NotReady,
        }
    }
}
// ANCHOR_END: both

// ANCHOR: run
/// The forgetful one beside a clock that ticks after 600 ms: what is found.
fn beside_a_clock() -> std::io::Result<(Duration, Vec<Forgotten>)> {
    let finder = Finder::new(Duration::from_millis(100));
    let start = Instant::now();
    let (reply, clock) = (after(50, true), after(600, false));
    let both = Both(
        Some(finder.watch("reply", reply)),
        Some(finder.watch("clock", clock)),
    );
    parked().block_on(both)?;
    Ok((start.elapsed(), finder.late()))
}

/// The same future in a task of its own, looked at after 600 ms.
fn alone() -> std::io::Result<Vec<Forgotten>> {
    let finder = Finder::new(Duration::from_millis(100));
    let mut executor = parked();
    drop(executor.spawn(finder.watch("reply", after(50, true))));
    drop(executor.spawn(finder.watch("slow", after(5_000, false))));
    // An error would only mean that the clock has stopped; we look anyway.
    let _ = executor.block_on(after(600, false))?;
    Ok(finder.waiting())
}
// ANCHOR_END: run

fn main() -> std::io::Result<()> {
    let (took, late) = beside_a_clock()?;
    println!("beside a clock: finished after {} ms", took.as_millis());
    for Forgotten { name, pending } in late {
        let ms = pending.as_millis();
        println!("  `{name}` was polled by luck, after {ms} ms");
    }
    println!("alone: not finished after 600 ms");
    for Forgotten { name, pending } in alone()? {
        let ms = pending.as_millis();
        println!(
            "  `{name}` has waited for {ms} ms, and nothing has its waker"
        );
    }
    Ok(())
}

#[test]
fn what_was_forgotten_is_found_and_nothing_else_is() {
    testing::within_a_minute(|| {
        let (took, late) = beside_a_clock().expect("it can park");
        assert!(took >= Duration::from_millis(600));
        let names: Vec<_> = late.iter().map(|found| found.name).collect();
        assert_eq!(names, ["reply"]);
        assert!(late[0].pending >= Duration::from_millis(500));
        let waiting = alone().expect("it can park");
        let names: Vec<_> = waiting.iter().map(|found| found.name).collect();
        assert_eq!(names, ["reply"], "`slow` is waiting, and will be woken");
    });
}
