//! The tests of exercise `race`, for the stub and the solution.

use super::Flag;
use ch08_reactor_executor::paused;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Wake, Waker};
use std::thread;
use testing::within_a_minute;

/// Counts its wakes.
#[derive(Default)]
struct Count(AtomicU32);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

fn counting() -> (Arc<Count>, Waker) {
    let count = Arc::new(Count::default());
    (Arc::clone(&count), Waker::from(count))
}

#[test]
fn set_between_the_look_and_the_store_ten_thousand_times() {
    within_a_minute(|| {
        for run in 0..10_000 {
            let flag = Arc::new(Flag::default());
            let (count, inner) = counting();
            let sets = Arc::clone(&flag);
            let waker = paused(inner, move || sets.set());
            let seen = flag.poll(&waker);
            let woken = count.0.load(Ordering::SeqCst) > 0;
            assert!(
                seen || woken,
                "exercise race: run {run}: set, and neither seen nor woken"
            );
        }
    });
}

/// Guard: the stub is right when nothing happens in between.
#[test]
fn set_before_or_after_the_poll() {
    let flag = Flag::default();
    let (count, waker) = counting();
    assert!(!flag.poll(&waker), "exercise race: nothing has happened");
    flag.set();
    let woken = count.0.load(Ordering::SeqCst);
    assert_eq!(woken, 1, "exercise race: the waker was left there");
    assert!(flag.poll(&waker), "exercise race: it has happened");
}

/// Guard: by chance alone, the stub may get through.
#[test]
fn two_threads_at_once() {
    within_a_minute(|| {
        for _ in 0..200 {
            let flag = Arc::new(Flag::default());
            let (count, waker) = counting();
            let sets = Arc::clone(&flag);
            let setting = thread::spawn(move || sets.set());
            // The forced test decides; this one only must not hang or crash.
            let _ = flag.poll(&waker);
            setting.join().expect("it does not panic");
            assert!(count.0.load(Ordering::SeqCst) <= 1);
            assert!(flag.poll(&waker), "exercise race: it has happened");
        }
    });
}
