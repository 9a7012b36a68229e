//! Wakers are other people's code: here they come back into the slot that
//! clones, calls and drops them. A lock that is held then is a hang.

use ch08_reactor_executor::{Closed, Slot, paused};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Wake, Waker};
use testing::within_a_minute;

/// How often a slot was looked into, by what.
#[derive(Debug, Default)]
struct Visits {
    clones: AtomicU32,
    wakes: AtomicU32,
    drops: AtomicU32,
}

impl Visits {
    /// Clones, wakes, drops.
    fn counts(&self) -> [u32; 3] {
        [&self.clones, &self.wakes, &self.drops]
            .map(|count| count.load(Ordering::SeqCst))
    }
}

fn visit(slot: &Slot, count: &AtomicU32) {
    let _ = slot.is_waited_for(); // it takes the lock
    count.fetch_add(1, Ordering::SeqCst);
}

/// What is behind a waker that visits the slot when it is called, and when
/// its last clone is dropped.
struct Visitor(Arc<Slot>, Arc<Visits>);

impl Wake for Visitor {
    fn wake(self: Arc<Self>) {
        visit(&self.0, &self.1.wakes);
    }
}

impl Drop for Visitor {
    fn drop(&mut self) {
        visit(&self.0, &self.1.drops);
    }
}

/// A new one, which visits the slot when it is cloned, too.
fn visitor(slot: &Arc<Slot>, visits: &Arc<Visits>) -> Waker {
    let inner = Visitor(Arc::clone(slot), Arc::clone(visits));
    let (looks, counts) = (Arc::clone(slot), Arc::clone(visits));
    paused(Waker::from(Arc::new(inner)), move || {
        visit(&looks, &counts.clones);
    })
}

#[test]
fn no_waker_is_cloned_called_or_dropped_under_the_lock() {
    within_a_minute(|| {
        let slot = Arc::new(Slot::new());
        let visits = Arc::new(Visits::default());
        // Each poll has a waker of its own; only the slot keeps a clone of it.
        let poll = || slot.poll_ready(&visitor(&slot, &visits));

        assert_eq!(poll(), Ok(false));
        assert_eq!(visits.counts(), [1, 0, 0]);
        assert_eq!(poll(), Ok(false)); // the first one is thrown away
        assert_eq!(visits.counts(), [2, 0, 1]);
        slot.set_ready(); // the second one is called, and used up
        assert_eq!(visits.counts(), [2, 1, 2]);

        assert_eq!(poll(), Ok(true)); // dropped without having been stored
        assert_eq!(poll(), Ok(false));
        slot.forget();
        assert_eq!(visits.counts(), [3, 1, 4]);

        assert_eq!(poll(), Ok(false));
        slot.close();
        assert_eq!(visits.counts(), [4, 2, 5]);
        assert_eq!(poll(), Err(Closed));
    });
}
