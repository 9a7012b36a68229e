//! The tests of exercise `coalesce`, for the stub and the solution.

use super::{Queue, Task};
use std::sync::Arc;
use std::task::Waker;
use std::thread;
use testing::within_a_minute;

#[test]
fn a_thousand_wakes_are_one_turn() {
    let queue = Arc::new(Queue::default());
    let waker = Waker::from(Task::new("a", &queue));
    for _ in 0..1_000 {
        waker.wake_by_ref();
    }
    assert_eq!(queue.len(), 1, "exercise coalesce: turns");
}

#[test]
fn wakes_by_four_threads_are_one_turn() {
    within_a_minute(|| {
        let queue = Arc::new(Queue::default());
        let waker = Waker::from(Task::new("a", &queue));
        let threads = [(); 4].map(|()| {
            let waker = waker.clone();
            thread::spawn(move || {
                for _ in 0..1_000 {
                    waker.wake_by_ref();
                }
            })
        });
        for thread in threads {
            thread.join().expect("it does not panic");
        }
        assert_eq!(queue.len(), 1, "exercise coalesce: turns");
    });
}

/// Guard: the stub is right here; a solution can go wrong.
#[test]
fn a_wake_from_the_beginning_of_the_turn_on_is_one_more_turn() {
    let queue = Arc::new(Queue::default());
    let waker = Waker::from(Task::new("a", &queue));
    waker.wake_by_ref();
    let turn = queue.next();
    assert!(turn.is_some(), "exercise coalesce: no turn");
    assert!(queue.is_empty(), "exercise coalesce: it was taken");
    waker.wake_by_ref();
    assert_eq!(queue.len(), 1, "exercise coalesce: woken during its turn");
}

#[test]
fn tasks_keep_their_order_and_do_not_share_a_turn() {
    let queue = Arc::new(Queue::default());
    let [a, b] = ["a", "b"].map(|name| Waker::from(Task::new(name, &queue)));
    for waker in [&a, &b, &a, &b] {
        waker.wake_by_ref();
    }
    let turns: Vec<_> = std::iter::from_fn(|| queue.next())
        .map(|task| task.name())
        .collect();
    assert_eq!(turns, ["a", "b"], "exercise coalesce: another order");
}
