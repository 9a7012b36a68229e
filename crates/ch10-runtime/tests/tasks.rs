//! Tasks on one thread: spawned, joined, aborted, woken from elsewhere.

use ch10_runtime::{
    Handle, Runtime, spawn, spawn_blocking, spawn_local, time, yield_now,
};
use std::cell::Cell;
use std::future::{pending, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};
use testing::within_a_minute;

fn runtime() -> Runtime {
    Runtime::new().expect("a runtime")
}

#[test]
fn a_task_gives_its_output_to_its_handle() {
    within_a_minute(|| {
        let got = runtime().block_on(async { spawn(async { 7 }).await });
        assert_eq!(got.expect("an output"), 7);
    });
}

#[test]
fn a_thousand_tasks_that_yield_all_end() {
    within_a_minute(|| {
        let sum = runtime().block_on(async {
            let tasks: Vec<_> = (0..1000_u64)
                .map(|number| {
                    spawn(async move {
                        yield_now().await;
                        number
                    })
                })
                .collect();
            let mut sum = 0;
            for task in tasks {
                sum += task.await.expect("an output");
            }
            sum
        });
        assert_eq!(sum, 499_500);
    });
}

#[test]
fn a_panic_is_the_error_of_its_handle_and_of_nothing_else() {
    within_a_minute(|| {
        runtime().block_on(async {
            let bad = spawn(async { panic!("on purpose") });
            let good = spawn(async { 1 });
            let error = bad.await.expect_err("a panic");
            assert_eq!(error.to_string(), "the task panicked: on purpose");
            assert_eq!(good.await.expect("an output"), 1);
        });
    });
}

#[test]
fn an_aborted_task_drops_its_future() {
    within_a_minute(|| {
        struct Told(mpsc::Sender<()>);
        impl Drop for Told {
            fn drop(&mut self) {
                let _ = self.0.send(());
            }
        }
        runtime().block_on(async {
            let (tell, told) = mpsc::channel();
            let task = spawn(async move {
                let _told = Told(tell);
                pending::<()>().await;
            });
            yield_now().await;
            assert!(told.try_recv().is_err());
            task.abort();
            assert!(task.await.expect_err("aborted").is_cancelled());
            assert!(told.try_recv().is_ok());
        });
    });
}

#[test]
fn another_thread_wakes_a_task_that_waits() {
    within_a_minute(|| {
        let runtime = runtime();
        let waker: Arc<Mutex<(bool, Option<Waker>)>> = Arc::default();
        let other = thread::spawn({
            let waker = Arc::clone(&waker);
            move || {
                thread::sleep(Duration::from_millis(50));
                let mut waker = waker.lock().expect("no panic");
                waker.0 = true;
                waker.1.take().expect("it waits").wake();
            }
        });
        runtime.block_on(async {
            spawn(poll_fn(move |cx| {
                let mut waker = waker.lock().expect("no panic");
                if waker.0 {
                    return Poll::Ready(());
                }
                waker.1 = Some(cx.waker().clone());
                Poll::Pending
            }))
            .await
            .expect("an output");
        });
        other.join().expect("no panic");
    });
}

#[test]
fn local_tasks_share_what_must_not_be_sent() {
    within_a_minute(|| {
        let count = Rc::new(Cell::new(0));
        runtime().block_on(async {
            let tasks: Vec<_> = (0..3)
                .map(|_| {
                    let count = Rc::clone(&count);
                    spawn_local(async move { count.set(count.get() + 1) })
                })
                .collect();
            for task in tasks {
                task.await.expect("an output");
            }
        });
        assert_eq!((count.get(), Rc::strong_count(&count)), (3, 1));
    });
}

#[test]
fn the_end_of_a_runtime_drops_every_future_and_refuses_new_ones() {
    within_a_minute(|| {
        let runtime = runtime();
        let kept = Arc::new(());
        let handle = runtime.handle().clone();
        for _ in 0..10 {
            let kept = Arc::clone(&kept);
            runtime.spawn(async move {
                pending::<()>().await;
                drop(kept);
            });
        }
        runtime.block_on(yield_now());
        assert_eq!(Arc::strong_count(&kept), 11);
        drop(runtime);
        assert_eq!(Arc::strong_count(&kept), 1);
        let late = handle.spawn(async move { drop(kept) });
        assert!(late.is_finished());
    });
}

#[test]
fn outside_of_a_runtime_there_is_an_error_that_says_so() {
    within_a_minute(|| {
        let error = Handle::try_current().expect_err("none here");
        assert!(error.to_string().contains("no runtime on this thread"));
    });
}

/// Panics when it is dropped, and so does what it panics with.
struct Bomb(u8);

impl Drop for Bomb {
    fn drop(&mut self) {
        if let Some(less) = self.0.checked_sub(1) {
            std::panic::panic_any(Bomb(less));
        }
    }
}

#[test]
fn destructors_that_panic_stop_nobody() {
    within_a_minute(|| {
        let runtime = runtime();
        runtime.block_on(async {
            // The output is dropped by the runtime, as the handle is gone.
            drop(spawn(async { Bomb(3) }));
            // So is the payload of this panic.
            drop(spawn(async { std::panic::panic_any(Bomb(3)) }));
            // The future holds one when it is cancelled.
            let waits = spawn(async {
                let _bomb = Bomb(1);
                pending::<()>().await;
            });
            yield_now().await;
            waits.abort();
            let error = waits.await.expect_err("its future panics in its drop");
            // A payload like the others.
            std::mem::forget(error);
            assert_eq!(spawn(async { 5 }).await.expect("an output"), 5);
        });
    });
}

#[test]
fn a_runtime_inside_of_another_ones_block_on_is_refused() {
    within_a_minute(|| {
        let (outer, inner) = (runtime(), runtime());
        let refused =
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                outer.block_on(async { inner.block_on(async {}) });
            }));
        let panic = refused.expect_err("refused");
        let text = panic.downcast_ref::<&str>().expect("a text");
        assert!(text.contains("on a thread that polls tasks"), "{text}");
        // Both still work.
        assert_eq!(outer.block_on(async { 1 }), 1);
        assert_eq!(inner.block_on(async { 2 }), 2);
    });
}

#[test]
fn a_select_of_two_leaves_that_are_always_ready_gives_others_their_turn() {
    within_a_minute(|| {
        let past = Instant::now();
        thread::sleep(Duration::from_millis(2));
        runtime().block_on(async {
            let busy = spawn(async move {
                loop {
                    // One is refused: the other one must be, too.
                    let one = time::sleep_until(past);
                    let other = time::sleep_until(past);
                    futures_lite::future::or(one, other).await;
                }
            });
            for _ in 0..10 {
                spawn(async {}).await.expect("it has its turn");
            }
            busy.abort();
        });
    });
}

/// Polls all of them in each of its polls, and counts those.
async fn all<F: Future>(futures: impl IntoIterator<Item = F>) -> u32 {
    let mut futures: Vec<_> =
        futures.into_iter().map(|f| Some(Box::pin(f))).collect();
    let mut polls = 0;
    poll_fn(move |cx| {
        polls += 1;
        for place in &mut futures {
            let ready = |f: &mut Pin<Box<F>>| f.as_mut().poll(cx).is_ready();
            if place.as_mut().is_some_and(ready) {
                *place = None;
            }
        }
        match futures.iter().all(Option::is_none) {
            true => Poll::Ready(polls),
            false => Poll::Pending,
        }
    })
    .await
}

/// A leaf that is pending has done nothing, so it takes no share. It once did,
/// and this task asked again and again, and never came to its last sleeps.
#[test]
fn a_join_of_more_leaves_than_shares_waits_for_all_at_once() {
    within_a_minute(|| {
        let time = Duration::from_millis(50);
        let sleeps = (0..300).map(move |_| time::sleep(time));
        let polls = runtime()
            .block_on(async { spawn(all(sleeps)).await.expect("an output") });
        assert!(polls < 20, "{polls} polls");
    });
}

#[test]
fn another_executor_polls_leaves_as_often_as_it_likes() {
    within_a_minute(|| {
        // It begins no poll of a task, so nothing renews a budget.
        let sleeps = async {
            for _ in 0..300 {
                time::sleep(Duration::ZERO).await;
            }
        };
        runtime().block_on(async {
            let job = || futures_lite::future::block_on(sleeps);
            spawn_blocking(job).await.expect("an output");
        });
    });
}
