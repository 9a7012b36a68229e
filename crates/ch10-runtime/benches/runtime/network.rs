//! A server over 100 connections, and idle connections.
//!
//! The clients are in another process, so what is counted of this one is the
//! server alone.

use crate::Measured;
use crate::memory::in_use;
use crate::peers::{Reactor, Stream};
use futures_lite::future::yield_now;
use std::io::{self, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;
use testing::bench::{Result, ns_each};

const CONNECTIONS: usize = 100;
const IDLE: usize = 1_000;

const ECHO: &[u8] = &[b'.'; 64];
const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
const REPLY: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

/// Sends back what comes.
async fn echo(mut stream: impl Stream) {
    let mut buffer = [0; 128];
    while let Ok(read @ 1..) = stream.read(&mut buffer).await {
        if stream.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
}

/// Replies to each request that is whole.
async fn hello(mut stream: impl Stream) {
    let mut buffer = [0; 128];
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
/// many nanoseconds one takes.
pub fn client(words: &[String]) -> ExitCode {
    match talk(words) {
        Ok(each) => {
            println!("{each}");
            ExitCode::SUCCESS
        }
        Err(why) => {
            eprintln!("client: {why}");
            ExitCode::FAILURE
        }
    }
}

fn talk(words: &[String]) -> Result<f64> {
    let [address, rounds, what] = words else {
        return Err("an address, how many rounds, and what".into());
    };
    let rounds: usize = rounds.parse()?;
    let (request, reply) = match what.as_str() {
        "echo" => (ECHO, ECHO),
        _ => (REQUEST, REPLY),
    };
    let mut streams = (0..CONNECTIONS)
        .map(|_| {
            let stream = TcpStream::connect(address)?;
            stream.set_nodelay(true)?;
            Ok(stream)
        })
        .collect::<io::Result<Vec<_>>>()?;
    let mut buffer = vec![0; reply.len()];
    let start = Instant::now();
    for _ in 0..rounds {
        for stream in &mut streams {
            stream.write_all(request)?;
        }
        for stream in &mut streams {
            stream.read_exact(&mut buffer)?;
            if buffer != reply {
                return Err("another reply".into());
            }
        }
    }
    Ok(ns_each(start.elapsed(), rounds * CONNECTIONS))
}

/// Serves one client process, with one task for each connection.
fn serve<P: Reactor, F>(
    times: usize,
    what: &str,
    conversation: fn(P::Stream) -> F,
) -> Result<f64>
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?.to_string();
    let rounds = times.div_ceil(CONNECTIONS).to_string();
    let client = Command::new(std::env::current_exe()?)
        .args(["client", &address, &rounds, what])
        .stdout(Stdio::piped())
        .spawn()?;
    P::block_on(async {
        let listener = P::listen(listener)?;
        let mut tasks = Vec::new();
        for _ in 0..CONNECTIONS {
            tasks.push(P::spawn(conversation(P::accept(&listener).await?)));
        }
        for task in tasks {
            task.await;
        }
        io::Result::Ok(())
    })?;
    let output = client.wait_with_output()?;
    Ok(String::from_utf8(output.stdout)?.trim().parse()?)
}

fn serve_echo<P: Reactor>(times: usize) -> Result<f64> {
    serve::<P, _>(times, "echo", echo)
}

fn serve_hello<P: Reactor>(times: usize) -> Result<f64> {
    serve::<P, _>(times, "hello", hello)
}

/// The heap of one idle connection, its task's buffer of 128 bytes included.
fn idle<P: Reactor>(times: usize) -> Result<f64> {
    let connections = if times > 1 { IDLE } else { 1 };
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

pub fn rows<P: Reactor>() -> Vec<Measured> {
    let row = |case, run| Measured {
        group: "server",
        peer: P::REACTOR,
        case,
        unit: "ns",
        per_iteration: 1,
        times: 100_000,
        rounds: 7,
        run,
    };
    vec![
        row("echo", serve_echo::<P>),
        row("HTTP hello", serve_hello::<P>),
        Measured {
            group: "connections",
            peer: P::REACTOR,
            case: "idle, 1,000",
            unit: "B",
            per_iteration: 1,
            times: IDLE,
            rounds: 1,
            run: idle::<P>,
        },
    ]
}
