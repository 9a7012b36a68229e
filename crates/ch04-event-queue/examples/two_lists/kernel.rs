//! A real epoll instance with one end of a real socket pair in it: what may be
//! done to it, what the kernel answers, and what it can be asked afterwards.
//!
//! Nothing here computes what epoll would do. The bounds are the model's own:
//! few bytes, one duplicate.

use ch04_event_queue::errno::check;
use ch04_event_queue::ffi::{self, EpollEvent};
use std::io::{self, ErrorKind, Read, Write};
use std::net::Shutdown;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::net::UnixStream;
use std::sync::{Mutex, MutexGuard};

/// How many bytes may be unread: two for a partial read, and one more that
/// comes after it.
const MOST: usize = 3;

/// The 64 bits of our own that the entry has.
const DATA: u64 = 7;

/// A closed number must not be opened again by another test: one at a time.
static ALONE: Mutex<()> = Mutex::new(());

/// How the socket is registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The default.
    Level,
    /// `EPOLLET`.
    Edge,
    /// `EPOLLONESHOT`.
    OneShot,
}

impl Mode {
    /// All of them.
    pub const ALL: [Mode; 3] = [Mode::Level, Mode::Edge, Mode::OneShot];

    /// As it is called on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Mode::Level => "level",
            Mode::Edge => "edge",
            Mode::OneShot => "one-shot",
        }
    }

    /// The one of that name.
    pub fn named(name: &str) -> Option<Mode> {
        Mode::ALL.into_iter().find(|mode| mode.name() == name)
    }

    fn flags(self) -> u32 {
        match self {
            Mode::Level => ffi::EPOLLIN,
            Mode::Edge => ffi::EPOLLIN | ffi::EPOLLET,
            Mode::OneShot => ffi::EPOLLIN | ffi::EPOLLONESHOT,
        }
    }
}

/// What can be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// The peer sends a byte.
    Send,
    /// The peer ends its side.
    End,
    /// `epoll_wait` that doesn't sleep, with room for one event.
    Wait,
    /// Reads one byte.
    ReadOne,
    /// Reads as many as there are.
    ReadAll,
    /// `EPOLL_CTL_MOD` with the flags that the entry had at first.
    Modify,
    /// `EPOLL_CTL_DEL`.
    Remove,
    /// `dup`.
    Duplicate,
    /// Closes the number that was registered.
    CloseOriginal,
    /// Closes the duplicate.
    CloseDuplicate,
}

impl Action {
    /// All of them, in the order of their names in the figure.
    pub const ALL: [Action; 10] = [
        Action::Send,
        Action::End,
        Action::Wait,
        Action::ReadOne,
        Action::ReadAll,
        Action::Modify,
        Action::Remove,
        Action::Duplicate,
        Action::CloseOriginal,
        Action::CloseDuplicate,
    ];

    /// As it is called in the figure.
    pub fn name(self) -> &'static str {
        match self {
            Action::Send => "send",
            Action::End => "end",
            Action::Wait => "wait",
            Action::ReadOne => "read-one",
            Action::ReadAll => "read-all",
            Action::Modify => "modify",
            Action::Remove => "remove",
            Action::Duplicate => "duplicate",
            Action::CloseOriginal => "close-original",
            Action::CloseDuplicate => "close-duplicate",
        }
    }
}

/// What came of an action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// What the kernel answered.
    Done(String),
    /// Why it could not even be tried.
    Barred(&'static str),
}

/// What the kernel tells. It is a state's name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Seen {
    /// Is the registered number open?
    pub original: bool,
    /// Is a duplicate of it open?
    pub duplicate: bool,
    /// By `FIONREAD`; none when no descriptor is left to ask through.
    pub unread: Option<usize>,
    /// Has the peer ended its side? By `poll` with `POLLRDHUP`.
    pub ended: bool,
    /// The entry of the interest list, by `/proc/self/fdinfo`: is the number in
    /// it the one that was registered, its flags, and its 64 bits.
    pub entry: Option<(bool, u32, u64)>,
    /// What the next `epoll_wait` reports: events, and the 64 bits.
    pub report: Option<(u32, u64)>,
}

/// An epoll instance and the two ends of a connection.
#[derive(Debug)]
pub struct Kernel {
    queue: OwnedFd,
    original: Option<UnixStream>,
    duplicate: Option<UnixStream>,
    peer: UnixStream,
    number: RawFd,
    flags: u32,
    ended: bool,
    _alone: MutexGuard<'static, ()>,
}

impl Kernel {
    /// A new connection, whose one end is registered.
    pub fn new(mode: Mode) -> io::Result<Kernel> {
        // A test that panicked while it had this has left nothing behind.
        let alone = ALONE.lock().unwrap_or_else(|error| error.into_inner());
        let fd = check(ffi::epoll_create1(ffi::EPOLL_CLOEXEC))?;
        // SAFETY: the kernel has just opened it for us.
        let queue = unsafe { OwnedFd::from_raw_fd(fd) };
        let (here, peer) = UnixStream::pair()?;
        here.set_nonblocking(true)?;
        let kernel = Kernel {
            queue,
            number: here.as_raw_fd(),
            original: Some(here),
            duplicate: None,
            peer,
            flags: mode.flags(),
            ended: false,
            _alone: alone,
        };
        kernel.control(ffi::EPOLL_CTL_ADD)?;
        Ok(kernel)
    }

    /// Does it, if it can be done.
    pub fn act(&mut self, action: Action) -> io::Result<Outcome> {
        if let Some(why) = self.bar(action) {
            return Ok(Outcome::Barred(why));
        }
        let answer = match action {
            Action::Send => self.peer.write(b"x")?.to_string(),
            Action::End => {
                self.peer.shutdown(Shutdown::Write)?;
                self.ended = true;
                "0".to_owned()
            }
            Action::Wait => words(self.wait()?),
            Action::ReadOne => self.read(1)?,
            Action::ReadAll => self.read(2 * MOST)?,
            Action::Modify => errno(self.control(ffi::EPOLL_CTL_MOD))?,
            Action::Remove => errno(self.control(ffi::EPOLL_CTL_DEL))?,
            Action::Duplicate => {
                let twin = self.original.as_ref().map(UnixStream::try_clone);
                self.duplicate = twin.transpose()?;
                "open".to_owned()
            }
            Action::CloseOriginal => {
                self.original = None;
                "closed".to_owned()
            }
            Action::CloseDuplicate => {
                self.duplicate = None;
                "closed".to_owned()
            }
        };
        Ok(Outcome::Done(answer))
    }

    /// Why an action cannot be tried. Calls that the kernel would refuse can.
    fn bar(&self, action: Action) -> Option<&'static str> {
        let gone = self.open().is_none();
        let full = || self.unread().is_ok_and(|n| n == Some(MOST));
        match action {
            Action::Send | Action::End if gone => Some("gone"),
            Action::Send | Action::End if self.ended => Some("ended"),
            Action::Send if full() => Some("full"),
            Action::ReadOne | Action::ReadAll if gone => Some("gone"),
            Action::Duplicate if self.duplicate.is_some() => Some("one"),
            Action::Duplicate if self.original.is_none() => Some("closed"),
            Action::CloseOriginal if self.original.is_none() => Some("closed"),
            Action::CloseDuplicate if self.duplicate.is_none() => Some("none"),
            _ => None,
        }
    }

    /// A descriptor of the near end.
    fn open(&self) -> Option<&UnixStream> {
        self.original.as_ref().or(self.duplicate.as_ref())
    }

    fn read(&self, most: usize) -> io::Result<String> {
        let Some(mut stream) = self.open() else {
            return Err(ErrorKind::NotConnected.into());
        };
        let mut room = [0; 2 * MOST];
        match stream.read(&mut room[..most]) {
            Ok(count) => Ok(count.to_string()),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                Ok("WouldBlock".to_owned())
            }
            Err(error) => Err(error),
        }
    }

    fn wait(&self) -> io::Result<Option<(u32, u64)>> {
        let mut event = EpollEvent { events: 0, data: 0 };
        let queue = self.queue.as_raw_fd();
        // SAFETY: the kernel writes at most one event, and here is one.
        let count = unsafe { ffi::epoll_wait(queue, &mut event, 1, 0) };
        let told = check(count)? == 1;
        Ok(told.then_some((event.events, event.data)))
    }

    fn control(&self, operation: i32) -> io::Result<()> {
        let (events, data) = (self.flags, DATA);
        let mut event = EpollEvent { events, data };
        let (queue, fd) = (self.queue.as_raw_fd(), self.number);
        // SAFETY: the kernel copies the event before the call returns.
        check(unsafe { ffi::epoll_ctl(queue, operation, fd, &mut event) })?;
        Ok(())
    }

    /// What is seen now. To ask what the next wait reports changes the state,
    /// so this is the end of it.
    pub fn seen(self) -> io::Result<Seen> {
        let unread = self.unread()?;
        let ended = self.end_is_seen()?;
        let entry = self.entry()?;
        Ok(Seen {
            original: self.original.is_some(),
            duplicate: self.duplicate.is_some(),
            unread,
            ended,
            entry,
            report: self.wait()?,
        })
    }

    fn unread(&self) -> io::Result<Option<usize>> {
        let Some(stream) = self.open() else {
            return Ok(None);
        };
        let mut count = 0;
        let fd = stream.as_raw_fd();
        // SAFETY: the kernel writes one number, and there is room for it.
        check(unsafe { libc::ioctl(fd, libc::FIONREAD, &mut count) })?;
        Ok(usize::try_from(count).ok())
    }

    fn end_is_seen(&self) -> io::Result<bool> {
        let Some(stream) = self.open() else {
            return Ok(self.ended);
        };
        let events = libc::POLLRDHUP;
        let fd = stream.as_raw_fd();
        let mut asked = libc::pollfd {
            fd,
            events,
            revents: 0,
        };
        // SAFETY: one entry, as is said, which lives until the call returns.
        check(unsafe { libc::poll(&mut asked, 1, 0) })?;
        Ok(asked.revents & libc::POLLRDHUP != 0)
    }

    /// The one line of the interest list, if it has one.
    fn entry(&self) -> io::Result<Option<(bool, u32, u64)>> {
        let path = format!("/proc/self/fdinfo/{}", self.queue.as_raw_fd());
        let text = std::fs::read_to_string(path)?;
        let mut lines = text.lines().filter(|line| line.starts_with("tfd:"));
        let Some(line) = lines.next() else {
            return Ok(None);
        };
        if lines.next().is_some() {
            return Err(io::Error::other("two entries of one socket"));
        }
        let unlike = || io::Error::other(format!("unlike an entry: {line}"));
        let (number, events, data) = parse(line).ok_or_else(unlike)?;
        Ok(Some((number == self.number, events, data)))
    }
}

/// Reads `tfd: 4 events: 80000019 data: 7 …`: the last two are hexadecimal.
fn parse(line: &str) -> Option<(RawFd, u32, u64)> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let after = |name: &str| {
        let at = words.iter().position(|word| *word == name)?;
        words.get(at + 1).copied()
    };
    let number = after("tfd:")?.parse().ok()?;
    let events = u32::from_str_radix(after("events:")?, 16).ok()?;
    let data = u64::from_str_radix(after("data:")?, 16).ok()?;
    Some((number, events, data))
}

/// An event in words: `IN, 7`.
pub fn words(event: Option<(u32, u64)>) -> String {
    match event {
        Some((events, data)) => format!("{}, {data}", flags(events)),
        None => "nothing".to_owned(),
    }
}

/// A set of flags in words. `ERR` and `HUP` are in every entry, asked for or
/// not, and left out.
pub fn flags(events: u32) -> String {
    let known = [
        (ffi::EPOLLIN, "IN"),
        (ffi::EPOLLET, "ET"),
        (ffi::EPOLLONESHOT, "ONESHOT"),
    ];
    let always = ffi::EPOLLERR | ffi::EPOLLHUP;
    let all = known.iter().fold(always, |all, (flag, _)| all | flag);
    let has = known.iter().filter(|(flag, _)| events & flag != 0);
    let mut names: Vec<String> =
        has.map(|(_, name)| (*name).to_owned()).collect();
    if events & !all != 0 {
        names.push(format!("{:#x}", events & !all));
    }
    names.join(" ")
}

/// `0`, or the name of the error that was expected to be possible.
fn errno(result: io::Result<()>) -> io::Result<String> {
    let name = match &result {
        Ok(()) => "0",
        Err(error) => match error.raw_os_error() {
            Some(libc::EBADF) => "EBADF",
            Some(libc::ENOENT) => "ENOENT",
            _ => return result.map(|()| String::new()),
        },
    };
    Ok(name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(mode: Mode, actions: &[Action]) -> (Vec<Outcome>, Seen) {
        let mut kernel = Kernel::new(mode).unwrap();
        let done = actions.iter().map(|&own| kernel.act(own).unwrap());
        (done.collect(), kernel.seen().unwrap())
    }

    fn done(answer: &str) -> Outcome {
        Outcome::Done(answer.to_owned())
    }

    #[test]
    fn the_kernel_tells_what_it_keeps() {
        let (_, seen) = after(Mode::Edge, &[Action::Send, Action::Send]);
        let (registered, events, data) = seen.entry.unwrap();
        assert_eq!((registered, data), (true, DATA));
        assert_eq!(flags(events), "IN ET");
        assert_eq!((seen.unread, seen.ended), (Some(2), false));
        assert_eq!(words(seen.report), "IN, 7");
    }

    #[test]
    fn a_spent_entry_wants_nothing_until_it_is_asked_for_again() {
        let (answers, seen) =
            after(Mode::OneShot, &[Action::Send, Action::Wait]);
        assert_eq!(answers[1], done("IN, 7"));
        assert_eq!(flags(seen.entry.unwrap().1), "ONESHOT");
        let actions = [Action::Send, Action::Wait, Action::Modify];
        let (_, seen) = after(Mode::OneShot, &actions);
        assert_eq!(flags(seen.entry.unwrap().1), "IN ONESHOT");
        assert_eq!(words(seen.report), "IN, 7");
    }

    #[test]
    fn a_closed_number_is_in_the_entry_and_cannot_remove_it() {
        let actions =
            [Action::Duplicate, Action::CloseOriginal, Action::Remove];
        let (answers, seen) = after(Mode::Level, &actions);
        assert_eq!(answers[2], done("EBADF"));
        assert!(seen.entry.unwrap().0);
        assert!(!seen.original);
        let actions = [
            Action::Duplicate,
            Action::CloseOriginal,
            Action::CloseDuplicate,
        ];
        let (_, seen) = after(Mode::Level, &actions);
        assert_eq!((seen.entry, seen.unread), (None, None));
    }

    #[test]
    fn what_the_model_leaves_out_is_barred_with_a_reason() {
        let (answers, _) = after(Mode::Level, &[Action::Send; 4]);
        assert_eq!(answers[3], Outcome::Barred("full"));
        let actions = [Action::End, Action::Send, Action::ReadOne];
        let (answers, seen) = after(Mode::Level, &actions);
        assert_eq!(answers[1..], [Outcome::Barred("ended"), done("0")]);
        assert!(seen.ended);
        let (answers, _) = after(Mode::Level, &[Action::CloseDuplicate]);
        assert_eq!(answers, [Outcome::Barred("none")]);
    }

    #[test]
    fn a_line_of_another_form_is_no_entry() {
        let line =
            "tfd:        4 events:       1d data:                a pos:0";
        assert_eq!(parse(line), Some((4, 0x1d, 10)));
        assert_eq!(parse("tfd: 4 events: 1d"), None);
        assert_eq!(flags(0x1d | 1 << 13), "IN 0x2004");
    }
}
