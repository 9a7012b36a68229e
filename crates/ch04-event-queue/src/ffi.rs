//! The four functions that the event queue calls on Linux, declared by hand,
//! and the proof that numbers and layouts are right.
//!
//! The C library has these functions, but Rust has to be told their types. So
//! each number and each layout below is compared with the `libc` crate's while
//! this crate is compiled, for whatever processor: if one were wrong, the
//! build would fail. Chapter 4, from stage 2 on; Linux only.

use std::mem::{align_of, offset_of, size_of};

// ANCHOR: ffi_event
/// What the kernel is told about a descriptor, and what it reports about it:
/// C's `struct epoll_event`.
///
/// It is packed on x86-64 and nowhere else: there, its layout had to be the
/// same for 32-bit and 64-bit programs. On other 64-bit processors four bytes
/// lie unused between the fields.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(target_arch = "x86_64", repr(C, packed))]
#[cfg_attr(not(target_arch = "x86_64"), repr(C))]
pub struct EpollEvent {
    /// A set of the flags below.
    pub events: u32,
    /// Ours: the kernel stores it and returns it with each event.
    pub data: u64,
}
// ANCHOR_END: ffi_event

// ANCHOR: ffi_calls
unsafe extern "C" {
    /// A new queue: returns its descriptor, or -1.
    pub safe fn epoll_create1(flags: i32) -> i32;

    /// Adds `fd` to a queue, changes its entry, or removes it. `event` may be
    /// null for a removal. Returns 0, or -1.
    pub fn epoll_ctl(
        queue: i32,
        operation: i32,
        fd: i32,
        event: *mut EpollEvent,
    ) -> i32;

    /// Waits for events and writes at most `room` of them to `events`. The
    /// timeout is in milliseconds, -1 for none. Returns how many, or -1.
    pub fn epoll_wait(
        queue: i32,
        events: *mut EpollEvent,
        room: i32,
        timeout: i32,
    ) -> i32;

    /// A counter behind a descriptor, readable unless it is zero. Returns the
    /// descriptor, or -1.
    pub safe fn eventfd(counter: u32, flags: i32) -> i32;
}
// ANCHOR_END: ffi_calls

// ANCHOR: ffi_flags
/// The queue is not passed on to programs that this one starts.
pub const EPOLL_CLOEXEC: i32 = 0o2_000_000;

/// For `epoll_ctl`: a descriptor that is not in the queue yet.
pub const EPOLL_CTL_ADD: i32 = 1;
/// For `epoll_ctl`: out of the queue.
pub const EPOLL_CTL_DEL: i32 = 2;
/// For `epoll_ctl`: other events or other data from now on.
pub const EPOLL_CTL_MOD: i32 = 3;

/// There is something to read, or the end of it.
pub const EPOLLIN: u32 = 1;
/// There is something urgent to read.
pub const EPOLLPRI: u32 = 1 << 1;
/// There is room to write.
pub const EPOLLOUT: u32 = 1 << 2;
/// An error is waiting to be taken. Reported whether asked for or not.
pub const EPOLLERR: u32 = 1 << 3;
/// Both directions are over. Reported whether asked for or not.
pub const EPOLLHUP: u32 = 1 << 4;
/// The peer will send no more.
pub const EPOLLRDHUP: u32 = 1 << 13;
/// Of several queues that wait for one source, wake at least one, not all.
pub const EPOLLEXCLUSIVE: u32 = 1 << 28;
/// Report once, then nothing until the next `EPOLL_CTL_MOD`.
pub const EPOLLONESHOT: u32 = 1 << 30;
/// Report changes, not states.
pub const EPOLLET: u32 = 1 << 31;

/// The counter is not passed on to programs that this one starts.
pub const EFD_CLOEXEC: i32 = 0o2_000_000;
/// Reads and writes of the counter never block.
pub const EFD_NONBLOCK: i32 = 0o4_000;
// ANCHOR_END: ffi_flags

// ANCHOR: ffi_proof
const _: () = {
    type Ours = EpollEvent;
    type Theirs = libc::epoll_event;
    assert!(size_of::<Ours>() == size_of::<Theirs>());
    assert!(align_of::<Ours>() == align_of::<Theirs>());
    assert!(offset_of!(Ours, events) == offset_of!(Theirs, events));
    assert!(offset_of!(Ours, data) == offset_of!(Theirs, u64));
    assert!(size_of::<libc::c_int>() == size_of::<i32>());
    assert!(size_of::<libc::c_uint>() == size_of::<u32>());
};
// ANCHOR_END: ffi_proof

const _: () = {
    assert!(EPOLL_CLOEXEC == libc::EPOLL_CLOEXEC);
    assert!(EPOLL_CTL_ADD == libc::EPOLL_CTL_ADD);
    assert!(EPOLL_CTL_DEL == libc::EPOLL_CTL_DEL);
    assert!(EPOLL_CTL_MOD == libc::EPOLL_CTL_MOD);
    assert!(EPOLLIN == libc::EPOLLIN as u32);
    assert!(EPOLLPRI == libc::EPOLLPRI as u32);
    assert!(EPOLLOUT == libc::EPOLLOUT as u32);
    assert!(EPOLLERR == libc::EPOLLERR as u32);
    assert!(EPOLLHUP == libc::EPOLLHUP as u32);
    assert!(EPOLLRDHUP == libc::EPOLLRDHUP as u32);
    assert!(EPOLLEXCLUSIVE == libc::EPOLLEXCLUSIVE as u32);
    assert!(EPOLLONESHOT == libc::EPOLLONESHOT as u32);
    assert!(EPOLLET == libc::EPOLLET as u32);
    assert!(EFD_CLOEXEC == libc::EFD_CLOEXEC);
    assert!(EFD_NONBLOCK == libc::EFD_NONBLOCK);
};
