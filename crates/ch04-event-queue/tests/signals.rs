//! Signals during a wait, here and in mio. A program of its own, since a
//! signal handler belongs to the whole process, and stopping it stops all.
#![cfg(unix)]

use std::io::{self, ErrorKind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, Once, PoisonError};
use std::time::{Duration, Instant};
use std::{mem, ptr, thread};
use testing::within_a_minute;

const LONG: Option<Duration> = Some(Duration::from_secs(20));

/// One test at a time: their signals would disturb each other.
static ALONE: Mutex<()> = Mutex::new(());

/// How many signals were handled.
static HANDLED: AtomicUsize = AtomicUsize::new(0);

extern "C" fn count_signal(_: libc::c_int) {
    // Relaxed: a number to look at later, which orders nothing else.
    HANDLED.fetch_add(1, Ordering::Relaxed);
}

/// With `SA_RESTART`, to show that it makes no difference: a wait is never
/// restarted.
fn handle_signals() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // SAFETY: all zeroes is a valid `sigaction`: no flags, nothing masked.
        let mut action: libc::sigaction = unsafe { mem::zeroed() };
        let handler: extern "C" fn(libc::c_int) = count_signal;
        action.sa_sigaction = handler as libc::sighandler_t;
        action.sa_flags = libc::SA_RESTART;
        let old = ptr::null_mut();
        // SAFETY: the handler only adds to an atomic, which a signal may do at
        // any time, and exists as long as the program does.
        let done = unsafe { libc::sigaction(libc::SIGUSR1, &action, old) };
        assert_eq!(done, 0);
    });
}

/// Runs `wait` while another thread sends a signal to this one every
/// millisecond.
fn in_a_rain_of_signals<T>(wait: impl FnOnce() -> T) -> T {
    /// Also when `wait` panics: the other thread must end.
    struct Stop<'a>(&'a AtomicBool);
    impl Drop for Stop<'_> {
        fn drop(&mut self) {
            // Relaxed: says when to stop, and orders nothing else.
            self.0.store(true, Ordering::Relaxed);
        }
    }

    handle_signals();
    let stop = AtomicBool::new(false);
    // SAFETY: asks which thread this is; there is nothing to uphold.
    let target = unsafe { libc::pthread_self() } as usize;
    thread::scope(|scope| {
        let stop = &stop;
        scope.spawn(move || {
            // Relaxed: the store above.
            while !stop.load(Ordering::Relaxed) {
                thread::sleep(Duration::from_millis(1));
                let target = target as libc::pthread_t;
                // SAFETY: the target is still there: it leaves the scope only
                // after this thread has ended.
                unsafe { libc::pthread_kill(target, libc::SIGUSR1) };
            }
        });
        let _stop = Stop(stop);
        wait()
    })
}

fn ours() -> io::Result<usize> {
    let mut poll = ch04_event_queue::Poll::new()?;
    let mut events = ch04_event_queue::Events::with_capacity(4);
    poll.poll(&mut events, LONG)?;
    Ok(events.iter().count())
}

#[cfg(not(event_queue_kqueue))] // one Linux, two libraries of that name
fn mios() -> io::Result<usize> {
    let mut poll = mio::Poll::new()?;
    let mut events = mio::Events::with_capacity(4);
    poll.poll(&mut events, LONG)?;
    Ok(events.iter().count())
}

#[cfg(event_queue_kqueue)]
fn mios() -> io::Result<usize> {
    ours()
}

#[test]
fn a_signal_ends_the_wait_with_an_error() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    within_a_minute(|| {
        for wait in [ours, mios] {
            let start = Instant::now();
            let error = in_a_rain_of_signals(wait).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Interrupted);
            assert!(start.elapsed() < LONG.unwrap());
            // Relaxed: the signals came to this thread.
            assert!(HANDLED.load(Ordering::Relaxed) > 0);
        }
    });
}

/// As with Ctrl-Z and `fg`: no handler runs, and yet the wait ends. (On Linux,
/// but not where qemu emulates the kernel.)
#[test]
#[cfg(all(
    target_os = "linux",
    target_arch = "x86_64",
    not(event_queue_kqueue)
))]
fn to_be_stopped_and_continued_ends_the_wait_too() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    within_a_minute(|| {
        for wait in [ours, mios] {
            let this = std::process::id();
            let start = Instant::now();
            // More than once: on a busy machine the first may come before the
            // wait does.
            let mut other = std::process::Command::new("sh")
                .arg("-c")
                .arg(format!(
                    "for i in 1 2 3 4 5 6 7 8; do sleep 0.2; \
                     kill -STOP {this}; sleep 0.1; kill -CONT {this}; done"
                ))
                .spawn()
                .unwrap();
            let error = wait().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Interrupted);
            assert!(start.elapsed() < LONG.unwrap());
            assert!(other.wait().unwrap().success());
        }
    });
}
