//! The servers of stages 6 to 8, from their own files, on the system's sockets
//! with faults. In `tests/sim` the same files also meet any order of tasks, in
//! a time that is a number.

#[path = "../support/echo.rs"]
mod echo;
#[path = "../support/servers.rs"]
mod files;

use super::socket::{self, Counts, Odds};
use super::{STORM, in_time, seeds};
use crate::net::{TcpListener, TcpStream};
use crate::scenes::pattern;
use crate::shutdown::Shutdown;
use crate::{Runtime, spawn_local, time};
use files::hello::{self, Limits};
use files::{hyper_rt, listen, relay};
use futures_lite::{AsyncWriteExt as _, future};
use hyper::body::Bytes;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

/// Connections that break off, too.
const BREAKING: Odds = Odds { reset: 4, ..STORM };

/// Runs all three servers and their clients: hyper, and Redis through the
/// proxy. How many clients have got everything.
async fn servers() -> io::Result<usize> {
    let bind = || TcpListener::bind("127.0.0.1:0");
    let (web, redis, proxy) = (bind().await?, bind().await?, bind().await?);
    let (web_at, redis_at) = (web.local_addr()?, redis.local_addr()?);
    let proxy_at = proxy.local_addr()?;
    let shutdown = Shutdown::new();
    let clients = async {
        let mut whole = 0;
        for http2 in [false, true, false, true] {
            let asked = spawn_local(hyper_client(web_at, http2)).await;
            whole += usize::from(asked.expect("no wrong answer"));
        }
        for _ in 0..4 {
            let asked = spawn_local(redis_client(proxy_at)).await;
            whole += usize::from(asked.expect("no wrong reply"));
        }
        shutdown.ask();
        Ok(whole)
    };
    let served = async {
        let served = hello::serve(web, &shutdown, Limits::default()).await?;
        assert!(served.connections <= 4);
        assert_eq!(served.finished, Ok(()));
        io::Result::Ok(())
    };
    // A server that ends closes its listener: whoever was not accepted is told.
    let token = shutdown.token();
    let stored = async move { listen::listen(&redis, token).await };
    let relayed = relay::relay(&proxy, redis_at, shutdown.token());
    let others = future::try_zip(stored, relayed);
    let all = future::try_zip(future::try_zip(clients, served), others);
    let ((whole, ()), _) = all.await?;
    let limit = time::sleep(Duration::from_secs(10));
    shutdown.finish(limit).await.map_err(io::Error::other)?;
    Ok(whole)
}

/// Was everything echoed? A wrong answer is a panic.
async fn hyper_client(addr: SocketAddr, http2: bool) -> bool {
    let bodies = [0, 1, 30_000].map(|length| Bytes::from(pattern(length)));
    let Ok(stream) = TcpStream::connect(addr).await else {
        return false;
    };
    let echoed = echo::ask(stream, http2, &bodies).await;
    echoed.is_ok_and(|echoed| echoed == bodies.len())
}

/// Have all replies come? A wrong one is a panic.
async fn redis_client(addr: SocketAddr) -> bool {
    let text = "e".repeat(3_000);
    let command = format!("*2\r\n$4\r\nECHO\r\n${}\r\n{text}\r\n", text.len());
    let expected = format!("${}\r\n{text}\r\n", text.len()).repeat(10);
    let (mut received, sent) = (Vec::new(), command.repeat(10));
    let exchange = async {
        let stream = TcpStream::connect(addr).await?;
        let (mut read, mut write) = stream.into_split();
        let send = async {
            write.write_all(sent.as_bytes()).await?;
            write.close().await
        };
        let receive = async {
            let mut piece = [0; 1_000];
            loop {
                match read.read(&mut piece).await? {
                    0 => return io::Result::Ok(()),
                    some => received.extend_from_slice(&piece[..some]),
                }
            }
        };
        future::try_zip(send, receive).await
    };
    let ended = exchange.await;
    assert!(expected.as_bytes().starts_with(&received));
    ended.is_ok() && received.len() == expected.len()
}

fn play(seed: u64, odds: Odds) -> (usize, Counts) {
    println!("FAULTS_SEED={seed}");
    socket::begin(seed, odds);
    let runtime = Runtime::new().unwrap();
    let whole = runtime.block_on(servers());
    (whole.expect("no listener has failed"), socket::counts())
}

#[test]
fn the_servers_are_right_with_short_blocked_and_interrupted_calls() {
    in_time(|| {
        for seed in seeds() {
            let (whole, counts) = play(seed, STORM);
            assert_eq!(whole, 8, "no fault is an error");
            println!("    {counts:?}");
            assert!(counts.short > 20 && counts.would_block > 20);
        }
    });
}

#[test]
fn the_servers_never_answer_wrongly_when_connections_break_off() {
    in_time(|| {
        let plays = seeds().into_iter().map(|seed| play(seed, BREAKING));
        let resets: usize = plays.map(|(_, counts)| counts.reset).sum();
        assert!(resets > 0);
    });
}
