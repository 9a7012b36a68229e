//! Stage 3 of chapter 2: a value that stands for what comes later.
//!
//! A [`Promise`] is pending, fulfilled or rejected, and settles at most once:
//! its [`Resolver`] is used up by settling it. What is to happen then is a
//! continuation, which the promise keeps until that time.
//!
//! The rules are those of JavaScript's promises (Promises/A+), as far as
//! ownership leaves them a choice:
//!
//! - A continuation never runs inside the call that hands it over, nor inside
//!   the one that settles. It becomes a job of the loop. So the code after
//!   `then` has always run before it, whether the value was there or not.
//! - Continuations run in the order in which their promises were settled and
//!   had a continuation.
//! - A promise has one owner, and gives its value away: `then` consumes it. In
//!   JavaScript many may listen to one promise, because all share the value.
//! - Dropping a resolver rejects, by [`Broken`]. In JavaScript a promise that
//!   can no longer be settled is silent for ever.
//! - Dropping a promise cancels nothing. Its value is dropped when it comes.
//!
//! To settle twice is refused when it is compiled:
//!
//! ```compile_fail,E0382
//! # use ch02_models::{Broken, Loop, promise};
//! let timers = Loop::new();
//! let (resolver, _number) = promise::<u32, Broken>(&timers.jobs());
//! resolver.resolve(1);
//! resolver.resolve(2);
//! ```
//!
//! So is a second listener, and, with the straight way at least, a promise that
//! waits for itself: it would have to be there before it is made.
//!
//! ```compile_fail,E0382
//! # use ch02_models::{Broken, Loop, promise};
//! let timers = Loop::new();
//! let (_resolver, number) = promise::<u32, Broken>(&timers.jobs());
//! number.finally(|_, _| ());
//! number.finally(|_, _| ());
//! ```
//!
//! ```compile_fail,E0381
//! # use ch02_models::{Broken, Loop, Promise, promise};
//! let timers = Loop::new();
//! let (_resolver, first) = promise::<u32, Broken>(&timers.jobs());
//! let itself: Promise<u32, Broken>;
//! itself = first.then(move |_, _| itself);
//! ```
//!
//! It leaves out `race`, time-outs, and a report of rejections that no
//! continuation hears of. All of it is on one thread: an [`Rc`] and no lock.

use crate::archive::{Request, TITLE, fetch, look_up, store};
use crate::s2_callbacks::{Jobs, Loop};
use crate::{Log, ms};
use std::cell::{Cell, RefCell};
use std::fmt;
use std::num::ParseIntError;
use std::rc::Rc;

// ANCHOR: state
/// What is called with the outcome of a promise.
type Continuation<T, E> = Box<dyn FnOnce(&mut Loop, Result<T, E>)>;

/// The three states.
enum State<T, E> {
    /// No outcome yet; perhaps a continuation waits for it.
    Pending(Option<Continuation<T, E>>),
    /// The value has arrived, and no continuation yet.
    Fulfilled(T),
    /// There will be no value; no continuation yet.
    Rejected(E),
}

/// What the two ends share.
struct Shared<T, E> {
    state: RefCell<State<T, E>>,
    /// Where a continuation is put when its turn has come.
    jobs: Jobs,
}
// ANCHOR_END: state

impl<T, E> Shared<T, E> {
    /// Takes the state out, and leaves the promise pending.
    fn take(&self) -> State<T, E> {
        self.state.replace(State::Pending(None))
    }
}

/// The rejection of a promise whose resolver is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Broken;

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a promise was broken: nothing can keep it now")
    }
}

impl std::error::Error for Broken {}

// ANCHOR: ends
/// The end that waits for the value.
#[must_use = "the promise's outcome is unused"]
pub struct Promise<T, E>(Rc<Shared<T, E>>);

/// The end that has to deliver it.
#[must_use = "dropping a resolver breaks its promise"]
pub struct Resolver<T: 'static, E: From<Broken> + 'static>(
    Option<Rc<Shared<T, E>>>,
);
// ANCHOR_END: ends

/// A pending promise, and what settles it.
pub fn promise<T: 'static, E: From<Broken> + 'static>(
    jobs: &Jobs,
) -> (Resolver<T, E>, Promise<T, E>) {
    let shared = Rc::new(Shared {
        state: RefCell::new(State::Pending(None)),
        jobs: jobs.clone(),
    });
    (Resolver(Some(Rc::clone(&shared))), Promise(shared))
}

// ANCHOR: settle
impl<T: 'static, E: 'static> Shared<T, E> {
    /// Of `settle` and `subscribe`, whichever comes second makes the job.
    fn settle(&self, result: Result<T, E>) {
        if let State::Pending(Some(continuation)) = self.take() {
            self.jobs.add(move |timers| continuation(timers, result));
        } else {
            self.state.replace(match result {
                Ok(value) => State::Fulfilled(value),
                Err(error) => State::Rejected(error),
            });
        }
    }

    fn subscribe(&self, continuation: Continuation<T, E>) {
        let result = match self.take() {
            State::Fulfilled(value) => Ok(value),
            State::Rejected(error) => Err(error),
            State::Pending(_) => {
                self.state.replace(State::Pending(Some(continuation)));
                return;
            }
        };
        self.jobs.add(move |timers| continuation(timers, result));
    }
}
// ANCHOR_END: settle

// ANCHOR: resolver
impl<T: 'static, E: From<Broken> + 'static> Resolver<T, E> {
    /// Fulfils the promise. Consumes the resolver: there is no second time.
    pub fn resolve(self, value: T) {
        self.settle(Ok(value));
    }

    /// Rejects the promise.
    pub fn reject(self, error: E) {
        self.settle(Err(error));
    }

    /// Settles the promise, one way or the other.
    pub fn settle(mut self, result: Result<T, E>) {
        if let Some(shared) = self.0.take() {
            shared.settle(result);
        }
    }
}
// ANCHOR_END: resolver

// ANCHOR: resolver_drop
impl<T: 'static, E: From<Broken> + 'static> Drop for Resolver<T, E> {
    fn drop(&mut self) {
        // It is there unless the promise was settled.
        if let Some(shared) = self.0.take() {
            shared.settle(Err(E::from(Broken)));
        }
    }
}
// ANCHOR_END: resolver_drop

impl<T: 'static, E: 'static> Promise<T, E> {
    /// Has `continuation` called, once, with the value or the error: by the
    /// loop, as a job of its own. The other methods are made of this one.
    pub fn finally(
        self,
        continuation: impl FnOnce(&mut Loop, Result<T, E>) + 'static,
    ) {
        self.0.subscribe(Box::new(continuation));
    }
}

// ANCHOR: then
impl<T: 'static, E: From<Broken> + 'static> Promise<T, E> {
    /// Continues with `next` and the value. An error goes past it. The promise
    /// that comes back settles as the one that `next` makes.
    pub fn then<U: 'static>(
        self,
        next: impl FnOnce(&mut Loop, T) -> Promise<U, E> + 'static,
    ) -> Promise<U, E> {
        let (resolver, promise) = promise(&self.0.jobs);
        self.finally(move |timers, result| match result {
            Ok(value) => next(timers, value).forward(resolver),
            Err(error) => resolver.reject(error),
        });
        promise
    }

    /// Continues with what `f` makes of the value. An error goes past it.
    pub fn map<U: 'static>(
        self,
        f: impl FnOnce(T) -> U + 'static,
    ) -> Promise<U, E> {
        let (resolver, promise) = promise(&self.0.jobs);
        self.finally(move |_, result| resolver.settle(result.map(f)));
        promise
    }
}
// ANCHOR_END: then

impl<T: 'static, E: From<Broken> + 'static> Promise<T, E> {
    /// Continues with `next` and the error. A value goes past it.
    // ANCHOR: catch
    pub fn catch<F: From<Broken> + 'static>(
        self,
        next: impl FnOnce(&mut Loop, E) -> Promise<T, F> + 'static,
    ) -> Promise<T, F> {
        let (resolver, promise) = promise(&self.0.jobs);
        self.finally(move |timers, result| match result {
            Ok(value) => resolver.resolve(value),
            Err(error) => next(timers, error).forward(resolver),
        });
        promise
    }
    // ANCHOR_END: catch

    /// Whatever this one comes to, the resolver's comes to, too.
    fn forward(self, resolver: Resolver<T, E>) {
        // A promise that waits for itself: possible only by a detour through
        // a cell, since `then` gives it away when `next` is already made.
        // Dropping the resolver breaks it, else the circle would be for ever.
        let to = resolver.0.as_ref();
        if to.is_some_and(|shared| Rc::ptr_eq(shared, &self.0)) {
            return;
        }
        self.finally(move |_, result| resolver.settle(result));
    }
}

impl<T: 'static, E: From<Broken> + 'static> Promise<T, E> {
    /// A promise that is kept already.
    pub fn fulfilled(jobs: &Jobs, value: T) -> Self {
        Self::settled(jobs, Ok(value))
    }

    /// A promise that will not be kept.
    pub fn rejected(jobs: &Jobs, error: E) -> Self {
        Self::settled(jobs, Err(error))
    }

    /// A promise whose end is known.
    pub fn settled(jobs: &Jobs, result: Result<T, E>) -> Self {
        let (resolver, promise) = promise(jobs);
        resolver.settle(result);
        promise
    }
}

/// All the values, in the order of the promises; or the first error.
// ANCHOR: all
pub fn all<T: 'static, E: From<Broken> + 'static>(
    jobs: &Jobs,
    promises: Vec<Promise<T, E>>,
) -> Promise<Vec<T>, E> {
    let (resolver, promise) = promise(jobs);
    let all = Rc::new(Collected {
        resolver: Cell::new(Some(resolver)),
        values: promises.iter().map(|_| Cell::new(None)).collect(),
        missing: Cell::new(promises.len()),
    });
    all.settle_if_complete();
    for (index, promise) in promises.into_iter().enumerate() {
        let all = Rc::clone(&all);
        promise.finally(move |_, result| match result {
            Ok(value) => {
                all.values[index].set(Some(value));
                all.missing.update(|missing| missing - 1);
                all.settle_if_complete();
            }
            Err(error) => {
                // Gone, if another error came first.
                if let Some(resolver) = all.resolver.take() {
                    resolver.reject(error);
                }
            }
        });
    }
    promise
}
// ANCHOR_END: all

/// What [`all`] has so far.
struct Collected<T: 'static, E: From<Broken> + 'static> {
    resolver: Cell<Option<Resolver<Vec<T>, E>>>,
    missing: Cell<usize>,
    values: Vec<Cell<Option<T>>>,
}

impl<T, E: From<Broken>> Collected<T, E> {
    fn settle_if_complete(&self) {
        if self.missing.get() == 0
            && let Some(resolver) = self.resolver.take()
        {
            let values = self.values.iter();
            resolver.resolve(values.filter_map(Cell::take).collect());
        }
    }
}

impl<T, E> fmt::Debug for Promise<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match *self.0.state.borrow() {
            State::Pending(_) => "pending",
            State::Fulfilled(_) => "fulfilled",
            State::Rejected(_) => "rejected",
        };
        write!(f, "Promise({state})")
    }
}

impl<T: 'static, E: From<Broken> + 'static> fmt::Debug for Resolver<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Resolver")
    }
}

/// A promise of the result.
// ANCHOR: s3_errand
fn wait<T: 'static>(
    timers: &mut Loop,
    request: Request<T>,
) -> Promise<T, Broken> {
    let (resolver, promise) = promise(&timers.jobs());
    timers.call_later(request.delay, |_| resolver.resolve(request.result));
    promise
}

/// One errand, as a chain of promises.
pub fn errand(
    timers: &mut Loop,
    title: &'static str,
    log: Log,
) -> Promise<u64, Broken> {
    let (first, second, third) = (log.clone(), log.clone(), log);
    wait(timers, look_up(title))
        .then(move |timers, number| {
            first.say(format!("errand: {title} is number {number}"));
            wait(timers, fetch(number)).map(move |text| (number, text))
        })
        .then(move |timers, (number, text)| {
            second.say(format!("errand: it begins {text:?}"));
            wait(timers, store(number, text))
        })
        .map(move |bytes| {
            third.say(format!("errand: stored {bytes} bytes"));
            bytes
        })
}
// ANCHOR_END: s3_errand

/// One errand, and a main line that carries on meanwhile.
// ANCHOR: s3_run
pub fn run(log: &Log) {
    let mut timers = Loop::new();
    log.say("main: sends off an errand");
    let ours = log.clone();
    errand(&mut timers, TITLE, log.clone()).finally(move |_, bytes| {
        let bytes = bytes.expect("its timers fire");
        ours.say(format!("main: done, {bytes} bytes"));
    });
    log.say("main: carries on meanwhile");
    timers.run();
}
// ANCHOR_END: s3_run

/// That many errands at the same time; gives the sum of their results.
///
/// # Panics
///
/// If an errand's promise is broken, which none is: each timer fires.
pub fn crowd(log: &Log, count: usize) -> u64 {
    let mut timers = Loop::new();
    let errands = (0..count).map(|_| errand(&mut timers, TITLE, log.clone()));
    let errands: Vec<_> = errands.collect();
    let sum = Rc::new(Cell::new(None));
    let found = Rc::clone(&sum);
    all(&timers.jobs(), errands).finally(move |_, bytes| {
        found.set(bytes.ok().map(|bytes| bytes.iter().sum()));
    });
    timers.run();
    sum.take().expect("every timer has rung")
}

/// Why there is no sum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoSum {
    /// The text is no number.
    NoNumber(ParseIntError),
    /// There will be no answer.
    Broken,
}

impl From<Broken> for NoSum {
    fn from(_: Broken) -> Self {
        Self::Broken
    }
}

/// Parses a number from a text, 10 ms later.
fn ask(timers: &mut Loop, text: &'static str) -> Promise<u64, NoSum> {
    let (resolver, promise) = promise(&timers.jobs());
    timers.call_later(ms(10), move |_| {
        resolver.settle(text.parse().map_err(NoSum::NoNumber));
    });
    promise
}

/// Asks for two numbers, one after the other, and adds them up.
///
/// No error is mentioned: each goes past every `then`, to the end of the chain.
// ANCHOR: s3_errors
pub fn add(
    timers: &mut Loop,
    [first, second]: [&'static str; 2],
) -> Promise<u64, NoSum> {
    ask(timers, first).then(move |timers, first| {
        ask(timers, second).map(move |second| first + second)
    })
}
// ANCHOR_END: s3_errors
