//! A dump when a signal comes, also while every thread of the runtime is
//! stuck: a thread of its own prints it.

use crate::handle::Shared;
use crate::sync::{Mutex, lock};
use ch04_event_queue::errno::check;
use std::io::{self, Read, Write};
use std::mem;
use std::os::fd::IntoRawFd;
use std::os::unix::net::UnixStream;
use std::ptr;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Arc, Weak};
use std::thread;

/// The end of a pair that the handler writes to. Never closed: the handler
/// may be using it.
static WRITE: AtomicI32 = AtomicI32::new(-1);

/// Who is asked at which signal.
static ASKED: Mutex<Vec<(libc::c_int, Weak<Shared>)>> = Mutex::new(Vec::new());

/// Does what a handler may do: it writes a byte, the signal's number.
extern "C" fn handler(signal: libc::c_int) {
    keep_errno(|| {
        let byte = [signal as u8]; // signals are small numbers
        let fd = WRITE.load(Ordering::Relaxed);
        // SAFETY: the kernel reads one byte, which is there. A pair that is
        // full has as many dumps on their way already.
        unsafe { libc::write(fd, byte.as_ptr().cast(), byte.len()) };
    });
}

// ANCHOR: install
/// From now on, `signal` prints a dump of this runtime, as long as it lives.
pub(crate) fn install(
    signal: libc::c_int,
    shared: &Arc<Shared>,
) -> io::Result<()> {
    let mut asked = lock(&ASKED);
    if WRITE.load(Ordering::Relaxed) < 0 {
        let (read, write) = UnixStream::pair()?;
        write.set_nonblocking(true)?;
        let name = "dump-on-signal".to_owned();
        thread::Builder::new().name(name).spawn(|| answer(read))?;
        WRITE.store(write.into_raw_fd(), Ordering::Relaxed);
    }
    // SAFETY: numbers and a mask; all zeroes is a valid one.
    let mut action: libc::sigaction = unsafe { mem::zeroed() };
    let handler: extern "C" fn(libc::c_int) = handler;
    action.sa_sigaction = handler as usize;
    action.sa_flags = libc::SA_RESTART;
    let (new, old) = (&raw const action, ptr::null_mut());
    // SAFETY: the handler does only what a handler may do, and `action` lives
    // as long as the call.
    check(unsafe { libc::sigaction(signal, new, old) })?;
    asked.retain(|(_, shared)| shared.strong_count() > 0);
    asked.push((signal, Arc::downgrade(shared)));
    Ok(())
}

/// Prints a dump for each signal. It sleeps in `read` until one comes.
fn answer(mut signals: UnixStream) {
    let mut signal = [0];
    while signals.read_exact(&mut signal).is_ok() {
        let [signal] = signal.map(libc::c_int::from);
        let asked: Vec<Arc<Shared>> = lock(&ASKED)
            .iter()
            .filter(|(theirs, _)| *theirs == signal)
            .filter_map(|(_, shared)| shared.upgrade())
            .collect();
        for shared in asked {
            // To print it is a courtesy, and standard error may be closed.
            let _ = writeln!(io::stderr(), "{}", super::collect::dump(&shared));
        }
    }
}
// ANCHOR_END: install

/// For a handler: the code that was interrupted finds `errno` unchanged.
pub(crate) fn keep_errno(work: impl FnOnce()) {
    let errno = errno_place();
    // SAFETY: the place is this thread's own, and always there.
    let before = unsafe { *errno };
    work();
    // SAFETY: as above.
    unsafe { *errno = before };
}

/// Where `errno` is.
fn errno_place() -> *mut libc::c_int {
    #[cfg(any(target_os = "linux", target_os = "emscripten"))]
    // SAFETY: it only says where.
    return unsafe { libc::__errno_location() };
    #[cfg(any(target_vendor = "apple", target_os = "freebsd"))]
    // SAFETY: it only says where.
    return unsafe { libc::__error() };
    #[cfg(any(
        target_os = "android",
        target_os = "netbsd",
        target_os = "openbsd"
    ))]
    // SAFETY: it only says where.
    return unsafe { libc::__errno() };
}
