//! Stage 5 of chapter 8: twelve executors on twelve threads, five requests
//! each, and one reactor for all of them.

use ch08_reactor_executor::{Future, Http, PollState, Waker};
use ch08_reactor_executor::{ReactorThread, on_each, parked};
use delay_server::DelayServer;
use std::io;
use std::time::{Duration, Instant};
use testing::println;

// ANCHOR: five
/// Five requests, one after the other.
#[corofy::coroutine(waker)]
fn five(http: Http, number: usize) -> io::Result<Vec<String>> {
    let mut replies = Vec::new();
    for letter in ['a', 'b', 'c', 'd', 'e'] {
        let reply = http.get(&format!("/50/{number}{letter}")).wait?;
        replies.push(reply);
    }
    Ok(replies)
}
// ANCHOR_END: five

/// The replies of each executor, how long it took, connections.
fn run() -> io::Result<(Vec<Vec<String>>, Duration, usize)> {
    let server = DelayServer::start()?;
    // ANCHOR: run
    let reactor = ReactorThread::start()?;
    let handle = reactor.handle();
    let start = Instant::now();
    let replies =
        on_each(12, |number| five(Http::new(server.addr(), &handle), number))?;
    // ANCHOR_END: run
    let replies = replies.into_iter().collect::<io::Result<_>>()?;
    Ok((replies, start.elapsed(), server.connections_accepted()))
}

/// The same sixty requests as twelve tasks of one executor: how long it took.
fn on_one() -> io::Result<Duration> {
    let server = DelayServer::start()?;
    let reactor = ReactorThread::start()?;
    let mut executor = parked();
    let start = Instant::now();
    let tasks: Vec<_> = (0..12)
        .map(|number| (Http::new(server.addr(), &reactor.handle()), number))
        .map(|(http, number)| executor.spawn(five(http, number)))
        .collect();
    for task in tasks {
        executor.block_on(task)???;
    }
    Ok(start.elapsed())
}

fn main() -> io::Result<()> {
    let (replies, took, connections) = run()?;
    println!("the last one got {}", replies[replies.len() - 1].join(" "));
    let count: usize = replies.iter().map(Vec::len).sum();
    println!("{count} replies after {} ms", took.as_millis());
    println!("{connections} connections, 1 reactor");
    let took = on_one()?.as_millis();
    println!("the same on one executor: after {took} ms");
    Ok(())
}

#[test]
fn runs() {
    testing::within_a_minute(|| {
        let (replies, took, connections) = run().expect("it is answered");
        assert_eq!(replies.len(), 12);
        assert_eq!(replies[3], ["3a", "3b", "3c", "3d", "3e"]);
        assert!(took >= Duration::from_millis(250));
        assert_eq!(connections, 12);
        let took = on_one().expect("it is answered");
        assert!(took >= Duration::from_millis(250));
    });
}
