//! The server of `examples/hello_hyper.rs` on a thread of its own, for clients
//! that block: what they see, they see through a real socket.

use super::hello::{Limits, Served, serve};
use ch10_runtime::Runtime;
use ch10_runtime::net::TcpListener;
use ch10_runtime::shutdown::Shutdown;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// A server that runs.
#[derive(Debug)]
pub struct Server {
    pub addr: SocketAddr,
    pub shutdown: Arc<Shutdown>,
    thread: JoinHandle<io::Result<Served>>,
}

impl Server {
    /// One with these limits.
    #[track_caller]
    pub fn start(limits: Limits) -> Self {
        let shutdown = Arc::new(Shutdown::new());
        let asked = Arc::clone(&shutdown);
        let (sender, receiver) = mpsc::channel();
        let thread = thread::spawn(move || {
            let runtime = Runtime::new()?;
            runtime.block_on(async {
                let listener = TcpListener::bind("127.0.0.1:0").await?;
                sender.send(listener.local_addr()?).ok();
                serve(listener, &asked, limits).await
            })
        });
        let addr = receiver.recv().expect("it listens");
        Self {
            addr,
            shutdown,
            thread,
        }
    }

    /// Asks it to end, and waits until it has.
    #[track_caller]
    pub fn end(self) -> Served {
        self.shutdown.ask();
        self.thread.join().expect("no panic").expect("no error")
    }

    /// A client.
    #[track_caller]
    pub fn connect(&self) -> Client {
        Client::connect(self.addr)
    }
}

/// A client that blocks.
#[derive(Debug)]
pub struct Client {
    pub stream: BufReader<TcpStream>,
}

/// An answer as it came over the wire.
#[derive(Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub body: Vec<u8>,
}

impl Client {
    /// Connects; reading gives up after half a minute.
    #[track_caller]
    pub fn connect(addr: SocketAddr) -> Self {
        let stream = TcpStream::connect(addr).expect("it listens");
        let limit = Some(Duration::from_secs(30));
        stream.set_read_timeout(limit).expect("a limit");
        stream.set_write_timeout(limit).expect("a limit");
        Self {
            stream: BufReader::new(stream),
        }
    }

    #[track_caller]
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) {
        let sent = self.stream.get_mut().write_all(bytes.as_ref());
        sent.expect("it is sent");
    }

    #[track_caller]
    pub fn get(&mut self, path: &str) -> Answer {
        self.send(format!("GET {path} HTTP/1.1\r\nHost: here\r\n\r\n"));
        self.answer()
    }

    /// A line, without its end.
    #[track_caller]
    pub fn line(&mut self) -> String {
        let mut line = String::new();
        self.stream.read_line(&mut line).expect("a line");
        line.trim_end().to_owned()
    }

    /// The head of an answer: its status, its length, and whether it comes in
    /// chunks.
    #[track_caller]
    pub fn head(&mut self) -> (u16, usize, bool) {
        let status = self.line();
        let status = status.split(' ').nth(1).expect("a status");
        let status = status.parse().expect("a number");
        let (mut length, mut chunked) = (0, false);
        loop {
            let line = self.line().to_ascii_lowercase();
            match line.split_once(": ") {
                Some(("content-length", value)) => {
                    length = value.parse().expect("a length");
                }
                Some(("transfer-encoding", value)) => {
                    chunked = value == "chunked";
                }
                Some(_) => {}
                None => return (status, length, chunked),
            }
        }
    }

    /// A chunk; the last one is empty.
    #[track_caller]
    pub fn chunk(&mut self) -> Vec<u8> {
        let length = self.line();
        let length = usize::from_str_radix(&length, 16).expect("a length");
        let chunk = self.exactly(length);
        assert_eq!(self.line(), "");
        chunk
    }

    #[track_caller]
    pub fn exactly(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        self.stream.read_exact(&mut bytes).expect("that many bytes");
        bytes
    }

    #[track_caller]
    pub fn answer(&mut self) -> Answer {
        let (status, length, chunked) = self.head();
        if !chunked {
            let body = self.exactly(length);
            return Answer { status, body };
        }
        let mut body = Vec::new();
        loop {
            match self.chunk() {
                last if last.is_empty() => return Answer { status, body },
                chunk => body.extend(chunk),
            }
        }
    }

    /// What comes before the end. Panics if the end doesn't come.
    #[track_caller]
    pub fn rest(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        match self.stream.read_to_end(&mut bytes) {
            Ok(_) => bytes,
            // It was closed while something of ours wasn't read.
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => {
                bytes
            }
            Err(error) => panic!("no end: {error}"),
        }
    }
}
