//! Runs the models, and notes what can be seen of them.

use ch02_models::archive::TITLE;
use ch02_models::s4_coroutines::{Coroutine, Errand, Step, drive};
use ch02_models::{
    Executor, Log, Loop, TRANSCRIPT, s1_threads, s4_coroutines, s5_async,
};
use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::thread;

/// What can be seen of a run from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// A line was said, on a thread with that much stack, if the system tells.
    Said {
        line: String,
        on_main: bool,
        stack: Option<usize>,
    },
    /// The errand is a value of that many bytes. `inside` is what it says of
    /// itself, if it says anything.
    Kept { inside: String, bytes: usize },
    /// The errand's future was spawned.
    Spawned,
    /// A poll has returned.
    Polled { ready: bool },
}

/// What was seen so far. Clones add to the same list.
#[derive(Clone, Default)]
struct Watch(Arc<Mutex<Vec<Seen>>>);

impl Watch {
    fn add(&self, seen: Seen) {
        self.0
            .lock()
            .expect("no panic while it is locked")
            .push(seen);
    }

    fn log(&self) -> Log {
        let (watch, main) = (self.clone(), thread::current().id());
        Log::with_listener(move |line| {
            let on_main = thread::current().id() == main;
            let (line, stack) = (line.to_string(), stack());
            watch.add(Seen::Said {
                line,
                on_main,
                stack,
            });
        })
    }

    fn take(&self) -> Vec<Seen> {
        self.0.lock().expect("no panic while it is locked").clone()
    }
}

/// How many bytes of address space the stack of this thread has.
#[cfg(target_os = "linux")]
fn stack() -> Option<usize> {
    // SAFETY: takes nothing, and gives the calling thread.
    let this = unsafe { libc::pthread_self() };
    // SAFETY: a structure of numbers, which the next call fills in.
    let mut about: libc::pthread_attr_t = unsafe { std::mem::zeroed() };
    // SAFETY: this thread is there; the structure is ours.
    if unsafe { libc::pthread_getattr_np(this, &raw mut about) } != 0 {
        return None;
    }
    let mut bytes = 0;
    // SAFETY: filled in above; writes a number.
    let read = unsafe {
        libc::pthread_attr_getstacksize(&raw const about, &mut bytes)
    };
    // SAFETY: filled in above, and used no more.
    unsafe { libc::pthread_attr_destroy(&raw mut about) };
    (read == 0).then_some(bytes)
}

#[cfg(not(target_os = "linux"))]
fn stack() -> Option<usize> {
    None
}

pub fn watch_threads() -> Vec<Seen> {
    let watch = Watch::default();
    s1_threads::run(&watch.log());
    watch.take()
}

/// A coroutine that notes what its errand is after each piece.
struct Watched {
    errand: Errand,
    watch: Watch,
}

impl Watched {
    fn note(&self) {
        let inside = format!("{:?}", self.errand);
        let bytes = size_of_val(&self.errand);
        self.watch.add(Seen::Kept { inside, bytes });
    }
}

impl Coroutine for Watched {
    type Output = u64;

    fn resume(&mut self) -> Step<u64> {
        let step = self.errand.resume();
        self.note();
        step
    }
}

/// [`s4_coroutines::run`], with such a coroutine.
pub fn watch_by_hand() -> Vec<Seen> {
    let watch = Watch::default();
    let log = watch.log();
    let mut timers = Loop::new();
    log.say(TRANSCRIPT[0]);
    let ours = log.clone();
    let errand = Watched {
        errand: s4_coroutines::errand(TITLE, log.clone()),
        watch: watch.clone(),
    };
    errand.note();
    drive(&mut timers, errand, move |_, bytes| {
        ours.say(format!("main: done, {bytes} bytes"));
    });
    log.say(TRANSCRIPT[1]);
    timers.run();
    watch.take()
}

/// [`s5_async::run`], with a future around the errand's that notes its polls.
pub fn watch_async() -> Vec<Seen> {
    let watch = Watch::default();
    let (log, polls) = (watch.log(), watch.clone());
    let executor = Executor::new();
    log.say(TRANSCRIPT[0]);
    let errand = s5_async::errand(executor.timers(), TITLE, log.clone());
    let bytes = size_of_val(&errand);
    let inside = String::new();
    watch.add(Seen::Kept { inside, bytes });
    let task = executor.spawn(async move {
        let mut errand = pin!(errand);
        poll_fn(|cx| {
            let poll = errand.as_mut().poll(cx);
            let ready = poll.is_ready();
            polls.add(Seen::Polled { ready });
            poll
        })
        .await
    });
    watch.add(Seen::Spawned);
    log.say(TRANSCRIPT[1]);
    let bytes = executor.block_on(task);
    log.say(format!("main: done, {bytes} bytes"));
    watch.take()
}
