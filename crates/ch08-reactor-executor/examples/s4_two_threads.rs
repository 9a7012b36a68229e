//! Stage 4 of chapter 8: the reactor has a thread of its own, and the executor
//! sleeps elsewhere.

use ch08_reactor_executor::{Http, ReactorThread, parked};
use delay_server::DelayServer;
use std::io;
use std::thread;
use std::time::{Duration, Instant};
use testing::println;

/// What happened while five requests were answered, and in a second in
/// which a sixth one waited.
struct Run {
    replies: Vec<String>,
    took: Duration,
    sleeps: u64,
    idle: u64,
}

fn run() -> io::Result<Run> {
    let server = DelayServer::start()?;
    // ANCHOR: run
    let reactor = ReactorThread::start()?;
    let handle = reactor.handle();
    let mut executor = parked();
    let http = Http::new(server.addr(), &handle);
    let start = Instant::now();
    let paths = ["/250/a", "/200/b", "/150/c", "/100/d", "/50/e"];
    let tasks = paths.map(|path| executor.spawn(http.get(path)));
    let mut replies = Vec::new();
    for task in tasks {
        replies.push(executor.block_on(task)???);
    }
    // ANCHOR_END: run
    let (took, sleeps) = (start.elapsed(), executor.counts().parks);
    // ANCHOR: idle
    let (addr, theirs) = (server.addr(), handle.clone());
    let waits = thread::spawn(move || {
        parked().block_on(Http::new(addr, &theirs).get("/3000/late"))
    });
    server.wait_for_requests(6, Duration::from_secs(30))?; // it has asked
    thread::sleep(Duration::from_millis(500)); // and sleeps by now
    let before = handle.wake_ups();
    thread::sleep(Duration::from_secs(1));
    let idle = handle.wake_ups() - before;
    // ANCHOR_END: idle
    waits.join().expect("it does not panic")??; // it is answered, too
    Ok(Run {
        replies,
        took,
        sleeps,
        idle,
    })
}

fn main() -> io::Result<()> {
    let run = run()?;
    let replies = run.replies.join(" ");
    println!("{replies} after {} ms", run.took.as_millis());
    println!("the executor slept {} times", run.sleeps);
    println!("reactor wake-ups in a second of waiting: {}", run.idle);
    Ok(())
}

#[test]
fn runs() {
    testing::within_a_minute(|| {
        let run = run().expect("it is answered");
        assert_eq!(run.replies, ["a", "b", "c", "d", "e"]);
        assert!(run.took >= Duration::from_millis(250));
        assert!((1..100).contains(&run.sleeps), "{}", run.sleeps);
        assert_eq!(run.idle, 0);
    });
}
