//! tmp
use ch05_fibers::*;
use std::time::Instant;
fn rr(n: usize, rounds: usize) -> f64 {
    let mut rt = Runtime::new();
    let mut best = f64::MAX;
    rt.run(|| {
        let hs: Vec<_> = (0..n)
            .map(|_| {
                spawn(move || {
                    for _ in 0..rounds * 5 + 5 {
                        yield_now()
                    }
                })
            })
            .collect();
        yield_now();
        // main yields too: measure each `rounds` rounds
        for _ in 0..5 {
            let t = Instant::now();
            for _ in 0..rounds {
                yield_now()
            }
            best = best.min(
                t.elapsed().as_secs_f64() * 1e9
                    / rounds as f64
                    / (n + 1) as f64,
            );
        }
        drop(hs);
    });
    best
}
fn coro(n: usize, rounds: usize) -> f64 {
    use corosensei::{Coroutine, CoroutineResult, stack::DefaultStack};
    let mut cs: Vec<_> = (0..n)
        .map(|_| {
            Coroutine::with_stack(
                DefaultStack::new(64 * 1024).unwrap(),
                |y: &corosensei::Yielder<(), ()>, ()| loop {
                    y.suspend(())
                },
            )
        })
        .collect();
    let mut best = f64::MAX;
    for _ in 0..6 {
        let t = Instant::now();
        for _ in 0..rounds {
            for c in &mut cs {
                if let CoroutineResult::Return(r) = c.resume(()) {
                    let _: () = r;
                }
            }
        }
        best = best
            .min(t.elapsed().as_secs_f64() * 1e9 / rounds as f64 / n as f64);
    }
    for c in cs {
        std::mem::forget(c)
    }
    best
}
fn create() -> f64 {
    let mut rt = Runtime::new();
    let mut best = f64::MAX;
    rt.run(|| {
        for _ in 0..20 {
            let t = Instant::now();
            for i in 0..50_000u64 {
                std::hint::black_box(spawn(move || i).join().unwrap());
            }
            best = best.min(t.elapsed().as_secs_f64() * 1e9 / 50_000.);
        }
    });
    best
}
fn create10() -> f64 {
    let mut rt = Runtime::new();
    let mut best = f64::MAX;
    rt.run(|| {
        for _ in 0..20 {
            let t = Instant::now();
            for i in 0..5_000u64 {
                for _ in 0..10 {
                    spawn(move || i);
                }
                yield_now();
            }
            best = best.min(t.elapsed().as_secs_f64() * 1e9 / 50_000.);
        }
    });
    best
}
fn coro_create() -> f64 {
    use corosensei::{CoroutineResult, ScopedCoroutine, stack::DefaultStack};
    let mut stack = DefaultStack::new(64 * 1024).unwrap();
    let mut best = f64::MAX;
    for _ in 0..20 {
        let t = Instant::now();
        for i in 0..50_000u64 {
            let c = ScopedCoroutine::<(), (), u64, _>::with_stack(
                &mut stack,
                move |_, ()| i,
            );
            c.scope(|mut c| {
                if let CoroutineResult::Return(r) = c.as_mut().resume(()) {
                    std::hint::black_box(r);
                }
            });
        }
        best = best.min(t.elapsed().as_secs_f64() * 1e9 / 50_000.);
    }
    best
}
fn main() {
    for n in [1, 10, 100, 1000, 10000] {
        println!(
            "{n:6} ours {:6.2} coro {:6.2}",
            rr(n, 1_000_000 / n),
            coro(n, 1_000_000 / n)
        );
    }
    println!(
        "create+join {:6.2} create10 {:.2} coro {:6.2}",
        create(),
        create10(),
        coro_create()
    );
    let mut rt = Runtime::new();
    let rss = || {
        std::fs::read_to_string("/proc/self/statm")
            .unwrap()
            .split(' ')
            .nth(1)
            .unwrap()
            .parse::<usize>()
            .unwrap()
            * 4096
    };
    let a = rss();
    rt.run(|| {
        for _ in 0..100_000 {
            spawn(|| {
                loop {
                    yield_now()
                }
            });
        }
        yield_now();
    });
    println!("bytes a fiber {}", (rss() - a) as f64 / 100_000.);
}
