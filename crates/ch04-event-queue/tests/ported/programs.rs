//! Small programs for mio. This file is compiled twice: `queue` is mio the
//! first time and this chapter's crate the second time, and nothing else
//! differs. Each returns what it has seen.

#![cfg_attr(
    event_queue_kqueue,
    allow(dead_code, reason = "not all of them are run")
)]

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

/// One wait, as programs for mio do it: taken up again after a signal, and in
/// these tests never without end.
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

/// A connection with what is still to be sent.
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

    /// Reads what is there. Is it the end?
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

    /// Sends what there is room for.
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

/// An echo server for `clients` connections, one after the other or at once.
fn echo_server(listener: TcpListener, clients: usize) -> Seen {
    let mut listener = listener;
    let mut poll = Poll::new()?;
    let mut events = Events::with_capacity(3); // fewer than there are
    let (mut connections, mut next) = (HashMap::new(), 0);
    let registry = poll.registry().try_clone()?;
    registry.register(&mut listener, LISTENER, Interest::READABLE)?;
    let mut seen = Vec::new();
    while seen.len() < clients {
        wait(&mut poll, &mut events)?;
        for event in events.iter() {
            if event.token() == LISTENER {
                accept_all(&listener, &registry, &mut connections, &mut next)?;
                continue;
            }
            let token = event.token();
            let Some(connection) = connections.get_mut(&token) else {
                continue;
            };
            let mut all = Vec::new();
            let end = connection.read(&mut all)?;
            connection.out.extend(all);
            connection.flush()?;
            if end && connection.out.is_empty() {
                registry.deregister(&mut connection.stream)?;
                let total = connection.total;
                connections.remove(&token);
                seen.push(format!("server: {total} bytes"));
            }
        }
    }
    seen.sort();
    Ok(seen)
}

/// Sends `bytes`, then ends its side, and reads until the other side ends.
fn echo_client(address: SocketAddr, bytes: Vec<u8>) -> Seen {
    let mut poll = Poll::new()?;
    let mut events = Events::with_capacity(16);
    let mut stream = TcpStream::connect(address)?;
    let both = Interest::READABLE.add(Interest::WRITABLE);
    poll.registry().register(&mut stream, Token(0), both)?;
    let length = bytes.len();
    let mut connection = Connection::new(stream);
    connection.out = bytes.clone();
    let (mut all, mut connected, mut ended) = (Vec::new(), false, false);
    loop {
        wait(&mut poll, &mut events)?;
        if !connected {
            if let Some(error) = connection.stream.take_error()? {
                return Err(error);
            }
            match connection.stream.peer_addr() {
                Ok(_) => connected = true,
                Err(e) if e.kind() == ErrorKind::NotConnected => continue,
                Err(error) => return Err(error),
            }
        }
        connection.flush()?;
        if connection.out.is_empty() && !ended {
            ended = true;
            connection.stream.shutdown(Shutdown::Write)?;
        }
        if connection.read(&mut all)? {
            let same = all == bytes;
            return Ok(vec![format!("client: {length} back, same {same}")]);
        }
    }
}

/// TCP echo, server and clients.
pub fn tcp_echo() -> Seen {
    let sizes = [1, 1_000, 100_000, 3_000_000];
    let listener = TcpListener::bind(local())?;
    let address = listener.local_addr()?;
    let server = thread::spawn(move || echo_server(listener, sizes.len()));
    let clients: Vec<_> = sizes
        .into_iter()
        .map(|size| {
            let bytes = (0..size).map(|n| (n % 251) as u8).collect();
            thread::spawn(move || echo_client(address, bytes))
        })
        .collect();
    let mut seen = Vec::new();
    for thread in clients.into_iter().chain([server]) {
        seen.extend(thread.join().expect("it does not panic")?);
    }
    Ok(seen)
}

/// UDP echo.
pub fn udp_echo() -> Seen {
    const SERVER: Token = Token(0);
    const CLIENT: Token = Token(1);
    let mut poll = Poll::new()?;
    let mut events = Events::with_capacity(16);
    let mut server = UdpSocket::bind(local())?;
    let mut client = UdpSocket::bind(local())?;
    client.connect(server.local_addr()?)?;
    let readable = Interest::READABLE;
    poll.registry().register(&mut server, SERVER, readable)?;
    let both = Interest::READABLE | Interest::WRITABLE;
    poll.registry().register(&mut client, CLIENT, both)?;
    let words = ["alpha", "", "gamma"];
    let (mut sent, mut seen) = (0, Vec::new());
    let mut room = [0; 100];
    loop {
        wait(&mut poll, &mut events)?;
        for event in &events {
            if event.token() == SERVER {
                while let Some((length, from)) =
                    unless_it_blocks(server.recv_from(&mut room))?
                {
                    let known = from == client.local_addr()?;
                    seen.push(format!("server: {length}, known {known}"));
                    server.send_to(&room[..length], from)?;
                }
                continue;
            }
            while let Some(length) = unless_it_blocks(client.recv(&mut room))? {
                let word = String::from_utf8_lossy(&room[..length]);
                seen.push(format!("client: {word:?}"));
                if sent == words.len() {
                    return Ok(seen);
                }
                client.send(words[sent].as_bytes())?;
                sent += 1;
            }
            if sent == 0 && event.is_writable() {
                client.send(words[sent].as_bytes())?;
                sent += 1;
            }
        }
    }
}

/// Each line of a client goes to all others.
fn chat_server(listener: TcpListener, clients: usize) -> io::Result<()> {
    let mut listener = listener;
    let mut poll = Poll::new()?;
    let mut events = Events::with_capacity(4);
    let registry = poll.registry().try_clone()?;
    registry.register(&mut listener, LISTENER, Interest::READABLE)?;
    let mut connections: HashMap<Token, Connection> = HashMap::new();
    let (mut next, mut gone) = (0, 0);
    while gone < clients {
        wait(&mut poll, &mut events)?;
        for event in &events {
            if event.token() == LISTENER {
                let new = accept_all(
                    &listener,
                    &registry,
                    &mut connections,
                    &mut next,
                )?;
                for token in new {
                    let welcome = format!("welcome {}\n", token.0);
                    let connection = connections.get_mut(&token);
                    let connection = connection.expect("it is new");
                    connection.out.extend(welcome.into_bytes());
                    connection.flush()?;
                }
                continue;
            }
            let token = event.token();
            let Some(connection) = connections.get_mut(&token) else {
                continue;
            };
            let mut line = Vec::new();
            if connection.read(&mut line)? {
                registry.deregister(&mut connection.stream)?;
                connections.remove(&token);
                gone += 1;
            }
            for (other, connection) in &mut connections {
                if *other != token {
                    connection.out.extend(&line);
                }
                connection.flush()?;
            }
        }
    }
    Ok(())
}

/// All clients of a chat, on one queue.
struct Clients {
    poll: Poll,
    events: Events,
    clients: Vec<Connection>,
    heard: Vec<Vec<u8>>,
}

impl Clients {
    fn join(&mut self, address: SocketAddr) -> io::Result<()> {
        let mut stream = TcpStream::connect(address)?;
        let token = Token(self.clients.len());
        let both = Interest::READABLE | Interest::WRITABLE;
        self.poll.registry().register(&mut stream, token, both)?;
        self.clients.push(Connection::new(stream));
        self.heard.push(Vec::new());
        Ok(())
    }

    /// Waits until each client has heard so many lines.
    fn hear(&mut self, counts: &[usize]) -> io::Result<()> {
        let lines =
            |bytes: &[u8]| bytes.iter().filter(|b| **b == b'\n').count();
        loop {
            let mut all = self.heard.iter().zip(counts);
            if all.all(|(bytes, count)| lines(bytes) >= *count) {
                return Ok(());
            }
            wait(&mut self.poll, &mut self.events)?;
            for event in &self.events {
                let Token(index) = event.token();
                let client = &mut self.clients[index];
                // Writable: connected. What is to be sent can go.
                client.flush().or_else(|error| match error.kind() {
                    ErrorKind::NotConnected => Ok(()),
                    _ => Err(error),
                })?;
                if event.is_readable() {
                    client.read(&mut self.heard[index])?;
                }
            }
        }
    }
}

/// A chat of many: they join one after the other, then each in turn says a
/// line, which the others hear before the next one speaks.
pub fn chat() -> Seen {
    const CLIENTS: usize = 20;
    let listener = TcpListener::bind(local())?;
    let address = listener.local_addr()?;
    let server = thread::spawn(move || chat_server(listener, CLIENTS));
    let mut all = Clients {
        poll: Poll::new()?,
        events: Events::with_capacity(8),
        clients: Vec::new(),
        heard: Vec::new(),
    };
    let mut counts = Vec::new();
    for _ in 0..CLIENTS {
        all.join(address)?;
        counts.push(1);
        all.hear(&counts)?;
    }
    for speaker in 0..CLIENTS {
        let line = format!("{speaker} says hello\n");
        let client = &mut all.clients[speaker];
        client.out.extend(line.into_bytes());
        client.flush()?;
        for (listener, count) in counts.iter_mut().enumerate() {
            *count += usize::from(listener != speaker);
        }
        all.hear(&counts)?;
    }
    let heard = all.heard.iter();
    let seen = heard.map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    let seen = seen.collect();
    drop(all);
    server.join().expect("it does not panic")?;
    Ok(seen)
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
    // They can be up to five events. Then it is quiet.
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

/// Begins to connect, and says how it ended.
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

/// Ends one direction, and goes on with the other.
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

/// All that an event says.
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

/// What the events of one socket say, step by step, each after a pause in
/// which everything arrives.
pub fn predicates() -> Seen {
    let listener = std::net::TcpListener::bind(local())?;
    let there = std::net::TcpStream::connect(listener.local_addr()?)?;
    there.set_nodelay(true)?;
    let mut there = Some(there);
    let (here, _) = listener.accept()?;
    here.set_nonblocking(true)?;
    let mut here = TcpStream::from_std(here);
    let mut poll = Poll::new()?;
    let mut events = Events::with_capacity(16);
    let mut seen = Vec::new();
    let mut look = |poll: &mut Poll, step: &str| {
        thread::sleep(Duration::from_millis(30));
        let mut all = Vec::new();
        // Several waits: not all backends have all events in one, or
        // something in each.
        for _ in 0..3 {
            poll.poll(&mut events, Some(Duration::from_millis(30)))?;
            all.extend(events.iter().map(show_one));
        }
        seen.push(format!("{step}: {all:?}"));
        io::Result::Ok(())
    };
    let drain = |mut stream: &TcpStream| loop {
        match stream.read(&mut [0; 16]) {
            Ok(0) => return io::Result::Ok("end"),
            Ok(_) => {}
            Err(e) if e.kind() == ErrorKind::WouldBlock => return Ok("open"),
            Err(error) => return Err(error),
        }
    };
    let both = Interest::READABLE | Interest::WRITABLE;
    poll.registry().register(&mut here, Token(1), both)?;
    look(&mut poll, "registered")?;
    drain(&here)?;
    look(&mut poll, "would block")?;
    if let Some(there) = &mut there {
        there.write_all(b"abc")?;
    }
    look(&mut poll, "3 bytes")?;
    here.read_exact(&mut [0; 1])?;
    look(&mut poll, "1 read")?;
    let registry = poll.registry();
    registry.reregister(&mut here, Token(2), Interest::READABLE)?;
    look(&mut poll, "reregistered")?;
    drain(&here)?;
    look(&mut poll, "drained")?;
    poll.registry().deregister(&mut here)?;
    if let Some(there) = &mut there {
        there.write_all(b"abc")?;
    }
    look(&mut poll, "deregistered")?;
    poll.registry().register(&mut here, Token(3), both)?;
    look(&mut poll, "registered again")?;
    drain(&here)?;
    here.write_all(b"x")?;
    look(&mut poll, "drained and written")?;
    if let Some(there) = &mut there {
        there.read_exact(&mut [0; 1])?; // or the end would be a reset
        there.shutdown(Shutdown::Write)?;
    }
    look(&mut poll, "the end")?;
    let state = drain(&here)?;
    look(&mut poll, state)?;
    drop(there.take());
    look(&mut poll, "gone")?;
    Ok(seen)
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
