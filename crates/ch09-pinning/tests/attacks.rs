//! What safe code may do to the types of this chapter, and must not break them
//! with. Meant for the address sanitizer and for Miri as well.

use ch07_coroutines::Later;
use ch09_pinning::future::{Future, PollState, spin_on};
use ch09_pinning::projection::Counted;
use ch09_pinning::roster::{Guest, Roster};
use ch09_pinning::s4_compass::Compass;
use ch09_pinning::s5_pinned::{Report, report, run_all};
use std::mem;
use std::pin::{Pin, pin};
use testing::within_a_minute;

fn wind() -> Report {
    report([
        Later::new("wind ", 1),
        Later::new("from the north-west, rising, ", 1),
        Later::new("and rain", 1),
    ])
}

const WIND: &str = "wind from the north-west, rising, and rain";

#[test]
fn a_report_may_be_moved_before_its_first_poll() {
    within_a_minute(|| {
        let here = wind();
        let there = Box::new(here);
        let back = *there;
        assert_eq!(spin_on(Box::pin(back)), WIND);
    });
}

#[test]
fn a_report_may_be_dropped_after_any_number_of_polls() {
    within_a_minute(|| {
        for polls in 0..=4 {
            let mut report = Box::pin(wind());
            let mut ready = false;
            for _ in 0..polls {
                ready = report.as_mut().poll().is_ready();
            }
            assert_eq!(ready, polls == 4, "after {polls} polls");
            drop(report);
        }
    });
}

#[test]
fn a_report_that_is_polled_after_its_end_reports_nothing() {
    within_a_minute(|| {
        let mut report = pin!(wind());
        assert_eq!(spin_on(report.as_mut()), WIND);
        for _ in 0..2 {
            let answer = report.as_mut().poll();
            assert_eq!(answer, PollState::Ready(String::new()));
        }
    });
}

#[test]
fn a_report_may_be_looked_at_and_replaced_between_polls() {
    within_a_minute(|| {
        let mut report = Box::pin(wind());
        assert!(!report.as_mut().poll().is_ready());
        assert!(!report.as_mut().poll().is_ready());
        // A shared reference to the whole, while it has a pointer to a part.
        assert!(format!("{report:?}").contains("wind "));
        assert!(!report.as_mut().poll().is_ready());
        report.set(wind()); // drops it where it is
        assert_eq!(spin_on(report), WIND);
    });
}

#[test]
#[cfg_attr(miri, ignore = "Miri counts a leak as an error")]
fn a_forgotten_report_is_only_a_leak() {
    within_a_minute(|| {
        let mut report = Box::pin(wind());
        assert!(!report.as_mut().poll().is_ready());
        mem::forget(report);
    });
}

#[test]
fn reports_finish_in_every_order_and_keep_their_words() {
    within_a_minute(|| {
        for orders in [[0, 1, 2], [2, 1, 0], [1, 2, 0], [2, 0, 1]] {
            let reports = orders.map(|waits| {
                let words = [Later::new("word ", 0), Later::new("long", waits)];
                Box::pin(report(words))
            });
            assert_eq!(run_all(reports.into()), ["word long"; 3]);
        }
    });
}

#[test]
fn what_may_be_moved_needs_no_box() {
    within_a_minute(|| {
        let later = [Later::new('a', 2), Later::new('b', 0)];
        assert_eq!(run_all(later.into()), ['b', 'a']);
        let counted = later_counted(2);
        assert_eq!(run_all(vec![counted]), [('c', 3)]);
    });
}

fn later_counted(waits: u32) -> Counted<Later<char>> {
    Counted::new(Later::new('c', waits))
}

#[test]
fn pinned_pointers_of_every_kind_are_futures() {
    within_a_minute(|| {
        let on_the_stack = pin!(Counted::new(wind()));
        assert_eq!(spin_on(on_the_stack), (WIND.to_owned(), 4));
        let nested = Box::pin(Box::pin(wind()));
        assert_eq!(spin_on(nested), WIND);
        let mut boxed = Box::pin(wind());
        assert_eq!(spin_on(Pin::new(&mut boxed)), WIND);
    });
}

#[test]
fn a_report_by_macro_may_be_moved_before_its_first_poll_and_dropped_after_any()
{
    use ch09_pinning::s6_corofy::{self, Future as _, Waker};
    within_a_minute(|| {
        for polls in 0..=4 {
            let words = WIND.split_inclusive(' ');
            let words = words.map(|word| Later::new(word, 1)).collect();
            let here = s6_corofy::report(words);
            let mut there = Box::pin(here);
            for _ in 0..polls {
                assert!(!there.as_mut().poll(Waker::noop()).is_ready());
            }
            if polls == 4 {
                assert_eq!(s6_corofy::spin_on(there), WIND);
            }
        }
    });
}

#[test]
fn a_compass_may_be_moved_until_it_is_aimed_and_its_boxes_always() {
    let unaimed = Compass::new(1);
    let moved = Box::new(unaimed);
    let mut pinned = Box::into_pin(moved);
    assert_eq!(pinned.as_ref().read(), None);
    pinned.as_mut().aim();
    let mut boxes = [pinned, Box::pin(Compass::new(2))];
    boxes.reverse();
    assert_eq!(boxes[1].as_ref().read(), Some(1));
    assert_eq!(boxes[0].as_ref().read(), None);
    boxes[1].as_mut().aim();
    boxes[1].set(Compass::new(3));
    assert_eq!(boxes[1].as_ref().read(), None);
}

#[test]
fn a_guest_is_on_one_roster_at_most_and_leaves_it_once() {
    let (one, other) = (Roster::default(), Roster::default());
    let mut ann = Box::pin(Guest::new("Ann"));
    ann.as_mut().sign(&one);
    ann.as_mut().sign(&one);
    assert_eq!(one.names(), ["Ann"]);
    ann.as_mut().sign(&other);
    assert_eq!((one.names().len(), other.names()), (0, vec!["Ann"]));
    drop(ann);
    assert!(other.names().is_empty());
}

#[test]
fn a_roster_may_go_before_its_guests() {
    let roster = Roster::default();
    let mut ann = pin!(Guest::new("Ann"));
    ann.as_mut().sign(&roster);
    assert_eq!(format!("{roster:?}"), r#"Roster(["Ann"])"#);
    drop(roster);
    let other = Roster::default();
    ann.as_mut().sign(&other);
    assert_eq!(other.names(), ["Ann"]);
}

#[test]
fn a_panic_drops_the_guests_of_its_frames() {
    let roster = Roster::default();
    let shared = std::panic::AssertUnwindSafe(&roster);
    let unwound = std::panic::catch_unwind(|| {
        let mut ann = pin!(Guest::new("Ann"));
        ann.as_mut().sign(*shared);
        assert_eq!(shared.names(), ["Ann"]);
        std::panic::resume_unwind(Box::new("on purpose"));
    });
    assert!(unwound.is_err());
    assert!(roster.names().is_empty());
}
