//! Fibers among themselves: order, results, panics, ends. No sockets.

mod support;

use ch05_fibers::{
    Builder, JoinError, JoinHandle, Runtime, ScopedJoinHandle, current_id,
    current_name, scope, sleep, sleep_until, spawn, yield_now,
};
use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::rc::Rc;
use std::time::{Duration, Instant};
use support::{Dropped, built, runtime};
use testing::within_a_minute;

#[test]
fn first_come_first_served() {
    let log = RefCell::new(Vec::new());
    let sum: i32 = runtime().run(|| {
        scope(|scope| {
            let log = &log;
            let fibers = [0, 1, 2].map(|number| {
                scope.spawn(move || {
                    for turn in 0..3 {
                        log.borrow_mut().push((turn, number));
                        yield_now();
                    }
                    number * 10
                })
            });
            fibers.map(|fiber| fiber.join().unwrap()).iter().sum()
        })
    });
    assert_eq!(sum, 30);
    let log = log.into_inner();
    assert_eq!(log.len(), 9);
    assert!(log.is_sorted(), "{log:?}");
}

#[test]
fn a_panic_goes_to_who_joins_and_to_nobody_else() {
    let mut runtime = runtime();
    let (error, value) = runtime.run(|| {
        let bad = spawn(|| -> u8 { panic!("number {}", 7) });
        let good = spawn(|| 8_u8);
        (bad.join().unwrap_err(), good.join().unwrap())
    });
    assert_eq!((error.message(), value), (Some("number 7"), 8));

    let main = AssertUnwindSafe(|| runtime.run(|| panic!("the first one")));
    let payload = catch_unwind(main).unwrap_err();
    assert_eq!(payload.downcast_ref(), Some(&"the first one"));
    assert_eq!(runtime.run(|| 5), 5, "it can be used again");
}

#[test]
fn results_outlive_the_runtime() {
    let mut runtime = runtime();
    let (one, two) = runtime.run(|| {
        let fibers = (spawn(|| vec![1; 100]), spawn(|| vec![2; 2000]));
        yield_now();
        fibers
    });
    let moved = Box::new(runtime);
    drop(moved);
    assert_eq!(one.join().unwrap(), vec![1; 100]);
    drop(two);
}

#[test]
fn the_unfinished_are_unwound_when_the_runtime_goes() {
    let dropped = Dropped::default();
    let mut runtime = runtime();
    let fibers = runtime.run(|| {
        let local = || dropped.local();
        let (one, two, three) = (local(), local(), local());
        let yields = spawn(move || {
            let _local = one;
            loop {
                yield_now();
            }
        });
        let sleeps = spawn(move || {
            let _local = two;
            sleep(Duration::from_secs(100_000));
        });
        yield_now();
        // This one does not even begin.
        let fresh = spawn(move || drop(three));
        [yields, sleeps, fresh]
    });
    assert_eq!((dropped.count(), runtime.unfinished()), (0, 3));
    let runtime = Some(runtime); // moved
    drop(runtime);
    assert_eq!(dropped.count(), 3);
    for fiber in fibers {
        assert!(matches!(fiber.join(), Err(JoinError::Cancelled)));
    }
}

/// A destructor that waits cannot; one that spawns gets nothing done.
#[test]
fn destructors_cannot_wait_while_they_unwind() {
    struct Waits(Rc<RefCell<Vec<String>>>);
    impl Drop for Waits {
        fn drop(&mut self) {
            let other = spawn(|| ());
            yield_now();
            sleep(Duration::from_secs(100_000));
            let text = match other.join() {
                Err(error) => error.to_string(),
                Ok(()) => "joined".into(),
            };
            self.0.borrow_mut().push(text);
        }
    }
    let log = Rc::new(RefCell::new(Vec::new()));
    let mut runtime = runtime();
    runtime.run(|| {
        let (one, two) = (Waits(log.clone()), Waits(log.clone()));
        // By a panic, and by cancelling.
        let panics = spawn(move || {
            let _one = one;
            resume_unwind(Box::new(1));
        });
        assert!(matches!(panics.join(), Err(JoinError::Panicked(_))));
        spawn(move || {
            let _two = two;
            loop {
                yield_now();
            }
        });
        yield_now();
    });
    drop(runtime);
    let cannot = "the fiber cannot be waited for here";
    assert_eq!(*log.borrow(), [cannot, cannot]);
}

#[test]
fn who_catches_the_unwinding_cannot_wait_any_more() {
    let turns = Rc::new(Cell::new(0));
    let mut runtime = runtime();
    let fiber = runtime.run(|| {
        let turns = turns.clone();
        let stubborn = spawn(move || {
            let caught = catch_unwind(yield_now).is_err();
            for _ in 0..100 {
                yield_now();
                turns.set(turns.get() + 1);
            }
            caught
        });
        yield_now();
        stubborn
    });
    drop(runtime);
    assert_eq!(turns.get(), 100);
    assert!(fiber.join().unwrap(), "it has gone on to its end");
}

#[test]
fn fibers_that_wait_for_each_other_are_named_and_ended() {
    let dropped = Dropped::default();
    let locals = RefCell::new(vec![dropped.local(), dropped.local()]);
    let mut runtime = runtime();
    let result = catch_unwind(AssertUnwindSafe(|| {
        runtime.run(|| {
            type Slot<'s> = Rc<RefCell<Option<ScopedJoinHandle<'s, ()>>>>;
            scope(|scope| {
                let slot = Slot::default();
                let (locals, other) = (&locals, slot.clone());
                let one = scope.spawn(move || {
                    let _local = locals.borrow_mut().pop();
                    let two = other.borrow_mut().take().unwrap();
                    let _ = two.join();
                });
                let two = scope.spawn(move || {
                    let _local = locals.borrow_mut().pop();
                    let _ = one.join();
                });
                *slot.borrow_mut() = Some(two);
            });
        });
    }));
    let payload = result.unwrap_err();
    let text = payload.downcast_ref::<String>().unwrap();
    let expected = "all fibers wait for each other: \
        fiber 'main' (1) waits for its scope, fiber 2 joins a fiber, \
        fiber 3 joins a fiber";
    assert_eq!(text, expected);
    assert_eq!(dropped.count(), 2);
    assert_eq!(runtime.unfinished(), 0);
    assert_eq!(runtime.run(|| 1), 1);
}

#[test]
fn a_scope_lasts_as_long_as_its_fibers() {
    let total = Cell::new(0);
    runtime().run(|| {
        // The body is done first, then it panics, then a fiber does.
        scope(|scope| {
            for number in 0..10 {
                let total = &total;
                scope.spawn(move || {
                    yield_now();
                    total.set(total.get() + number);
                });
            }
        });
        assert_eq!(total.get(), 45);
        let body = AssertUnwindSafe(|| {
            scope(|scope| {
                scope.spawn(|| {
                    yield_now();
                    total.set(100);
                });
                resume_unwind(Box::new("body"));
            })
        });
        let payload = catch_unwind(body).unwrap_err();
        assert_eq!(payload.downcast_ref(), Some(&"body"));
        assert_eq!(total.get(), 100);
        let body = AssertUnwindSafe(|| {
            scope(|scope| {
                scope.spawn(|| resume_unwind(Box::new("fiber")));
            })
        });
        assert!(catch_unwind(body).is_err());
    });
}

/// The owner is cancelled while it waits for its scope.
#[test]
fn a_scope_is_cancelled_with_its_owner() {
    let dropped = Dropped::default();
    let mut runtime = runtime();
    runtime.run(|| {
        let (outer, inner) = (dropped.local(), dropped.local());
        spawn(move || {
            let _outer = outer;
            let text = String::from("borrowed");
            scope(|scope| {
                scope.spawn(|| {
                    let _inner = inner;
                    loop {
                        assert_eq!(text, "borrowed");
                        yield_now();
                    }
                });
            });
        });
        yield_now();
        yield_now();
    });
    assert_eq!(dropped.count(), 0);
    drop(runtime);
    assert_eq!(dropped.count(), 2);
}

#[test]
fn fibers_have_numbers_and_names() {
    assert_eq!((current_id(), current_name()), (None, None));
    runtime().run(|| {
        assert_eq!(current_id(), Some(1));
        assert_eq!(current_name().as_deref(), Some("main"));
        let fiber = Builder::new().name("second").spawn(current_name).unwrap();
        assert_eq!((fiber.id(), fiber.name()), (2, Some("second")));
        assert_eq!(fiber.join().unwrap().as_deref(), Some("second"));
        assert_eq!(spawn(current_name).join().unwrap(), None);
    });
    let error = Builder::new().spawn(|| ()).unwrap_err();
    assert_eq!(error.to_string(), "no runtime runs on this thread");
    yield_now(); // that of the thread
}

#[test]
fn a_runtime_in_a_fiber_of_another() {
    let mut outer = runtime();
    let sum = outer.run(|| {
        let one = spawn(|| 1);
        let (unfinished, inner) = {
            let one = &one;
            runtime().run(move || {
                let two = spawn(|| {
                    yield_now();
                    2
                });
                (one.is_finished(), two.join().unwrap())
            })
        };
        assert!(!unfinished, "the outer one does not run meanwhile");
        one.join().unwrap() + inner
    });
    assert_eq!(sum, 3);
    // In the other runtime it cannot be waited for.
    let fiber = outer.run(|| spawn(|| 1));
    let result = runtime().run(|| fiber.join());
    assert!(matches!(result, Err(JoinError::CannotWait)));
}

#[test]
fn several_threads_have_one_each() {
    within_a_minute(|| {
        let threads: Vec<_> = (0..4_u64)
            .map(|number| {
                std::thread::spawn(move || {
                    let mut runtime = runtime();
                    runtime.run(|| {
                        let fibers: Vec<JoinHandle<u64>> = (0..100)
                            .map(|_| {
                                spawn(move || {
                                    (0..100).for_each(|_| yield_now());
                                    number
                                })
                            })
                            .collect();
                        let results = fibers.into_iter().map(|f| f.join());
                        results.map(Result::unwrap).sum::<u64>()
                    })
                })
            })
            .collect();
        let sums = threads.into_iter().map(|thread| thread.join().unwrap());
        assert_eq!(sums.collect::<Vec<_>>(), [0, 100, 200, 300]);
    });
}

#[test]
fn sleepers_wake_in_the_order_of_their_deadlines() {
    let log = RefCell::new(Vec::new());
    let start = Instant::now();
    runtime().run(|| {
        scope(|scope| {
            // Far enough apart for a machine that pauses for a while.
            for time in [450, 150, 300] {
                let log = &log;
                scope.spawn(move || {
                    let time = Duration::from_millis(time);
                    sleep_until(start + time);
                    assert!(start.elapsed() >= time);
                    log.borrow_mut().push(time.as_millis());
                });
            }
            scope.spawn(|| {
                let start = Instant::now();
                sleep(Duration::from_millis(10));
                assert!(start.elapsed() >= Duration::from_millis(10));
            });
        });
    });
    assert_eq!(log.into_inner(), [150, 300, 450]);
}

/// A fiber that always yields does not keep a sleeper from waking.
#[test]
fn timers_have_their_turn_among_fibers_that_only_yield() {
    within_a_minute(|| {
        runtime().run(|| {
            let over = Rc::new(Cell::new(false));
            let stop = over.clone();
            let yields = spawn(move || {
                while !over.get() {
                    yield_now();
                }
            });
            spawn(|| sleep(Duration::from_millis(10))).join().unwrap();
            stop.set(true);
            yields.join().unwrap();
        });
    });
}

#[test]
fn stacks_come_from_the_pool() {
    let mut runtime = runtime();
    runtime.run(|| {
        for number in 0..1000 {
            assert_eq!(spawn(move || number).join().unwrap(), number);
        }
    });
    assert_eq!(runtime.stacks(), 2);
}

#[test]
fn large_closures_and_results_do_not_lie_on_the_stack() {
    let dropped = Dropped::default();
    // On the way into the closure, the value is on the spawner's stack.
    let mut runtime = built(Runtime::builder().stack_size(2_000_000));
    runtime.run(|| {
        #[repr(align(128))]
        struct Aligned(u8);
        let big = [7_u8; 5_000];
        let local = dropped.local();
        let fiber = spawn(move || {
            let _local = local;
            big
        });
        assert!(fiber.join().unwrap().iter().all(|byte| *byte == 7));
        let fiber = spawn(move || Aligned(9));
        yield_now();
        let result = fiber.join().unwrap();
        assert_eq!((&raw const result).addr() % 128, 0);
        assert_eq!(result.0, 9);
        // This one is not taken.
        let local = dropped.local();
        drop(spawn(move || (local, [0_u8; 5000])));
        yield_now();
        assert_eq!(dropped.count(), 2);
    });
}

/// The last thing that can panic is the result itself, while it is dropped.
#[test]
fn a_result_whose_destructor_panics() {
    struct Bad;
    impl Drop for Bad {
        fn drop(&mut self) {
            resume_unwind(Box::new("bad"));
        }
    }
    let mut runtime = runtime();
    runtime.run(|| {
        drop(spawn(|| Bad)); // dropped by the fiber itself
        yield_now();
        let kept = spawn(|| Bad);
        yield_now();
        let dropped = catch_unwind(AssertUnwindSafe(|| drop(kept)));
        assert!(dropped.is_err());
        assert_eq!(spawn(|| 3).join().unwrap(), 3);
    });
    assert_eq!((runtime.unfinished(), runtime.stacks()), (0, 2));
}

/// Dropped while the thread itself unwinds.
#[test]
fn a_runtime_dropped_by_a_panic_unwinds_its_fibers() {
    let dropped = Dropped::default();
    let result = catch_unwind(AssertUnwindSafe(|| {
        let mut runtime = runtime();
        runtime.run(|| {
            let local = dropped.local();
            spawn(move || {
                let _local = local;
                loop {
                    yield_now();
                }
            });
            yield_now();
        });
        resume_unwind(Box::new(()));
    }));
    assert!(result.is_err());
    assert_eq!(dropped.count(), 1);
}

/// The first mapping alone is larger than the machine's memory. Linux refuses that
/// to a mapping that may need all of it, and the arena says that it doesn't. Where
/// all addresses are counted (`vm.overcommit_memory` is 2), this is not so.
#[cfg(all(target_os = "linux", not(any(fibers_asan, fibers_valgrind))))]
#[test]
fn stacks_reserve_more_than_the_memory_there_is() {
    let number = |path: &str, name: &str| -> usize {
        let text = std::fs::read_to_string(path).unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        let number = line.unwrap().split_whitespace().next();
        number.unwrap().parse().unwrap()
    };
    if number("/proc/sys/vm/overcommit_memory", "") == 2 {
        return;
    }
    let memory = number("/proc/meminfo", "MemTotal:")
        + number("/proc/meminfo", "SwapTotal:");
    let mapped = || number("/proc/self/status", "VmSize:");
    // The first mapping has room for 32 stacks, so it is twice the memory. If it
    // were refused, a smaller one would do, and this test would fail.
    let builder = Runtime::builder().stack_size(memory / 16 * 1024);
    let before = mapped();
    let mut runtime = built(builder);
    let after = runtime.run(mapped);
    assert!(after - before > memory, "{before} {after}, of {memory} KiB");
}
