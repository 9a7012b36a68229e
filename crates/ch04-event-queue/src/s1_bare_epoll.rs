//! Stage 1 of chapter 4: bare epoll, all of it in one file.
//!
//! One thread asks a slow server for several things at once, and takes the
//! answers as they come. One structure, three functions, one loop. Chapter 4,
//! Linux only. Left out, and the reason for the later stages: types that keep
//! the numbers apart, connecting without blocking, and every other platform.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

// ANCHOR: s1_calls
#[derive(Clone, Copy)]
#[cfg_attr(target_arch = "x86_64", repr(C, packed))]
#[cfg_attr(not(target_arch = "x86_64"), repr(C))]
struct EpollEvent {
    events: u32,
    data: u64,
}

unsafe extern "C" {
    safe fn epoll_create1(flags: i32) -> i32;
    fn epoll_ctl(queue: i32, op: i32, fd: i32, event: *mut EpollEvent) -> i32;
    fn epoll_wait(
        queue: i32,
        events: *mut EpollEvent,
        room: i32,
        timeout: i32,
    ) -> i32;
}

const EPOLL_CLOEXEC: i32 = 0o2_000_000;
const EPOLL_CTL_ADD: i32 = 1;
const EPOLL_CTL_DEL: i32 = 2;
const EPOLLIN: u32 = 1;
// ANCHOR_END: s1_calls

/// A connection, and what has come over it so far.
struct Reply {
    stream: TcpStream,
    bytes: Vec<u8>,
}

/// Asks `server` for all `targets` at once, and calls `answered` with the
/// index of a target and its reply as soon as that is complete.
///
/// # Errors
///
/// What the system reports for the queue or for one of the connections.
// ANCHOR: s1_fetch
pub fn fetch(
    server: SocketAddr,
    targets: &[String],
    mut answered: impl FnMut(usize, &[u8]),
) -> io::Result<()> {
    let queue = create()?;
    let mut replies = Vec::new();
    for (index, target) in targets.iter().enumerate() {
        let stream = ask(server, target)?;
        add(&queue, &stream, index)?;
        let bytes = Vec::new();
        replies.push(Reply { stream, bytes });
    }
    let mut waiting = targets.len();
    let mut events = [EpollEvent { events: 0, data: 0 }; 8];
    while waiting > 0 {
        for event in wait(&queue, &mut events)? {
            let index = event.data as usize; // what `add` put there
            let Reply { stream, bytes } = &mut replies[index];
            if at_the_end(stream, bytes)? {
                remove(&queue, stream)?;
                answered(index, bytes);
                waiting -= 1;
            }
        }
    }
    Ok(())
}
// ANCHOR_END: s1_fetch

// ANCHOR: s1_read
/// Sends a request. From here on, calls on the connection do not block.
fn ask(server: SocketAddr, target: &str) -> io::Result<TcpStream> {
    let mut stream = TcpStream::connect(server)?; // this one still does
    let head = format!("GET {target} HTTP/1.1\r\nHost: {server}\r\n");
    let request = format!("{head}Connection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    stream.set_nonblocking(true)?;
    Ok(stream)
}

/// Reads what is there, once. Is that the end of the reply?
fn at_the_end(stream: &mut TcpStream, bytes: &mut Vec<u8>) -> io::Result<bool> {
    let mut room = [0; 1024];
    match stream.read(&mut room) {
        Ok(0) => Ok(true),
        Ok(count) => {
            bytes.extend_from_slice(&room[..count]);
            Ok(false) // if there is more, the queue will report it
        }
        // Nothing there after all, or a signal: there will be an event.
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(false),
        Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(false),
        Err(error) => Err(error),
    }
}
// ANCHOR_END: s1_read

// ANCHOR: s1_epoll
fn create() -> io::Result<OwnedFd> {
    let fd = check(epoll_create1(EPOLL_CLOEXEC))?;
    // SAFETY: the kernel has just opened it, and nothing else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

fn add(queue: &OwnedFd, stream: &TcpStream, index: usize) -> io::Result<()> {
    let (queue, fd) = (queue.as_raw_fd(), stream.as_raw_fd());
    let data = index as u64;
    let mut event = EpollEvent {
        events: EPOLLIN,
        data,
    };
    // SAFETY: the kernel copies the event before the call returns.
    check(unsafe { epoll_ctl(queue, EPOLL_CTL_ADD, fd, &mut event) })?;
    Ok(())
}

/// Sleeps until something is ready. A signal gives no events.
fn wait<'e>(
    queue: &OwnedFd,
    events: &'e mut [EpollEvent; 8],
) -> io::Result<&'e [EpollEvent]> {
    let (first, room) = (events.as_mut_ptr(), events.len() as i32);
    // SAFETY: the kernel writes at most `room` events, and there is room.
    let count = unsafe { epoll_wait(queue.as_raw_fd(), first, room, -1) };
    match check(count) {
        Ok(count) => Ok(&events[..count as usize]),
        Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(&[]),
        Err(error) => Err(error),
    }
}
// ANCHOR_END: s1_epoll

fn remove(queue: &OwnedFd, stream: &TcpStream) -> io::Result<()> {
    let (queue, fd) = (queue.as_raw_fd(), stream.as_raw_fd());
    let none = std::ptr::null_mut();
    // SAFETY: the kernel reads no event when it removes something.
    check(unsafe { epoll_ctl(queue, EPOLL_CTL_DEL, fd, none) })?;
    Ok(())
}

/// What a call returned, or why it returned -1.
fn check(result: i32) -> io::Result<i32> {
    if result == -1 {
        return Err(io::Error::last_os_error());
    }
    Ok(result)
}
