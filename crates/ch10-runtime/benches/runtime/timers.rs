//! Timers: one that is set and not needed, and a million that are.

use crate::Measured;
use crate::memory::in_use;
use crate::peers::{AsyncExecutor, Ours, Reactor, Tokio};
use crate::together::{Once, Together};
use futures_lite::future::yield_now;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::task::Poll;
use std::time::{Duration, Instant};
use testing::bench::{Result, grouped, ns_each};

fn set_and_cancel<P: Reactor>(times: usize) -> Result<f64> {
    P::block_on(async {
        let start = Instant::now();
        let deadline = start + Duration::from_secs(3600);
        for _ in 0..times {
            let mut sleep = pin!(P::sleep_until(deadline));
            poll_fn(|cx| Poll::Ready(sleep.as_mut().poll(cx).is_ready())).await;
        }
        Ok(ns_each(start.elapsed(), times))
    })
}

pub fn rows<P: Reactor>() -> Vec<Measured> {
    vec![Measured {
        group: "deadlines",
        peer: P::REACTOR,
        case: "set and cancel",
        unit: "ns",
        per_iteration: 1,
        times: 200_000,
        rounds: 11,
        run: set_and_cancel::<P>,
    }]
}

const SLEEPERS: usize = 1_000_000;

static ASLEEP: AtomicUsize = AtomicUsize::new(0);
static AWAKE: AtomicUsize = AtomicUsize::new(0);
/// How late they were, in sum, in nanoseconds.
static LATE: AtomicU64 = AtomicU64::new(0);

/// The processor time of this process.
fn cpu() -> Result<Duration> {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    let clock = libc::CLOCK_PROCESS_CPUTIME_ID;
    // SAFETY: it writes to `time`, which is there.
    if unsafe { libc::clock_gettime(clock, &raw mut time) } != 0 {
        return Err(io::Error::last_os_error().into());
    }
    Ok(Duration::new(time.tv_sec as u64, time.tv_nsec as u32))
}

/// So many tasks sleep, with deadlines over one second: nanoseconds to create
/// one, to wake one, bytes of one, and how late one is.
fn once<P: Reactor>(quick: bool) -> Result<Vec<f64>> {
    let (tasks, before) = match quick {
        true => (1, Duration::from_millis(50)),
        false => (SLEEPERS, Duration::from_secs(12)),
    };
    ASLEEP.store(0, Ordering::Relaxed);
    AWAKE.store(0, Ordering::Relaxed);
    LATE.store(0, Ordering::Relaxed);
    P::block_on(async {
        let (bytes, begin) = (in_use(), cpu()?);
        let first = Instant::now() + before;
        for number in 0..tasks {
            let part =
                Duration::from_secs(1).mul_f64(number as f64 / tasks as f64);
            let deadline = first + part;
            P::detach(async move {
                ASLEEP.fetch_add(1, Ordering::Relaxed);
                P::sleep_until(deadline).await;
                let late = deadline.elapsed().as_nanos() as u64;
                LATE.fetch_add(late, Ordering::Relaxed);
                AWAKE.fetch_add(1, Ordering::Relaxed);
            });
        }
        while ASLEEP.load(Ordering::Relaxed) < tasks {
            yield_now().await;
        }
        let (bytes, created) = (in_use() - bytes, cpu()?);
        if Instant::now() > first {
            return Err("the first deadline came before the last task".into());
        }
        let mut until = first + Duration::from_secs(1);
        while AWAKE.load(Ordering::Relaxed) < tasks {
            until += Duration::from_millis(10);
            P::sleep_until(until).await;
        }
        let late = Duration::from_nanos(LATE.load(Ordering::Relaxed));
        Ok(vec![
            ns_each(created - begin, tasks),
            ns_each(cpu()? - created, tasks),
            bytes as f64 / tasks as f64,
            ns_each(late, tasks),
        ])
    })
}

fn sleeper<P: Reactor>() -> (&'static str, Once) {
    (P::REACTOR, once::<P>)
}

/// A million of them.
pub fn sleepers() -> Together {
    let cases = [
        ("create", "ns"),
        ("wake", "ns"),
        ("memory", "B"),
        ("late by", "ns"),
    ];
    let case = |(case, unit)| (format!("{case}, {}", grouped(SLEEPERS)), unit);
    Together {
        group: "sleepers",
        cases: cases.map(case).to_vec(),
        rounds: 3,
        peers: vec![
            sleeper::<Ours>(),
            sleeper::<Tokio>(),
            sleeper::<AsyncExecutor>(),
        ],
    }
}
