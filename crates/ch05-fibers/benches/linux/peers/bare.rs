//! What corosensei does, no more: a closure on a pooled stack, whose panics are
//! caught, and its result. No scheduler, no handle.

use super::*;
use ch05_fibers::stack::Stack;
use ch05_fibers::switch::{StackPointer, prepare, switch};
use std::panic::catch_unwind;

struct Visit {
    home: StackPointer,
    there: StackPointer,
    result: thread::Result<i32>,
}

unsafe extern "C" fn enter(visit: *mut u8) -> ! {
    let visit = visit.cast::<Visit>();
    let result = catch_unwind(|| black_box(1));
    // SAFETY: `create` waits for us with it.
    unsafe { (*visit).result = result };
    // SAFETY: as above.
    let home = unsafe { (*visit).home };
    // SAFETY: as above.
    let save = unsafe { &raw mut (*visit).there };
    // SAFETY: home has stopped in a switch.
    unsafe { switch(save, home) };
    unreachable!("this stack is not resumed again");
}

pub fn create(new: bool, count: usize) -> Option<Duration> {
    if new {
        return None;
    }
    let stack = Stack::new(STACK).expect("a stack");
    let (bottom, top) = (stack.bottom(), stack.top());
    let start = Instant::now();
    for _ in 0..count {
        let (home, there) = (ptr::null_mut(), ptr::null_mut());
        let result = Ok(0);
        let mut visit = Visit {
            home,
            there,
            result,
        };
        let visit = &raw mut visit;
        // SAFETY: both ends of a stack on which nothing is in use.
        let there = unsafe { prepare(bottom, top, enter, visit.cast()) };
        // SAFETY: a local, a few lines above.
        let save = unsafe { &raw mut (*visit).home };
        // SAFETY: prepared above.
        unsafe { switch(save, there) };
        // SAFETY: it is ours again.
        black_box(unsafe { &(*visit).result });
    }
    Some(start.elapsed())
}
