//! The peers: for each the four things that are measured.

use ch05_fibers::ladder::{
    Crate, InlineJmp, InlinePaired, Loop, NakedFloat, NakedJmp, NakedRet, Rung,
};
use corosensei::stack::DefaultStack;
use corosensei::{Coroutine, CoroutineResult, Yielder};
use may::coroutine;
use std::cell::Cell;
use std::hint::black_box;
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Once};
use std::thread;
use std::time::{Duration, Instant};

mod bare;
mod ours;

/// The size of every stack, in bytes.
const STACK: usize = 64 * 1024;

/// One of the peers that are compared. What it does not have is `None`.
pub struct Peer {
    pub name: &'static str,
    /// By how much fewer iterations fill the same time.
    pub slowness: usize,
    /// It works with several threads, which are not counted.
    pub threads: bool,
    /// How many it can have at once on a Linux of default settings.
    pub most: usize,
    /// Deep or not, how many times.
    pub round_trip: fn(bool, usize) -> Option<Duration>,
    /// Among how many, how many rounds.
    pub round_robin: fn(usize, usize) -> Option<Duration>,
    /// With new stacks or not, how many.
    pub create: fn(bool, usize) -> Option<Duration>,
    /// Has that many suspended, calls that, and ends them or not.
    pub keep: fn(usize, &mut dyn FnMut()),
}

pub const PEERS: [Peer; 7] = [
    Peer {
        name: "ours",
        slowness: 1,
        threads: false,
        most: usize::MAX,
        round_trip: rung::<Crate>,
        round_robin: ours::round_robin,
        create: ours::create,
        keep: ours::keep,
    },
    Peer {
        name: "ours, bare",
        slowness: 1,
        threads: false,
        most: 0,
        round_trip: |_, _| None,
        round_robin: |_, _| None,
        create: bare::create,
        keep: |_, _| {},
    },
    Peer {
        name: "corosensei",
        slowness: 1,
        threads: false,
        // A mapping for the stack and one for its guard.
        most: 32_000,
        round_trip: coro::round_trip,
        round_robin: coro::round_robin,
        create: coro::create,
        keep: coro::keep,
    },
    Peer {
        name: "may",
        slowness: 20,
        threads: true,
        most: 10_000,
        round_trip: |_, _| None,
        round_robin: green::round_robin,
        create: green::create,
        keep: green::keep,
    },
    switching("textbook", 1, rung::<NakedRet>),
    switching("ucontext", 50, ucontext::round_trip),
    Peer {
        name: "threads",
        slowness: 500,
        threads: true,
        most: 10_000,
        round_trip: threads::round_trip,
        round_robin: |_, _| None,
        create: threads::create,
        keep: threads::keep,
    },
];

/// The chapter's ladder.
pub const RUNGS: [Peer; 6] = [
    step::<NakedRet>(),
    step::<NakedFloat>(),
    step::<NakedJmp>(),
    step::<InlinePaired>(),
    step::<InlineJmp>(),
    step::<Crate>(),
];

const fn step<R: Rung>() -> Peer {
    switching(R::NAME, 1, rung::<R>)
}

/// One that only switches.
const fn switching(
    name: &'static str,
    slowness: usize,
    round_trip: fn(bool, usize) -> Option<Duration>,
) -> Peer {
    Peer {
        name,
        slowness,
        threads: false,
        most: 0,
        round_trip,
        round_robin: |_, _| None,
        create: |_, _| None,
        keep: |_, _| {},
    }
}

/// A rung of the chapter's ladder.
fn rung<R: Rung>(deep: bool, count: usize) -> Option<Duration> {
    let mut fiber = Loop::new::<R>(deep);
    let start = Instant::now();
    // SAFETY: made for this rung, two lines above.
    unsafe { fiber.rounds::<R>(count) };
    Some(start.elapsed())
}

mod coro {
    use super::*;

    type Fiber = Coroutine<(), (), (), DefaultStack>;

    // One call, and a result of it, as in `ladder::in_a_call`.
    #[inline(never)]
    fn inner(yielder: &Yielder<(), ()>, number: usize) -> usize {
        yielder.suspend(());
        number
    }

    fn endless(deep: bool) -> Fiber {
        let stack = DefaultStack::new(STACK).expect("a stack");
        Coroutine::with_stack(stack, move |yielder: &Yielder<(), ()>, ()| {
            loop {
                if deep {
                    black_box(inner(yielder, black_box(3)));
                } else {
                    yielder.suspend(());
                }
            }
        })
    }

    #[inline(always)]
    fn resume(fiber: &mut Fiber) {
        if let CoroutineResult::Return(()) = fiber.resume(()) {
            unreachable!("it never returns");
        }
    }

    pub fn round_trip(deep: bool, count: usize) -> Option<Duration> {
        let mut fiber = endless(deep);
        resume(&mut fiber);
        let start = Instant::now();
        // Four at a time, as our own: see `ladder::Loop::rounds`.
        for _ in 0..count.div_ceil(4) {
            resume(&mut fiber);
            resume(&mut fiber);
            resume(&mut fiber);
            resume(&mut fiber);
        }
        Some(start.elapsed())
    }

    pub fn round_robin(fibers: usize, rounds: usize) -> Option<Duration> {
        let mut all: Vec<_> = (0..fibers).map(|_| endless(false)).collect();
        all.iter_mut().for_each(resume);
        let start = Instant::now();
        for _ in 0..rounds {
            all.iter_mut().for_each(resume);
        }
        Some(start.elapsed())
    }

    fn once(stack: DefaultStack) -> DefaultStack {
        let body = |_: &Yielder<(), ()>, ()| black_box(1);
        let mut fiber = Coroutine::with_stack(stack, body);
        black_box(fiber.resume(()));
        fiber.into_stack()
    }

    pub fn create(new: bool, count: usize) -> Option<Duration> {
        let stack = || DefaultStack::new(STACK).expect("a stack");
        let mut pooled = once(stack());
        let start = Instant::now();
        for _ in 0..count {
            pooled = match new {
                true => once(stack()),
                false => once(pooled),
            };
        }
        Some(start.elapsed())
    }

    pub fn keep(count: usize, look: &mut dyn FnMut()) {
        let mut all: Vec<_> = (0..count).map(|_| endless(false)).collect();
        all.iter_mut().for_each(resume);
        look();
    }
}

mod green {
    use super::*;

    fn configure() {
        static ONCE: Once = Once::new();
        ONCE.call_once(|| {
            may::config().set_workers(1).set_stack_size(STACK / 8);
        });
    }

    pub fn round_robin(fibers: usize, rounds: usize) -> Option<Duration> {
        configure();
        // By a coroutine: there is one worker, so they all wait for it.
        let all = may::go!(move || {
            let one = || {
                may::go!(move || {
                    for _ in 0..rounds {
                        coroutine::yield_now();
                    }
                })
            };
            let all: Vec<_> = (0..fibers).map(|_| one()).collect();
            let start = Instant::now();
            for fiber in all {
                fiber.join().expect("it only yields");
            }
            start.elapsed()
        });
        Some(all.join().expect("it ends"))
    }

    pub fn create(new: bool, count: usize) -> Option<Duration> {
        if new {
            return None;
        }
        configure();
        // By a coroutine, so that no thread has to be woken.
        let all = may::go!(move || {
            let start = Instant::now();
            for _ in 0..count {
                may::go!(|| black_box(1)).join().expect("it ends");
            }
            start.elapsed()
        });
        Some(all.join().expect("it ends"))
    }

    pub fn keep(count: usize, look: &mut dyn FnMut()) {
        configure();
        let begun = Arc::new(AtomicUsize::new(0));
        for _ in 0..count {
            let begun = Arc::clone(&begun);
            may::go!(move || {
                begun.fetch_add(1, Ordering::Relaxed);
                coroutine::park();
            });
        }
        while begun.load(Ordering::Relaxed) < count {
            thread::yield_now();
        }
        look();
    }
}

mod ucontext {
    use super::*;

    thread_local! {
        /// The two contexts of the round that is going on.
        static BOTH: Cell<*mut [libc::ucontext_t; 2]> =
            const { Cell::new(ptr::null_mut()) };
    }

    /// From the one to the other.
    fn swap(from: usize, to: usize) {
        let both = BOTH.get().cast::<libc::ucontext_t>();
        let (from, to) = (both.wrapping_add(from), both.wrapping_add(to));
        // SAFETY: both are alive as long as `round_trip` runs; the one that is
        // left is written, the other one was made or left before.
        unsafe { libc::swapcontext(from, to) };
    }

    extern "C" fn fiber() {
        loop {
            swap(1, 0);
        }
    }

    pub fn round_trip(deep: bool, count: usize) -> Option<Duration> {
        if deep {
            return None;
        }
        let mut stack = vec![0_u128; STACK / 16];
        // SAFETY: plain numbers and pointers; both are filled in below.
        let mut both: [libc::ucontext_t; 2] =
            unsafe { MaybeUninit::zeroed().assume_init() };
        // SAFETY: it writes one context.
        unsafe { libc::getcontext(&raw mut both[1]) };
        both[1].uc_stack.ss_sp = stack.as_mut_ptr().cast();
        both[1].uc_stack.ss_size = STACK;
        // SAFETY: the context is from `getcontext`, its stack is ours.
        unsafe { libc::makecontext(&raw mut both[1], fiber, 0) };
        BOTH.set(&raw mut both);
        let start = Instant::now();
        for _ in 0..count {
            swap(0, 1);
        }
        Some(start.elapsed())
    }
}

mod threads {
    use super::*;

    pub fn round_trip(deep: bool, count: usize) -> Option<Duration> {
        if deep {
            return None;
        }
        // Odd: it is the other one's turn.
        let turn = Arc::new(AtomicUsize::new(0));
        let theirs = Arc::clone(&turn);
        let home = thread::current();
        let other = thread::spawn(move || {
            for round in 0..count {
                // Acquire: pairs with the store of the other side.
                while theirs.load(Ordering::Acquire) != 2 * round + 1 {
                    thread::park();
                }
                // Release: pairs with the load of the other side.
                theirs.store(2 * round + 2, Ordering::Release);
                home.unpark();
            }
        });
        let start = Instant::now();
        for round in 0..count {
            // As above.
            turn.store(2 * round + 1, Ordering::Release);
            other.thread().unpark();
            while turn.load(Ordering::Acquire) != 2 * round + 2 {
                thread::park();
            }
        }
        let took = start.elapsed();
        other.join().expect("it only takes turns");
        Some(took)
    }

    pub fn create(new: bool, count: usize) -> Option<Duration> {
        if !new {
            return None;
        }
        let start = Instant::now();
        for _ in 0..count {
            thread::spawn(|| black_box(1)).join().expect("it ends");
        }
        Some(start.elapsed())
    }

    pub fn keep(count: usize, look: &mut dyn FnMut()) {
        let begun = Arc::new(AtomicUsize::new(0));
        let end = Arc::new(Barrier::new(count + 1));
        let all: Vec<_> = (0..count)
            .map(|_| {
                let (begun, end) = (Arc::clone(&begun), Arc::clone(&end));
                let one = thread::Builder::new().stack_size(STACK);
                one.spawn(move || {
                    begun.fetch_add(1, Ordering::Relaxed);
                    end.wait();
                })
                .expect("a thread")
            })
            .collect();
        while begun.load(Ordering::Relaxed) < count {
            thread::yield_now();
        }
        look();
        end.wait();
        for thread in all {
            thread.join().expect("it only waits");
        }
    }
}
