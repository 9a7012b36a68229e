//! How many system calls printing takes, counted without a tracing tool: in a
//! pipe in packet mode each `write` of up to 4096 bytes is a packet, and each
//! `read` takes one packet. Linux only.
#![cfg(target_os = "linux")]

use ch03_raw_syscalls::s3_std::{print_lines, print_lines_buffered};
use std::fs::File;
use std::io::{self, LineWriter, PipeReader, Read, Write};
use std::os::fd::{FromRawFd, OwnedFd};
use std::process::Stdio;
use std::thread;
use testing::within_a_minute;

const LINES: [&str; 50] = ["a line of the packet test"; 50];

fn packet_pipe() -> io::Result<(PipeReader, OwnedFd)> {
    let mut ends = [0; 2];
    let flags = libc::O_DIRECT | libc::O_CLOEXEC;
    // SAFETY: the kernel writes two numbers, and there is room for two.
    if unsafe { libc::pipe2(ends.as_mut_ptr(), flags) } == -1 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the kernel just opened it for us.
    let reader = unsafe { OwnedFd::from_raw_fd(ends[0]) };
    // SAFETY: the kernel just opened it for us.
    let writer = unsafe { OwnedFd::from_raw_fd(ends[1]) };
    Ok((reader.into(), writer))
}

/// The packets that arrive while `script` writes.
fn packets(script: impl FnOnce(OwnedFd)) -> Vec<Vec<u8>> {
    let (mut reader, writer) = packet_pipe().unwrap();
    let reading = thread::spawn(move || {
        let (mut packets, mut room) = (Vec::new(), [0; 4096]);
        loop {
            match reader.read(&mut room).unwrap() {
                0 => return packets,
                count => packets.push(room[..count].to_vec()),
            }
        }
    });
    script(writer);
    reading.join().unwrap()
}

#[test]
fn a_line_writer_makes_a_call_a_line() {
    within_a_minute(|| {
        let packets = packets(|pipe| {
            let mut out = LineWriter::new(File::from(pipe));
            for line in LINES {
                writeln!(out, "{line}").unwrap();
            }
        });
        assert_eq!(packets.len(), LINES.len());
    });
}

#[test]
fn a_buffer_makes_one_call_of_them_all() {
    within_a_minute(|| {
        let packets = packets(|pipe| {
            print_lines_buffered(File::from(pipe), &LINES).unwrap();
        });
        assert_eq!(packets.len(), 1);
        let wanted = LINES.map(|line| format!("{line}\n")).concat();
        assert_eq!(packets[0], wanted.as_bytes());
    });
}

/// Without a buffer it is worse than one call per line: `writeln!` hands over
/// each piece of the format separately.
#[test]
fn without_a_buffer_there_is_a_call_a_piece() {
    within_a_minute(|| {
        let packets = packets(|pipe| {
            let mut out = File::from(pipe);
            for line in LINES {
                writeln!(out, "{line}").unwrap();
            }
        });
        assert_eq!(packets.len(), 2 * LINES.len());
    });
}

/// What the next test has its child do.
const CHILD: &str = "CH03_PRINT_LINES";

/// The real standard output, which only a process of its own can have: this
/// test runs itself again, with a packet pipe in its place.
#[test]
fn standard_output_makes_a_call_a_line() {
    if std::env::var_os(CHILD).is_some() {
        print_lines(&LINES).unwrap();
        return;
    }
    within_a_minute(|| {
        let mut unsupported = false;
        let packets = packets(|pipe| {
            let child = testing::this_program()
                .args(["--exact", "standard_output_makes_a_call_a_line"])
                .args(["--nocapture", "--test-threads=1"])
                .env(CHILD, "1")
                .stdout(Stdio::from(pipe))
                .stderr(Stdio::null())
                .spawn();
            // An emulated processor: only this program is emulated, and the
            // kernel cannot start another one. The emulator reports that as
            // `ENOEXEC`, or as the code that `posix_spawn` has for it.
            match child.and_then(|mut child| child.wait()) {
                Ok(status) if status.code() == Some(127) => unsupported = true,
                Ok(status) => assert!(status.success(), "{status}"),
                Err(error) if error.raw_os_error() == Some(libc::ENOEXEC) => {
                    unsupported = true;
                }
                Err(error) => panic!("{error}"),
            }
        });
        if unsupported {
            eprintln!("not tested: this emulator cannot start a child");
            return;
        }
        // The test harness of the child prints to the same pipe.
        let line = format!("{}\n", LINES[0]);
        let ours = packets.iter().filter(|it| *it == line.as_bytes());
        let ours = ours.count();
        // The harness ends its "test … ..." without a newline, which stays in
        // the buffer and goes out with our first line.
        assert!((LINES.len() - 1..=LINES.len()).contains(&ours), "{ours}");
    });
}
