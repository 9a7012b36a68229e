//! Solution of exercise `intrusive_list`.
//!
//! Each link is in a `Cell`, so shared references are enough, and no two of
//! them are in each other's way. The list is pinned as well: its nodes have its
//! address. Raw pointers are neither `Send` nor `Sync`, so all of it stays on
//! one thread.

use std::cell::Cell;
use std::marker::PhantomPinned;
use std::pin::Pin;
use std::ptr;

/// A list of nodes that it does not own.
#[derive(Debug)]
pub struct List {
    first: Cell<*const Node>,
    last: Cell<*const Node>,
    /// Its nodes have its address.
    _pinned: PhantomPinned,
}

/// A number that can be in a list, and leaves it when it is dropped.
#[derive(Debug)]
pub struct Node {
    number: u32,
    /// Null if it is in none.
    list: Cell<*const List>,
    before: Cell<*const Node>,
    after: Cell<*const Node>,
    /// Its neighbours have its address.
    _pinned: PhantomPinned,
}

/// # Safety
///
/// `node` is null, or the address of a node that is in a list.
unsafe fn linked<'a>(node: *const Node) -> Option<&'a Node> {
    // SAFETY: the caller's promise. A node in a list is pinned, and leaves the
    // list before its memory is used for anything else.
    unsafe { node.as_ref() }
}

impl List {
    /// A list without nodes.
    #[allow(
        clippy::new_without_default,
        reason = "one way to make it is enough"
    )]
    pub fn new() -> Self {
        Self {
            first: Cell::new(ptr::null()),
            last: Cell::new(ptr::null()),
            _pinned: PhantomPinned,
        }
    }

    /// Puts `node` at the end. If it is in a list, it leaves that first.
    pub fn push(self: Pin<&Self>, node: Pin<&Node>) {
        node.leave();
        let at: *const Node = &*node;
        let last = self.last.replace(at);
        // SAFETY: the end of this list is null or in this list.
        match unsafe { linked(last) } {
            Some(last) => last.after.set(at),
            None => self.first.set(at),
        }
        node.before.set(last);
        node.list.set(&*self);
    }

    /// The numbers, from the first node to the last.
    pub fn numbers(&self) -> Vec<u32> {
        let mut numbers = Vec::new();
        let mut next = self.first.get();
        // SAFETY: what this list and the nodes in it link to is in it.
        while let Some(node) = unsafe { linked(next) } {
            numbers.push(node.number);
            next = node.after.get();
        }
        numbers
    }
}

impl Node {
    /// A node that is in no list, and may be moved.
    pub fn new(number: u32) -> Self {
        Self {
            number,
            list: Cell::new(ptr::null()),
            before: Cell::new(ptr::null()),
            after: Cell::new(ptr::null()),
            _pinned: PhantomPinned,
        }
    }

    /// Is it in a list?
    pub fn is_linked(&self) -> bool {
        !self.list.get().is_null()
    }

    fn leave(&self) {
        let list = self.list.replace(ptr::null());
        // SAFETY: it is null, or the list that this node is in. That is pinned,
        // and takes its nodes out when it is dropped.
        let Some(list) = (unsafe { list.as_ref() }) else {
            return;
        };
        let before = self.before.replace(ptr::null());
        let after = self.after.replace(ptr::null());
        // SAFETY: the neighbours of a node in a list are null or in it.
        match unsafe { linked(before) } {
            Some(before) => before.after.set(after),
            None => list.first.set(after),
        }
        // SAFETY: as above.
        match unsafe { linked(after) } {
            Some(after) => after.before.set(before),
            None => list.last.set(before),
        }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.leave();
    }
}

impl Drop for List {
    fn drop(&mut self) {
        // SAFETY: what this list links to is in it.
        while let Some(node) = unsafe { linked(self.first.get()) } {
            node.leave();
        }
    }
}

#[cfg(test)]
#[path = "../exercises/tests/intrusive_list.rs"]
mod tests;
