//! A server over 100 connections: as fast as it can, and at a given pace; and
//! idle connections.
//!
//! The clients are in another process, so what is counted of this one is the
//! server alone.

use crate::Measured;
use crate::memory::in_use;
use crate::peers::{Reactor, Stream};
use crate::together::{Once, Together, mean_median_p99};
use futures_lite::future::yield_now;
use std::io::{self, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, ExitCode, Stdio};
use std::thread;
use std::time::{Duration, Instant};
use testing::bench::{Result, ns_each};

pub const CONNECTIONS: usize = 100;
pub const IDLE: usize = 1_000;
/// The room that a conversation has for what it reads.
pub const BUFFER: usize = 128;

const ECHO: &[u8] = &[b'.'; 64];
const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
pub const REPLY: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

/// At the given pace, all connections send one request this often.
const PACE: Duration = Duration::from_millis(5);

/// What serves all connections that a client makes, a task for each.
pub trait Serve {
    const NAME: &'static str;
    fn echo(listener: TcpListener) -> io::Result<()>;
    fn hello(listener: TcpListener) -> io::Result<()>;
    /// How many bytes of the heap each of so many idle ones has.
    fn idle(connections: usize) -> Result<f64>;
}

impl<P: Reactor> Serve for P {
    const NAME: &'static str = P::REACTOR;

    fn echo(listener: TcpListener) -> io::Result<()> {
        serve::<P, _>(listener, echo)
    }

    fn hello(listener: TcpListener) -> io::Result<()> {
        serve::<P, _>(listener, hello)
    }

    fn idle(connections: usize) -> Result<f64> {
        idle::<P>(connections)
    }
}

/// Sends back what comes.
async fn echo(mut stream: impl Stream) {
    let mut buffer = [0; BUFFER];
    while let Ok(read @ 1..) = stream.read(&mut buffer).await {
        if stream.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
}

/// Replies to each request that is whole.
async fn hello(mut stream: impl Stream) {
    let mut buffer = [0; BUFFER];
    let mut filled = 0;
    while let Ok(read @ 1..) = stream.read(&mut buffer[filled..]).await {
        filled += read;
        if buffer[..filled].ends_with(b"\r\n\r\n") {
            filled = 0;
            if stream.write_all(REPLY).await.is_err() {
                return;
            }
        }
    }
}

/// The clients: so many requests on each connection, all in turns. Prints how
/// many nanoseconds one takes; at a given pace, the mean, the median and the
/// 99th percentile.
pub fn client(words: &[String]) -> ExitCode {
    match talk(words) {
        Ok(figures) => {
            let figures = figures.iter().map(f64::to_string);
            println!("{}", figures.collect::<Vec<_>>().join(" "));
            ExitCode::SUCCESS
        }
        Err(why) => {
            eprintln!("client: {why}");
            ExitCode::FAILURE
        }
    }
}

fn talk(words: &[String]) -> Result<Vec<f64>> {
    let [address, rounds, what] = words else {
        return Err("an address, how many rounds, and what".into());
    };
    let rounds: usize = rounds.parse()?;
    let (request, reply) = match what.as_str() {
        "hello" => (REQUEST, REPLY),
        _ => (ECHO, ECHO),
    };
    let mut streams = (0..CONNECTIONS)
        .map(|_| {
            let stream = TcpStream::connect(address)?;
            stream.set_nodelay(true)?;
            Ok(stream)
        })
        .collect::<io::Result<Vec<_>>>()?;
    let mut buffer = vec![0; reply.len()];
    let (mut sent, mut took) = (Vec::new(), Vec::new());
    let start = Instant::now();
    for round in 0..rounds {
        if what == "paced" {
            let due = start + PACE * u32::try_from(round)?;
            thread::sleep(due.saturating_duration_since(Instant::now()));
        }
        sent.clear();
        for stream in &mut streams {
            sent.push(Instant::now());
            stream.write_all(request)?;
        }
        for (stream, sent) in streams.iter_mut().zip(&sent) {
            stream.read_exact(&mut buffer)?;
            took.push(sent.elapsed().as_nanos() as f64);
            if buffer != reply {
                return Err("another reply".into());
            }
        }
    }
    match what.as_str() {
        "paced" => Ok(mean_median_p99(took).to_vec()),
        _ => Ok(vec![ns_each(start.elapsed(), rounds * CONNECTIONS)]),
    }
}

/// Serves one client process.
fn serve<P: Reactor, F>(
    listener: TcpListener,
    conversation: fn(P::Stream) -> F,
) -> io::Result<()>
where
    F: Future<Output = ()> + Send + 'static,
{
    P::block_on(async {
        let listener = P::listen(listener)?;
        let mut tasks = Vec::new();
        for _ in 0..CONNECTIONS {
            tasks.push(P::spawn(conversation(P::accept(&listener).await?)));
        }
        for task in tasks {
            task.await;
        }
        Ok(())
    })
}

/// Starts the client, serves it, and gives the figures that it prints.
fn with_client(
    rounds: usize,
    what: &str,
    serve: fn(TcpListener) -> io::Result<()>,
) -> Result<Vec<f64>> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?.to_string();
    let client = Command::new(std::env::current_exe()?)
        .args(["client", &address, &rounds.to_string(), what])
        .stdout(Stdio::piped())
        .spawn()?;
    serve(listener)?;
    let output = client.wait_with_output()?;
    let figures = String::from_utf8(output.stdout)?;
    let figures = figures.split_whitespace().map(str::parse);
    Ok(figures.collect::<std::result::Result<_, _>>()?)
}

fn echoes<S: Serve>(times: usize) -> Result<f64> {
    let rounds = times.div_ceil(CONNECTIONS);
    let figures = with_client(rounds, "echo", S::echo)?;
    Ok(*figures.first().ok_or("the client says nothing")?)
}

fn hellos<S: Serve>(times: usize) -> Result<f64> {
    let rounds = times.div_ceil(CONNECTIONS);
    let figures = with_client(rounds, "hello", S::hello)?;
    Ok(*figures.first().ok_or("the client says nothing")?)
}

fn paced<S: Serve>(quick: bool) -> Result<Vec<f64>> {
    with_client(if quick { 1 } else { 400 }, "paced", S::echo)
}

/// The heap of one idle connection, its task's buffer of 128 bytes included.
fn idle<P: Reactor>(connections: usize) -> Result<f64> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    P::block_on(async {
        let listener = P::listen(listener)?;
        let mut clients = Vec::with_capacity(connections);
        let before = in_use();
        for _ in 0..connections {
            clients.push(TcpStream::connect(address)?);
            let stream = P::accept(&listener).await?;
            P::detach(echo(stream));
        }
        for _ in 0..10 {
            yield_now().await; // until all of them wait
        }
        let bytes = in_use() - before;
        drop(clients);
        for _ in 0..10 {
            yield_now().await; // until they have ended
        }
        Ok(bytes as f64 / connections as f64)
    })
}

pub fn rows<S: Serve>() -> Vec<Measured> {
    let row = |case, run| Measured {
        group: "server",
        peer: S::NAME,
        case,
        unit: "ns",
        per_iteration: 1,
        times: 20_000,
        rounds: 7,
        run,
    };
    vec![
        row("echo", echoes::<S>),
        row("HTTP hello", hellos::<S>),
        Measured {
            group: "connections",
            peer: S::NAME,
            case: "idle, 1,000",
            unit: "B",
            per_iteration: 1,
            times: IDLE,
            rounds: 1,
            run: S::idle,
        },
    ]
}

/// A peer of [`latency`].
pub fn at_a_pace<S: Serve>() -> (&'static str, Once) {
    (S::NAME, paced::<S>)
}

/// How long an echo takes when all servers have the same to do: 100 requests
/// at once, every 5 ms.
pub fn latency(peers: Vec<(&'static str, Once)>) -> Together {
    let cases = ["mean", "median", "99th percentile"];
    Together {
        group: "latency",
        cases: cases.map(|case| (case.to_owned(), "ns")).to_vec(),
        rounds: 7,
        peers,
    }
}
