//! What a task that blocks does to the latency of all others. A hundred clients
//! ask an echo server on one thread; beside it nothing blocks, or a task does,
//! or the same call runs on the pool.
//!
//! Prints a line of JSON for each of the three: the latencies in nanoseconds,
//! of which the figure `latency` is made.

use ch10_runtime::net::{TcpListener, TcpStream};
use ch10_runtime::{Runtime, spawn, spawn_blocking, time};
use std::fmt::Write as _;
use std::io;
use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};
use testing::println;

/// How many clients there are.
const CLIENTS: u32 = 100;

/// After that time a client asks again. It is longer than [`job`] takes, so
/// that none is late with a request because it still waits for a reply. If
/// clients were, they would ask least when the server is slowest, and measure
/// few of the latencies that matter.
const GAP: Duration = Duration::from_millis(100);

/// After that time the job is done again.
const EVERY: Duration = Duration::from_millis(200);

// ANCHOR: job
/// A call that blocks: here a disk that has to wake up.
fn job() {
    thread::sleep(Duration::from_millis(50));
}

/// What runs beside the connections, on the server's thread.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Beside {
    Nothing,
    InTask,
    OnPool,
}

async fn repeat(beside: Beside) {
    let mut every = time::interval(EVERY);
    loop {
        every.tick().await;
        match beside {
            Beside::Nothing => {}
            Beside::InTask => job(),
            Beside::OnPool => {
                spawn_blocking(job).await.expect("it does not panic");
            }
        }
    }
}
// ANCHOR_END: job

async fn echo(mut stream: TcpStream) -> io::Result<()> {
    let mut bytes = [0; 64];
    loop {
        let length = stream.read(&mut bytes).await?;
        if length == 0 {
            return Ok(());
        }
        stream.write_all(&bytes[..length]).await?;
    }
}

/// Serves so many connections until they end.
async fn serve(
    listener: std::net::TcpListener,
    connections: u32,
    beside: Beside,
) -> io::Result<()> {
    let listener = TcpListener::from_std(listener)?;
    let mut tasks = Vec::new();
    for _ in 0..connections {
        let (stream, _) = listener.accept().await?;
        tasks.push(spawn(echo(stream)));
    }
    spawn(repeat(beside));
    for task in tasks {
        task.await??;
    }
    Ok(())
}

/// Asks at `start`, and again after each [`GAP`]: the latencies.
async fn ask(
    mut stream: TcpStream,
    start: Instant,
    requests: u32,
) -> io::Result<Vec<Duration>> {
    let mut latencies = Vec::new();
    for request in 0..requests {
        time::sleep_until(start + GAP * request).await;
        let asked = Instant::now();
        stream.write_all(b"hello").await?;
        let mut reply = [0; 5];
        stream.read_exact(&mut reply).await?;
        latencies.push(asked.elapsed());
    }
    Ok(latencies)
}

/// All clients: one after the other begins, until a [`GAP`] is over.
async fn clients(
    server: SocketAddr,
    requests: u32,
) -> io::Result<Vec<Duration>> {
    let mut streams = Vec::new();
    for _ in 0..CLIENTS {
        streams.push(TcpStream::connect(server).await?);
    }
    let now = Instant::now();
    let mut tasks = Vec::new();
    for (stream, number) in streams.into_iter().zip(1..) {
        let start = now + GAP * number / CLIENTS;
        tasks.push(spawn(ask(stream, start, requests)));
    }
    let mut latencies = Vec::new();
    for task in tasks {
        latencies.extend(task.await??);
    }
    Ok(latencies)
}

/// The latencies of all requests. The clients have a thread and a runtime of
/// their own.
fn measure(beside: Beside, requests: u32) -> io::Result<Vec<Duration>> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    let server = listener.local_addr()?;
    thread::scope(|scope| {
        let asking =
            scope.spawn(|| Runtime::new()?.block_on(clients(server, requests)));
        Runtime::new()?.block_on(serve(listener, CLIENTS, beside))?;
        asking.join().expect("it does not panic")
    })
}

fn main() -> io::Result<()> {
    for (name, beside) in [
        ("nothing", Beside::Nothing),
        ("task", Beside::InTask),
        ("pool", Beside::OnPool),
    ] {
        let mut values = String::new();
        for (nth, latency) in measure(beside, 30)?.iter().enumerate() {
            let comma = if nth == 0 { "" } else { ", " };
            let _ = write!(values, "{comma}{}", latency.as_nanos());
        }
        println!(r#"{{"series": "{name}", "values": [{values}]}}"#);
    }
    Ok(())
}

#[test]
fn requests_that_meet_the_job_wait_for_it() {
    testing::within_a_minute(|| {
        let latencies = measure(Beside::InTask, 10).expect("a network");
        assert_eq!(latencies.len(), 1_000);
        let long = |latency: &&Duration| **latency >= Duration::from_millis(20);
        let waited = latencies.iter().filter(long).count();
        assert!(waited >= 10, "{waited} of 1,000 waited");
    });
}

#[test]
fn every_request_is_answered_while_the_pool_does_the_job() {
    testing::within_a_minute(|| {
        let latencies = measure(Beside::OnPool, 2).expect("a network");
        assert_eq!(latencies.len(), 200);
    });
}
