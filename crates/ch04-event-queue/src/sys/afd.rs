//! The one call on which the backend for Windows stands: "tell me when one of
//! these sockets is ready", asked of AFD, the driver behind Winsock, as an
//! overlapped operation whose end comes out of a completion port.
//!
//! `select` and `WSAPoll` ask the same of the same driver. The device and the
//! code of the call are not documented, and yet as stable as anything on
//! Windows: libuv, wepoll, mio and polling are built on them. `windows.rs` says
//! why this one does as they do. What is written down here are numbers and
//! layouts, and who may touch an operation when.

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
/// There is somebody to accept.
pub(super) const ACCEPT: u32 = 0x080;
/// No connection was made.
pub(super) const CONNECT_FAIL: u32 = 0x100;

/// "Tell me when."
const IOCTL_AFD_POLL: u32 = 0x0001_2024;
// ANCHOR_END: afd_flags

// ANCHOR: afd_operation
/// One question, from when it is asked until its packet is taken out of the
/// port. Meanwhile it is the kernel's: it must not move, and nobody may look.
#[repr(C)]
pub(super) struct Operation {
    /// First, as its address is what the packet has.
    overlapped: OVERLAPPED,
    question: Question,
}

/// Both the question and the answer, as AFD wants and gives them.
#[repr(C)]
struct Question {
    /// In 100 ns, after which there is an answer anyway.
    timeout: i64,
    /// How many sockets; in the answer, how many are ready.
    count: u32,
    /// Does it end the questions of others about the same socket?
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

    /// For ever, about one socket. Its close is an answer, too.
    fn about(socket: SOCKET, events: u32) -> Self {
        let mut asked = Self::new();
        asked.question.timeout = i64::MAX;
        asked.question.count = 1;
        asked.question.sockets[0].socket = socket;
        asked.question.sockets[0].events = events | LOCAL_CLOSE;
        asked
    }

    /// What came of it: the events; none if it was cancelled.
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
        // What follows the name of the device is ours.
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
        // SAFETY: the system has just opened it, and nobody else knows of it.
        let afd = Self(unsafe { OwnedHandle::from_raw_handle(handle) });
        let (port, key) = (port.as_raw_handle(), 0);
        // SAFETY: both handles are open, and stay so during the call.
        let same = unsafe { CreateIoCompletionPort(handle, port, key, 0) };
        if same.is_null() {
            return Err(io::Error::last_os_error());
        }
        Ok(afd)
    }

    /// Asks which of `events` are true of `socket`, now or when one of them
    /// is. If this succeeds, there will be a packet, and exactly one.
    ///
    /// # Safety
    ///
    /// The operation is not one that is asked already, and stays where it is,
    /// untouched, until its packet was taken out of the port.
    // ANCHOR: afd_poll
    pub(super) unsafe fn ask(
        &self,
        socket: SOCKET,
        events: u32,
        operation: *mut Operation,
    ) -> io::Result<()> {
        // SAFETY: it is ours until the next call.
        unsafe { operation.write(Operation::about(socket, events)) };
        // SAFETY: a field of what the caller has promised to be there.
        let question = unsafe { &raw mut (*operation).question };
        let (question, size) = (question.cast(), size_of::<Question>() as u32);
        let handle = self.0.as_raw_handle();
        // SAFETY: the kernel reads and writes the question and the OVERLAPPED,
        // which stay where they are until the packet: the caller's promise.
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

    /// Asks no longer. Its packet comes, with no events or with those that
    /// were faster.
    pub(super) fn cancel(&self, operation: *mut Operation) {
        let handle = self.0.as_raw_handle();
        let overlapped = operation.cast::<OVERLAPPED>();
        // An error means that there is nothing to cancel any more.
        //
        // SAFETY: the address is compared with those of the operations of
        // this handle, and not followed otherwise.
        unsafe { CancelIoEx(handle, overlapped) };
    }
}

fn is_pending(error: &io::Error) -> bool {
    error.raw_os_error() == Some(ERROR_IO_PENDING as i32)
}

/// What a call of the kernel's own interface returned.
fn check(status: NTSTATUS) -> io::Result<()> {
    if status >= 0 {
        return Ok(());
    }
    // SAFETY: takes a number; there is nothing to uphold.
    let code = unsafe { RtlNtStatusToDosError(status) };
    Err(io::Error::from_raw_os_error(code as i32))
}
