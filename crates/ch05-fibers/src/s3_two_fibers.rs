//! Stage 3 of chapter 5: two fibers that yield to each other, and end.
//!
//! Each fiber is a stack and the place where it is suspended. There is no
//! scheduler: there are only two, and a yield goes to the other one. The thread
//! waits at home until both have ended.

use crate::s1_stack_swap::{prepare, swap};
use crate::stack::{Stack, runs_on};
use std::cell::{Cell, RefCell};
use std::io;
use std::ops::Range;
use std::ptr;

// ANCHOR: pair
/// Two fibers and home: where each is suspended.
pub struct Pair<'p> {
    stopped: [Cell<*mut u8>; 3],
    /// Which one runs: 0, 1, or `HOME`.
    running: Cell<usize>,
    ended: [Cell<bool>; 2],
    stacks: [Range<*mut u8>; 2],
    body: &'p dyn Fn(&Pair<'_>, usize),
}

const HOME: usize = 2;
// ANCHOR_END: pair

// ANCHOR: pair_switch
impl Pair<'_> {
    /// From the one that runs to another.
    fn go_to(&self, next: usize) {
        let me = self.running.replace(next);
        let save = self.stopped[me].as_ptr();
        // SAFETY: whatever does not run was suspended by this call, or
        // prepared by `run`, which keeps the stacks.
        unsafe { swap(save, self.stopped[next].get()) };
    }

    /// Lets the other fiber run, if it has not ended. Anywhere but on the stack
    /// of the fiber that runs, it does nothing.
    pub fn yield_now(&self) {
        let me = self.running.get();
        if !self.stacks.get(me).is_some_and(runs_on) {
            return;
        }
        let other = 1 - me;
        if !self.ended[other].get() {
            self.go_to(other);
        }
    }
}
// ANCHOR_END: pair_switch

/// Runs `body` twice, on two stacks: with the numbers 0 and 1.
///
/// # Errors
///
/// `OutOfMemory` if there is no memory for the stacks.
///
/// # Safety
///
/// That of fibers: see [`Runtime::new`](crate::Runtime::new).
// ANCHOR: run
pub unsafe fn run(body: &dyn Fn(&Pair<'_>, usize)) -> io::Result<()> {
    let mut stacks = [Stack::new(64 * 1024)?, Stack::new(64 * 1024)?];
    let stopped = [const { Cell::new(ptr::null_mut()) }; 3];
    let running = Cell::new(HOME);
    let ended = [const { Cell::new(false) }; 2];
    let pair = Pair {
        stopped,
        running,
        ended,
        stacks: stacks.each_ref().map(Stack::span),
        body,
    };
    for (stack, stopped) in stacks.iter_mut().zip(&pair.stopped) {
        let argument = (&raw const pair).cast_mut().cast();
        stopped.set(prepare(stack, begin, argument));
    }
    pair.go_to(0); // comes back when both have ended
    Ok(())
}

/// The first function on each stack.
extern "C" fn begin(pair: *mut u8) -> ! {
    // SAFETY: `run` passes it, and keeps it until both have ended.
    let pair = unsafe { &*pair.cast::<Pair<'_>>() };
    let me = pair.running.get();
    (pair.body)(pair, me);
    pair.ended[me].set(true);
    let other_has_ended = pair.ended[1 - me].get();
    pair.go_to(if other_has_ended { HOME } else { 1 - me });
    unreachable!("a fiber that has ended is not resumed");
}
// ANCHOR_END: run

impl std::fmt::Debug for Pair<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let running = self.running.get();
        out.debug_struct("Pair")
            .field("running", &running)
            .finish_non_exhaustive()
    }
}

/// Two fibers that count, of which the first counts further: what they say, in
/// the order in which they say it.
///
/// # Errors
///
/// As [`run`].
pub fn transcript() -> io::Result<Vec<String>> {
    let said = RefCell::new(Vec::new());
    let count = |pair: &Pair<'_>, me: usize| {
        for number in 1..=[3, 2][me] {
            said.borrow_mut().push(format!("fiber {me}: {number}"));
            pair.yield_now();
        }
        said.borrow_mut().push(format!("fiber {me}: done"));
    };
    // SAFETY: it stops between two lines, and in no call that others rely on.
    unsafe { run(&count) }?;
    Ok(said.into_inner())
}

#[cfg(test)]
mod tests {
    #[test]
    fn they_take_turns_until_both_have_ended() {
        let expected = [
            "fiber 0: 1",
            "fiber 1: 1",
            "fiber 0: 2",
            "fiber 1: 2",
            "fiber 0: 3",
            "fiber 1: done",
            "fiber 0: done",
        ];
        assert_eq!(super::transcript().unwrap(), expected);
    }
}
