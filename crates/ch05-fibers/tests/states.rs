//! Fibers in every state, and safe code that does its worst: panics, ends and
//! waits in unexpected places. Nothing of it may crash.

mod support;

use ch05_fibers::{
    Builder, JoinError, JoinHandle, Runtime, ScopedJoinHandle, net, scope,
    sleep, spawn, yield_now,
};
use std::cell::{Cell, RefCell};
use std::fmt;
use std::io::Read;
use std::net::Ipv4Addr;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::rc::Rc;
use std::time::Duration;
use support::{Dropped, OnDrop, built, runtime};
use testing::{in_a_child, within_a_minute};

/// Longer than any test.
const LONG: Duration = Duration::from_secs(100_000);

/// Nothing that leads to a fiber leaves its thread. For a type that is `Send`
/// (or `Sync`), the compiler could not choose between the two.
#[test]
fn nothing_is_send() {
    trait NotBoth<Which> {
        fn holds() {}
    }
    struct Send_;
    struct Sync_;
    impl<T: ?Sized> NotBoth<()> for T {}
    impl<T: ?Sized + Send> NotBoth<Send_> for T {}
    impl<T: ?Sized + Sync> NotBoth<Sync_> for T {}
    <Runtime as NotBoth<_>>::holds();
    <JoinHandle<u8> as NotBoth<_>>::holds();
    <ScopedJoinHandle<'_, u8> as NotBoth<_>>::holds();
    <ch05_fibers::Scope<'_, '_> as NotBoth<_>>::holds();
    <net::TcpListener as NotBoth<_>>::holds();
    <net::TcpStream as NotBoth<_>>::holds();
    <ch05_fibers::stack::Stack as NotBoth<_>>::holds();
    <ch05_fibers::stack::Arena as NotBoth<_>>::holds();
}

/// A fiber in each state in which it can be, when the runtime goes.
#[test]
fn cancelled_in_every_state() {
    within_a_minute(|| {
        let dropped = Dropped::default();
        let mut runtime = runtime();
        let handles = runtime.run(|| {
            let local = || dropped.local();
            let (one, two, three, four, five, six, seven, eight) = (
                local(),
                local(),
                local(),
                local(),
                local(),
                local(),
                local(),
                local(),
            );
            let ready = spawn(move || {
                let _local = one;
                loop {
                    yield_now();
                }
            });
            let sleeps = spawn(move || {
                let _local = two;
                sleep(LONG);
            });
            let joins = spawn(move || {
                let _local = three;
                let _ = sleeps.join();
            });
            let in_scope = spawn(move || {
                let _local = four;
                scope(|scope| {
                    scope.spawn(move || {
                        let _local = five;
                        sleep(LONG);
                    });
                });
            });
            let reads = spawn(move || {
                let _local = six;
                let home = (Ipv4Addr::LOCALHOST, 0).into();
                let listener = net::TcpListener::bind(home).unwrap();
                let address = listener.local_addr().unwrap();
                let mut stream = net::TcpStream::connect(address).unwrap();
                let _ = stream.read(&mut [0]);
            });
            let finished = spawn(move || seven);
            for _ in 0..3 {
                yield_now();
            }
            assert!(finished.is_finished());
            let fresh = spawn(move || drop(eight));
            drop(finished);
            assert_eq!(dropped.count(), 1);
            [ready, joins, in_scope, reads, fresh]
        });
        assert_eq!((dropped.count(), runtime.unfinished()), (1, 7));
        drop(runtime);
        assert_eq!(dropped.count(), 8);
        for handle in handles {
            assert!(matches!(handle.join(), Err(JoinError::Cancelled)));
        }
    });
}

/// By a handle that it was given, a fiber joins itself; alone, and while others
/// run.
#[test]
fn a_fiber_that_joins_itself() {
    within_a_minute(|| {
        let own: Rc<Cell<Option<JoinHandle<()>>>> = Rc::default();
        let mut runtime = runtime();
        let given = Rc::clone(&own);
        let result = catch_unwind(AssertUnwindSafe(|| {
            runtime.run(move || {
                let taken = Rc::clone(&given);
                let fiber = spawn(move || {
                    yield_now();
                    let own = taken.take().unwrap();
                    let _ = own.join();
                });
                given.set(Some(fiber));
                loop {
                    sleep(Duration::from_millis(1));
                    if given.take().is_none() {
                        break;
                    }
                }
                // Now no other fiber can continue, either.
                scope(|scope| {
                    let owner = Rc::new(Cell::new(None));
                    let taken = Rc::clone(&owner);
                    owner.set(Some(scope.spawn(move || {
                        let own: ScopedJoinHandle<'_, ()> =
                            taken.take().unwrap();
                        let _ = own.join();
                    })));
                });
            });
        }));
        let payload = result.unwrap_err();
        let text = payload.downcast_ref::<String>().unwrap();
        assert!(text.contains("fiber 2 joins a fiber"), "{text}");
        assert!(text.contains("fiber 3 joins a fiber"), "{text}");
        assert_eq!(runtime.unfinished(), 0);
    });
}

/// A destructor that panics while its fiber is cancelled: caught in the
/// destructor it does not matter.
#[test]
fn panics_within_unwinding() {
    let log = Rc::new(RefCell::new(Vec::new()));
    let mut runtime = runtime();
    runtime.run(|| {
        let log = Rc::clone(&log);
        spawn(move || {
            let _guard = OnDrop(|| {
                let inner = catch_unwind(|| {
                    let _inner = OnDrop(yield_now);
                    resume_unwind(Box::new(1));
                });
                // What was spawned and joined here cannot have run.
                let joined = spawn(|| ()).join();
                let cannot = matches!(joined, Err(JoinError::CannotWait));
                log.borrow_mut().push((inner.is_err(), cannot));
            });
            sleep(LONG);
        });
        yield_now();
    });
    drop(runtime);
    assert_eq!(*log.borrow(), [(true, true)]);
}

/// A second panic out of a destructor ends the process, as it does without
/// fibers; it is neither lost nor unwinds into the assembly.
#[test]
fn a_panic_out_of_unwinding_ends_the_process() {
    let name = "a_panic_out_of_unwinding_ends_the_process";
    let output = in_a_child(name, || {
        runtime().run(|| {
            let fiber = spawn(|| {
                let _guard = OnDrop(|| panic!("the second"));
                panic!("the first");
            });
            let _ = fiber.join();
        });
    });
    if let Some(output) = output {
        assert!(!output.status.success(), "{output:?}");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains("the first"), "{said}");
        assert!(said.contains("the second"), "{said}");
    }
}

/// What a fiber panics with is dropped only by its last owner, and may
/// itself wait or panic then.
#[test]
fn payloads_with_destructors() {
    /// Sent nowhere: the payload's bounds ask for it.
    struct Payload;
    impl Drop for Payload {
        fn drop(&mut self) {
            yield_now();
            resume_unwind(Box::new(())); // what is forgotten has no size
        }
    }
    let mut runtime = runtime();
    runtime.run(|| {
        // It is not joined.
        drop(spawn(|| resume_unwind(Box::new(Payload))));
        yield_now();
        yield_now();
        let joined = spawn(|| resume_unwind(Box::new(Payload)));
        let error = JoinHandle::<()>::join(joined).unwrap_err();
        let dropped = catch_unwind(AssertUnwindSafe(|| drop(error)));
        assert!(dropped.is_err());
        assert_eq!(spawn(|| 1).join().unwrap(), 1);
    });
    assert_eq!(runtime.unfinished(), 0);
}

/// In a `Display` that a panic's message calls, in the middle of its report.
#[test]
fn waiting_in_the_message_of_a_panic() {
    struct Waits;
    impl fmt::Display for Waits {
        fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
            yield_now();
            sleep(LONG);
            out.write_str("waited")
        }
    }
    within_a_minute(|| {
        runtime().run(|| {
            let bystander = spawn(|| 1);
            let error = spawn(|| panic!("{Waits}")).join().unwrap_err();
            assert_eq!(error.message(), Some("waited"));
            assert_eq!(bystander.join().unwrap(), 1);
        });
    });
}

/// Thread-locals are dropped when the thread ends: no runtime runs then, and
/// one can still be made.
#[test]
fn waiting_in_the_destructor_of_a_thread_local() {
    thread_local! {
        static LATE: OnDrop<fn()> = OnDrop(|| {
            yield_now();
            sleep(Duration::from_millis(1));
            assert!(Builder::new().spawn(|| ()).is_err());
            let sum = runtime().run(|| spawn(|| 20).join().unwrap() + 1);
            assert_eq!(sum, 21);
        });
    }
    // A panic in there would end the process.
    let thread = std::thread::spawn(|| {
        runtime().run(|| spawn(|| LATE.with(|_| ())).join().unwrap());
    });
    thread.join().unwrap();
}

/// A runtime in a fiber of another one, both of them cancelled.
#[test]
fn runtimes_in_fibers_are_cancelled_with_them() {
    within_a_minute(|| {
        let dropped = Dropped::default();
        let mut outer = runtime();
        outer.run(|| {
            let (mine, theirs) = (dropped.local(), dropped.local());
            spawn(move || {
                let _mine = mine;
                let mut inner = runtime();
                inner.run(|| {
                    spawn(move || {
                        let _theirs = theirs;
                        sleep(LONG);
                    });
                    yield_now();
                });
                yield_now(); // that of the outer one again
                sleep(LONG);
            });
            yield_now();
            yield_now();
        });
        assert_eq!(dropped.count(), 0);
        drop(outer);
        assert_eq!(dropped.count(), 2);
    });
}

/// Runtimes are run, and dropped, in destructors while the thread unwinds.
#[test]
fn a_runtime_works_while_its_thread_unwinds() {
    within_a_minute(|| {
        let results = Rc::new(RefCell::new(Vec::new()));
        let unwound = catch_unwind(AssertUnwindSafe(|| {
            let _runs = OnDrop(|| {
                let mut runtime = runtime();
                let sum = runtime.run(|| {
                    let panics = spawn(|| -> u8 {
                        yield_now();
                        resume_unwind(Box::new(()))
                    });
                    let counts = spawn(|| {
                        yield_now();
                        5_u8
                    });
                    spawn(|| sleep(LONG));
                    yield_now();
                    assert!(panics.join().is_err());
                    counts.join().unwrap()
                });
                results.borrow_mut().push(sum);
            });
            resume_unwind(Box::new("outside"));
        }));
        assert_eq!(unwound.unwrap_err().downcast_ref(), Some(&"outside"));
        assert_eq!(*results.borrow(), [5]);
        assert!(!std::thread::panicking());
    });
}

/// Sizes at which no stack can be.
#[test]
fn stacks_that_are_too_large_are_errors() {
    let mut runtime = built(Runtime::builder().stack_size(usize::MAX));
    let result = catch_unwind(AssertUnwindSafe(|| runtime.run(|| ())));
    let payload = result.unwrap_err();
    let text = payload.downcast_ref::<String>().unwrap();
    assert!(text.starts_with("no stack for the first fiber"), "{text}");
    assert_eq!((runtime.unfinished(), runtime.stacks()), (0, 0));
}

/// Addresses run out while fibers run: they are not harmed, and the closure is
/// dropped. (Addresses for a terabyte each; no memory.)
#[test]
#[cfg(all(
    target_os = "linux",
    target_arch = "x86_64",
    not(fibers_asan),
    not(fibers_valgrind)
))]
fn no_memory_for_a_stack_is_an_error() {
    let mut runtime = built(Runtime::builder().stack_size(1 << 40));
    let dropped = Dropped::default();
    let made = runtime.run(|| {
        let mut handles = Vec::new();
        let error = loop {
            let local = dropped.local();
            let fiber = Builder::new().name("one of many").spawn(move || {
                yield_now();
                drop(local);
            });
            match fiber {
                Ok(handle) => handles.push(handle),
                Err(error) => break error,
            }
            assert!(handles.len() < 1_000, "there are not that many addresses");
        };
        assert_eq!(error.kind(), std::io::ErrorKind::OutOfMemory);
        assert_eq!(dropped.count(), 1, "that of the closure");
        let panics = catch_unwind(|| spawn(|| ()));
        assert!(panics.is_err());
        let made = handles.len();
        for handle in handles {
            handle.join().unwrap();
        }
        spawn(|| ()).join().unwrap(); // now there is one in the pool
        made
    });
    assert_eq!(dropped.count(), made + 1);
    assert_eq!(runtime.unfinished(), 0);
}

/// Handles that outlive everything, in results of fibers, in a circle.
#[test]
fn handles_in_results() {
    let dropped = Dropped::default();
    let mut runtime = runtime();
    let chain = runtime.run(|| {
        let mut chain: Box<dyn std::any::Any> = Box::new(dropped.local());
        for _ in 0..100 {
            let fiber = spawn(move || chain);
            yield_now();
            chain = Box::new(fiber);
        }
        chain
    });
    drop(runtime);
    assert_eq!(dropped.count(), 0);
    drop(chain);
    assert_eq!(dropped.count(), 1);
}

/// A scope's handles in fibers of the scope, panics unseen and seen.
#[test]
fn panics_in_a_scope_are_seen_once() {
    runtime().run(|| {
        // Joined by another fiber: seen.
        scope(|scope| {
            let panics = scope.spawn(|| resume_unwind(Box::new(1)));
            scope.spawn(move || {
                assert!(ScopedJoinHandle::<()>::join(panics).is_err());
            });
        });
        // Finished, and its handle dropped later by another fiber: not seen.
        let body = AssertUnwindSafe(|| {
            scope(|scope| {
                let panics = scope.spawn(|| resume_unwind(Box::new(1)));
                yield_now();
                assert!(ScopedJoinHandle::<()>::is_finished(&panics));
                scope.spawn(move || drop(panics));
            });
        });
        assert!(catch_unwind(body).is_err());
    });
}

/// A scope whose fiber cannot be made, and whose closure panics when it is
/// dropped: what does not exist is not waited for.
#[test]
#[cfg(all(
    target_os = "linux",
    target_arch = "x86_64",
    not(fibers_asan),
    not(fibers_valgrind)
))]
fn a_scope_does_not_wait_for_what_was_not_made() {
    within_a_minute(|| {
        let mut runtime = built(Runtime::builder().stack_size(1 << 40));
        runtime.run(|| {
            let mut all = Vec::new();
            while let Ok(fiber) = Builder::new().spawn(yield_now) {
                all.push(fiber);
                assert!(all.len() < 1_000, "there are not that many addresses");
            }
            let body = AssertUnwindSafe(|| {
                scope(|scope| {
                    let bad = OnDrop(|| resume_unwind(Box::new("dropped")));
                    scope.spawn(move || drop(bad));
                });
            });
            let payload = catch_unwind(body).unwrap_err();
            assert_eq!(payload.downcast_ref(), Some(&"dropped"));
        });
    });
}

/// A scope is used in a fiber of another runtime, which runs inside it.
#[test]
fn a_scope_reached_from_another_runtime() {
    within_a_minute(|| {
        let total = Cell::new(0);
        runtime().run(|| {
            scope(|scope| {
                runtime().run(|| {
                    let fiber = scope.spawn(|| total.set(total.get() + 1));
                    yield_now();
                    assert!(!fiber.is_finished(), "theirs does not run");
                    let joined = fiber.join();
                    assert!(matches!(joined, Err(JoinError::CannotWait)));
                });
            });
            assert_eq!(total.get(), 1);
        });
    });
}
