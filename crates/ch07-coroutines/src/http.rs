//! The leaf of chapter 7: an HTTP request as a future, over the sockets of
//! chapter 4, of which no call ever blocks.
//!
//! It leaves out names (connecting by address needs no DNS), TLS, bodies of
//! requests, chunked replies, and a waker: chapter 8, which puts the sockets into
//! an event queue, asks a request what it waits for.

mod reply;

pub use reply::{MAX_BODY, MAX_HEAD};

use crate::future::{FINISHED, Future, PollState};
use ch04_event_queue::Interest;
use ch04_event_queue::net::TcpStream;
use std::cell::RefCell;
use std::io::{self, ErrorKind, Read, Write};
use std::mem;
use std::net::SocketAddr;
use std::rc::Rc;

// ANCHOR: http
/// A client of one server. Its clones share the connections.
#[derive(Clone, Debug)]
pub struct Http(Rc<Connections>);

#[derive(Debug)]
struct Connections {
    server: SocketAddr,
    /// Open, and used by no request at the moment.
    idle: RefCell<Vec<TcpStream>>,
}
// ANCHOR_END: http

// ANCHOR: get
/// A request, and in the end the text of the reply.
#[derive(Debug)]
pub struct Get {
    http: Http,
    /// The bytes to send; none if the path cannot be part of a request.
    request: String,
    /// Its connection was idle before, so the server may have closed it.
    reused: bool,
    /// How many connections it has used.
    connections: u32,
    state: State,
}

#[derive(Debug)]
enum State {
    /// Nothing has happened yet.
    Start,
    /// Not known yet whether the connection will succeed.
    Connecting(TcpStream),
    /// Connected; this many bytes of the request have been sent.
    Sending(TcpStream, usize),
    /// All of the request has been sent, and this much of the reply has come.
    Receiving(TcpStream, Vec<u8>),
    /// The reply has been returned, or an error.
    Finished,
}
// ANCHOR_END: get

impl Http {
    /// A client of the server at this address. It connects when it has to.
    #[must_use]
    pub fn new(server: SocketAddr) -> Self {
        let idle = RefCell::default();
        Self(Rc::new(Connections { server, idle }))
    }

    // ANCHOR: http_get
    /// Makes a request of `path`, and does nothing with it until it is polled.
    ///
    /// The future gives the body of the reply as text, or one of these errors:
    ///
    /// | kind | says |
    /// |---|---|
    /// | `InvalidInput` | the path does not begin with `/`, or has something other than visible ASCII in it |
    /// | `ConnectionRefused` and others of `connect` | there is no connection |
    /// | `ConnectionReset` and others of `read` and `write` | it was lost |
    /// | `WriteZero` | the kernel took none of the bytes to send |
    /// | `UnexpectedEof` | the connection ended before the end of the reply |
    /// | `InvalidData` | the reply is no HTTP, larger than [`MAX_HEAD`] or [`MAX_BODY`], not in UTF-8, or without a `Content-Length` |
    /// | `Other` | a status other than 200; its text is the status and the body |
    ///
    /// Dropped before its end, it closes the connection that it uses.
    ///
    /// # Panics
    ///
    /// The future does if it is polled after it was ready.
    // ANCHOR: make_get
    pub fn get(&self, path: &str) -> Get {
        let host = self.0.server;
        let request = match is_path(path) {
            true => format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n"),
            false => String::new(),
        };
        Get {
            http: self.clone(),
            request,
            reused: false,
            connections: 0,
            state: State::Start,
        }
    }
    // ANCHOR_END: make_get
    // ANCHOR_END: http_get

    /// A connection that nothing uses, if there is one.
    fn take_idle(&self) -> Option<TcpStream> {
        self.0.idle.borrow_mut().pop()
    }

    /// How many connections are open and unused.
    #[must_use]
    pub fn idle_connections(&self) -> usize {
        self.0.idle.borrow().len()
    }
}

// ANCHOR: poll
impl Future for Get {
    type Output = io::Result<String>;

    fn poll(&mut self) -> PollState<Self::Output> {
        loop {
            let state = mem::replace(&mut self.state, State::Finished);
            let outcome = self.step(state);
            self.state = match outcome {
                Ok(Step::Go(state)) => state,
                Ok(Step::Wait(state)) => {
                    self.state = state;
                    return PollState::NotReady;
                }
                Ok(Step::Done(reply)) => return PollState::Ready(reply),
                // The connection was stale: once more, over another one.
                Err(_) if self.reused => State::Start,
                Err(error) => return PollState::Ready(Err(error)),
            }
        }
    }
}

/// How a step ends.
enum Step {
    /// In this state, and the next step can be tried at once.
    Go(State),
    /// In this state, and the kernel has nothing for us at the moment.
    Wait(State),
    /// The whole reply has come: its text, or an error for a status other
    /// than 200. The connection has not failed.
    Done(io::Result<String>),
}
// ANCHOR_END: poll

impl Get {
    // ANCHOR: step
    fn step(&mut self, state: State) -> io::Result<Step> {
        Ok(match state {
            State::Start => Step::Go(self.begin()?),
            State::Connecting(stream) => {
                if !is_connected(&stream)? {
                    return Ok(Step::Wait(State::Connecting(stream)));
                }
                Step::Go(State::Sending(stream, 0))
            }
            State::Sending(mut stream, sent) => {
                let rest = &self.request.as_bytes()[sent..];
                match attempt(|| stream.write(rest))? {
                    None => Step::Wait(State::Sending(stream, sent)),
                    Some(0) => return Err(ErrorKind::WriteZero.into()),
                    Some(n) if n < rest.len() => {
                        Step::Go(State::Sending(stream, sent + n))
                    }
                    Some(_) => Step::Go(State::Receiving(stream, Vec::new())),
                }
            }
            State::Receiving(mut stream, mut reply) => {
                let mut room = [0; 4096];
                match attempt(|| stream.read(&mut room))? {
                    None => Step::Wait(State::Receiving(stream, reply)),
                    Some(0) => return Err(ErrorKind::UnexpectedEof.into()),
                    Some(n) => {
                        reply.extend_from_slice(&room[..n]);
                        self.look_at(stream, reply)?
                    }
                }
            }
            State::Finished => panic!("{FINISHED}"),
        })
    }
    // ANCHOR_END: step

    // ANCHOR: begin
    fn begin(&mut self) -> io::Result<State> {
        if self.request.is_empty() {
            return Err(ErrorKind::InvalidInput.into());
        }
        let idle = self.http.take_idle();
        self.reused = idle.is_some();
        self.connections += 1;
        Ok(match idle {
            Some(stream) => State::Sending(stream, 0),
            None => State::Connecting(TcpStream::connect(self.http.0.server)?),
        })
    }

    /// Is that the whole reply? Then the connection is free again.
    fn look_at(
        &mut self,
        stream: TcpStream,
        reply: Vec<u8>,
    ) -> io::Result<Step> {
        self.reused = false; // the server has answered: now errors are real
        let Some(reply) = reply::parse(&reply)? else {
            return Ok(Step::Go(State::Receiving(stream, reply)));
        };
        if reply.stays_open {
            self.http.0.idle.borrow_mut().push(stream);
        }
        Ok(Step::Done(reply.text))
    }
    // ANCHOR_END: begin
}

/// What a request waits for: that its connection can be used.
#[derive(Debug)]
pub struct Waiting<'a> {
    /// The connection.
    pub stream: &'a mut TcpStream,
    /// For writing, which includes connecting, or for reading.
    pub interest: Interest,
    /// Which connection of this request it is: the first, or a later one.
    pub connection: u32,
}

impl Get {
    // ANCHOR: waits_for
    /// What it waits for; nothing before its first poll and after its end.
    pub fn waits_for(&mut self) -> Option<Waiting<'_>> {
        let (stream, interest) = match &mut self.state {
            State::Connecting(stream) | State::Sending(stream, _) => {
                (stream, Interest::WRITABLE)
            }
            State::Receiving(stream, _) => (stream, Interest::READABLE),
            State::Start | State::Finished => return None,
        };
        let connection = self.connections;
        Some(Waiting {
            stream,
            interest,
            connection,
        })
    }
    // ANCHOR_END: waits_for
}

/// Can `path` be part of a request? A blank or a line break in it would make
/// something else of the request, or two of one.
fn is_path(path: &str) -> bool {
    path.starts_with('/') && path.bytes().all(|b| b.is_ascii_graphic())
}

// ANCHOR: attempt
/// How many bytes; `None` if the call would have had to wait.
fn attempt(
    mut call: impl FnMut() -> io::Result<usize>,
) -> io::Result<Option<usize>> {
    loop {
        match call() {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                return Ok(None);
            }
            done => return done.map(Some),
        }
    }
}

/// Is there a connection? An error if there will be none.
fn is_connected(stream: &TcpStream) -> io::Result<bool> {
    if let Some(error) = stream.take_error()? {
        return Err(error);
    }
    match stream.peer_addr() {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotConnected => Ok(false),
        Err(error) => Err(error),
    }
}
// ANCHOR_END: attempt
