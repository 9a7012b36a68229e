//! Stage 1 of chapter 7: a coroutine with two waits, polled in a loop.

use ch07_coroutines::s1_by_hand::greeting;
use ch07_coroutines::{Future, Http, PollState};
use delay_server::DelayServer;
use std::io;
use std::time::Instant;
use testing::println;

// ANCHOR: main
fn main() -> io::Result<()> {
    let server = DelayServer::start()?;
    let mut coroutine = greeting(Http::new(server.addr()));
    println!("{} bytes", size_of_val(&coroutine));
    println!("it is {}", coroutine.place());
    let start = Instant::now();
    let mut polls = 0;
    let output = loop {
        let before = coroutine.place();
        let answer = coroutine.poll();
        polls += 1;
        if let PollState::Ready(output) = answer {
            break output;
        }
        if coroutine.place() != before {
            let took = start.elapsed().as_millis();
            println!("it is {} after {took} ms", coroutine.place());
        }
    };
    println!("{output:?} after {} ms", start.elapsed().as_millis());
    println!("{polls} polls");
    Ok(())
}
// ANCHOR_END: main

#[test]
fn runs() -> io::Result<()> {
    let server = DelayServer::start()?;
    let start = Instant::now();
    let coroutine = greeting(Http::new(server.addr()));
    let output = ch07_coroutines::spin_on(coroutine)?;
    assert_eq!(output, "Ada: hello-Ada");
    assert!(start.elapsed().as_millis() >= 300);
    let targets: Vec<_> =
        server.requests().into_iter().map(|r| r.target).collect();
    assert_eq!(targets, ["/200/Ada", "/100/hello-Ada"]);
    assert_eq!(server.connections_accepted(), 1);
    Ok(())
}
