//! A thread's share of the work: its own deque, the injector, and the deques
//! of the others, from which it steals when there is nothing else.
//!
//! It leaves out how a thread sleeps (`idle.rs`).

use super::Threads;
use crate::handle::Shared;
use crate::task::Task;
use crossbeam_deque as deque;
use std::cell::Cell;
use std::fmt;
use std::ptr;

/// Of so many tasks, one is taken from the injector first. Otherwise a thread
/// whose own tasks wake each other would never look there.
const INJECTOR_EVERY: u32 = 61;

// ANCHOR: worker
/// What belongs to one thread.
pub(crate) struct Worker {
    /// Which thread it is. The one of `block_on` is 0.
    me: usize,
    /// First in, first out. Others steal from it.
    deque: deque::Worker<Task>,
    /// Is this thread counted among those who search?
    searches: Cell<bool>,
    /// How many tasks it has taken.
    taken: Cell<u32>,
    /// Where the next search begins.
    victim: Cell<usize>,
}
// ANCHOR_END: worker

thread_local! {
    /// The worker of this thread, kept by whoever has [entered](Worker::enter)
    /// it, and the threads that it belongs to.
    static CURRENT: Cell<(*const Threads, *const Worker)> =
        const { Cell::new((ptr::null(), ptr::null())) };
}

/// Ends, when it is dropped, what [`Worker::enter`] has begun: tasks that this
/// thread still has are for the others.
pub(crate) struct Entered<'a> {
    before: (*const Threads, *const Worker),
    worker: &'a Worker,
    shared: &'a Shared,
    threads: &'a Threads,
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        self.worker.leave(self.shared, self.threads);
        CURRENT.set(self.before);
    }
}

/// Does something with the worker of this thread, if it is one of `threads`.
#[inline]
pub(super) fn with<R>(
    threads: &Threads,
    use_it: impl FnOnce(&Worker) -> R,
) -> Option<R> {
    let (whose, worker) = CURRENT.get();
    if !ptr::eq(whose, threads) {
        return None;
    }
    // SAFETY: `Entered` borrows the worker on this thread, and takes the
    // pointer back when that borrow ends.
    unsafe { worker.as_ref() }.map(use_it)
}

/// Is this a thread that runs tasks of a runtime with several threads?
pub(crate) fn is_worker() -> bool {
    !CURRENT.get().1.is_null()
}

impl Worker {
    pub(super) fn new(me: usize, deque: deque::Worker<Task>) -> Self {
        Self {
            me,
            deque,
            searches: Cell::new(false),
            taken: Cell::new(0),
            victim: Cell::new(me),
        }
    }

    /// From now on, what this thread wakes goes to this worker's deque.
    pub(crate) fn enter<'a>(
        &'a self,
        shared: &'a Shared,
        threads: &'a Threads,
    ) -> Entered<'a> {
        let this = (ptr::from_ref(threads), ptr::from_ref(self));
        Entered {
            before: CURRENT.replace(this),
            worker: self,
            shared,
            threads,
        }
    }

    #[inline]
    pub(super) fn push(&self, task: Task) {
        self.deque.push(task);
    }

    pub(super) fn has_none(&self) -> bool {
        self.deque.is_empty()
    }

    // ANCHOR: next
    /// The next task: this thread's first one, or one that came from outside,
    /// or another thread's.
    fn next(&self, threads: &Threads) -> Option<Task> {
        let taken = self.taken.get().wrapping_add(1);
        self.taken.set(taken);
        if taken.is_multiple_of(INJECTOR_EVERY)
            && let Some(task) = self.inject(threads)
        {
            return Some(task);
        }
        let own = self.deque.pop();
        own.or_else(|| self.inject(threads))
            .or_else(|| self.steal(threads))
    }

    /// About half of the tasks of some other thread, and the first one of them.
    fn steal(&self, threads: &Threads) -> Option<Task> {
        if !self.searches.replace(true) {
            threads.idle.search();
        }
        let count = threads.stealers.len();
        let begin = self.victim.get() + 1; // not always the same one first
        self.victim.set(begin % count);
        let others = (begin..begin + count).map(|other| other % count);
        others.filter(|&other| other != self.me).find_map(|other| {
            let victim = &threads.stealers[other];
            again(|| victim.steal_batch_and_pop(&self.deque))
        })
    }
    // ANCHOR_END: next

    /// Takes some tasks from the injector, and the first one of them.
    fn inject(&self, threads: &Threads) -> Option<Task> {
        let injector = &threads.injector;
        if injector.is_empty() {
            return None; // the usual case, without a write
        }
        again(|| injector.steal_batch_and_pop(&self.deque))
    }

    // ANCHOR: run
    /// Runs tasks that are ready, at most as many as are left of `polls`, so
    /// that events don't have to wait for long. Are there more?
    pub(crate) fn run(
        &self,
        shared: &Shared,
        threads: &Threads,
        polls: &mut usize,
    ) -> bool {
        while *polls > 0 {
            if threads.idle.is_closed() {
                return false;
            }
            let Some(task) = self.next(threads) else {
                return false;
            };
            self.found(shared, threads);
            *polls -= 1;
            task.run();
        }
        true
    }
    // ANCHOR_END: run

    /// This thread has something to do, so it searches no longer.
    pub(crate) fn found(&self, shared: &Shared, threads: &Threads) {
        if self.searches.replace(false) {
            threads
                .idle
                .found(&threads.outside(shared), || threads.look());
        }
    }

    // ANCHOR: pause
    /// Between two batches. If there are `more` tasks, this thread has a look
    /// at what has happened outside; otherwise it sleeps until there are. False
    /// if the threads are to end.
    ///
    /// `mine` says whether there is something that only this thread can do.
    pub(crate) fn pause(
        &self,
        shared: &Shared,
        threads: &Threads,
        more: bool,
        mine: impl Fn() -> bool,
    ) -> bool {
        let outside = threads.outside(shared);
        if more || mine() {
            self.found(shared, threads);
            threads.idle.look_outside(self.me, &outside, || {
                outside.turn(false, || ());
            });
            return !threads.idle.is_closed();
        }
        if !self.searches.replace(true) {
            threads.idle.search();
        }
        let look = || mine() || threads.look();
        let goes_on = threads.idle.sleep(self.me, &outside, look);
        if mine() {
            self.found(shared, threads);
        }
        goes_on
    }
    // ANCHOR_END: pause

    /// This thread takes no more tasks, for now or for ever: those that it has
    /// are for the others.
    pub(super) fn leave(&self, shared: &Shared, threads: &Threads) {
        self.found(shared, threads);
        let mut left = false;
        while let Some(task) = self.deque.pop() {
            threads.injector.push(task);
            left = true;
        }
        if left {
            threads.idle.notify(&threads.outside(shared));
        }
    }
}

/// A theft that another one has disturbed is tried again: that one went well,
/// so together they get on.
fn again<T>(mut steal: impl FnMut() -> deque::Steal<T>) -> Option<T> {
    loop {
        match steal() {
            deque::Steal::Success(task) => return Some(task),
            deque::Steal::Empty => return None,
            deque::Steal::Retry => {}
        }
    }
}

impl fmt::Debug for Worker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Worker")
            .field("me", &self.me)
            .field("tasks", &self.deque.len())
            .finish_non_exhaustive()
    }
}
