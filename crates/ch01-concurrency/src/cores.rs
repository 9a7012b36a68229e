//! Which cores a thread may run on (Linux), for the programs of chapter 1 that
//! want to know what two threads do on one core.
//!
//! Left out: any other system. Elsewhere the calls differ or are missing.

use std::io;
use std::mem;

/// The numbers of the cores that this thread may use.
///
/// # Errors
///
/// If the kernel doesn't say, or names none.
pub fn allowed() -> io::Result<Vec<usize>> {
    // SAFETY: all zero is a set of no cores.
    let mut set: libc::cpu_set_t = unsafe { mem::zeroed() };
    let size = size_of_val(&set);
    // SAFETY: the set is ours, and this is its size; 0 is this thread.
    if unsafe { libc::sched_getaffinity(0, size, &mut set) } == -1 {
        return Err(io::Error::last_os_error());
    }
    let all = 0..libc::CPU_SETSIZE as usize;
    let cores: Vec<usize> = all
        // SAFETY: the number is below the size of the set.
        .filter(|core| unsafe { libc::CPU_ISSET(*core, &set) })
        .collect();
    match cores.is_empty() {
        true => Err(io::Error::other("no core is allowed")),
        false => Ok(cores),
    }
}

/// Ties this thread to one core, and the threads that it will start.
///
/// # Errors
///
/// If the thread may not run there.
///
/// # Panics
///
/// If the number is beyond what a set of cores can hold.
pub fn stay_on(core: usize) -> io::Result<()> {
    assert!(core < libc::CPU_SETSIZE as usize, "there is no core {core}");
    // SAFETY: all zero is a set of no cores.
    let mut set: libc::cpu_set_t = unsafe { mem::zeroed() };
    // SAFETY: the number is below the size of the set, by the line above.
    unsafe { libc::CPU_SET(core, &mut set) };
    let size = size_of_val(&set);
    // SAFETY: the set is ours, and this is its size; 0 is this thread.
    match unsafe { libc::sched_setaffinity(0, size, &set) } {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}
