//! Servers that send back what they receive, and their clients.

use super::queue::net::{TcpListener, TcpStream, UdpSocket};
use super::queue::{Events, Interest, Poll, Token};
use super::{
    Connection, LISTENER, Seen, accept_all, local, unless_it_blocks, wait,
};
use std::collections::HashMap;
use std::io::ErrorKind;
use std::net::{Shutdown, SocketAddr};
use std::thread;
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
