//! Ctrl-C as a future.
//!
//! A signal handler may do next to nothing: it writes a byte into a socket
//! pair, which is an event like any other. It leaves out other signals, and
//! Windows, where a program is told by a thread of the system's.

use std::io;

/// Waits for the next Ctrl-C (`SIGINT`).
///
/// From the first call on, Ctrl-C no longer ends the program, also when
/// nothing waits for it. Every call that waits when it comes is woken.
///
/// # Errors
///
/// Without a runtime, without descriptors for the pair, and on Windows, where
/// it is `Unsupported`.
///
/// # Cancel safety
///
/// Dropped while it waits, it takes nothing away from the others.
pub async fn ctrl_c() -> io::Result<()> {
    #[cfg(unix)]
    return unix::interrupt().await;
    #[cfg(not(unix))]
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(unix)]
mod unix {
    use crate::dump::on_signal::keep_errno;
    use crate::net::UnixStream;
    use crate::socket::Attempt;
    use ch04_event_queue::errno::check;
    use std::io::{self, ErrorKind, Read as _};
    use std::mem;
    use std::os::fd::IntoRawFd as _;
    use std::os::unix::net;
    use std::ptr;
    use std::sync::atomic::{AtomicI32, AtomicU64, Ordering};
    use std::sync::{Mutex, PoisonError};

    // ANCHOR: handler
    /// How many signals there were.
    static SIGNALS: AtomicU64 = AtomicU64::new(0);

    /// The end of the pair that the handler writes to. It is never closed, as
    /// nobody could know that the handler isn't using it.
    static WRITE: AtomicI32 = AtomicI32::new(-1);

    /// The other end, of which each one that waits has a duplicate.
    static READ: Mutex<Option<net::UnixStream>> = Mutex::new(None);

    /// Does what a handler may do: two atomics and a `write`.
    extern "C" fn handler(_signal: libc::c_int) {
        // Release: pairs with `seen`. First the number, then the event.
        SIGNALS.fetch_add(1, Ordering::Release);
        keep_errno(|| {
            let (fd, byte) = (WRITE.load(Ordering::Relaxed), [0_u8]);
            // SAFETY: the kernel reads one byte, which is there. A pair that
            // is full has an event on its way already.
            unsafe { libc::write(fd, byte.as_ptr().cast(), byte.len()) };
        });
    }
    // ANCHOR_END: handler

    fn seen() -> u64 {
        // Acquire: pairs with `handler`.
        SIGNALS.load(Ordering::Acquire)
    }

    // ANCHOR: interrupt
    /// Waits for the next one.
    pub(super) async fn interrupt() -> io::Result<()> {
        let stream = UnixStream::from_std(subscribe()?)?;
        let before = seen();
        stream
            .wait_for(|mut stream| {
                if seen() == before {
                    drain(&mut stream)?;
                }
                // What was drained has been counted before.
                match seen() == before {
                    true => Err(ErrorKind::WouldBlock.into()),
                    false => Ok(Attempt::of(())),
                }
            })
            .await
    }

    /// Makes room for further bytes, each of which is an event.
    fn drain(stream: &mut &net::UnixStream) -> io::Result<()> {
        loop {
            match stream.read(&mut [0; 64]) {
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    return Ok(());
                }
                Err(error) => return Err(error),
            }
        }
    }
    // ANCHOR_END: interrupt

    /// A duplicate of the end that becomes readable; the first call installs
    /// the handler.
    fn subscribe() -> io::Result<net::UnixStream> {
        let mut read = READ.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(read) = &*read {
            return read.try_clone();
        }
        let (ours, handlers) = net::UnixStream::pair()?;
        ours.set_nonblocking(true)?;
        handlers.set_nonblocking(true)?;
        let subscribed = ours.try_clone()?;
        WRITE.store(handlers.into_raw_fd(), Ordering::Relaxed);
        install()?;
        *read = Some(ours);
        Ok(subscribed)
    }

    fn install() -> io::Result<()> {
        // SAFETY: numbers and a mask; all zeroes is a valid one.
        let mut action: libc::sigaction = unsafe { mem::zeroed() };
        let handler: extern "C" fn(libc::c_int) = handler;
        action.sa_sigaction = handler as usize;
        action.sa_flags = libc::SA_RESTART;
        let (new, old) = (&raw const action, ptr::null_mut());
        // SAFETY: the handler does only what a handler may do, and `action`
        // lives as long as the call.
        check(unsafe { libc::sigaction(libc::SIGINT, new, old) })?;
        Ok(())
    }
}
