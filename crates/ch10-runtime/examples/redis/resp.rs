//! The Redis protocol, version 2, without any I/O: bytes in, commands out; and
//! replies, as bytes.
//!
//! A parser keeps what it has found of a command whose end hasn't arrived, so
//! that each byte is looked at once, however small the pieces are. Everything
//! that a peer chooses is bounded before memory is set aside for it.

use std::fmt;
use std::mem;

/// What a client may ask a connection to hold.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Arguments of one command, its name included.
    pub arguments: usize,
    /// Bytes of one argument.
    pub argument: usize,
    /// Bytes of all arguments of one command.
    pub command: usize,
    /// Bytes of a line: a length, or a command typed by hand.
    pub line: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            arguments: 1_024,
            argument: 512 * 1024,
            command: 1024 * 1024,
            line: 1_024,
        }
    }
}

/// What isn't the protocol. The connection is of no use after it: where the
/// next command begins can't be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProtocolError(pub &'static str);

impl fmt::Display for ProtocolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Protocol error: {}", self.0)
    }
}

impl std::error::Error for ProtocolError {}

/// A command: its name and its arguments. It's never empty.
pub type Command = Vec<Vec<u8>>;

// ANCHOR: parser
/// Finds commands in bytes that arrive in pieces.
#[derive(Debug, Default)]
pub struct Parser {
    limits: Limits,
    state: State,
    /// The arguments of the command so far, and their bytes.
    arguments: Command,
    held: usize,
}

/// What comes next.
#[derive(Clone, Copy, Debug, Default)]
enum State {
    /// `*3`: a command of three arguments; or a line typed by hand.
    #[default]
    Start,
    /// `$5`: a length. This many arguments are to come, its own included.
    Length { left: usize },
    /// Five bytes, and the end of their line.
    Bytes { left: usize, length: usize },
}
// ANCHOR_END: parser

/// What a step has done.
enum Step {
    /// The bytes aren't there yet.
    Short,
    /// Used this many.
    Used(usize),
    /// Used this many, and the command is whole.
    Whole(usize),
}

impl Parser {
    /// One with these limits.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            ..Self::default()
        }
    }

    /// The next command. Takes what it uses from the front of `input`, and
    /// returns `None` when it needs more.
    ///
    /// # Errors
    ///
    /// Bytes that aren't the protocol, or more of them than the limits allow.
    // ANCHOR: next
    pub fn next(
        &mut self,
        input: &mut &[u8],
    ) -> Result<Option<Command>, ProtocolError> {
        loop {
            let step = match self.state {
                State::Start => self.start(input)?,
                State::Length { left } => self.length(input, left)?,
                State::Bytes { left, length } => {
                    self.bytes(input, left, length)?
                }
            };
            match step {
                Step::Short => return Ok(None),
                Step::Used(bytes) => *input = &input[bytes..],
                Step::Whole(bytes) => {
                    *input = &input[bytes..];
                    self.state = State::Start;
                    self.held = 0;
                    return Ok(Some(mem::take(&mut self.arguments)));
                }
            }
        }
    }
    // ANCHOR_END: next

    fn start(&mut self, input: &[u8]) -> Result<Step, ProtocolError> {
        let Some((line, used)) = self.line(input)? else {
            return Ok(Step::Short);
        };
        let Some(count) = line.strip_prefix(b"*") else {
            return self.by_hand(line, used);
        };
        let invalid = ProtocolError("invalid multibulk length");
        match number(count).ok_or(invalid)? {
            // An empty command is no command, and has no reply.
            ..=0 => Ok(Step::Used(used)),
            count => {
                let left = usize::try_from(count).map_err(|_| invalid)?;
                if left > self.limits.arguments {
                    return Err(invalid);
                }
                self.state = State::Length { left };
                Ok(Step::Used(used))
            }
        }
    }

    /// A command without lengths, as a person types it.
    fn by_hand(
        &mut self,
        line: &[u8],
        used: usize,
    ) -> Result<Step, ProtocolError> {
        let words = line.split(u8::is_ascii_whitespace);
        let words = words.filter(|word| !word.is_empty());
        self.arguments = words.map(<[u8]>::to_vec).collect();
        if self.arguments.is_empty() {
            return Ok(Step::Used(used));
        }
        if self.arguments.len() > self.limits.arguments {
            return Err(ProtocolError("too many words"));
        }
        Ok(Step::Whole(used))
    }

    fn length(
        &mut self,
        input: &[u8],
        left: usize,
    ) -> Result<Step, ProtocolError> {
        let Some((line, used)) = self.line(input)? else {
            return Ok(Step::Short);
        };
        let Some(length) = line.strip_prefix(b"$") else {
            return Err(ProtocolError("expected '$'"));
        };
        let invalid = ProtocolError("invalid bulk length");
        let length = number(length).ok_or(invalid)?;
        let length = usize::try_from(length).map_err(|_| invalid)?;
        if length > self.limits.argument {
            return Err(invalid);
        }
        self.held += length;
        if self.held > self.limits.command {
            return Err(ProtocolError("too big a command"));
        }
        self.state = State::Bytes { left, length };
        Ok(Step::Used(used))
    }

    fn bytes(
        &mut self,
        input: &[u8],
        left: usize,
        length: usize,
    ) -> Result<Step, ProtocolError> {
        let used = length + 2;
        let Some(bytes) = input.get(..used) else {
            return Ok(Step::Short);
        };
        let Some(bytes) = bytes.strip_suffix(b"\r\n") else {
            return Err(ProtocolError("expected the end of a line"));
        };
        self.arguments.push(bytes.to_vec());
        match left - 1 {
            0 => Ok(Step::Whole(used)),
            left => {
                self.state = State::Length { left };
                Ok(Step::Used(used))
            }
        }
    }

    /// The first line, without its end, and how many bytes it takes with it.
    fn line<'a>(
        &self,
        input: &'a [u8],
    ) -> Result<Option<(&'a [u8], usize)>, ProtocolError> {
        let within = &input[..input.len().min(self.limits.line)];
        match within.iter().position(|byte| *byte == b'\n') {
            Some(end) => {
                let line = &input[..end];
                let line = line.strip_suffix(b"\r").unwrap_or(line);
                Ok(Some((line, end + 1)))
            }
            None if within.len() < self.limits.line => Ok(None),
            None => Err(ProtocolError("too big a line")),
        }
    }
}

/// A whole number in decimal digits: no blanks, no `+`.
pub fn number(digits: &[u8]) -> Option<i64> {
    if digits.first() == Some(&b'+') {
        return None;
    }
    std::str::from_utf8(digits).ok()?.parse().ok()
}

// ANCHOR: reply
/// What is sent back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// A word that the server chose: `OK`, `PONG`.
    Status(&'static str),
    /// A sentence that begins with a word in capitals.
    Error(String),
    /// A whole number.
    Integer(i64),
    /// Any bytes.
    Bulk(Vec<u8>),
    /// There is no such value.
    Nil,
    /// Several.
    Array(Vec<Reply>),
}
// ANCHOR_END: reply

impl Reply {
    /// Appends the bytes of the reply.
    pub fn write(&self, out: &mut Vec<u8>) {
        let line = |out: &mut Vec<u8>, kind: u8, text: &str| {
            out.push(kind);
            // A line break within would be the end of the reply.
            let one_line = |byte: u8| match byte {
                b'\r' | b'\n' => b' ',
                byte => byte,
            };
            out.extend(text.bytes().map(one_line));
            out.extend_from_slice(b"\r\n");
        };
        match self {
            Self::Status(text) => line(out, b'+', text),
            Self::Error(text) => line(out, b'-', text),
            Self::Integer(number) => line(out, b':', &number.to_string()),
            Self::Nil => out.extend_from_slice(b"$-1\r\n"),
            Self::Bulk(bytes) => {
                line(out, b'$', &bytes.len().to_string());
                out.extend_from_slice(bytes);
                out.extend_from_slice(b"\r\n");
            }
            Self::Array(replies) => {
                line(out, b'*', &replies.len().to_string());
                replies.iter().for_each(|reply| reply.write(out));
            }
        }
    }
}
