//! The bar of a thread: full while it runs, dashed and hollow while it sleeps.

use std::ops::Range;

use crate::event::{Event, Kind};
use crate::measure::HALF;
use crate::svg::{line, rect};

/// What a thread is doing at the end of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Activity {
    NotYet,
    Running,
    Asleep,
}

/// The bar of the thread `id` from the top to the bottom of an event's row:
/// where in it the thread begins, stops or continues.
pub(crate) fn bar(
    event: &Event,
    id: &str,
    x: f64,
    y: Range<f64>,
    activity: &mut Activity,
) -> String {
    let acts = event.lane == id;
    let target = event.to.as_deref().unwrap_or(&event.lane) == id;
    let before = *activity;
    let wakes = target && matches!(event.kind, Kind::Wake | Kind::Return);
    *activity = match before {
        _ if acts && event.kind == Kind::Sleep => Activity::Asleep,
        _ if wakes => Activity::Running,
        Activity::NotYet if acts => Activity::Running,
        same => same,
    };
    let (top, bottom) = (y.start, y.end);
    let middle = (top + bottom) / 2.0;
    // The first bar begins a little below the lane's name.
    let begin = match before {
        Activity::NotYet => top + 4.0,
        _ => top,
    };
    match (before, *activity) {
        (_, Activity::NotYet) => String::new(),
        (Activity::Asleep, Activity::Asleep) => {
            asleep(x, top..bottom, false, false)
        }
        (Activity::Asleep, Activity::Running) => {
            asleep(x, top..middle, false, true) + &running(x, middle..bottom)
        }
        (_, Activity::Running) => running(x, begin..bottom),
        (_, Activity::Asleep) => {
            running(x, begin..middle - 6.0)
                + &asleep(x, middle - 6.0..bottom, true, false)
        }
    }
}

fn running(x: f64, y: Range<f64>) -> String {
    // A little longer, so that no seam shows between two rows.
    rect(
        "fig-runs-bar",
        x - HALF,
        y.start,
        2.0 * HALF,
        y.end - y.start + 0.5,
    )
}

/// A hollow bar with dashed sides, closed where it begins and where it ends.
fn asleep(x: f64, y: Range<f64>, begins: bool, ends: bool) -> String {
    let (left, right) = (x - HALF + 0.75, x + HALF - 0.75);
    let mut svg =
        rect("fig-hollow", x - HALF, y.start, 2.0 * HALF, y.end - y.start);
    svg += &line("fig-dashed", left, y.start, left, y.end);
    svg += &line("fig-dashed", right, y.start, right, y.end);
    if begins {
        svg += &line("fig-cap", left, y.start, right, y.start);
    }
    if ends {
        svg += &line("fig-cap", left, y.end, right, y.end);
    }
    svg
}
