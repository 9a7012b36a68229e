//! One socket, its kernel, the driver and tasks, as models.

use crate::readiness::{Direction, GONE, READABLE, Readiness, WRITABLE};
use crate::slots::Slots;
use crate::sync::{AtomicUsize, Condvar, Mutex, Ordering, lock, thread, wait};
use std::sync::Arc;
use std::task::{Poll, Wake, Waker};
use testing::proof::Model;

/// The models that hold.
pub const MODELS: [Model; 6] = [
    ("an event while a task looks", || event_after(0)),
    ("an event while a task reads what came before", || {
        event_after(1);
    }),
    ("two directions are cleared", directions),
    ("a future is dropped while an event comes", dropped),
    ("the runtime ends while a task looks", ends),
    ("a socket leaves while its event is delivered", || {
        leaves(Free::BeforeTheWait);
    }),
];

/// Orders that are wrong, each of which must fail.
pub const BROKEN: [Model; 2] = [
    ("slots are freed between a wait and its delivery", || {
        leaves(Free::BeforeTheDelivery);
    }),
    ("slots are freed when a socket leaves", || {
        leaves(Free::ByTheSocket);
    }),
];

/// Bytes that have arrived. Nothing is ordered by it: the kernel's own locks
/// must not be what the proof rests on.
struct Kernel(loom::sync::atomic::AtomicUsize);

impl Kernel {
    fn new() -> Self {
        Self(loom::sync::atomic::AtomicUsize::new(0))
    }

    fn arrives(&self, all: usize) {
        self.0.store(all, Ordering::Relaxed);
    }

    fn arrived(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

/// A task that sleeps until it is woken.
struct Task {
    woken: Mutex<bool>,
    condvar: Condvar,
}

impl Task {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            woken: Mutex::new(false),
            condvar: Condvar::new(),
        })
    }

    fn sleep(&self) {
        let mut woken = lock(&self.woken);
        while !*woken {
            woken = wait(&self.condvar, woken);
        }
        *woken = false;
    }
}

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        *lock(&self.woken) = true;
        self.condvar.notify_one();
    }
}

/// Reads as `Io::poll_io` does, until so many bytes have come.
fn read(kernel: &Kernel, readiness: &Readiness<()>, all: usize) {
    let task = Task::new();
    let waker = Waker::from(Arc::clone(&task));
    let (mut read, mut stored) = (0, None);
    while read < all {
        match readiness.poll_ready(Direction::Read, &waker, || (), &mut stored)
        {
            Poll::Pending => task.sleep(),
            Poll::Ready(seen) => {
                // What one call brings.
                let arrived = kernel.arrived();
                match arrived == read {
                    true => readiness.clear(Direction::Read, seen),
                    false => read = arrived,
                }
            }
        }
    }
}

/// The event comes for one byte more than have arrived `before`.
fn event_after(before: usize) {
    let kernel = Arc::new(Kernel::new());
    kernel.arrives(before);
    let readiness = Arc::new(Readiness::new(READABLE));
    let driver = {
        let (kernel, readiness) = (Arc::clone(&kernel), Arc::clone(&readiness));
        thread::spawn(move || {
            kernel.arrives(before + 1);
            readiness.add(READABLE);
        })
    };
    read(&kernel, &readiness, before + 1);
    driver.join().unwrap();
}

fn directions() {
    let readiness = Arc::new(Readiness::<()>::new(READABLE | WRITABLE));
    let seen = readiness.ready(Direction::Read).expect("it is new");
    let other = {
        let readiness = Arc::clone(&readiness);
        thread::spawn(move || readiness.clear(Direction::Write, seen))
    };
    let driver = {
        let readiness = Arc::clone(&readiness);
        thread::spawn(move || readiness.add(READABLE))
    };
    readiness.clear(Direction::Read, seen);
    other.join().unwrap();
    driver.join().unwrap();
    let readable = readiness.ready(Direction::Read);
    assert!(readable.is_some(), "an event was erased by an older clear");
}

fn dropped() {
    let readiness = Arc::new(Readiness::new(0));
    let (task, mut stored) = (Task::new(), None);
    let waker = Waker::from(Arc::clone(&task));
    let direction = Direction::Read;
    let polled = readiness.poll_ready(direction, &waker, || (), &mut stored);
    assert!(polled.is_pending());
    let driver = {
        let readiness = Arc::clone(&readiness);
        thread::spawn(move || readiness.add(READABLE))
    };
    readiness.forget(direction, stored.expect("it waits"));
    driver.join().unwrap();
    drop(waker);
    assert_eq!(Arc::strong_count(&task), 1, "its waker is kept");
    assert!(readiness.ready(direction).is_some());
}

fn ends() {
    let readiness = Arc::new(Readiness::new(0));
    let runtime = {
        let readiness = Arc::clone(&readiness);
        thread::spawn(move || readiness.add(GONE))
    };
    let task = Task::new();
    let waker = Waker::from(Arc::clone(&task));
    loop {
        let direction = Direction::Write;
        match readiness.poll_ready(direction, &waker, || (), &mut None) {
            Poll::Pending => task.sleep(),
            Poll::Ready(seen) => break assert!(seen.is_gone()),
        }
    }
    runtime.join().unwrap();
}

/// When the slots of sockets that have left are freed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Free {
    BeforeTheWait,
    BeforeTheDelivery,
    ByTheSocket,
}

/// Says when it is dropped.
struct Slot(Arc<AtomicUsize>);

impl Drop for Slot {
    fn drop(&mut self) {
        self.0
            .compare_exchange(0, 1, Ordering::Relaxed, Ordering::Relaxed)
            .expect("it is dropped once");
    }
}

fn leaves(free: Free) {
    let dropped = Arc::new(AtomicUsize::new(0));
    let is_there = |dropped: &AtomicUsize| {
        let there = (0, 0);
        let order = Ordering::Relaxed;
        dropped
            .compare_exchange(there.0, there.1, order, order)
            .is_ok()
    };
    let slots = Arc::new(Slots::new());
    let slot = slots.insert(|_| Slot(Arc::clone(&dropped)));
    let slot = slot.expect("it isn't closed");
    let kernel = Arc::new(Mutex::new(true)); // is it in the queue?
    let socket = {
        let (slots, kernel) = (Arc::clone(&slots), Arc::clone(&kernel));
        thread::spawn(move || {
            *lock(&kernel) = false; // epoll_ctl
            slots.remove(0);
            if free == Free::ByTheSocket {
                slots.free();
            }
            drop(slot);
        })
    };
    for _ in 0..2 {
        if free == Free::BeforeTheWait {
            slots.free();
        }
        let batch = *lock(&kernel); // epoll_wait
        if free == Free::BeforeTheDelivery {
            slots.free();
        }
        if batch {
            assert!(is_there(&dropped), "an event points to a freed slot");
        }
    }
    socket.join().unwrap();
    slots.free();
    drop(slots);
    assert!(!is_there(&dropped), "the slot is kept for ever");
}
