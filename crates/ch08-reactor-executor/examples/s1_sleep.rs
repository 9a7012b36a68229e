//! Stage 1 of chapter 8: five requests at once, and a loop that sleeps.

use ch04_event_queue::Poll;
use ch07_coroutines::{Counted, join_all};
use ch08_reactor_executor::s1_sleep::{Http, sleep_on};
use delay_server::DelayServer;
use std::io;
use std::time::{Duration, Instant};
use testing::println;

/// Five paths; the first reply takes the longest.
const PATHS: [&str; 5] = ["/250/a", "/200/b", "/150/c", "/100/d", "/50/e"];

// ANCHOR: run
/// The replies, how long it took, and how often the whole was polled.
fn run() -> io::Result<(Vec<String>, Duration, u64)> {
    let server = DelayServer::start()?;
    let mut queue = Poll::new()?;
    let http = Http::new(server.addr(), queue.registry().try_clone()?);
    let start = Instant::now();
    let all = join_all(PATHS.map(|path| http.get(path)));
    let (replies, polls) = sleep_on(&mut queue, Counted::new(all))?;
    let replies = replies.into_iter().collect::<io::Result<_>>()?;
    Ok((replies, start.elapsed(), polls))
}
// ANCHOR_END: run

fn main() -> io::Result<()> {
    let (replies, took, polls) = run()?;
    let (replies, took) = (replies.join(" "), took.as_millis());
    println!("{replies} after {took} ms");
    println!("{polls} polls of all five");
    Ok(())
}

#[test]
fn runs() {
    testing::within_a_minute(|| {
        let (replies, took, polls) = run().expect("it is answered");
        assert_eq!(replies, ["a", "b", "c", "d", "e"]);
        assert!(took >= Duration::from_millis(250));
        // A loop that asks again and again has hundreds of thousands.
        assert!((2..1000).contains(&polls), "{polls}");
    });
}
