//! Stage 4: a compass is pinned on the heap and on the stack, and whoever has
//! it tries to move it.

use ch09_pinning::s4_compass::Compass;
use std::mem;
use std::pin::{Pin, pin};
use testing::println;

/// A line for each thing that was tried.
fn lines() -> Vec<String> {
    let mut lines = Vec::new();
    let mut say = |line: String| lines.push(line);

    // ANCHOR: heap
    let mut east = Box::pin(Compass::new(90));
    let mut west = Box::pin(Compass::new(270));
    east.as_mut().aim();
    west.as_mut().aim();
    let place = &raw const *east;

    mem::swap(&mut east, &mut west); // the boxes, not what they point to
    // ANCHOR_END: heap
    say(format!("in `west`: {:?}", west.as_ref().read()));
    say(format!("where it was: {}", place == &raw const *west));
    say(format!("points at itself: {}", west.points_at_itself()));

    // ANCHOR: stack
    let mut south = pin!(Compass::new(180));
    south.as_mut().aim();
    let place = &raw const *south;

    let moved = south; // the pointer again: `Pin<&mut Compass>`
    // ANCHOR_END: stack
    say(format!("on the stack: {:?}", moved.as_ref().read()));
    say(format!("where it was: {}", place == &raw const *moved));

    // ANCHOR: unpin
    let mut number = pin!(5_u32); // it is `Unpin`
    let old = mem::replace(&mut *number, 6);
    // ANCHOR_END: unpin
    say(format!("a pinned number: {old}, and then {number}"));

    let sizes = (size_of::<Box<Compass>>(), size_of::<Pin<Box<Compass>>>());
    say(format!("the same size: {}", sizes.0 == sizes.1));
    lines
}

fn main() {
    for line in lines() {
        println!("{line}");
    }
}

#[test]
fn runs() {
    let expected = [
        "in `west`: Some(90)",
        "where it was: true",
        "points at itself: true",
        "on the stack: Some(180)",
        "where it was: true",
        "a pinned number: 5, and then 6",
        "the same size: true",
    ];
    assert_eq!(lines(), expected);
}
