//! Five requests, made and not polled; and five that are started at once.

use ch07_coroutines::{Http, start};
use delay_server::DelayServer;
use std::io;
use std::thread;
use std::time::{Duration, Instant};
use testing::println;

/// Waits for so many connections, for five seconds at most; how many are there?
fn wait_for(connections: usize, server: &DelayServer) -> usize {
    let start = Instant::now();
    while server.connections_accepted() < connections
        && start.elapsed() < Duration::from_secs(5)
    {
        thread::sleep(Duration::from_millis(1));
    }
    server.connections_accepted()
}

/// How many connections the server has seen, without and with a start.
fn connections() -> io::Result<[usize; 2]> {
    // ANCHOR: count
    let server = DelayServer::start()?;
    let http = Http::new(server.addr());
    let make = || http.get("/1000/hello"); // each keeps its connection

    let lazy = [make(), make(), make(), make(), make()];
    thread::sleep(Duration::from_millis(100));
    let after_lazy = server.connections_accepted();

    let eager = [make(), make(), make(), make(), make()].map(start);
    let after_eager = wait_for(5, &server);
    // ANCHOR_END: count
    drop((lazy, eager));
    Ok([after_lazy, after_eager])
}

fn main() -> io::Result<()> {
    let [lazy, eager] = connections()?;
    println!("five requests made:    {lazy} connections");
    println!("five requests started: {eager} connections");
    Ok(())
}

#[test]
fn runs() -> io::Result<()> {
    assert_eq!(connections()?, [0, 5]);
    Ok(())
}
