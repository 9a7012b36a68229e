//! Small programs for mio. This file and those below it are compiled twice:
//! `queue` is mio the first time and this chapter's crate the second time, and
//! nothing else differs. Each returns what it saw.

#![cfg_attr(
    event_queue_kqueue,
    allow(dead_code, unused_imports, reason = "not all of them are run")
)]

mod chat;
mod echo;
mod predicates;

pub use chat::chat;
pub use echo::{tcp_echo, udp_echo};
pub use predicates::predicates;

use super::queue;
use queue::event::{Event, Source};
use queue::net::{TcpListener, TcpStream, UdpSocket};
use queue::{Events, Interest, Poll, Registry, Token, Waker};
use std::collections::HashMap;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr};
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

type Seen = io::Result<Vec<String>>;

const LISTENER: Token = Token(usize::MAX);
const PATIENCE: Option<Duration> = Some(Duration::from_secs(20));

fn local() -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, 0))
}

/// One wait, as in programs for mio: repeated after a signal, and in these
/// tests always with a timeout.
fn wait(poll: &mut Poll, events: &mut Events) -> io::Result<()> {
    loop {
        match poll.poll(events, PATIENCE) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
            Ok(()) if events.is_empty() => {
                return Err(ErrorKind::TimedOut.into());
            }
            Ok(()) => return Ok(()),
        }
    }
}

/// `None` if it would block.
fn unless_it_blocks<R>(result: io::Result<R>) -> io::Result<Option<R>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(None),
        Err(error) => Err(error),
    }
}

/// Everything that an event reports.
fn show_one(event: &Event) -> String {
    let predicates = [
        ("readable", event.is_readable()),
        ("writable", event.is_writable()),
        ("error", event.is_error()),
        ("read closed", event.is_read_closed()),
        ("write closed", event.is_write_closed()),
        ("priority", event.is_priority()),
        ("aio", event.is_aio()),
        ("lio", event.is_lio()),
    ];
    let set = predicates.iter().filter(|(_, set)| *set);
    let names: Vec<_> = set.map(|(name, _)| *name).collect();
    format!("{} {}", event.token().0, names.join("+"))
}

fn show(events: &Events) -> String {
    let mut all: Vec<_> = events.iter().map(show_one).collect();
    all.sort();
    format!("{all:?}")
}

/// A connection, and what still has to be sent on it.
struct Connection {
    stream: TcpStream,
    out: Vec<u8>,
    total: usize,
}

impl Connection {
    fn new(stream: TcpStream) -> Self {
        let out = Vec::new();
        Self {
            stream,
            out,
            total: 0,
        }
    }

    /// Reads what is there. Is that the end?
    fn read(&mut self, all: &mut Vec<u8>) -> io::Result<bool> {
        let mut room = [0; 1000];
        loop {
            match unless_it_blocks(self.stream.read(&mut room))? {
                Some(0) => return Ok(true),
                Some(count) => {
                    all.extend_from_slice(&room[..count]);
                    self.total += count;
                }
                None => return Ok(false),
            }
        }
    }

    /// Sends as much as there is room for.
    fn flush(&mut self) -> io::Result<()> {
        while !self.out.is_empty() {
            match unless_it_blocks(self.stream.write(&self.out))? {
                Some(count) => drop(self.out.drain(..count)),
                None => return Ok(()),
            }
        }
        Ok(())
    }
}

fn accept_all(
    listener: &TcpListener,
    registry: &Registry,
    connections: &mut HashMap<Token, Connection>,
    next: &mut usize,
) -> io::Result<Vec<Token>> {
    let mut new = Vec::new();
    while let Some((mut stream, _)) = unless_it_blocks(listener.accept())? {
        let token = Token(*next);
        *next += 1;
        let both = Interest::READABLE | Interest::WRITABLE;
        registry.register(&mut stream, token, both)?;
        connections.insert(token, Connection::new(stream));
        new.push(token);
    }
    Ok(new)
}

/// Jobs for a thread that waits, from threads that work.
pub fn wake() -> Seen {
    const WAKER: Token = Token(10);
    let mut poll = Poll::new()?;
    let mut events = Events::with_capacity(2);
    let waker = Arc::new(Waker::new(poll.registry(), WAKER)?);
    let mut seen = Vec::new();
    for _ in 0..5 {
        waker.wake()?;
    }
    wait(&mut poll, &mut events)?;
    let first = events.iter().next().map(show_one);
    seen.push(format!("5 wakes: {first:?}"));
    // There can be up to five events. Then it is quiet.
    let short = Some(Duration::from_millis(30));
    let mut most = 5;
    while !events.is_empty() && most > 0 {
        poll.poll(&mut events, short)?;
        most -= 1;
    }
    seen.push(format!("and then: {}", show(&events)));
    let (sender, jobs) = channel();
    let threads: Vec<_> = (0..4)
        .map(|thread| {
            let (sender, waker) = (sender.clone(), Arc::clone(&waker));
            thread::spawn(move || {
                for job in 0..10 {
                    sender.send(thread * 10 + job).expect("it waits");
                    waker.wake()?;
                }
                io::Result::Ok(())
            })
        })
        .collect();
    let mut done = Vec::new();
    while done.len() < 40 {
        wait(&mut poll, &mut events)?;
        for event in events.iter() {
            assert_eq!(event.token(), WAKER);
            assert!(event.is_readable());
        }
        done.extend(jobs.try_iter());
    }
    for thread in threads {
        thread.join().expect("it does not panic")?;
    }
    done.sort_unstable();
    seen.push(format!("{done:?}"));
    Ok(seen)
}

/// Begins to connect, and returns how it ended.
fn try_to_connect(address: SocketAddr) -> Seen {
    let mut stream = match TcpStream::connect(address) {
        Ok(stream) => stream,
        Err(error) => return Ok(vec![format!("failed: {:?}", error.kind())]),
    };
    let mut poll = Poll::new()?;
    let mut events = Events::with_capacity(16);
    let writable = Interest::WRITABLE;
    poll.registry().register(&mut stream, Token(1), writable)?;
    loop {
        wait(&mut poll, &mut events)?;
        let shown = show(&events);
        if let Some(error) = stream.take_error()? {
            return Ok(vec![format!("{shown}: {:?}", error.kind())]);
        }
        match stream.peer_addr() {
            Ok(peer) => {
                let right = peer == address;
                return Ok(vec![format!("{shown}: right peer {right}")]);
            }
            Err(error) if error.kind() == ErrorKind::NotConnected => {}
            Err(error) => return Err(error),
        }
    }
}

/// Connections without waiting: to a port that accepts, and to one that does
/// not.
pub fn connect() -> Seen {
    let listener = TcpListener::bind(local())?;
    let address = listener.local_addr()?;
    let mut seen = try_to_connect(address)?;
    drop(listener);
    seen.extend(try_to_connect(address)?);
    Ok(seen)
}

/// Ends one direction, and continues with the other.
pub fn half_close() -> Seen {
    const CLIENT: Token = Token(0);
    const SERVER: Token = Token(1);
    let listener = std::net::TcpListener::bind(local())?;
    let client = std::net::TcpStream::connect(listener.local_addr()?)?;
    let (server, _) = listener.accept()?;
    client.set_nonblocking(true)?;
    server.set_nonblocking(true)?;
    let mut client = Connection::new(TcpStream::from_std(client));
    let mut server = Connection::new(TcpStream::from_std(server));
    let mut poll = Poll::new()?;
    let mut events = Events::with_capacity(16);
    let (registry, readable) = (poll.registry(), Interest::READABLE);
    registry.register(&mut client.stream, CLIENT, readable)?;
    registry.register(&mut server.stream, SERVER, readable)?;
    client.out = b"a question".to_vec();
    client.flush()?;
    client.stream.shutdown(Shutdown::Write)?;
    let (mut question, mut answer) = (Vec::new(), Vec::new());
    let mut seen = Vec::new();
    loop {
        wait(&mut poll, &mut events)?;
        for event in events.iter() {
            match event.token() {
                SERVER => {
                    if server.read(&mut question)? && server.total > 0 {
                        let text = String::from_utf8_lossy(&question);
                        seen.push(format!("server: {text:?}, then the end"));
                        server.out = question.to_ascii_uppercase();
                        server.flush()?;
                        server.stream.shutdown(Shutdown::Write)?;
                        server.total = 0; // answered
                    }
                }
                _ => {
                    if client.read(&mut answer)? {
                        let text = String::from_utf8_lossy(&answer);
                        seen.push(format!("client: {text:?}, then the end"));
                        return Ok(seen);
                    }
                }
            }
        }
    }
}

/// A source of the program's own, and the errors of registering.
pub fn registering() -> Seen {
    struct Own(UdpSocket);
    impl Source for Own {
        fn register(
            &mut self,
            registry: &Registry,
            token: Token,
            interests: Interest,
        ) -> io::Result<()> {
            self.0.register(registry, token, interests)
        }

        fn reregister(
            &mut self,
            registry: &Registry,
            token: Token,
            interests: Interest,
        ) -> io::Result<()> {
            self.0.reregister(registry, token, interests)
        }

        fn deregister(&mut self, registry: &Registry) -> io::Result<()> {
            self.0.deregister(registry)
        }
    }

    fn kind(result: io::Result<()>) -> String {
        format!("{:?}", result.map_err(|error| error.kind()))
    }

    let poll = Poll::new()?;
    let registry = poll.registry();
    let mut own = Own(UdpSocket::bind(local())?);
    let mut seen = Vec::new();
    let readable = Interest::READABLE;
    seen.push(kind(registry.deregister(&mut own)));
    seen.push(kind(registry.reregister(&mut own, Token(1), readable)));
    seen.push(kind(registry.register(&mut own, Token(1), readable)));
    seen.push(kind(registry.register(&mut own, Token(1), readable)));
    let mut boxed: Box<dyn Source> = Box::new(UdpSocket::bind(local())?);
    seen.push(kind(registry.register(&mut boxed, Token(1), readable)));
    seen.push(kind(registry.reregister(&mut boxed, Token(1), readable)));
    seen.push(kind(registry.deregister(&mut boxed)));
    seen.push(kind(registry.deregister(&mut boxed)));
    Ok(seen)
}
