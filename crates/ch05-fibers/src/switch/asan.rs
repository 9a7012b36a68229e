//! The switch under the address sanitizer, with `--cfg fibers_asan`: the same,
//! and the sanitizer is told. It keeps notes about every stack (which bytes are
//! a local's, and which lie between two), and must know which stack it is that
//! a panic clears. Otherwise what a fiber left behind is taken for its
//! successor's.
//!
//! Only for tests: every switch looks up the stack that it goes to. The
//! functions are those of the sanitizer's `common_interface_defs.h` and
//! `asan_interface.h`.

use super::{StackPointer, platform};
use std::collections::BTreeMap;
use std::ffi::c_void;
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::{Mutex, MutexGuard, PoisonError};

unsafe extern "C" {
    fn __sanitizer_start_switch_fiber(
        save: *mut *mut c_void,
        bottom: *const c_void,
        size: usize,
    );
    fn __sanitizer_finish_switch_fiber(
        saved: *mut c_void,
        old_bottom: *mut *const c_void,
        old_size: *mut usize,
    );
    fn __asan_unpoison_memory_region(address: *const c_void, size: usize);
}

/// The high end of every fiber's stack, by its low end.
static STACKS: Mutex<BTreeMap<usize, usize>> = Mutex::new(BTreeMap::new());

fn stacks() -> MutexGuard<'static, BTreeMap<usize, usize>> {
    // Each change is whole.
    STACKS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A stack that fibers will run on.
pub fn register(bottom: *mut u8, top: *mut u8) {
    stacks().insert(bottom.addr(), top.addr());
}

/// A stack that is about to be unmapped.
pub fn forget(bottom: *mut u8) {
    stacks().remove(&bottom.addr());
}

/// A stack is to be used anew: what was noted about it is void.
pub fn renew(bottom: *mut u8, top: *mut u8) {
    let size = top.addr() - bottom.addr();
    // SAFETY: changes the sanitizer's notes about a stack without frames.
    unsafe { __asan_unpoison_memory_region(bottom.cast(), size) };
}

/// The low end and the size of the stack in which an address is: a fiber's, or
/// the thread's own.
fn stack_of(address: usize) -> (*const c_void, usize) {
    if let Some((&bottom, &top)) = stacks().range(..=address).next_back()
        && address <= top
    {
        return (ptr::without_provenance(bottom), top - bottom);
    }
    let mut attributes = MaybeUninit::uninit();
    // SAFETY: takes nothing, and always succeeds.
    let me = unsafe { libc::pthread_self() };
    // SAFETY: this thread; it initialises the attributes.
    let got = unsafe { libc::pthread_getattr_np(me, attributes.as_mut_ptr()) };
    assert_eq!(got, 0, "the thread has a stack");
    let (mut bottom, mut size) = (ptr::null_mut(), 0);
    // SAFETY: initialised above; both are numbers of ours.
    unsafe {
        libc::pthread_attr_getstack(attributes.as_ptr(), &mut bottom, &mut size)
    };
    // SAFETY: initialised above, and not used again.
    unsafe { libc::pthread_attr_destroy(attributes.as_mut_ptr()) };
    (bottom, size)
}

/// As [`platform::switch`].
///
/// # Safety
///
/// As there.
pub unsafe fn switch(save: *mut StackPointer, to: StackPointer) {
    let (bottom, size) = stack_of(to.addr());
    let mut kept = ptr::null_mut();
    // SAFETY: the switch follows at once.
    unsafe { __sanitizer_start_switch_fiber(&mut kept, bottom, size) };
    // SAFETY: our caller's promise.
    unsafe { platform::switch(save, to) };
    arrived(kept);
}

/// On the new stack, with what this one had kept.
fn arrived(kept: *mut c_void) {
    let none = ptr::null_mut();
    // SAFETY: on the stack that was announced.
    unsafe {
        __sanitizer_finish_switch_fiber(kept, none, ptr::null_mut());
    }
}

/// Must be called first on a new stack.
pub fn began() {
    arrived(ptr::null_mut());
}
