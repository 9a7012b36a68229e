//! What the kernel says of this process: its memory and its threads. Linux
//! only, for the programs of chapter 2 that measure what a thread costs.

use std::fs;
use std::io::{self, ErrorKind};

/// What a process takes of memory, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// Address space that is taken, whether or not there is memory behind it.
    pub reserved: u64,
    /// Memory that was touched, and is there.
    pub touched: u64,
}

impl Memory {
    /// What this process takes now.
    ///
    /// # Errors
    ///
    /// If `/proc` is not there, or does not say.
    pub fn now() -> io::Result<Self> {
        // The kernel keeps a rough account in `status`, and goes through the
        // pages to make an exact one for `smaps_rollup`.
        Ok(Self {
            reserved: field("/proc/self/status", "VmSize:")?,
            touched: field("/proc/self/smaps_rollup", "Rss:")?,
        })
    }

    /// How much more than `before`, for each of `count`.
    #[must_use]
    pub fn since(self, before: Self, count: usize) -> Self {
        let each = |now: u64, before: u64| {
            now.saturating_sub(before) / count.max(1) as u64
        };
        Self {
            reserved: each(self.reserved, before.reserved),
            touched: each(self.touched, before.touched),
        }
    }
}

/// Memory that the kernel has taken for stacks of its own, for the threads of
/// all processes together, in bytes.
///
/// # Errors
///
/// If `/proc` is not there, or does not say.
pub fn kernel_stacks() -> io::Result<u64> {
    field("/proc/meminfo", "KernelStack:")
}

/// How many threads this process has.
///
/// # Errors
///
/// If `/proc` is not there.
pub fn count() -> io::Result<usize> {
    Ok(fs::read_dir("/proc/self/task")?.count())
}

/// How many ranges of addresses this process has.
///
/// # Errors
///
/// If `/proc` is not there.
pub fn mappings() -> io::Result<usize> {
    Ok(fs::read_to_string("/proc/self/maps")?.lines().count())
}

/// A number from a file that holds one. `None` if there is no such file, or it
/// says "max".
#[must_use]
pub fn limit(file: &str) -> Option<u64> {
    fs::read_to_string(file).ok()?.trim().parse().ok()
}

/// A field of a file whose lines are `name:  number kB`, in bytes.
fn field(file: &str, name: &str) -> io::Result<u64> {
    let text = fs::read_to_string(file)?;
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let number = line.and_then(|line| line.split_whitespace().next());
    let number: Option<u64> = number.and_then(|number| number.parse().ok());
    let number = number.ok_or_else(|| {
        io::Error::new(ErrorKind::InvalidData, format!("{file}: no {name}"))
    })?;
    Ok(number * 1024)
}

/// Has the calling thread, and every thread and process that it starts from now
/// on, run on one core: the one on which it is now.
///
/// # Errors
///
/// If the kernel refuses.
///
/// # Panics
///
/// On a core whose number is beyond the 1,024 that a set can hold.
pub fn share_one_core() -> io::Result<()> {
    // SAFETY: takes nothing.
    let core = unsafe { libc::sched_getcpu() };
    let core = usize::try_from(core).map_err(|_| io::Error::last_os_error())?;
    // SAFETY: a set of cores is an array of bits, and all may be zero.
    let mut set: libc::cpu_set_t = unsafe { std::mem::zeroed() };
    // SAFETY: the set is ours; a number that it has no bit for would panic.
    unsafe { libc::CPU_SET(core, &mut set) };
    let size = size_of_val(&set);
    // SAFETY: 0 is the calling thread; the set is there, with that size.
    match unsafe { libc::sched_setaffinity(0, size, &raw const set) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Has all threads take their small memory from one place. Otherwise glibc
/// reserves up to 64 MiB for each of the first threads, eight a core, which
/// would be counted as if the threads themselves had asked for it.
pub fn one_arena() {
    #[cfg(target_env = "gnu")]
    {
        // SAFETY: takes two numbers, and no other thread allocates yet: the
        // programs that call this do so first of all.
        unsafe { libc::mallopt(libc::M_ARENA_MAX, 1) };
    }
}
