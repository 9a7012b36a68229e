//! What the drop guarantee is for: a list of addresses of values that it does
//! not own.
//!
//! It leaves out threads (the list is an `Rc`), and links within the nodes: the
//! exercise `intrusive_list` has those.

use std::cell::RefCell;
use std::fmt;
use std::marker::PhantomPinned;
use std::pin::Pin;
use std::rc::Rc;

// ANCHOR: types
/// Who is here. A clone is another handle to the same roster.
#[derive(Clone, Default)]
pub struct Roster(Rc<RefCell<Vec<*const Guest>>>);

/// Somebody who may sign a roster, and is struck off it when dropped.
#[derive(Debug)]
pub struct Guest {
    name: &'static str,
    signed: Option<Roster>,
    /// A roster may have its address.
    _pinned: PhantomPinned,
}
// ANCHOR_END: types

// ANCHOR: sign
impl Guest {
    /// Enters the address of this guest into `roster`. A guest who is on one
    /// already leaves it first.
    pub fn sign(self: Pin<&mut Self>, roster: &Roster) {
        // SAFETY: nothing is moved out of it but a handle of a roster.
        let this = unsafe { self.get_unchecked_mut() };
        this.leave();
        roster.0.borrow_mut().push(&raw const *this);
        this.signed = Some(roster.clone());
    }

    fn leave(&mut self) {
        if let Some(roster) = self.signed.take() {
            let here = &raw const *self;
            roster.0.borrow_mut().retain(|guest| *guest != here);
        }
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        self.leave();
    }
}

// ANCHOR_END: sign

// ANCHOR: names
impl Roster {
    /// The names of those who are here, in the order in which they came.
    #[must_use]
    pub fn names(&self) -> Vec<&'static str> {
        let guests = self.0.borrow();
        // SAFETY: it was pinned when it signed. So it is still there: before
        // its memory is used for anything else, its `drop` runs and takes
        // this address away.
        let name = |guest: &*const Guest| unsafe { (**guest).name };
        guests.iter().map(name).collect()
    }
}
// ANCHOR_END: names

impl Guest {
    /// A guest who has not signed, and may be moved.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self {
            name,
            signed: None,
            _pinned: PhantomPinned,
        }
    }
}

impl fmt::Debug for Roster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Roster").field(&self.names()).finish()
    }
}
