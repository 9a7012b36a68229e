//! What a dump says of tasks that wait, on purpose and for ever.

use ch10_runtime::dump::{State, WaitsFor};
use ch10_runtime::{JoinHandle, Runtime, spawn, spawn_blocking, yield_now};
use std::future::pending;
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;
use testing::within_a_minute;

fn runtime() -> Runtime {
    Runtime::builder()
        .track_waits(true)
        .build()
        .expect("a runtime")
}

#[test]
fn a_task_that_joins_another_is_above_it() {
    within_a_minute(|| {
        let runtime = runtime();
        let (outer, inner) = runtime.block_on(async {
            let inner = runtime.handle().spawn_named("inner", pending::<()>());
            let id = inner.id();
            let outer = runtime.handle().spawn_named("outer", async {
                let _ = inner.await;
            });
            yield_now().await;
            (outer.id(), id)
        });
        let dump = runtime.dump();
        let of = dump.task(outer).expect("the outer task");
        assert_eq!(of.name.as_deref(), Some("outer"));
        assert_eq!(of.state, State::Waiting);
        assert_eq!(of.waits_for, [WaitsFor::Join(inner)]);
        assert!(of.since.is_some(), "that is tracked");
        let at = of.spawned.expect("it was spawned");
        assert!(at.file().ends_with("dump.rs"), "{at}");
        let text = dump.to_string();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "2 waiting, 0 ready, 0 running");
        assert!(lines[1].starts_with("task 2 \"outer\" ("), "{text}");
        assert!(lines[2].ends_with(" for the end of task 1"), "{text}");
        assert!(lines[3].starts_with("└─ task 1 \"inner\" ("), "{text}");
        assert!(lines[4].ends_with(" a lock, a channel or another thread"));
        assert!(dump.cycles().is_empty());
    });
}

#[test]
fn tasks_that_join_each_other_are_a_circle() {
    within_a_minute(|| {
        let runtime = runtime();
        let ids = runtime.block_on(async {
            let second: Arc<Mutex<Option<JoinHandle<()>>>> = Arc::default();
            let theirs = Arc::clone(&second);
            let first = spawn(async move {
                yield_now().await;
                let other = theirs.lock().expect("no panic").take();
                let _ = other.expect("it is there").await;
            });
            let id = first.id();
            let other = spawn(async move {
                let _ = first.await;
            });
            let ids = vec![id, other.id()];
            *second.lock().expect("no panic") = Some(other);
            for _ in 0..3 {
                yield_now().await;
            }
            ids
        });
        assert_eq!(runtime.dump().cycles(), [ids]);
    });
}

#[test]
fn what_runs_and_what_is_ready_is_said() {
    within_a_minute(|| {
        let runtime = runtime();
        let (ask, asked) = mpsc::channel::<()>();
        let (tell, told) = mpsc::channel();
        let handle = runtime.handle().clone();
        let job = move || {
            asked.recv().expect("the test asks");
            tell.send(handle.dump()).expect("the test listens");
        };
        let (job, task) = runtime.block_on(async {
            let job = spawn_blocking(job);
            let task = spawn(async move {
                ask.send(()).expect("the job listens");
                told.recv().expect("the job tells") // blocks, on purpose
            });
            let id = task.id();
            let waits = spawn(async {});
            let dump = task.await.expect("an output");
            assert_eq!(
                dump.task(id).map(|task| task.state),
                Some(State::Running)
            );
            assert_eq!(
                dump.task(job.id()).map(|task| task.state),
                Some(State::Running)
            );
            assert_eq!(
                dump.task(waits.id()).map(|task| task.state),
                Some(State::Ready)
            );
            let root = dump.tasks.first().expect("the root");
            assert_eq!(root.waits_for, [WaitsFor::Join(id)]);
            (job.await, id)
        });
        job.expect("it runs");
        assert!(runtime.dump().task(task).is_none(), "it has ended");
    });
}

#[test]
fn nothing_is_kept_of_tasks_that_have_ended() {
    within_a_minute(|| {
        let runtime = runtime();
        runtime.block_on(async {
            for round in 0..100 {
                let name = format!("round {round}");
                let task = runtime.handle().spawn_named(name, async {
                    yield_now().await;
                });
                task.await.expect("an output");
            }
        });
        let dump = runtime.dump();
        assert!(dump.tasks.is_empty(), "{dump}");
        assert_eq!(runtime.shutdown(Duration::ZERO), 0);
    });
}

#[cfg(unix)]
#[test]
fn a_signal_prints_a_dump_while_the_runtime_is_stuck() {
    const TEST: &str = "a_signal_prints_a_dump_while_the_runtime_is_stuck";
    let output = testing::in_a_child(TEST, || {
        let runtime = Runtime::builder()
            .dump_on_signal(libc::SIGUSR1)
            .build()
            .expect("a runtime");
        let stuck = runtime.handle().spawn_named("stuck", async {
            // SAFETY: the signal's handler may run anywhere.
            unsafe { libc::raise(libc::SIGUSR1) };
            std::thread::sleep(Duration::from_secs(2)); // blocks, on purpose
        });
        runtime.block_on(stuck).expect("an output");
    });
    let Some(output) = output else { return };
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}");
    assert!(text.contains("task 1 \"stuck\" ("), "{text}");
    assert!(text.contains("): running"), "{text}");
}
