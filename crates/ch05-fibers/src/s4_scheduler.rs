//! Stage 4 of chapter 5: a scheduler, any number of fibers, and results.
//!
//! The whole idea in one file, with the switch that `ladder` has chosen. What
//! the finished library adds is speed (a pool of stacks, a ring for the queue,
//! a control block that lies on the stack), timers, sockets, scopes, and a name
//! for the fiber whose stack overflows. Its shape is the same.

use crate::stack::{Stack, runs_on};
use crate::switch::{StackPointer, prepare, switch};
use std::any::Any;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::ptr;
use std::rc::Rc;
use std::thread;

type Body = Box<dyn FnOnce(&Fibers)>;

// ANCHOR: fiber
/// What the scheduler keeps of a fiber.
struct Fiber {
    stack: Stack,
    /// Where it is suspended, while it does not run.
    stopped: Cell<StackPointer>,
    /// The closure, until it begins; it also stores the result.
    body: Cell<Option<Body>>,
    ended: Cell<bool>,
    /// It is to unwind from where it is suspended.
    cancelled: Cell<bool>,
}

/// What each fiber gets a reference to: the scheduler's state.
#[derive(Default)]
pub struct Fibers {
    ready: RefCell<VecDeque<Rc<Fiber>>>,
    running: RefCell<Option<Rc<Fiber>>>,
    /// The thread's own stack, while a fiber runs.
    home: Cell<StackPointer>,
    stop_requested: Cell<bool>,
}

/// Fibers that take turns, on the thread that calls [`run`](Self::run). It can
/// be moved: what its fibers refer to is in a box.
#[derive(Debug)]
pub struct Scheduler {
    fibers: Box<Fibers>,
}
// ANCHOR_END: fiber

/// The payload with which a cancelled fiber unwinds.
struct Cancelled;

/// A fiber's result: none yet, or its value or panic.
type Outcome<T> = Rc<Cell<Option<Result<T, Box<dyn Any + Send>>>>>;

/// Waits for a fiber.
pub struct JoinHandle<T> {
    outcome: Outcome<T>,
}

impl Fibers {
    /// Makes a fiber, which begins when it is its turn.
    ///
    /// # Panics
    ///
    /// If there is no memory for its stack.
    // ANCHOR: spawn
    pub fn spawn<T: 'static>(
        &self,
        closure: impl FnOnce(&Fibers) -> T + 'static,
    ) -> JoinHandle<T> {
        let outcome = Outcome::default();
        let result = Rc::clone(&outcome);
        let body = move |fibers: &Fibers| {
            // A panic ends here, and is handed to `join`.
            let closure = AssertUnwindSafe(|| closure(fibers));
            result.set(Some(catch_unwind(closure)));
        };
        let stack = Stack::new(64 * 1024).expect("no memory for a stack");
        let fiber = Rc::new(Fiber {
            stack,
            stopped: Cell::new(ptr::null_mut()),
            body: Cell::new(Some(Box::new(body))),
            ended: Cell::new(false),
            cancelled: Cell::new(false),
        });
        let me = ptr::from_ref(self).cast_mut().cast();
        let (bottom, top) = (fiber.stack.bottom(), fiber.stack.top());
        // SAFETY: both ends of a stack that is not in use yet.
        let first = unsafe { prepare(bottom, top, begin, me) };
        fiber.stopped.set(first);
        self.ready.borrow_mut().push_back(fiber);
        JoinHandle { outcome }
    }
    // ANCHOR_END: spawn

    /// Called by a fiber: back to the scheduler, until its next turn. Anywhere
    /// else it does nothing.
    // ANCHOR: yield_now
    pub fn yield_now(&self) {
        let Some(fiber) = self.running.borrow().clone() else {
            return;
        };
        // A fiber of another scheduler may call this as well.
        if !runs_on(&fiber.stack.span()) {
            return;
        }
        // A fiber cannot be suspended while it unwinds: see below.
        if fiber.cancelled.get() || thread::panicking() {
            return;
        }
        // SAFETY: home was suspended by `step`.
        unsafe { switch(fiber.stopped.as_ptr(), self.home.get()) };
        if fiber.cancelled.get() {
            resume_unwind(Box::new(Cancelled));
        }
    }
    // ANCHOR_END: yield_now

    /// Ends [`Scheduler::run`] when this fiber yields or ends next. Fibers that
    /// have not ended stay as they are.
    pub fn stop(&self) {
        self.stop_requested.set(true);
    }

    /// Called at home: one fiber runs until it yields or ends.
    // ANCHOR: step
    fn step(&self) -> bool {
        let Some(fiber) = self.ready.borrow_mut().pop_front() else {
            return false;
        };
        let stopped = fiber.stopped.get();
        *self.running.borrow_mut() = Some(Rc::clone(&fiber));
        // SAFETY: what is in the queue is suspended, and is in it once.
        unsafe { switch(self.home.as_ptr(), stopped) };
        *self.running.borrow_mut() = None;
        if !fiber.ended.get() {
            self.ready.borrow_mut().push_back(fiber);
        }
        true
    }
    // ANCHOR_END: step
}

impl Scheduler {
    /// Without fibers.
    ///
    /// # Safety
    ///
    /// That of fibers: see [`Runtime::new`](crate::Runtime::new).
    pub unsafe fn new() -> Self {
        let fibers = Box::default();
        Self { fibers }
    }

    // ANCHOR: run
    /// Makes the first fibers, as [`Fibers::spawn`] does.
    ///
    /// # Panics
    ///
    /// As there.
    pub fn spawn<T: 'static>(
        &self,
        closure: impl FnOnce(&Fibers) -> T + 'static,
    ) -> JoinHandle<T> {
        self.fibers.spawn(closure)
    }

    /// Runs fibers until all have ended, or one stops it. In a fiber it does
    /// nothing.
    pub fn run(&self) {
        if self.fibers.running.borrow().is_none() {
            self.fibers.stop_requested.set(false);
            while !self.fibers.stop_requested.get() && self.fibers.step() {}
        }
    }
    // ANCHOR_END: run
}

/// The first function on every stack. Nothing may unwind out of it.
// ANCHOR: begin
unsafe extern "C" fn begin(fibers: *mut u8) -> ! {
    #[cfg(fibers_asan)]
    crate::switch::asan::began();
    // SAFETY: `spawn` passes it; its box lives until all fibers have ended.
    let fibers = unsafe { &*fibers.cast::<Fibers>() };
    let running = || fibers.running.borrow().clone();
    let fiber = running().expect("this is a fiber");
    if let Some(body) = fiber.body.take() {
        body(fibers); // a panic of the closure ends inside
    }
    fiber.ended.set(true);
    let save = fiber.stopped.as_ptr();
    drop(fiber); // `step` has a clone; this frame is never dropped
    // SAFETY: home was suspended by `step`.
    unsafe { switch(save, fibers.home.get()) };
    unreachable!("a fiber that has ended is not resumed");
}
// ANCHOR_END: begin

impl<T> JoinHandle<T> {
    /// Called by a fiber: the result, once the other one has ended.
    ///
    /// # Errors
    ///
    /// What the other one has panicked with.
    // ANCHOR: join
    pub fn join(self, fibers: &Fibers) -> thread::Result<T> {
        loop {
            if let Some(result) = self.outcome.take() {
                return result;
            }
            fibers.yield_now();
        }
    }
    // ANCHOR_END: join

    /// The result, if the fiber has ended.
    ///
    /// # Errors
    ///
    /// The handle, if it has not.
    pub fn try_join(self) -> Result<thread::Result<T>, Self> {
        self.outcome.take().ok_or(self)
    }
}

// ANCHOR: drop
impl Drop for Scheduler {
    /// Each fiber that has begun and not ended is resumed once more, and
    /// unwinds from where it is suspended, so that its locals are dropped.
    fn drop(&mut self) {
        let fibers = &*self.fibers;
        for fiber in fibers.ready.borrow().iter() {
            fiber.cancelled.set(true);
        }
        loop {
            let next = fibers.ready.borrow().front().cloned();
            // One that has not begun has no locals: drop its closure.
            if let Some(body) = next.and_then(|fiber| fiber.body.take()) {
                fibers.ready.borrow_mut().pop_front();
                drop(body);
            } else if !fibers.step() {
                return;
            }
        }
    }
}
// ANCHOR_END: drop

impl fmt::Debug for Fibers {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Fibers")
            .field("ready", &self.ready.borrow().len())
            .finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("JoinHandle").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_panics_and_turns() {
        let log = Rc::new(RefCell::new(Vec::new()));
        // SAFETY: this code and std break none of the five promises.
        let scheduler = unsafe { Scheduler::new() };
        let [a, b, c] = [0, 1, 2].map(|number: usize| {
            let log = log.clone();
            scheduler.spawn(move |fibers| {
                for turn in 0..3 {
                    log.borrow_mut().push((turn, number));
                    fibers.yield_now();
                }
                if number == 2 {
                    resume_unwind(Box::new(number));
                }
                number
            })
        });
        let all = scheduler.spawn(|fibers| {
            let (a, b) = (a.join(fibers), b.join(fibers));
            (a.unwrap(), b.unwrap(), c.join(fibers).unwrap_err())
        });
        let moved = scheduler;
        moved.run();
        let (a, b, payload) = all.try_join().unwrap().unwrap();
        assert_eq!((a, b), (0, 1));
        assert_eq!(payload.downcast_ref(), Some(&2_usize));
        assert!(log.borrow().is_sorted());
        assert_eq!(log.borrow().len(), 9);
    }

    #[test]
    fn the_unfinished_drop_their_locals() {
        struct Local(Rc<Cell<i32>>);
        impl Drop for Local {
            fn drop(&mut self) {
                self.0.set(self.0.get() + 1);
            }
        }
        let dropped = Rc::new(Cell::new(0));
        // SAFETY: this code and std break none of the five promises.
        let scheduler = unsafe { Scheduler::new() };
        for _ in 0..3 {
            let local = Local(dropped.clone());
            scheduler.spawn(move |fibers| {
                let _local = local;
                loop {
                    fibers.yield_now();
                }
            });
        }
        scheduler.fibers.step(); // one has begun, two have not
        assert_eq!(dropped.get(), 0);
        drop(scheduler);
        assert_eq!(dropped.get(), 3);
    }
}
