//! One name for what an open file is called on each system.
//!
//! Unix has file descriptors, small numbers; Windows has handles, which look
//! like addresses. The standard library has the same four types for each:
//! owned, borrowed, and a trait to lend. A borrowed one cannot outlive its
//! owner, so a safe function that takes one never writes to a number that
//! has come to mean another file.

#[cfg(unix)]
pub use std::os::fd::{AsFd as AsDescriptor, BorrowedFd as Descriptor};
#[cfg(windows)]
pub use std::os::windows::io::{
    AsHandle as AsDescriptor, BorrowedHandle as Descriptor,
};

#[cfg(not(any(unix, windows)))]
compile_error!(
    "chapter 3 writes to the descriptors of Unix and to the handles of Windows; \
     this target has neither"
);

/// Borrows the descriptor of an open file, pipe, socket or terminal.
pub fn descriptor_of(owner: &impl AsDescriptor) -> Descriptor<'_> {
    #[cfg(unix)]
    return owner.as_fd();
    #[cfg(windows)]
    return owner.as_handle();
}
