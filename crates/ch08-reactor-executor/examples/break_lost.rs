//! Break it: a wake-up that is lost, every time. The event comes between the
//! look and the store. Then the same program with a second look.

use ch08_reactor_executor::{Closed, Slot, Waker, broken, paused};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier};
use std::task::Wake;
use std::thread;
use std::time::Duration;
use testing::println;

// ANCHOR: task
type PollReady = fn(&Slot, &Waker) -> Result<bool, Closed>;

/// What is known of a task after it was polled once.
#[derive(Debug, PartialEq, Eq)]
struct Polled {
    /// Its poll has said that the event has come.
    ready: bool,
    /// It was woken within a third of a second.
    woken: bool,
    /// Its waker is in the slot.
    waiting: bool,
    /// The event has come, and nothing has seen it.
    unseen: bool,
}
// ANCHOR_END: task

/// A waker that says whether it was woken.
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Release); // pairs with the load in `run`
    }
}

// ANCHOR: run
fn run(poll_ready: PollReady) -> Polled {
    let slot = Arc::new(Slot::new());
    // Two meetings: "I have looked" and "it has happened".
    let (looked, happened) =
        (Arc::new(Barrier::new(2)), Arc::new(Barrier::new(2)));

    let event = {
        let (slot, looked) = (Arc::clone(&slot), Arc::clone(&looked));
        let happened = Arc::clone(&happened);
        thread::spawn(move || {
            looked.wait();
            slot.set_ready();
            happened.wait();
        })
    };

    let woken = Arc::new(Woken(AtomicBool::new(false)));
    // It is cloned inside `store`, before it is put into the slot.
    let waker = paused(Waker::from(Arc::clone(&woken)), move || {
        looked.wait();
        happened.wait();
    });
    // The reactor is there, so there is an answer.
    let ready = poll_ready(&slot, &waker) == Ok(true);
    event.join().expect("it does not panic");

    thread::sleep(Duration::from_millis(333));
    Polled {
        ready,
        woken: woken.0.load(Ordering::Acquire), // pairs with `wake`
        waiting: slot.is_waited_for(),
        unseen: slot.poll_ready(Waker::noop()) == Ok(true),
    }
}
// ANCHOR_END: run

fn print(name: &str, after: &Polled) {
    let yes = |yes| if yes { "yes" } else { "no" };
    println!(
        "{name:<15} {:<5} {:<5} {:<7} {}",
        yes(after.ready),
        yes(after.woken),
        yes(after.waiting),
        yes(after.unseen),
    );
}

fn main() {
    println!("                ready woken waiting unseen");
    print("one look", &run(broken::poll_ready));
    print("a second look", &run(Slot::poll_ready));
}

#[test]
fn one_look_loses_it_and_a_second_one_does_not() {
    testing::within_a_minute(|| {
        let lost = Polled {
            ready: false,
            woken: false,
            waiting: true,
            unseen: true,
        };
        assert_eq!(run(broken::poll_ready), lost);
        let seen = Polled {
            ready: true,
            woken: false, // no need
            waiting: true,
            unseen: false,
        };
        assert_eq!(run(Slot::poll_ready), seen);
    });
}
