//! What the kernels of the Unix family answer, asked for in every way.
#![cfg(unix)]

mod support;

use ch03_raw_syscalls::{write, write_all};
use std::fs::OpenOptions;
use std::io::{self, ErrorKind, PipeReader, PipeWriter, Read};
use std::os::fd::{AsFd, AsRawFd};
use support::{pattern, ways};
use testing::within_a_minute;

/// A pipe whose writing end never waits, with as little room as there can be:
/// a page on Linux.
fn impatient_pipe() -> (PipeReader, PipeWriter) {
    let (reader, writer) = io::pipe().unwrap();
    let number = writer.as_raw_fd();
    // SAFETY: sets a flag of a descriptor that `writer` keeps open.
    let done = unsafe { libc::fcntl(number, libc::F_SETFL, libc::O_NONBLOCK) };
    assert_eq!(done, 0);
    #[cfg(target_os = "linux")]
    {
        // SAFETY: sets a size; touches no memory of ours.
        let size = unsafe { libc::fcntl(number, libc::F_SETPIPE_SZ, 4096) };
        assert!(size >= 4096);
    }
    (reader, writer)
}

#[test]
fn a_pipe_takes_what_it_has_room_for_and_says_so() {
    within_a_minute(|| {
        let bytes = pattern(1 << 20);
        for (way, write) in ways() {
            let (mut reader, writer) = impatient_pipe();
            let first = write(writer.as_fd(), &bytes).unwrap();
            assert!(first > 0 && first < bytes.len(), "{way}: {first}");
            // Now it is full, and an attempt is an error and no short write.
            let error = write(writer.as_fd(), &bytes).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::WouldBlock, "{way}");
            drop(writer);
            let mut arrived = Vec::new();
            reader.read_to_end(&mut arrived).unwrap();
            assert!(arrived == bytes[..first], "{way}");
        }
    });
}

/// The promise of [`Stopped::written`](ch03_raw_syscalls::Stopped): a
/// caller that continues from there loses nothing and sends nothing twice.
#[test]
fn a_full_pipe_stops_write_all_and_it_goes_on_from_there() {
    within_a_minute(|| {
        let bytes = pattern(1 << 20);
        let (mut reader, writer) = impatient_pipe();
        let (mut arrived, mut room) = (Vec::new(), vec![0; 1 << 16]);
        let (mut rest, mut stops) = (&bytes[..], 0);
        while let Err(stopped) = write_all(&writer, rest) {
            assert_eq!(stopped.error.kind(), ErrorKind::WouldBlock);
            assert!(stopped.written > 0, "there was room");
            stops += 1;
            rest = &rest[stopped.written..];
            // Makes room, at least for what went in.
            let mut emptied = 0;
            while emptied < stopped.written {
                let count = reader.read(&mut room).unwrap();
                arrived.extend_from_slice(&room[..count]);
                emptied += count;
            }
        }
        drop(writer);
        reader.read_to_end(&mut arrived).unwrap();
        assert!(arrived == bytes);
        assert!(stops > 0);
    });
}

/// A descriptor that is open, but not for writing. (One that is not open at
/// all cannot be had as a `BorrowedFd`: that is what the type is for.)
#[test]
fn the_wrong_end_of_a_pipe_is_a_bad_descriptor() {
    let (reader, _writer) = io::pipe().unwrap();
    for (way, write) in ways() {
        let error = write(reader.as_fd(), b"?").unwrap_err();
        assert_eq!(error.raw_os_error(), Some(libc::EBADF), "{way}");
    }
}

/// A device that is always full: every write fails, after no byte.
#[cfg(target_os = "linux")]
#[test]
fn a_full_device_has_no_space() {
    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    for (way, write) in ways() {
        let error = write(full.as_fd(), b"?").unwrap_err();
        assert_eq!(error.raw_os_error(), Some(libc::ENOSPC), "{way}");
    }
    let stopped = write_all(&full, b"hello").unwrap_err();
    assert_eq!(stopped.written, 0);
    assert_eq!(stopped.error.kind(), ErrorKind::StorageFull);
}

#[test]
fn dev_null_takes_everything() {
    let null = OpenOptions::new().write(true).open("/dev/null").unwrap();
    let bytes = pattern(10_000_000);
    write_all(&null, &bytes).unwrap();
    for (way, write) in ways() {
        assert_eq!(write(null.as_fd(), b"").unwrap(), 0, "{way}");
        assert_eq!(write(null.as_fd(), b"?").unwrap(), 1, "{way}");
    }
}

/// Both ends of the range of descriptors work: the number is passed on whole.
#[test]
fn a_large_descriptor_number_works() {
    let (mut reader, writer) = io::pipe().unwrap();
    let number = writer.as_raw_fd();
    // SAFETY: duplicates a descriptor that `writer` keeps open; the duplicate
    // is closed with the process.
    let high = unsafe { libc::fcntl(number, libc::F_DUPFD_CLOEXEC, 200) };
    assert!(high >= 200);
    // SAFETY: just opened, and nothing closes it.
    let high = unsafe { std::os::fd::BorrowedFd::borrow_raw(high) };
    assert_eq!(write(high, b"high").unwrap(), 4);
    let mut room = [0; 4];
    reader.read_exact(&mut room).unwrap();
    assert_eq!(&room, b"high");
}
