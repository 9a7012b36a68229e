//! The parker and the channel in all interleavings of two threads, and a
//! parker with a mistake, which loom must find.
//!
//! ```text
//! RUSTFLAGS="--cfg futures_loom" cargo test --release --test loom
//! ```

#![cfg(futures_loom)]

use ch06_futures::{CountWakes, Parker, one_shot};
use loom::sync::{Arc, Condvar, Mutex};
use loom::thread;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

#[test]
fn a_wake_at_any_moment_ends_the_sleep() {
    loom::model(|| {
        let parker = Arc::new(Parker::new());
        let theirs = Arc::clone(&parker);
        let waking = thread::spawn(move || theirs.unpark());
        parker.park();
        waking.join().expect("it does not panic");
    });
}

#[test]
fn two_wakes_end_at_least_one_sleep() {
    loom::model(|| {
        let parker = Arc::new(Parker::new());
        let threads = [0; 2].map(|_| {
            let theirs = Arc::clone(&parker);
            thread::spawn(move || theirs.unpark())
        });
        parker.park();
        for thread in threads {
            thread.join().expect("it does not panic");
        }
    });
}

/// Looks at the token, lets go of the lock, and sleeps: the wake between.
struct Careless {
    woken: Mutex<bool>,
    changed: Condvar,
}

#[test]
#[should_panic(expected = "deadlock")]
fn a_parker_that_lets_go_before_it_sleeps_is_found() {
    loom::model(|| {
        // Leaked: loom's panic must find nothing to drop.
        let parker: &Careless = Box::leak(Box::new(Careless {
            woken: Mutex::new(false),
            changed: Condvar::new(),
        }));
        thread::spawn(|| {
            *parker.woken.lock().expect("not poisoned") = true;
            parker.changed.notify_one();
        });
        let woken = *parker.woken.lock().expect("not poisoned");
        if !woken {
            let lock = parker.woken.lock().expect("not poisoned");
            std::mem::forget(parker.changed.wait(lock));
        }
    });
}

#[test]
fn a_value_is_seen_or_its_receiver_is_woken() {
    loom::model(|| {
        let (sender, mut receiver) = one_shot();
        let sending = thread::spawn(move || {
            sender.send(5).expect("the receiver is there");
        });
        let wakes = std::sync::Arc::new(CountWakes::default());
        let waker = Waker::from(std::sync::Arc::clone(&wakes));
        let mut cx = Context::from_waker(&waker);
        let first = Pin::new(&mut receiver).poll(&mut cx);
        sending.join().expect("it does not panic");
        match first {
            Poll::Ready(value) => {
                assert_eq!((value, wakes.count()), (Ok(5), 0));
            }
            Poll::Pending => {
                assert_eq!(wakes.count(), 1);
                let value = Pin::new(&mut receiver).poll(&mut cx);
                assert_eq!(value, Poll::Ready(Ok(5)));
            }
        }
    });
}
