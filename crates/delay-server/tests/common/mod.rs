//! What the tests share: a raw client that checks nothing by itself, and a
//! watchdog. Each test crate uses a part of it only.
#![allow(dead_code, reason = "each test program uses a part")]

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::panic::Location;
use std::process::Command;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

/// Long enough for a slow machine under load; no test waits for it to pass.
pub const LONG: Duration = Duration::from_secs(30);

/// Ends the process, with the place of the test, unless dropped in time.
pub struct Watchdog(
    #[allow(dead_code, reason = "it is there to be dropped")] Sender<()>,
);

/// A watchdog of a minute and a half for the test that calls this.
#[track_caller]
pub fn watchdog() -> Watchdog {
    let place = Location::caller();
    let (alive, dropped) = channel();
    thread::spawn(move || {
        let time = Duration::from_secs(90);
        if dropped.recv_timeout(time) == Err(RecvTimeoutError::Timeout) {
            eprintln!("{place}: not done within {time:?}");
            std::process::abort();
        }
    });
    Watchdog(alive)
}

/// What a server has sent in answer to a request.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Reply {
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    /// The value of a header, which must be there at most once.
    #[track_caller]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.head.lines().filter_map(|line| {
            let (n, value) = line.split_once(": ")?;
            n.eq_ignore_ascii_case(name).then_some(value)
        });
        let value = values.next();
        assert_eq!(values.next(), None, "{name} is there twice");
        value
    }
}

/// A connection that sends what it is told.
pub struct Client {
    pub stream: TcpStream,
    read: Vec<u8>,
}

impl Client {
    #[track_caller]
    pub fn new(addr: SocketAddr) -> Self {
        let stream = TcpStream::connect(addr).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(LONG)).unwrap();
        stream.set_write_timeout(Some(LONG)).unwrap();
        Self {
            stream,
            read: Vec::new(),
        }
    }

    #[track_caller]
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) -> &mut Self {
        self.stream.write_all(bytes.as_ref()).unwrap();
        self
    }

    #[track_caller]
    pub fn get(&mut self, target: &str) -> &mut Self {
        self.send(format!("GET {target} HTTP/1.1\r\nHost: x\r\n\r\n"))
    }

    #[track_caller]
    pub fn end(&mut self) -> &mut Self {
        self.stream.shutdown(Shutdown::Write).unwrap();
        self
    }

    /// Reads a reply that has a body.
    #[track_caller]
    pub fn reply(&mut self) -> Reply {
        self.read_reply(false).unwrap()
    }

    /// Reads a reply that has no body whatever its Content-Length.
    #[track_caller]
    pub fn head(&mut self) -> Reply {
        self.read_reply(true).unwrap()
    }

    fn read_reply(&mut self, head_only: bool) -> io::Result<Reply> {
        let end = loop {
            let at = self.read.windows(4).position(|w| w == b"\r\n\r\n");
            if let Some(at) = at {
                break at + 4;
            }
            self.more()?;
        };
        let head = String::from_utf8(self.read.drain(..end).collect()).unwrap();
        let status = head[9..12].parse().unwrap();
        let mut reply = Reply {
            status,
            head,
            body: Vec::new(),
        };
        if status != 100 {
            // Each reply, whatever is asked for and however wrongly.
            let cache = reply.header("Cache-Control");
            assert_eq!(cache, Some("no-store"), "{}", reply.head);
        }
        if !head_only && status != 100 {
            let length = reply.header("Content-Length").expect("a length");
            let length = length.parse().unwrap();
            while self.read.len() < length {
                self.more()?;
            }
            reply.body = self.read.drain(..length).collect();
        }
        Ok(reply)
    }

    fn more(&mut self) -> io::Result<()> {
        let mut chunk = [0; 64 * 1024];
        let count = loop {
            match self.stream.read(&mut chunk) {
                // Where there is a timeout, a process that was stopped for a
                // moment is told so.
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                result => break result?,
            }
        };
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.read.extend_from_slice(&chunk[..count]);
        Ok(())
    }

    /// Reads to the end of the connection.
    pub fn rest(&mut self) -> io::Result<Vec<u8>> {
        loop {
            match self.more() {
                Ok(()) => {}
                Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => {
                    return Ok(std::mem::take(&mut self.read));
                }
                Err(e) => return Err(e),
            }
        }
    }

    /// The server has ended the connection, and had sent nothing more.
    #[track_caller]
    pub fn expect_end(&mut self) {
        let rest = self.rest().unwrap();
        assert_eq!(String::from_utf8_lossy(&rest), "");
    }

    /// Nothing comes within the time.
    #[track_caller]
    pub fn expect_silence(&mut self, time: Duration) {
        self.stream.set_read_timeout(Some(time)).unwrap();
        let kind = self.more().expect_err("something came").kind();
        let timeouts = [io::ErrorKind::WouldBlock, io::ErrorKind::TimedOut];
        assert!(timeouts.contains(&kind), "{kind}");
        self.stream.set_read_timeout(Some(LONG)).unwrap();
    }
}

/// The program that cargo is configured to run this platform's programs with,
/// and its arguments: an emulator, for tests of another processor's build.
/// What such a build starts has to be started in the same way.
#[cfg(unix)]
pub fn runner() -> Vec<String> {
    let start = format!("CARGO_TARGET_{}_", std::env::consts::ARCH);
    let start = start.to_uppercase();
    let mut variables = std::env::vars();
    let runner = variables
        .find(|(name, _)| name.starts_with(&start) && name.ends_with("_RUNNER"))
        .map(|(_, value)| value)
        .unwrap_or_default();
    runner.split_whitespace().map(str::to_owned).collect()
}

/// Programs start each other as they are.
#[cfg(not(unix))]
pub fn runner() -> Vec<String> {
    Vec::new()
}

/// A command that runs the program with those arguments.
pub fn command(program: &str, arguments: &[&str]) -> Command {
    let mut words = runner();
    words.push(program.to_owned());
    words.extend(arguments.iter().map(|&word| word.to_owned()));
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]);
    command
}

/// A sequence of numbers that is the same each time.
pub struct Numbers(pub u64);

impl Numbers {
    /// The next one, below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        // xorshift64*; Vigna, 2016.
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let high = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32;
        high as usize % end
    }
}

/// Waits until `condition` holds; fails after [`LONG`].
#[track_caller]
pub fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    let start = std::time::Instant::now();
    while !condition() {
        assert!(start.elapsed() < LONG, "not within {LONG:?}: {what}");
        thread::sleep(Duration::from_millis(2));
    }
}
