//! The tests of exercise `guard`, for the stub and for the solution.

use super::Guarded;
use ch05_fibers::switch::{prepare, switch};
use std::env;
use std::hint::black_box;
use std::os::unix::process::ExitStatusExt;
use std::ptr;

/// Set in the child.
const CHILD: &str = "EXERCISE_GUARD_CHILD";

/// Where both sides have stopped, and the address down to which the calls go.
struct Visit {
    home: *mut u8,
    there: *mut u8,
    limit: usize,
}

/// Calls itself until its locals lie below the limit.
#[inline(never)]
fn recurse(limit: usize) -> usize {
    let room = black_box([limit; 64]);
    match black_box(&room).as_ptr().addr() < limit {
        true => room[63],
        false => recurse(limit) + black_box(&room)[1],
    }
}

unsafe extern "C" fn arrive(visit: *mut u8) -> ! {
    let visit = visit.cast::<Visit>();
    // SAFETY: `run_on` waits with it.
    let limit = unsafe { (*visit).limit };
    black_box(recurse(limit));
    // SAFETY: as above.
    let save = unsafe { &raw mut (*visit).there };
    // SAFETY: as above.
    let home = unsafe { (*visit).home };
    // SAFETY: home has stopped in `switch`.
    unsafe { switch(save, home) };
    unreachable!("this stack is not resumed again");
}

/// Uses the stack down to the limit, and comes back.
fn run_on(stack: &Guarded, limit: usize) {
    let mut visit = Visit {
        home: ptr::null_mut(),
        there: ptr::null_mut(),
        limit,
    };
    let visit = &raw mut visit;
    let (bottom, top) = (stack.bottom(), stack.top());
    // SAFETY: both ends of a stack that is not in use.
    let there = unsafe { prepare(bottom, top, arrive, visit.cast()) };
    // SAFETY: our own local variable.
    let home = unsafe { &raw mut (*visit).home };
    // SAFETY: prepared; it comes back.
    unsafe { switch(home, there) };
}

#[test]
fn the_stack_is_as_large_as_was_asked_for() {
    for size in [1, 40_000, 64 * 1024] {
        let stack = Guarded::new(size).expect("exercise guard: no stack");
        let length = stack.top().addr() - stack.bottom().addr();
        assert!(length >= size, "exercise guard: {length} B of {size}");
        // SAFETY: ours, from end to end.
        unsafe { stack.bottom().write(1) };
        // SAFETY: as above.
        unsafe { stack.top().wrapping_sub(1).write(1) };
        check_guard(&stack);
    }
    let stack = Guarded::new(256 * 1024).expect("exercise guard: no stack");
    run_on(&stack, stack.bottom().addr() + 16 * 1024);
    check_guard(&stack);
}

/// Asks the kernel to read below the stack: where we would be struck by a
/// signal, it answers `EFAULT`. And addresses that nothing has taken are no
/// guard, for the next mapping may lie there.
#[track_caller]
fn check_guard(stack: &Guarded) {
    // SAFETY: takes a number.
    let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) } as usize;
    let wanted = stack.bottom().wrapping_sub(page).cast();
    // SAFETY: a new mapping, there or, if that is not free, somewhere else.
    let neighbour = unsafe {
        libc::mmap(
            wanted,
            page,
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_PRIVATE | libc::MAP_ANON,
            -1,
            0,
        )
    };
    assert_ne!(neighbour, libc::MAP_FAILED);
    // SAFETY: mapped above, and used by nothing.
    unsafe { libc::munmap(neighbour, page) };
    assert_ne!(
        neighbour, wanted,
        "exercise guard: the page below the stack was free"
    );
    let below = stack.bottom().wrapping_sub(1);
    // SAFETY: the kernel looks, and says what it has found.
    let answer = unsafe { libc::access(below.cast(), libc::F_OK) };
    let error = std::io::Error::last_os_error();
    assert!(
        answer != 0 && error.raw_os_error() == Some(libc::EFAULT),
        "exercise guard: the byte below the stack can be read"
    );
}

/// The child: has memory of its own right below the stack, if that is free, and
/// goes two kilobytes too far.
fn overflow() {
    const SIZE: usize = 64 * 1024;
    let stack = Guarded::new(SIZE).unwrap();
    // SAFETY: a new mapping, there or, if that is not free, somewhere else.
    unsafe {
        libc::mmap(
            stack.bottom().wrapping_sub(SIZE).cast(),
            SIZE,
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_PRIVATE | libc::MAP_ANON,
            -1,
            0,
        )
    };
    run_on(&stack, stack.bottom().addr() - 2048);
}

#[test]
fn an_overflow_is_a_fault() {
    if env::var_os(CHILD).is_some() {
        overflow();
        return;
    }
    let output = testing::this_program()
        .args(["an_overflow_is_a_fault", "--nocapture"])
        .env(CHILD, "1")
        .output()
        .unwrap();
    if output.status.code() == Some(127) {
        // Only this program is emulated; the kernel cannot start another one.
        eprintln!("not tested: this emulator cannot start a child");
        return;
    }
    let signal = output.status.signal();
    let faults = [Some(libc::SIGSEGV), Some(libc::SIGBUS)];
    assert!(
        faults.contains(&signal),
        "exercise guard: the child went too far and was not stopped: {}",
        output.status
    );
}
