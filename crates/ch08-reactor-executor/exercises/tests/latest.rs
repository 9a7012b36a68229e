//! The tests of exercise `latest`, for the stub and the solution.

use super::Place;
use ch08_reactor_executor::paused;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Wake, Waker};
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
fn the_second_of_two_tasks_is_woken_and_the_first_is_not() {
    let place = Place::default();
    let (first, waker) = counting();
    place.leave(&waker);
    let (second, waker) = counting();
    place.leave(&waker);
    place.wake();
    let woken = [&first, &second].map(|task| task.0.load(Ordering::SeqCst));
    assert_eq!(woken, [0, 1], "exercise latest: [first, second] woken");
}

#[test]
fn a_waker_that_was_replaced_is_dropped() {
    let place = Place::default();
    let (first, waker) = counting();
    place.leave(&waker);
    drop(waker);
    let (_, waker) = counting();
    place.leave(&waker);
    let owners = Arc::strong_count(&first);
    assert_eq!(owners, 1, "exercise latest: the first waker is still there");
}

#[test]
fn the_same_task_again_is_not_cloned_again() {
    let place = Place::default();
    let clones = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&clones);
    let waker = paused(Waker::noop().clone(), move || {
        counted.fetch_add(1, Ordering::SeqCst);
    });
    for _ in 0..10 {
        place.leave(&waker);
    }
    let (_, other) = counting();
    place.leave(&other);
    place.leave(&waker);
    let clones = clones.load(Ordering::SeqCst);
    assert_eq!(
        clones, 2,
        "exercise latest: once before the other, once after"
    );
}

/// Looks at the place when it is cloned.
#[test]
fn nothing_is_locked_while_a_waker_is_cloned() {
    let place = Arc::new(Place::default());
    let looks = Arc::clone(&place);
    let (sender, done) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let inner = Arc::clone(&looks);
        let waker = paused(Waker::noop().clone(), move || {
            assert!(!inner.is_taken());
        });
        looks.leave(&waker);
        // An error says that the test is over.
        let _ = sender.send(());
    });
    let limit = std::time::Duration::from_secs(10);
    assert!(
        done.recv_timeout(limit).is_ok(),
        "exercise latest: the clone found the place locked"
    );
}

/// Guard: the stub is right with one task.
#[test]
fn one_task_is_woken_once() {
    within_a_minute(|| {
        let place = Place::default();
        let (task, waker) = counting();
        place.leave(&waker);
        place.wake();
        place.wake();
        let woken = task.0.load(Ordering::SeqCst);
        assert_eq!(woken, 1, "exercise latest: one wake");
        assert!(!place.is_taken());
    });
}
