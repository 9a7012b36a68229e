//! Bugs that chapter 8 once had.

use ch08_reactor_executor::{Closed, Slot, Waker, paused};
use std::sync::Arc;

/// The event and then the end of the reactor, both between the first look and
/// the store: the error came before the event.
#[test]
fn an_event_is_seen_before_the_end_of_the_reactor() {
    let slot = Arc::new(Slot::new());
    let theirs = Arc::clone(&slot);
    // It is cloned between the look and the store.
    let waker = paused(Waker::noop().clone(), move || {
        theirs.set_ready();
        theirs.close();
    });
    assert_eq!(slot.poll_ready(&waker), Ok(true));
    assert_eq!(slot.poll_ready(&waker), Err(Closed));
}
