//! Stage 5 of chapter 4: the finished library, on every platform. One thread
//! fetches five slow pages, and no call blocks but the one that waits.

use ch04_event_queue::net::TcpStream;
use ch04_event_queue::{Events, Interest, Poll, Registry, Token};
use delay_server::DelayServer;
use std::error::Error;
use std::io::{self, ErrorKind, Read, Write};
use std::net::SocketAddr;
use testing::println;

// ANCHOR: states
/// One request and its reply. Its state is what it waits for.
struct Exchange {
    stream: TcpStream,
    state: State,
    bytes: Vec<u8>,
}

enum State {
    /// Waits until writable: for the connection.
    Connecting,
    /// Waits until writable: to send the rest of the request in `bytes`.
    Sending,
    /// Waits until readable: for more of the reply, into `bytes`.
    Receiving,
    /// Waits for nothing. The reply in `bytes` is complete.
    Done,
}
// ANCHOR_END: states

// ANCHOR: begin
impl Exchange {
    /// Begins to connect, and registers the connection under `token`.
    fn begin(
        server: SocketAddr,
        target: &str,
        registry: &Registry,
        token: Token,
    ) -> io::Result<Self> {
        let mut stream = TcpStream::connect(server)?;
        let both = Interest::READABLE | Interest::WRITABLE;
        registry.register(&mut stream, token, both)?;
        let head = format!("GET {target} HTTP/1.1\r\nHost: {server}\r\n");
        let request = format!("{head}Connection: close\r\n\r\n");
        let (state, bytes) = (State::Connecting, request.into_bytes());
        Ok(Self {
            stream,
            state,
            bytes,
        })
    }
}
// ANCHOR_END: begin

// ANCHOR: go_on
impl Exchange {
    /// Does everything that can be done without waiting.
    fn advance(&mut self) -> io::Result<()> {
        match self.steps() {
            // The state stays as it is, and an event will come.
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(()),
            result => result,
        }
    }
}
// ANCHOR_END: go_on

impl Exchange {
    // ANCHOR: steps
    fn steps(&mut self) -> io::Result<()> {
        loop {
            match self.state {
                State::Connecting => {
                    // Refused? Then the socket holds the error.
                    self.stream.take_error()?.map_or(Ok(()), Err)?;
                    match self.stream.peer_addr() {
                        Ok(_) => self.state = State::Sending,
                        Err(e) if e.kind() == ErrorKind::NotConnected => {
                            return Ok(()); // not known yet
                        }
                        Err(error) => return Err(error),
                    }
                }
                State::Sending => {
                    match patiently(|| self.stream.write(&self.bytes))? {
                        0 => return Err(ErrorKind::WriteZero.into()),
                        sent => drop(self.bytes.drain(..sent)),
                    }
                    if self.bytes.is_empty() {
                        self.state = State::Receiving;
                    }
                }
                State::Receiving => {
                    let mut room = [0; 1024];
                    match patiently(|| self.stream.read(&mut room))? {
                        0 => self.state = State::Done,
                        n => self.bytes.extend_from_slice(&room[..n]),
                    }
                }
                State::Done => return Ok(()),
            }
        }
    }
    // ANCHOR_END: steps
}

/// Repeats a call that a signal interrupted.
fn patiently<R>(mut call: impl FnMut() -> io::Result<R>) -> io::Result<R> {
    loop {
        match call() {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

// ANCHOR: fetch
/// Asks `server` for all `targets` at once, and calls `answered` with the
/// index of a target and its reply as soon as that is complete.
fn fetch(
    server: SocketAddr,
    targets: &[&str],
    mut answered: impl FnMut(usize, &[u8]),
) -> io::Result<()> {
    let mut poll = Poll::new()?;
    let mut exchanges = Vec::new();
    for (index, target) in targets.iter().enumerate() {
        let (registry, token) = (poll.registry(), Token(index));
        let exchange = Exchange::begin(server, target, registry, token)?;
        exchanges.push(exchange);
    }
    let mut events = Events::with_capacity(8);
    let mut waiting = targets.len();
    while waiting > 0 {
        patiently(|| poll.poll(&mut events, None))?;
        for event in &events {
            let Token(index) = event.token();
            let exchange = &mut exchanges[index];
            if matches!(exchange.state, State::Done) {
                continue; // on kqueue, reading and writing are apart
            }
            exchange.advance()?;
            if matches!(exchange.state, State::Done) {
                poll.registry().deregister(&mut exchange.stream)?;
                answered(index, &exchange.bytes);
                waiting -= 1;
            }
        }
    }
    Ok(())
}
// ANCHOR_END: fetch

fn run() -> Result<String, Box<dyn Error>> {
    let server = DelayServer::start()?;
    let targets = ["/300/a", "/100/b", "/500/c", "/200/d", "/400/e"];
    let mut output = format!("asked for {}", targets.join(", "));
    fetch(server.addr(), &targets, |index, reply| {
        let text = String::from_utf8_lossy(reply);
        let body = text.rsplit("\r\n").next().unwrap_or_default();
        output += &format!("\n{} is answered: {body}", targets[index]);
    })?;
    Ok(output)
}

fn main() -> Result<(), Box<dyn Error>> {
    println!("{}", run()?);
    Ok(())
}

#[test]
#[cfg_attr(event_queue_kqueue, ignore = "libkqueue: one filter a descriptor")]
fn runs() -> Result<(), Box<dyn Error>> {
    let expected = "asked for /300/a, /100/b, /500/c, /200/d, /400/e\n\
         /100/b is answered: b\n\
         /200/d is answered: d\n\
         /300/a is answered: a\n\
         /400/e is answered: e\n\
         /500/c is answered: c";
    assert_eq!(run()?, expected);
    Ok(())
}
