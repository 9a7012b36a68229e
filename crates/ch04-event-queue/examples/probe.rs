//! Chapter 4: what epoll reports, and when. Each line is what was done, and
//! what the next wait reports. Linux only. `cargo run --example probe --
//! [level|edge|once|writing|ends|connect|key|batch]`.

use std::error::Error;
use testing::print;

#[cfg(target_os = "linux")]
mod linux {
    use ch04_event_queue::errno::check;
    use ch04_event_queue::ffi::{self, EpollEvent};
    use ch04_event_queue::s4_sources;
    use std::fs::File;
    use std::io::{self, ErrorKind, Read, Write};
    use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
    use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd, RawFd};

    // ANCHOR: probe
    /// A queue, and what was seen.
    struct Probe {
        queue: OwnedFd,
        flags: u32,
        seen: String,
    }

    impl Probe {
        /// A queue with one source in it: token 7, with these flags.
        fn of(source: &impl AsFd, flags: u32) -> io::Result<Self> {
            let fd = check(ffi::epoll_create1(ffi::EPOLL_CLOEXEC))?;
            // SAFETY: the kernel has just opened it for us.
            let queue = unsafe { OwnedFd::from_raw_fd(fd) };
            let seen = String::new();
            let probe = Self { queue, flags, seen };
            probe.add(source, 7)?;
            Ok(probe)
        }

        /// Writes down what was done, and what the next wait reports.
        fn look(&mut self, done: &str) -> io::Result<()> {
            let events = self.wait()?;
            self.note(done, &events);
            Ok(())
        }
    }
    // ANCHOR_END: probe

    impl Probe {
        fn add(&self, source: &impl AsFd, token: u64) -> io::Result<()> {
            let fd = source.as_fd().as_raw_fd();
            self.control(ffi::EPOLL_CTL_ADD, fd, token)
        }

        fn modify(&self, source: &impl AsFd) -> io::Result<()> {
            let fd = source.as_fd().as_raw_fd();
            self.control(ffi::EPOLL_CTL_MOD, fd, 7)
        }

        /// Removes by number: what does the kernel say?
        fn delete(&self, fd: RawFd) -> String {
            said(self.control(ffi::EPOLL_CTL_DEL, fd, 0))
        }

        fn control(&self, op: i32, fd: RawFd, token: u64) -> io::Result<()> {
            let (events, data) = (self.flags, token);
            let mut event = EpollEvent { events, data };
            let queue = self.queue.as_raw_fd();
            // SAFETY: the kernel copies the event before the call returns.
            check(unsafe { ffi::epoll_ctl(queue, op, fd, &mut event) })?;
            Ok(())
        }

        /// One wait of at most 50 ms, with room for two events.
        fn wait(&self) -> io::Result<Vec<EpollEvent>> {
            let mut events = [EpollEvent { events: 0, data: 0 }; 2];
            let (queue, first) = (self.queue.as_raw_fd(), events.as_mut_ptr());
            // SAFETY: the kernel writes at most two events, and there is room.
            let count = unsafe { ffi::epoll_wait(queue, first, 2, 50) };
            let count = check(count)? as usize;
            let mut events = events[..count].to_vec();
            events.sort_by_key(|event| event.data);
            Ok(events)
        }

        fn note(&mut self, done: &str, events: &[EpollEvent]) {
            let says: Vec<String> = events
                .iter()
                .map(|event| format!("{} {}", names(*event), { event.data }))
                .collect();
            let says = match says.is_empty() {
                true => "silence".to_string(),
                false => says.join(", "),
            };
            self.seen += &format!("{done:<36} -> {says}\n");
        }
    }

    fn names(event: EpollEvent) -> String {
        let all = [
            (ffi::EPOLLIN, "IN"),
            (ffi::EPOLLOUT, "OUT"),
            (ffi::EPOLLRDHUP, "RDHUP"),
            (ffi::EPOLLERR, "ERR"),
            (ffi::EPOLLHUP, "HUP"),
        ];
        let set = all.iter().filter(|(flag, _)| event.events & flag != 0);
        set.map(|(_, name)| *name).collect::<Vec<_>>().join("+")
    }

    /// The result of a call by its name in the manual.
    fn said(result: io::Result<()>) -> String {
        let number = result.err().and_then(|error| error.raw_os_error());
        match number {
            None => "done".to_string(),
            Some(libc::EBADF) => "EBADF".to_string(),
            Some(libc::ENOENT) => "ENOENT".to_string(),
            Some(libc::EPERM) => "EPERM".to_string(),
            Some(other) => other.to_string(),
        }
    }

    /// The two ends of a TCP connection on this machine.
    fn pair() -> io::Result<(TcpStream, TcpStream)> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let here = TcpStream::connect(listener.local_addr()?)?;
        let (there, _) = listener.accept()?;
        there.set_nodelay(true)?;
        Ok((here, there))
    }

    // ANCHOR: level
    /// Level-triggered: reports a state, as long as it lasts.
    pub fn level() -> io::Result<String> {
        let (mut here, mut there) = pair()?;
        let mut probe = Probe::of(&here, ffi::EPOLLIN)?;
        probe.look("level: nothing to read")?;
        there.write_all(b"abc")?;
        probe.look("level: 3 bytes came")?;
        probe.look("level: nothing done")?;
        here.read_exact(&mut [0; 1])?;
        probe.look("level: 1 of them read")?;
        here.read_exact(&mut [0; 2])?;
        probe.look("level: the other 2 read")?;
        Ok(probe.seen)
    }
    // ANCHOR_END: level

    /// Edge-triggered: reports a change, once.
    // ANCHOR: edge
    pub fn edge() -> io::Result<String> {
        let (mut here, mut there) = pair()?;
        let mut probe = Probe::of(&here, ffi::EPOLLIN | ffi::EPOLLET)?;
        there.write_all(b"abc")?;
        probe.look("edge: 3 bytes came")?;
        probe.look("edge: nothing done")?;
        here.read_exact(&mut [0; 1])?;
        probe.look("edge: 1 of them read")?;
        there.write_all(b"d")?;
        probe.look("edge: 1 more came, 2 were left")?;
        probe.modify(&here)?;
        probe.look("edge: MOD, 3 are left")?;
        there.write_all(b"e")?;
        there.write_all(b"f")?;
        probe.look("edge: 2 more came, one by one")?;
        probe.look("edge: nothing done")?;
        here.read_exact(&mut [0; 5])?;
        there.shutdown(Shutdown::Write)?;
        probe.look("edge: all read, then the end came")?;
        probe.look("edge: nothing done")?;
        Ok(probe.seen)
    }
    // ANCHOR_END: edge

    // ANCHOR: one_shot
    /// One-shot: reports once, then nothing until it is asked again.
    pub fn one_shot() -> io::Result<String> {
        let (here, mut there) = pair()?;
        let mut probe = Probe::of(&here, ffi::EPOLLIN | ffi::EPOLLONESHOT)?;
        there.write_all(b"abc")?;
        probe.look("one-shot: 3 bytes came")?;
        there.write_all(b"d")?;
        probe.look("one-shot: 1 more came")?;
        probe.modify(&here)?;
        probe.look("one-shot: MOD")?;
        probe.look("one-shot: nothing done")?;
        Ok(probe.seen)
    }
    // ANCHOR_END: one_shot

    /// Room to write, edge-triggered: alone, and together with reading.
    // ANCHOR: writing
    pub fn writing() -> io::Result<String> {
        let (mut here, mut there) = pair()?;
        let mut probe = Probe::of(&here, ffi::EPOLLOUT | ffi::EPOLLET)?;
        probe.look("out: added, there is room")?;
        here.write_all(b"a")?;
        there.read_exact(&mut [0; 1])?;
        probe.look("out: 1 byte sent, and read there")?;
        let sent = fill(&mut here)?; // until WouldBlock
        probe.look("out: the buffer filled")?;
        there.read_exact(&mut vec![0; sent])?;
        probe.look("out: the peer has read it all")?;
        probe.modify(&here)?;
        probe.look("out: MOD, there is room")?;
        Ok(probe.seen)
    }

    pub fn both() -> io::Result<String> {
        let (mut here, mut there) = pair()?;
        let both = ffi::EPOLLIN | ffi::EPOLLOUT;
        let mut probe = Probe::of(&here, both | ffi::EPOLLET)?;
        there.write_all(b"abc")?;
        probe.look("both: 3 bytes came")?;
        here.read_exact(&mut [0; 1])?;
        probe.look("both: 1 of them read")?;
        let sent = fill(&mut here)?;
        there.read_exact(&mut vec![0; sent])?;
        probe.look("both: filled, and emptied there")?;
        Ok(probe.seen)
    }
    // ANCHOR_END: writing

    /// Writes until the kernel takes no more, and says how much it took.
    fn fill(stream: &mut TcpStream) -> io::Result<usize> {
        let (block, mut sent) = ([b'x'; 1 << 16], 0);
        stream.set_nonblocking(true)?;
        loop {
            match stream.write(&block) {
                Ok(count) => sent += count,
                Err(e) if e.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        stream.set_nonblocking(false)?;
        Ok(sent)
    }

    /// How a connection and a pipe end.
    // ANCHOR: ends
    pub fn ends() -> io::Result<String> {
        let asked = ffi::EPOLLIN | ffi::EPOLLRDHUP | ffi::EPOLLET;
        let (here, there) = pair()?;
        let mut probe = Probe::of(&here, asked)?;
        there.shutdown(Shutdown::Write)?;
        probe.look("end: the peer shuts down its side")?;
        here.shutdown(Shutdown::Write)?;
        probe.look("end: and we end ours")?;
        let mut seen = probe.seen;

        let nothing = ffi::EPOLLET; // neither IN nor OUT
        let (here, mut there) = pair()?;
        let mut probe = Probe::of(&here, nothing)?;
        (&here).write_all(b"never read")?;
        there.write_all(b"x")?;
        drop(there); // closed with bytes unread: the kernel sends a reset
        probe.look("reset: nothing was asked for")?;
        seen += &probe.seen;

        let (reader, writer) = io::pipe()?;
        let mut probe = Probe::of(&writer, nothing)?;
        drop(reader);
        probe.look("pipe: the reader is gone")?;
        seen += &probe.seen;

        let (reader, writer) = io::pipe()?;
        let mut probe = Probe::of(&reader, asked)?;
        drop(writer);
        probe.look("pipe: the writer is gone")?;
        seen += &probe.seen;
        Ok(seen)
    }
    // ANCHOR_END: ends

    /// A connection that was begun: how it is decided.
    pub fn connect() -> io::Result<String> {
        let asked = ffi::EPOLLOUT | ffi::EPOLLET;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let stream = s4_sources::TcpStream::connect(address)?;
        let mut probe = Probe::of(&stream, asked)?;
        probe.look("connect: the port is open")?;
        let mut seen = probe.seen;
        drop((stream, listener));
        let stream = s4_sources::TcpStream::connect(address)?;
        let mut probe = Probe::of(&stream, asked)?;
        probe.look("connect: the port is closed")?;
        seen += &probe.seen;
        Ok(seen)
    }

    /// The key of an entry: the open file, and the number it was added by.
    // ANCHOR: dup
    pub fn dup() -> io::Result<String> {
        let (here, mut there) = pair()?;
        let mut probe = Probe::of(&here, ffi::EPOLLIN)?;
        let number = here.as_raw_fd();
        let twin = here.try_clone()?; // a second descriptor of the open file
        drop(here); // closes the first one
        there.write_all(b"a")?;
        probe.look("dup: closed, its twin lives, 1 came")?;
        let says = probe.delete(number);
        probe.look(&format!("dup: DEL of the number: {says}"))?;
        let says = probe.delete(twin.as_raw_fd());
        probe.look(&format!("dup: DEL of the twin: {says}"))?;
        let _again = dup2(&twin, number)?; // the old number, back in place
        let says = probe.delete(number);
        probe.look(&format!("dup: dup2, DEL of the number: {says}"))?;
        Ok(probe.seen)
    }
    // ANCHOR_END: dup

    /// One more descriptor of the same open file, with this number.
    fn dup2(stream: &TcpStream, number: RawFd) -> io::Result<OwnedFd> {
        // SAFETY: nothing has the number: the caller has just closed it, and
        // no other thread of this program opens anything.
        let fd = check(unsafe { libc::dup2(stream.as_raw_fd(), number) })?;
        // SAFETY: the kernel has just opened it for us.
        Ok(unsafe { OwnedFd::from_raw_fd(fd) })
    }

    /// What was taken out of the queue before its source was removed.
    // ANCHOR: batch
    pub fn batch() -> io::Result<String> {
        let (seven, mut peer_of_seven) = pair()?;
        let (eight, mut peer_of_eight) = pair()?;
        let mut probe = Probe::of(&seven, ffi::EPOLLIN)?;
        probe.add(&eight, 8)?;
        peer_of_seven.write_all(b"a")?;
        peer_of_eight.write_all(b"b")?;
        let taken = probe.wait()?;
        probe.note("batch: 1 byte came for each", &taken);
        probe.delete(eight.as_raw_fd());
        drop(eight);
        probe.note("batch: 8 removed, the list in hand", &taken);
        probe.look("batch: the next wait")?;
        Ok(probe.seen)
    }
    // ANCHOR_END: batch

    /// A file on a disk is always ready: the queue refuses it.
    pub fn regular_file() -> io::Result<String> {
        let (here, _there) = pair()?;
        let mut probe = Probe::of(&here, ffi::EPOLLIN)?;
        let file = File::open(std::env::current_exe()?)?;
        let says = said(probe.add(&file, 8));
        probe.look(&format!("file: ADD: {says}"))?;
        Ok(probe.seen)
    }
}

#[cfg(target_os = "linux")]
fn run(which: Option<&str>) -> Result<String, Box<dyn Error>> {
    const ALL: [&str; 8] = [
        "level", "edge", "once", "writing", "ends", "connect", "key", "batch",
    ];
    let groups = match which {
        None => ALL
            .iter()
            .map(|which| run(Some(which)))
            .collect::<Result<_, _>>()?,
        Some("level") => vec![linux::level()?],
        Some("edge") => vec![linux::edge()?],
        Some("once") => vec![linux::one_shot()?],
        Some("writing") => vec![linux::writing()?, linux::both()?],
        Some("ends") => vec![linux::ends()?],
        Some("connect") => vec![linux::connect()?],
        Some("key") => vec![linux::dup()?, linux::regular_file()?],
        Some("batch") => vec![linux::batch()?],
        Some(other) => return Err(format!("{other}?").into()),
    };
    Ok(groups.join("\n"))
}

#[cfg(not(target_os = "linux"))]
fn run(_which: Option<&str>) -> Result<String, Box<dyn Error>> {
    Ok("this program is for Linux only\n".to_string())
}

fn main() -> Result<(), Box<dyn Error>> {
    let which = std::env::args().nth(1);
    print!("{}", run(which.as_deref())?);
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

out: added, there is room            -> OUT 7
out: 1 byte sent, and read there     -> silence
out: the buffer filled               -> silence
out: the peer has read it all        -> OUT 7
out: MOD, there is room              -> OUT 7

both: 3 bytes came                   -> IN+OUT 7
both: 1 of them read                 -> silence
both: filled, and emptied there      -> IN+OUT 7

end: the peer shuts down its side    -> IN+RDHUP 7
end: and we end ours                 -> IN+RDHUP+HUP 7
reset: nothing was asked for         -> ERR+HUP 7
pipe: the reader is gone             -> ERR 7
pipe: the writer is gone             -> HUP 7

connect: the port is open            -> OUT 7
connect: the port is closed          -> OUT+ERR+HUP 7

dup: closed, its twin lives, 1 came  -> IN 7
dup: DEL of the number: EBADF        -> IN 7
dup: DEL of the twin: ENOENT         -> IN 7
dup: dup2, DEL of the number: done   -> silence

file: ADD: EPERM                     -> silence

batch: 1 byte came for each          -> IN 7, IN 8
batch: 8 removed, the list in hand   -> IN 7, IN 8
batch: the next wait                 -> IN 7
"
    } else {
        "this program is for Linux only\n"
    };
    assert_eq!(run(None)?, expected);
    Ok(())
}
