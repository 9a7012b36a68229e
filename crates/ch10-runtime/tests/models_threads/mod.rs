//! The idle protocol, put to work by two or three threads. loom runs each
//! model in all interleavings, shuttle in many, and both say `crate::sync`.
//!
//! A model fails by a deadlock (a thread sleeps though there is a job for it)
//! or by an assertion. The queues of a model are flags that order nothing:
//! whatever order there is comes from the protocol.

use crate::idle::{Idle, Outside};
use crate::sync::{AtomicBool, Condvar, Mutex, Ordering, lock, thread, wait};
use std::sync::Arc;
use testing::proof::Model;

/// All of them hold. These are small enough for every interleaving.
pub const SMALL: [Model; 5] = [
    ("a job for a thread that falls asleep", || one_job(LOOK)),
    ("one thread is meant", one_is_meant),
    ("a job comes while another one is found", || found(true)),
    ("a look outside while a thread sits down", look_and_sit),
    ("the end while a thread falls asleep", ends),
];

/// These hold, too: whole loops of two threads.
pub const LARGE: [Model; 7] = [
    ("two jobs, one thread", two_jobs),
    ("one job, two threads, and the end", the_end),
    ("a job that waits for the job it spawns", nested),
    ("two jobs that wait for each other", rendezvous),
    ("a job that waits for an event", event_while_busy),
    ("a look outside between two jobs", look_outside),
    ("one of two threads is meant", one_of_two_is_meant),
];

/// These must be rejected.
pub const BROKEN: [Model; 2] = [
    ("falls asleep without a second look", || one_job(BLIND)),
    ("finds a job without a second look", || found(false)),
];

/// Does a thread look a second time, before it sleeps?
type Look = bool;
const LOOK: Look = true;
const BLIND: Look = false;

/// Opens once.
struct Gate {
    open: Mutex<bool>,
    opened: Condvar,
}

impl Gate {
    fn new() -> Self {
        let (open, opened) = (Mutex::new(false), Condvar::new());
        Self { open, opened }
    }

    fn open(&self) {
        *lock(&self.open) = true;
        self.opened.notify_all();
    }

    /// Blocks the thread, which no task should do.
    fn pass(&self) {
        let mut open = lock(&self.open);
        while !*open {
            open = wait(&self.opened, open);
        }
    }
}

/// The driver of a model: an event is a job that it delivers.
struct Driver {
    state: Mutex<Happened>,
    changed: Condvar,
    /// Not the model's: it orders nothing, and only asserts.
    used: std::sync::atomic::AtomicBool,
    /// Where events are delivered to.
    to: Jobs,
}

#[derive(Default)]
struct Happened {
    unparked: bool,
    event: bool,
}

impl Driver {
    fn happen(&self) {
        lock(&self.state).event = true;
        self.changed.notify_one();
    }

    /// Delivers the event, if there is one, as job 0.
    fn deliver(&self, event: bool) {
        if event {
            self.to[0].store(true, Ordering::Relaxed);
        }
    }

    fn alone(&self, work: impl FnOnce()) {
        let used = self.used.swap(true, Ordering::Relaxed);
        assert!(!used, "two threads have the driver");
        work();
        self.used.store(false, Ordering::Relaxed);
    }

    /// As the turn of a thread that has no time to wait.
    fn look(&self) {
        self.alone(|| {
            let event = std::mem::take(&mut lock(&self.state).event);
            self.deliver(event);
        });
    }
}

impl Outside for Driver {
    fn wait(&self, awake: impl FnOnce()) {
        self.alone(|| {
            let mut state = lock(&self.state);
            while !state.unparked && !state.event {
                state = wait(&self.changed, state);
            }
            let Happened { event, .. } = std::mem::take(&mut *state);
            drop(state);
            awake();
            self.deliver(event);
        });
    }

    fn unpark(&self) {
        lock(&self.state).unparked = true;
        self.changed.notify_one();
    }
}

/// Which jobs there are. At most two in a model.
type Jobs = Arc<[AtomicBool]>;

struct Rig {
    idle: Idle,
    driver: Driver,
    jobs: Jobs,
    /// What a job does.
    gates: [Gate; 2],
    left: Mutex<usize>,
    look: Look,
    /// Job 0 is for thread 0 only.
    private: bool,
}

impl Rig {
    /// Ends when this many jobs have been done.
    fn new(threads: usize, jobs: usize, look: Look) -> Arc<Self> {
        Arc::new(Self::with(threads, jobs, look))
    }

    fn with(threads: usize, jobs: usize, look: Look) -> Self {
        let to: Jobs = (0..jobs).map(|_| AtomicBool::new(false)).collect();
        let driver = Driver {
            state: Mutex::new(Happened::default()),
            changed: Condvar::new(),
            used: false.into(),
            to: Arc::clone(&to),
        };
        Self {
            idle: Idle::new(threads),
            driver,
            jobs: to,
            gates: [Gate::new(), Gate::new()],
            left: Mutex::new(jobs),
            look,
            private: false,
        }
    }

    fn push(&self, job: usize) {
        // Relaxed: nothing but the protocol orders anything.
        self.jobs[job].store(true, Ordering::Relaxed);
        self.idle.notify(&self.driver);
    }

    /// What thread `me` can take.
    fn queue(&self, me: usize) -> &[AtomicBool] {
        match self.private && me != 0 {
            true => &[],
            false => &self.jobs,
        }
    }

    fn take(&self, me: usize) -> Option<usize> {
        let taken = |job: &AtomicBool| {
            job.load(Ordering::Relaxed) && job.swap(false, Ordering::Relaxed)
        };
        self.queue(me).iter().position(taken)
    }

    fn look(&self, me: usize) -> bool {
        let there = |job: &AtomicBool| job.load(Ordering::Relaxed);
        self.queue(me).iter().any(there)
    }

    /// One job less. The last one ends the threads.
    fn done(&self) {
        let mut left = lock(&self.left);
        *left -= 1;
        if *left == 0 {
            drop(left);
            self.idle.close(&self.driver);
        }
    }

    /// The loop of a thread.
    fn work(&self, me: usize, run: fn(&Self, usize)) {
        let mut searches = false;
        loop {
            if let Some(job) = self.take(me) {
                if std::mem::take(&mut searches) {
                    let look = || self.look(me);
                    self.idle.found(&self.driver, look);
                }
                run(self, job);
                self.done();
                continue;
            }
            if !searches {
                searches = true;
                self.idle.search();
            }
            let look = || self.look && self.look(me);
            if !self.idle.sleep(me, &self.driver, look) {
                return;
            }
        }
    }
}

type Thread = thread::JoinHandle<()>;

/// A thread of the rig.
fn worker(rig: &Arc<Rig>, me: usize, run: fn(&Rig, usize)) -> Thread {
    let rig = Arc::clone(rig);
    thread::spawn(move || rig.work(me, run))
}

fn other(rig: &Arc<Rig>, act: fn(&Rig)) -> Thread {
    let rig = Arc::clone(rig);
    thread::spawn(move || act(&rig))
}

fn join(thread: Thread) {
    thread.join().expect("it does not panic");
}

fn nothing(_: &Rig, _: usize) {}

/// A job comes while the only thread goes to sleep.
fn one_job(look: Look) {
    let rig = Rig::new(1, 1, look);
    let pushing = other(&rig, |rig| rig.push(0));
    rig.work(0, nothing);
    join(pushing);
}

/// Two jobs come, and each of them may find the thread asleep.
fn two_jobs() {
    let rig = Rig::new(1, 2, LOOK);
    let pushing = other(&rig, |rig| {
        rig.push(0);
        rig.push(1);
    });
    rig.work(0, nothing);
    join(pushing);
}

/// Both threads end, the one that sleeps and the one that goes to sleep.
fn the_end() {
    let rig = Rig::new(2, 1, LOOK);
    let second = worker(&rig, 1, nothing);
    rig.push(0);
    rig.work(0, nothing);
    join(second);
    assert_eq!(rig.idle.sleepers(), 0);
}

/// A job spawns another one and blocks its thread until that one is done: the
/// other thread has to take it.
fn nested() {
    let run = |rig: &Rig, job| match job {
        1 => {
            rig.push(0);
            rig.gates[0].pass();
        }
        _ => rig.gates[0].open(),
    };
    let rig = Rig::new(2, 2, LOOK);
    let second = worker(&rig, 1, run);
    rig.jobs[1].store(true, Ordering::Relaxed);
    rig.work(0, run);
    join(second);
}

/// Each of two jobs blocks its thread until the other one runs. The second is
/// pushed while a thread searches, and rouses none.
fn rendezvous() {
    let run = |rig: &Rig, job: usize| {
        rig.gates[job].open();
        rig.gates[1 - job].pass();
    };
    let rig = Rig::new(2, 2, LOOK);
    let second = worker(&rig, 1, run);
    let pushing = other(&rig, |rig| {
        rig.push(0);
        rig.push(1);
    });
    rig.work(0, run);
    join(second);
    join(pushing);
}

/// A job blocks its thread until the task of an event has run. Whichever
/// thread had the driver, now the other one has it.
fn event(job: fn(&Rig, usize)) {
    let rig = Rig::new(2, 2, LOOK);
    let second = worker(&rig, 1, job);
    rig.jobs[1].store(true, Ordering::Relaxed);
    rig.work(0, job);
    join(second);
}

fn event_while_busy() {
    event(|rig, job| match job {
        1 => {
            rig.driver.happen();
            rig.gates[0].pass();
        }
        _ => rig.gates[0].open(),
    });
}

/// The same, by a thread that has just looked outside itself.
fn look_outside() {
    event(|rig, job| match job {
        1 => {
            let driver = &rig.driver;
            rig.idle.look_outside(0, driver, || driver.look());
            driver.happen();
            rig.gates[0].pass();
        }
        _ => rig.gates[0].open(),
    });
}

/// Only thread 0 can do it, and it must learn of it, wherever it sleeps.
fn one_of_two_is_meant() {
    let rig = Arc::new(Rig {
        private: true,
        ..Rig::with(2, 1, LOOK)
    });
    let second = worker(&rig, 1, nothing);
    let telling = other(&rig, |rig| {
        rig.jobs[0].store(true, Ordering::Relaxed);
        rig.idle.notify_thread(0, &rig.driver);
    });
    rig.work(0, nothing);
    join(second);
    join(telling);
}

/// There is something to do for this thread only, while it falls asleep.
fn one_is_meant() {
    let rig = Rig::new(1, 1, LOOK);
    let telling = other(&rig, |rig| {
        rig.jobs[0].store(true, Ordering::Relaxed);
        rig.idle.notify_thread(0, &rig.driver);
    });
    rig.work(0, nothing);
    join(telling);
}

// ANCHOR: found
/// Thread 0 searches and finds some other job, while job 0 is pushed: because
/// a thread searches, the push perhaps rouses none. Thread 1 falls asleep
/// meanwhile. It must wake up.
fn found(look: bool) {
    let rig = Rig::new(2, 1, LOOK);
    rig.idle.search();
    rig.idle.search();
    let sleeping = other(&rig, |rig| {
        rig.idle.sleep(1, &rig.driver, || rig.look(1));
    });
    let pushing = other(&rig, |rig| rig.push(0));
    rig.idle.found(&rig.driver, || look && rig.look(0));
    join(sleeping);
    join(pushing);
}
// ANCHOR_END: found

/// Thread 0, which is at work, has the driver for a moment. Thread 1 falls
/// asleep meanwhile; it must be in the driver then, where there is an event.
fn look_and_sit() {
    let rig = Rig::new(2, 1, LOOK);
    rig.idle.search();
    rig.driver.happen();
    let sleeping = other(&rig, |rig| {
        rig.idle.sleep(1, &rig.driver, || rig.look(1));
        rig.idle.found(&rig.driver, || rig.look(1));
        rig.idle.search();
        rig.driver.happen();
        rig.idle.sleep(1, &rig.driver, || false);
    });
    let driver = &rig.driver;
    rig.idle.look_outside(0, driver, || driver.alone(|| ()));
    join(sleeping);
}

/// A thread falls asleep while the threads are told to end.
fn ends() {
    let rig = Rig::new(1, 1, LOOK);
    rig.idle.search();
    let sleeping =
        other(
            &rig,
            |rig| {
                while rig.idle.sleep(0, &rig.driver, || false) {}
            },
        );
    rig.idle.close(&rig.driver);
    join(sleeping);
    assert_eq!(rig.idle.sleepers(), 0);
}
