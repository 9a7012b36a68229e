//! How much processor time this thread has had. Unix only.

use std::io;
use std::time::Duration;

/// The processor time of the calling thread, in user mode and in the kernel,
/// since it began.
///
/// # Errors
///
/// Where the system has no such clock.
pub fn thread_time() -> io::Result<Duration> {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: `time` is a `timespec` of ours, which the call may write to, and
    // it keeps no pointer.
    let result = unsafe {
        libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time)
    };
    if result != 0 {
        return Err(io::Error::last_os_error());
    }
    // Neither is negative: a thread's time begins at zero.
    let (seconds, nanos) = (time.tv_sec as u64, time.tv_nsec as u64);
    Ok(Duration::from_secs(seconds) + Duration::from_nanos(nanos))
}
