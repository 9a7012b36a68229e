//! Attacks from safe code, and from code that breaks the promises which
//! `Runtime::new` asks for. Safe code may panic and may end the process; it may
//! not corrupt memory, hang where a thread would not, or abort where a thread
//! would go on. A broken promise is found, where it can be, and ends the
//! process with a message.

mod support;

use ch05_fibers::net::{TcpListener, TcpStream};
use ch05_fibers::{
    Builder, JoinHandle, ScopedJoinHandle, scope, sleep, spawn, yield_now,
};
use std::cell::Cell;
use std::hint::black_box;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::Output;
use std::rc::Rc;
use std::thread;
use std::time::Duration;
use support::{Dropped, OnDrop, runtime};
use testing::{in_a_child, within_a_minute};

/// Longer than any test.
const LONG: Duration = Duration::from_secs(100_000);

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn any_port() -> SocketAddr {
    (Ipv4Addr::LOCALHOST, 0).into()
}

// --------------------------------------------------- who may switch, and when

/// corosensei's coroutines stand for any other library that changes stacks.
#[cfg(all(
    any(target_os = "linux", target_os = "macos"),
    not(fibers_asan),
    not(fibers_valgrind)
))]
mod other_switchers {
    use super::*;
    use corosensei::{Coroutine, CoroutineResult};

    type Stopping<'c> = Coroutine<(), (), ()>;

    fn ends_with(output: Option<Output>, message: &str) {
        let Some(output) = output else { return };
        let said = said(&output);
        assert!(said.contains(message), "{said}");
        #[cfg(unix)]
        {
            use std::os::unix::process::ExitStatusExt;
            let signal = output.status.signal();
            assert_eq!(signal, Some(libc::SIGABRT), "{said}");
        }
    }

    /// Runs entered one after the other, in two coroutines, and the first one
    /// left first.
    #[test]
    fn runs_that_end_in_the_wrong_order_are_found() {
        let name =
            "other_switchers::runs_that_end_in_the_wrong_order_are_found";
        let output = in_a_child(name, || {
            let [mut one, mut two] = [(); 2].map(|()| -> Stopping<'_> {
                Coroutine::new(|yielder, ()| {
                    runtime().run(|| yielder.suspend(()));
                })
            });
            assert!(matches!(one.resume(()), CoroutineResult::Yield(())));
            assert!(matches!(two.resume(()), CoroutineResult::Yield(())));
            one.resume(());
        });
        ends_with(output, "in the wrong order");
    }

    /// A scope that is entered in a fiber, and continues outside any.
    #[test]
    fn a_scope_that_ends_elsewhere_is_found() {
        let name = "other_switchers::a_scope_that_ends_elsewhere_is_found";
        let output = in_a_child(name, || {
            let mut runtime = runtime();
            let mut scoped: Stopping<'_> = runtime.run(|| {
                let mut scoped: Stopping<'_> = Coroutine::new(|yielder, ()| {
                    scope(|scope| {
                        scope.spawn(|| sleep(LONG));
                        yielder.suspend(());
                    });
                });
                scoped.resume(());
                scoped
            });
            scoped.resume(());
        });
        ends_with(output, "a scope ends outside the fiber");
    }
}

// ------------------------------------------------- cancelling and destructors

/// A fiber whose scope has panicked is cancelled while the scope waits for its
/// children. It does not wait a second time: neither in a destructor on the
/// way, nor after it has caught the panic.
#[test]
fn a_panicking_scope_that_is_cancelled_waits_no_second_time() {
    within_a_minute(|| {
        let ended = Rc::new(Cell::new(0));
        let count = ended.clone();
        let mut runtime = runtime();
        runtime.run(|| {
            spawn(move || {
                let _waits = OnDrop(|| sleep(LONG));
                let caught = catch_unwind(AssertUnwindSafe(|| {
                    let _waits = OnDrop(|| sleep(LONG));
                    scope(|scope| {
                        scope.spawn(|| sleep(LONG));
                        yield_now();
                        panic!("the scope's own");
                    })
                }));
                assert!(caught.is_err());
                sleep(LONG);
                count.set(count.get() + 1);
            });
            yield_now();
            yield_now();
            yield_now();
        });
        drop(runtime);
        assert_eq!(ended.get(), 1);
    });
}

/// The same with a socket: a refused wait is an error, and does not unwind.
#[test]
fn a_refused_wait_at_a_socket_does_not_unwind() {
    within_a_minute(|| {
        let dropped = Dropped::default();
        let local = dropped.local();
        let mut runtime = runtime();
        runtime.run(|| {
            spawn(move || {
                let listener = TcpListener::bind(any_port()).unwrap();
                let _waits =
                    OnDrop(move || assert!(listener.accept().is_err()));
                let _local = local;
                scope(|scope| {
                    scope.spawn(|| sleep(LONG));
                    yield_now();
                    panic!("the scope's own");
                })
            });
            yield_now();
            yield_now();
        });
        drop(runtime);
        assert_eq!(dropped.count(), 1);
    });
}

/// A runtime in a destructor while its thread unwinds: whether one of its
/// fibers unwinds, too, cannot be told. A thread would survive all of this.
#[test]
fn a_runtime_in_a_destructor_survives_what_a_thread_would() {
    let name = "a_runtime_in_a_destructor_survives_what_a_thread_would";
    let output = in_a_child(name, || {
        let thread = thread::spawn(|| {
            let _runs = OnDrop(|| {
                let mut runtime = runtime();
                let three = runtime.run(|| {
                    spawn(|| {
                        let _waits = OnDrop(|| sleep(LONG));
                        panic!("the fiber's");
                    });
                    yield_now();
                    spawn(|| 3).join().unwrap()
                });
                assert_eq!(three, 3);
                drop(runtime);
            });
            panic!("the thread's");
        });
        assert!(thread.join().is_err());
        eprintln!("survived");
    });
    if let Some(output) = output {
        let said = said(&output);
        assert!(output.status.success(), "{said}");
        assert!(said.contains("survived"), "{said}");
    }
}

/// Many values each of which tries to wait once: that comes to an end.
#[test]
fn a_long_list_of_destructors_that_yield_comes_to_its_end() {
    let name = "a_long_list_of_destructors_that_yield_comes_to_its_end";
    let output = in_a_child(name, || {
        let mut runtime = runtime();
        runtime.run(|| {
            spawn(|| {
                let _all: Vec<_> =
                    (0..200_000).map(|_| OnDrop(yield_now)).collect();
                sleep(LONG);
            });
            yield_now();
        });
        drop(runtime);
    });
    if let Some(output) = output {
        assert!(output.status.success(), "{}", said(&output));
    }
}

/// After a deadlock, all have ended; and the message begins with `main`.
#[test]
fn a_deadlock_of_many_ends_all_of_them() {
    within_a_minute(|| {
        const MANY: usize = 50;
        let dropped = Dropped::default();
        let mut runtime = runtime();
        let panic = catch_unwind(AssertUnwindSafe(|| {
            runtime.run(|| {
                // A fiber that waits for itself waits for ever.
                for _ in 0..MANY {
                    let local = dropped.local();
                    let own = Rc::new(Cell::new(None::<JoinHandle<()>>));
                    let itself = own.clone();
                    own.set(Some(spawn(move || {
                        let _local = local;
                        itself.take().unwrap().join().unwrap();
                    })));
                }
                type Own<'s> = Rc<Cell<Option<ScopedJoinHandle<'s, ()>>>>;
                scope(|scope| {
                    let own = Own::default();
                    let itself = own.clone();
                    own.set(Some(scope.spawn(move || {
                        drop(itself.take().unwrap().join());
                    })));
                });
            });
        }));
        let payload = panic.unwrap_err();
        let text = payload.downcast_ref::<String>().unwrap();
        let begins = "all fibers wait for each other: fiber 'main' (1) ";
        assert!(text.starts_with(begins), "{text}");
        assert!(text.ends_with(", and 44 more"), "{text}");
        assert_eq!(dropped.count(), MANY);
        assert_eq!(runtime.unfinished(), 0);
    });
}

// -------------------------------------------------------------------- sockets

/// Clients that never stop sending keep no others waiting: a timer that is due
/// waits for two rounds of 64 operations at most, one until it is looked at, and
/// one until its fiber's turn has come.
#[test]
fn a_flood_keeps_no_timer_waiting() {
    const AT_MOST: usize = 2 * 64;
    within_a_minute(|| {
        runtime().run(|| {
            let listener = TcpListener::bind(any_port()).unwrap();
            let address = listener.local_addr().unwrap();
            let flood = thread::spawn(move || {
                let mut stream = std::net::TcpStream::connect(address).unwrap();
                // Until the reader has had enough and closes.
                while stream.write_all(&[7; 16 * 1024]).is_ok() {}
            });
            let (mut stream, _) = listener.accept().unwrap();
            let reads = Rc::new(Cell::new(0));
            let count = reads.clone();
            let reader = spawn(move || {
                let mut byte = [0];
                while count.get() < 100_000 {
                    stream.read_exact(&mut byte).unwrap();
                    count.set(count.get() + 1);
                }
            });
            let mut turns = 0;
            while !reader.is_finished() {
                let before = reads.get();
                sleep(Duration::ZERO);
                turns += 1;
                let meanwhile = reads.get() - before;
                assert!(meanwhile <= AT_MOST, "{meanwhile} reads");
            }
            assert!(turns >= 100_000 / AT_MOST, "{turns}");
            reader.join().unwrap();
            flood.join().unwrap();
        });
    });
}

/// A connection that is there already can be accepted outside fibers.
#[test]
fn accepting_outside_of_a_fiber_loses_nobody() {
    within_a_minute(|| {
        let mut runtime = runtime();
        let listener = runtime.run(|| TcpListener::bind(any_port()).unwrap());
        let address = listener.local_addr().unwrap();
        let mut client = std::net::TcpStream::connect(address).unwrap();
        let (mut stream, _): (TcpStream, _) = listener.accept().unwrap();
        stream.write_all(b"here").unwrap();
        drop(stream);
        let mut text = String::new();
        client.read_to_string(&mut text).unwrap();
        assert_eq!(text, "here");
        // And where it would have to wait, it says so.
        assert!(listener.accept().is_err());
    });
}

// --------------------------------------------------------- stacks and signals

/// A frame of 72 KiB whose pages are not touched in order, as a C compiler
/// makes it: what it writes at its low end meets the guard.
#[cfg(not(any(fibers_asan, fibers_valgrind)))]
#[test]
fn a_large_frame_without_probes_meets_the_guard() {
    let name = "a_large_frame_without_probes_meets_the_guard";
    let output = in_a_child(name, || {
        runtime().run(|| {
            let wild = Builder::new().name("wild").spawn(|| {
                let local = 0_u8;
                // Near the top of a stack of 64 KiB; so 60 KiB below its end.
                // An optimiser that knew which local it is would know that
                // nothing may be written there, and leave the write out.
                let low = black_box((&raw const local).cast_mut());
                let low = low.wrapping_sub((64 + 60) * 1024);
                // SAFETY: it is not safe, and shall not be: the guard must be
                // there.
                unsafe { low.write_volatile(1) };
            });
            wild.unwrap().join().unwrap();
        });
    });
    if let Some(output) = output {
        let said = said(&output);
        assert!(!output.status.success(), "{said}");
        #[cfg(unix)]
        assert!(said.contains("fiber 'wild' (2) has overflowed"), "{said}");
    }
}

/// The distance between stacks is no multiple of what the cache goes by,
/// whatever sizes are asked for.
#[test]
fn no_sizes_make_all_stacks_share_their_places_in_the_cache() {
    for (size, guard) in [(64, 64), (64, 0), (60, 4), (128, 128)] {
        let arena = ch05_fibers::stack::Arena::new(size * 1024, guard * 1024);
        let (one, two) = (arena.take().unwrap(), arena.take().unwrap());
        let distance = two.top.addr().abs_diff(one.top.addr());
        assert_ne!(distance % (64 * 1024), 0, "{size} and {guard} KiB");
    }
}

/// A long name in letters of two bytes, whose middle is where it is cut.
#[cfg(not(any(fibers_asan, fibers_valgrind)))]
#[test]
fn an_overflow_names_a_fiber_whose_name_must_be_cut() {
    #[inline(never)]
    fn recurse(depth: usize) -> usize {
        let room = std::hint::black_box([depth; 64]);
        if room[0] == usize::MAX {
            return 0; // never: the stack ends first
        }
        recurse(depth + 1) + std::hint::black_box(&room)[1]
    }
    let name = "an_overflow_names_a_fiber_whose_name_must_be_cut";
    let output = in_a_child(name, || {
        runtime().run(|| {
            let long = format!("a{}", "é".repeat(150));
            let deep = Builder::new().name(long).spawn(|| recurse(0));
            deep.unwrap().join().unwrap();
        });
    });
    if let Some(output) = output {
        let said = said(&output);
        assert!(said.contains("fiber 'aéé"), "{said}");
        assert!(said.contains("has overflowed its stack"), "{said}");
    }
}

/// `trap '' SEGV; ./program`, and then a fault that has nothing to do with
/// fibers: it ends the process as without us.
#[cfg(all(unix, not(any(fibers_asan, fibers_valgrind))))]
#[test]
fn a_fault_that_is_ignored_ends_the_process_all_the_same() {
    use std::os::unix::process::ExitStatusExt;
    let name = "a_fault_that_is_ignored_ends_the_process_all_the_same";
    within_a_minute(move || {
        let output = in_a_child(name, || {
            // SAFETY: takes two numbers. The runtime's handlers come after it.
            unsafe { libc::signal(libc::SIGSEGV, libc::SIG_IGN) };
            let null = std::hint::black_box(std::ptr::null_mut::<u8>());
            // SAFETY: it is not safe, and shall end the process.
            runtime().run(|| unsafe { null.write_volatile(1) });
        });
        if let Some(output) = output {
            let said = said(&output);
            assert_eq!(output.status.signal(), Some(libc::SIGSEGV), "{said}");
        }
    });
}

/// Where memory is locked, the kernel takes no marks for guards.
#[cfg(all(target_os = "linux", not(any(fibers_asan, fibers_valgrind))))]
#[test]
fn locked_memory_has_guards_too() {
    let name = "locked_memory_has_guards_too";
    let output = in_a_child(name, || {
        // SAFETY: a number.
        if unsafe { libc::mlockall(libc::MCL_FUTURE) } != 0 {
            return eprintln!("not tested: no memory may be locked here");
        }
        let small = ch05_fibers::Runtime::builder();
        let small = small.stack_size(0).guard_size(0);
        let five = support::built(small).run(|| spawn(|| 5).join().unwrap());
        assert_eq!(five, 5);
    });
    if let Some(output) = output {
        assert!(output.status.success(), "{}", said(&output));
    }
}

/// `ulimit -v`: as many as there is room for, and an error that says why.
#[cfg(all(target_os = "linux", not(any(fibers_asan, fibers_valgrind))))]
#[test]
fn a_limit_of_addresses_is_used_up_and_named() {
    const ROOM: u64 = 128 << 20;
    let name = "a_limit_of_addresses_is_used_up_and_named";
    let output = in_a_child(name, || {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let used = status.lines().find_map(|l| l.strip_prefix("VmSize:"));
        let used = used.unwrap().trim().trim_end_matches(" kB");
        let limit = used.parse::<u64>().unwrap() * 1024 + ROOM;
        if !support::limit_addresses(limit) {
            return eprintln!("not tested: this emulator sets no such limit");
        }
        let mut runtime = runtime();
        let (stacks, error) = runtime.run(|| {
            let mut stacks = 0_u64;
            loop {
                match Builder::new().spawn(|| ()) {
                    Ok(_) => stacks += 1,
                    Err(error) => return (stacks, error.to_string()),
                }
            }
        });
        // Nearly all of the room has become stacks with their guards.
        let used = stacks * (64 + 132) * 1024;
        assert!(used > ROOM / 10 * 9, "{stacks} stacks: {error}");
        assert!(error.contains("ulimit -v"), "{error}");
    });
    if let Some(output) = output {
        assert!(output.status.success(), "{}", said(&output));
    }
}
