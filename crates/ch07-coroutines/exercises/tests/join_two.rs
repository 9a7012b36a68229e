//! The tests of exercise `join_two`, for the stub and the solution.

use super::join_two;
use ch07_coroutines::{Future, Later, PollState, spin_on};
use std::cell::RefCell;

#[test]
fn both_outputs_come_in_their_places() {
    let both = spin_on(join_two(Later::new('a', 3), Later::new(2, 1)));
    assert_eq!(both, ('a', 2), "exercise join_two: other outputs");
}

/// Notes its number at each poll, and the negative of it when it is dropped.
struct Noted<'a> {
    number: i8,
    waits: u8,
    notes: &'a RefCell<Vec<i8>>,
}

impl Future for Noted<'_> {
    type Output = i8;

    fn poll(&mut self) -> PollState<i8> {
        self.notes.borrow_mut().push(self.number);
        if self.waits == 0 {
            return PollState::Ready(self.number);
        }
        self.waits -= 1;
        PollState::NotReady
    }
}

impl Drop for Noted<'_> {
    fn drop(&mut self) {
        self.notes.borrow_mut().push(-self.number);
    }
}

#[test]
fn each_is_polled_until_it_is_finished_and_then_dropped() {
    let notes = RefCell::new(Vec::new());
    let noted = |number, waits| Noted {
        number,
        waits,
        notes: &notes,
    };
    let mut both = join_two(noted(1, 0), noted(2, 2));
    let wrong = "exercise join_two: ready too early";
    assert_eq!(both.poll(), PollState::NotReady, "{wrong}");
    let wrong = "exercise join_two: at the first poll, both are polled, and \
                 the first is finished and dropped";
    assert_eq!(notes.take(), [1, -1, 2], "{wrong}");
    assert_eq!(both.poll(), PollState::NotReady);
    assert_eq!(both.poll(), PollState::Ready((1, 2)));
    let wrong = "exercise join_two: only the second was left to poll";
    assert_eq!(notes.take(), [2, 2, -2], "{wrong}");
}
