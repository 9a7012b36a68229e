//! Stacks from `VirtualAlloc`, guards by `PAGE_GUARD`.
//!
//! Windows reports an exception on the stack of the thread that it happens to.
//! So below the page that is the guard there has to be more stack, for the
//! handler, and below that a page that ends it for good.

use super::GuardKind;
use std::io;
use windows_sys::Win32::System::Memory::{
    MEM_COMMIT, MEM_RELEASE, MEM_RESERVE, PAGE_GUARD, PAGE_NOACCESS,
    PAGE_READWRITE, VirtualAlloc, VirtualFree,
};
use windows_sys::Win32::System::SystemInformation::{
    GetSystemInfo, SYSTEM_INFO,
};

/// How long a guard is, at least: one page that cannot be touched, eleven for
/// the handler, and the one that reports. A longer one has more of the first.
pub const LEAST_GUARD_PAGES: usize = 13;
/// Those that are there, although they belong to the guard.
const COMMITTED_PAGES: usize = LEAST_GUARD_PAGES - 1;

/// The size of a page, in bytes.
pub fn page_size() -> usize {
    let mut info = SYSTEM_INFO::default();
    // SAFETY: fills in what it is given.
    unsafe { GetSystemInfo(&mut info) };
    info.dwPageSize as usize
}

/// Reserves addresses, without memory.
pub fn reserve(length: usize) -> io::Result<*mut u8> {
    // SAFETY: new addresses, somewhere; it changes nothing that exists.
    let base = unsafe {
        VirtualAlloc(std::ptr::null(), length, MEM_RESERVE, PAGE_NOACCESS)
    };
    if base.is_null() {
        return Err(io::Error::last_os_error());
    }
    Ok(base.cast())
}

/// Makes one slot ready for use.
///
/// # Safety
///
/// The memory must be from [`reserve`], and not in use.
pub unsafe fn open(low: *mut u8, guard: usize, size: usize) -> io::Result<()> {
    let page = page_size();
    let length = COMMITTED_PAGES * page;
    let room = low.wrapping_add(guard - length);
    let touched = low.wrapping_add(guard - page);
    // SAFETY: within our reservation, and not in use: our caller.
    unsafe { commit(room, length + size, PAGE_READWRITE) }?;
    // SAFETY: one page of the same reservation, which is not in use either.
    unsafe { commit(touched, page, PAGE_READWRITE | PAGE_GUARD) }
}

/// # Safety
///
/// As for [`open`].
unsafe fn commit(at: *mut u8, length: usize, how: u32) -> io::Result<()> {
    // SAFETY: within a reservation and not in use, which our caller promises.
    let done = unsafe { VirtualAlloc(at.cast(), length, MEM_COMMIT, how) };
    if done.is_null() {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

/// Gives addresses and memory back.
///
/// # Safety
///
/// It must be a whole piece from [`reserve`], and not in use.
pub unsafe fn release(base: *mut u8, _length: usize) {
    // SAFETY: a whole reservation that is not in use: our caller.
    unsafe { VirtualFree(base.cast(), 0, MEM_RELEASE) };
}

/// The one kind that there is.
pub fn guard_kind() -> GuardKind {
    GuardKind::Page
}
