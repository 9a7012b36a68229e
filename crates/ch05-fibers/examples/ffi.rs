//! C code on a fiber's stack: it runs there as anywhere, as long as the stack
//! is large enough; and a callback may even yield in the middle of it. It may
//! not unwind through it.

#[cfg(unix)]
mod quiet;

#[cfg(unix)]
mod unix {
    use ch05_fibers::{Runtime, spawn, yield_now};
    use std::cell::Cell;
    use std::ffi::{c_int, c_void};
    use std::rc::Rc;

    thread_local! {
        static COMPARED: Cell<u32> = const { Cell::new(0) };
    }

    // ANCHOR: compare
    /// Called by C. `extern "C"` without `-unwind`: a panic that would leave it
    /// ends the process, and so does the cancelling of a fiber that has stopped
    /// in here.
    extern "C" fn compare(a: *const c_void, b: *const c_void) -> c_int {
        yield_now();
        COMPARED.set(COMPARED.get() + 1);
        // SAFETY: `qsort` passes pointers to elements.
        let a = unsafe { a.cast::<i32>().read() };
        // SAFETY: this one, too, is an element of the slice that is sorted.
        let b = unsafe { b.cast::<i32>().read() };
        a.cmp(&b) as c_int
    }

    fn sorted(mut numbers: Vec<i32>) -> Vec<i32> {
        let (first, count) = (numbers.as_mut_ptr().cast(), numbers.len());
        // SAFETY: that many elements of that size; `compare` reads two of them.
        unsafe { libc::qsort(first, count, size_of::<i32>(), Some(compare)) };
        numbers
    }
    // ANCHOR_END: compare

    /// Two fibers sort at the same time, in the middle of each other's `qsort`,
    /// and a third one counts how often it had its turn meanwhile.
    pub fn sort_two() -> (Vec<i32>, Vec<i32>, bool) {
        // SAFETY: this code and std break none of the five promises.
        unsafe { Runtime::new() }.run(|| {
            let done = Rc::new(Cell::new(false));
            let over = done.clone();
            let turns = spawn(move || {
                let mut turns = 0_u32;
                while !over.get() {
                    turns += 1;
                    yield_now();
                }
                turns
            });
            let up = spawn(|| sorted((0..20).rev().collect()));
            let odd = spawn(|| sorted((0..20).map(|n| n * 7 % 20).collect()));
            let (up, odd) = (up.join().unwrap(), odd.join().unwrap());
            done.set(true);
            (up, odd, turns.join().unwrap() > 10)
        })
    }
}

#[cfg(unix)]
fn main() {
    quiet::end_on_closed_pipes();
    let (one, other, had_turns) = unix::sort_two();
    let right: Vec<i32> = (0..20).collect();
    println!("sorted by one qsort:              {}", one == right);
    println!("by another, at the same time:     {}", other == right);
    println!("a third fiber ran in between:     {had_turns}");
}

#[cfg(not(unix))]
fn main() {
    println!("this program is for Unix only");
}

#[test]
fn runs() {
    #[cfg(unix)]
    {
        let right: Vec<i32> = (0..20).collect();
        assert_eq!(unix::sort_two(), (right.clone(), right, true));
    }
    main();
}
