//! Stage 2 of chapter 3 on Windows: `write`, asked of kernel32.
//!
//! Windows has no stable system call numbers at all: its interface *is* a set
//! of libraries. It also has two kinds of output where Unix has one. A file or
//! a pipe takes bytes, by `WriteFile`. A console takes characters, in UTF-16,
//! by `WriteConsoleW`. To find out which of the two a handle is, ask.

use crate::utf16;
use std::io;
use std::os::windows::io::{AsRawHandle, BorrowedHandle, RawHandle};
use std::ptr;

// ANCHOR: s2_windows_declare
mod ffi {
    use std::ffi::c_void;
    use std::os::windows::io::RawHandle as Handle;

    // "system" is the convention of the Windows libraries. It differs from
    // "C" on 32-bit x86 only, and there it matters.
    #[link(name = "kernel32")]
    unsafe extern "system" {
        pub unsafe fn GetStdHandle(which: u32) -> Handle;
        // The others return zero on failure, and GetLastError says why.
        pub unsafe fn GetConsoleMode(handle: Handle, mode: *mut u32) -> i32;
        pub unsafe fn WriteConsoleW(
            console: Handle,
            units: *const u16,
            count: u32,
            written: *mut u32,
            reserved: *mut c_void,
        ) -> i32;
        pub unsafe fn WriteFile(
            file: Handle,
            bytes: *const u8,
            count: u32,
            written: *mut u32,
            overlapped: *mut c_void,
        ) -> i32;
    }
}
// ANCHOR_END: s2_windows_declare

/// What only ntdll can tell us: see `waits_for_completion`.
mod ntdll {
    use std::os::windows::io::RawHandle as Handle;

    #[link(name = "ntdll")]
    unsafe extern "system" {
        pub unsafe fn NtQueryInformationFile(
            file: Handle,
            status: *mut [usize; 2],
            information: *mut u32,
            size: u32,
            class: u32,
        ) -> i32;
        pub unsafe fn RtlNtStatusToDosError(status: i32) -> u32;
    }
}

/// `STD_OUTPUT_HANDLE`: minus eleven, as a number without a sign.
const STD_OUTPUT: u32 = -11_i32 as u32;

/// The handle of standard output.
///
/// # Errors
///
/// `NotFound` for a program that has none (a service, or a program with
/// windows only), or what Windows reports.
// ANCHOR: s2_windows_stdout
pub fn stdout() -> io::Result<BorrowedHandle<'static>> {
    // SAFETY: takes a number and returns a handle; there is nothing to uphold.
    let handle = unsafe { ffi::GetStdHandle(STD_OUTPUT) };
    if handle.is_null() {
        return Err(io::ErrorKind::NotFound.into());
    }
    // INVALID_HANDLE_VALUE: minus one, as an address.
    if handle.addr() == usize::MAX {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: a handle that exists. It stays open until the process ends, unless
    // something closes what belongs to all, which takes unsafe code.
    Ok(unsafe { BorrowedHandle::borrow_raw(handle) })
}
// ANCHOR_END: s2_windows_stdout

/// Writes `bytes` to `handle` by one call; returns how many it took.
///
/// # Errors
///
/// Whatever Windows reports, with nothing retried; `InvalidData` if the handle
/// is a console and `bytes` does not start with a character of UTF-8.
// ANCHOR: s2_windows_write
pub fn write(handle: BorrowedHandle<'_>, bytes: &[u8]) -> io::Result<usize> {
    let raw = handle.as_raw_handle();
    if is_console(raw) {
        write_console(raw, bytes)
    } else {
        write_file(raw, bytes)
    }
}

/// Only a console has a console mode.
fn is_console(handle: RawHandle) -> bool {
    let mut mode = 0;
    // SAFETY: Windows checks the handle; `mode` outlives the call.
    unsafe { ffi::GetConsoleMode(handle, &mut mode) != 0 }
}
// ANCHOR_END: s2_windows_write

// ANCHOR: s2_windows_file
fn write_file(file: RawHandle, bytes: &[u8]) -> io::Result<usize> {
    if !waits_for_completion(file)? {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let (start, most) = (bytes.as_ptr(), u32::MAX as usize);
    let count = bytes.len().min(most) as u32;
    let mut written = 0;
    let overlapped = ptr::null_mut();
    // SAFETY: reads `count` bytes of the slice, which is at least as long, and
    // writes `written`. Both outlive the call, which returns only when it is
    // done, as this is a file whose calls wait.
    let done =
        unsafe { ffi::WriteFile(file, start, count, &mut written, overlapped) };
    if done == 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(written as usize)
}
// ANCHOR_END: s2_windows_file

/// Whether calls on this file return only when they are done.
///
/// A file may instead be opened for overlapped use. `WriteFile` on it may come
/// back while the kernel still reads the bytes and is yet to write the number,
/// which lives on our stack. A safe function must not let that happen, and
/// only ntdll can tell us.
fn waits_for_completion(file: RawHandle) -> io::Result<bool> {
    /// `FileModeInformation`: how the file was opened.
    const MODE: u32 = 16;
    /// `FILE_SYNCHRONOUS_IO_ALERT` and `FILE_SYNCHRONOUS_IO_NONALERT`.
    const SYNCHRONOUS: u32 = 0x10 | 0x20;

    let (mut status_block, mut mode) = ([0_usize; 2], 0_u32);
    let size = size_of_val(&mode) as u32;
    // SAFETY: writes a status block (two words) and a mode (one number), and
    // both are there and outlive the call, which does not go to a device.
    let status = unsafe {
        ntdll::NtQueryInformationFile(
            file,
            &mut status_block,
            &mut mode,
            size,
            MODE,
        )
    };
    if status < 0 {
        // SAFETY: turns one number into another; nothing to uphold.
        let code = unsafe { ntdll::RtlNtStatusToDosError(status) };
        return Err(io::Error::from_raw_os_error(code.cast_signed()));
    }
    Ok(mode & SYNCHRONOUS != 0)
}

// ANCHOR: s2_windows_console
fn write_console(console: RawHandle, bytes: &[u8]) -> io::Result<usize> {
    let mut room = [0; 4096]; // on the stack, and within the console's limit
    let piece = utf16::encode(bytes, &mut room)?;
    let units = &room[..piece.units];
    let mut shown = write_units(console, units)?;
    // The console may stop anywhere, even between the halves of a pair. Half
    // a character has no number of bytes, so its other half follows now. If
    // that fails, the character counts as shown all the same, as its first half
    // cannot be taken back. If the fault lasts, the next call reports it; if
    // not, this one character is spoilt, and nothing says so.
    if shown < units.len()
        && shown > 0
        && utf16::is_first_half(units[shown - 1])
    {
        let _ = write_units(console, &units[shown..=shown]);
        shown += 1;
    }
    Ok(utf16::bytes_of(&units[..shown]))
}

fn write_units(console: RawHandle, units: &[u16]) -> io::Result<usize> {
    let (start, count) = (units.as_ptr(), units.len() as u32); // at most 4096
    let mut written = 0;
    // SAFETY: reads `count` units of the slice and writes `written`; both
    // outlive the call.
    let done = unsafe {
        let reserved = ptr::null_mut();
        ffi::WriteConsoleW(console, start, count, &mut written, reserved)
    };
    if done == 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(written as usize)
}
// ANCHOR_END: s2_windows_console
