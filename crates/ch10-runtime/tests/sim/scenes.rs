//! The servers of stages 6 to 8 in the simulation: their own files and the
//! library's sockets, on a network whose faults a seed decides. It also decides
//! which ready task is next, and the time is a number.
//!
//! `SEEDS=1000` tries that many. A seed that fails is named, with the command
//! that plays it again, `SIM_SEED=17` and the name of the test.

#[path = "../support/echo.rs"]
mod echo;
#[path = "../support/servers.rs"]
mod servers;

mod http;
mod planted;
mod proxy;
mod redis;

use crate::net::{TcpListener, TcpStream};
use crate::network::{self, Counts, Weather};
use crate::programs::search;
use futures_lite::{AsyncWriteExt as _, future};
use servers::{commands, hello, hyper_rt, listen, pump, relay, resp, store};
use std::cell::Cell;
use std::env;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

/// Faults that take no time, and none that makes a server pause: what is to
/// happen at a certain time happens then.
const EXACT: Weather = Weather {
    no_room: 0,
    ..Weather::STORM
};

/// The seeds to try: 24 of them, or as many as are asked for, or that one.
fn seeds() -> Vec<u64> {
    let number = |name| env::var(name).ok()?.parse::<u64>().ok();
    match number("SIM_SEED") {
        Some(seed) => vec![seed],
        None => (0..number("SEEDS").unwrap_or(24)).collect(),
    }
}

/// Plays `scene` in this weather under every seed. What has happened in all of
/// them.
///
/// # Panics
///
/// With the first seed under which it fails, and how to play that one again:
/// `test` is the test's name.
#[track_caller]
fn every_seed(test: &str, weather: Weather, scene: fn()) -> Counts {
    let (happened, played) = (Cell::new(Counts::default()), Cell::new(0));
    let found = search(seeds(), || {
        network::set_weather(weather);
        scene();
        let mut counts = happened.get();
        counts += network::counts();
        happened.set(counts);
        played.set(played.get() + 1);
    });
    if let Some((seed, text)) = found {
        panic!(
            "{text}\nwith seed {seed}; again:\n    \
             SIM_SEED={seed} cargo test -p ch10-runtime --test sim {test}"
        );
    }
    let happened = happened.get();
    println!("{test}: {} seeds, {happened:?}", played.get());
    happened
}

/// [`within_a_minute`](testing::within_a_minute), and longer for more seeds.
#[track_caller]
fn in_time(test: impl FnOnce() + Send + 'static) {
    let seeds = seeds().len() as u64;
    testing::within(Duration::from_secs(60 + seeds), test);
}

async fn listener() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await;
    let listener = listener.expect("a port is free");
    let addr = listener.local_addr().expect("it has one");
    (listener, addr)
}

/// Sends `bytes`, ends the writing, and reads until the end, all of it at the
/// same time: what has come, and whether anything broke.
async fn exchange(addr: SocketAddr, bytes: &[u8]) -> (Vec<u8>, io::Result<()>) {
    let stream = match TcpStream::connect(addr).await {
        Ok(stream) => stream,
        Err(error) => return (Vec::new(), Err(error)),
    };
    let (mut read, mut write) = stream.into_split();
    let send = async {
        write.write_all(bytes).await?;
        write.close().await
    };
    let mut received = Vec::new();
    let receive = async {
        let mut piece = [0; 1_500];
        loop {
            match read.read(&mut piece).await? {
                0 => return Ok(()),
                some => received.extend_from_slice(&piece[..some]),
            }
        }
    };
    let (sent, ended) = future::zip(send, receive).await;
    (received, sent.and(ended))
}

fn random_bytes(most: usize) -> Vec<u8> {
    let length = network::below(most);
    (0..length).map(|_| network::below(256) as u8).collect()
}
