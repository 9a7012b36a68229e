//! A task: a future that the runtime polls, in one allocation with all that
//! the runtime knows of it.
//!
//! Everything here is about who may touch which part when. The rules are in
//! `task/state.rs`; the queues that tasks wait in are elsewhere.

mod join;
mod list;
pub(crate) mod state;
mod waker;

pub use join::{JoinError, JoinHandle};
pub(crate) use list::Tasks;

use crate::context;
use crate::handle::Shared;
use crate::panics::{discard, quietly};
use state::State;
use std::cell::UnsafeCell;
use std::fmt;
use std::mem::{self, ManuallyDrop};
use std::num::NonZeroU32;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::pin::Pin;
use std::ptr::{self, NonNull};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll, Waker};

/// The name of a task: a number, counted from 1. After four thousand million
/// tasks it begins again, so two tasks that live at the same time could share
/// one; it is for people, and decides nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskId(NonZeroU32);

impl TaskId {
    /// The future that `block_on` was given.
    pub const ROOT: Self = Self(NonZeroU32::MAX);

    pub(crate) fn new(number: u32) -> Self {
        let number = number % (u32::MAX - 1);
        Self(NonZeroU32::MIN.saturating_add(number))
    }
}

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::ROOT => f.write_str("the root future"),
            Self(number) => write!(f, "task {number}"),
        }
    }
}

// ANCHOR: header
/// What the runtime knows of a task, whatever its future is.
#[repr(C)]
pub(crate) struct Header {
    state: State,
    /// How to treat the future, whose type is not known here.
    vtable: &'static Vtable,
    /// The next task in the queue that this one is in.
    next: UnsafeCell<*mut Header>,
    /// The neighbours in the list of all tasks.
    links: UnsafeCell<Links>,
    /// The runtime, which is there as long as one of its tasks is.
    shared: Arc<Shared>,
    /// Where the task was spawned.
    spawned: &'static Location<'static>,
    id: TaskId,
    /// Who waits for the end, by the number of its task; 0 is unknown.
    joiner: AtomicU32,
    /// Whom to wake at the end.
    join_waker: UnsafeCell<Option<Waker>>,
}

/// The whole allocation.
#[repr(C)]
struct Cell<F: Future> {
    header: Header,
    stage: UnsafeCell<Stage<F>>,
}

/// What stands behind the header.
enum Stage<F: Future> {
    Future(F),
    Finished(Result<F::Output, JoinError>),
    Taken,
}
// ANCHOR_END: header

const _: () = assert!(size_of::<Header>() <= 80);

#[derive(Clone, Copy)]
struct Links {
    before: *mut Header,
    after: *mut Header,
}

/// What depends on the type of the future. Each function is given the task that
/// it was made for.
struct Vtable {
    run: unsafe fn(NonNull<Header>),
    end: unsafe fn(NonNull<Header>, JoinError),
    take: unsafe fn(NonNull<Header>, *mut ()),
    drop_output: unsafe fn(NonNull<Header>),
    free: unsafe fn(NonNull<Header>),
}

// ANCHOR: task
/// The right and the duty to run a task once. There is at most one of each
/// task: it comes with the flag `SCHEDULED`.
pub(crate) struct Task(NonNull<Header>);
// ANCHOR_END: task

// SAFETY: what a thread may do with a task of another one is decided by the
// state, which is atomic. A future that must not leave its thread is marked
// LOCAL, and `Shared::schedule` brings such a task only there.
unsafe impl Send for Task {}

impl Task {
    /// A task, and the handle to its output. `kind` is as for [`State::new`].
    // ANCHOR: new
    pub(crate) fn new<F: Future>(
        future: F,
        kind: usize,
        shared: Arc<Shared>,
        spawned: &'static Location<'static>,
    ) -> (Self, JoinHandle<F::Output>) {
        let id = shared.next_id();
        let header = Header {
            state: State::new(kind),
            vtable: &Vtable {
                run: run::<F>,
                end: end::<F>,
                take: take::<F>,
                drop_output: drop_output::<F>,
                free: free::<F>,
            },
            next: UnsafeCell::new(ptr::null_mut()),
            links: UnsafeCell::new(Links {
                before: ptr::null_mut(),
                after: ptr::null_mut(),
            }),
            shared,
            spawned,
            id,
            joiner: AtomicU32::new(0),
            join_waker: UnsafeCell::new(None),
        };
        let stage = UnsafeCell::new(Stage::Future(future));
        let cell = Box::into_raw(Box::new(Cell { header, stage }));
        // SAFETY: a box is never null.
        let header = unsafe { NonNull::new_unchecked(cell.cast::<Header>()) };
        // SAFETY: the state counts two references: the runtime's, which goes
        // with the task, and this one.
        (Self(header), unsafe { JoinHandle::new(header) })
    }
    // ANCHOR_END: new

    /// Polls the future, or drops it if the task was aborted. Panics of the
    /// future become its output.
    #[inline]
    pub(crate) fn run(self) {
        let task = self.into_raw();
        // SAFETY: the task is there until it is complete, by the runtime's
        // reference, and a scheduled task is not.
        let vtable = unsafe { task.as_ref() }.vtable;
        // SAFETY: the table is the task's own, and we have the right to run it.
        unsafe { (vtable.run)(task) };
    }

    /// Drops the future without polling it again; `error` is what came of it.
    pub(crate) fn end(self, error: JoinError) {
        let end = self.header().vtable.end;
        // SAFETY: the table is the task's own, and we have the right to run it.
        unsafe { end(self.into_raw(), error) };
    }

    #[inline]
    pub(crate) fn header(&self) -> &Header {
        // SAFETY: as in `run`.
        unsafe { self.0.as_ref() }
    }

    /// The task as a pointer, for a queue that is made of tasks.
    #[inline]
    pub(crate) fn into_raw(self) -> NonNull<Header> {
        self.0
    }

    /// # Safety
    ///
    /// `task` is from [`into_raw`](Self::into_raw), and is used once.
    #[inline]
    pub(crate) unsafe fn from_raw(task: NonNull<Header>) -> Self {
        Self(task)
    }
}

impl fmt::Debug for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Task").field(&self.header().id).finish()
    }
}

impl Header {
    /// The link to the next task of a queue: for the queue that the task is in.
    #[inline]
    pub(crate) fn next(&self) -> &UnsafeCell<*mut Header> {
        &self.next
    }

    pub(crate) fn id(&self) -> TaskId {
        self.id
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    pub(crate) fn spawned(&self) -> &'static Location<'static> {
        self.spawned
    }

    #[inline]
    pub(crate) fn flags(&self) -> usize {
        self.state.load()
    }

    /// Who waits for the end of this task, if somebody does.
    pub(crate) fn joiner(&self) -> Option<TaskId> {
        // Relaxed: it is for people, and decides nothing.
        NonZeroU32::new(self.joiner.load(Ordering::Relaxed)).map(TaskId)
    }

    fn note_joiner(&self, joiner: Option<TaskId>) {
        let number = joiner.map_or(0, |TaskId(number)| number.get());
        self.joiner.store(number, Ordering::Relaxed);
    }
}

/// Brings a task to the queue where it belongs.
///
/// # Safety
///
/// A change of the state has told the caller to do so.
#[inline]
unsafe fn schedule(task: NonNull<Header>) {
    // SAFETY: the state said so, thus the task is not complete and has the
    // runtime's reference.
    let header = unsafe { task.as_ref() };
    let shared: *const Shared = Arc::as_ptr(&header.shared);
    // SAFETY: the task, which keeps the runtime, may be run and freed by another
    // thread as soon as it is in a queue. But whoever calls us has a reference
    // of its own, or runs on a thread that keeps the runtime (`context`).
    unsafe { &*shared }.schedule(Task(task));
}

/// As [`schedule`], of a task that was woken while it ran.
///
/// # Safety
///
/// A change of the state has told the caller to do so, who has run the task.
unsafe fn schedule_again(task: NonNull<Header>) {
    // SAFETY: as in `schedule`.
    let header = unsafe { task.as_ref() };
    let shared: *const Shared = Arc::as_ptr(&header.shared);
    // SAFETY: as in `schedule`: this thread keeps the runtime.
    unsafe { &*shared }.schedule_again(Task(task));
}

/// # Safety
///
/// The reference is the caller's, who does not use the task afterwards.
unsafe fn drop_reference(task: NonNull<Header>) {
    // SAFETY: by this reference the task is there.
    let header = unsafe { task.as_ref() };
    if header.state.drop_reference() {
        let free = header.vtable.free;
        // SAFETY: it was the last.
        unsafe { free(task) };
    }
}

/// # Safety
///
/// `task` was made with a future of this type, and the caller may run it.
unsafe fn run<F: Future>(task: NonNull<Header>) {
    // SAFETY: the runtime's reference keeps it until `complete`.
    let header = unsafe { task.as_ref() };
    let cell = task.cast::<Cell<F>>().as_ptr();
    // SAFETY: it is a cell of this type, and only a pointer is made here.
    let stage = unsafe { &raw const (*cell).stage };
    // SAFETY: `stage` is inside the cell.
    let stage = UnsafeCell::raw_get(stage);
    let old = header.state.start();
    if old & state::ABORTED != 0 {
        // SAFETY: RUNNING is ours.
        unsafe { complete::<F>(task, stage, Err(JoinError::cancelled())) };
        return;
    }
    // SAFETY: the reference is the runtime's, and as the waker is not dropped,
    // it stays that.
    let waker = ManuallyDrop::new(unsafe { waker::waker(task) });
    let poll = || {
        // SAFETY: RUNNING is ours, so the future is.
        let Stage::Future(future) = (unsafe { &mut *stage }) else {
            unreachable!("a task that is complete is not scheduled");
        };
        // SAFETY: the future is in an allocation of its own, and is dropped
        // there.
        let future = unsafe { Pin::new_unchecked(future) };
        future.poll(&mut Context::from_waker(&waker))
    };
    let polled =
        catch_unwind(AssertUnwindSafe(|| context::polling(header.id, poll)));
    let output = match polled {
        Ok(Poll::Pending) => {
            if header.state.pause() {
                // SAFETY: the state said so.
                unsafe { schedule_again(task) };
            }
            return;
        }
        Ok(Poll::Ready(output)) => Ok(output),
        Err(panic) => Err(JoinError::panicked(panic)),
    };
    // SAFETY: RUNNING is ours.
    unsafe { complete::<F>(task, stage, output) };
}

/// A run that does not poll.
///
/// # Safety
///
/// As for [`run`].
unsafe fn end<F: Future>(task: NonNull<Header>, error: JoinError) {
    // SAFETY: the runtime's reference keeps it until `complete`.
    let _ = unsafe { task.as_ref() }.state.start();
    let cell = task.cast::<Cell<F>>().as_ptr();
    // SAFETY: it is a cell of this type, and only a pointer is made here.
    let stage = UnsafeCell::raw_get(unsafe { &raw const (*cell).stage });
    // SAFETY: RUNNING is ours.
    unsafe { complete::<F>(task, stage, Err(error)) };
}

/// Drops the future, stores what came of it, tells the handle, and gives the
/// runtime's reference back.
///
/// # Safety
///
/// The caller has set RUNNING; `stage` is that of the task.
unsafe fn complete<F: Future>(
    task: NonNull<Header>,
    stage: *mut Stage<F>,
    mut output: Result<F::Output, JoinError>,
) {
    // SAFETY: RUNNING is the caller's.
    let dropped = quietly(|| unsafe { *stage = Stage::Taken });
    if let Err(panic) = dropped {
        let panicked = Err(JoinError::panicked(panic));
        let instead = mem::replace(&mut output, panicked);
        discard(quietly(|| drop(instead)));
    }
    // SAFETY: as above; `Taken`, which is there, needs no drop.
    unsafe { stage.write(Stage::Finished(output)) };
    // SAFETY: the runtime's reference is given back at the end of this function.
    let header = unsafe { task.as_ref() };
    header.shared.forget(task, header);
    let old = header.state.complete();
    if old & state::HANDLE == 0 {
        // SAFETY: there is no handle, and no run any more.
        discard(quietly(|| unsafe { *stage = Stage::Taken }));
    }
    if old & state::JOINER != 0 {
        // SAFETY: the waker is ours, as JOINER was set when we completed.
        let waker = unsafe { (*header.join_waker.get()).take() };
        // Another's code.
        discard(quietly(|| waker.map(Waker::wake)));
    }
    // SAFETY: the runtime's reference.
    unsafe { drop_reference(task) };
}

/// Moves what came of the task to `into`.
///
/// # Safety
///
/// The task was made with a future of this type, is complete, and the caller
/// is its handle. `into` is a `Option<Result<F::Output, JoinError>>`.
unsafe fn take<F: Future>(task: NonNull<Header>, into: *mut ()) {
    // SAFETY: the handle's reference keeps it.
    let cell = unsafe { task.cast::<Cell<F>>().as_ref() };
    // SAFETY: it is complete, so the stage is the handle's.
    let stage = unsafe { &mut *cell.stage.get() };
    let into = into.cast::<Option<Result<F::Output, JoinError>>>();
    if let Stage::Finished(output) = mem::replace(stage, Stage::Taken) {
        // SAFETY: as the caller promises.
        unsafe { *into = Some(output) };
    }
}

/// # Safety
///
/// As for [`take`].
unsafe fn drop_output<F: Future>(task: NonNull<Header>) {
    // SAFETY: the handle's reference keeps it.
    let cell = unsafe { task.cast::<Cell<F>>().as_ref() };
    // SAFETY: it is complete, so the stage is the handle's.
    unsafe { *cell.stage.get() = Stage::Taken };
}

/// # Safety
///
/// No reference is left.
unsafe fn free<F: Future>(task: NonNull<Header>) {
    let cell = task.cast::<Cell<F>>().as_ptr();
    // SAFETY: it came from a box in `Task::new`.
    drop(unsafe { Box::from_raw(cell) });
}
