//! The scheduler: which fiber runs next, on one thread.
//!
//! Fibers that are ready are in one queue, first come, first served. A fiber
//! that stops switches straight to the next one; only when no other is ready,
//! and once in a while so that sockets and timers are not forgotten, it
//! switches *home*: to the thread's own stack, where `Runtime::run` was called,
//! and where the waiting for the outside is done.
//!
//! This file has what the thread and the queue are about. Below it are
//! `lifecycle.rs` (a fiber begins and ends), `wait.rs` (it waits and is woken)
//! and `home.rs` (sockets, timers, and the end of everything).
//!
//! Nothing here is shared between threads, and nothing is global but one word a
//! thread: which scheduler is in `run`.

mod home;
mod lifecycle;
mod owner;
mod wait;

pub(crate) use owner::Owner;

use crate::driver::Driver;
use crate::error::give_up;
use crate::fiber::{Fiber, control_block, describe, unwind};
use crate::float::FloatEnvironment;
use crate::ready::ReadyQueue;
use crate::stack::Arena;
use crate::state::Cancel;
use crate::switch::{StackPointer, switch};
use crate::timers::Timers;
use std::cell::Cell;
use std::ptr;
use std::thread;
use std::time::{Duration, Instant};

/// After this many switches from fiber to fiber, sockets and timers have a turn.
const BUDGET: usize = 256;

/// And after this many operations on sockets, whether they had to wait or not: a
/// fiber that waits need not go home for it. A timer that is due waits for two such
/// rounds at most: one until it is looked at, and one until its fiber's turn has
/// come.
const OPERATIONS: u32 = 64;

/// How long a fiber may try to wait while it unwinds, without any visit at
/// home. A loop that waits for something, in a destructor, would never end: no
/// other fiber can run.
const FUTILE: Duration = Duration::from_secs(1);

/// After this many such tries, the clock is looked at: what is dropped may be a
/// long list of values each of which tries once.
const TRIES: u32 = 1_000_000;

thread_local! {
    /// The scheduler whose `run` this thread is in, or null.
    static CURRENT: Cell<*const Scheduler> = const { Cell::new(ptr::null()) };
}

/// What a runtime is, at an address that does not change.
pub(crate) struct Scheduler {
    /// The box in which it is: a reference to this would not be allowed to free
    /// it.
    itself: Cell<*mut Scheduler>,
    /// How many [`Owner`]s there are.
    owners: Cell<usize>,
    /// The fiber that runs; null at home.
    running: Cell<*const Fiber>,
    ready: ReadyQueue,
    /// How often a fiber may yield while no other is ready, until the next
    /// visit at home.
    alone: Cell<usize>,
    /// The thread's own stack, while a fiber runs.
    home: Cell<StackPointer>,
    /// Slots that no fiber uses, linked by `next`: last in, first out, for what
    /// was used last is in the cache.
    pool: Cell<*const Fiber>,
    arena: Arena,
    spawned: Cell<u64>,
    alive: Cell<usize>,
    /// How many of these have been cancelled.
    cancelled: Cell<usize>,
    /// Which fiber has tried last to wait while it unwound, and how often,
    /// since the last visit at home.
    futile: Cell<(u64, u32)>,
    /// Since when, once there have been many.
    futile_since: Cell<Option<Instant>>,
    /// How many operations on sockets have ended since the last visit at home.
    operations: Cell<u32>,
    /// A fiber has stopped while the thread was unwinding outside `run`. If
    /// it was in a destructor of its own, it cannot be unwound once more, and
    /// there is no way to tell.
    mixed: Cell<bool>,
    /// The fibers that wait with a deadline.
    timers: Timers<*const Fiber>,
    pub(crate) driver: Driver,
    keep_float: bool,
    /// What fibers begin with, if it is kept.
    float: Cell<FloatEnvironment>,
    /// The thread was unwinding when it came here. Then it does not count.
    unwinding_outside: Cell<bool>,
    /// The scheduler in whose fiber this one runs, or null.
    outer: Cell<*const Scheduler>,
    /// The fiber whose end is the end of `run`.
    main: Cell<*const Fiber>,
}

/// While a thread is in `run`.
pub(crate) struct Entered<'r> {
    scheduler: &'r Scheduler,
}

impl<'r> Entered<'r> {
    pub(crate) fn new(scheduler: &'r Scheduler) -> Self {
        scheduler.outer.set(CURRENT.replace(scheduler));
        scheduler.unwinding_outside.set(thread::panicking());
        scheduler.float.set(FloatEnvironment::current());
        Self { scheduler }
    }
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        // Another library has switched stacks between two calls of `run`, and
        // leaves first the one that was entered first: against the contract of
        // `Runtime::new`. What comes next would use a runtime that is gone.
        if !ptr::eq(CURRENT.get(), self.scheduler) {
            give_up("two calls of Runtime::run end in the wrong order");
        }
        CURRENT.set(self.scheduler.outer.replace(ptr::null()));
    }
}

impl Scheduler {
    /// Makes a scheduler without fibers; sizes of stacks and guards in bytes.
    pub(crate) fn build(
        stack_size: usize,
        guard_size: usize,
        keep_float: bool,
    ) -> Owner {
        Owner::new(Self {
            itself: Cell::new(ptr::null_mut()),
            owners: Cell::new(0),
            running: Cell::new(ptr::null()),
            ready: ReadyQueue::new(),
            alone: Cell::new(0),
            home: Cell::new(ptr::null_mut()),
            pool: Cell::new(ptr::null()),
            arena: Arena::new(stack_size, guard_size),
            spawned: Cell::new(0),
            alive: Cell::new(0),
            cancelled: Cell::new(0),
            main: Cell::new(ptr::null()),
            futile: Cell::new((0, 0)),
            futile_since: Cell::new(None),
            operations: Cell::new(0),
            mixed: Cell::new(false),
            timers: Timers::new(),
            driver: Driver::default(),
            keep_float,
            float: Cell::new(FloatEnvironment::current()),
            unwinding_outside: Cell::new(false),
            outer: Cell::new(ptr::null()),
        })
    }

    /// The scheduler that is in `run` on this thread.
    #[inline]
    pub(crate) fn current<'r>() -> Option<&'r Self> {
        // SAFETY: null, or a scheduler that is in `run`, whose caller holds it
        // until all code that can be reached from here is done.
        unsafe { CURRENT.get().as_ref() }
    }

    /// How many fibers have not finished.
    #[inline]
    pub(crate) fn alive(&self) -> usize {
        self.alive.get()
    }

    /// How many stacks it has, used or not.
    pub(crate) fn stacks(&self) -> usize {
        self.arena.slots()
    }

    /// The fiber that runs; null at home.
    #[inline]
    pub(crate) fn running(&self) -> *const Fiber {
        self.running.get()
    }

    /// The running fiber, if it is one of ours and we are the scheduler that
    /// the thread is in.
    #[inline]
    pub(crate) fn here(&self) -> Option<&Fiber> {
        if !ptr::eq(CURRENT.get(), self) {
            return None;
        }
        // SAFETY: null, or a fiber whose slot is in use as long as it runs.
        unsafe { self.running.get().as_ref() }
    }

    /// Is a switch away from here possible and sound? Not at home; and not
    /// while the fiber unwinds: what counts a thread's panics would be wrong
    /// for the next fiber, and a second reason to unwind would end the process.
    pub(crate) fn can_wait(&self) -> bool {
        self.here().is_some_and(|me| !self.is_unwinding(me))
    }

    /// Does the running fiber unwind?
    #[inline]
    fn is_unwinding(&self, me: &Fiber) -> bool {
        me.cancel() == Cancel::Raised
            || thread::panicking() && !self.unwinding_outside.get()
    }

    /// All fibers that have not finished.
    fn fibers(&self) -> impl Iterator<Item = &Fiber> {
        let all = self.arena.taken().map(|slot| {
            // SAFETY: `new_fiber` lays a control block out in each slot that it
            // takes, and is the only one that takes any.
            unsafe { &*control_block(slot.top) }
        });
        all.filter(|fiber| fiber.is_alive())
    }

    /// The fiber in whose guard the address lies, of this scheduler or of those
    /// in whose fibers it runs, and the size of its stack.
    pub(crate) fn overflown(&self, address: usize) -> Option<(&Fiber, usize)> {
        let found = self.arena.guarded_by(address).map(|slot| {
            // SAFETY: as in `fibers`: each slot that was taken has one.
            let fiber = unsafe { &*control_block(slot.top) };
            (fiber, self.arena.stack_size())
        });
        found.or_else(|| {
            // SAFETY: null, or a scheduler that is in `run` below this one.
            let outer = unsafe { self.outer.get().as_ref() }?;
            outer.overflown(address)
        })
    }
}

/// Leaving, and coming back.
impl Scheduler {
    /// Goes to the end of the queue.
    // ANCHOR: yield_now
    #[inline(always)]
    pub(crate) fn yield_now(&self) {
        if thread::panicking() || !self.ready.is_open() {
            return self.yield_slowly();
        }
        // SAFETY: it is open.
        let (save, next) = unsafe { self.ready.exchange(self.running.get()) };
        self.running.set(next.fiber);
        // SAFETY: a fiber in the queue is suspended, and was in it once.
        unsafe { switch(save, next.sp) };
        self.unwind_if_cancelled();
    }
    // ANCHOR_END: yield_now

    /// From here on, until the next visit at home, every yield takes the long
    /// way, and a fiber that ends goes home.
    fn close_short_way(&self) {
        self.ready.set_budget(0);
    }

    /// When the short way is closed, or a panic unwinds.
    #[cold]
    fn yield_slowly(&self) {
        let me = self.here().filter(|me| !self.is_unwinding(me));
        let Some(me) = me else {
            return self.count_futile();
        };
        // Alone, and nothing to look after: nothing changes by going home.
        if self.ready.is_empty() && self.alone.get() > 0 {
            self.alone.set(self.alone.get() - 1);
            return;
        }
        self.visit_home(me);
    }

    /// Counts a wait that was refused: see `can_wait`.
    fn count_futile(&self) {
        let Some(me) = self.here() else {
            return;
        };
        let (last, count) = self.futile.get();
        if last != me.id() {
            self.futile_since.set(None);
            return self.futile.set((me.id(), 1));
        }
        if count < TRIES {
            return self.futile.set((last, count + 1));
        }
        self.futile.set((last, 0));
        let now = Instant::now();
        let since = self.futile_since.get().unwrap_or(now);
        self.futile_since.set(Some(since));
        if now - since > FUTILE {
            let who = describe(me);
            give_up(&format!(
                "{who} unwinds and has tried to wait for {} s, while no other \
                 fiber can run",
                FUTILE.as_secs()
            ));
        }
    }

    /// Passes the result of an operation on a socket on, and counts it: once in
    /// a while, sockets and timers of others have a turn.
    #[inline]
    pub(crate) fn counted<T>(&self, result: T) -> T {
        let count = self.operations.get() + 1;
        self.operations.set(count);
        if count >= OPERATIONS
            && let Some(me) = self.here()
            && !self.is_unwinding(me)
        {
            self.visit_home(me);
        }
        result
    }

    /// Goes to the end of the queue by way of home, even if no other fiber is ready.
    #[cold]
    fn visit_home(&self, me: &Fiber) {
        // The next one in the queue could be this fiber itself, and a switch
        // from a stack to itself does not work.
        self.close_short_way();
        self.go_home(self.ready.push_running(me), me);
        if me.cancel() != Cancel::No {
            self.unwind(me);
        }
    }

    /// Suspends the running fiber, which waits or has finished, and resumes the
    /// next one, or home. Returns when the fiber has been woken and its turn
    /// has come.
    // ANCHOR: leave
    #[inline(always)]
    fn leave(&self, me: &Fiber) {
        if !self.ready.is_open() {
            return self.go_home(me.sp.as_ptr(), me);
        }
        // SAFETY: open, so not empty.
        let next = unsafe { self.ready.take() };
        self.running.set(next.fiber);
        // SAFETY: a fiber in the queue is suspended, and was in it once.
        unsafe { switch(me.sp.as_ptr(), next.sp) };
    }
    // ANCHOR_END: leave

    /// As [`leave`](Self::leave), with `woken` at the end of the queue: which is
    /// its front, if it is empty.
    #[inline(always)]
    fn leave_for(&self, me: &Fiber, woken: &Fiber) {
        if self.ready.is_empty() && self.ready.has_budget() {
            self.running.set(woken);
            // SAFETY: it has stopped, and is in no queue.
            return unsafe { switch(me.sp.as_ptr(), woken.sp.get()) };
        }
        self.ready.push(woken, woken.sp.get());
        self.leave(me);
    }

    /// Suspends the running fiber, stores its pointer in `save`, and resumes
    /// home.
    #[cold]
    #[inline(never)]
    fn go_home(&self, save: *mut StackPointer, me: &Fiber) {
        if self.unwinding_outside.get() && me.is_alive() {
            self.mixed.set(true);
        }
        let float = self.keep_float.then(FloatEnvironment::current);
        self.running.set(ptr::null());
        self.close_short_way();
        // SAFETY: home was suspended by `dispatch`.
        unsafe { switch(save, self.home.get()) };
        if let Some(float) = float {
            float.restore();
        }
    }

    // ANCHOR: dispatch
    /// From home to the first fiber of the queue; comes back when one comes
    /// home.
    fn dispatch(&self) {
        let Some(next) = self.ready.pop() else {
            return;
        };
        // Without budget, every switch goes by home, which keeps the control
        // words apart, and finds out which fiber stops while the thread unwinds.
        let by_home = self.keep_float || self.unwinding_outside.get();
        self.ready.set_budget(if by_home { 0 } else { BUDGET });
        self.alone.set(BUDGET);
        self.futile.set((0, 0));
        self.operations.set(0);
        self.running.set(next.fiber);
        // SAFETY: a fiber in the queue is suspended, and was in it once.
        unsafe { switch(self.home.as_ptr(), next.sp) };
        if self.keep_float {
            self.float.get().restore();
        }
    }
    // ANCHOR_END: dispatch

    /// From here on the fiber, which runs, cannot wait: also not by the short
    /// way of `yield_now`, which does not look at this.
    #[cold]
    fn raise(&self, me: &Fiber) {
        me.set_raised();
        self.close_short_way();
    }

    /// The running fiber begins to unwind.
    #[cold]
    fn unwind(&self, me: &Fiber) -> ! {
        self.raise(me);
        unwind()
    }
}
