//! Stacks from `mmap`, guards by `madvise` or `mprotect`.

use super::GuardKind;
use std::io;
use std::ptr;
use std::sync::atomic::{AtomicU8, Ordering};

/// How long a guard is, at least.
pub const LEAST_GUARD_PAGES: usize = 1;

/// The size of a page, in bytes.
pub fn page_size() -> usize {
    // SAFETY: takes a number, and always knows the answer to this one.
    let size = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    size as usize
}

/// Reserves addresses; memory comes when they are touched.
pub fn reserve(length: usize) -> io::Result<*mut u8> {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    let lazily = libc::MAP_NORESERVE | libc::MAP_STACK;
    #[cfg(target_vendor = "apple")]
    let lazily = libc::MAP_NORESERVE;
    #[cfg(not(any(
        target_os = "linux",
        target_os = "android",
        target_vendor = "apple"
    )))]
    let lazily = 0;
    // SAFETY: a new mapping, somewhere; it changes nothing that exists.
    let base = unsafe {
        libc::mmap(
            ptr::null_mut(),
            length,
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | lazily,
            -1,
            0,
        )
    };
    if base == libc::MAP_FAILED {
        return Err(io::Error::last_os_error());
    }
    // A huge page would be 512 times what a small fiber touches. That this may
    // not be known to the kernel does no harm.
    #[cfg(target_os = "linux")]
    // SAFETY: advice about the mapping that we have just made.
    unsafe {
        libc::madvise(base, length, libc::MADV_NOHUGEPAGE);
    }
    Ok(base.cast())
}

/// Makes one slot ready for use: the guard, of `guard` bytes at `low`; the
/// stack above it is there already.
///
/// # Safety
///
/// The memory must be from [`reserve`], and not in use.
pub unsafe fn open(low: *mut u8, guard: usize, _: usize) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    if guard_kind() == GuardKind::Advised {
        // SAFETY: within our mapping, and not in use: our caller.
        let result = unsafe { advise(low, guard) };
        if result == 0 {
            return Ok(());
        }
        // Memory that is locked takes no such marks (`mlockall`). Then a guard
        // of the other kind has to do.
    }
    // SAFETY: within our mapping, and not in use: our caller.
    let result = unsafe { libc::mprotect(low.cast(), guard, libc::PROT_NONE) };
    if result != 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

/// Ends a mapping.
///
/// # Safety
///
/// It must be a whole one from [`reserve`], and not in use.
pub unsafe fn release(base: *mut u8, length: usize) {
    // SAFETY: a whole mapping that is not in use: our caller's promise.
    // It can only fail for wrong arguments.
    unsafe { libc::munmap(base.cast(), length) };
}

/// `MADV_GUARD_INSTALL`, which the libc crate does not have everywhere.
#[cfg(target_os = "linux")]
unsafe fn advise(low: *mut u8, length: usize) -> libc::c_int {
    const GUARD_INSTALL: libc::c_int = 102;
    // SAFETY: our caller's memory, which is not in use.
    unsafe { libc::madvise(low.cast(), length, GUARD_INSTALL) }
}

/// Finds out, once, which kind this system has.
pub fn guard_kind() -> GuardKind {
    static KNOWN: AtomicU8 = AtomicU8::new(0);
    // Relaxed, here and below: a thread that finds nothing here finds out for
    // itself, with the same result.
    match KNOWN.load(Ordering::Relaxed) {
        1 => GuardKind::Advised,
        2 => GuardKind::Protected,
        _ => {
            let kind = try_kind();
            let known = if kind == GuardKind::Advised { 1 } else { 2 };
            KNOWN.store(known, Ordering::Relaxed);
            kind
        }
    }
}

/// An emulator may answer "done" to advice that it does not know. So look.
#[cfg(target_os = "linux")]
fn try_kind() -> GuardKind {
    if cfg!(fibers_valgrind) {
        // It does not know marks in the page table, and would read there.
        return GuardKind::Protected;
    }
    let length = page_size();
    let Ok(page) = reserve(length) else {
        return GuardKind::Protected;
    };
    // SAFETY: a page of our own.
    let answer = unsafe { advise(page, length) };
    let works = answer == 0 && !is_readable(page);
    // SAFETY: mapped above, and not in use.
    unsafe { release(page, length) };
    if works {
        GuardKind::Advised
    } else {
        GuardKind::Protected
    }
}

#[cfg(not(target_os = "linux"))]
fn try_kind() -> GuardKind {
    GuardKind::Protected
}

/// Can the kernel read a text at `page`? It answers `EFAULT` if not, where we
/// would be struck by a signal.
#[cfg(target_os = "linux")]
fn is_readable(page: *const u8) -> bool {
    // SAFETY: the kernel reads there, and says so if it cannot. If it can,
    // there are zeroes: the empty path, which no file has.
    unsafe { libc::access(page.cast(), libc::F_OK) };
    io::Error::last_os_error().raw_os_error() != Some(libc::EFAULT)
}

/// Tells Valgrind that this memory is a stack, so that it takes a switch for
/// what it is, and not for one very large frame. Outside Valgrind the
/// instructions do nothing: they are how one speaks to it.
#[cfg(all(fibers_valgrind, target_arch = "x86_64"))]
pub fn tell_valgrind(bottom: *mut u8, top: *mut u8) {
    /// `VALGRIND_STACK_REGISTER` of valgrind.h.
    const STACK_REGISTER: usize = 0x1501;
    let request = [STACK_REGISTER, bottom.addr(), top.addr(), 0, 0, 0];
    // SAFETY: four rotations by 128 in all, and a register exchanged with
    // itself. Valgrind reads the array while it is here.
    unsafe {
        std::arch::asm!(
            "rol rdi, 3",
            "rol rdi, 13",
            "rol rdi, 61",
            "rol rdi, 51",
            "xchg rbx, rbx",
            in("rax") request.as_ptr(),
            inout("rdx") 0_usize => _,
            options(nostack),
        );
    }
}
