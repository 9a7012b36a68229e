//! By the exception that a guard page raises, in a handler that is asked before
//! all others.

use super::Message;
use std::sync::OnceLock;
use windows_sys::Win32::Foundation::{
    EXCEPTION_ACCESS_VIOLATION, STATUS_GUARD_PAGE_VIOLATION,
    STATUS_STACK_OVERFLOW,
};
use windows_sys::Win32::Storage::FileSystem::WriteFile;
use windows_sys::Win32::System::Console::{GetStdHandle, STD_ERROR_HANDLE};
use windows_sys::Win32::System::Diagnostics::Debug::{
    AddVectoredExceptionHandler, EXCEPTION_CONTINUE_SEARCH, EXCEPTION_POINTERS,
};
use windows_sys::Win32::System::Threading::{
    GetCurrentProcess, TerminateProcess,
};

/// Once a process.
pub(crate) fn install() {
    static ONCE: OnceLock<()> = OnceLock::new();
    ONCE.get_or_init(|| {
        // SAFETY: the handler may be called at any time, and does only what is
        // possible then.
        unsafe { AddVectoredExceptionHandler(1, Some(handle)) };
    });
}

/// Runs on the stack that has overflowed: on the pages below its guard.
unsafe extern "system" fn handle(exception: *mut EXCEPTION_POINTERS) -> i32 {
    // SAFETY: the system has filled it in.
    let record = unsafe { *(*exception).ExceptionRecord };
    let ours = [
        EXCEPTION_ACCESS_VIOLATION,
        STATUS_GUARD_PAGE_VIOLATION,
        STATUS_STACK_OVERFLOW,
    ];
    if ours.contains(&record.ExceptionCode)
        && let Some(message) = Message::about(record.ExceptionInformation[1])
    {
        let bytes = message.bytes();
        let mut written = 0;
        // SAFETY: takes a number.
        let output = unsafe { GetStdHandle(STD_ERROR_HANDLE) };
        // SAFETY: reads the bytes, writes the count.
        unsafe {
            WriteFile(
                output,
                bytes.as_ptr(),
                bytes.len() as u32,
                &mut written,
                std::ptr::null_mut(),
            )
        };
        // SAFETY: takes no arguments.
        let process = unsafe { GetCurrentProcess() };
        // SAFETY: ends the process, as `abort` would.
        unsafe { TerminateProcess(process, 0xC000_00FD) };
    }
    EXCEPTION_CONTINUE_SEARCH
}
