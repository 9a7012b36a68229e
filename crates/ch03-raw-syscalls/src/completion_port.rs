//! Completion on Windows: one read through an I/O completion port, with
//! nothing but the calls of kernel32.
//!
//! The twin of `waiting/uring.rs`: a slow source, one read that is handed in,
//! one wait for its result. The source is a socket, because the standard
//! library opens sockets for overlapped use, but not files. What it
//! leaves out: several operations at a time, and cancelling one.

use std::io::{self, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::windows::io::{
    AsRawHandle, AsRawSocket, FromRawHandle, OwnedHandle, RawHandle,
};
use std::ptr;
use std::thread;
use std::time::Duration;

mod ffi {
    use std::os::windows::io::RawHandle as Handle;

    /// `OVERLAPPED`: the kernel's note about one operation under way.
    #[repr(C)]
    #[derive(Debug, Default)]
    pub struct Overlapped {
        status: [usize; 2],
        offset: [u32; 2],
        event: usize,
    }

    #[link(name = "kernel32")]
    unsafe extern "system" {
        pub unsafe fn CreateIoCompletionPort(
            file: Handle,
            port: Handle,
            key: usize,
            threads: u32,
        ) -> Handle;
        pub unsafe fn ReadFile(
            file: Handle,
            bytes: *mut u8,
            count: u32,
            read: *mut u32,
            overlapped: *mut Overlapped,
        ) -> i32;
        pub unsafe fn GetQueuedCompletionStatus(
            port: Handle,
            count: *mut u32,
            key: *mut usize,
            overlapped: *mut *mut Overlapped,
            milliseconds: u32,
        ) -> i32;
    }
}

/// What the slow writer sends.
pub const MESSAGE: [u8; 5] = *b"ready";

/// What the port calls our socket in its results.
pub const KEY: usize = 7;

/// `INFINITE`, as a time to wait.
const FOREVER: u32 = u32::MAX;

/// `ERROR_IO_PENDING`: the operation was accepted and is not done yet.
const PENDING: i32 = 997;

/// A read that is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Completion {
    /// The source that was read from, as it was named to the port.
    pub key: usize,
    /// How many bytes were read.
    pub count: usize,
    /// The buffer.
    pub buffer: [u8; 5],
}

/// What the kernel writes to until the read is done.
// ANCHOR: operation
#[repr(C)] // the note comes first, so both have one address
#[derive(Debug, Default)]
struct Operation {
    note: ffi::Overlapped, // the kernel's note about the operation
    buffer: [u8; 5],
}
// ANCHOR_END: operation

/// Hands the kernel a buffer, sleeps until the port reports that the read is
/// done, and finds the bytes in the buffer.
///
/// # Errors
///
/// What Windows reports for the socket, the port or the read.
// ANCHOR: completion_port_read
pub fn completion_port_read(pause: Duration) -> io::Result<Completion> {
    let socket = slow_socket(pause)?;
    let port = new_port()?; // CreateIoCompletionPort
    tie(&socket, &port)?; // the same call, with both: results go to the port
    // From here to the completion this memory is the kernel's. If we return
    // early, it is leaked, which is harmless. To free it would not be.
    let operation = Box::into_raw(Box::<Operation>::default());
    // SAFETY: it stays on the heap, and nothing else touches it, until the
    // completion below says that the kernel is done.
    unsafe { start_read(&socket, operation)? }; // ReadFile
    // This thread could do other work here.
    // GetQueuedCompletionStatus sleeps, and reports three things.
    let (key, count, note) = next_completion(&port)?;
    // SAFETY: the read is complete, so the kernel has given back the box that
    // `into_raw` took apart; its address is that of its note.
    let done = unsafe { Box::from_raw(note.cast::<Operation>()) };
    let buffer = done.buffer;
    Ok(Completion { key, count, buffer })
}
// ANCHOR_END: completion_port_read

/// A connection on which a thread sends [`MESSAGE`] after `pause`.
fn slow_socket(pause: Duration) -> io::Result<TcpStream> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let reader = TcpStream::connect(listener.local_addr()?)?;
    let (mut writer, _) = listener.accept()?;
    thread::Builder::new().spawn(move || {
        thread::sleep(pause);
        // An error means that nothing reads any more, and so nothing is lost.
        let _ = writer.write_all(&MESSAGE);
    })?;
    Ok(reader)
}

fn handle_of(socket: &TcpStream) -> RawHandle {
    ptr::without_provenance_mut(socket.as_raw_socket() as usize)
}

fn new_port() -> io::Result<OwnedHandle> {
    let no_file = ptr::without_provenance_mut(usize::MAX);
    let new = ptr::null_mut();
    // SAFETY: asks for a port that nothing is tied to yet.
    let port = unsafe { ffi::CreateIoCompletionPort(no_file, new, 0, 0) };
    if port.is_null() {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: just opened for us, so this owner alone closes it.
    Ok(unsafe { OwnedHandle::from_raw_handle(port) })
}

fn tie(socket: &TcpStream, port: &OwnedHandle) -> io::Result<()> {
    let (socket, port) = (handle_of(socket), port.as_raw_handle());
    // SAFETY: both are open, as borrowed.
    let port = unsafe { ffi::CreateIoCompletionPort(socket, port, KEY, 0) };
    if port.is_null() {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

/// Starts a read into the buffer of `operation`.
///
/// # Safety
///
/// Until the completion was seen, `operation` must stay valid, and nothing
/// but the kernel may use it.
// ANCHOR: start_read
unsafe fn start_read(
    socket: &TcpStream,
    operation: *mut Operation,
) -> io::Result<()> {
    // SAFETY: in bounds of what the caller keeps valid.
    let buffer = unsafe { &raw mut (*operation).buffer };
    let note = operation.cast(); // its first field
    let (file, at_once) = (handle_of(socket), ptr::null_mut());
    // SAFETY: the kernel writes five bytes and the note; the caller keeps
    // both until it is done.
    let done = unsafe { ffi::ReadFile(file, buffer.cast(), 5, at_once, note) };
    if done == 0 {
        let error = io::Error::last_os_error();
        if error.raw_os_error() != Some(PENDING) {
            return Err(error);
        }
    }
    Ok(()) // also if it is done already: the port reports that, too
}
// ANCHOR_END: start_read

/// Sleeps until an operation is done; returns the key of its source, how many
/// bytes it moved, and the address of its note.
fn next_completion(
    port: &OwnedHandle,
) -> io::Result<(usize, usize, *mut ffi::Overlapped)> {
    let (mut count, mut key, mut note) = (0, 0, ptr::null_mut());
    let port = port.as_raw_handle();
    // SAFETY: Windows writes the three, and they outlive the call.
    let done = unsafe {
        ffi::GetQueuedCompletionStatus(
            port, &mut count, &mut key, &mut note, FOREVER,
        )
    };
    if done == 0 {
        return Err(io::Error::last_os_error());
    }
    Ok((key, count as usize, note))
}
