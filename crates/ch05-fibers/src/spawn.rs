//! What a fiber calls: [`spawn`], [`yield_now`], and which one it is.

use crate::fiber::Fiber;
use crate::join::JoinHandle;
use crate::scheduler::Scheduler;
use std::io;
use std::ptr;

/// Makes a fiber that calls `closure`, in the current runtime. It is put at
/// the end of the queue, and begins when its turn comes.
///
/// # Panics
///
/// Outside [`Runtime::run`](crate::Runtime::run), and if there is no memory
/// for a stack. [`Builder::spawn`] returns an error instead.
#[inline]
#[track_caller]
pub fn spawn<F, T>(closure: F) -> JoinHandle<T>
where
    F: FnOnce() -> T + 'static,
    T: 'static,
{
    match spawn_named(None, closure) {
        Ok(handle) => handle,
        Err(error) => panic!("no fiber: {error}"),
    }
}

#[inline(always)]
fn spawn_named<F, T>(
    name: Option<&str>,
    closure: F,
) -> io::Result<JoinHandle<T>>
where
    F: FnOnce() -> T + 'static,
    T: 'static,
{
    let Some(scheduler) = Scheduler::current() else {
        return Err(outside());
    };
    // SAFETY: what is `'static` lives until the fiber has finished.
    let fiber = unsafe { scheduler.spawn(name, ptr::null(), closure) }?;
    // SAFETY: just spawned, with a closure that returns a `T`.
    Ok(unsafe { JoinHandle::new(fiber) })
}

#[cold]
fn outside() -> io::Error {
    io::Error::other("no runtime runs on this thread")
}

/// Settings of a fiber that is to be made.
///
/// ```
/// use ch05_fibers::{Builder, Runtime, current_name};
///
/// // SAFETY: this code and std break none of the five promises.
/// let mut runtime = unsafe { Runtime::new() };
/// runtime.run(|| {
///     let fiber = Builder::new().name("reader").spawn(current_name);
///     let name = fiber.unwrap().join().unwrap();
///     assert_eq!(name.as_deref(), Some("reader"));
/// });
/// ```
#[derive(Clone, Debug, Default)]
pub struct Builder {
    name: Option<String>,
}

impl Builder {
    /// No name yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// A name, for messages.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Makes the fiber, as [`spawn`] does.
    ///
    /// # Errors
    ///
    /// `Other` outside [`Runtime::run`](crate::Runtime::run); those of the
    /// system if there is no memory for a stack. The closure is dropped.
    pub fn spawn<F, T>(self, closure: F) -> io::Result<JoinHandle<T>>
    where
        F: FnOnce() -> T + 'static,
        T: 'static,
    {
        spawn_named(self.name.as_deref(), closure)
    }
}

/// Lets the others run: the fiber goes to the end of the queue.
///
/// Outside a fiber it is [`std::thread::yield_now`]. In a destructor while a
/// panic unwinds, and in a fiber that has been cancelled, it does nothing: a
/// fiber cannot stop in the middle of that.
#[inline]
pub fn yield_now() {
    match Scheduler::current() {
        Some(scheduler) => scheduler.yield_now(),
        None => std::thread::yield_now(),
    }
}

/// The number of the running fiber; `None` outside fibers.
pub fn current_id() -> Option<u64> {
    Scheduler::current()?.here().map(Fiber::id)
}

/// The name of the running fiber, if it has one.
pub fn current_name() -> Option<String> {
    let name = Scheduler::current()?.here()?.name();
    name.map(String::from)
}
