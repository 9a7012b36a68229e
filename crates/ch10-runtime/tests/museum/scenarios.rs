//! What users did when they met the bugs. Each returns when all is well, and
//! panics or hangs when it is not.

use ch10_runtime::shutdown::Shutdown;
use ch10_runtime::{Runtime, spawn, spawn_blocking, spawn_local, yield_now};
use std::cell::Cell;
use std::future::{Future, pending, poll_fn};
use std::mem::ManuallyDrop;
use std::pin::pin;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, ThreadId};

/// A scenario, by the name of its bug.
pub type Scenario = (&'static str, fn());

/// All of them.
pub const SCENARIOS: [Scenario; 9] = [
    ("nested_spawn_blocking", nested_spawn_blocking),
    ("panic_kills_worker", panic_kills_worker),
    ("first_waker_kept", first_waker_kept),
    ("dropped_on_wrong_thread", dropped_on_wrong_thread),
    ("abort_forgotten", abort_forgotten),
    ("lifo_starves", lifo_starves),
    ("leaked_waker", leaked_waker),
    ("interrupted", interrupted),
    ("endless_sleep_panics", endless_sleep_panics),
];

/// The scenario of this name.
#[allow(dead_code, reason = "the museum's own program asks")]
pub fn find(name: &str) -> Option<fn()> {
    let net = super::scenarios_net::SCENARIOS.iter();
    let mut all = SCENARIOS
        .iter()
        .chain(net)
        .chain(&super::scenarios_net::ALONE);
    all.find(|(scenario, _)| *scenario == name)
        .map(|(_, run)| *run)
}

/// One that is not dropped when a scenario fails: it may not be able to end.
pub fn runtime() -> ManuallyDrop<Runtime> {
    ManuallyDrop::new(Runtime::new().expect("a runtime"))
}

/// Counts its wakes.
#[derive(Default)]
struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

fn counting() -> (Arc<Count>, Waker) {
    let count = Arc::new(Count::default());
    (Arc::clone(&count), Waker::from(count))
}

// ANCHOR: nested
/// A job of the pool spawns another one.
fn nested_spawn_blocking() {
    runtime().block_on(async {
        let job = spawn_blocking(|| spawn_blocking(|| 5));
        let inner = job.await.expect("the outer job runs");
        assert_eq!(inner.await.expect("the inner job runs"), 5);
    });
}
// ANCHOR_END: nested

/// One request panics; the next one is served all the same.
fn panic_kills_worker() {
    runtime().block_on(async {
        let bad = spawn(async { panic!("a bad request") });
        assert!(bad.await.expect_err("it panics").is_panic());
        assert_eq!(spawn(async { 5 }).await.expect("the next one"), 5);
    });
}

/// A handle is polled here, and then there.
fn first_waker_kept() {
    let runtime = runtime();
    let mut task = runtime.spawn(yield_now());
    let [(_, here), (count, there)] = [counting(), counting()];
    for waker in [here, there] {
        let mut cx = Context::from_waker(&waker);
        assert!(pin!(&mut task).poll(&mut cx).is_pending());
    }
    runtime.block_on(async {
        yield_now().await;
        yield_now().await;
    });
    assert!(task.is_finished(), "it had two turns");
    let woken = count.0.load(Ordering::SeqCst);
    assert_eq!(woken, 1, "the task that waits was not woken");
}

/// Says on which thread it was dropped.
struct Stays(Rc<Cell<u32>>, Arc<Mutex<Option<ThreadId>>>);

impl Drop for Stays {
    fn drop(&mut self) {
        let here = Some(thread::current().id());
        *self.1.lock().expect("no panic") = here;
    }
}

/// A local task is aborted by another thread.
fn dropped_on_wrong_thread() {
    let runtime = runtime();
    let dropped = Arc::new(Mutex::new(None));
    let stays = Stays(Rc::default(), Arc::clone(&dropped));
    let task = runtime.spawn_local(async move {
        stays.0.set(1);
        pending::<()>().await;
        drop(stays);
    });
    runtime.block_on(async {
        yield_now().await;
        let aborting = thread::spawn(move || task.abort());
        while dropped.lock().expect("no panic").is_none() {
            yield_now().await;
        }
        aborting.join().expect("it does not panic");
    });
    let there = *dropped.lock().expect("no panic");
    assert_eq!(there, Some(thread::current().id()), "not at home");
}

/// A task is aborted, and its handle dropped at once.
fn abort_forgotten() {
    runtime().block_on(async {
        let held = Arc::new(());
        let theirs = Arc::clone(&held);
        let task = spawn(async move {
            pending::<()>().await;
            drop(theirs);
        });
        yield_now().await;
        task.abort();
        drop(task);
        for _ in 0..10 {
            yield_now().await;
        }
        assert_eq!(Arc::strong_count(&held), 1, "the task still lives");
    });
}

/// A task that has its turn last, and two that wake each other again and again.
fn lifo_starves() {
    runtime().block_on(async {
        let wakers = Arc::new([Mutex::new(None), Mutex::new(None)]);
        let heard = Arc::new(AtomicBool::new(false));
        let rounds = Arc::new(AtomicUsize::new(0));
        let third = Arc::clone(&heard);
        let third = spawn(async move {
            yield_now().await;
            third.store(true, Ordering::SeqCst);
        });
        for me in 0..2 {
            let (wakers, heard) = (Arc::clone(&wakers), Arc::clone(&heard));
            let rounds = Arc::clone(&rounds);
            drop(spawn_local(poll_fn(move |cx| {
                if heard.load(Ordering::SeqCst) {
                    return Poll::Ready(());
                }
                rounds.fetch_add(1, Ordering::SeqCst);
                let waker: Waker = cx.waker().clone();
                *wakers[me].lock().expect("no panic") = Some(waker);
                let other: Option<Waker> =
                    wakers[1 - me].lock().expect("no panic").take();
                other.unwrap_or_else(|| cx.waker().clone()).wake();
                Poll::Pending
            })));
        }
        while !third.is_finished() {
            let rounds = rounds.load(Ordering::SeqCst);
            assert!(rounds < 100_000, "the third task has no turn");
            yield_now().await;
        }
    });
}

/// A hundred times something waits for the end, and gives up.
fn leaked_waker() {
    let shutdown = Shutdown::new();
    let token = shutdown.token();
    let (count, waker) = counting();
    let mut cx = Context::from_waker(&waker);
    for _ in 0..100 {
        assert!(pin!(token.asked()).poll(&mut cx).is_pending());
    }
    drop(waker);
    assert_eq!(Arc::strong_count(&count), 1, "wakers are kept");
}

/// Who needs no limit asks for the largest.
fn endless_sleep_panics() {
    runtime().block_on(async {
        let limit = std::time::Duration::MAX;
        let five = ch10_runtime::time::timeout(limit, async { 5 });
        assert_eq!(five.await.ok(), Some(5));
    });
}

extern "C" fn ignore(_signal: libc::c_int) {}

/// A signal comes while the runtime sleeps in the kernel: a debugger, Ctrl-Z.
fn interrupted() {
    let handler: extern "C" fn(libc::c_int) = ignore;
    // SAFETY: the handler does nothing.
    unsafe { libc::signal(libc::SIGUSR1, handler as usize) };
    // SAFETY: it only says which thread this is.
    let here = unsafe { libc::pthread_self() };
    let (tell, told) = mpsc::channel::<Waker>();
    let heard = Arc::new(AtomicBool::new(false));
    let say = Arc::clone(&heard);
    let others = thread::spawn(move || {
        let waker = told.recv().expect("a waker");
        for _ in 0..20 {
            thread::sleep(std::time::Duration::from_millis(5));
            // SAFETY: that thread waits for this one, so it is there.
            unsafe { libc::pthread_kill(here, libc::SIGUSR1) };
        }
        say.store(true, Ordering::SeqCst);
        waker.wake();
    });
    runtime().block_on(poll_fn(|cx| {
        if heard.load(Ordering::SeqCst) {
            return Poll::Ready(());
        }
        let _ = tell.send(cx.waker().clone());
        Poll::Pending
    }));
    others.join().expect("it does not panic");
}
