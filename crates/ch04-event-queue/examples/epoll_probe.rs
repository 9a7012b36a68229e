//! The probe of chapter 4 step by step: prints what it does and what epoll
//! reports, one JSON object per line. The figure is recorded from it.
//! Linux only. `cargo run --example epoll_probe -- level|edge`.

use std::error::Error;
use testing::print;

#[cfg(target_os = "linux")]
mod linux {
    use ch04_event_queue::errno::check;
    use ch04_event_queue::ffi::{self, EpollEvent};
    use std::io::{self, Read, Write};
    use std::net::Shutdown;
    use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
    use std::os::unix::net::UnixStream;
    use std::panic::Location;

    /// The steps that are pictures in print, by their comments.
    const KEYS: [&str; 5] = [
        "// and still are",
        "// none is left",
        "// two are left",
        "// one more has come",
        "// nothing new",
    ];

    // ANCHOR: level
    pub fn level(probe: &mut Probe) -> io::Result<()> {
        probe.arrive("abc")?;
        probe.wait()?; // three bytes are there
        probe.wait()?; // and still are
        probe.read(1)?;
        probe.wait()?; // two are left
        probe.read(2)?;
        probe.wait() // none is left
    }
    // ANCHOR_END: level

    // ANCHOR: edge
    pub fn edge(probe: &mut Probe) -> io::Result<()> {
        probe.arrive("abc")?;
        probe.wait()?; // three bytes have come
        probe.wait()?; // nothing new
        probe.read(1)?;
        probe.wait()?; // two are left
        probe.arrive("d")?;
        probe.wait()?; // one more has come
        probe.ask_again()?;
        probe.wait()?; // asked again, three are left
        probe.read(3)?;
        probe.end()?;
        probe.wait()?; // the end has come
        probe.wait() // and has been reported
    }
    // ANCHOR_END: edge

    /// A queue, and the two ends of a connection of which one is in it.
    #[derive(Debug)]
    pub struct Probe {
        queue: OwnedFd,
        here: UnixStream,
        there: UnixStream,
        flags: u32,
        /// Was the last step to ask again?
        asked_again: bool,
        /// The events so far, a line each.
        pub lines: String,
    }

    impl Probe {
        pub fn new(flags: u32) -> io::Result<Self> {
            let fd = check(ffi::epoll_create1(ffi::EPOLL_CLOEXEC))?;
            // SAFETY: the kernel has just opened it for us.
            let queue = unsafe { OwnedFd::from_raw_fd(fd) };
            let (here, there) = UnixStream::pair()?;
            let probe = Self {
                queue,
                here,
                there,
                flags,
                asked_again: false,
                lines: String::new(),
            };
            probe.control(ffi::EPOLL_CTL_ADD)?;
            Ok(probe)
        }

        #[track_caller]
        fn arrive(&mut self, bytes: &str) -> io::Result<()> {
            self.there.write_all(bytes.as_bytes())?;
            let (count, them) = match bytes.len() {
                1 => ("1 byte".to_owned(), "it"),
                n => (format!("{n} bytes"), "them"),
            };
            let detail = format!(
                "The peer sends {count}. The kernel puts {them} into the \
                 socket's buffer and checks whether any queue asked for this."
            );
            self.step("peer", "kernel", "data", &count, "", &detail)
        }

        #[track_caller]
        fn wait(&mut self) -> io::Result<()> {
            let mut event = EpollEvent { events: 0, data: 0 };
            let (queue, room) = (self.queue.as_raw_fd(), 1);
            // SAFETY: the kernel writes at most one event, and here is one.
            let count = unsafe { ffi::epoll_wait(queue, &mut event, room, 0) };
            let told = check(count)? == 1;
            let unread = self.unread()?;
            let (answer, detail) = if told {
                let name = event.data;
                (format!("IN, token {name}"), self.why_told(unread))
            } else {
                ("nothing".to_owned(), self.why_silent(unread))
            };
            self.asked_again = false;
            self.step(
                "program",
                "kernel",
                "call",
                "epoll_wait",
                &answer,
                detail,
            )
        }

        #[track_caller]
        fn read(&mut self, count: usize) -> io::Result<()> {
            let mut room = vec![0; count];
            self.here.read_exact(&mut room)?;
            let text = format!("read {count}");
            let left = self.unread()?;
            let are = if left == 1 { "is" } else { "are" };
            let detail = format!(
                "Your thread reads {count} of the bytes; {left} {are} left."
            );
            let answer = count.to_string();
            self.step("program", "kernel", "call", &text, &answer, &detail)
        }

        #[track_caller]
        fn ask_again(&mut self) -> io::Result<()> {
            self.control(ffi::EPOLL_CTL_MOD)?;
            self.asked_again = true;
            let detail = "Your thread asks again, with EPOLL_CTL_MOD and the \
                          same flags as before.";
            self.step("program", "kernel", "call", "epoll_ctl MOD", "", detail)
        }

        #[track_caller]
        fn end(&mut self) -> io::Result<()> {
            self.there.shutdown(Shutdown::Write)?;
            let detail =
                "The peer shuts down its side. There will be no more bytes.";
            self.step("peer", "kernel", "data", "the end", "", detail)
        }

        fn why_told(&self, unread: usize) -> &'static str {
            match (unread, self.flags & ffi::EPOLLET != 0) {
                (0, _) => {
                    "The end is an event too: a read would return at once, \
                     with zero bytes."
                }
                (_, true) if self.asked_again => {
                    "Since the last wait you have asked again, and there is \
                     something to read. So there is an event."
                }
                (_, true) => {
                    "Since the last wait something has arrived. So there is \
                     an event."
                }
                _ => "There is something to read, so there is an event.",
            }
        }

        fn why_silent(&self, unread: usize) -> &'static str {
            match (unread, self.flags & ffi::EPOLLET != 0) {
                (0, true) => "Nothing has changed since the last event.",
                (0, false) => "There is nothing to read.",
                _ => {
                    "Bytes are unread, but nothing has changed since the last \
                     event. The queue reports nothing."
                }
            }
        }

        fn control(&self, operation: i32) -> io::Result<()> {
            let (events, data) = (self.flags, 7);
            let mut event = EpollEvent { events, data };
            let (queue, fd) = (self.queue.as_raw_fd(), self.here.as_raw_fd());
            // SAFETY: the kernel copies the event before the call returns.
            check(unsafe { ffi::epoll_ctl(queue, operation, fd, &mut event) })?;
            Ok(())
        }

        /// How many bytes the kernel has for the near end.
        fn unread(&self) -> io::Result<usize> {
            let mut count = 0;
            let fd = self.here.as_raw_fd();
            // SAFETY: the kernel writes one number, and there is room for it.
            check(unsafe { libc::ioctl(fd, libc::FIONREAD, &mut count) })?;
            Ok(usize::try_from(count).unwrap_or(0))
        }

        /// Writes down an event, with the line of code that brought it about.
        #[track_caller]
        fn step(
            &mut self,
            lane: &str,
            to: &str,
            kind: &str,
            text: &str,
            answer: &str,
            detail: &str,
        ) -> io::Result<()> {
            let number = Location::caller().line() as usize;
            let source = include_str!("epoll_probe.rs").lines();
            let at = source.clone().nth(number - 1).unwrap_or_default().trim();
            let at = at.replace('"', "\\\"");
            let unread = self.unread()?;
            let mut line = format!(
                "{{\"lane\": \"{lane}\", \"to\": \"{to}\", \
                 \"kind\": \"{kind}\", \"text\": \"{text}\", \
                 \"detail\": \"{detail}\", \"at\": \"{at}\", "
            );
            // The pictures in print: what is told about the comment's case.
            if KEYS.iter().any(|key| at.ends_with(key)) {
                line += "\"key\": true, ";
            }
            if !answer.is_empty() {
                line += &format!("\"answer\": \"{answer}\", ");
            }
            line += &format!("\"state\": {{\"unread\": {unread}");
            if text == "epoll_wait" {
                line += &format!(", \"told\": \"{answer}\"");
            }
            self.lines += &(line + "}}\n");
            Ok(())
        }
    }
}

#[cfg(target_os = "linux")]
fn run(which: &str) -> Result<String, Box<dyn Error>> {
    use ch04_event_queue::ffi;
    use linux::{Probe, edge, level};

    let mut probe;
    match which {
        "level" => {
            probe = Probe::new(ffi::EPOLLIN)?;
            level(&mut probe)?;
        }
        "edge" => {
            probe = Probe::new(ffi::EPOLLIN | ffi::EPOLLET)?;
            edge(&mut probe)?;
        }
        _ => return Err("level or edge".into()),
    }
    Ok(probe.lines)
}

#[cfg(not(target_os = "linux"))]
fn run(_which: &str) -> Result<String, Box<dyn Error>> {
    Ok("this program is for Linux only\n".to_string())
}

fn main() -> Result<(), Box<dyn Error>> {
    let which = std::env::args().nth(1);
    print!("{}", run(which.as_deref().unwrap_or("edge"))?);
    Ok(())
}

#[cfg(target_os = "linux")]
#[test]
fn runs() -> Result<(), Box<dyn Error>> {
    let told = |which| -> Result<Vec<bool>, Box<dyn Error>> {
        let lines = run(which)?;
        let waits = lines.lines().filter(|line| line.contains("\"told\""));
        Ok(waits.map(|line| line.contains("IN, token 7")).collect())
    };
    assert_eq!(told("level")?, [true, true, true, false]);
    assert_eq!(told("edge")?, [true, false, false, true, true, true, false]);
    assert!(run("none").is_err());
    Ok(())
}

#[cfg(not(target_os = "linux"))]
#[test]
fn runs() -> Result<(), Box<dyn Error>> {
    assert_eq!(run("edge")?, "this program is for Linux only\n");
    Ok(())
}
