//! Ladder
use ch05_fibers::ladder::*;
use std::time::Instant;
fn measure<R: Rung>() {
    let mut out = vec![];
    for deep in [false, true] {
        let mut l = Loop::new::<R>(deep);
        let mut best = f64::MAX;
        for _ in 0..15 {
            let t = Instant::now();
            unsafe { l.rounds::<R>(200_000) };
            best = best.min(t.elapsed().as_secs_f64() * 1e9 / 200_000.);
        }
        out.push(best);
    }
    println!("{:42} {:6.2} {:6.2}", R::NAME, out[0], out[1]);
}
fn coro() {
    use corosensei::{Coroutine, CoroutineResult};
    #[inline(never)]
    fn inner(y: &corosensei::Yielder<(), ()>, d: usize) -> usize {
        if d > 1 {
            return inner(y, d - 1) + 1;
        }
        y.suspend(());
        d
    }
    let mut out = vec![];
    for deep in [false, true] {
        let mut c =
            Coroutine::new(move |y: &corosensei::Yielder<(), ()>, ()| {
                loop {
                    if deep {
                        std::hint::black_box(inner(y, std::hint::black_box(3)));
                    } else {
                        y.suspend(())
                    }
                }
            });
        let mut best = f64::MAX;
        for _ in 0..15 {
            let t = Instant::now();
            for _ in 0..50_000 {
                for _ in 0..1 {
                    if let CoroutineResult::Return(r) = c.resume(()) {
                        let _: () = r;
                    }
                    if let CoroutineResult::Return(r) = c.resume(()) {
                        let _: () = r;
                    }
                    if let CoroutineResult::Return(r) = c.resume(()) {
                        let _: () = r;
                    }
                    if let CoroutineResult::Return(r) = c.resume(()) {
                        let _: () = r;
                    }
                }
            }
            best = best.min(t.elapsed().as_secs_f64() * 1e9 / 200_000.);
        }
        out.push(best);
        std::mem::forget(c);
    }
    println!("{:42} {:6.2} {:6.2}", "corosensei", out[0], out[1]);
}
fn main() {
    measure::<NakedRet>();
    measure::<NakedFloat>();
    measure::<NakedJmp>();
    measure::<InlineJmp>();
    measure::<InlinePaired>();
    measure::<Crate>();
    coro();
}
