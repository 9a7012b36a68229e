//! hyper and the proxy over connections that behave badly, by seed: short
//! reads and writes, readiness that comes late, connections that break off.
//! `SEEDS=1000` tries that many; a seed that fails is named, and repeats.

use ch10_runtime::Runtime;
use echo::ask;
use futures_lite::{AsyncReadExt as _, AsyncWriteExt as _, future, io};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response, server};
use hyper_rt::{Io, Tasks, Timers};
use pipe::{End, Random, pair};
use testing::within_a_minute;

#[path = "support/echo.rs"]
mod echo;
#[path = "../examples/support/hyper_rt.rs"]
mod hyper_rt;
#[path = "support/pipe.rs"]
mod pipe;
#[path = "../examples/proxy/pump.rs"]
mod pump;

/// How many seeds to try.
fn seeds() -> u64 {
    let seeds = std::env::var("SEEDS").ok();
    seeds.and_then(|seeds| seeds.parse().ok()).unwrap_or(60)
}

fn random_bytes(random: &mut Random, most: usize) -> Bytes {
    let length = random.below(most);
    (0..length).map(|_| random.below(256) as u8).collect()
}

/// Sends back what it gets.
async fn send_back(
    request: Request<Incoming>,
) -> hyper::Result<Response<Incoming>> {
    Ok(Response::new(request.into_body()))
}

async fn serve(end: End, http2: bool) -> hyper::Result<()> {
    let service = service_fn(send_back);
    match http2 {
        true => {
            let builder = server::conn::http2::Builder::new(Tasks);
            builder.serve_connection(Io(end), service).await
        }
        false => {
            let mut builder = server::conn::http1::Builder::new();
            let builder = builder.timer(Timers);
            builder.serve_connection(Io(end), service).await
        }
    }
}

/// Runs one seed; `breaks` also breaks the connection off.
fn exchange(runtime: &Runtime, seed: u64, http2: bool, breaks: bool) {
    let mut random = Random::new(seed);
    let bodies: Vec<_> =
        (0..4).map(|_| random_bytes(&mut random, 20_000)).collect();
    let breaks_after = breaks.then(|| 1 + random.below(60_000));
    let (client, server) = pair(seed, breaks_after);
    runtime.block_on(async {
        let served = serve(server, http2);
        let asked = ask(client, http2, &bodies);
        let (served, asked) = future::zip(served, asked).await;
        match breaks {
            // Either it broke, and the client was told, or it came too late.
            true => assert!(asked.is_err() || asked.is_ok_and(|n| n == 4)),
            false => {
                assert_eq!(asked.expect("no fault is an error"), 4);
                // An HTTP/2 client may leave while a frame is on its way.
                assert!(http2 || served.is_ok(), "{served:?}");
            }
        }
    });
}

/// Names the seed that fails.
struct Named(u64);

impl Drop for Named {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("it was seed {}", self.0);
        }
    }
}

fn try_seeds(http2: bool, breaks: bool) {
    within_a_minute(move || {
        let runtime = Runtime::new().expect("a runtime");
        for seed in 0..seeds() {
            let named = Named(seed);
            exchange(&runtime, seed, http2, breaks);
            drop(named);
        }
    });
}

#[test]
fn http1_is_right_over_any_bad_connection() {
    try_seeds(false, false);
}

#[test]
fn http2_is_right_over_any_bad_connection() {
    try_seeds(true, false);
}

#[test]
fn http1_ends_when_its_connection_breaks() {
    try_seeds(false, true);
}

#[test]
fn http2_ends_when_its_connection_breaks() {
    try_seeds(true, true);
}

#[test]
fn the_proxy_carries_every_byte_and_both_ends() {
    within_a_minute(|| {
        for seed in 0..seeds() {
            let named = Named(seed);
            let mut random = Random::new(seed);
            let (there, back) = (
                random_bytes(&mut random, 60_000),
                random_bytes(&mut random, 60_000),
            );
            let (client, near) = pair(seed, None);
            let (far, server) = pair(seed + 1, None);
            let relay = pump::both(io::split(near), io::split(far));
            let side = async |end: End, bytes: &Bytes| {
                let (mut read, mut write) = io::split(end);
                let send = async {
                    write.write_all(bytes).await?;
                    write.close().await
                };
                let receive = async {
                    let mut received = Vec::new();
                    read.read_to_end(&mut received).await?;
                    Ok(received)
                };
                let both = future::try_zip(send, receive).await;
                both.expect("no fault is an error").1
            };
            let ends = future::zip(side(client, &there), side(server, &back));
            let all = future::zip(relay, ends);
            let (relayed, (got_back, got_there)) = future::block_on(all);
            assert!(got_there == there && got_back == back);
            let lengths = (there.len() as u64, back.len() as u64);
            assert_eq!(relayed.expect("no fault is an error"), lengths);
            drop(named);
        }
    });
}

#[test]
fn a_broken_connection_ends_both_sides_of_the_proxy() {
    within_a_minute(|| {
        for seed in 0..seeds() {
            let named = Named(seed);
            let (mut client, near) = pair(seed, Some(5_000));
            let (far, mut server) = pair(seed + 1, None);
            let relay = pump::both(io::split(near), io::split(far));
            let send = async {
                let piece = [1; 1000];
                while client.write_all(&piece).await.is_ok() {}
            };
            let mut received = Vec::new();
            let receive = server.read_to_end(&mut received);
            let both = future::zip(future::zip(relay, send), receive);
            let ((relayed, ()), ended) = future::block_on(both);
            assert!(relayed.is_err());
            ended.expect("the end");
            assert!(received.len() < 5_000);
            drop(named);
        }
    });
}
