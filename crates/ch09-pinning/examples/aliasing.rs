//! Two structs with a pointer to one of their fields. Neither is moved. The
//! optimiser believes what the language says of `&mut`, of the one that is
//! `Unpin` only.
//!
//! UNSOUND, on purpose, for the first of the two.

use std::hint::black_box;
use std::marker::PhantomPinned;
use std::ptr;
use testing::println;

// ANCHOR: types
/// It is `Unpin`, as nothing says otherwise.
struct Bare {
    number: u32,
    out: *mut u32, // the address of `number`
}

struct Marked {
    number: u32,
    out: *mut u32,
    _pinned: PhantomPinned,
}
// ANCHOR_END: types

// ANCHOR: step
#[inline(never)]
fn step_bare(this: &mut Bare) -> u32 {
    this.number = 1;
    // SAFETY: NOT KEPT. It is the address of a number, but while `this` is in
    // use, nothing else may write to what it refers to.
    unsafe { *this.out = 2 };
    this.number
}

#[inline(never)]
fn step_marked(this: &mut Marked) -> u32 {
    this.number = 1;
    // SAFETY: the address of a number, which may be used: `Marked` is not
    // `Unpin`, and for such types today's compiler makes an exception.
    unsafe { *this.out = 2 };
    this.number
}
// ANCHOR_END: step

/// What both say, each of them where it was made.
fn both() -> (u32, u32) {
    let (number, out) = (0, ptr::null_mut());
    let mut bare = Bare { number, out };
    bare.out = &raw mut bare.number;
    let (number, out, _pinned) = (0, ptr::null_mut(), PhantomPinned);
    let mut marked = Marked {
        number,
        out,
        _pinned,
    };
    marked.out = &raw mut marked.number;
    (
        step_bare(black_box(&mut bare)),
        step_marked(black_box(&mut marked)),
    )
}

fn main() {
    let (bare, marked) = both();
    println!("bare:   {bare}");
    println!("marked: {marked}");
}

#[test]
fn runs() {
    let (bare, marked) = both();
    assert_eq!(marked, 2);
    if cfg!(debug_assertions) {
        assert_eq!(bare, 2);
    } // with optimisations it may be 1: it has no meaning
}
