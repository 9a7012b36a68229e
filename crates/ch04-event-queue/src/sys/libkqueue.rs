//! kqueue on Linux, from the library libkqueue: only so that the backend for
//! macOS and the BSDs can be run on Linux, with
//! `RUSTFLAGS="--cfg event_queue_kqueue"`. Declared after its header.

#![allow(non_camel_case_types, reason = "the names that libc has for them")]

use std::ffi::{c_int, c_void};

#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub(crate) struct kevent {
    pub(crate) ident: usize,
    pub(crate) filter: i16,
    pub(crate) flags: u16,
    pub(crate) fflags: u32,
    pub(crate) data: isize,
    pub(crate) udata: *mut c_void,
}

#[link(name = "kqueue", kind = "static")]
unsafe extern "C" {
    pub(crate) safe fn kqueue() -> c_int;
    pub(crate) fn kevent(
        queue: c_int,
        changes: *const kevent,
        change_count: c_int,
        events: *mut kevent,
        room: c_int,
        timeout: *const libc::timespec,
    ) -> c_int;
}

pub(crate) const EVFILT_READ: i16 = -1;
pub(crate) const EVFILT_WRITE: i16 = -2;
pub(crate) const EVFILT_USER: i16 = -11;

pub(crate) const EV_ADD: u16 = 0x0001;
pub(crate) const EV_DELETE: u16 = 0x0002;
pub(crate) const EV_CLEAR: u16 = 0x0020;
pub(crate) const EV_RECEIPT: u16 = 0x0040;
pub(crate) const EV_ERROR: u16 = 0x4000;
pub(crate) const EV_EOF: u16 = 0x8000;

pub(crate) const NOTE_TRIGGER: u32 = 0x0100_0000;
