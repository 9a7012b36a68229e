//! Break it, chapter 4: a source that reports changes, and a client that
//! behaves as if it reported states. Each wrong version stands beside the
//! mended one; a wait that would last for ever is given up after 300 ms.

use ch04_event_queue::net::TcpStream;
use ch04_event_queue::{Events, Interest, Poll, Token};
use delay_server::DelayServer;
use std::error::Error;
use std::io::{self, ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::time::Duration;
use testing::println;

/// The state of a connection after a read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Now {
    /// More may come, and an event will say so.
    Open,
    /// No more will come, and no event will say so again.
    Ended,
}

/// Reads after an event, appends what it reads, and returns the new state.
type OnReadable = fn(&TcpStream, &mut Vec<u8>) -> io::Result<Now>;

// ANCHOR: read_once
/// Wrong: one read per event.
fn read_once(mut stream: &TcpStream, all: &mut Vec<u8>) -> io::Result<Now> {
    let mut room = [0; 64];
    match stream.read(&mut room) {
        Ok(0) => Ok(Now::Ended),
        Ok(count) => {
            all.extend_from_slice(&room[..count]);
            Ok(Now::Open)
        }
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(Now::Open),
        Err(error) => Err(error),
    }
}
// ANCHOR_END: read_once

// ANCHOR: drain_past_the_end
/// Still wrong: reads until nothing is left, and mistakes the end for that.
fn drain_past_the_end(
    mut stream: &TcpStream,
    all: &mut Vec<u8>,
) -> io::Result<Now> {
    let mut room = [0; 64];
    loop {
        match stream.read(&mut room) {
            Ok(0) => return Ok(Now::Open),
            Ok(count) => all.extend_from_slice(&room[..count]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                return Ok(Now::Open);
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
// ANCHOR_END: drain_past_the_end

// ANCHOR: drain
/// Right: reads until nothing is left, and recognises the end.
fn drain(mut stream: &TcpStream, all: &mut Vec<u8>) -> io::Result<Now> {
    let mut room = [0; 64];
    loop {
        match stream.read(&mut room) {
            Ok(0) => return Ok(Now::Ended),
            Ok(count) => all.extend_from_slice(&room[..count]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                return Ok(Now::Open);
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
// ANCHOR_END: drain

// ANCHOR: download
/// Asks for a reply of `length` bytes, and reports how it ends.
fn download(
    server: SocketAddr,
    target: &str,
    length: usize,
    on_readable: OnReadable,
) -> io::Result<String> {
    let mut stream = std::net::TcpStream::connect(server)?;
    let request = format!("GET {target} HTTP/1.1\r\nHost: {server}\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    stream.set_nonblocking(true)?;
    let mut stream = TcpStream::from_std(stream);
    let mut poll = Poll::new()?;
    poll.registry()
        .register(&mut stream, Token(0), Interest::READABLE)?;

    let (mut events, mut all) = (Events::with_capacity(8), Vec::new());
    let how = loop {
        match poll.poll(&mut events, Some(Duration::from_millis(300))) {
            Err(e) if e.kind() == ErrorKind::Interrupted => continue,
            result => result?,
        }
        if events.is_empty() {
            break "then silence"; // without the timeout: for ever
        }
        let now = on_readable(&stream, &mut all)?;
        if all.len() == length {
            break "complete";
        }
        if now == Now::Ended {
            break "then the end";
        }
    };
    Ok(format!("{} of {length} bytes, {how}", all.len()))
}
// ANCHOR_END: download

// ANCHOR: run
fn run() -> Result<String, Box<dyn Error>> {
    let server = DelayServer::start()?;
    let whole = "/50/edge?size=500";
    let cut_off = "/50/edge?size=500&fault=close-in-the-middle";
    // How long the reply is when nothing goes wrong.
    let length = length_of(server.addr(), whole)?;
    let fetch = |target, way| download(server.addr(), target, length, way);
    Ok(format!(
        "one read per event:    {}\n\
         drained:               {}\n\
         cut off, end missed:   {}\n\
         cut off, end noticed:  {}",
        fetch(whole, read_once)?,
        fetch(whole, drain)?,
        fetch(cut_off, drain_past_the_end)?,
        fetch(cut_off, drain)?,
    ))
}
// ANCHOR_END: run

/// Asks for a reply in the simple way, and counts its bytes.
fn length_of(server: SocketAddr, target: &str) -> io::Result<usize> {
    let mut stream = std::net::TcpStream::connect(server)?;
    let request = format!("GET {target} HTTP/1.1\r\nHost: {server}\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    stream.shutdown(std::net::Shutdown::Write)?; // nothing more to ask
    let mut all = Vec::new();
    stream.read_to_end(&mut all)
}

fn main() -> Result<(), Box<dyn Error>> {
    println!("{}", run()?);
    Ok(())
}

#[test]
fn runs() -> Result<(), Box<dyn Error>> {
    assert_eq!(
        run()?,
        "one read per event:    64 of 630 bytes, then silence\n\
         drained:               630 of 630 bytes, complete\n\
         cut off, end missed:   380 of 630 bytes, then silence\n\
         cut off, end noticed:  380 of 630 bytes, then the end"
    );
    Ok(())
}
