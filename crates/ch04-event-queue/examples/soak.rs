//! Many connections for a long time: does anything grow? Run it with
//! `cargo run --release --example soak [CONNECTIONS] [SECONDS]`; without
//! arguments, that is 10,000 for 60 seconds. The numbers come from `/proc`, so
//! it is for Linux only.
//!
//! The slow server runs in a child process, which is this program again, so
//! that each process needs only one end of every connection.

use ch04_event_queue::net::TcpStream;
use ch04_event_queue::{Events, Interest, Poll, Token};
use delay_server::DelayServer;
use std::error::Error;
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use testing::println;

type Outcome<T> = Result<T, Box<dyn Error>>;

/// What each connection asks for, again and again.
const REQUEST: &[u8] = b"GET /500/soak HTTP/1.1\r\nHost: soak\r\n\r\n";

/// A connection, and how much of a reply has come. All replies are equal.
struct Client {
    stream: TcpStream,
    sent: usize,
    reply: Vec<u8>,
}

impl Client {
    /// Does what can be done without waiting; returns how many replies were
    /// completed.
    fn advance(&mut self, length: usize) -> io::Result<usize> {
        let mut completed = 0;
        loop {
            let result = if self.sent < REQUEST.len() {
                let rest = &REQUEST[self.sent..];
                self.stream.write(rest).map(|n| self.sent += n)
            } else {
                let mut room = [0; 1024];
                self.stream.read(&mut room).and_then(|n| match n {
                    0 => Err(ErrorKind::UnexpectedEof.into()),
                    n => {
                        self.reply.extend_from_slice(&room[..n]);
                        Ok(())
                    }
                })
            };
            match result {
                Ok(()) => {}
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) if e.kind() == ErrorKind::WouldBlock => {
                    return Ok(completed);
                }
                // Not connected yet: writable will be an event.
                Err(e) if e.kind() == ErrorKind::NotConnected => {
                    return Ok(completed);
                }
                Err(error) => return Err(error),
            }
            if self.reply.len() >= length {
                self.reply.clear();
                self.sent = 0;
                completed += 1;
            }
        }
    }
}

/// Runs `count` connections for `time`, and writes down what they used.
fn soak(
    server: SocketAddr,
    count: usize,
    time: Duration,
    mut out: impl Write,
) -> Outcome<()> {
    let length = reply_length(server)?;
    let before = usage();
    let mut poll = Poll::new()?;
    let mut clients = Vec::with_capacity(count);
    for index in 0..count {
        let mut stream = TcpStream::connect(server)?;
        let both = Interest::READABLE | Interest::WRITABLE;
        poll.registry().register(&mut stream, Token(index), both)?;
        clients.push(Client {
            stream,
            sent: 0,
            reply: Vec::new(),
        });
    }
    let (start, mut replies) = (Instant::now(), 0_usize);
    let mut events = Events::with_capacity(1024);
    let mut after_a_sixth = None;
    while start.elapsed() < time {
        match poll.poll(&mut events, Some(Duration::from_millis(100))) {
            Err(e) if e.kind() == ErrorKind::Interrupted => continue,
            result => result?,
        }
        for event in &events {
            replies += clients[event.token().0].advance(length)?;
        }
        if after_a_sixth.is_none() && start.elapsed() > time / 6 {
            after_a_sixth = Some(usage());
        }
    }
    let end = usage();
    drop(clients);
    drop(poll);
    let closed = usage();
    let after_a_sixth = after_a_sixth.unwrap_or(end);
    writeln!(out, "{count} connections, {} s", time.as_secs_f64())?;
    writeln!(out, "replies: {replies}")?;
    writeln!(out, "descriptors before:     {}", before.0)?;
    writeln!(out, "descriptors at a sixth: {}", after_a_sixth.0)?;
    writeln!(out, "descriptors at the end: {}", end.0)?;
    writeln!(out, "descriptors closed:     {}", closed.0)?;
    writeln!(out, "memory at a sixth: {} KiB", after_a_sixth.1)?;
    writeln!(out, "memory at the end: {} KiB", end.1)?;
    Ok(())
}

/// The length of a reply, by asking once and closing.
fn reply_length(server: SocketAddr) -> io::Result<usize> {
    let mut stream = std::net::TcpStream::connect(server)?;
    stream.write_all(REQUEST)?;
    stream.shutdown(std::net::Shutdown::Write)?;
    let mut reply = Vec::new();
    stream.read_to_end(&mut reply)
}

/// Open descriptors, and resident memory in KiB; zeroes where there is no
/// `/proc`.
fn usage() -> (usize, u64) {
    let open = std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count);
    let status = std::fs::read_to_string("/proc/self/status");
    let memory = status.ok().and_then(|status| {
        let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
        line.split_whitespace().nth(1)?.parse().ok()
    });
    (open, memory.unwrap_or(0))
}

/// The child: prints its address, and serves until its input ends.
fn serve() -> Outcome<()> {
    delay_server::raise_descriptor_limit()?;
    let server = DelayServer::builder().record_limit(0).start()?;
    println!("{}", server.addr());
    io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.first().is_some_and(|first| first == "serve") {
        return serve();
    }
    let number = |index: usize, default: u64| -> Outcome<u64> {
        match arguments.get(index) {
            None => Ok(default),
            Some(text) => Ok(text.parse().map_err(|_| {
                format!("{text:?} is not a number: [CONNECTIONS] [SECONDS]")
            })?),
        }
    };
    let (count, seconds) = (number(0, 10_000)?, number(1, 60)?);
    delay_server::raise_descriptor_limit()?;
    let mut child = Command::new(std::env::current_exe()?)
        .arg("serve")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut line = String::new();
    let output = child.stdout.take().ok_or("the server has no output")?;
    BufReader::new(output).read_line(&mut line)?;
    let time = Duration::from_secs(seconds);
    let count = usize::try_from(count)?;
    let result = soak(line.trim().parse()?, count, time, io::stdout());
    // The end of its input ends the child, whatever has happened.
    drop(child.stdin.take());
    child.wait()?;
    result
}

#[test]
#[cfg_attr(event_queue_kqueue, ignore = "libkqueue: one filter a descriptor")]
fn runs() -> Outcome<()> {
    let server = DelayServer::start()?;
    let mut output = Vec::new();
    let time = Duration::from_millis(1_300);
    soak(server.addr(), 8, time, &mut output)?;
    let output = String::from_utf8_lossy(&output);
    let replies = output
        .lines()
        .find_map(|line| line.strip_prefix("replies: "));
    let replies: usize = replies.ok_or("no replies")?.parse()?;
    // Half a second each: at most three for each, at least one.
    assert!((8..=24).contains(&replies), "{output}");
    Ok(())
}
