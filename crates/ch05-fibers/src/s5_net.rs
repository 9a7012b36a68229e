//! Stage 5 of chapter 5: servers that read like blocking code.
//!
//! A fiber a connection, each a straight line from the first byte to the last.
//! Nothing here knows of events, readiness or callbacks: where a call would
//! block, it stops its fiber, and the runtime sees to the rest.

use crate::net::{TcpListener, TcpStream};
use crate::{Builder, sleep, yield_now};
use std::io::{self, ErrorKind, Read, Write};
use std::time::{Duration, Instant};

/// Accepts connections, and gives each one to a fiber that calls `talk`.
///
/// # Errors
///
/// What is wrong with the listening socket itself: `InvalidInput` if it does
/// not listen, `TimedOut` after its deadline, `Other` outside fibers of its
/// runtime. When descriptors run out, or memory in the kernel or for a stack,
/// it waits until there are more; a client that gets no stack is disconnected. What
/// became of a single connection ends nothing.
// ANCHOR: serve
pub fn serve(
    listener: &TcpListener,
    talk: fn(TcpStream) -> io::Result<()>,
) -> io::Result<()> {
    loop {
        let fiber = listener.accept().and_then(|(stream, _)| {
            // A client's mistake ends only its own fiber.
            Builder::new().spawn(move || talk(stream))
        });
        if let Err(error) = fiber {
            recover(error)?;
        }
    }
}

/// Recovers before the next client, unless that one would fail as well.
fn recover(error: io::Error) -> io::Result<()> {
    match blame(&error) {
        Blame::Listener => return Err(error),
        Blame::Machine => sleep(Duration::from_millis(10)),
        Blame::Connection => yield_now(),
    }
    Ok(())
}
// ANCHOR_END: serve

// ANCHOR: blame
/// What an error of `accept` or of `spawn` is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Blame {
    /// Too many open files, here or in the whole system, or too little memory.
    /// A connection that was not accepted is still there.
    Machine,
    /// The listening socket: the next call would fail as well.
    Listener,
    /// A connection that was gone before it was accepted.
    Connection,
}

fn blame(error: &io::Error) -> Blame {
    if error.kind() == ErrorKind::OutOfMemory {
        return Blame::Machine; // no memory for a stack
    }
    // Other errors without a number are this library's.
    let Some(number) = error.raw_os_error() else {
        return Blame::Listener;
    };
    if SHORTAGES.contains(&number) {
        Blame::Machine
    } else if LISTENERS.contains(&number) {
        Blame::Listener
    } else {
        Blame::Connection
    }
}
// ANCHOR_END: blame

cfg_select! {
    windows => {
        use windows_sys::Win32::Foundation::ERROR_COMMITMENT_LIMIT;
        use windows_sys::Win32::Networking::WinSock as sys;

        const SHORTAGES: [i32; 3] = [
            sys::WSAEMFILE,
            sys::WSAENOBUFS,
            ERROR_COMMITMENT_LIMIT as i32, // no memory for a stack
        ];
        const LISTENERS: [i32; 6] = [
            sys::WSAEBADF,
            sys::WSAEFAULT,
            sys::WSAEINVAL,
            sys::WSAENOTSOCK,
            sys::WSAEOPNOTSUPP,
            sys::WSANOTINITIALISED,
        ];
    }
    _ => {
        const SHORTAGES: [i32; 4] =
            [libc::EMFILE, libc::ENFILE, libc::ENOBUFS, libc::ENOMEM];
        const LISTENERS: [i32; 5] = [
            libc::EBADF,
            libc::EFAULT,
            libc::EINVAL,
            libc::ENOTSOCK,
            libc::EOPNOTSUPP,
        ];
    }
}

/// Sends back what comes, until the client stops sending.
///
/// # Errors
///
/// `ConnectionReset` if the client is gone while it should be read from or
/// written to, `BrokenPipe` if it takes no more, `TimedOut` after the stream's
/// deadline.
// ANCHOR: echo
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

/// Answers HTTP/1.1 requests, one after the other, with a greeting.
///
/// # Errors
///
/// `TimedOut` if a request takes more than ten seconds, `InvalidData` if its
/// head is longer than 8 KiB, `UnexpectedEof` if the client closes in the
/// middle of it, `ConnectionReset` or `BrokenPipe` if it is gone.
// ANCHOR: hello
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

/// The head of the next request, up to the empty line; `None` if the client
/// has closed instead. What comes after it stays in `unread`.
// ANCHOR: read_head
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Every number that a system has for its errors, and some that it lacks.
    const NUMBERS: std::ops::Range<i32> = if cfg!(windows) {
        10_000..11_100
    } else {
        1..200
    };

    #[test]
    fn errors_of_connections_and_of_the_machine_do_not_end_a_server() {
        for number in NUMBERS {
            let error = io::Error::from_raw_os_error(number);
            let text = format!("{number}: {error}");
            let why = blame(&error);
            let start = Instant::now();
            match recover(error) {
                Ok(()) => assert_ne!(why, Blame::Listener, "{text}"),
                Err(error) => {
                    assert_eq!(why, Blame::Listener, "{text}");
                    assert_eq!(error.raw_os_error(), Some(number));
                }
            }
            if why == Blame::Machine {
                assert!(start.elapsed() >= Duration::from_millis(10), "{text}");
            }
        }
        // This library's own: a deadline that has passed, a caller that is no fiber.
        for kind in [ErrorKind::TimedOut, ErrorKind::Other] {
            assert_eq!(recover(kind.into()).unwrap_err().kind(), kind);
        }
    }

    #[cfg(unix)]
    #[test]
    fn each_error_of_accept_is_blamed_on_the_right_one() {
        // What accept(2) documents, for Linux and the BSDs.
        let known = [
            (libc::ECONNABORTED, Blame::Connection),
            (libc::ECONNRESET, Blame::Connection),
            (libc::EPROTO, Blame::Connection),
            (libc::EPERM, Blame::Connection),
            (libc::ENETDOWN, Blame::Connection),
            (libc::ENETUNREACH, Blame::Connection),
            (libc::EHOSTDOWN, Blame::Connection),
            (libc::EHOSTUNREACH, Blame::Connection),
            (libc::ENOPROTOOPT, Blame::Connection),
            (libc::ETIMEDOUT, Blame::Connection),
            (libc::EMFILE, Blame::Machine),
            (libc::ENFILE, Blame::Machine),
            (libc::ENOBUFS, Blame::Machine),
            (libc::ENOMEM, Blame::Machine),
            (libc::EBADF, Blame::Listener),
            (libc::EFAULT, Blame::Listener),
            (libc::EINVAL, Blame::Listener),
            (libc::ENOTSOCK, Blame::Listener),
            (libc::EOPNOTSUPP, Blame::Listener),
        ];
        for (number, expected) in known {
            let error = io::Error::from_raw_os_error(number);
            assert_eq!(blame(&error), expected, "{error}");
        }
        let all = |what| {
            let errors = NUMBERS.map(io::Error::from_raw_os_error);
            errors.filter(|error| blame(error) == what).count()
        };
        assert_eq!(all(Blame::Machine), 4);
        assert_eq!(all(Blame::Listener), 5);
    }
}
