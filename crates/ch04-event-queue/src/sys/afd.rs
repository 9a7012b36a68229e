//! The one call that the backend for Windows is built on: "tell me when one of
//! these sockets is ready", asked of AFD, the driver below Winsock (Windows's
//! socket library), as an overlapped operation whose end comes out of a
//! completion port.
//!
//! `select` and `WSAPoll` ask the same driver the same question. The device and
//! the code of the call are not documented, but libuv, wepoll, mio and polling
//! rely on them. `windows.rs` says why we do, too. This file has the numbers
//! and layouts, and says what may touch an operation, and when.

use std::io;
use std::mem;
use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};
use std::ptr;
use windows_sys::Wdk::Foundation::OBJECT_ATTRIBUTES;
use windows_sys::Wdk::Storage::FileSystem::{FILE_OPEN, NtCreateFile};
use windows_sys::Win32::Foundation::{
    ERROR_IO_PENDING, HANDLE, NTSTATUS, RtlNtStatusToDosError,
    STATUS_CANCELLED, UNICODE_STRING,
};
use windows_sys::Win32::Networking::WinSock::SOCKET;
use windows_sys::Win32::Storage::FileSystem::{
    FILE_SHARE_READ, FILE_SHARE_WRITE, SYNCHRONIZE,
};
use windows_sys::Win32::System::IO::{
    CancelIoEx, CreateIoCompletionPort, DeviceIoControl, IO_STATUS_BLOCK,
    OVERLAPPED,
};

// ANCHOR: afd_flags
/// There is something to read.
pub(super) const RECEIVE: u32 = 0x001;
/// There is room to write, or a connection is made.
pub(super) const SEND: u32 = 0x004;
/// The peer will send no more.
pub(super) const DISCONNECT: u32 = 0x008;
/// The connection was reset.
pub(super) const ABORT: u32 = 0x010;
/// The socket was closed here.
pub(super) const LOCAL_CLOSE: u32 = 0x020;
/// There is a client to accept.
pub(super) const ACCEPT: u32 = 0x080;
/// No connection was made.
pub(super) const CONNECT_FAIL: u32 = 0x100;

/// "Tell me when."
const IOCTL_AFD_POLL: u32 = 0x0001_2024;
// ANCHOR_END: afd_flags

// ANCHOR: afd_operation
/// One question. From when it is asked until its packet is taken out of the
/// port, it belongs to the kernel: it must not move, be read or be written.
#[repr(C)]
pub(super) struct Operation {
    /// First, because the packet carries its address.
    overlapped: OVERLAPPED,
    question: Question,
}

/// Question and answer, in the layout of AFD.
#[repr(C)]
struct Question {
    /// In 100 ns, after which there is an answer anyway.
    timeout: i64,
    /// How many sockets; in the answer, how many are ready.
    count: u32,
    /// Does it end other questions about the same socket?
    exclusive: u32,
    sockets: [About; 1],
}

#[repr(C)]
struct About {
    socket: SOCKET,
    events: u32,
    status: NTSTATUS,
}

// ANCHOR_END: afd_operation

impl Operation {
    pub(super) fn new() -> Self {
        // SAFETY: numbers and pointers; all zeroes is a valid value.
        unsafe { mem::zeroed() }
    }

    /// Without a timeout, about one socket. Its close is an answer, too.
    fn about(socket: SOCKET, events: u32) -> Self {
        let mut asked = Self::new();
        asked.question.timeout = i64::MAX;
        asked.question.count = 1;
        asked.question.sockets[0].socket = socket;
        asked.question.sockets[0].events = events | LOCAL_CLOSE;
        asked
    }

    /// The answer: the events; none if it was cancelled.
    pub(super) fn answer(&self) -> io::Result<u32> {
        let status = self.overlapped.Internal as NTSTATUS;
        if status == STATUS_CANCELLED || self.question.count == 0 {
            return Ok(0);
        }
        check(status)?;
        Ok(self.question.sockets[0].events)
    }
}

/// A handle of the driver, whose packets go to a completion port.
#[derive(Debug)]
pub(super) struct Afd(OwnedHandle);

impl Afd {
    pub(super) fn open(port: &OwnedHandle) -> io::Result<Self> {
        // What follows the name of the device is our choice.
        const NAME: &str = r"\Device\Afd\EventQueue";
        let mut name: Vec<u16> = NAME.encode_utf16().collect();
        let bytes = size_of_val(&name[..]) as u16;
        let name = UNICODE_STRING {
            Length: bytes,
            MaximumLength: bytes,
            Buffer: name.as_mut_ptr(),
        };
        let attributes = OBJECT_ATTRIBUTES {
            Length: size_of::<OBJECT_ATTRIBUTES>() as u32,
            RootDirectory: ptr::null_mut(),
            ObjectName: &raw const name,
            Attributes: 0,
            SecurityDescriptor: ptr::null(),
            SecurityQualityOfService: ptr::null(),
        };
        let mut handle: HANDLE = ptr::null_mut();
        // SAFETY: numbers and pointers; all zeroes is a valid value.
        let mut block: IO_STATUS_BLOCK = unsafe { mem::zeroed() };
        // SAFETY: what is read (the attributes, and the name that they point
        // to) and written (handle and block) lives until the call is over.
        let status = unsafe {
            NtCreateFile(
                &raw mut handle,
                SYNCHRONIZE,
                &attributes,
                &raw mut block,
                ptr::null(),
                0,
                FILE_SHARE_READ | FILE_SHARE_WRITE,
                FILE_OPEN,
                0,
                ptr::null(),
                0,
            )
        };
        check(status)?;
        // SAFETY: the system has just opened it, and nothing else owns it.
        let afd = Self(unsafe { OwnedHandle::from_raw_handle(handle) });
        let (port, key) = (port.as_raw_handle(), 0);
        // SAFETY: both handles are open, and stay so during the call.
        let same = unsafe { CreateIoCompletionPort(handle, port, key, 0) };
        if same.is_null() {
            return Err(io::Error::last_os_error());
        }
        Ok(afd)
    }

    /// Asks which of `events` are true of `socket`, now or as soon as one is.
    /// If this succeeds, there will be exactly one packet.
    ///
    /// # Safety
    ///
    /// The operation is not under way already, and stays where it is,
    /// untouched, until its packet has been taken out of the port.
    // ANCHOR: afd_poll
    pub(super) unsafe fn ask(
        &self,
        socket: SOCKET,
        events: u32,
        operation: *mut Operation,
    ) -> io::Result<()> {
        // SAFETY: the operation is ours until the call below.
        unsafe { operation.write(Operation::about(socket, events)) };
        // SAFETY: the caller promises that the operation is there.
        let question = unsafe { &raw mut (*operation).question };
        let (question, size) = (question.cast(), size_of::<Question>() as u32);
        let handle = self.0.as_raw_handle();
        // SAFETY: the kernel reads and writes the question and the OVERLAPPED,
        // which the caller promises to leave in place until the packet.
        let done = unsafe {
            let (none, overlapped) = (ptr::null_mut(), operation.cast());
            DeviceIoControl(
                handle,
                IOCTL_AFD_POLL,
                question,
                size,
                question,
                size,
                none,
                overlapped,
            )
        };
        match io::Error::last_os_error() {
            _ if done != 0 => Ok(()), // answered; the packet comes all the same
            error if is_pending(&error) => Ok(()),
            error => Err(error),
        }
    }
    // ANCHOR_END: afd_poll

    /// Withdraws the question. Its packet still comes, without events, or with
    /// those that came first.
    pub(super) fn cancel(&self, operation: *mut Operation) {
        let handle = self.0.as_raw_handle();
        let overlapped = operation.cast::<OVERLAPPED>();
        // An error means that there is nothing left to cancel.
        //
        // SAFETY: the address is compared with those of the operations of
        // this handle, and not followed otherwise.
        unsafe { CancelIoEx(handle, overlapped) };
    }
}

fn is_pending(error: &io::Error) -> bool {
    error.raw_os_error() == Some(ERROR_IO_PENDING as i32)
}

/// The result of a call of the kernel's own interface.
fn check(status: NTSTATUS) -> io::Result<()> {
    if status >= 0 {
        return Ok(());
    }
    // SAFETY: takes a number; there is nothing to uphold.
    let code = unsafe { RtlNtStatusToDosError(status) };
    Err(io::Error::from_raw_os_error(code as i32))
}
