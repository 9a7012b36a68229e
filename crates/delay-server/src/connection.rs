//! One connection: a queue of replies between a reading and a writing half.
//!
//! The halves do not wait for each other. Reading continues while replies wait
//! for their time, so that the delays of pipelined requests overlap and a
//! client that has gone is noticed. Writing serves only the front of the queue,
//! so that replies keep the order of their requests.

use crate::limits::{CHUNK, LINGER, MAX_HEAD, MAX_PIPELINED, TURN};
use crate::record::Shared;
use crate::rejection::{BAD_REQUEST, Rejection};
use crate::reply::{Ending, Reply};
use crate::request::{self, Head, Request};
use crate::sys::{self, Interest};
use crate::wanted::Wanted;
use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Instant;

/// What the bytes that come next are.
#[derive(Debug)]
enum Input {
    /// A request head. Set at first and after each request.
    Head,
    /// The rest of a body, to be thrown away; then the request has been
    /// read. Set by a head with a Content-Length.
    Body {
        /// How many bytes are still to come.
        left: u64,
        /// The head that they belong to.
        head: Box<Head>,
    },
    /// Nothing that will be answered: read and thrown away. Set by a request
    /// after which the connection ends, and never left.
    Ignored,
}

/// What the writing half waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Output {
    /// A reply, or the time of the one at the front.
    Idle,
    /// The socket takes no more now, or it is the others' turn: the front
    /// reply continues when the socket is writable.
    Blocked,
    /// The client's end of the connection: the front reply is one that never
    /// comes.
    Held,
    /// The client's end of the connection, or this time, after the last
    /// reply was sent and this side ended. Excludes replies.
    Draining(Instant),
    /// Nothing: the connection is to be dropped. Excludes all else.
    Closed,
}

/// What all connections of a server use.
#[derive(Debug)]
pub(crate) struct Context<'a> {
    /// Where requests are recorded.
    pub(crate) shared: &'a Shared,
    /// Memory for one chunk of bytes, in or out.
    pub(crate) chunk: &'a mut Vec<u8>,
}

/// One connection of a client.
#[derive(Debug)]
pub(crate) struct Connection {
    /// Non-blocking. Closed when the connection is dropped.
    pub(crate) stream: TcpStream,
    /// The number of the connection; also its token in the poller.
    id: u64,
    /// What was read and not yet understood. Without memory when empty, so
    /// that an idle connection holds none.
    buffer: Vec<u8>,
    input: Input,
    /// The client has ended its side: nothing comes after `buffer`.
    ended: bool,
    /// In the order of their requests.
    replies: VecDeque<Reply>,
    output: Output,
    /// Until when the socket is ignored, because it reports a hang-up that
    /// leads to nothing. Set and cleared by the reactor.
    pub(crate) parked: Option<Instant>,
    /// The interest that the poller knows. Kept by the reactor.
    pub(crate) interest: Interest,
    /// The time that the reactor's timers know. Kept by the reactor.
    pub(crate) timer: Option<Instant>,
}

impl Connection {
    /// A connection that has just been accepted.
    pub(crate) fn new(stream: TcpStream, id: u64) -> Self {
        Self {
            stream,
            id,
            buffer: Vec::new(),
            input: Input::Head,
            ended: false,
            replies: VecDeque::new(),
            output: Output::Idle,
            parked: None,
            interest: Interest::NONE,
            timer: None,
        }
    }

    /// Whether it is over, and to be dropped.
    pub(crate) fn is_closed(&self) -> bool {
        self.output == Output::Closed
    }

    /// What the poller should wait for.
    pub(crate) fn wanted_interest(&self) -> Interest {
        if self.is_closed() || self.parked.is_some() {
            return Interest::NONE;
        }
        let room = matches!(self.input, Input::Ignored)
            || (self.replies.len() < MAX_PIPELINED
                && self.buffer.len() < MAX_HEAD);
        Interest {
            read: !self.ended && room,
            write: self.output == Output::Blocked,
        }
    }

    /// When it wants to be driven, if nothing happens before.
    pub(crate) fn wanted_timer(&self) -> Option<Instant> {
        let own = match self.output {
            Output::Idle => self.replies.front().map(|reply| reply.due),
            Output::Draining(until) => Some(until),
            Output::Blocked | Output::Held | Output::Closed => None,
        };
        match (own, self.parked) {
            (Some(own), Some(parked)) => Some(own.min(parked)),
            (own, parked) => own.or(parked),
        }
    }

    /// Reads once, when the socket is readable. Returns whether that led to
    /// anything; what was read is understood by [`drive`](Self::drive).
    pub(crate) fn read(&mut self, context: &mut Context<'_>) -> bool {
        context.chunk.resize(CHUNK, 0);
        match (&self.stream).read(context.chunk) {
            Ok(0) => self.ended = true,
            Ok(_) if matches!(self.input, Input::Ignored) => {}
            Ok(n) => self.buffer.extend_from_slice(&context.chunk[..n]),
            Err(e) if is_transient(&e) => return false,
            // A reset, or a socket that is broken otherwise: nothing can be
            // answered.
            Err(_) => self.output = Output::Closed,
        }
        true
    }

    /// Does all that can be done now: understands what was read, and sends
    /// what is due. Returns whether anything was sent or has changed.
    pub(crate) fn drive(&mut self, context: &mut Context<'_>) -> bool {
        let mut progress = false;
        // Replies that are sent make room for more requests.
        loop {
            self.take_requests(context);
            let sent = self.send(context);
            progress |= sent;
            let room = self.replies.len() < MAX_PIPELINED;
            let more = sent && room && !self.buffer.is_empty();
            if !more || self.output != Output::Idle {
                break;
            }
        }
        if self.buffer.is_empty() {
            self.buffer = Vec::new();
        }
        self.end(Instant::now());
        progress
    }

    /// Ends the connection if it has nothing left to wait for.
    fn end(&mut self, now: Instant) {
        let over = match self.output {
            Output::Idle => self.replies.is_empty() && self.ended,
            Output::Held => self.ended,
            Output::Draining(until) => self.ended || until <= now,
            Output::Blocked | Output::Closed => false,
        };
        if over {
            self.output = Output::Closed;
        }
    }
}

/// The reading half: from bytes to replies in the queue.
impl Connection {
    /// Takes whole requests out of the buffer while the queue has room.
    fn take_requests(&mut self, context: &mut Context<'_>) {
        while self.replies.len() < MAX_PIPELINED && !self.is_closed() {
            let more = match self.input {
                Input::Head => self.take_head(context),
                Input::Body { .. } => self.take_body(context),
                Input::Ignored => {
                    self.buffer.clear();
                    false
                }
            };
            if !more {
                break;
            }
        }
    }

    /// Takes a head. Returns whether there may be more to take.
    fn take_head(&mut self, context: &mut Context<'_>) -> bool {
        // Empty lines before a request are allowed, and would otherwise add
        // up to a head that is too long.
        let blank = |b: &&u8| matches!(**b, b'\r' | b'\n');
        let blanks = self.buffer.iter().take_while(blank).count();
        self.buffer.drain(..blanks);
        match request::parse_head(&self.buffer) {
            Ok(Some((head, length))) => {
                self.buffer.drain(..length);
                if head.body == 0 {
                    self.take_request(head, context);
                } else {
                    self.expect_body(head);
                }
                true
            }
            Ok(None) => {
                if self.ended && !self.buffer.is_empty() {
                    self.reject("the connection ends within a request head");
                }
                false
            }
            Err(rejection) => {
                self.reject_framing(rejection);
                false
            }
        }
    }

    /// A head with a body was taken.
    fn expect_body(&mut self, head: Head) {
        if head.expects_continue && self.buffer.is_empty() {
            self.replies.push_back(Reply::go_on(Instant::now()));
        }
        let left = head.body;
        self.input = Input::Body {
            left,
            head: Box::new(head),
        };
    }

    /// Throws away what there is of a body. Returns whether there may be more
    /// to take.
    fn take_body(&mut self, context: &mut Context<'_>) -> bool {
        let Input::Body { left, .. } = &mut self.input else {
            return false;
        };
        let here = self.buffer.len() as u64;
        let taken = here.min(*left);
        *left -= taken;
        let body_ended = *left == 0;
        // No more than the length of the buffer, so it fits.
        self.buffer.drain(..taken as usize);
        if !body_ended {
            if self.ended {
                self.reject("the connection ends within a request body");
            }
            return false;
        }
        let input = std::mem::replace(&mut self.input, Input::Head);
        if let Input::Body { head, .. } = input {
            self.take_request(*head, context);
        }
        true
    }

    /// A request has been read as a whole: records it and queues its reply.
    fn take_request(&mut self, head: Head, context: &mut Context<'_>) {
        let now = Instant::now();
        let wanted = Wanted::new(&head.method, &head.target);
        let (keep_alive, head_only) = (head.keep_alive, head.method == "HEAD");
        let reply = match wanted {
            Ok(wanted) => Reply::new(wanted, now, keep_alive, head_only),
            Err(r) => Reply::rejection(r, now, keep_alive, head_only),
        };
        if reply.ending != Ending::KeepAlive {
            self.input = Input::Ignored;
        }
        self.replies.push_back(reply);
        context.shared.record(|| Request {
            connection: self.id,
            method: head.method,
            target: head.target,
            headers: head.headers,
            arrived: now,
        });
    }

    /// Queues a 400 after which the connection ends.
    fn reject(&mut self, reason: &str) {
        let reason = reason.to_owned();
        self.reject_framing(Rejection {
            status: BAD_REQUEST,
            reason,
        });
    }

    /// Queues a rejection after which the connection ends.
    fn reject_framing(&mut self, rejection: Rejection) {
        let head_only = match &self.input {
            Input::Body { head, .. } => head.method == "HEAD",
            _ => self.buffer.starts_with(b"HEAD "),
        };
        let now = Instant::now();
        let reply = Reply::rejection(rejection, now, false, head_only);
        self.replies.push_back(reply);
        self.input = Input::Ignored;
        self.buffer.clear();
    }
}

/// The writing half: from replies in the queue to bytes.
impl Connection {
    /// Sends what is due of the front replies, up to a turn. Returns whether
    /// anything was sent or has changed.
    fn send(&mut self, context: &mut Context<'_>) -> bool {
        if matches!(self.output, Output::Idle | Output::Blocked) {
            self.output = Output::Idle;
        } else {
            return false;
        }
        let mut progress = false;
        for _ in 0..TURN {
            let Some(reply) = self.replies.front_mut() else {
                return progress;
            };
            let now = Instant::now();
            if reply.due > now {
                return progress;
            }
            if reply.is_sent() {
                progress = true;
                if !self.finish_reply(now) {
                    return true;
                }
                continue;
            }
            reply.fill(context.chunk);
            match (&self.stream).write(context.chunk) {
                Ok(n) => {
                    reply.advance(n, now);
                    progress = true;
                    if n == CHUNK {
                        break;
                    }
                }
                Err(e) if is_transient(&e) => {
                    self.output = Output::Blocked;
                    return progress;
                }
                // The client has gone.
                Err(_) => {
                    self.output = Output::Closed;
                    return true;
                }
            }
        }
        // A socket that still has room reports that at once, after the
        // others had their turn.
        self.output = Output::Blocked;
        progress
    }

    /// The front reply was sent. Returns whether another may follow.
    fn finish_reply(&mut self, now: Instant) -> bool {
        let ending = match self.replies.front() {
            Some(reply) => reply.ending,
            None => return false,
        };
        match ending {
            Ending::KeepAlive => {
                self.replies.pop_front();
                return true;
            }
            Ending::Never => self.output = Output::Held,
            Ending::Reset => {
                // If it cannot be set, the client sees an end instead, and
                // nothing else can be done.
                let _ = sys::reset_on_close(&self.stream);
                self.output = Output::Closed;
            }
            Ending::Close => {
                self.replies.clear();
                self.output = match self.stream.shutdown(Shutdown::Write) {
                    Ok(()) => Output::Draining(now + LINGER),
                    Err(_) => Output::Closed,
                };
            }
        }
        false
    }
}

/// Whether an error of a read or write only means "not now".
fn is_transient(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted)
}
