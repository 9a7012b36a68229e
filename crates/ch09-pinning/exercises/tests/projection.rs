//! The tests of exercise `projection`, for the stub and the solution.

use super::both;
use ch07_coroutines::Later;
use ch09_pinning::future::{Future, PollState};
use ch09_pinning::s5_pinned::report;
use std::cell::RefCell;
use std::marker::PhantomPinned;
use std::pin::{Pin, pin};

#[test]
fn two_that_refer_to_themselves_give_their_texts() {
    let wind = report([Later::new("wind ", 0), Later::new("NW", 2)]);
    let fog = report([Later::new("fog", 1)]);
    let mut pair = pin!(both(wind, fog));
    let mut polls = (0..10).map(|_| pair.as_mut().poll());
    let texts = polls.find(PollState::is_ready);
    let expected = ("wind NW".to_owned(), "fog".to_owned());
    let wrong = "exercise projection: other texts, or none after ten polls";
    assert_eq!(texts, Some(PollState::Ready(expected)), "{wrong}");
}

/// Notes its name and its address whenever it is polled.
struct Noted<'a> {
    name: char,
    waits: u8,
    notes: &'a RefCell<Vec<(char, usize)>>,
    _pinned: PhantomPinned,
}

impl Future for Noted<'_> {
    type Output = char;

    fn poll(self: Pin<&mut Self>) -> PollState<char> {
        let at = (&raw const *self).addr();
        self.notes.borrow_mut().push((self.name, at));
        // SAFETY: a number in it is changed, and nothing is moved.
        let this = unsafe { self.get_unchecked_mut() };
        if this.waits == 0 {
            return PollState::Ready(this.name);
        }
        this.waits -= 1;
        PollState::NotReady
    }
}

#[test]
fn each_stays_where_it_is_and_is_not_polled_after_its_end() {
    let notes = RefCell::new(Vec::new());
    let noted = |name, waits| Noted {
        name,
        waits,
        notes: &notes,
        _pinned: PhantomPinned,
    };
    let mut pair = pin!(both(noted('a', 2), noted('b', 0)));
    let wrong = "exercise projection: ready too early";
    assert_eq!(pair.as_mut().poll(), PollState::NotReady, "{wrong}");
    assert_eq!(pair.as_mut().poll(), PollState::NotReady, "{wrong}");
    let done = PollState::Ready(('a', 'b'));
    assert_eq!(pair.as_mut().poll(), done, "exercise projection: not ready");

    let notes = notes.take();
    let names: String = notes.iter().map(|(name, _)| *name).collect();
    let wrong = "exercise projection: `b` was finished at the first poll";
    assert_eq!(names, "abaa", "{wrong}");
    for (name, at) in &notes {
        let first = notes.iter().find(|(other, _)| other == name);
        let wrong = "exercise projection: it was moved between two polls";
        assert_eq!(first.map(|(_, at)| at), Some(at), "{wrong}");
    }
}
