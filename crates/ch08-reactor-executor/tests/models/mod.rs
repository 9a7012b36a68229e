//! The parts of chapter 8 that two threads share, put to work by two or three
//! threads. loom runs each model in all interleavings, shuttle in many, and
//! both say `crate::sync`, `crate::thread` and so on.
//!
//! A model fails by a deadlock (something sleeps for ever) or by an assertion.

use crate::broken;
use crate::outcome::{JoinError, outcome};
use crate::parker::Parker;
use crate::run_queue::{RunQueue, Unpark};
use crate::scheduled::Scheduled;
use crate::slot::{Closed, Slot};
use crate::sync::{AtomicBool, Ordering, thread};
use ch08_reactor_executor::{Future, PollState};
use std::sync::Arc;
use std::task::{Wake, Waker};
use testing::proof::Model;

/// All of them hold.
pub const MODELS: [Model; 12] = [
    ("register, event, store", || event(Slot::poll_ready)),
    ("wakes coalesce", coalesced),
    ("a waker is replaced", replaced),
    ("the future is dropped", dropped),
    ("the reactor dies", closed),
    ("run queue and park", || queue(RunQueue::next)),
    ("awake for another reason", unparked),
    ("the executor is dropped", executor_dropped),
    ("an output is handed over", || handed_over(true)),
    ("a task is dropped", || handed_over(false)),
    ("two events", two_events),
    ("two threads push", two_push),
];

/// These must be rejected.
pub const BROKEN: [Model; 2] = [
    ("no second look", || event(broken::poll_ready)),
    ("look, let go of the lock, note", || queue(broken::next)),
];

/// A waker that unparks, as `block_on` has one.
struct Unparks(Arc<Parker>);

impl Wake for Unparks {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// A waker that says whether it was woken.
struct Noted(AtomicBool);

impl Wake for Noted {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Release);
    }
}

fn noted() -> (Arc<Noted>, Waker) {
    let noted = Arc::new(Noted(AtomicBool::new(false)));
    (Arc::clone(&noted), Waker::from(noted))
}

fn spawn(work: impl FnOnce() + Send + 'static) -> thread::JoinHandle<()> {
    thread::spawn(work)
}

fn join(thread: thread::JoinHandle<()>) {
    thread.join().expect("it does not panic");
}

type PollReady = fn(&Slot, &Waker) -> Result<bool, Closed>;

// ANCHOR: event
/// A task polls, sleeps and polls again, until it has seen the event, and
/// with it what the reactor did before.
fn event(poll_ready: PollReady) {
    let slot = Arc::new(Slot::new());
    let before = Arc::new(AtomicBool::new(false));
    let (theirs, did) = (Arc::clone(&slot), Arc::clone(&before));
    let reactor = spawn(move || {
        did.store(true, Ordering::Relaxed);
        theirs.set_ready();
    });
    let parker = Arc::new(Parker::new());
    let waker = Waker::from(Arc::new(Unparks(Arc::clone(&parker))));
    while poll_ready(&slot, &waker) == Ok(false) {
        parker.park();
    }
    assert!(before.load(Ordering::Relaxed), "the event came too early");
    join(reactor);
}
// ANCHOR_END: event

/// Two events may be seen as one, but the last is never forgotten: what a poll
/// that says no has not seen, wakes its waker.
fn two_events() {
    let slot = Arc::new(Slot::new());
    let news = Arc::new([AtomicBool::new(false), AtomicBool::new(false)]);
    let (theirs, tell) = (Arc::clone(&slot), Arc::clone(&news));
    let reactor = spawn(move || {
        for news in tell.iter() {
            news.store(true, Ordering::Relaxed);
            theirs.set_ready();
        }
    });
    let (noted, waker) = noted();
    let mut seen = slot.poll_ready(&waker) == Ok(true);
    let mut all = news.iter().all(|news| news.load(Ordering::Relaxed));
    if seen && !all {
        seen = slot.poll_ready(&waker) == Ok(true);
        all = news.iter().all(|news| news.load(Ordering::Relaxed));
    }
    join(reactor);
    let woken = noted.0.load(Ordering::Acquire);
    assert!(seen || all || woken, "neither seen nor woken");
}

/// Polled with one waker and then with another: the second one counts.
fn replaced() {
    let slot = Arc::new(Slot::new());
    let theirs = Arc::clone(&slot);
    let reactor = spawn(move || theirs.set_ready());
    let (first, waker) = noted();
    let mut seen = slot.poll_ready(&waker) == Ok(true);
    drop(waker);
    let (second, waker) = noted();
    if !seen {
        seen = slot.poll_ready(&waker) == Ok(true);
    }
    join(reactor);
    let woken = second.0.load(Ordering::Acquire);
    assert!(seen || woken, "neither seen nor woken");
    slot.forget();
    assert_eq!(Arc::strong_count(&first), 1, "the first waker was kept");
}

/// The future is dropped while the event comes: no waker is left.
fn dropped() {
    let slot = Arc::new(Slot::new());
    let theirs = Arc::clone(&slot);
    let reactor = spawn(move || theirs.set_ready());
    let (noted, waker) = noted();
    let _ = slot.poll_ready(&waker);
    slot.forget();
    drop(waker);
    join(reactor);
    assert_eq!(Arc::strong_count(&noted), 1, "somebody has its waker");
}

/// The reactor dies after an event: the task sees the event, then the error.
fn closed() {
    let slot = Arc::new(Slot::new());
    let theirs = Arc::clone(&slot);
    let reactor = spawn(move || {
        theirs.set_ready();
        theirs.close();
    });
    let parker = Arc::new(Parker::new());
    let waker = Waker::from(Arc::new(Unparks(Arc::clone(&parker))));
    let mut seen = false;
    loop {
        match slot.poll_ready(&waker) {
            Ok(true) => seen = true,
            Ok(false) => parker.park(),
            Err(Closed) => break,
        }
    }
    assert!(seen, "the error came before the event");
    join(reactor);
}

type Next = fn(&RunQueue<u32>) -> Option<u32>;

/// An executor takes until it has had a job.
fn take(queue: &RunQueue<u32>, parker: &Parker, next: Next) -> u32 {
    loop {
        match next(queue) {
            Some(job) => return job,
            None => parker.park(),
        }
    }
}

fn new_queue<T>() -> (Arc<Parker>, Arc<RunQueue<T>>) {
    let parker = Arc::new(Parker::new());
    let unpark = Arc::clone(&parker) as Arc<dyn Unpark>;
    (parker, Arc::new(RunQueue::new(unpark)))
}

/// One thread pushes two jobs, which come out, in order.
fn queue(next: Next) {
    let (parker, queue) = new_queue();
    let theirs = Arc::clone(&queue);
    let pushing = spawn(move || {
        assert_eq!(theirs.push(1), Ok(()));
        assert_eq!(theirs.push(2), Ok(()));
    });
    assert_eq!(take(&queue, &parker, next), 1);
    assert_eq!(take(&queue, &parker, next), 2);
    join(pushing);
}

/// Two threads push a job each: both come out.
fn two_push() {
    let (parker, queue) = new_queue();
    let pushing = [1, 2].map(|job| {
        let theirs = Arc::clone(&queue);
        spawn(move || assert_eq!(theirs.push(job), Ok(())))
    });
    let sum = take(&queue, &parker, RunQueue::next)
        + take(&queue, &parker, RunQueue::next);
    assert_eq!(sum, 3);
    pushing.into_iter().for_each(join);
}

/// The executor is roused by something else while a job is pushed.
fn unparked() {
    let (parker, queue) = new_queue();
    let theirs = Arc::clone(&queue);
    let pushing = spawn(move || assert_eq!(theirs.push(1), Ok(())));
    if queue.next().is_none() {
        queue.unparked(); // an event, say
        assert_eq!(take(&queue, &parker, RunQueue::next), 1);
    }
    join(pushing);
}

/// What a wake does with a task.
fn wake(scheduled: &Scheduled, queue: &RunQueue<u32>) {
    if scheduled.set() {
        assert_eq!(queue.push(0), Ok(()));
    }
}

/// Each wake follows some news. The task runs until it has seen all of it,
/// and it always gets another turn if it has not.
fn runs_until(
    (parker, queue): (Arc<Parker>, Arc<RunQueue<u32>>),
    scheduled: &Scheduled,
    news: &[AtomicBool; 2],
) {
    loop {
        take(&queue, &parker, RunQueue::next);
        scheduled.clear();
        if news.iter().all(|news| news.load(Ordering::Relaxed)) {
            return;
        }
    }
}

/// One thread wakes twice. The second wake may push nothing.
fn coalesced() {
    let (parker, queue) = new_queue();
    let shared = Arc::new((
        Scheduled::new(false),
        [AtomicBool::new(false), AtomicBool::new(false)],
    ));
    let (theirs, to) = (Arc::clone(&shared), Arc::clone(&queue));
    let waking = spawn(move || {
        for news in &theirs.1 {
            news.store(true, Ordering::Relaxed);
            wake(&theirs.0, &to);
        }
    });
    runs_until((parker, queue), &shared.0, &shared.1);
    join(waking);
}

/// The executor goes while two wakers fire: no job stays behind.
fn executor_dropped() {
    let (_, queue) = new_queue();
    let job = Arc::new(());
    let waking = [(); 2].map(|()| {
        let (theirs, job) = (Arc::clone(&queue), Arc::clone(&job));
        spawn(move || drop(theirs.push(job)))
    });
    drop(queue.close());
    waking.into_iter().for_each(join);
    assert!(queue.is_empty());
    assert_eq!(Arc::strong_count(&job), 1, "a job was left behind");
}

/// A task keeps its promise while the handle is polled; or drops it.
fn handed_over(kept: bool) {
    let (promise, mut handle) = outcome();
    let task = spawn(move || {
        if kept {
            promise.keep(Ok(5));
        }
    });
    let parker = Arc::new(Parker::new());
    let waker = Waker::from(Arc::new(Unparks(Arc::clone(&parker))));
    let output = loop {
        match handle.poll(&waker) {
            PollState::Ready(output) => break output,
            PollState::NotReady => parker.park(),
        }
    };
    match output {
        Ok(5) => assert!(kept),
        Err(JoinError::Dropped) => assert!(!kept),
        _ => panic!("neither kept nor dropped"),
    }
    join(task);
}
