//! Stage 4 of chapter 4: connections that are begun without waiting, one that
//! succeeds and one that is refused, and datagrams. Linux only.

use std::error::Error;
use testing::println;

#[cfg(target_os = "linux")]
mod linux {
    use ch04_event_queue::s2_queue::{Events, Poll};
    use ch04_event_queue::s4_sources::{TcpListener, TcpStream, UdpSocket};
    use ch04_event_queue::{Interest, Token};
    use std::io;
    use std::net::SocketAddr;
    use std::time::{Duration, Instant};

    const ANY: SocketAddr = SocketAddr::new(
        std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST),
        0, // the system chooses a port
    );

    // ANCHOR: try_to_connect
    /// Begins to connect, sleeps until the outcome is known, and reports it.
    pub fn try_to_connect(peer: SocketAddr) -> io::Result<&'static str> {
        let mut poll = Poll::new()?;
        let mut events = Events::with_capacity(8);
        let stream = match TcpStream::connect(peer) {
            Ok(stream) => stream,
            Err(error) => return how(Err(error)), // known at once
        };
        let (token, interest) = (Token(0), Interest::WRITABLE);
        poll.registry().register(&stream, token, interest)?;
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(io::ErrorKind::TimedOut.into());
            }
            match poll.poll(&mut events, Some(left)) {
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                result => result?,
            }
            match stream.is_connected() {
                Ok(false) => {} // not known yet: wait on, if time is left
                known => return how(known),
            }
        }
    }
    // ANCHOR_END: try_to_connect

    /// The outcome in a word. Errors other than a refusal are passed on.
    fn how(known: io::Result<bool>) -> io::Result<&'static str> {
        match known {
            Ok(_) => Ok("connected"),
            Err(error) => match error.kind() {
                io::ErrorKind::ConnectionRefused => Ok("refused"),
                _ => Err(error),
            },
        }
    }

    // ANCHOR: accept_all
    /// Accepts until no client is left: one event can be about several.
    fn accept_all(listener: &TcpListener) -> io::Result<usize> {
        let mut count = 0;
        loop {
            match listener.accept() {
                Ok(_) => count += 1,
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => {
                    return Ok(count);
                }
                Err(error) => return Err(error),
            }
        }
    }
    // ANCHOR_END: accept_all

    pub fn connections() -> io::Result<String> {
        let listener = TcpListener::bind(ANY)?;
        let port = listener.local_addr()?;
        let mut output = format!("listening: {}", try_to_connect(port)?);
        let _second = TcpStream::connect(port)?;
        let mut poll = Poll::new()?;
        let (token, interest) = (Token(0), Interest::READABLE);
        poll.registry().register(&listener, token, interest)?;
        let mut events = Events::with_capacity(8);
        poll.poll(&mut events, None)?;
        let (count, accepted) = (events.iter().count(), accept_all(&listener)?);
        output += &format!("\n{count} event, {accepted} to accept");
        drop(listener); // now nothing listens there
        output += &format!("\nclosed: {}", try_to_connect(port)?);
        Ok(output)
    }

    // ANCHOR: datagrams
    pub fn datagrams() -> io::Result<String> {
        let (here, there) = (UdpSocket::bind(ANY)?, UdpSocket::bind(ANY)?);
        let mut poll = Poll::new()?;
        let (token, interest) = (Token(0), Interest::READABLE);
        poll.registry().register(&here, token, interest)?;
        for word in ["one", "two", "three"] {
            there.send_to(word.as_bytes(), here.local_addr()?)?;
        }
        let mut events = Events::with_capacity(8);
        poll.poll(&mut events, None)?;
        let mut output = String::from("datagrams:");
        let mut room = [0; 100];
        loop {
            match here.recv_from(&mut room) {
                Ok((length, _)) => {
                    let word = String::from_utf8_lossy(&room[..length]);
                    output += &format!(" {word}");
                }
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        Ok(output)
    }
    // ANCHOR_END: datagrams
}

#[cfg(target_os = "linux")]
fn run() -> Result<String, Box<dyn Error>> {
    Ok(format!(
        "{}\n{}",
        linux::connections()?,
        linux::datagrams()?
    ))
}

#[cfg(not(target_os = "linux"))]
fn run() -> Result<String, Box<dyn Error>> {
    Ok("this program is for Linux only".to_string())
}

fn main() -> Result<(), Box<dyn Error>> {
    println!("{}", run()?);
    Ok(())
}

#[test]
fn runs() -> Result<(), Box<dyn Error>> {
    let expected = if cfg!(target_os = "linux") {
        "listening: connected\n\
         1 event, 2 to accept\n\
         closed: refused\n\
         datagrams: one two three"
    } else {
        "this program is for Linux only"
    };
    assert_eq!(run()?, expected);
    Ok(())
}
