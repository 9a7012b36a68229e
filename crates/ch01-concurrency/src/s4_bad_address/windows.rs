//! Stage 4 of chapter 1 on Windows: a structured exception.
//!
//! The kernel runs the handlers of the thread in a chain. One that is
//! *vectored* comes before all of them. Ours writes its report and lets the
//! search continue. No other handler takes the exception, so the process ends
//! with the exception's code as its exit code.
//!
//! For an address that is not canonical there is, as on Unix, no address to
//! name: Windows says "a read at the last byte of all".

use super::told::Told;
use std::io;
use std::process::ExitStatus;
use std::ptr;
use std::sync::atomic::{AtomicU64, Ordering};
use windows_sys::Win32::Foundation::EXCEPTION_ACCESS_VIOLATION;
use windows_sys::Win32::Storage::FileSystem::WriteFile;
use windows_sys::Win32::System::Console::{GetStdHandle, STD_ERROR_HANDLE};
use windows_sys::Win32::System::Diagnostics::Debug::{
    AddVectoredExceptionHandler, EXCEPTION_POINTERS, SEM_FAILCRITICALERRORS,
    SEM_NOGPFAULTERRORBOX, SetErrorMode, SetUnhandledExceptionFilter,
};
use windows_sys::Win32::System::Memory::{
    MEM_COMMIT, MEM_RESERVE, PAGE_NOACCESS, VirtualAlloc,
};

/// What a handler answers if the others are to be asked, too.
const CONTINUE_SEARCH: i32 = 0;

/// What the last handler answers if the process is to end.
const EXECUTE_HANDLER: i32 = 1;

/// The address that is about to be used. Relaxed everywhere: it is written and
/// read by the same thread, in this order.
static ASKED: AtomicU64 = AtomicU64::new(0);

/// A page of our own that may not be read, written or run.
pub fn forbidden_page() -> io::Result<usize> {
    let kind = MEM_RESERVE | MEM_COMMIT;
    // SAFETY: the kernel chooses a place that was free.
    let page = unsafe { VirtualAlloc(ptr::null(), 4096, kind, PAGE_NOACCESS) };
    if page.is_null() {
        return Err(io::Error::last_os_error());
    }
    Ok(page.addr())
}

/// Has no window opened when this process dies.
pub fn leave_no_core() -> io::Result<()> {
    let mode = SEM_NOGPFAULTERRORBOX | SEM_FAILCRITICALERRORS;
    // SAFETY: sets a mode of the process; there is nothing to uphold.
    unsafe { SetErrorMode(mode) };
    // SAFETY: `end` has the form that is asked for.
    unsafe { SetUnhandledExceptionFilter(Some(end)) };
    Ok(())
}

/// The last of all handlers: ends the process, with the exception's code. The
/// one that was there before would first report to Microsoft, or look for a
/// debugger.
unsafe extern "system" fn end(_: *const EXCEPTION_POINTERS) -> i32 {
    EXECUTE_HANDLER
}

/// Has the kernel call [`tell`] before any other handler.
pub fn report_what_happens(address: usize) -> io::Result<()> {
    ASKED.store(address as u64, Ordering::Relaxed);
    // SAFETY: `tell` has the form that is asked for.
    let handle = unsafe { AddVectoredExceptionHandler(1, Some(tell)) };
    if handle.is_null() {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

unsafe extern "system" fn tell(pointers: *mut EXCEPTION_POINTERS) -> i32 {
    // SAFETY: the kernel hands over a valid record.
    let record = unsafe { &*(*pointers).ExceptionRecord };
    if record.ExceptionCode == EXCEPTION_ACCESS_VIOLATION {
        let [why, address, ..] = record.ExceptionInformation;
        let told = Told {
            what: u64::from(record.ExceptionCode.cast_unsigned()),
            why: why as u64,
            address: address as u64,
            trap: 0,
            error: 0,
        };
        let asked = ASKED.load(Ordering::Relaxed);
        let report = told.report(asked);
        // SAFETY: asks for a handle; there is nothing to uphold.
        let pipe = unsafe { GetStdHandle(STD_ERROR_HANDLE) };
        let (bytes, mut written) = (report.as_ptr().cast(), 0);
        // SAFETY: 56 bytes are there. A failure is noticed by the parent.
        unsafe { WriteFile(pipe, bytes, 56, &mut written, ptr::null_mut()) };
    }
    CONTINUE_SEARCH
}

/// The exception and its two parameters.
pub fn kernel_says(told: Told) -> String {
    let access = match told.why {
        0 => "read",
        1 => "write",
        8 => "run",
        _ => "access",
    };
    format!("exception {:#x}, cannot {access} there", told.what)
}

pub fn ended(status: ExitStatus) -> String {
    match status.code() {
        Some(code) => format!("with code {:#x}", code.cast_unsigned()),
        None => "in an unknown way".into(),
    }
}
