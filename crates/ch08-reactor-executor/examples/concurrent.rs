//! Concurrent against parallel: requests that wait and sums that compute, on
//! one executor and on several. And many requests.

use ch08_reactor_executor::{Future, Http, PollState, Waker, yield_now};
use ch08_reactor_executor::{ReactorThread, on_each, parked};
use delay_server::DelayServer;
use std::hint::black_box;
use std::io;
use std::time::{Duration, Instant};
use testing::println;

// ANCHOR: tasks
/// Waits: requests of 100 ms, one after the other.
#[corofy::coroutine(waker)]
fn ask(http: Http, requests: u32) -> io::Result<u32> {
    let mut answered = 0;
    for _ in 0..requests {
        http.get("/100/x").wait?;
        answered += 1;
    }
    Ok(answered)
}

/// Computes, and lets others have a turn now and then.
#[corofy::coroutine(waker)]
fn compute(rounds: u32) -> u32 {
    let mut sum = 0_u32;
    for round in 0..rounds {
        for number in 0..20_000 {
            sum = black_box(sum.wrapping_mul(31).wrapping_add(number ^ round));
        }
        yield_now().wait;
    }
    sum
}
// ANCHOR_END: tasks

// ANCHOR: split
/// Runs `tasks` of them on each of `executors`, and says how long that took.
fn split<F: Future>(
    executors: usize,
    tasks: usize,
    make: impl Fn() -> F + Sync,
) -> io::Result<Duration> {
    let start = Instant::now();
    on_each(executors, |_| All((0..tasks).map(|_| make()).collect()))?;
    Ok(start.elapsed())
}
// ANCHOR_END: split

/// All of them in one task; a poll polls all that are not finished.
struct All<F>(Vec<F>);

impl<F: Future> Future for All<F> {
    type Output = ();

    fn poll(&mut self, waker: &Waker) -> PollState<()> {
        self.0.retain_mut(|future| !future.poll(waker).is_ready());
        match self.0.is_empty() {
            true => PollState::Ready(()),
            false => PollState::NotReady,
        }
    }
}

/// So many tasks of ten requests each, on one executor: the replies, the
/// time, and how often it slept.
fn many(tasks: usize) -> io::Result<(u32, Duration, u64)> {
    let server = DelayServer::start()?;
    let reactor = ReactorThread::start()?;
    let mut executor = parked();
    let start = Instant::now();
    // A client each, so a connection each.
    let tasks: Vec<_> = (0..tasks)
        .map(|_| Http::new(server.addr(), &reactor.handle()))
        .map(|http| executor.spawn(ask(http, 10)))
        .collect();
    let mut replies = 0;
    for task in tasks {
        replies += executor.block_on(task)???;
    }
    Ok((replies, start.elapsed(), executor.counts().parks))
}

fn main() -> io::Result<()> {
    let server = DelayServer::start()?;
    let reactor = ReactorThread::start()?;
    let (addr, handle) = (server.addr(), reactor.handle());
    println!("eight futures              waiting  computing");
    for executors in [1, 2] {
        let tasks = 8 / executors;
        let waiting =
            split(executors, tasks, || ask(Http::new(addr, &handle), 3))?;
        let computing = split(executors, tasks, || compute(40))?;
        let s = if executors == 1 { " " } else { "s" };
        println!(
            "on {executors} executor{s}            {:>4} ms    {:>4} ms",
            waiting.as_millis(),
            computing.as_millis()
        );
    }
    for tasks in [10, 1_000] {
        let (replies, took, sleeps) = many(tasks)?;
        println!(
            "{replies} requests of 100 ms in {tasks} tasks: {} ms, {sleeps} sleeps",
            took.as_millis()
        );
    }
    Ok(())
}

#[test]
fn many_requests_are_all_answered_on_one_executor() {
    testing::within_a_minute(|| {
        let (replies, took, sleeps) = many(100).expect("they are answered");
        assert_eq!(replies, 1_000);
        assert!(took >= Duration::from_secs(1));
        assert!(sleeps > 0);
        let computed = split(2, 2, || compute(2)).expect("threads");
        assert!(computed > Duration::ZERO);
    });
}
