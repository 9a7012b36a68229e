//! The tests of exercise `count_writes`, for the stub and for the solution.

use super::{Counter, number_lines};
use std::io::{self, Write};

fn expected(last: u32) -> String {
    (1..=last).map(|number| format!("{number}\n")).collect()
}

/// Counts the writes of `number_lines` without the reader's `Counter`.
#[derive(Default)]
struct Sink {
    bytes: Vec<u8>,
    writes: usize,
    /// From this write on, counted from zero, nothing more is taken.
    full_at: Option<usize>,
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writes += 1;
        if self.full_at.is_some_and(|full| self.writes > full) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn the_counter_counts_and_passes_on() {
    let mut counter = Counter {
        inner: Sink::default(),
        writes: 0,
    };
    counter.write_all(b"one").unwrap();
    counter.write_all(b"two").unwrap();
    let wrong = "exercise count_writes: the counter must pass on every byte";
    assert_eq!(counter.inner.bytes, b"onetwo", "{wrong}");
    let wrong = "exercise count_writes: the counter is wrong";
    assert_eq!(counter.writes, 2, "{wrong}");
    assert_eq!(counter.inner.writes, 2, "{wrong}");
}

#[test]
fn the_counter_counts_what_fails_and_what_is_short() {
    let mut counter = Counter {
        inner: Sink {
            full_at: Some(0),
            ..Sink::default()
        },
        writes: 0,
    };
    let wrong = "exercise count_writes: an error must be passed on";
    let error = counter.write(b"one").expect_err(wrong);
    assert_eq!(error.kind(), io::ErrorKind::StorageFull, "{wrong}");
    let wrong = "exercise count_writes: a failed attempt is an attempt";
    assert_eq!(counter.writes, 1, "{wrong}");

    let mut room = [0; 2];
    let mut counter = Counter {
        inner: &mut room[..],
        writes: 0,
    };
    let wrong = "exercise count_writes: a short write must be reported";
    assert_eq!(counter.write(b"one").unwrap(), 2, "{wrong}");
}

/// Guard: the stub is right here, and only slow.
#[test]
fn the_same_bytes() {
    for last in [0, 1, 9, 1_000, 12_345] {
        let mut sink = Sink::default();
        number_lines(&mut sink, last).unwrap();
        let wrong = "exercise count_writes: other bytes";
        assert!(sink.bytes == expected(last).as_bytes(), "{wrong}");
    }
}

#[test]
fn few_writes() {
    for last in [1, 1_000, 12_345, 100_000] {
        let mut sink = Sink::default();
        number_lines(&mut sink, last).unwrap();
        let most = sink.bytes.len() / 8000 + 1;
        let writes = sink.writes;
        let wrong = "exercise count_writes: too many writes";
        assert!(writes <= most, "{wrong}: {writes}, at most {most}");
    }
}

/// Whichever write fails, also the very last one, the caller hears of it.
/// Guard: the stub is right here, and only slow.
#[test]
fn no_error_is_lost() {
    let mut sink = Sink::default();
    number_lines(&mut sink, 10_000).unwrap();
    for full_at in [0, sink.writes / 2, sink.writes - 1] {
        let sink = Sink {
            full_at: Some(full_at),
            ..Sink::default()
        };
        let result = number_lines(sink, 10_000);
        let wrong = "exercise count_writes: the disk is full, and the caller is not told";
        assert!(result.is_err(), "{wrong} (write {full_at})");
    }
}

/// A pipe in packet mode (Linux): each `write` of up to 4096 bytes is a packet
/// of its own, and each `read` takes one packet. So the reader can count the
/// writes that the kernel saw, and needs no tracing tool for it.
#[cfg(target_os = "linux")]
mod seen_by_the_kernel {
    use super::*;
    use std::fs::File;
    use std::io::{LineWriter, PipeReader, Read};
    use std::os::fd::{FromRawFd, OwnedFd};
    use std::thread;

    fn packet_pipe() -> io::Result<(PipeReader, File)> {
        let mut ends = [0; 2];
        let flags = libc::O_DIRECT | libc::O_CLOEXEC;
        // SAFETY: the kernel writes two numbers, and there is room for two.
        let done = unsafe { libc::pipe2(ends.as_mut_ptr(), flags) };
        if done == -1 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the kernel just opened it for us.
        let reader = unsafe { OwnedFd::from_raw_fd(ends[0]) };
        // SAFETY: the kernel just opened it for us.
        let writer = unsafe { OwnedFd::from_raw_fd(ends[1]) };
        Ok((reader.into(), writer.into()))
    }

    /// The packets that arrive while `script` writes.
    fn packets(script: impl FnOnce(File)) -> Vec<Vec<u8>> {
        let (mut reader, writer) = packet_pipe().unwrap();
        let counting = thread::spawn(move || {
            let (mut packets, mut room) = (Vec::new(), [0; 4096]);
            loop {
                match reader.read(&mut room).unwrap() {
                    0 => return packets,
                    count => packets.push(room[..count].to_vec()),
                }
            }
        });
        script(writer);
        counting.join().unwrap()
    }

    #[test]
    fn a_system_call_a_line() {
        let mut counted = 0;
        let packets = packets(|pipe| {
            let mut counter = Counter {
                inner: pipe,
                writes: 0,
            };
            {
                let mut out = LineWriter::new(&mut counter); // as `println!`
                for number in 1..=100 {
                    writeln!(out, "{number}").unwrap();
                }
            }
            counted = counter.writes;
        });
        let wrong = "exercise count_writes: the kernel counted otherwise";
        assert_eq!(packets.concat(), expected(100).as_bytes());
        assert_eq!(packets.len(), 100);
        assert_eq!(counted, packets.len(), "{wrong}");
    }

    #[test]
    fn a_system_call_a_full_buffer() {
        let packets = packets(|pipe| number_lines(pipe, 2_000).unwrap());
        let bytes = packets.concat();
        assert_eq!(bytes, expected(2_000).as_bytes());
        // A write of more than 4096 bytes is several packets, so the kernel's
        // bound is one a page and one for the rest of each write.
        let most = bytes.len() / 4096 + bytes.len() / 8000 + 2;
        let wrong = "exercise count_writes: too many writes";
        assert!(packets.len() <= most, "{wrong}: {}", packets.len());
    }
}
