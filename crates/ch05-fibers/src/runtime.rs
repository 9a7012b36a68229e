//! The runtime, seen from outside: how it is made, run and dropped.
//!
//! What it does inside is the scheduler's business.

use crate::error::JoinError;
use crate::join::JoinHandle;
use crate::overflow;
use crate::scheduler::{Entered, Owner, Scheduler};
use crate::stack;
use std::fmt;
use std::mem;
use std::ptr;

/// Fibers, and the stacks on which they run.
///
/// It belongs to one thread, as its fibers do. It can be moved; several of them
/// can be used in turns, or one inside a fiber of another.
///
/// ```
/// use ch05_fibers::{Runtime, spawn, yield_now};
///
/// // SAFETY: this code and std break none of the five promises.
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
/// Fibers that have not finished are cancelled: each is resumed once more, and
/// unwinds from the place where it waits, so that its locals are dropped. A
/// destructor that runs then cannot wait (see [`yield_now`](crate::yield_now)).
/// A fiber that catches the unwinding can continue, but can no longer wait.
///
/// In programs that are built with `panic = "abort"` there is no unwinding:
/// unfinished fibers and their stacks are leaked. So they are when a fiber calls
/// [`std::process::exit`] and its runtime is in a thread-local variable; and if
/// one of them has stopped in a `run` that was itself called by a destructor
/// while the thread unwound, for it could be in the middle of unwinding, too.
///
/// A cancelled fiber that holds the guard of a [`Mutex`](std::sync::Mutex) or
/// [`RwLock`](std::sync::RwLock) poisons it, and one that waits in the
/// initialiser of a [`Once`](std::sync::Once) or
/// [`LazyLock`](std::sync::LazyLock) poisons that for good: they take the
/// unwinding for a panic.
pub struct Runtime {
    scheduler: Owner,
}

/// Settings of a runtime. See [`Runtime::builder`].
#[derive(Clone, Debug)]
pub struct RuntimeBuilder {
    stack_size: usize,
    guard_size: usize,
    keep_float_environment: bool,
}

impl RuntimeBuilder {
    /// The size of each stack, in bytes: rounded up to whole pages, at least
    /// 32 KiB, by default 64 KiB. Only what a fiber touches takes memory.
    #[must_use]
    pub fn stack_size(mut self, bytes: usize) -> Self {
        self.stack_size = bytes;
        self
    }

    /// The size of the guard below each stack, in bytes: rounded up to whole
    /// pages, at least one (13 on Windows), by default 132 KiB. It costs
    /// addresses, not memory.
    ///
    /// Code from a Rust compiler touches each page of a large frame in order,
    /// and so always meets the guard. Other code may not: a function in C with
    /// locals of 72 KiB begins to write at their low end. The guard has to be
    /// larger than the largest frame of such code, which is one of the promises
    /// of [`Runtime::new`].
    #[must_use]
    pub fn guard_size(mut self, bytes: usize) -> Self {
        self.guard_size = bytes;
        self
    }

    /// Keeps the control words of floating point (on x86-64 MXCSR and that of
    /// the x87 unit, on Arm FPCR, on RISC-V `frm`) apart. Each fiber begins with
    /// those that [`Runtime::run`] was called with. It makes every switch several
    /// times as expensive. Without it, a fiber that changes how results are
    /// rounded changes it for all of them, until it is changed back.
    #[must_use]
    pub fn keep_float_environment(mut self, keep: bool) -> Self {
        self.keep_float_environment = keep;
        self
    }

    /// Makes the runtime.
    ///
    /// # Signal handlers
    ///
    /// On Unix the first runtime of a process installs handlers for `SIGSEGV`
    /// and `SIGBUS`, which stay until the process ends. When a fiber's stack
    /// overflows they write the fiber's name to standard error and abort; every
    /// other fault they pass on to the handlers that were there before, such as
    /// the standard library's. A handler that the program installs later
    /// replaces them, and should call what it has replaced. A thread without an
    /// alternate signal stack gets one, of 32 KiB at least, when it makes its
    /// first runtime, and keeps it until it ends.
    ///
    /// On Windows a vectored exception handler does the same.
    ///
    /// # Safety
    ///
    /// As for [`Runtime::new`].
    pub unsafe fn build(self) -> Runtime {
        overflow::install();
        let scheduler = Scheduler::build(
            self.stack_size,
            self.guard_size,
            self.keep_float_environment,
        );
        Runtime { scheduler }
    }
}

impl Runtime {
    /// A runtime with stacks of 64 KiB.
    ///
    /// # Safety
    ///
    /// A fiber stops in the middle of its callers, and its stack is small. Code
    /// may count on the calls of a thread ending in the reverse of the order in
    /// which they began, and on a large stack; with threads it is right to, and
    /// with fibers it is not, and no library of fibers can see it. So the caller
    /// of this function promises, for all code that the fibers call:
    ///
    /// - the initialiser and the destructor of a `thread_local!` variable do
    ///   not wait. Another fiber would initialise the variable meanwhile, or
    ///   keep using one that is gone. (A fiber that calls
    ///   [`std::process::exit`] runs such destructors.)
    /// - a variable that is set for the length of a call and then set back, as
    ///   scoped thread-local variables are, is not set around a wait;
    /// - no other library changes stacks to leave a call of [`run`](Self::run)
    ///   or [`scope`](crate::scope) in the middle, unless it is back in there
    ///   before the thread uses this crate again;
    /// - the runtime is not left in a thread-local variable with fibers that
    ///   have not finished: at the end of the thread they are unwound, and a
    ///   variable that one of them uses may be gone by then;
    /// - and no frame of code without stack probes, as C may be, is as large as
    ///   the guard ([`guard_size`](RuntimeBuilder::guard_size)). It could begin
    ///   on one fiber's stack and end on another's. Rust's own frames are probed,
    ///   except on RISC-V, for which its compiler makes no probes.
    ///
    /// "To wait" is to call anything of this crate that lets other fibers run.
    pub unsafe fn new() -> Self {
        // SAFETY: our caller's promise.
        unsafe { Self::builder().build() }
    }

    /// The settings of a new runtime, to be changed before it is built.
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
    /// Fibers that have not finished by then stay where they are. They continue
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
        let scheduler = &*self.scheduler;
        let _entered = Entered::new(scheduler);
        // SAFETY: what `main` borrows lives until we return, and by then it
        // has finished: `run_main` sees to that.
        let main = unsafe { scheduler.spawn(Some("main"), ptr::null(), main) };
        let main = main.unwrap_or_else(|error| {
            panic!("no stack for the first fiber: {error}")
        });
        let bomb = Bomb;
        let trouble = scheduler.run_main(main);
        mem::forget(bomb);
        // SAFETY: spawned above, of this type, and has no handle yet.
        let main = unsafe { JoinHandle::new(main) };
        match (main.join(), trouble) {
            (Ok(result), _) => result,
            (Err(JoinError::Cancelled), Some(why)) => panic!("{why}"),
            (Err(error), _) => error.resume(),
        }
    }
    // ANCHOR_END: run

    /// How many stacks it has mapped, used and unused.
    pub fn stacks(&self) -> usize {
        self.scheduler.stacks()
    }

    /// How many fibers have not finished.
    pub fn unfinished(&self) -> usize {
        self.scheduler.alive()
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
        if self.scheduler.alive() == 0 {
            return;
        }
        if !self.scheduler.may_unwind() {
            return self.scheduler.leak();
        }
        let _entered = Entered::new(&self.scheduler);
        self.scheduler.end_all();
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
