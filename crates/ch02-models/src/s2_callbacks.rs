//! Stage 2 of chapter 2: a loop that calls back.
//!
//! One thread. A function that has to wait leaves a closure behind and returns;
//! the loop sleeps until the next deadline and calls what was left for it. A
//! callback is an [`FnOnce`]: by its type it can be called only once.
//!
//! The loop knows timers and nothing else. Waiting for sockets is chapter 4,
//! and a faster timer queue is chapter 10.

use crate::archive::{Request, TITLE, fetch, look_up, store};
use crate::{Log, ms};
use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::num::ParseIntError;
use std::rc::{Rc, Weak};
use std::thread;
use std::time::{Duration, Instant};

// ANCHOR: callback
/// What the loop calls, once. It gets the loop, to set further timers.
pub type Callback = Box<dyn FnOnce(&mut Loop)>;
// ANCHOR_END: callback

// ANCHOR: loop
/// A loop of timers and of jobs that are to be done at once.
#[derive(Default)]
pub struct Loop {
    /// In the order of their deadlines; of two equal ones, the one that was set
    /// first.
    timers: BTreeMap<TimerId, Callback>,
    /// How many timers have ever been set.
    set: u64,
    /// What is to be done before the next timer.
    jobs: Rc<RefCell<VecDeque<Callback>>>,
}

impl Loop {
    /// Calls `callback` as soon as `delay` has passed.
    pub fn call_later(
        &mut self,
        delay: Duration,
        callback: impl FnOnce(&mut Self) + 'static,
    ) -> TimerId {
        self.call_at(Self::deadline_after(delay), callback)
    }

    /// Calls `callback` at the deadline, not before.
    pub fn call_at(
        &mut self,
        deadline: Instant,
        callback: impl FnOnce(&mut Self) + 'static,
    ) -> TimerId {
        self.set += 1;
        let id = TimerId(deadline, self.set);
        self.timers.insert(id, Box::new(callback));
        id
    }
}
// ANCHOR_END: loop

// ANCHOR: loop_run
impl Loop {
    /// Sleeps and calls, until nothing is left to wait for.
    pub fn run(&mut self) {
        self.run_due();
        while let Some(deadline) = self.next_deadline() {
            let now = Instant::now();
            thread::sleep(deadline.saturating_duration_since(now));
            self.run_due();
        }
    }

    /// Calls what is due by now, and does not wait.
    pub fn run_due(&mut self) {
        let now = Instant::now();
        while let Some(callback) = self.next_due(now) {
            callback(self);
        }
    }

    pub(crate) fn next_due(&mut self, now: Instant) -> Option<Callback> {
        let job = self.jobs.borrow_mut().pop_front();
        if job.is_some() {
            return job;
        }
        let first = self.timers.first_entry()?;
        let TimerId(deadline, _) = *first.key();
        (deadline <= now).then(|| first.remove())
    }
}
// ANCHOR_END: loop_run

impl Loop {
    /// One with nothing to do.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a timer back, and drops its callback uncalled. `false` if it has
    /// already rung or was already taken back.
    pub fn cancel(&mut self, id: TimerId) -> bool {
        self.take(id).is_some()
    }

    /// Takes a timer back, with its callback.
    pub(crate) fn take(&mut self, id: TimerId) -> Option<Callback> {
        self.timers.remove(&id)
    }

    /// The moment when `delay` will be over. One that the clock cannot count
    /// to becomes one in thirty years.
    pub(crate) fn deadline_after(delay: Duration) -> Instant {
        const YEARS: Duration = Duration::from_secs(30 * 365 * 86_400);
        let now = Instant::now();
        now.checked_add(delay).unwrap_or_else(|| now + YEARS)
    }

    /// When the next timer is due. `None` if there is none.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        let (TimerId(deadline, _), _) = self.timers.first_key_value()?;
        Some(*deadline)
    }

    /// How many timers are set.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.timers.len()
    }

    /// A handle on the jobs: for code that leaves work behind without having
    /// the loop at hand, as promises do.
    #[must_use]
    pub fn jobs(&self) -> Jobs {
        Jobs(Rc::downgrade(&self.jobs))
    }
}

/// Which timer. One that was set earlier for the same moment is less.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TimerId(Instant, u64);

/// A handle on the jobs of a loop. Holding it does not keep them: a job often
/// holds one itself, and would keep itself for ever.
#[derive(Clone, Debug)]
pub struct Jobs(Weak<RefCell<VecDeque<Callback>>>);

impl Jobs {
    /// Has `job` called by the loop: not now, but before any timer. If the loop
    /// is gone, the job is dropped.
    pub fn add(&self, job: impl FnOnce(&mut Loop) + 'static) {
        if let Some(jobs) = self.0.upgrade() {
            jobs.borrow_mut().push_back(Box::new(job));
        }
    }
}

impl fmt::Debug for Loop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Loop")
            .field("timers", &self.timers.len())
            .field("jobs", &self.jobs.borrow().len())
            .finish_non_exhaustive()
    }
}

/// Has `callback` called with the result, once it has arrived.
// ANCHOR: s2_wait
fn wait<T: 'static>(
    timers: &mut Loop,
    request: Request<T>,
    callback: impl FnOnce(&mut Loop, T) + 'static,
) {
    timers.call_later(request.delay, move |timers| {
        callback(timers, request.result);
    });
}
// ANCHOR_END: s2_wait

/// One errand: each callback makes the next request.
// ANCHOR: s2_errand
pub fn errand(
    timers: &mut Loop,
    title: &'static str,
    log: Log,
    done: impl FnOnce(&mut Loop, u64) + 'static,
) {
    wait(timers, look_up(title), move |timers, number| {
        log.say(format!("errand: {title} is number {number}"));
        wait(timers, fetch(number), move |timers, text| {
            log.say(format!("errand: it begins {text:?}"));
            wait(timers, store(number, text), move |timers, bytes| {
                log.say(format!("errand: stored {bytes} bytes"));
                done(timers, bytes);
            });
        });
    });
}
// ANCHOR_END: s2_errand

/// One errand, and a main line that carries on meanwhile.
// ANCHOR: s2_run
pub fn run(log: &Log) {
    let mut timers = Loop::new();
    log.say("main: sends off an errand");
    let ours = log.clone();
    errand(&mut timers, TITLE, log.clone(), move |_, bytes| {
        ours.say(format!("main: done, {bytes} bytes"));
    });
    log.say("main: carries on meanwhile");
    timers.run();
}
// ANCHOR_END: s2_run

/// That many errands at the same time; gives the sum of their results.
// ANCHOR: s2_crowd
pub fn crowd(log: &Log, count: usize) -> u64 {
    let mut timers = Loop::new();
    let sum = Rc::new(RefCell::new(0)); // all the callbacks add to it
    for _ in 0..count {
        let sum = Rc::clone(&sum);
        errand(&mut timers, TITLE, log.clone(), move |_, bytes| {
            *sum.borrow_mut() += bytes;
        });
    }
    timers.run();
    sum.take()
}
// ANCHOR_END: s2_crowd

/// Parses a number from a text, 10 ms later.
fn ask(
    timers: &mut Loop,
    text: &'static str,
    answer: impl FnOnce(&mut Loop, Result<u64, ParseIntError>) + 'static,
) {
    timers.call_later(ms(10), move |timers| answer(timers, text.parse()));
}

/// Asks for two numbers, one after the other, and adds them up.
///
/// Each level has to pass on its error: a `?` would return it to the loop,
/// which did not ask.
// ANCHOR: s2_errors
pub fn add(
    timers: &mut Loop,
    [first, second]: [&'static str; 2],
    done: impl FnOnce(&mut Loop, Result<u64, ParseIntError>) + 'static,
) {
    ask(timers, first, move |timers, first| match first {
        Err(error) => done(timers, Err(error)),
        Ok(first) => {
            ask(timers, second, move |timers, second| match second {
                Err(error) => done(timers, Err(error)),
                Ok(second) => done(timers, Ok(first + second)),
            });
        }
    });
}
// ANCHOR_END: s2_errors
