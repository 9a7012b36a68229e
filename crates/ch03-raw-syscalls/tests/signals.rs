//! A signal during a write. A program of its own, since a signal handler
//! belongs to the whole process.
#![cfg(unix)]

mod support;

use ch03_raw_syscalls::{write, write_all, write_all_by};
use std::io::{self, ErrorKind, Read};
use std::os::fd::AsFd;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;
use std::{mem, ptr};
use support::{pattern, read_slowly, ways};
use testing::within_a_minute;

/// How many signals were handled, by whichever thread.
static HANDLED: AtomicUsize = AtomicUsize::new(0);

extern "C" fn count_signal(_: libc::c_int) {
    // Relaxed: a number to look at later, which orders nothing else.
    HANDLED.fetch_add(1, Ordering::Relaxed);
}

/// Has SIGUSR1 handled *without* `SA_RESTART`: with it, the kernel would
/// resume most interrupted calls by itself, and no caller would see `EINTR`.
fn handle_signals() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // SAFETY: all zeroes is a valid `sigaction`: no flags, nothing masked.
        let mut action: libc::sigaction = unsafe { mem::zeroed() };
        let handler: extern "C" fn(libc::c_int) = count_signal;
        action.sa_sigaction = handler as libc::sighandler_t;
        let old = ptr::null_mut();
        // SAFETY: the handler only adds to an atomic, which a signal may do at
        // any time, and is there as long as the program.
        let done = unsafe { libc::sigaction(libc::SIGUSR1, &action, old) };
        assert_eq!(done, 0);
    });
}

/// Runs `work` on this thread while another sends it a signal each
/// millisecond. Again and again, because one alone might come just before the
/// thread blocks.
fn in_a_rain_of_signals<T>(work: impl FnOnce() -> T) -> T {
    /// Also when `work` panics: the other thread must end.
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
                let target = target as libc::pthread_t;
                // SAFETY: the target is still there: it leaves the scope only
                // after this thread has ended.
                unsafe { libc::pthread_kill(target, libc::SIGUSR1) };
                thread::sleep(Duration::from_millis(1));
            }
        });
        let _stop = Stop(stop);
        work()
    })
}

#[test]
fn a_blocked_write_is_interrupted() {
    within_a_minute(|| {
        for (way, write) in ways() {
            let (mut reader, writer) = io::pipe().unwrap();
            let bytes = pattern(10 << 20); // more than a pipe has room for
            let (first, second) = in_a_rain_of_signals(|| {
                // Fills the pipe, then blocks. As some bytes are out, the
                // signal makes it a short write and no error.
                let first = write(writer.as_fd(), &bytes);
                // Blocks at once, so nothing is out, and it is an error.
                let second = write(writer.as_fd(), &bytes);
                (first, second)
            });
            let first = first.unwrap();
            assert!(first > 0 && first < bytes.len(), "{way}: {first}");
            let error = second.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Interrupted, "{way}");
            drop(writer);
            let mut arrived = Vec::new();
            reader.read_to_end(&mut arrived).unwrap();
            assert!(arrived == bytes[..first], "{way}");
        }
        // Relaxed: the signals came to this thread.
        assert!(HANDLED.load(Ordering::Relaxed) > 0);
    });
}

#[test]
fn write_all_goes_on_through_a_rain_of_signals() {
    within_a_minute(|| {
        let bytes = pattern(1 << 20);
        let (reader, writer) = io::pipe().unwrap();
        let arriving = read_slowly(reader);
        let mut troubles = 0;
        in_a_rain_of_signals(|| {
            // By hand, to see that the signals do come at a telling moment.
            let counted = |rest: &[u8]| {
                let result = write(writer.as_fd(), rest);
                if !matches!(result, Ok(count) if count == rest.len()) {
                    troubles += 1;
                }
                result
            };
            write_all_by(counted, &bytes).unwrap();
            // And by the function that hides them.
            write_all(&writer, &bytes).unwrap();
        });
        drop(writer);
        let arrived = arriving.join().unwrap();
        assert!(arrived == [&bytes[..], &bytes[..]].concat());
        assert!(troubles > 0, "no signal came at a telling moment");
    });
}
