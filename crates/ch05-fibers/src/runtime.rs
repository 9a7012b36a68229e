//! The scheduler: who runs next, on one thread.
//!
//! Fibers that are ready stand in one queue, first come, first served. A fiber
//! that stops switches straight to the next one; only when nobody is ready, and
//! once in a while so that sockets and timers are not forgotten, it switches
//! *home*: to the thread's own stack, where [`Runtime::run`] was called, and
//! where the waiting for the outside is done.
//!
//! Nothing here is shared between threads, and nothing is global but one word a
//! thread: which runtime is running.

use crate::driver::Driver;
use crate::fiber::{Cancel, Fiber, Settings, State, Woken};
use crate::float::FloatEnvironment;
use crate::join::{JoinError, JoinHandle};
use crate::overflow;
use crate::ready::ReadyQueue;
use crate::scope::ScopeData;
use crate::stack::{self, Arena};
use crate::switch::{StackPointer, switch};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::ptr;
use std::rc::Rc;
use std::thread;
use std::time::{Duration, Instant};

/// After so many switches from fiber to fiber, sockets and timers have a turn.
const BUDGET: usize = 256;

/// After so many operations on sockets that did not have to wait, too. A timer
/// that is due waits for two such rounds at most: one until it is looked at, and
/// one until its fiber's turn has come.
const OPERATIONS: u32 = 64;

/// How long a fiber may try to wait while it unwinds, without anybody having
/// been at home. A loop that waits for something, in a destructor, would never
/// end: no other fiber can run.
const FUTILE: Duration = Duration::from_secs(1);

/// After so many such tries, the clock is looked at: what is dropped may be a
/// long list of values each of which tries once.
const TRIES: u32 = 1_000_000;

thread_local! {
    /// The runtime whose `run` this thread is in, or null.
    static CURRENT: Cell<*const Inner> = const { Cell::new(ptr::null()) };
}

/// Fibers, and the stacks on which they run.
///
/// It belongs to one thread, as its fibers do. It can be moved; several of them
/// can be used in turns, or one inside a fiber of another.
///
/// ```
/// use ch05_fibers::{Runtime, spawn, yield_now};
///
/// // SAFETY: nothing counts on the order in which their calls end.
/// let mut runtime = unsafe { Runtime::new() };
/// let sum = runtime.run(|| {
///     let hundred = spawn(|| {
///         yield_now();
///         100
///     });
///     hundred.join().unwrap() + 1
/// });
/// assert_eq!(sum, 101);
/// ```
///
/// # Dropping
///
/// Fibers that have not finished are cancelled: each goes on once more, and at
/// the place where it waits it unwinds, so that its locals are dropped. A
/// destructor that runs then cannot wait (see [`yield_now`](crate::yield_now)).
/// A fiber that catches the unwinding can go on, but cannot wait any more.
///
/// In programs that are built with `panic = "abort"` there is no unwinding:
/// unfinished fibers and their stacks are leaked. So they are when a fiber calls
/// [`std::process::exit`] and its runtime is in a thread-local variable; and if
/// one of them has stopped in a `run` that was itself called by a destructor
/// while the thread unwound, for it could be in the middle of unwinding, too.
///
/// A cancelled fiber that holds the guard of a [`Mutex`](std::sync::Mutex) or
/// [`RwLock`](std::sync::RwLock) poisons it, and one that stands in the
/// initialiser of a [`Once`](std::sync::Once) or
/// [`LazyLock`](std::sync::LazyLock) poisons that for good: they take the
/// unwinding for a panic.
pub struct Runtime {
    inner: Rc<Inner>,
}

/// How a runtime is to be. See [`Runtime::builder`].
#[derive(Clone, Debug)]
pub struct RuntimeBuilder {
    stack_size: usize,
    guard_size: usize,
    keep_float_environment: bool,
}

impl RuntimeBuilder {
    /// The size of each stack, in bytes: rounded up to whole pages, at least
    /// 32 KiB, 64 KiB if nothing is said. Memory is used for what a fiber
    /// touches only.
    #[must_use]
    pub fn stack_size(mut self, bytes: usize) -> Self {
        self.stack_size = bytes;
        self
    }

    /// The size of the guard below each stack, in bytes: rounded up to whole
    /// pages, at least one (13 on Windows), 132 KiB if nothing is said. It costs
    /// addresses, no memory.
    ///
    /// Code from a Rust compiler touches each page of a large frame in order,
    /// and so always meets the guard. Other code may not: a function in C with
    /// locals of 72 KiB begins to write at their low end. The guard has to be
    /// larger than the largest frame of such code.
    #[must_use]
    pub fn guard_size(mut self, bytes: usize) -> Self {
        self.guard_size = bytes;
        self
    }

    /// Keeps the control words of floating point (on x86-64 MXCSR and that of
    /// the x87 unit, on Arm FPCR) apart. Each fiber begins with those that
    /// [`Runtime::run`] was called with. It makes every switch several times as
    /// expensive. Without it, a fiber that changes how results are rounded
    /// changes it for all of them, until it is changed back.
    #[must_use]
    pub fn keep_float_environment(mut self, keep: bool) -> Self {
        self.keep_float_environment = keep;
        self
    }

    /// Makes the runtime. On Unix the first one installs handlers for `SIGSEGV`
    /// and `SIGBUS`, which name the fiber whose stack has overflowed and pass
    /// every other fault on to the handlers that were there before.
    ///
    /// # Safety
    ///
    /// As for [`Runtime::new`].
    pub unsafe fn build(self) -> Runtime {
        overflow::install();
        let inner = Rc::new_cyclic(|itself| Inner {
            itself: itself.as_ptr(),
            running: Cell::new(ptr::null()),
            ready: ReadyQueue::new(),
            alone: Cell::new(0),
            home: Cell::new(ptr::null_mut()),
            pool: Cell::new(ptr::null()),
            arena: Arena::new(self.stack_size, self.guard_size),
            spawned: Cell::new(0),
            alive: Cell::new(0),
            main: Cell::new(ptr::null()),
            futile: Cell::new((0, 0)),
            futile_since: Cell::new(None),
            operations: Cell::new(0),
            mixed: Cell::new(false),
            timers: RefCell::default(),
            timer_keys: Cell::new(0),
            driver: Driver::default(),
            keep_float: self.keep_float_environment,
            float: Cell::new(FloatEnvironment::current()),
            unwinding_outside: Cell::new(false),
            outer: Cell::new(ptr::null()),
        });
        Runtime { inner }
    }
}

impl Runtime {
    /// A runtime with stacks of 64 KiB.
    ///
    /// # Safety
    ///
    /// A fiber stops in the middle of its callers. Code may count on the calls
    /// of a thread ending in the reverse of the order in which they began; with
    /// threads it is right to, and with fibers it is not, and no library of
    /// fibers can see it. So whoever makes a runtime promises, for all code
    /// that its fibers call:
    ///
    /// - the initialiser and the destructor of a `thread_local!` variable do
    ///   not wait. Another fiber would initialise the variable meanwhile, or
    ///   go on using one that is gone. (A fiber that calls
    ///   [`std::process::exit`] runs such destructors.)
    /// - a variable that is set for the length of a call and then set back, as
    ///   scoped thread-local variables are, is not set around a wait;
    /// - no other library changes stacks to leave a call of [`run`](Self::run)
    ///   or [`scope`](crate::scope) in the middle, unless it is back in there
    ///   before the thread uses this crate again;
    /// - and the runtime is not left in a thread-local variable with fibers that
    ///   have not finished: at the end of the thread they are unwound, and a
    ///   variable that one of them uses may be gone by then.
    ///
    /// "To wait" is to call anything of this crate that lets other fibers run.
    pub unsafe fn new() -> Self {
        // SAFETY: our caller's promise.
        unsafe { Self::builder().build() }
    }

    /// To say how it is to be.
    pub fn builder() -> RuntimeBuilder {
        RuntimeBuilder {
            stack_size: 64 * 1024,
            guard_size: stack::GUARD,
            keep_float_environment: false,
        }
    }

    // ANCHOR: run
    /// Runs `main` as a fiber, and with it all others, until it has returned.
    ///
    /// Fibers that have not finished by then stop where they are. They go on
    /// in the next `run`, or are cancelled when the runtime is dropped.
    ///
    /// # Panics
    ///
    /// - as `main` does;
    /// - if all fibers wait for each other, and so for ever. The message says
    ///   which fibers these are; they are all cancelled, and have ended when
    ///   `run` panics;
    /// - if there is no memory for a stack, or the system's event queue fails.
    pub fn run<T>(&mut self, main: impl FnOnce() -> T) -> T {
        let inner = &*self.inner;
        let _entered = Entered::new(inner);
        // SAFETY: what `main` borrows lives until we return, and by then it
        // has finished: `drive` sees to that.
        let main = unsafe { inner.spawn(Some("main"), ptr::null(), main) };
        let main = main.unwrap_or_else(|error| {
            panic!("no stack for the first fiber: {error}")
        });
        inner.main.set(main.fiber());
        let bomb = Bomb;
        let trouble = inner.drive(|| main.is_finished());
        if trouble.is_some() {
            inner.end_all();
        }
        std::mem::forget(bomb);
        match (main.join(), trouble) {
            (Ok(result), _) => result,
            (Err(JoinError::Cancelled), Some(why)) => panic!("{why}"),
            (Err(error), _) => error.resume(),
        }
    }
    // ANCHOR_END: run

    /// How many stacks it has mapped, used and unused.
    pub fn stacks(&self) -> usize {
        self.inner.arena.slots()
    }

    /// How many fibers have not finished.
    pub fn unfinished(&self) -> usize {
        self.inner.alive.get()
    }
}

impl fmt::Debug for Runtime {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Runtime")
            .field("unfinished", &self.unfinished())
            .field("stacks", &self.stacks())
            .finish_non_exhaustive()
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        if self.inner.alive.get() == 0 {
            return;
        }
        // On one of its own fibers: only `std::process::exit` comes here, which
        // ends thread-local variables where it is called.
        let ours = !self.inner.running.get().is_null();
        if cfg!(panic = "abort") || ours || self.inner.mixed.get() {
            // Not to be unwound, so not to be freed either: others may point
            // to what lies on these stacks.
            std::mem::forget(Rc::clone(&self.inner));
            return;
        }
        let _entered = Entered::new(&self.inner);
        self.inner.end_all();
    }
}

/// Ends the process when it is dropped. Nothing between its making and its
/// forgetting panics; if it did, `run` would return before its fiber had
/// finished, and leave it with borrows of what is gone.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        std::process::abort();
    }
}

/// While a thread is in the `run` of a runtime.
struct Entered<'r> {
    inner: &'r Inner,
}

impl<'r> Entered<'r> {
    fn new(inner: &'r Inner) -> Self {
        inner.outer.set(CURRENT.replace(inner));
        inner.unwinding_outside.set(thread::panicking());
        inner.float.set(FloatEnvironment::current());
        Self { inner }
    }
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        // Another library has switched stacks between two calls of `run`, and
        // leaves first the one that was entered first: against the contract of
        // `Runtime::new`. What comes next would use a runtime that is gone.
        if !ptr::eq(CURRENT.get(), self.inner) {
            give_up("two calls of Runtime::run end in the wrong order");
        }
        CURRENT.set(self.inner.outer.replace(ptr::null()));
    }
}

/// Ends the process where going on would be undefined.
#[cold]
pub(crate) fn give_up(why: &str) -> ! {
    eprintln!("ch05-fibers cannot go on: {why}");
    std::process::abort();
}

/// What a runtime is, at an address that does not change.
pub(crate) struct Inner {
    /// As the `Rc` knows it: a reference to this would not be allowed to reach
    /// the counts beside it.
    itself: *const Inner,
    /// The fiber that runs; null at home.
    running: Cell<*const Fiber>,
    ready: ReadyQueue,
    /// So often may a fiber yield while no other is ready, until the next
    /// visit at home.
    alone: Cell<usize>,
    /// The thread's own stack, while a fiber runs.
    home: Cell<StackPointer>,
    /// Slots that nobody uses, linked by `next`: last in, first out, for what
    /// was used last is in the cache.
    pool: Cell<*const Fiber>,
    arena: Arena,
    spawned: Cell<u64>,
    alive: Cell<usize>,
    /// Which fiber has tried last to wait while it unwound, and how often,
    /// since the last visit at home.
    futile: Cell<(u64, u32)>,
    /// Since when, once there have been many.
    futile_since: Cell<Option<Instant>>,
    /// How many operations on sockets did not have to wait, since the last
    /// visit at home.
    operations: Cell<u32>,
    /// A fiber has stopped while the thread was unwinding outside of `run`. If
    /// it was in a destructor of its own, it cannot be unwound once more, and
    /// there is no way to tell.
    mixed: Cell<bool>,
    /// Who waits for which moment. The number tells equal moments apart.
    timers: RefCell<BTreeMap<(Instant, u64), *const Fiber>>,
    timer_keys: Cell<u64>,
    pub(crate) driver: Driver,
    keep_float: bool,
    /// What fibers begin with, if it is kept.
    float: Cell<FloatEnvironment>,
    /// The thread was unwinding when it came here. Then it does not count.
    unwinding_outside: Cell<bool>,
    /// The runtime in whose fiber this one runs, or null.
    outer: Cell<*const Inner>,
    main: Cell<*const Fiber>,
}

/// Why a fiber cannot wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CannotWait {
    /// It is no fiber of the runtime that runs.
    NotHere,
    /// It unwinds, or has been cancelled and has caught that.
    Unwinding,
}

impl fmt::Display for CannotWait {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::NotHere => "the caller is not a fiber of the same runtime",
            Self::Unwinding => "the caller unwinds, so it cannot wait",
        })
    }
}

impl From<CannotWait> for io::Error {
    fn from(why: CannotWait) -> Self {
        io::Error::other(why.to_string())
    }
}

/// Fiber and runtime, as seen from the thread.
impl Inner {
    /// The runtime that runs on this thread.
    #[inline]
    pub(crate) fn current<'r>() -> Option<&'r Self> {
        // SAFETY: null, or a runtime that is in `run`, whose caller holds it
        // until all code that can be reached from here is done.
        unsafe { CURRENT.get().as_ref() }
    }

    /// The same, to be kept.
    #[inline]
    pub(crate) fn keep(&self) -> Rc<Self> {
        // SAFETY: from the `Rc`, in which every `Inner` is; `self` is alive.
        unsafe { Rc::increment_strong_count(self.itself) };
        // SAFETY: that count is ours.
        unsafe { Rc::from_raw(self.itself) }
    }

    /// The fiber that runs; null at home.
    #[inline]
    pub(crate) fn running(&self) -> *const Fiber {
        self.running.get()
    }

    /// # Safety
    ///
    /// Not at home, or there is no such fiber.
    #[inline]
    unsafe fn me(&self) -> &Fiber {
        // SAFETY: not null, and its slot is in use as long as it runs.
        unsafe { &*self.running.get() }
    }

    /// Is a switch away from here possible and sound? Not at home; and not
    /// while the fiber unwinds: what counts a thread's panics would be wrong
    /// for the next fiber, and a second reason to unwind would end the process.
    pub(crate) fn can_wait(&self) -> bool {
        self.here().is_some_and(|me| !self.is_unwinding(me))
    }

    /// Has the fiber that runs to do nothing but drop its locals?
    #[inline]
    fn is_unwinding(&self, me: &Fiber) -> bool {
        me.cancel.get() == Cancel::Raised
            || thread::panicking() && !self.unwinding_outside.get()
    }

    /// The running fiber, if it is one of ours and we are the runtime that the
    /// thread is in.
    #[inline]
    pub(crate) fn here(&self) -> Option<&Fiber> {
        if !ptr::eq(CURRENT.get(), self) {
            return None;
        }
        // SAFETY: null, or a fiber whose slot is in use as long as it runs.
        unsafe { self.running.get().as_ref() }
    }
}

/// The ready queue.
impl Inner {
    // ANCHOR: yield_now
    /// To the end of the queue.
    #[inline(always)]
    pub(crate) fn yield_now(&self) {
        let me = self.running.get();
        if thread::panicking() {
            return self.yield_slowly();
        }
        let Some((save, next)) = self.ready.exchange(me) else {
            return self.yield_slowly();
        };
        self.running.set(next.fiber);
        // SAFETY: a fiber in the queue has stopped, and was in it once.
        unsafe { switch(save, next.stopped_at()) };
        // SAFETY: at home there is no budget, so this is a fiber.
        let me = unsafe { &*me };
        if me.cancel.get() != Cancel::No {
            me.unwind();
        }
    }
    // ANCHOR_END: yield_now

    /// From here on, until the next visit at home, every yield goes the long
    /// way, and who ends goes home.
    pub(crate) fn close_short_way(&self) {
        self.ready.set_budget(0);
    }

    /// When the short way does not do.
    #[cold]
    fn yield_slowly(&self) {
        if !self.can_wait() {
            return self.count_futile();
        }
        // Alone, and nothing to look after: nothing changes by going home.
        if self.ready.is_empty() && self.alone.get() > 0 {
            self.alone.set(self.alone.get() - 1);
            return;
        }
        self.visit_home();
    }

    /// A wait that is none: see `can_wait`.
    pub(crate) fn count_futile(&self) {
        let Some(me) = self.here() else {
            return;
        };
        let (last, count) = self.futile.get();
        if last != me.id.get() {
            self.futile_since.set(None);
            return self.futile.set((me.id.get(), 1));
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
        if count >= OPERATIONS && self.can_wait() {
            self.visit_home();
        }
        result
    }

    /// To the end of the queue by way of home, also if nobody else is ready.
    #[cold]
    fn visit_home(&self) {
        // SAFETY: who can wait is a fiber.
        let me = unsafe { self.me() };
        // The next one in the queue could be this fiber itself, and a switch
        // from a stack to itself is none.
        self.ready.set_budget(0);
        self.ready.push(me);
        self.leave(me);
        if me.cancel.get() != Cancel::No {
            me.unwind();
        }
    }

    // ANCHOR: leave
    /// Stops the running fiber, which stands in some queue or is waited for;
    /// comes back when it goes on.
    #[inline(always)]
    fn leave(&self, me: &Fiber) {
        if self.unwinding_outside.get() && me.state.get() != State::Finished {
            self.mixed.set(true);
        }
        let float = self.keep_float.then(FloatEnvironment::current);
        if self.ready.has_budget()
            && let Some(next) = self.ready.pop()
        {
            self.running.set(next.fiber);
            // SAFETY: a fiber in the queue has stopped, and was in it once.
            unsafe { switch(me.sp.as_ptr(), next.stopped_at()) };
        } else {
            self.running.set(ptr::null());
            self.ready.set_budget(0);
            // SAFETY: home has stopped where it has dispatched a fiber.
            unsafe { switch(me.sp.as_ptr(), self.home.get()) };
        }
        if let Some(float) = float {
            float.restore();
        }
    }
    // ANCHOR_END: leave

    // ANCHOR: dispatch
    /// From home to the first fiber of the queue; comes back when one comes
    /// home.
    fn dispatch(&self) {
        let Some(next) = self.ready.pop() else {
            return;
        };
        // Without budget, every switch goes by home, which keeps the control
        // words apart.
        self.ready
            .set_budget(if self.keep_float { 0 } else { BUDGET });
        self.alone.set(BUDGET);
        self.futile.set((0, 0));
        self.operations.set(0);
        self.running.set(next.fiber);
        // SAFETY: a fiber in the queue has stopped, and was in it once.
        unsafe { switch(self.home.as_ptr(), next.stopped_at()) };
        if self.keep_float {
            self.float.get().restore();
        }
    }
    // ANCHOR_END: dispatch
}

/// A fiber's life.
impl Inner {
    // ANCHOR: spawn
    /// Makes a fiber and puts it into the queue.
    ///
    /// # Safety
    ///
    /// What the closure borrows must live until the fiber has finished.
    #[inline(always)]
    pub(crate) unsafe fn spawn<F: FnOnce() -> T, T>(
        &self,
        name: Option<&str>,
        scope: *const ScopeData,
        closure: F,
    ) -> io::Result<JoinHandle<T>> {
        let fiber = self.free_fiber()?;
        let id = self.spawned.get() + 1;
        self.spawned.set(id);
        // SAFETY: it is free; the closure is our caller's promise.
        unsafe { fiber.make(Settings { id, name, scope }, closure) };
        self.alive.set(self.alive.get() + 1);
        self.ready.make_room_for(self.alive.get());
        self.ready.push(fiber);
        // SAFETY: attended, and this is its handle.
        Ok(unsafe { JoinHandle::new(fiber, self.keep()) })
    }
    // ANCHOR_END: spawn

    // ANCHOR: free_fiber
    /// One from the pool, or on a new stack.
    #[inline]
    fn free_fiber(&self) -> io::Result<&Fiber> {
        // SAFETY: null, or the control block of a slot that is nobody's.
        match unsafe { self.pool.get().as_ref() } {
            Some(free) => {
                self.pool.set(free.next.get());
                Ok(free)
            }
            None => self.new_fiber(),
        }
    }

    #[cold]
    fn new_fiber(&self) -> io::Result<&Fiber> {
        let slot = self.arena.take()?;
        let place = control_block(slot.top);
        // SAFETY: near the high end of a slot that is nobody's yet.
        Ok(unsafe { Fiber::lay_out(place, slot.bottom, self) })
    }
    // ANCHOR_END: free_fiber

    // ANCHOR: finish
    /// The end of a fiber: wakes who waits for it, and goes on with others.
    ///
    /// # Safety
    ///
    /// `me` is the fiber that runs, and if it is attended, its outcome is in
    /// its packet.
    #[inline(always)]
    pub(crate) unsafe fn finish(me: &Fiber) -> ! {
        // SAFETY: a runtime is there as long as one of its fibers is alive.
        let inner = unsafe { &*me.runtime };
        inner.alive.set(inner.alive.get() - 1);
        if !me.scope.get().is_null() {
            inner.leave_scope(me);
        }
        if !me.joiner.get().is_null() {
            inner.wake_waiting_for(State::Joining, me.joiner.get());
        }
        if me.attended.get() {
            me.state.set(State::Finished);
        } else {
            // Its slot is in the pool from here on, and we still stand on it:
            // but nobody takes it before we have left.
            inner.retire(me);
        }
        if ptr::eq(me, inner.main.get()) {
            inner.ready.set_budget(0);
        }
        inner.leave(me);
        unreachable!("nobody goes on with a finished fiber");
    }
    // ANCHOR_END: finish

    /// A fiber of a scope has ended.
    fn leave_scope(&self, fiber: &Fiber) {
        // SAFETY: not null, and the scope waits for this.
        let scope = unsafe { &*fiber.scope.get() };
        if fiber.panicked.get() && !fiber.attended.get() {
            scope.panicked.set(true);
        }
        scope.running.set(scope.running.get() - 1);
        if scope.running.get() == 0 {
            self.wake_waiting_for(State::InScope, scope.owner);
        }
    }

    /// Into the pool.
    #[inline]
    fn retire(&self, fiber: &Fiber) {
        fiber.clear_name();
        fiber.state.set(State::Free);
        fiber.next.set(self.pool.get());
        self.pool.set(fiber);
    }

    /// Puts the slot of a finished fiber into the pool.
    ///
    /// # Safety
    ///
    /// It must be finished, and nobody may use it after this; `taken`: its
    /// outcome is gone already.
    #[inline]
    pub(crate) unsafe fn release(&self, fiber: *const Fiber, taken: bool) {
        // SAFETY: our caller's promise.
        let fiber = unsafe { &*fiber };
        if fiber.panicked.get() {
            // SAFETY: null, or a scope that has not ended: handles of its
            // fibers do not outlive it.
            let scope = unsafe { fiber.scope.get().as_ref() };
            if let Some(scope) = scope {
                scope.panicked.set(true);
            }
        }
        /// Gives the slot back even if the outcome's destructor panics.
        struct Back<'r>(&'r Inner, &'r Fiber);
        impl Drop for Back<'_> {
            #[inline]
            fn drop(&mut self) {
                self.0.retire(self.1);
            }
        }
        let _back = Back(self, fiber);
        // SAFETY: once, as our caller has said.
        unsafe { fiber.dispose(taken) };
    }
}

/// Waiting.
impl Inner {
    // ANCHOR: wait
    /// Stops the running fiber until somebody wakes it or `deadline` is over.
    ///
    /// # Errors
    ///
    /// If it cannot wait, and then nothing has happened.
    #[inline]
    pub(crate) fn wait(
        &self,
        what: State,
        deadline: Option<Instant>,
    ) -> Result<Woken, CannotWait> {
        let me = self.here().ok_or(CannotWait::NotHere)?;
        if self.is_unwinding(me) && what != State::InScope {
            self.count_futile();
            return Err(CannotWait::Unwinding);
        }
        me.state.set(what);
        if let Some(deadline) = deadline {
            let key = (deadline, self.timer_keys.get());
            self.timer_keys.set(key.1 + 1);
            self.timers.borrow_mut().insert(key, me);
            me.timer.set(Some(key));
            me.has_timer.set(true);
        }
        self.leave(me);
        if me.cancel.get() == Cancel::Raised {
            self.close_short_way(); // the others have had it open
        }
        Ok(me.woken.get())
    }
    // ANCHOR_END: wait

    /// Marks the running fiber as unwinding, if it is cancelled and about to
    /// unwind by something else: it must not wait once more on the way.
    pub(crate) fn raise_if_cancelled(&self) {
        if let Some(me) = self.here()
            && me.cancel.get() == Cancel::Asked
        {
            me.raise();
        }
    }

    /// After a wait that was one: unwinds if that is why it has ended.
    #[inline]
    pub(crate) fn unwind_if_cancelled(&self) {
        if let Some(me) = self.here()
            && me.cancel.get() == Cancel::Asked
        {
            me.unwind();
        }
    }

    // ANCHOR: wake
    /// Ends a fiber's wait. Who does not wait is left alone.
    #[inline]
    pub(crate) fn wake(&self, fiber: &Fiber, woken: Woken) {
        if !fiber.state.get().is_waiting() {
            return;
        }
        if fiber.has_timer.replace(false)
            && let Some(key) = fiber.timer.take()
        {
            self.timers.borrow_mut().remove(&key);
        }
        fiber.woken.set(woken);
        fiber.state.set(State::Going);
        self.ready.push(fiber);
    }
    // ANCHOR_END: wake

    /// Wakes `fiber` if there is one and it waits for this.
    fn wake_waiting_for(&self, what: State, fiber: *const Fiber) {
        // SAFETY: null, or a fiber that waits and so has not ended; who does
        // not wait any more has taken its name back (`joiner`).
        if let Some(fiber) = unsafe { fiber.as_ref() }
            && fiber.state.get() == what
        {
            self.wake(fiber, Woken::Ready);
        }
    }

    /// Waits for the end of `fiber`.
    pub(crate) fn wait_for_end(&self, fiber: &Fiber) -> Result<(), CannotWait> {
        while fiber.state.get() != State::Finished {
            fiber.joiner.set(self.running());
            let result = self.wait(State::Joining, None);
            fiber.joiner.set(ptr::null());
            result?;
            self.unwind_if_cancelled();
        }
        Ok(())
    }

    /// Waits until a fiber of the scope ends, or the caller is cancelled, which
    /// cancels the scope's fibers.
    pub(crate) fn wait_for_scope(&self, scope: &ScopeData) {
        if self
            .here()
            .is_some_and(|me| me.cancel.get() == Cancel::Asked)
        {
            self.cancel_scope(scope);
        }
        if self.wait(State::InScope, None).is_err() {
            // Another library has switched stacks in the middle of the scope:
            // against the contract of `Runtime::new`. What its fibers borrow
            // would be gone with it.
            give_up("a scope ends outside of the fiber in which it began");
        }
    }

    /// Cancels the fibers of one scope.
    pub(crate) fn cancel_scope(&self, scope: &ScopeData) {
        self.cancel(|fiber| ptr::eq(fiber.scope.get(), scope));
    }

    /// Cancels all fibers.
    fn cancel_all(&self) {
        self.cancel(|_| true);
    }

    fn cancel(&self, which: impl Fn(&Fiber) -> bool) {
        for fiber in self.fibers().filter(|fiber| which(fiber)) {
            if fiber.cancel.get() == Cancel::No {
                fiber.cancel.set(Cancel::Asked);
            }
            self.wake(fiber, Woken::Ready);
        }
    }

    /// All that have not finished.
    fn fibers(&self) -> impl Iterator<Item = &Fiber> {
        let all = self.arena.taken().map(|slot| {
            // SAFETY: every slot that was taken has a control block.
            unsafe { &*control_block(slot.top) }
        });
        all.filter(|fiber| {
            !matches!(fiber.state.get(), State::Finished | State::Free)
        })
    }

    /// Cancels all fibers and runs them to their ends.
    fn end_all(&self) {
        self.cancel_all();
        while self.alive.get() > 0 {
            let before = self.spawned.get();
            self.drive(|| {
                // What destructors have spawned has no future, either.
                self.alive.get() == 0 || self.spawned.get() > before
            });
            self.cancel_all();
        }
    }

    // ANCHOR: drive
    /// At home: runs fibers until `done`. Returns why they had to be cancelled,
    /// if they had to.
    fn drive(&self, done: impl Fn() -> bool) -> Option<String> {
        let mut trouble = None;
        while !done() {
            if let Err(why) = self.attend() {
                if cfg!(panic = "abort") {
                    // The first fiber that unwinds would end the process.
                    give_up(&why);
                }
                trouble.get_or_insert(why);
                self.cancel_all();
            }
            self.dispatch();
        }
        trouble
    }
    // ANCHOR_END: drive

    // ANCHOR: attend
    /// Sockets and timers. Sleeps until one of them has something to say,
    /// unless a fiber is ready.
    fn attend(&self) -> Result<(), String> {
        let idle = self.ready.is_empty();
        let deadline = self.timers.borrow().first_key_value().map(|e| e.0.0);
        if idle && deadline.is_none() && !self.driver.is_waited_for() {
            return Err(self.deadlock());
        }
        let now = deadline.map(|_| Instant::now());
        let left = deadline.zip(now).map(|(at, now)| at - now.min(at));
        let timeout = if idle { left } else { Some(Duration::ZERO) };
        let polled = self.driver.poll(timeout, |f| self.wake(f, Woken::Ready));
        polled.map_err(|error| format!("the event queue fails: {error}"))?;
        while let Some(now) = deadline.map(|_| Instant::now())
            && let Some(fiber) = self.expired(now)
        {
            self.wake(fiber, Woken::TimedOut);
        }
        Ok(())
    }
    // ANCHOR_END: attend

    /// A fiber whose deadline is over.
    fn expired(&self, now: Instant) -> Option<&Fiber> {
        let timers = self.timers.borrow();
        let (key, fiber) = timers.first_key_value()?;
        // SAFETY: it waits, or its entry would be gone.
        (key.0 <= now).then(|| unsafe { &**fiber })
    }

    /// The message for fibers that wait for each other.
    fn deadlock(&self) -> String {
        const NAMED: usize = 8;
        let mut all: Vec<&Fiber> = self.fibers().collect();
        // In the order in which they were made, so the first one is `main`.
        all.sort_by_key(|fiber| fiber.id.get());
        let waits = |fiber: &&Fiber| {
            let waits = fiber.state.get().waits()?;
            Some(format!("{} {waits}", describe(fiber)))
        };
        let named: Vec<String> = all.iter().filter_map(waits).collect();
        let more = named.len().saturating_sub(NAMED);
        let shown = named[..named.len() - more].join(", ");
        let more = match more {
            0 => String::new(),
            more => format!(", and {more} more"),
        };
        format!("all fibers wait for each other: {shown}{more}")
    }
}

/// For the handler of overflows.
impl Inner {
    /// The fiber in whose guard the address lies, of this runtime or of those
    /// in whose fibers it runs, and the size of its stack.
    pub(crate) fn overflown(&self, address: usize) -> Option<(&Fiber, usize)> {
        let found = self.arena.guarded_by(address).map(|slot| {
            // SAFETY: every slot that was taken has a control block.
            let fiber = unsafe { &*control_block(slot.top) };
            (fiber, self.arena.stack_size())
        });
        found.or_else(|| {
            // SAFETY: null, or a runtime that is in `run` below this one.
            let outer = unsafe { self.outer.get().as_ref() }?;
            outer.overflown(address)
        })
    }
}

// ANCHOR: control_block
/// Where the control block of a slot is: at its high end, but not in all slots
/// at the same place of the page, for the same reason as the odd distance
/// between slots.
fn control_block(top: *mut u8) -> *mut Fiber {
    const COLOURS: usize = 32;
    const LINE: usize = 64;
    // The page number is as good a number as any.
    let colour = (top.addr() / 4096) % COLOURS;
    top.wrapping_sub(size_of::<Fiber>() + colour * LINE).cast()
}
// ANCHOR_END: control_block

/// "fiber 'name' (3)", or "fiber 3" if it has no name.
pub(crate) fn describe(fiber: &Fiber) -> String {
    match fiber.name() {
        Some(name) => format!("fiber '{name}' ({})", fiber.id.get()),
        None => format!("fiber {}", fiber.id.get()),
    }
}
