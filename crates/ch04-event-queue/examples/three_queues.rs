//! Chapter 4: the same probe on three kinds of system. What does the queue
//! report after each action, on epoll, on kqueue, and on Windows?
//!
//! The table is part of the program, and its test compares what happens with the
//! column of the queue that it runs on.

use ch04_event_queue::net::TcpStream;
use ch04_event_queue::{Events, Interest, Poll, Token};
use std::error::Error;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{self, Ipv4Addr, Shutdown, TcpListener};
use std::time::Duration;
use testing::println;

// ANCHOR: table
/// What epoll, kqueue and Windows report,
/// and after what: an event or nothing.
const TABLE: [([&str; 3], &str); 9] = [
    (["-", "-", "-"], "registered to read"),
    (["event", "event", "event"], "2 bytes come"),
    (["-", "-", "-"], "1 of them is read"),
    (["event", "event", "-"], "another byte comes"),
    (["event", "event", "event"], "reregistered"),
    (["event", "event", "-"], "another byte comes"),
    (["-", "-", "-"], "read until WouldBlock"),
    (["event", "event", "event"], "another byte comes"),
    (["event", "event", "-"], "the peer ends its side"),
];
// ANCHOR_END: table

/// The column of the queue that the library uses here.
const COLUMN: usize = if cfg!(windows) {
    2
} else if cfg!(any(target_os = "linux", target_os = "android"))
    && !cfg!(event_queue_kqueue)
{
    0
} else {
    1
};

/// Longer than news takes on the loopback device of a busy machine.
const SHORT: Duration = Duration::from_millis(100);

/// One registered socket, the other end of its connection, and the queue.
struct Probe {
    poll: Poll,
    events: Events,
    here: TcpStream,
    there: net::TcpStream,
}

const TOKEN: Token = Token(7);

impl Probe {
    fn new() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let there = net::TcpStream::connect(listener.local_addr()?)?;
        let (here, _) = listener.accept()?;
        here.set_nonblocking(true)?;
        Ok(Self {
            poll: Poll::new()?,
            events: Events::with_capacity(8),
            here: TcpStream::from_std(here),
            there,
        })
    }

    /// Does what a line of the table says.
    fn act(&mut self, action: &str) -> io::Result<()> {
        let registry = self.poll.registry();
        match action {
            "registered to read" => {
                registry.register(&mut self.here, TOKEN, Interest::READABLE)
            }
            "2 bytes come" => self.there.write_all(b"ab"),
            "1 of them is read" => self.here.read_exact(&mut [0]),
            "another byte comes" => self.there.write_all(b"c"),
            "reregistered" => {
                registry.reregister(&mut self.here, TOKEN, Interest::READABLE)
            }
            "read until WouldBlock" => drain(&mut self.here),
            "the peer ends its side" => self.there.shutdown(Shutdown::Write),
            _ => Err(io::Error::other(format!("what is {action:?}?"))),
        }
    }

    /// Does the queue report something within a short time?
    fn look(&mut self) -> io::Result<&'static str> {
        loop {
            match self.poll.poll(&mut self.events, Some(SHORT)) {
                Err(e) if e.kind() == ErrorKind::Interrupted => continue,
                result => result?,
            }
            let silence = self.events.is_empty();
            return Ok(if silence { "-" } else { "event" });
        }
    }
}

fn drain(stream: &mut TcpStream) -> io::Result<()> {
    let mut room = [0; 100];
    loop {
        match stream.read(&mut room) {
            Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
            Ok(_) => {}
            Err(e) if e.kind() == ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(error),
        }
    }
}

/// What is reported after each action of the table, here.
fn answers() -> io::Result<Vec<&'static str>> {
    let mut probe = Probe::new()?;
    let mut answers = Vec::new();
    for (_, action) in TABLE {
        probe.act(action)?;
        answers.push(probe.look()?);
    }
    Ok(answers)
}

fn main() -> Result<(), Box<dyn Error>> {
    let queue = ["epoll", "kqueue", "Windows"][COLUMN];
    println!("{:<24}{queue}", "here, by");
    for ((_, action), answer) in TABLE.iter().zip(answers()?) {
        println!("{action:<24}{answer}");
    }
    Ok(())
}

#[test]
fn runs() {
    testing::within_a_minute(|| {
        let expected = TABLE.map(|(answers, _)| answers[COLUMN]);
        assert_eq!(answers().unwrap(), expected);
        main().unwrap();
    });
}
