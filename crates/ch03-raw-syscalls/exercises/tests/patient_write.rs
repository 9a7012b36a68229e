//! The tests of exercise `patient_write`, for the stub and for the solution.

use super::{Port, patient_write};
use ch03_raw_syscalls::Stopped;
use std::io::{self, ErrorKind};

/// What the port does at one attempt to write.
#[derive(Debug, Clone, Copy)]
enum Attempt {
    /// Takes at most this many bytes.
    Take(usize),
    Interrupted,
    /// Has no room, also for any further attempt before `wait`.
    Full,
    /// Has no room, and this many of the next calls of `wait` are interrupted.
    FullAndSignals(usize),
    /// Takes nothing and says nothing.
    Nothing,
    /// Takes nothing and claims more than it was given.
    Boast,
    Broken,
}

/// A port that follows a script, then takes everything.
struct Scripted {
    script: Vec<Attempt>,
    next: usize,
    /// What came out at the other end.
    arrived: Vec<u8>,
    full: bool,
    signals: usize,
    /// Attempts and waits so far, so that a loop without end is noticed.
    calls: usize,
    /// Waits that were asked for while there was room.
    idle_waits: usize,
    /// Attempts that were made although the port had said that it was full.
    hasty: usize,
}

impl Scripted {
    fn new(script: &[Attempt]) -> Self {
        Self {
            script: script.to_vec(),
            next: 0,
            arrived: Vec::new(),
            full: false,
            signals: 0,
            calls: 0,
            idle_waits: 0,
            hasty: 0,
        }
    }

    #[track_caller]
    fn count_call(&mut self) {
        self.calls += 1;
        let wrong = "exercise patient_write: a loop without end";
        assert!(self.calls < 100_000, "{wrong}");
    }

    fn take(&mut self, bytes: &[u8], most: usize) -> io::Result<usize> {
        let count = bytes.len().min(most);
        self.arrived.extend_from_slice(&bytes[..count]);
        Ok(count)
    }
}

impl Port for Scripted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.count_call();
        if self.full {
            self.hasty += 1;
            return Err(ErrorKind::WouldBlock.into());
        }
        let attempt = self.script.get(self.next).copied();
        self.next += 1;
        match attempt.unwrap_or(Attempt::Take(usize::MAX)) {
            Attempt::Take(most) => self.take(bytes, most),
            Attempt::Interrupted => Err(ErrorKind::Interrupted.into()),
            Attempt::Full => {
                self.full = true;
                Err(ErrorKind::WouldBlock.into())
            }
            Attempt::FullAndSignals(count) => {
                self.full = true;
                self.signals = count;
                Err(ErrorKind::WouldBlock.into())
            }
            Attempt::Nothing => Ok(0),
            Attempt::Boast => Ok(bytes.len() + 1),
            Attempt::Broken => Err(ErrorKind::BrokenPipe.into()),
        }
    }

    fn wait(&mut self) -> io::Result<()> {
        self.count_call();
        if !self.full {
            self.idle_waits += 1;
        }
        if self.signals > 0 {
            self.signals -= 1;
            return Err(ErrorKind::Interrupted.into());
        }
        self.full = false;
        Ok(())
    }
}

const TEXT: &[u8] = b"the quick brown fox jumps over the lazy dog";

#[track_caller]
fn arrives(script: &[Attempt]) -> Scripted {
    let mut port = Scripted::new(script);
    let result = patient_write(&mut port, TEXT);
    let wrong = "exercise patient_write: gave up";
    assert!(result.is_ok(), "{wrong}: {result:?}");
    let wrong = "exercise patient_write: not what was sent";
    assert_eq!(port.arrived, TEXT, "{wrong}");
    let wrong = "exercise patient_write: waited while there was room";
    assert_eq!(port.idle_waits, 0, "{wrong}");
    port
}

#[track_caller]
fn stops(script: &[Attempt]) -> (Scripted, Stopped) {
    let mut port = Scripted::new(script);
    let result = patient_write(&mut port, TEXT);
    let wrong = "exercise patient_write: this is an error";
    let stopped = result.expect_err(wrong);
    let wrong = "exercise patient_write: another number of bytes went out";
    assert_eq!(stopped.written, port.arrived.len(), "{wrong}");
    assert_eq!(port.arrived, &TEXT[..stopped.written], "{wrong}");
    (port, stopped)
}

#[test]
fn one_attempt_is_enough_where_all_is_well() {
    let port = arrives(&[]);
    let wrong = "exercise patient_write: more calls than needed";
    assert_eq!(port.calls, 1, "{wrong}");
}

#[test]
fn short_writes_go_on_where_they_stopped() {
    arrives(&[Attempt::Take(1), Attempt::Take(10), Attempt::Take(3)]);
    arrives(&[Attempt::Take(1); 100]);
}

#[test]
fn signals_do_not_matter() {
    arrives(&[Attempt::Interrupted; 10]);
    arrives(&[Attempt::Take(5), Attempt::Interrupted, Attempt::Take(5)]);
}

#[test]
fn a_full_port_is_waited_for_and_not_pestered() {
    let port = arrives(&[Attempt::Full, Attempt::Take(7), Attempt::Full]);
    let wrong = "exercise patient_write: asked again without waiting";
    assert_eq!(port.hasty, 0, "{wrong}");
}

#[test]
fn a_wait_may_be_interrupted() {
    let port = arrives(&[Attempt::Take(9), Attempt::FullAndSignals(3)]);
    let wrong = "exercise patient_write: one attempt a signal is allowed";
    assert!(port.hasty <= 3, "{wrong}");
}

#[test]
fn a_broken_port_is_reported_with_what_went_out() {
    let broken = [Attempt::Take(4), Attempt::Full, Attempt::Broken];
    let (port, stopped) = stops(&broken);
    let wrong = "exercise patient_write: the port reported something else";
    assert_eq!(stopped.error.kind(), ErrorKind::BrokenPipe, "{wrong}");
    let wrong = "exercise patient_write: a broken port was asked again";
    assert_eq!(port.calls, 4, "{wrong}");
    assert_eq!(stopped.written, 4, "{wrong}");
}

#[test]
fn no_progress_without_a_reason_is_an_error() {
    let (_, stopped) = stops(&[Attempt::Take(4), Attempt::Nothing]);
    let wrong = "exercise patient_write: no progress is `WriteZero`";
    assert_eq!(stopped.error.kind(), ErrorKind::WriteZero, "{wrong}");
}

#[test]
fn a_count_that_cannot_be_is_an_error() {
    let (_, stopped) = stops(&[Attempt::Take(4), Attempt::Boast]);
    let wrong = "exercise patient_write: more than was offered is `Other`";
    assert_eq!(stopped.error.kind(), ErrorKind::Other, "{wrong}");
}

#[test]
fn nothing_to_write_is_done_at_once() {
    let mut port = Scripted::new(&[Attempt::Broken]);
    let result = patient_write(&mut port, b"");
    let wrong = "exercise patient_write: nothing to write, no call needed";
    assert!(result.is_ok(), "{wrong}");
    assert_eq!(port.calls, 0, "{wrong}");
}

/// A thousand random scripts. The generator has a fixed seed, so a script that
/// fails once fails always.
#[test]
fn any_mixture_arrives() {
    let mut seed = 0x2545_F491_4F6C_DD1D_u64;
    let mut random = |below: u64| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed % below
    };
    for _ in 0..1_000 {
        let script: Vec<Attempt> = (0..random(40))
            .map(|_| match random(4) {
                0 => Attempt::Interrupted,
                1 => Attempt::Full,
                2 => Attempt::FullAndSignals(random(3) as usize),
                _ => Attempt::Take(random(8) as usize + 1),
            })
            .collect();
        arrives(&script);
    }
}

/// The same on a real pipe, with a reader that takes its time.
#[cfg(unix)]
mod real {
    use super::super::{Port, patient_write};
    use std::io::{self, PipeWriter, Read, Write};
    use std::os::fd::{AsFd, AsRawFd};
    use std::thread;
    use std::time::Duration;

    impl Port for PipeWriter {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            Write::write(self, bytes)
        }

        fn wait(&mut self) -> io::Result<()> {
            let mut list = libc::pollfd {
                fd: self.as_raw_fd(),
                events: libc::POLLOUT,
                revents: 0,
            };
            // SAFETY: one entry, of which `self` keeps the descriptor open.
            let ready = unsafe { libc::poll(&mut list, 1, 10_000) };
            match ready {
                -1 => Err(io::Error::last_os_error()),
                0 => Err(io::ErrorKind::TimedOut.into()),
                _ => Ok(()),
            }
        }
    }

    #[test]
    fn a_million_bytes_go_through_a_pipe() -> io::Result<()> {
        let (mut reader, mut writer) = io::pipe()?;
        let number = writer.as_fd().as_raw_fd();
        // SAFETY: sets a flag of a descriptor that `writer` keeps open.
        let done =
            unsafe { libc::fcntl(number, libc::F_SETFL, libc::O_NONBLOCK) };
        assert_eq!(done, 0);
        let bytes: Vec<u8> = (0..1_000_000_u32).map(|n| n as u8).collect();
        let slow = thread::spawn(move || {
            let (mut all, mut room) = (Vec::new(), [0; 20_000]);
            loop {
                thread::sleep(Duration::from_micros(200));
                match reader.read(&mut room) {
                    Ok(0) => return Ok(all),
                    Ok(count) => all.extend_from_slice(&room[..count]),
                    Err(error) => return io::Result::Err(error),
                }
            }
        });
        patient_write(&mut writer, &bytes)?;
        drop(writer); // the end of the file, for the reader
        let arrived = slow.join().map_err(|_| io::ErrorKind::Other)??;
        let wrong = "exercise patient_write: not what was sent";
        assert!(arrived == bytes, "{wrong}");
        Ok(())
    }
}
