//! Stage 5 of chapter 5: servers that read like blocking code.
//!
//! A fiber a connection, each a straight line from the first byte to the last.
//! Nothing here knows of events, readiness or callbacks: where a call would
//! block, it stops its fiber, and the runtime sees to the rest.

use crate::net::{TcpListener, TcpStream};
use crate::{sleep, spawn, yield_now};
use std::io::{self, ErrorKind, Read, Write};
use std::time::{Duration, Instant};

// ANCHOR: serve
/// Accepts connections, and gives each one to a fiber that calls `talk`.
///
/// # Errors
///
/// Those of the listening socket itself, and `TimedOut` after its deadline.
/// When something is short, files or memory, it waits until there is more; what
/// became of a single connection ends nothing.
pub fn serve(
    listener: &TcpListener,
    talk: fn(TcpStream) -> io::Result<()>,
) -> io::Result<()> {
    loop {
        match listener.accept() {
            // What a client does wrong is the end of its fiber only.
            Ok((stream, _)) => drop(spawn(move || talk(stream))),
            Err(e) if is_shortage(&e) => sleep(Duration::from_millis(10)),
            Err(e) if is_ours(&e) => return Err(e),
            // One that was gone before it was accepted.
            Err(_) => yield_now(),
        }
    }
}
// ANCHOR_END: serve

/// Too many open files, here or in the whole system, or too little memory.
fn is_shortage(error: &io::Error) -> bool {
    cfg_select! {
        windows => {
            use windows_sys::Win32::Networking::WinSock as sys;
            matches!(error.raw_os_error(), Some(sys::WSAEMFILE | sys::WSAENOBUFS))
        }
        _ => {
            matches!(
                error.raw_os_error(),
                Some(libc::EMFILE | libc::ENFILE | libc::ENOBUFS | libc::ENOMEM)
            )
        }
    }
}

/// Is it the listening socket with which something is wrong? Then it would be
/// wrong the next time as well. Errors without a number are this library's.
fn is_ours(error: &io::Error) -> bool {
    let Some(number) = error.raw_os_error() else {
        return true;
    };
    cfg_select! {
        windows => {
            use windows_sys::Win32::Networking::WinSock as sys;
            matches!(
                number,
                sys::WSAEBADF
                    | sys::WSAEINVAL
                    | sys::WSAENOTSOCK
                    | sys::WSAEOPNOTSUPP
                    | sys::WSANOTINITIALISED
            )
        }
        _ => {
            matches!(
                number,
                libc::EBADF | libc::EINVAL | libc::ENOTSOCK | libc::EOPNOTSUPP
            )
        }
    }
}

// ANCHOR: echo
/// Sends back what comes, until the client has said all.
///
/// # Errors
///
/// `ConnectionReset` if the client is gone while it should be read from or
/// written to, `BrokenPipe` if it takes no more, `TimedOut` after the stream's
/// deadline.
pub fn echo(mut stream: TcpStream) -> io::Result<()> {
    let mut room = [0; 1024];
    loop {
        match stream.read(&mut room)? {
            0 => return Ok(()),
            count => stream.write_all(&room[..count])?,
        }
    }
}
// ANCHOR_END: echo

/// How long a client may take for a request.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long the head of a request may be, in bytes.
const MAX_HEAD: usize = 8 * 1024;

// ANCHOR: hello
/// Answers HTTP/1.1 requests, one after the other, with a greeting.
///
/// # Errors
///
/// `TimedOut` if a request takes more than ten seconds, `InvalidData` if its
/// head is longer than 8 KiB, `UnexpectedEof` if the client closes in the
/// middle of it, `ConnectionReset` or `BrokenPipe` if it is gone.
pub fn hello(mut stream: TcpStream) -> io::Result<()> {
    let mut unread = Vec::new();
    loop {
        stream.set_deadline(Some(Instant::now() + PATIENCE));
        let Some(head) = read_head(&mut stream, &mut unread)? else {
            return Ok(());
        };
        let last = wants_to_close(&head);
        let connection = if last { "close" } else { "keep-alive" };
        let body = "Hello from a fiber!\n";
        let length = body.len();
        let reply = format!(
            "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\
             Connection: {connection}\r\n\r\n{body}"
        );
        stream.write_all(reply.as_bytes())?;
        if last {
            return Ok(());
        }
    }
}
// ANCHOR_END: hello

// ANCHOR: read_head
/// The head of the next request, up to the empty line; `None` if the client
/// has closed instead. What comes after it stays in `unread`.
fn read_head(
    stream: &mut TcpStream,
    unread: &mut Vec<u8>,
) -> io::Result<Option<String>> {
    let mut room = [0; 1024];
    loop {
        let end = unread.windows(4).position(|four| four == b"\r\n\r\n");
        if let Some(end) = end {
            let head: Vec<u8> = unread.drain(..end + 4).collect();
            return Ok(Some(String::from_utf8_lossy(&head).into_owned()));
        }
        if unread.len() > MAX_HEAD {
            return Err(ErrorKind::InvalidData.into());
        }
        match stream.read(&mut room)? {
            0 if unread.is_empty() => return Ok(None),
            0 => return Err(ErrorKind::UnexpectedEof.into()),
            count => unread.extend_from_slice(&room[..count]),
        }
    }
}
// ANCHOR_END: read_head

/// HTTP/1.0 closes unless it says otherwise; we do not ask it.
fn wants_to_close(head: &str) -> bool {
    let mut lines = head.lines();
    let old = lines.next().is_none_or(|line| !line.ends_with("HTTP/1.1"));
    old || lines.any(|line| {
        let (name, value) = line.split_once(':').unwrap_or_default();
        name.eq_ignore_ascii_case("connection")
            && value.trim().eq_ignore_ascii_case("close")
    })
}
