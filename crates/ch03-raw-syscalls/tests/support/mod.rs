//! What several test programs need.

#![allow(dead_code, reason = "not every test program needs all of it")]

use ch03_raw_syscalls::Descriptor;
use std::io::{self, PipeReader, Read};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// One way to write.
pub type Write = fn(Descriptor<'_>, &[u8]) -> io::Result<usize>;

/// Every way that this system has, with its name.
pub fn ways() -> Vec<(&'static str, Write)> {
    vec![
        #[cfg(any(
            target_os = "macos",
            all(
                target_os = "linux",
                any(
                    target_arch = "x86_64",
                    target_arch = "aarch64",
                    target_arch = "riscv64"
                )
            )
        ))]
        ("raw", ch03_raw_syscalls::s1_raw::write),
        #[cfg(unix)]
        ("libc", ch03_raw_syscalls::s2_libc::write),
        #[cfg(windows)]
        ("kernel32", ch03_raw_syscalls::s2_windows::write),
        ("std", ch03_raw_syscalls::s3_std::write),
        ("chosen", ch03_raw_syscalls::write),
    ]
}

/// Bytes that do not repeat with the size of any buffer.
pub fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|index| (index % 251) as u8).collect()
}

/// Reads to the end on a thread of its own, a piece every now and then.
pub fn read_slowly(mut pipe: PipeReader) -> JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let (mut all, mut room) = (Vec::new(), [0; 10_000]);
        loop {
            thread::sleep(Duration::from_micros(200));
            match pipe.read(&mut room).expect("the reading end") {
                0 => return all,
                count => all.extend_from_slice(&room[..count]),
            }
        }
    })
}
