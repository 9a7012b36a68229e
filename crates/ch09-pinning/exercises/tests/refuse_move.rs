//! The tests of exercise `refuse_move`, for the stub and the solution.

use super::Peak;
use std::marker::PhantomData;
use std::pin::pin;

/// Asks the compiler whether `T` is `Unpin`: if it is, the function of the
/// type itself is there, and goes before that of the trait.
struct Probe<T>(PhantomData<T>);

impl<T: Unpin> Probe<T> {
    #[allow(dead_code, reason = "not called if the exercise is solved")]
    fn may_be_moved(&self) -> bool {
        true
    }
}

trait Otherwise {
    fn may_be_moved(&self) -> bool {
        false
    }
}

impl<T> Otherwise for Probe<T> {}

#[test]
fn a_pinned_peak_cannot_be_moved() {
    let movable = Probe::<Peak>(PhantomData).may_be_moved();
    let wrong = "exercise refuse_move: `Pin::new(&mut peak)` still compiles";
    assert!(!movable, "{wrong}");
}

/// Guard: the functions are right in the stub, as long as nothing moves.
#[test]
fn the_largest_of_the_latest_eight_is_known() {
    let mut peak = pin!(Peak::new());
    assert_eq!(peak.as_ref().largest(), None);
    for number in [3, 9, 4, 1, 1, 1, 1, 1, 2] {
        peak.as_mut().note(number);
    }
    assert_eq!(peak.as_ref().largest(), Some(9));
    peak.as_mut().note(5); // in place of the 9
    assert_eq!(peak.as_ref().largest(), Some(5));
}
