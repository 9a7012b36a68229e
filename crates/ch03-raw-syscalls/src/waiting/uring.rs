//! Completion instead of readiness: one `read` by `io_uring`, with nothing but
//! its system calls.
//!
//! The program and the kernel share memory: an array of entries that describe
//! operations, a ring that says which of them are handed in, and a ring of
//! results. A ring has a head (what was taken) and a tail (what was put); each
//! side moves one of the two. This file hands in a single operation per ring,
//! so every index is 0. Container runtimes often forbid the calls;
//! then the error is `PermissionDenied` or `Unsupported`.

use super::calls::check;
use super::report::{Bill, Report, slow_pipe};
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::ptr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

const FEATURE_SINGLE_MMAP: u32 = 1; // both rings in one mapping: Linux 5.4
const MAP_RINGS: libc::off_t = 0;
const MAP_ENTRIES: libc::off_t = 0x1000_0000;
const WAIT_FOR_RESULTS: u32 = 1;
const OP_READ: u8 = 22;
const RESULT_SIZE: usize = 16;
const RESULT_CODE: u32 = 8; // where in a result the code is

/// Where in the mapping the parts of a ring are, in bytes.
#[repr(C)]
#[derive(Default)]
struct Offsets {
    head: u32,
    tail: u32,
    mask_and_size: [u32; 2],
    others: [u32; 6], // [2] entries handed in, or [1] results
}

/// `struct io_uring_params`: what the kernel answers about a new ring.
#[repr(C)]
#[derive(Default)]
struct Params {
    submissions: u32,
    completions: u32,
    settings: [u32; 3],
    features: u32,
    more: [u32; 4],
    submission_ring: Offsets,
    completion_ring: Offsets,
}
const _: () = assert!(size_of::<Params>() == 120);

/// `struct io_uring_sqe`: one operation.
#[repr(C)]
#[derive(Default)]
struct Entry {
    operation: u8,
    flags: [u8; 3],
    fd: i32,
    offset: u64,
    address: u64,
    length: u32,
    operation_flags: u32,
    label_and_more: [u64; 4],
}
const _: () = assert!(size_of::<Entry>() == 64);

/// Hands the kernel a buffer, sleeps until it says that the read is done, and
/// finds the bytes in the buffer: nothing is left to read.
///
/// # Errors
///
/// What the system reports, above all that `io_uring` is not allowed here.
// ANCHOR: uring_read
pub fn uring_read(pause: Duration) -> io::Result<Report> {
    let pipe = slow_pipe(pause)?;
    let ring = Ring::new()?;
    let mut bill = Bill::open()?;
    // From here to the completion the buffer is the kernel's, which may write
    // to it at any time. So an early return must not free it: as a raw pointer
    // it is leaked instead, which is harmless.
    let buffer = Box::into_raw(Box::new([0; 5]));
    bill.attempts += 1;
    // SAFETY: five bytes on the heap that nothing else can reach; they stay
    // there until the completion below says that the kernel is done.
    unsafe { ring.submit_read(pipe.as_fd(), buffer.cast(), 5)? };
    // This thread could do other work here.
    let code = loop {
        bill.waits += 1;
        if let Some(code) = ring.wait()? {
            break code;
        }
    };
    // SAFETY: the one read that was handed in is complete, so the kernel has
    // given back the box that `into_raw` took apart.
    let message = *unsafe { Box::from_raw(buffer) };
    match usize::try_from(code) {
        Ok(count) => bill.close(count, message),
        Err(_) => Err(io::Error::from_raw_os_error(-code)),
    }
}
// ANCHOR_END: uring_read

/// An `io_uring` that is used for one operation.
struct Ring {
    fd: OwnedFd,
    params: Params,
    rings: Mapping,
    entries: Mapping,
}

impl Ring {
    fn new() -> io::Result<Self> {
        let mut params = Params::default();
        // SAFETY: the kernel reads and fills in `params`, which has its layout
        // and outlives the call.
        let fd = unsafe {
            libc::syscall(libc::SYS_io_uring_setup, 1_u32, &mut params)
        };
        let fd = check(fd as libc::c_int)?;
        // SAFETY: the kernel just opened it for us; only this owner closes it.
        let fd = unsafe { OwnedFd::from_raw_fd(fd) };
        if params.features & FEATURE_SINGLE_MMAP == 0 {
            return Err(io::ErrorKind::Unsupported.into());
        }
        let results = params.completions as usize * RESULT_SIZE;
        let results = params.completion_ring.others[1] as usize + results;
        let handed_in = params.submissions as usize * size_of::<u32>();
        let handed_in = params.submission_ring.others[2] as usize + handed_in;
        let rings = results.max(handed_in);
        let entries = params.submissions as usize * size_of::<Entry>();
        Ok(Self {
            rings: Mapping::new(fd.as_fd(), MAP_RINGS, rings)?,
            entries: Mapping::new(fd.as_fd(), MAP_ENTRIES, entries)?,
            fd,
            params,
        })
    }

    /// Describes a read in the shared memory and hands it in.
    ///
    /// # Safety
    ///
    /// Until its completion was seen, `length` bytes at `buffer` must be there,
    /// and nothing else may use them.
    // ANCHOR: uring_submit
    unsafe fn submit_read(
        &self,
        fd: BorrowedFd<'_>,
        buffer: *mut u8,
        length: u32,
    ) -> io::Result<()> {
        let entry = Entry {
            operation: OP_READ,
            fd: fd.as_raw_fd(), // the kernel holds the open file itself
            offset: u64::MAX,   // where the file is: a pipe has no offsets
            address: buffer.expose_provenance() as u64,
            length,
            ..Entry::default()
        };
        let ring = &self.params.submission_ring;
        // SAFETY: inside the mapping. The kernel does not look at it before
        // the tail says that it is there.
        unsafe { self.entries.at::<Entry>(0).write(entry) };
        // The first place of the ring: "entry 0 is handed in".
        self.rings.word(ring.others[2]).store(0, Ordering::Relaxed);
        // Release: pairs with the kernel's acquire, so that it sees the entry
        // and the ring as they were written above.
        self.rings.word(ring.tail).store(1, Ordering::Release);
        self.enter(1, 0, 0)
    }
    // ANCHOR_END: uring_submit

    /// Sleeps until the read is done; `None` if only a signal came. The result
    /// is the number of bytes, or minus an error number.
    // ANCHOR: uring_wait
    fn wait(&self) -> io::Result<Option<i32>> {
        match self.enter(0, 1, WAIT_FOR_RESULTS) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            answer => answer?,
        }
        let ring = &self.params.completion_ring;
        // Acquire: pairs with the kernel's release, so that we see the result
        // and the buffer as the kernel wrote them.
        if self.rings.word(ring.tail).load(Ordering::Acquire) == 0 {
            return Ok(None);
        }
        let code = self.rings.word(ring.others[1] + RESULT_CODE);
        Ok(Some(code.load(Ordering::Relaxed).cast_signed()))
    }
    // ANCHOR_END: uring_wait

    fn enter(&self, submit: u32, wait: u32, flags: u32) -> io::Result<()> {
        let (call, fd) = (libc::SYS_io_uring_enter, self.fd.as_raw_fd());
        let mask = ptr::null::<libc::sigset_t>(); // leave the signals alone
        // SAFETY: an io_uring of our own. What its entry lets the kernel write
        // to is what the caller of `submit_read` vouched for.
        let answer = unsafe {
            libc::syscall(call, fd, submit, wait, flags, mask, 0_usize)
        };
        check(answer as libc::c_int).map(drop)
    }
}

/// Memory shared with the kernel, until it is dropped.
struct Mapping {
    start: *mut u8,
    length: usize,
}

impl Mapping {
    fn new(
        fd: BorrowedFd<'_>,
        offset: libc::off_t,
        length: usize,
    ) -> io::Result<Self> {
        let (access, fd) = (libc::PROT_READ | libc::PROT_WRITE, fd.as_raw_fd());
        let (anywhere, shared) = (ptr::null_mut(), libc::MAP_SHARED);
        // SAFETY: where the kernel finds room, so it replaces nothing.
        let start =
            unsafe { libc::mmap(anywhere, length, access, shared, fd, offset) };
        if start == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        let start = start.cast();
        Ok(Self { start, length })
    }

    /// The address of the `T` at `offset`, a place that the kernel named.
    fn at<T>(&self, offset: u32) -> *mut T {
        let offset = offset as usize;
        assert!(offset + size_of::<T>() <= self.length);
        // SAFETY: inside the mapping, as just asserted.
        unsafe { self.start.add(offset).cast() }
    }

    /// A word that both sides access, always atomically.
    fn word(&self, offset: u32) -> &AtomicU32 {
        let word = self.at::<u32>(offset);
        assert!(word.is_aligned());
        // SAFETY: aligned, and mapped as long as `self` is; the kernel keeps
        // to atomic accesses, and so do we.
        unsafe { AtomicU32::from_ptr(word) }
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        let start = self.start.cast();
        // SAFETY: what `new` mapped, and no pointer into it is left: each came
        // from a borrow of `self`.
        unsafe { libc::munmap(start, self.length) };
    }
}
