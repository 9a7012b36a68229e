//! The five models. On the heap, what is created and kept is the errand of the
//! chapter, at its first wait; a switch goes through the loop's queue of jobs,
//! so that the clock has no part in it. A thread parks.

use ch02_models::archive::TITLE;
use ch02_models::{Broken, Coroutine, Executor, Log, Loop, Promise, Step};
use ch02_models::{s2_callbacks, s3_promises, s4_coroutines, s5_async};
use std::cell::Cell;
use std::hint::black_box;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::Poll;
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

/// One model.
pub struct Peer {
    pub name: &'static str,
    /// Its tasks are threads.
    pub threads: bool,
    /// Creates that many tasks, each to its first wait, and ends them; does so
    /// as often as the second number says.
    pub create: fn(usize, usize) -> Duration,
    /// Has that many tasks waiting while the function is called.
    pub keep: fn(usize, &mut dyn FnMut()),
    /// Among that many tasks, that many switches from one to the next.
    pub switch: fn(usize, usize) -> Duration,
}

pub const PEERS: [Peer; 5] = [
    Peer {
        name: "threads",
        threads: true,
        create: |count, times| timed(count, times, keep_threads),
        keep: keep_threads,
        switch: switch_threads,
    },
    Peer {
        name: "callbacks",
        threads: false,
        create: |count, times| timed(count, times, keep_callbacks),
        keep: keep_callbacks,
        switch: switch_callbacks,
    },
    Peer {
        name: "promises",
        threads: false,
        create: |count, times| timed(count, times, keep_promises),
        keep: keep_promises,
        switch: switch_promises,
    },
    Peer {
        name: "coroutines",
        threads: false,
        create: |count, times| timed(count, times, keep_coroutines),
        keep: keep_coroutines,
        switch: switch_coroutines,
    },
    Peer {
        name: "async",
        threads: false,
        create: |count, times| timed(count, times, keep_async),
        keep: keep_async,
        switch: switch_async,
    },
];

fn timed(
    count: usize,
    times: usize,
    keep: fn(usize, &mut dyn FnMut()),
) -> Duration {
    let start = Instant::now();
    for _ in 0..times {
        keep(count, &mut || ());
    }
    start.elapsed()
}

fn keep_threads(count: usize, meanwhile: &mut dyn FnMut()) {
    let stop = Arc::new(AtomicBool::new(false));
    let waiting = Arc::new(AtomicUsize::new(0));
    let here = thread::current();
    let threads: Vec<_> = (0..count)
        .map(|_| {
            let (stop, waiting) = (Arc::clone(&stop), Arc::clone(&waiting));
            let here = here.clone();
            thread::spawn(move || {
                // Release: pairs with the load below.
                if waiting.fetch_add(1, Ordering::Release) + 1 == count {
                    here.unpark();
                }
                // Acquire: pairs with the store below.
                while !stop.load(Ordering::Acquire) {
                    thread::park();
                }
            })
        })
        .collect();
    // Acquire: pairs with the count above.
    while waiting.load(Ordering::Acquire) < count {
        thread::park();
    }
    meanwhile();
    // Release: pairs with the load in the thread.
    stop.store(true, Ordering::Release);
    for thread in threads {
        thread.thread().unpark();
        thread.join().expect("it does not panic");
    }
}

/// A ring of threads that hand a token on. Each hand-over is one switch.
fn switch_threads(count: usize, switches: usize) -> Duration {
    struct Ring {
        /// Whose turn it is, counted on and on.
        turn: AtomicUsize,
        threads: std::sync::OnceLock<Vec<Thread>>,
    }
    let ring = Arc::new(Ring {
        turn: AtomicUsize::new(usize::MAX),
        threads: std::sync::OnceLock::new(),
    });
    let threads: Vec<_> = (0..count)
        .map(|index| {
            let ring = Arc::clone(&ring);
            thread::spawn(move || {
                let mut mine = index;
                while mine < switches {
                    // Acquire: pairs with the stores of the turn.
                    while ring.turn.load(Ordering::Acquire) != mine {
                        thread::park();
                    }
                    // Release: pairs with the load above.
                    ring.turn.store(mine + 1, Ordering::Release);
                    let next = (mine + 1) % count;
                    let threads = ring.threads.get().expect("set at the start");
                    threads[next].unpark();
                    mine += count;
                }
            })
        })
        .collect();
    let handles = threads.iter().map(|thread| thread.thread().clone());
    let _ = ring.threads.set(handles.collect());
    // So that all have started and sleep.
    thread::sleep(Duration::from_millis(20));
    let start = Instant::now();
    // Release: pairs with the load in the thread.
    ring.turn.store(0, Ordering::Release);
    threads[0].thread().unpark();
    let last = (switches - 1) % count;
    let mut took = Duration::ZERO;
    for (index, thread) in threads.into_iter().enumerate() {
        thread.join().expect("it does not panic");
        if index == last {
            took = start.elapsed();
        }
    }
    took
}

fn keep_callbacks(count: usize, meanwhile: &mut dyn FnMut()) {
    let (mut timers, log) = (Loop::new(), Log::new());
    for _ in 0..count {
        s2_callbacks::errand(&mut timers, TITLE, log.clone(), |_, bytes| {
            black_box(bytes);
        });
    }
    meanwhile();
}

/// How many switches are left, for all the tasks.
fn left(switches: usize) -> Rc<Cell<usize>> {
    Rc::new(Cell::new(switches))
}

/// One fewer; `false` if that was the last.
fn one_fewer(left: &Cell<usize>) -> bool {
    left.set(left.get().saturating_sub(1));
    left.get() > 0
}

fn run(mut timers: Loop) -> Duration {
    let start = Instant::now();
    timers.run();
    start.elapsed()
}

fn switch_callbacks(count: usize, switches: usize) -> Duration {
    fn wait(timers: &mut Loop, left: Rc<Cell<usize>>) {
        timers.jobs().add(move |timers| {
            if one_fewer(&left) {
                wait(timers, left);
            }
        });
    }
    let (mut timers, left) = (Loop::new(), left(switches));
    for _ in 0..count {
        wait(&mut timers, Rc::clone(&left));
    }
    run(timers)
}

fn keep_promises(count: usize, meanwhile: &mut dyn FnMut()) {
    let (mut timers, log) = (Loop::new(), Log::new());
    for _ in 0..count {
        let bytes = s3_promises::errand(&mut timers, TITLE, log.clone());
        bytes.finally(|_, bytes| {
            let _ = black_box(bytes);
        });
    }
    meanwhile();
}

fn switch_promises(count: usize, switches: usize) -> Duration {
    fn wait(timers: &mut Loop, left: Rc<Cell<usize>>) {
        let kept: Promise<(), Broken> = Promise::fulfilled(&timers.jobs(), ());
        kept.finally(move |timers, _| {
            if one_fewer(&left) {
                wait(timers, left);
            }
        });
    }
    let (mut timers, left) = (Loop::new(), left(switches));
    for _ in 0..count {
        wait(&mut timers, Rc::clone(&left));
    }
    run(timers)
}

fn keep_coroutines(count: usize, meanwhile: &mut dyn FnMut()) {
    let (mut timers, log) = (Loop::new(), Log::new());
    for _ in 0..count {
        let errand = s4_coroutines::errand(TITLE, log.clone());
        s4_coroutines::drive(&mut timers, errand, |_, bytes| {
            black_box(bytes);
        });
    }
    meanwhile();
}

/// Waits for nothing, again and again.
struct Turns(Rc<Cell<usize>>);

impl Coroutine for Turns {
    type Output = ();
    fn resume(&mut self) -> Step<()> {
        if one_fewer(&self.0) {
            Step::Wait(Duration::ZERO)
        } else {
            Step::Done(())
        }
    }
}

fn switch_coroutines(count: usize, switches: usize) -> Duration {
    /// As the chapter's `drive`, with a job in place of a timer.
    fn drive(timers: &mut Loop, mut turns: Turns) {
        timers.jobs().add(move |timers| {
            if let Step::Wait(_) = turns.resume() {
                drive(timers, turns);
            }
        });
    }
    let (mut timers, left) = (Loop::new(), left(switches));
    for _ in 0..count {
        drive(&mut timers, Turns(Rc::clone(&left)));
    }
    run(timers)
}

fn keep_async(count: usize, meanwhile: &mut dyn FnMut()) {
    let (executor, log) = (Executor::new(), Log::new());
    for _ in 0..count {
        let errand = s5_async::errand(executor.timers(), TITLE, log.clone());
        drop(executor.spawn(errand));
    }
    // Only now do they run: each to its first wait.
    let mut waited = false;
    executor.block_on(std::future::poll_fn(|cx| {
        if std::mem::replace(&mut waited, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }));
    meanwhile();
}

fn switch_async(count: usize, switches: usize) -> Duration {
    let (executor, left) = (Executor::new(), left(switches));
    let tasks: Vec<_> = (0..count)
        .map(|_| {
            let left = Rc::clone(&left);
            executor.spawn(std::future::poll_fn(move |cx| {
                if !one_fewer(&left) {
                    return Poll::Ready(());
                }
                cx.waker().wake_by_ref();
                Poll::Pending
            }))
        })
        .collect();
    let start = Instant::now();
    executor.block_on(async {
        for task in tasks {
            task.await;
        }
    });
    start.elapsed()
}
