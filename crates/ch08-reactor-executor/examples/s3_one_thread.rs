//! Stage 3 of chapter 8: tasks that are coroutines, an executor and a reactor,
//! all on one thread.

use ch08_reactor_executor::executor::Counts;
use ch08_reactor_executor::{Future, Http, PollState, Waker, one_thread};
use delay_server::DelayServer;
use std::io;
use std::time::{Duration, Instant};
use testing::println;

// ANCHOR: greeting
/// Chapter 7's coroutine, with a waker in its poll.
#[corofy::coroutine(waker)]
fn greeting(http: Http) -> io::Result<String> {
    let name = http.get("/200/Ada").wait?;
    let reply = http.get(&format!("/100/hello-{name}")).wait?;
    Ok(format!("{name}: {reply}"))
}
// ANCHOR_END: greeting

/// What the tasks gave, how long it took, and what the executor did.
fn run() -> io::Result<(Vec<String>, Duration, Counts)> {
    let server = DelayServer::start()?;
    // ANCHOR: run
    let (mut executor, reactor) = one_thread()?;
    let http = Http::new(server.addr(), &reactor);
    let start = Instant::now();
    let greets = executor.spawn(greeting(http.clone()));
    let paths = ["/250/a", "/200/b", "/150/c", "/100/d"];
    let asks = paths.map(|path| executor.spawn(http.get(path)));
    let mut replies = Vec::new();
    for task in asks.into_iter().chain([greets]) {
        replies.push(executor.block_on(task)???);
    }
    // ANCHOR_END: run
    Ok((replies, start.elapsed(), executor.counts()))
}

fn main() -> io::Result<()> {
    let (replies, took, counts) = run()?;
    println!("{replies:?} after {} ms", took.as_millis());
    println!("{} polls, {} sleeps", counts.polls, counts.parks);
    Ok(())
}

#[test]
fn runs() {
    testing::within_a_minute(|| {
        let (replies, took, counts) = run().expect("it is answered");
        assert_eq!(replies, ["a", "b", "c", "d", "Ada: hello-Ada"]);
        assert!(took >= Duration::from_millis(300));
        assert!((11..200).contains(&counts.polls), "{counts:?}");
    });
}
