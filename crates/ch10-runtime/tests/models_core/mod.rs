//! Models of what threads share in the core of the runtime: the state of a
//! task, the inbox, and the sleep of the home thread. For loom and shuttle.

use crate::inbox::Inbox;
use crate::root::Root;
use crate::state::{self, Join, State};
use crate::sync::{Arc, Condvar, Mutex, UnsafeCell, lock, thread, wait};
use crate::task::Task;
use crate::token::Token;
use testing::proof::Model;

pub const MODELS: [Model; 10] = [
    ("a wake during the poll", wake_during_the_poll),
    ("an abort during the poll", abort_during_the_poll),
    ("a poll on another thread", poll_elsewhere),
    ("two wakes, one run", two_wakes),
    ("the handle waits", handle_waits),
    ("the handle waits twice", handle_waits_twice),
    ("the handle is dropped", handle_is_dropped),
    ("the last reference", last_reference),
    ("two threads push", two_push),
    ("woken while falling asleep", falling_asleep),
];

/// A task without a future: the parts that the state protects, each of which
/// loom watches for two threads at once.
struct Cell {
    state: State,
    /// Polled by whoever runs the task.
    future: UnsafeCell<usize>,
    output: UnsafeCell<Option<u32>>,
    /// The handle's waker: how often it was woken.
    waker: UnsafeCell<Option<Arc<Signal>>>,
    /// Cleared by whoever drops the last reference.
    there: UnsafeCell<bool>,
}

// SAFETY: that is what the models are about: loom finds a race.
unsafe impl Sync for Cell {}
// SAFETY: as above.
unsafe impl Send for Cell {}

impl Cell {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            state: State::new(0),
            future: UnsafeCell::new(0),
            output: UnsafeCell::new(None),
            waker: UnsafeCell::new(None),
            there: UnsafeCell::new(true),
        })
    }

    /// The poll of a run.
    fn poll(&self) {
        // SAFETY: RUNNING is the caller's.
        self.future.with_mut(|polls| unsafe { *polls += 1 });
    }

    /// The end of a run, as `complete` in `task.rs` does it.
    fn complete(&self, output: u32) {
        // SAFETY: RUNNING is the caller's.
        self.output
            .with_mut(|place| unsafe { *place = Some(output) });
        let old = self.state.complete();
        if old & state::HANDLE == 0 {
            // SAFETY: there is no handle.
            self.output.with_mut(|place| unsafe { *place = None });
        }
        if old & state::JOINER != 0 {
            // SAFETY: the waker is ours, as JOINER was set.
            let waker = self.waker.with_mut(|place| unsafe { (*place).take() });
            waker.expect("JOINER says that there is one").set();
        }
        self.drop_reference();
    }

    fn drop_reference(&self) {
        if self.state.drop_reference() {
            // SAFETY: it was the last.
            self.there.with_mut(|there| unsafe { *there = false });
        }
    }

    /// One poll of the handle, as in `task/join.rs`: `None` is pending.
    fn join(&self, signal: &Arc<Signal>) -> Option<u32> {
        let done = self.state.load() & state::COMPLETE != 0
            || self.state.take_joiner() == Join::Complete
            || {
                let waker = Some(Arc::clone(signal));
                // SAFETY: the waker is ours.
                self.waker.with_mut(|place| unsafe { *place = waker });
                self.state.leave_joiner() == Join::Complete
            };
        // SAFETY: complete, and we are the handle.
        done.then(|| self.output.with_mut(|place| unsafe { (*place).take() }))
            .map(|output| output.expect("the output is there"))
    }

    /// As the `Drop` of the handle.
    fn drop_handle(&self) {
        if self.state.drop_handle() & state::COMPLETE != 0 {
            // SAFETY: complete, and we are the handle.
            self.output.with_mut(|place| unsafe { *place = None });
        }
        self.drop_reference();
    }
}

/// Something to sleep for.
struct Signal {
    set: Mutex<bool>,
    changed: Condvar,
}

impl Signal {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            set: Mutex::new(false),
            changed: Condvar::new(),
        })
    }

    fn set(&self) {
        *lock(&self.set) = true;
        self.changed.notify_all();
    }

    fn wait(&self) {
        let mut set = lock(&self.set);
        while !*set {
            set = wait(&self.changed, set);
        }
        *set = false;
    }
}

/// What happens before a wake is seen by the poll that the wake brings about,
/// although the waker schedules nothing itself.
fn wake_during_the_poll() {
    during_the_poll(State::wake);
}

fn abort_during_the_poll() {
    during_the_poll(State::abort);
}

fn during_the_poll(wake: fn(&State) -> bool) {
    let cell = Cell::new();
    let data = Arc::new(Shared(UnsafeCell::new(0)));
    cell.state.start();
    let other = {
        let (cell, data) = (Arc::clone(&cell), Arc::clone(&data));
        thread::spawn(move || {
            // SAFETY: nothing reads it before the wake.
            data.0.with_mut(|data| unsafe { *data = 1 });
            wake(&cell.state)
        })
    };
    cell.poll();
    if cell.state.pause() {
        cell.state.start();
        cell.poll();
        // SAFETY: the wake came after the write, and this poll after the wake.
        let seen = data.0.with(|data| unsafe { *data });
        assert_eq!(seen, 1);
        cell.state.pause();
        assert!(!other.join().expect("no panic"), "scheduled twice");
    } else {
        // The wake came after the poll: it has to schedule the task.
        assert!(other.join().expect("no panic"), "a wake is lost");
    }
}

/// Data of one thread, for another one to see.
struct Shared(UnsafeCell<u32>);

// SAFETY: that is what the models are about: loom finds a race.
unsafe impl Sync for Shared {}
// SAFETY: as above.
unsafe impl Send for Shared {}

/// One thread polls; the one that wakes polls next.
fn poll_elsewhere() {
    let cell = Cell::new();
    cell.state.start();
    let other = {
        let cell = Arc::clone(&cell);
        thread::spawn(move || {
            if cell.state.wake() {
                cell.state.start();
                cell.poll();
                cell.state.pause();
            }
        })
    };
    cell.poll();
    if cell.state.pause() {
        cell.state.start();
        cell.poll();
        cell.state.pause();
    }
    other.join().expect("no panic");
    // SAFETY: all threads are done.
    let polls = cell.future.with(|polls| unsafe { *polls });
    assert_eq!(polls, 2);
}

/// Of two wakes at once, one schedules the task.
fn two_wakes() {
    let cell = Cell::new();
    cell.state.start();
    cell.state.pause();
    let other = {
        let cell = Arc::clone(&cell);
        thread::spawn(move || cell.state.wake())
    };
    let mine = cell.state.wake();
    let others = other.join().expect("no panic");
    assert!(mine != others, "scheduled {mine} and {others}");
}

/// The handle gets the output, at once or by its waker.
fn handle_waits() {
    let cell = Cell::new();
    let signal = Signal::new();
    cell.state.start();
    let other = {
        let cell = Arc::clone(&cell);
        thread::spawn(move || cell.complete(7))
    };
    let output = loop {
        match cell.join(&signal) {
            Some(output) => break output,
            None => signal.wait(),
        }
    };
    assert_eq!(output, 7);
    cell.drop_handle();
    other.join().expect("no panic");
}

/// The handle changes its waker: the new one is woken, or none is needed.
fn handle_waits_twice() {
    let cell = Cell::new();
    let (old, new) = (Signal::new(), Signal::new());
    cell.state.start();
    let other = {
        let cell = Arc::clone(&cell);
        thread::spawn(move || cell.complete(7))
    };
    let mut output = cell.join(&old);
    while output.is_none() {
        output = cell.join(&new);
        if output.is_none() {
            new.wait();
        }
    }
    assert_eq!(output, Some(7));
    other.join().expect("no panic");
}

/// Whoever comes second drops the output, and nobody else.
fn handle_is_dropped() {
    let cell = Cell::new();
    cell.state.start();
    let other = {
        let cell = Arc::clone(&cell);
        thread::spawn(move || cell.complete(7))
    };
    cell.drop_handle();
    other.join().expect("no panic");
    // SAFETY: all threads are done.
    let left = cell.output.with(|output| unsafe { *output });
    assert_eq!(left, None, "an output that nobody dropped");
}

/// The last reference goes after everything that was done with the others.
fn last_reference() {
    let cell = Cell::new();
    cell.state.add_reference();
    let others: Vec<_> = (0..2)
        .map(|_| {
            let cell = Arc::clone(&cell);
            thread::spawn(move || {
                // SAFETY: by this thread's reference.
                assert!(cell.there.with(|there| unsafe { *there }));
                cell.drop_reference();
            })
        })
        .collect();
    // SAFETY: by this thread's reference.
    assert!(cell.there.with(|there| unsafe { *there }));
    cell.drop_reference();
    for other in others {
        other.join().expect("no panic");
    }
    // SAFETY: all threads are done.
    assert!(!cell.there.with(|there| unsafe { *there }));
}

/// What two threads leave is taken, once, with all that belongs to it.
fn two_push() {
    let inbox = Arc::new(Inbox::new());
    let others: Vec<_> = (1..=2)
        .map(|value| {
            let inbox = Arc::clone(&inbox);
            thread::spawn(move || inbox.push(Task::new(value)))
        })
        .collect();
    let mut sum = 0;
    inbox.take(|task| sum += task.value());
    for other in others {
        other.join().expect("no panic");
    }
    inbox.take(|task| sum += task.value());
    assert_eq!(sum, 3);
    assert!(inbox.is_empty());
}

/// The home thread goes to sleep as a task and the root are woken. It runs
/// both, or loom reports a deadlock.
fn falling_asleep() {
    let home = Arc::new((Inbox::new(), Root::new(), Token::new()));
    let kernel = Signal::new();
    let data = Arc::new(Shared(UnsafeCell::new(0)));
    let other = {
        let (home, kernel) = (Arc::clone(&home), Arc::clone(&kernel));
        let data = Arc::clone(&data);
        thread::spawn(move || {
            let (inbox, root, token) = &*home;
            let unpark = || {
                if token.unpark() {
                    kernel.set();
                }
            };
            inbox.push(Task::new(1));
            unpark();
            // SAFETY: nothing reads it before the wake.
            data.0.with_mut(|data| unsafe { *data = 1 });
            root.wake();
            unpark();
        })
    };
    let (inbox, root, token) = &*home;
    let (mut tasks, mut polled) = (0, false);
    while tasks == 0 || !polled {
        if root.take() {
            // SAFETY: the wake came after the write.
            assert_eq!(data.0.with(|data| unsafe { *data }), 1);
            polled = true;
        }
        if !inbox.is_empty() {
            inbox.take(|task| tasks += task.value());
        }
        let done = tasks > 0 && polled;
        if !done && !root.is_woken() && token.park() {
            kernel.wait();
            token.unparked();
        }
    }
    other.join().expect("no panic");
}
