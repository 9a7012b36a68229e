//! What `src/task/waker.rs` needs of a task, watched: nothing may touch it
//! when its last reference is gone.

#[path = "../../src/task/waker.rs"]
mod waker;

use crate::state;
use crate::sync::thread;
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

pub struct Header {
    pub state: Watched,
}

/// The state, and whether the memory would still be there.
pub struct Watched {
    state: state::State,
    gone: AtomicBool, // std's: no step of a schedule
}

impl Watched {
    fn there(&self) -> &state::State {
        let gone = self.gone.load(Ordering::Relaxed);
        assert!(!gone, "a task is touched after it was freed");
        &self.state
    }

    pub fn wake(&self) -> bool {
        self.there().wake()
    }

    pub fn add_reference(&self) {
        self.there().add_reference();
    }
}

/// The run that a wake brings about: the last.
unsafe fn schedule(task: NonNull<Header>) {
    // SAFETY: the model keeps the memory.
    let state = unsafe { task.as_ref() }.state.there();
    let _ = state.start();
    let _ = state.complete();
    // SAFETY: the reference of the runtime.
    unsafe { drop_reference(task) };
}

unsafe fn drop_reference(task: NonNull<Header>) {
    // SAFETY: the model keeps the memory.
    let watched = &unsafe { task.as_ref() }.state;
    if watched.there().drop_reference() {
        watched.gone.store(true, Ordering::Relaxed);
    }
}

/// A waker is used up while the runtime aborts the task.
pub fn used_up() {
    let (state, gone) = (state::State::new(0), AtomicBool::new(false));
    let task = Arc::new(Header {
        state: Watched { state, gone },
    });
    let header = NonNull::from(&*task);
    let state = task.state.there();
    let _ = state.start();
    task.state.add_reference();
    // SAFETY: the reference is the waker's.
    let waker = unsafe { waker::waker(header) };
    assert!(!state.pause(), "nothing has woken it");
    let _ = state.drop_handle();
    // SAFETY: the reference of the handle.
    unsafe { drop_reference(header) };
    let waking = thread::spawn(move || waker.wake());
    if task.state.there().abort() {
        // SAFETY: the state said so.
        unsafe { schedule(header) };
    }
    waking.join().expect("it does not panic");
    assert!(task.state.gone.load(Ordering::Relaxed), "it leaks");
}
