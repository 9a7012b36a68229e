//! A server that passes on what each of its clients sends.

use super::queue::net::{TcpListener, TcpStream};
use super::queue::{Events, Interest, Poll, Token};
use super::{Connection, LISTENER, Seen, accept_all, local, wait};
use std::collections::HashMap;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::thread;
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

    /// Waits until each client has received this many lines.
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
                // Writable means connected: send what is waiting.
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

/// A chat of many clients: they join one after the other, and then each in turn
/// sends a line, which the others receive before the next one sends.
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
