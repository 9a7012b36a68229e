//! Must a future be lazy? Five that are made, five that are started, and five
//! that are joined: who has connected, and how long does it take?

use ch07_coroutines::s2_coroutine::greeting;
use ch07_coroutines::{Future, Http, join_all, spin_on, start};
use delay_server::DelayServer;
use std::io;
use std::thread;
use std::time::{Duration, Instant};
use testing::println;

/// Waits until the server has seen this many connections, for five seconds at
/// most; returns how many it has seen.
fn wait_for(connections: usize, server: &DelayServer) -> usize {
    let start = Instant::now();
    while server.connections_accepted() < connections
        && start.elapsed() < Duration::from_secs(5)
    {
        thread::sleep(Duration::from_millis(1));
    }
    server.connections_accepted()
}

// ANCHOR: count
/// How many connections the server has seen, without and with a start.
fn connections() -> io::Result<[usize; 2]> {
    let server = DelayServer::start()?;
    let http = Http::new(server.addr());
    let make = || http.get("/900/tea"); // each keeps its connection

    let lazy = [make(), make(), make(), make(), make()];
    thread::sleep(Duration::from_millis(100));
    let after_lazy = server.connections_accepted();

    let eager = [make(), make(), make(), make(), make()].map(start);
    let after_eager = wait_for(5, &server);
    drop((lazy, eager));
    Ok([after_lazy, after_eager])
}
// ANCHOR_END: count

/// How long a run took, and the server that was asked.
type Run = (Duration, DelayServer);

/// Runs `what` with a server of its own.
fn run(what: impl FnOnce(Http) -> io::Result<()>) -> io::Result<Run> {
    let server = DelayServer::start()?;
    let start = Instant::now();
    what(Http::new(server.addr()))?;
    Ok((start.elapsed(), server))
}

/// Runs each to its end before the next one is polled.
fn one_by_one<F>(futures: [F; 5]) -> io::Result<()>
where
    F: Future<Output = io::Result<String>>,
{
    for future in futures {
        spin_on(future)?;
    }
    Ok(())
}

/// Five of them: only made, started, and joined.
fn runs<F>(make: impl Fn(Http) -> F) -> io::Result<[Run; 3]>
where
    F: Future<Output = io::Result<String>>,
{
    let five = |http: Http| [(); 5].map(|()| make(http.clone()));
    Ok([
        run(|http| one_by_one(five(http)))?,
        run(|http| one_by_one(five(http).map(start)))?,
        run(|http| {
            let replies = spin_on(join_all(five(http)));
            replies.into_iter().try_for_each(|reply| reply.map(drop))
        })?,
    ])
}

fn print(name: &str, [made, started, joined]: [Run; 3]) {
    let [made, started, joined] =
        [made, started, joined].map(|(took, _)| took.as_millis());
    println!("{name:<16}{made:>6} ms  {started:>6} ms  {joined:>6} ms");
}

fn main() -> io::Result<()> {
    let [lazy, eager] = connections()?;
    println!("five requests made:    {lazy} connections");
    println!("five requests started: {eager} connections");
    println!();
    println!("                     made    started     joined");
    print("five requests", runs(|http| http.get("/200/Ada"))?);
    print("five greetings", runs(greeting)?);
    Ok(())
}

#[test]
fn to_make_one_asks_nothing_and_to_start_one_does() -> io::Result<()> {
    assert_eq!(connections()?, [0, 5]);
    Ok(())
}

#[test]
fn started_ones_get_no_further_than_their_first_wait() -> io::Result<()> {
    testing::within_a_minute(|| {
        let [made, started, joined] = runs(greeting)?;
        let (took, server) = made;
        assert!(took >= Duration::from_millis(1500), "{took:?}");
        assert_eq!(server.connections_accepted(), 1);
        let targets = server.requests().into_iter().map(|r| r.target);
        let greeting = ["/200/Ada", "/100/hello-Ada"];
        assert_eq!(targets.collect::<Vec<_>>(), greeting.repeat(5));
        // The first takes 300 ms. Of the others, the second request leaves
        // only when it is their turn.
        let (took, server) = started;
        assert!(took >= Duration::from_millis(700), "{took:?}");
        assert_eq!(server.connections_accepted(), 5);
        let (took, server) = joined;
        assert!(took >= Duration::from_millis(300), "{took:?}");
        assert_eq!(server.connections_accepted(), 5);
        Ok(())
    })
}
