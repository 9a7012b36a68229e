//! How threads without work sleep, and how a thread that has work to give
//! rouses one of them.
//!
//! It leaves out where the work is: in the runtime, in the deques of
//! `crossbeam-deque` and in the injector (`worker.rs`). It leaves out the
//! driver, too: it knows only that one thread at a time can sleep in it. Like
//! all that threads share, it says `crate::sync`, so that loom can try it.

use crate::sync::{AtomicBool, AtomicUsize, Condvar, Mutex, MutexGuard};
use crate::sync::{Ordering, fence, lock, wait};
use std::fmt;

// ANCHOR: idle
/// Which threads are idle, and where they sleep.
pub struct Idle {
    /// How many search (low half) and how many sleep (high half); the latter
    /// changes under the lock of `state`. Read by whoever has work to give.
    counts: AtomicUsize,
    state: Mutex<State>,
    /// Where a thread sleeps that hasn't got the driver; one per thread.
    seats: Box<[Condvar]>,
    /// The threads are to end. It says nothing about anything else.
    closed: AtomicBool,
}

struct State {
    places: Box<[Place]>,
    /// Those at `Place::Seat`; the last to sit down is roused first.
    seated: Vec<usize>,
    /// The one that has the driver: at `Place::Driver`, or on its way out of
    /// it, or looking into it between two tasks.
    driver: Option<usize>,
    closed: bool,
}

/// Where a thread is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// At work, or searching for it.
    Awake,
    /// Asleep on its condition variable, or about to.
    Seat,
    /// Asleep in the driver, or about to.
    Driver,
}
// ANCHOR_END: idle

/// The driver, as a place to sleep.
pub trait Outside {
    /// Sleeps until something happens outside or [`unpark`](Self::unpark) is
    /// called; calls `awake`; then wakes the tasks that waited for it. Never
    /// called by two threads at once.
    fn wait(&self, awake: impl FnOnce());

    /// Ends the sleep, or the next one if no thread sleeps there yet.
    fn unpark(&self);
}

/// In `counts`: a thread that searches.
const SEARCHES: usize = 1;
/// In `counts`: a thread that sleeps.
const SLEEPS: usize = 1 << 16;

fn searching(counts: usize) -> usize {
    counts % SLEEPS
}

fn sleeping(counts: usize) -> usize {
    counts / SLEEPS
}

impl Idle {
    /// For this many threads, all of them awake.
    pub fn new(threads: usize) -> Self {
        assert!(threads < SLEEPS, "too many threads");
        let state = Mutex::new(State {
            places: vec![Place::Awake; threads].into(),
            seated: Vec::with_capacity(threads),
            driver: None,
            closed: false,
        });
        Self {
            counts: AtomicUsize::new(0),
            state,
            seats: (0..threads).map(|_| Condvar::new()).collect(),
            closed: AtomicBool::new(false),
        }
    }

    /// There is a task more in some queue. If threads sleep and none searches,
    /// rouses one, which searches then.
    // ANCHOR: notify
    #[inline]
    pub fn notify(&self, outside: &impl Outside) {
        // Pairs with the fence in `sleep` and the one in `found`: either we
        // see what that thread has counted, or it sees the task.
        fence(Ordering::SeqCst);
        let counts = self.counts.load(Ordering::Relaxed);
        if searching(counts) == 0 && sleeping(counts) > 0 {
            self.rouse_one(outside);
        }
    }
    // ANCHOR_END: notify

    // ANCHOR: rouse_one
    #[cold]
    fn rouse_one(&self, outside: &impl Outside) {
        let state = self.state();
        if searching(self.counts.load(Ordering::Relaxed)) > 0 {
            return; // another thread was quicker
        }
        if let Some(who) = state.sleeper() {
            self.rouse(state, who, outside);
        }
    }

    /// Counts a sleeper among those who search, and ends its sleep.
    fn rouse(
        &self,
        mut state: MutexGuard<'_, State>,
        who: usize,
        outside: &impl Outside,
    ) {
        let place = state.get_up(who);
        // Relaxed: the fences around it order it.
        self.counts.fetch_sub(SLEEPS - SEARCHES, Ordering::Relaxed);
        drop(state);
        match place {
            Place::Driver => outside.unpark(),
            _ => self.seats[who].notify_one(),
        }
    }
    // ANCHOR_END: rouse_one

    /// There is something to do that only thread `who` can do.
    pub fn notify_thread(&self, who: usize, outside: &impl Outside) {
        // Pairs with the fence in `sleep`, as in `notify`.
        fence(Ordering::SeqCst);
        if sleeping(self.counts.load(Ordering::Relaxed)) > 0 {
            let state = self.state();
            if state.places[who] != Place::Awake {
                self.rouse(state, who, outside);
            }
        }
    }

    /// The thread has run out of work, and searches the other threads' queues
    /// from now on.
    pub fn search(&self) {
        // Relaxed: it only spares others a call of `rouse_one`.
        self.counts.fetch_add(SEARCHES, Ordering::Relaxed);
    }

    /// The thread has found something, and searches no longer. `look` says
    /// whether there is any task in any queue.
    // ANCHOR: found
    pub fn found(&self, outside: &impl Outside, look: impl Fn() -> bool) {
        let before = self.counts.fetch_sub(SEARCHES, Ordering::Relaxed);
        if searching(before) == 1 && sleeping(before) > 0 {
            // A task that came while we searched has roused no thread.
            // Pairs with the fence in `notify`.
            fence(Ordering::SeqCst);
            match look() {
                true => self.rouse_one(outside),
                false => self.hand_over(self.state(), outside),
            }
        }
    }

    /// A thread that had the driver has work now: if others sleep, one of them
    /// is to have it.
    fn hand_over(&self, state: MutexGuard<'_, State>, outside: &impl Outside) {
        if state.driver.is_none()
            && let Some(&who) = state.seated.last()
        {
            self.rouse(state, who, outside);
        }
    }
    // ANCHOR_END: found

    /// The thread has searched in vain: it sleeps until there is something to
    /// do, or until something has happened outside. Afterwards it searches.
    ///
    /// `look` says whether there is any task in any queue that thread `me` can
    /// take. The answer is false if the threads are to end.
    // ANCHOR: sleep
    pub fn sleep(
        &self,
        me: usize,
        outside: &impl Outside,
        look: impl Fn() -> bool,
    ) -> bool {
        let Some(place) = self.lie_down(me) else {
            return false; // the threads are to end
        };
        // Pairs with the fence in `notify`: either we see the task, or whoever
        // brings it sees that we sleep and that no other thread searches.
        fence(Ordering::SeqCst);
        if look() {
            self.get_up(me);
            self.state().let_go(me);
            return true;
        }
        if place == Place::Driver {
            outside.wait(|| self.get_up(me));
            self.state().driver = None; // we search, and then hand it over
            return true;
        }
        let mut state = self.state();
        while state.places[me] == Place::Seat {
            state = wait(&self.seats[me], state);
        }
        true
    }
    // ANCHOR_END: sleep

    /// Counts it among those who sleep: the first one in the driver.
    fn lie_down(&self, me: usize) -> Option<Place> {
        let mut state = self.state();
        if state.closed {
            return None;
        }
        let place = match state.driver {
            None => Place::Driver,
            Some(_) => Place::Seat,
        };
        state.places[me] = place;
        match place {
            Place::Driver => state.driver = Some(me),
            _ => state.seated.push(me),
        }
        self.counts.fetch_add(SLEEPS - SEARCHES, Ordering::Relaxed);
        Some(place)
    }

    /// Counts it among those who search, unless another thread already has.
    fn get_up(&self, me: usize) {
        let mut state = self.state();
        if state.places[me] != Place::Awake {
            state.get_up(me);
            self.counts.fetch_sub(SLEEPS - SEARCHES, Ordering::Relaxed);
        }
    }

    /// The thread is at work, and would like to know what has happened outside:
    /// calls `look_outside`, if no other thread has the driver.
    // ANCHOR: look_outside
    pub fn look_outside(
        &self,
        me: usize,
        outside: &impl Outside,
        look_outside: impl FnOnce(),
    ) {
        let mut state = self.state();
        if state.driver.is_none() {
            state.driver = Some(me);
            drop(state);
            look_outside();
            state = self.state();
            state.driver = None;
            // A thread may have found the driver taken, and sat down.
            self.hand_over(state, outside);
        }
    }
    // ANCHOR_END: look_outside

    /// Ends every sleep, and refuses those to come.
    pub fn close(&self, outside: &impl Outside) {
        self.closed.store(true, Ordering::Relaxed);
        let mut state = self.state();
        state.closed = true;
        while let Some(who) = state.sleeper() {
            self.rouse(state, who, outside);
            state = self.state();
        }
    }

    /// Are the threads to end?
    #[inline]
    pub fn is_closed(&self) -> bool {
        // Relaxed: what there is to see is seen after the threads have ended.
        self.closed.load(Ordering::Relaxed)
    }

    /// How many threads sleep. Only for looking: the answer may be old.
    pub fn sleepers(&self) -> usize {
        sleeping(self.counts.load(Ordering::Relaxed))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

impl State {
    /// The sleeper to be roused next: the driver's thread comes last, because
    /// something may happen outside.
    fn sleeper(&self) -> Option<usize> {
        let in_driver = |&who: &usize| self.places[who] == Place::Driver;
        let seated = self.seated.last().copied();
        seated.or_else(|| self.driver.filter(in_driver))
    }

    /// The sleeper sleeps no longer. Where it was. It keeps the driver until it
    /// has come out of it.
    fn get_up(&mut self, who: usize) -> Place {
        self.seated.retain(|&seated| seated != who);
        std::mem::replace(&mut self.places[who], Place::Awake)
    }

    fn let_go(&mut self, who: usize) {
        if self.driver == Some(who) {
            self.driver = None;
        }
    }
}

impl fmt::Debug for Idle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Idle").finish_non_exhaustive()
    }
}
