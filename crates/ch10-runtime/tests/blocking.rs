//! The blocking pool, from outside: jobs, threads that end, and a runtime that
//! is gone.

use ch10_runtime::{Handle, Runtime, spawn, spawn_blocking};
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, mpsc};
use std::thread;
use std::time::{Duration, Instant};
use testing::within_a_minute;

#[cfg(target_os = "linux")]
#[path = "support/addresses.rs"]
mod addresses;

fn runtime(threads: usize, keep_alive: Duration) -> Runtime {
    Runtime::builder()
        .blocking_threads(threads)
        .blocking_keep_alive(keep_alive)
        .thread_name("test")
        .build()
        .expect("a runtime")
}

#[test]
fn a_job_runs_on_a_thread_of_the_pool_and_gives_its_output() {
    within_a_minute(|| {
        let (there, name) =
            runtime(1, Duration::from_secs(1)).block_on(async {
                let job = || {
                    let thread = thread::current();
                    (thread.id(), thread.name().map(str::to_owned))
                };
                spawn_blocking(job).await.expect("it runs")
            });
        assert_ne!(there, thread::current().id());
        assert_eq!(name.as_deref(), Some("test-blocking-0"));
    });
}

#[test]
fn a_job_may_use_the_runtime() {
    within_a_minute(|| {
        let runtime = runtime(2, Duration::from_secs(1));
        let sum = runtime.block_on(async {
            let job = || (spawn(async { 2 }), spawn_blocking(|| 3));
            let (task, job) = spawn_blocking(job).await.expect("it runs");
            task.await.expect("a task") + job.await.expect("a job")
        });
        assert_eq!(sum, 5);
    });
}

#[test]
fn a_panic_of_a_job_is_an_error_and_costs_no_thread() {
    within_a_minute(|| {
        let runtime = runtime(1, Duration::from_secs(10));
        runtime.block_on(async {
            for round in 0..3 {
                let error = spawn_blocking(move || {
                    if round < 3 {
                        resume_unwind(Box::new(format!("round {round}")));
                    }
                })
                .await
                .expect_err("it panics");
                assert_eq!(error.message(), Some(&*format!("round {round}")));
            }
            let name = || thread::current().name().map(str::to_owned);
            let name = spawn_blocking(name).await.expect("it runs");
            assert_eq!(name.as_deref(), Some("test-blocking-0"));
        });
    });
}

#[test]
fn as_many_jobs_run_at_once_as_there_may_be_threads() {
    within_a_minute(|| {
        let runtime = runtime(4, Duration::from_secs(1));
        let most = Arc::new((AtomicUsize::new(0), AtomicUsize::new(0)));
        let barrier = Arc::new(Barrier::new(4));
        runtime.block_on(async {
            let jobs: Vec<_> = (0..16)
                .map(|_| {
                    let most = Arc::clone(&most);
                    let barrier = Arc::clone(&barrier);
                    spawn_blocking(move || {
                        let now = most.0.fetch_add(1, Ordering::SeqCst) + 1;
                        most.1.fetch_max(now, Ordering::SeqCst);
                        barrier.wait(); // four at a time, or for ever
                        most.0.fetch_sub(1, Ordering::SeqCst);
                    })
                })
                .collect();
            for job in jobs {
                job.await.expect("it runs");
            }
        });
        assert_eq!(most.1.load(Ordering::SeqCst), 4);
    });
}

#[test]
fn ten_thousand_jobs_run_while_threads_come_and_go() {
    within_a_minute(|| {
        // A keep-alive of nothing: every idle thread is about to end.
        let runtime = runtime(3, Duration::ZERO);
        runtime.block_on(async {
            for round in 0..10_000_u32 {
                let job = spawn_blocking(move || round + 1);
                assert_eq!(job.await.expect("it runs"), round + 1);
            }
        });
    });
}

#[test]
fn a_job_outlives_the_runtime_and_harms_nobody() {
    within_a_minute(|| {
        let runtime = runtime(1, Duration::from_secs(1));
        let (begun, has_begun) = mpsc::channel();
        let (go, may_go) = mpsc::channel::<()>();
        let (said, heard) = mpsc::channel();
        let running = runtime.handle().spawn_blocking(move || {
            begun.send(()).expect("the test listens");
            may_go.recv().expect("the test says when");
            // The runtime is gone; its handle is not, and says so.
            let task = Handle::current().spawn(async {});
            let job = spawn_blocking(|| {});
            said.send((task, job)).expect("the test listens");
        });
        let waiting = runtime.handle().spawn_blocking(|| 5);
        has_begun.recv().expect("it begins");
        drop(runtime); // does not wait for it
        assert!(waiting.is_finished(), "it was cancelled");
        assert!(!running.is_finished());
        go.send(()).expect("the job waits");
        let (task, job) = heard.recv().expect("the job lives");
        let other = Runtime::new().expect("a runtime");
        other.block_on(async {
            assert!(task.await.expect_err("no runtime").is_cancelled());
            assert!(job.await.expect_err("no runtime").is_cancelled());
            assert!(waiting.await.expect_err("no runtime").is_cancelled());
            running.await.expect("it ran to its end");
        });
    });
}

#[test]
fn shutdown_waits_for_jobs_but_not_longer_than_it_is_told() {
    within_a_minute(|| {
        let first = runtime(2, Duration::from_secs(10));
        let (go, may_go) = mpsc::channel::<()>();
        let (begun, has_begun) = mpsc::channel();
        let job = move || {
            begun.send(()).expect("the test listens");
            let _ = may_go.recv();
        };
        drop(first.handle().spawn_blocking(job));
        has_begun.recv().expect("it begins");
        let start = Instant::now();
        assert_eq!(first.shutdown(Duration::from_millis(50)), 1);
        assert!(start.elapsed() >= Duration::from_millis(50));
        drop(go);
        // A thread that is idle ends at once, whatever its keep-alive is.
        let second = runtime(2, Duration::from_secs(3_600));
        second.block_on(async {
            spawn_blocking(|| {}).await.expect("it runs");
        });
        assert_eq!(second.shutdown(Duration::from_secs(3_600)), 0);
    });
}

#[test]
fn a_job_that_is_aborted_before_it_begins_never_begins() {
    within_a_minute(|| {
        let runtime = runtime(1, Duration::from_secs(1));
        let (go, may_go) = mpsc::channel::<()>();
        let first = runtime
            .handle()
            .spawn_blocking(move || may_go.recv().is_ok());
        let held = Arc::new(());
        let theirs = Arc::clone(&held);
        let second = runtime.handle().spawn_blocking(move || drop(theirs));
        second.abort();
        drop(go);
        runtime.block_on(async {
            first.await.expect("it runs");
            let error = second.await.expect_err("it was aborted");
            assert!(error.is_cancelled());
        });
        assert_eq!(Arc::strong_count(&held), 1, "its closure is still there");
    });
}

/// How much address space this process has, in bytes.
#[cfg(target_os = "linux")]
fn address_space() -> u64 {
    let text = std::fs::read_to_string("/proc/self/statm").expect("Linux");
    let pages = text.split(' ').next().and_then(|pages| pages.parse().ok());
    let pages: u64 = pages.expect("a number of pages");
    // SAFETY: it only asks.
    let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    pages * u64::try_from(page).expect("a size")
}

#[cfg(target_os = "linux")]
#[test]
fn without_a_thread_the_handle_has_the_error_of_the_system() {
    const TEST: &str =
        "without_a_thread_the_handle_has_the_error_of_the_system";
    let output = testing::in_a_child(TEST, || {
        let with_one = runtime(2, Duration::from_secs(60));
        let first = with_one.handle().spawn_blocking(|| 1);
        let first = with_one.block_on(first);
        assert_eq!(first.expect("there is a thread"), 1);
        let with_none = runtime(2, Duration::from_secs(60));
        let space = address_space() + (1 << 20); // no room for a stack
        if !addresses::limit(space) {
            return eprintln!("not tested: this emulator sets no such limit");
        }
        // The one that there is does everything, one after the other.
        let jobs =
            [2, 3].map(|job| with_one.handle().spawn_blocking(move || job));
        with_one.block_on(async {
            for (job, expected) in jobs.into_iter().zip([2, 3]) {
                assert_eq!(job.await.expect("it waits"), expected);
            }
        });
        // Where there is none, the error comes, and the next try may succeed.
        let job = with_none.handle().spawn_blocking(|| 4);
        let error = with_none.block_on(job).expect_err("no thread");
        assert!(error.io_error().is_some(), "{error}");
        eprintln!("it is over: {error}");
    });
    let Some(output) = output else { return };
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}");
    let emulated = text.contains("not tested: ");
    assert!(
        emulated || text.contains("it is over: no thread could be created"),
        "{text}"
    );
}
