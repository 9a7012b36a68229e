//! Bugs that were there once.

mod support;

use ch05_fibers::net::TcpListener;
use ch05_fibers::{Runtime, ScopedJoinHandle, scope, sleep, spawn, yield_now};
use std::cell::{Cell, RefCell};
use std::net::{Ipv4Addr, SocketAddr};
use std::panic::{catch_unwind, resume_unwind};
use std::rc::Rc;
use std::time::Duration;
use support::{OnDrop, built, runtime};
use testing::{in_a_child, within_a_minute};

/// A fiber that was alone for longer than its budget took itself out of the
/// queue, and switched from its own stack to where that had been before.
#[test]
fn a_fiber_that_yields_alone() {
    let turns = runtime().run(|| {
        let other = spawn(|| ());
        let mut turns = 0_u64;
        for _ in 0..10_000 {
            yield_now();
            turns += 1;
        }
        other.join().unwrap();
        turns
    });
    assert_eq!(turns, 10_000);
}

/// Several fibers are cancelled before they have begun, and what they have
/// captured yields when it is dropped. The first one did switch to the second,
/// and was unwound in the middle of its destructor.
#[test]
fn destructors_of_what_has_not_begun_are_not_cut_in_half() {
    let done = Rc::new(RefCell::new(Vec::new()));
    let mut runtime = runtime();
    runtime.run(|| {
        for number in 0..3 {
            let done = Rc::clone(&done);
            let captured = OnDrop(move || {
                yield_now();
                done.borrow_mut().push(number);
            });
            spawn(move || drop(captured));
        }
    });
    assert!(done.borrow().is_empty());
    drop(runtime);
    assert_eq!(*done.borrow(), [0, 1, 2]);
}

/// As long as others were ready, a fiber that had caught its unwinding did
/// switch to them, and was then unwound a second time.
#[test]
fn who_catches_the_unwinding_is_not_unwound_again() {
    let (done, turns) = (Rc::default(), Rc::default());
    let mut runtime = runtime();
    runtime.run(|| {
        for number in 0..3 {
            let done: Rc<RefCell<Vec<i32>>> = Rc::clone(&done);
            let turns: Rc<Cell<usize>> = Rc::clone(&turns);
            spawn(move || {
                assert!(catch_unwind(yield_now).is_err());
                for _ in 0..3 {
                    yield_now();
                    turns.set(turns.get() + 1);
                    // No other fiber has run in between.
                    assert_eq!(turns.get().div_ceil(3), number as usize + 1);
                }
                done.borrow_mut().push(number);
            });
        }
        yield_now();
    });
    drop(runtime);
    assert_eq!(*done.borrow(), [0, 1, 2]);
}

/// Refused waits, in destructors, were counted over the whole life of a
/// runtime. After ten thousand of them it took a fiber that had tried once for
/// one that does so for ever, and ended the process.
#[test]
fn many_fibers_may_try_to_wait_while_they_unwind() {
    within_a_minute(|| {
        let tried = Rc::new(Cell::new(0));
        let mut runtime = runtime();
        let tries = || {
            let tried = Rc::clone(&tried);
            OnDrop(move || {
                yield_now();
                tried.set(tried.get() + 1);
            })
        };
        // One after the other, by panics: a server has a long life.
        runtime.run(|| {
            for _ in 0..11_000 {
                let tries = tries();
                let fiber = spawn(move || {
                    let _tries = tries;
                    resume_unwind(Box::new(()));
                });
                assert!(fiber.join().is_err());
            }
        });
        assert_eq!(tried.get(), 11_000);
        // All at once: cancelled while they are parked.
        runtime.run(|| {
            for _ in 0..11_000 {
                let tries = tries();
                spawn(move || {
                    let _tries = tries;
                    loop {
                        yield_now();
                    }
                });
            }
            yield_now();
        });
        assert_eq!(runtime.unfinished(), 11_000);
        drop(runtime);
        assert_eq!(tried.get(), 22_000);
    });
}

/// The longest sleep is a loop of shorter ones, and that did not end where none
/// of them can begin.
#[test]
fn the_longest_sleep_ends_at_once_while_a_fiber_unwinds() {
    within_a_minute(|| {
        let slept = Rc::new(Cell::new(false));
        let mut runtime = runtime();
        runtime.run(|| {
            let slept = Rc::clone(&slept);
            spawn(move || {
                let _sleeps = OnDrop(|| {
                    sleep(Duration::MAX);
                    slept.set(true);
                });
                sleep(Duration::MAX);
            });
            yield_now();
        });
        assert!(!slept.get());
        drop(runtime);
        assert!(slept.get());
    });
}

/// `exit` ends the thread-local variables of the thread that calls it: here the
/// runtime, on the stack of one of its fibers. It then waited for that fiber.
#[test]
fn a_fiber_can_end_the_process_from_a_runtime_in_a_thread_local() {
    thread_local! {
        static RUNTIME: RefCell<Runtime> = RefCell::new(runtime());
    }
    let name = "a_fiber_can_end_the_process_from_a_runtime_in_a_thread_local";
    let output = in_a_child(name, || {
        // If it hangs, the child is not to stay.
        std::thread::spawn(|| {
            std::thread::sleep(Duration::from_secs(50));
            std::process::abort();
        });
        RUNTIME.with(|runtime| {
            runtime.borrow_mut().run(|| {
                spawn(|| {
                    loop {
                        yield_now();
                    }
                });
                yield_now();
                std::process::exit(7);
            })
        })
    });
    if let Some(output) = output {
        assert_eq!(output.status.code(), Some(7), "{output:?}");
    }
}

/// The other side of the count: a destructor that waits for ever ends the
/// process, and says why.
#[test]
fn a_destructor_that_waits_for_ever_is_named() {
    let name = "a_destructor_that_waits_for_ever_is_named";
    let output = in_a_child(name, || {
        let mut runtime = runtime();
        runtime.run(|| {
            spawn(|| {
                let _waits = OnDrop(|| {
                    loop {
                        yield_now();
                    }
                });
                yield_now();
            });
            yield_now();
        });
        drop(runtime);
    });
    if let Some(output) = output {
        assert!(!output.status.success(), "{output:?}");
        let said = String::from_utf8_lossy(&output.stderr);
        let expected = "fiber 2 unwinds and has tried to wait for 1 s";
        assert!(said.contains(expected), "{said}");
    }
}

/// The smallest stack is large enough for a panic that is reported with a
/// backtrace. Half of it was not.
#[test]
fn the_smallest_stack_is_large_enough_for_a_backtrace() {
    let name = "the_smallest_stack_is_large_enough_for_a_backtrace";
    let act = || {
        let backtrace = std::backtrace::Backtrace::force_capture;
        let mut runtime = built(Runtime::builder().stack_size(0));
        let length = runtime.run(|| {
            // As the hook of a panic does; and a panic, by its hook.
            let fiber = spawn(move || backtrace().to_string().len());
            let panics = spawn(|| panic!("reported on a small stack"));
            assert!(panics.join().is_err());
            fiber.join().unwrap()
        });
        assert!(length > 0);
    };
    if let Some(output) = in_a_child(name, act) {
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
        assert!(said.contains("reported on a small stack"), "{said}");
    }
}

/// A body that catches its cancellation continues. What it spawns then has no
/// future, like its owner, which waited for such a fiber for ever.
#[test]
fn what_a_cancelled_owner_spawns_in_its_scope_is_cancelled() {
    within_a_minute(|| {
        let accepted = Cell::new(None);
        runtime().run(|| {
            scope(|outer| {
                assert!(catch_unwind(wait_for_each_other).is_err());
                outer.spawn(|| {
                    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
                    let listener = TcpListener::bind(any).unwrap();
                    // Nobody will come.
                    accepted.set(Some(listener.accept().is_ok()));
                });
            });
        });
        assert_eq!(accepted.get(), None, "it was unwound");
    });
}

/// Each of two fibers joins the other: a deadlock, so that all are cancelled.
fn wait_for_each_other() {
    scope(|scope| {
        let slot = Rc::new(Cell::new(None::<ScopedJoinHandle<'_, ()>>));
        let theirs = Rc::clone(&slot);
        let first = scope.spawn(move || {
            drop(theirs.take().map(ScopedJoinHandle::join));
        });
        let second = scope.spawn(move || drop(first.join()));
        slot.set(Some(second));
    });
}
