//! Stage 4 of chapter 7: five requests, in turn and at once.

use ch07_coroutines::s3_in_turn::in_turn;
use ch07_coroutines::s4_at_once::at_once;
use ch07_coroutines::{Future, Http, spin_on};
use delay_server::DelayServer;
use std::io;
use std::time::{Duration, Instant};
use testing::println;

// ANCHOR: run
/// Five paths; the first reply takes the longest.
const PATHS: [&str; 5] = ["/250/a", "/200/b", "/150/c", "/100/d", "/50/e"];

/// What a run gave: the replies, the time, the connections.
type Outcome = (Vec<String>, Duration, usize);

/// Runs `coroutine` with a server of its own.
fn run<F>(coroutine: impl FnOnce(Http, Vec<String>) -> F) -> io::Result<Outcome>
where
    F: Future<Output = io::Result<Vec<String>>>,
{
    let server = DelayServer::start()?;
    let http = Http::new(server.addr());
    let start = Instant::now();
    let replies = spin_on(coroutine(http, PATHS.map(String::from).to_vec()))?;
    Ok((replies, start.elapsed(), server.connections_accepted()))
}
// ANCHOR_END: run

fn print(name: &str, (replies, took, connections): Outcome) {
    let replies = replies.join(" ");
    let took = took.as_millis();
    let s = if connections == 1 { "" } else { "s" };
    println!("{name}: {replies} after {took} ms, {connections} connection{s}");
}

fn main() -> io::Result<()> {
    print("in turn", run(in_turn)?);
    print("at once", run(at_once)?);
    Ok(())
}

#[test]
fn runs() -> io::Result<()> {
    let (replies, one_by_one, connections) = run(in_turn)?;
    assert_eq!(replies, ["a", "b", "c", "d", "e"]);
    assert!(one_by_one >= Duration::from_millis(750));
    assert_eq!(connections, 1);
    let (replies, took, connections) = run(at_once)?;
    assert_eq!(replies, ["a", "b", "c", "d", "e"]);
    assert!(took >= Duration::from_millis(250));
    assert!(took < one_by_one, "{took:?}");
    assert_eq!(connections, 5);
    Ok(())
}
