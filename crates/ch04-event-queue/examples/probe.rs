//! Chapter 4: what epoll says when. Each line is what was done, and what the
//! next wait says. Linux only.

use std::error::Error;
use testing::print;

#[cfg(target_os = "linux")]
mod linux {
    use ch04_event_queue::errno::check;
    use ch04_event_queue::ffi::{self, EpollEvent};
    use std::fs::File;
    use std::io::{self, Read, Write};
    use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
    use std::os::unix::net::UnixStream;

    /// The name that the kernel keeps for us.
    const TOKEN: u64 = 7;

    // ANCHOR: probe_new
    /// A queue, the two ends of a connection, and what was seen.
    struct Probe {
        queue: OwnedFd,
        here: UnixStream,
        there: UnixStream,
        flags: u32,
        seen: String,
    }

    impl Probe {
        /// The near end is in the queue, with these flags.
        fn new(flags: u32) -> io::Result<Self> {
            let fd = check(ffi::epoll_create1(ffi::EPOLL_CLOEXEC))?;
            // SAFETY: the kernel has just opened it for us.
            let queue = unsafe { OwnedFd::from_raw_fd(fd) };
            let (here, there) = UnixStream::pair()?;
            let probe = Self {
                queue,
                here,
                there,
                flags,
                seen: String::new(),
            };
            let near = probe.here.as_raw_fd();
            probe.control(ffi::EPOLL_CTL_ADD, near)?;
            Ok(probe)
        }
    }
    // ANCHOR_END: probe_new

    // ANCHOR: probe
    impl Probe {
        fn control(&self, operation: i32, fd: RawFd) -> io::Result<()> {
            let (events, data) = (self.flags, TOKEN);
            let mut event = EpollEvent { events, data };
            let queue = self.queue.as_raw_fd();
            // SAFETY: the kernel copies the event before the call returns.
            check(unsafe { ffi::epoll_ctl(queue, operation, fd, &mut event) })?;
            Ok(())
        }

        /// Writes down what was done, and what the next wait says.
        fn look(&mut self, done: &str) -> io::Result<()> {
            let mut event = EpollEvent { events: 0, data: 0 };
            let (queue, room) = (self.queue.as_raw_fd(), 1);
            // SAFETY: the kernel writes at most one event, and here is one.
            let count = unsafe { ffi::epoll_wait(queue, &mut event, room, 20) };
            let says = match check(count)? {
                0 => "silence".to_string(),
                _ => format!("{} {}", names(event.events), { event.data }),
            };
            self.seen += &format!("{done:<36} -> {says}\n");
            Ok(())
        }
    }
    // ANCHOR_END: probe

    fn names(events: u32) -> String {
        let all = [
            (ffi::EPOLLIN, "IN"),
            (ffi::EPOLLOUT, "OUT"),
            (ffi::EPOLLRDHUP, "RDHUP"),
            (ffi::EPOLLERR, "ERR"),
            (ffi::EPOLLHUP, "HUP"),
        ];
        let set = all.iter().filter(|(flag, _)| events & flag != 0);
        set.map(|(_, name)| *name).collect::<Vec<_>>().join("+")
    }

    // ANCHOR: level
    /// Level: reports a state, as long as it lasts.
    pub fn level() -> io::Result<String> {
        let mut probe = Probe::new(ffi::EPOLLIN)?;
        probe.look("level: nothing to read")?;
        probe.there.write_all(b"abc")?;
        probe.look("level: 3 bytes came")?;
        probe.look("level: nothing done")?;
        probe.here.read_exact(&mut [0; 1])?;
        probe.look("level: 1 of them read")?;
        probe.here.read_exact(&mut [0; 2])?;
        probe.look("level: the other 2 read")?;
        Ok(probe.seen)
    }
    // ANCHOR_END: level

    // ANCHOR: edge
    /// Edge: reports a change, once.
    pub fn edge() -> io::Result<String> {
        let mut probe = Probe::new(ffi::EPOLLIN | ffi::EPOLLET)?;
        probe.there.write_all(b"abc")?;
        probe.look("edge: 3 bytes came")?;
        probe.look("edge: nothing done")?;
        probe.here.read_exact(&mut [0; 1])?;
        probe.look("edge: 1 of them read")?;
        probe.there.write_all(b"d")?;
        probe.look("edge: 1 more came, 2 were left")?;
        let near = probe.here.as_raw_fd();
        probe.control(ffi::EPOLL_CTL_MOD, near)?;
        probe.look("edge: MOD, 3 are left")?;
        probe.there.write_all(b"e")?;
        probe.there.write_all(b"f")?;
        probe.look("edge: 2 more came, one by one")?;
        probe.look("edge: nothing done")?;
        probe.here.read_exact(&mut [0; 5])?;
        probe.there.shutdown(std::net::Shutdown::Write)?;
        probe.look("edge: all read, then the end came")?;
        probe.look("edge: nothing done")?;
        Ok(probe.seen)
    }
    // ANCHOR_END: edge

    // ANCHOR: one_shot
    /// One-shot: reports once, then nothing until it is asked again.
    pub fn one_shot() -> io::Result<String> {
        let mut probe = Probe::new(ffi::EPOLLIN | ffi::EPOLLONESHOT)?;
        probe.there.write_all(b"abc")?;
        probe.look("one-shot: 3 bytes came")?;
        probe.there.write_all(b"d")?;
        probe.look("one-shot: 1 more came")?;
        let near = probe.here.as_raw_fd();
        probe.control(ffi::EPOLL_CTL_MOD, near)?;
        probe.look("one-shot: MOD")?;
        probe.look("one-shot: nothing done")?;
        Ok(probe.seen)
    }
    // ANCHOR_END: one_shot

    // ANCHOR: dup
    /// The queue knows the open file, not the descriptor.
    pub fn dup() -> io::Result<String> {
        let mut probe = Probe::new(ffi::EPOLLIN)?;
        let number = probe.here.as_raw_fd();
        let twin = probe.here.try_clone()?;
        probe.here = twin; // closes the descriptor that is in the queue
        probe.there.write_all(b"a")?;
        probe.look("dup: closed, its dup lives, 1 came")?;
        let removed = probe.control(ffi::EPOLL_CTL_DEL, number);
        let says = removed.err().and_then(|error| error.raw_os_error());
        let closed = says == Some(libc::EBADF);
        probe.look(&format!("dup: DEL says EBADF: {closed}"))?;
        let number = probe.here.as_raw_fd();
        let removed = probe.control(ffi::EPOLL_CTL_DEL, number);
        let says = removed.err().and_then(|error| error.raw_os_error());
        let unknown = says == Some(libc::ENOENT);
        probe.look(&format!("dup: DEL of the dup, ENOENT: {unknown}"))?;
        probe.here = UnixStream::pair()?.0; // closes the dup
        probe.look("dup: that is closed, too")?;
        Ok(probe.seen)
    }
    // ANCHOR_END: dup

    // ANCHOR: regular_file
    /// A file on a disk is always ready: the queue refuses it.
    pub fn regular_file() -> io::Result<String> {
        let mut probe = Probe::new(ffi::EPOLLIN)?;
        let file = File::open(std::env::current_exe()?)?;
        let added = probe.control(ffi::EPOLL_CTL_ADD, file.as_raw_fd());
        let says = added.err().and_then(|error| error.raw_os_error());
        let refused = says == Some(libc::EPERM);
        probe.look(&format!("file: ADD says EPERM: {refused}"))?;
        Ok(probe.seen)
    }
    // ANCHOR_END: regular_file
}

#[cfg(target_os = "linux")]
fn run() -> Result<String, Box<dyn Error>> {
    let all = [
        linux::level()?,
        linux::edge()?,
        linux::one_shot()?,
        linux::dup()?,
        linux::regular_file()?,
    ];
    Ok(all.join("\n"))
}

#[cfg(not(target_os = "linux"))]
fn run() -> Result<String, Box<dyn Error>> {
    Ok("this program is for Linux only\n".to_string())
}

fn main() -> Result<(), Box<dyn Error>> {
    print!("{}", run()?);
    Ok(())
}

#[test]
fn runs() -> Result<(), Box<dyn Error>> {
    let expected = if cfg!(target_os = "linux") {
        "\
level: nothing to read               -> silence
level: 3 bytes came                  -> IN 7
level: nothing done                  -> IN 7
level: 1 of them read                -> IN 7
level: the other 2 read              -> silence

edge: 3 bytes came                   -> IN 7
edge: nothing done                   -> silence
edge: 1 of them read                 -> silence
edge: 1 more came, 2 were left       -> IN 7
edge: MOD, 3 are left                -> IN 7
edge: 2 more came, one by one        -> IN 7
edge: nothing done                   -> silence
edge: all read, then the end came    -> IN 7
edge: nothing done                   -> silence

one-shot: 3 bytes came               -> IN 7
one-shot: 1 more came                -> silence
one-shot: MOD                        -> IN 7
one-shot: nothing done               -> silence

dup: closed, its dup lives, 1 came   -> IN 7
dup: DEL says EBADF: true            -> IN 7
dup: DEL of the dup, ENOENT: true    -> IN 7
dup: that is closed, too             -> silence

file: ADD says EPERM: true           -> silence
"
    } else {
        "this program is for Linux only\n"
    };
    assert_eq!(run()?, expected);
    Ok(())
}
