//! Stage 3 of chapter 7: five requests, one after the other.

use ch07_coroutines::s3_in_turn::in_turn;
use ch07_coroutines::{Http, spin_on};
use delay_server::DelayServer;
use std::io;
use std::time::Instant;
use testing::println;

/// Five paths; the first reply takes the longest.
const PATHS: [&str; 5] = ["/250/a", "/200/b", "/150/c", "/100/d", "/50/e"];

fn main() -> io::Result<()> {
    let server = DelayServer::start()?;
    let http = Http::new(server.addr());
    let paths = PATHS.map(String::from).to_vec();
    let start = Instant::now();
    let replies = spin_on(in_turn(http, paths))?;
    let took = start.elapsed().as_millis();
    let connections = server.connections_accepted();
    println!("{replies:?} after {took} ms, {connections} connection");
    Ok(())
}

#[test]
fn runs() -> io::Result<()> {
    let server = DelayServer::start()?;
    let http = Http::new(server.addr());
    let start = Instant::now();
    let replies = spin_on(in_turn(http, PATHS.map(String::from).to_vec()))?;
    assert_eq!(replies, ["a", "b", "c", "d", "e"]);
    assert!(start.elapsed().as_millis() >= 750);
    assert_eq!(server.connections_accepted(), 1);
    Ok(())
}
