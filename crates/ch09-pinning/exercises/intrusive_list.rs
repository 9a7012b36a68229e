//! Exercise `intrusive_list`: a list whose links are in the nodes.
//!
//! 30 minutes and more.
//!
//! The nodes are wherever their owners want them, and the list only links
//! them: no allocation for a node, and it can leave from the middle without a
//! search. This is how runtimes keep their waiting tasks. Write `push`,
//! `numbers` and what has to happen when a node is dropped, or the list is.
//!
//! Whatever safe code does with it, no link may lead to a node that is gone. A
//! node may be pushed again, to the same list or to another one: it leaves the
//! first. The list may be dropped before its nodes.
//!
//! Fields that you need may be added. A few questions before you begin: who has
//! whose address? Which of the two types must be pinned? Why are `Cell`s
//! enough?
//!
//! Run: `cargo test --test intrusive_list`, and with a nightly compiler under
//! the address sanitizer, as the README says.
//!
//! Fails until solved: `exercise intrusive_list:`

use std::cell::Cell;
use std::marker::PhantomPinned;
use std::pin::Pin;
use std::ptr;

/// A list of nodes that it does not own.
#[derive(Debug)]
pub struct List {
    first: Cell<*const Node>,
    _pinned: PhantomPinned,
}

/// A number that can be in a list, and leaves it when it is dropped.
#[derive(Debug)]
pub struct Node {
    number: u32,
    list: Cell<*const List>,
    _pinned: PhantomPinned,
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
            _pinned: PhantomPinned,
        }
    }

    /// Puts `node` at the end. If it is in a list, it leaves that first.
    pub fn push(self: Pin<&Self>, node: Pin<&Node>) {
        let _ = (&self.first, node.number);
        todo!("exercise intrusive_list: link the node")
    }

    /// The numbers, from the first node to the last.
    pub fn numbers(&self) -> Vec<u32> {
        todo!("exercise intrusive_list: follow the links")
    }
}

impl Node {
    /// A node that is in no list, and may be moved.
    pub fn new(number: u32) -> Self {
        Self {
            number,
            list: Cell::new(ptr::null()),
            _pinned: PhantomPinned,
        }
    }

    /// Is it in a list?
    pub fn is_linked(&self) -> bool {
        !self.list.get().is_null()
    }
}

#[cfg(test)]
#[path = "../exercises/tests/intrusive_list.rs"]
mod tests;
