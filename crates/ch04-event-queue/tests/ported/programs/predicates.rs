//! What events report, in detail.

use super::queue::net::TcpStream;
use super::queue::{Events, Interest, Poll, Token};
use super::{Seen, local, show_one};
use std::io::{self, ErrorKind, Read, Write};
use std::net::Shutdown;
use std::thread;
use std::time::Duration;
/// What the events of one socket report, step by step, each after a pause in
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
        // Several waits: not every backend reports everything in one wait, or
        // something in every wait.
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
        there.read_exact(&mut [0; 1])?; // otherwise the end would be a reset
        there.shutdown(Shutdown::Write)?;
    }
    look(&mut poll, "the end")?;
    let state = drain(&here)?;
    look(&mut poll, state)?;
    drop(there.take());
    look(&mut poll, "gone")?;
    Ok(seen)
}
