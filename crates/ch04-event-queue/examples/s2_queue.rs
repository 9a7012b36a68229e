//! Stage 2 of chapter 4: the same five replies, with `Poll` and `Registry`.
//! Linux only.

use std::error::Error;
use testing::println;

#[cfg(target_os = "linux")]
mod linux {
    use ch04_event_queue::s2_queue::{Events, Poll};
    use ch04_event_queue::{Interest, Token};
    use std::io::{self, Read, Write};
    use std::net::{SocketAddr, TcpStream};

    /// A connection, and what has come over it so far.
    struct Reply {
        stream: TcpStream,
        bytes: Vec<u8>,
    }

    /// Asks `server` for all `targets` at once, and calls `answered` with the
    /// index of a target and its reply as soon as that is complete.
    // ANCHOR: fetch
    pub fn fetch(
        server: SocketAddr,
        targets: &[String],
        mut answered: impl FnMut(usize, &[u8]),
    ) -> io::Result<()> {
        let mut poll = Poll::new()?;
        let mut replies = Vec::new();
        for (index, target) in targets.iter().enumerate() {
            let stream = ask(server, target)?;
            let (token, interest) = (Token(index), Interest::READABLE);
            poll.registry().register(&stream, token, interest)?;
            let bytes = Vec::new();
            replies.push(Reply { stream, bytes });
        }
        let mut waiting = targets.len();
        let mut events = Events::with_capacity(8);
        while waiting > 0 {
            match poll.poll(&mut events, None) {
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                result => result?,
            }
            for event in events.iter() {
                let Token(index) = event.token();
                let Reply { stream, bytes } = &mut replies[index];
                if at_the_end(stream, bytes)? {
                    poll.registry().deregister(stream)?;
                    answered(index, bytes);
                    waiting -= 1;
                }
            }
        }
        Ok(())
    }
    // ANCHOR_END: fetch

    // ANCHOR: at_the_end
    /// Reads all that is there. Is that the end of the reply?
    fn at_the_end(
        stream: &mut TcpStream,
        bytes: &mut Vec<u8>,
    ) -> io::Result<bool> {
        let mut room = [0; 1024];
        loop {
            match stream.read(&mut room) {
                Ok(0) => return Ok(true),
                // There may be more, and perhaps no event for it.
                Ok(count) => bytes.extend_from_slice(&room[..count]),
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => {
                    return Ok(false); // what comes now gives an event
                }
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
    // ANCHOR_END: at_the_end

    fn ask(server: SocketAddr, target: &str) -> io::Result<TcpStream> {
        let mut stream = TcpStream::connect(server)?;
        let head = format!("GET {target} HTTP/1.1\r\nHost: {server}\r\n");
        let request = format!("{head}Connection: close\r\n\r\n");
        stream.write_all(request.as_bytes())?;
        stream.set_nonblocking(true)?;
        Ok(stream)
    }
}

#[cfg(target_os = "linux")]
fn run() -> Result<String, Box<dyn Error>> {
    use delay_server::DelayServer;

    let server = DelayServer::start()?;
    let targets = ["/300/a", "/100/b", "/500/c", "/200/d", "/400/e"];
    let targets = targets.map(String::from);

    let mut output = format!("asked for {}", targets.join(", "));
    linux::fetch(server.addr(), &targets, |index, reply| {
        let text = String::from_utf8_lossy(reply);
        let body = text.rsplit("\r\n").next().unwrap_or_default();
        output += &format!("\n{} is answered: {body}", targets[index]);
    })?;
    Ok(output)
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
        "asked for /300/a, /100/b, /500/c, /200/d, /400/e\n\
         /100/b is answered: b\n\
         /200/d is answered: d\n\
         /300/a is answered: a\n\
         /400/e is answered: e\n\
         /500/c is answered: c"
    } else {
        "this program is for Linux only"
    };
    assert_eq!(run()?, expected);
    Ok(())
}
