//! The two kinds of output that Windows has.
#![cfg(windows)]

use ch03_raw_syscalls::completion_port::{
    Completion, KEY, MESSAGE, completion_port_read,
};
use ch03_raw_syscalls::s2_windows::{stdout, write};
use ch03_raw_syscalls::write_all;
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::windows::fs::OpenOptionsExt;
use std::os::windows::io::{AsHandle, AsRawHandle, RawHandle};
use std::time::{Duration, Instant};
use testing::within_a_minute;

#[link(name = "kernel32")]
unsafe extern "system" {
    unsafe fn AllocConsole() -> i32;
    unsafe fn CreateConsoleScreenBuffer(
        access: u32,
        share: u32,
        security: *const u8,
        kind: u32,
        reserved: *const u8,
    ) -> RawHandle;
    unsafe fn ReadConsoleOutputCharacterW(
        console: RawHandle,
        units: *mut u16,
        length: u32,
        from: u32,
        read: *mut u32,
    ) -> i32;
}

/// A screen of our own, so that the tests do not write over each other; `None`
/// where there can be no console at all.
fn screen() -> Option<File> {
    use std::os::windows::io::{FromRawHandle, OwnedHandle};
    // SAFETY: fails if there is a console already, which is as well.
    unsafe { AllocConsole() };
    let (nothing, both, text) = (std::ptr::null(), 0xC000_0000, 1);
    // SAFETY: asks for a new screen that can be read and written.
    let screen =
        unsafe { CreateConsoleScreenBuffer(both, 3, nothing, text, nothing) };
    if screen.addr() == usize::MAX {
        let error = io::Error::last_os_error();
        eprintln!("not tested: no console to be had: {error}");
        return None;
    }
    // SAFETY: just opened for us, so only this owner closes it.
    Some(unsafe { OwnedHandle::from_raw_handle(screen) }.into())
}

/// The first units that are on the screen.
fn shown(screen: &File, count: usize) -> String {
    let (mut units, mut read) = (vec![0; count], 0);
    let (handle, length) = (screen.as_raw_handle(), count as u32);
    // SAFETY: writes at most `length` units, and there is room for them.
    let done = unsafe {
        ReadConsoleOutputCharacterW(
            handle,
            units.as_mut_ptr(),
            length,
            0,
            &mut read,
        )
    };
    assert_ne!(done, 0, "{}", io::Error::last_os_error());
    String::from_utf16_lossy(&units[..read as usize])
}

#[test]
fn a_console_shows_characters() {
    let Some(screen) = screen() else { return };
    write_all(&screen, "plain, accentué".as_bytes()).unwrap();
    assert_eq!(shown(&screen, 15), "plain, accentué");
}

#[test]
fn a_console_leaves_half_a_character_to_the_caller() {
    let Some(screen) = screen() else { return };
    let text = "né".as_bytes(); // three bytes, and we send two, then the rest
    assert_eq!(write(screen.as_handle(), &text[..2]).unwrap(), 1);
    assert_eq!(write(screen.as_handle(), &text[1..]).unwrap(), 2);
    assert_eq!(shown(&screen, 2), "né");
    let error = write(screen.as_handle(), &text[1..2]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidData);
}

/// Two units, one character, four bytes.
#[test]
fn a_pair_of_units_is_one_character() {
    let Some(screen) = screen() else { return };
    let crab = "🦀".as_bytes();
    assert_eq!(write(screen.as_handle(), crab).unwrap(), 4);
    // Half of it would be shown as something else, so none of it is.
    let error = write(screen.as_handle(), &crab[..2]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidData);
}

#[test]
fn a_long_text_goes_to_a_console_in_pieces() {
    let Some(screen) = screen() else { return };
    // More units than one piece has; "\r" keeps them all on the first line.
    let text = format!("{}\rthe end", "abcdefg\r".repeat(1_000));
    let first = write(screen.as_handle(), text.as_bytes()).unwrap();
    assert!(first > 0 && first < text.len(), "{first}");
    write_all(&screen, &text.as_bytes()[first..]).unwrap();
    assert_eq!(shown(&screen, 7), "the end");
}

#[test]
fn standard_output_is_there_or_not_found() {
    match stdout() {
        Ok(handle) => assert_eq!(write(handle, b"").unwrap(), 0),
        Err(error) => assert_eq!(error.kind(), ErrorKind::NotFound),
    }
}

/// The kernel would use our memory after the call had returned.
#[test]
fn a_handle_for_overlapped_use_is_refused() {
    within_a_minute(|| {
        const OVERLAPPED: u32 = 0x4000_0000;
        let name = format!("ch03-{}-overlapped", std::process::id());
        let path = std::env::temp_dir().join(name);
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .custom_flags(OVERLAPPED)
            .open(&path)
            .unwrap();
        let result = write(file.as_handle(), b"?");
        drop(file);
        std::fs::remove_file(&path).unwrap();
        assert_eq!(result.unwrap_err().kind(), ErrorKind::InvalidInput);
    });
}

#[test]
fn the_wrong_end_of_a_pipe_is_refused() {
    let (reader, _writer) = io::pipe().unwrap();
    let error = write(reader.as_handle(), b"?").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
}

/// The bytes are in the buffer when the port reports; there is no read after
/// it. The clock starts before the writer does, so the bound is strict.
#[test]
fn a_completion_names_its_source_and_brings_the_bytes() {
    within_a_minute(|| {
        for pause in [Duration::ZERO, Duration::from_millis(100)] {
            let start = Instant::now();
            let done = completion_port_read(pause).unwrap();
            assert!(start.elapsed() >= pause);
            let wanted = Completion {
                key: KEY,
                count: MESSAGE.len(),
                buffer: MESSAGE,
            };
            assert_eq!(done, wanted);
        }
    });
}
