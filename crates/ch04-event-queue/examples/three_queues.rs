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
/// and after what: R is readable, W writable.
const TABLE: [([&str; 3], &str); 9] = [
    (["W", "W", "W"], "added, there is room"),
    (["RW", "R", "R"], "2 bytes come"),
    (["-", "-", "-"], "1 of them is read"),
    (["RW", "R", "-"], "another byte comes"),
    (["RW", "RW", "RW"], "reregistered"),
    (["-", "-", "-"], "read until WouldBlock"),
    (["RW", "R", "R"], "another byte comes"),
    (["RW", "W", "W"], "filled, and emptied by the peer"),
    (["RW", "R", "R"], "the peer ends its side"),
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
const BOTH: Interest = Interest::READABLE.add(Interest::WRITABLE);

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
            "added, there is room" => {
                registry.register(&mut self.here, TOKEN, BOTH)
            }
            "2 bytes come" => self.there.write_all(b"ab"),
            "1 of them is read" => self.here.read_exact(&mut [0]),
            "another byte comes" => self.there.write_all(b"c"),
            "reregistered" => registry.reregister(&mut self.here, TOKEN, BOTH),
            "read until WouldBlock" => drain(&mut self.here),
            "filled, and emptied by the peer" => {
                let count = fill(&mut self.here)?;
                self.there.read_exact(&mut vec![0; count])
            }
            "the peer ends its side" => self.there.shutdown(Shutdown::Write),
            _ => Err(io::Error::other(format!("what is {action:?}?"))),
        }
    }

    /// All that the queue reports within a short time.
    fn look(&mut self) -> io::Result<String> {
        let (mut readable, mut writable) = (false, false);
        loop {
            match self.poll.poll(&mut self.events, Some(SHORT)) {
                Err(e) if e.kind() == ErrorKind::Interrupted => continue,
                result => result?,
            }
            if self.events.is_empty() {
                break;
            }
            for event in self.events.iter() {
                readable |= event.is_readable();
                writable |= event.is_writable();
            }
        }
        let letter = |told, letter| if told { letter } else { "" };
        let told = letter(readable, "R").to_owned() + letter(writable, "W");
        Ok(if told.is_empty() { "-".into() } else { told })
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

/// Writes until there is no room; says how many bytes.
fn fill(stream: &mut TcpStream) -> io::Result<usize> {
    let mut count = 0;
    loop {
        match stream.write(&[0; 65536]) {
            Ok(more) => count += more,
            Err(e) if e.kind() == ErrorKind::WouldBlock => return Ok(count),
            Err(error) => return Err(error),
        }
    }
}

/// What is reported after each action of the table, here.
fn answers() -> io::Result<Vec<String>> {
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
    println!("{:<32}{queue}", "here, by");
    for ((_, action), answer) in TABLE.iter().zip(answers()?) {
        println!("{action:<32}{answer}");
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
