//! The scenes of `tests/net`, and the servers of stages 6 to 8, on sockets
//! whose calls fail as a seed decides.
//!
//! The crate is compiled once more, with another `socket` at its root. A seed
//! that fails is printed; `FAULTS_SEED=17 cargo test --test faults` replays it.

#![cfg(unix)]

#[path = "../net/scenes.rs"]
mod scenes;
mod servers;
#[allow(dead_code, reason = "tests of TCP alone")]
mod socket;
#[path = "../../src"]
#[allow(dead_code, unused_imports, reason = "what the library exports")]
mod src {
    pub mod blocking;
    pub mod budget;
    pub mod builder;
    pub mod context;
    pub mod driver;
    pub mod dump;
    pub mod handle;
    pub mod inbox;
    #[path = "driver/os.rs"]
    pub mod kernel;
    pub mod net;
    pub mod panics;
    pub mod readiness;
    pub mod registration;
    pub mod root;
    pub mod run_queue;
    pub mod runtime;
    pub mod shutdown;
    pub mod slots;
    pub mod sync;
    pub mod task;
    pub mod threads;
    pub mod time;
    pub mod yield_now;
}

// What the servers say `ch10_runtime` to is the crate that is compiled here.
extern crate self as ch10_runtime;

// By the names that the files of the crate say.
use src::*;
#[allow(unused_imports, reason = "the crate's files say crate::NAME")]
use {
    src::blocking::spawn_blocking,
    src::builder::Builder,
    src::context::NoRuntime,
    src::handle::{Handle, spawn},
    src::runtime::{Runtime, spawn_local},
    src::task::{JoinError, JoinHandle, TaskId},
    src::yield_now::{YieldNow, yield_now},
};

/// By the names that the scenes say.
mod rt {
    pub use crate::src::handle::spawn;
    pub use crate::src::net;
}

use net::{TcpListener, TcpStream};
use socket::{Counts, Odds};
use std::env;
use std::io::{self, ErrorKind};
use std::thread;
use std::time::Duration;
use testing::within_a_minute;

/// What every scene has to bear.
const STORM: Odds = Odds {
    short: 90,
    would_block: 60,
    interrupted: 40,
    no_room: 0,
    reset: 0,
};

/// The seeds to try: six of them, or as many as `SEEDS` says, or the one that
/// is asked for.
fn seeds() -> Vec<u64> {
    let number = |name| env::var(name).ok()?.parse::<u64>().ok();
    match number("FAULTS_SEED") {
        Some(seed) => vec![seed],
        None => (0..number("SEEDS").unwrap_or(6)).collect(),
    }
}

/// [`within_a_minute`], and longer for more seeds.
#[track_caller]
fn in_time(test: impl FnOnce() + Send + 'static) {
    let seeds = seeds().len() as u64;
    testing::within(Duration::from_secs(60 + seeds), test);
}

/// Plays scenes under faults; how many there were of each kind.
fn play(seed: u64, odds: Odds, scenes: &[(&str, scenes::Scene)]) -> Counts {
    println!("FAULTS_SEED={seed}");
    socket::begin(seed, odds);
    let runtime = Runtime::new().unwrap();
    for (name, scene) in scenes {
        println!("    {name}");
        runtime.block_on(scene());
    }
    socket::counts()
}

#[test]
fn every_scene_plays_with_short_blocked_and_interrupted_calls() {
    in_time(|| {
        for seed in seeds() {
            let counts = play(seed, STORM, &scenes::SCENES);
            println!("    {counts:?}");
            for happened in
                [counts.short, counts.would_block, counts.interrupted]
            {
                assert!(happened > 100);
            }
        }
    });
}

#[test]
fn bytes_come_in_very_small_pieces_if_need_be() {
    within_a_minute(|| {
        let odds = Odds {
            short: 255,
            ..Odds::default()
        };
        let scenes = &scenes::SCENES[..1];
        for seed in seeds().into_iter().take(3) {
            assert!(play(seed, odds, scenes).short > 1_000);
        }
    });
}

#[test]
fn an_accept_without_room_goes_on_when_there_is_some() {
    within_a_minute(|| {
        let odds = Odds {
            no_room: 120,
            ..STORM
        };
        let counts = play(7, odds, &scenes::SCENES[..1]);
        assert!(counts.no_room > 0);
    });
}

#[test]
fn connections_that_break_off_are_errors_and_nothing_hangs() {
    in_time(|| {
        for seed in seeds() {
            socket::begin(seed, Odds { reset: 3, ..STORM });
            let runtime = Runtime::new().unwrap();
            let ends = runtime.block_on(many_that_may_fail());
            println!("FAULTS_SEED={seed}: {ends:?}");
            assert_eq!(ends.iter().sum::<usize>(), 40);
            assert!(socket::counts().reset > 0);
        }
    });
}

/// Forty connections with an echo; how many were done, and how many broken off.
async fn many_that_may_fail() -> [usize; 2] {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            // One that breaks off is that task's affair.
            drop(spawn(echo(stream)));
        }
    });
    let mut ends = [0; 2];
    for _ in 0..40 {
        let client = async {
            let mut stream = TcpStream::connect(address).await?;
            let message = scenes::pattern(5_000);
            stream.write_all(&message).await?;
            let mut reply = vec![0; message.len()];
            stream.read_exact(&mut reply).await?;
            assert!(reply == message);
            io::Result::Ok(())
        };
        match client.await {
            Ok(()) => ends[0] += 1,
            Err(error) => {
                let kinds = [
                    ErrorKind::ConnectionReset,
                    ErrorKind::BrokenPipe,
                    ErrorKind::UnexpectedEof,
                ];
                assert!(kinds.contains(&error.kind()), "{error}");
                ends[1] += 1;
            }
        }
    }
    server.abort();
    ends
}

async fn echo(mut stream: TcpStream) -> io::Result<()> {
    let mut buffer = [0; 512];
    loop {
        match stream.read(&mut buffer).await? {
            0 => return Ok(()),
            read => stream.write_all(&buffer[..read]).await?,
        }
    }
}

#[test]
fn a_runtime_with_nothing_to_do_waits_once() {
    within_a_minute(|| {
        socket::begin(0, Odds::default());
        let runtime = Runtime::new().unwrap();
        let waits = runtime.block_on(async {
            let (mut one, mut other) = scenes::pair().await;
            let before = socket::counts().waits;
            let writer = thread::spawn(move || {
                // Long enough for a loop that looks again and again.
                thread::sleep(Duration::from_millis(500));
                futures_lite::future::block_on(one.write_all(b"x")).unwrap();
                one
            });
            other.read(&mut [0; 1]).await.unwrap();
            // Its thread has begun with no faults of its own.
            let waits = socket::counts().waits - before;
            std::mem::forget(writer.join().unwrap().into_std());
            waits
        });
        // Those that find old events, and the one that sleeps.
        assert!(waits <= 5, "{waits} waits while there was nothing to do");
    });
}
