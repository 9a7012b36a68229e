//! hyper's server, with HTTP/1 and HTTP/2 clients.

use super::echo;
use super::hello::{Limits, byte, serve};
use super::{EXACT, every_seed, exchange, in_time, listener, random_bytes};
use crate::net::TcpStream;
use crate::network::{Weather, below};
use crate::programs::run;
use crate::runtime::spawn_local;
use crate::shutdown::Shutdown;
use crate::time::{now, sleep};
use futures_lite::future;
use hyper::body::Bytes;
use std::net::SocketAddr;
use std::time::Duration;

/// A request, and what answers it.
#[derive(Debug)]
enum Ask {
    Hello,
    Bytes(u64),
    Echo(Vec<u8>),
    Count(Vec<u8>),
    Sleep(u64),
    Nothing,
}

impl Ask {
    fn random() -> Self {
        match below(6) {
            0 => Self::Hello,
            1 => Self::Bytes(below(50_000) as u64),
            2 => Self::Echo(random_bytes(9_000)),
            3 => Self::Count(random_bytes(9_000)),
            4 => Self::Sleep(below(500) as u64),
            _ => Self::Nothing,
        }
    }

    fn write(&self, out: &mut Vec<u8>) {
        let (start, body): (String, &[u8]) = match self {
            Self::Hello => ("GET /".into(), &[]),
            Self::Bytes(length) => (format!("GET /bytes/{length}"), &[]),
            Self::Echo(body) => ("POST /echo".into(), body),
            Self::Count(body) => ("POST /count".into(), body),
            Self::Sleep(millis) => (format!("GET /sleep/{millis}"), &[]),
            Self::Nothing => ("GET /nothing".into(), &[]),
        };
        let length = body.len();
        let head = format!(
            "{start} HTTP/1.1\r\nHost: here\r\nContent-Length: {length}\r\n\r\n"
        );
        out.extend_from_slice(head.as_bytes());
        out.extend_from_slice(body);
    }

    fn answer(&self) -> (u16, Vec<u8>) {
        match self {
            Self::Hello => {
                (200, b"Hello from a runtime built by hand.\n".to_vec())
            }
            Self::Bytes(length) => (200, (0..*length).map(byte).collect()),
            Self::Echo(body) => (200, body.clone()),
            Self::Count(body) => (200, body.len().to_string().into_bytes()),
            Self::Sleep(_) => (200, b"slept\n".to_vec()),
            Self::Nothing => (404, Vec::new()),
        }
    }
}

/// Takes a line from the front, without its end; `None` if it isn't whole.
fn line<'a>(bytes: &mut &'a [u8]) -> Option<&'a str> {
    let end = bytes.windows(2).position(|two| two == b"\r\n")?;
    let line = std::str::from_utf8(&bytes[..end]).expect("a line is text");
    *bytes = &bytes[end + 2..];
    Some(line)
}

/// Takes that many bytes from the front; `None` if they aren't there.
fn exactly<'a>(bytes: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(taken)
}

/// Takes an answer from the front; `None` if it isn't whole.
fn answer(bytes: &mut &[u8]) -> Option<(u16, Vec<u8>)> {
    let status = line(bytes)?.split(' ').nth(1).expect("a status");
    let (mut length, mut chunked) = (0, false);
    loop {
        match line(bytes)?.to_ascii_lowercase().split_once(": ") {
            Some(("content-length", value)) => {
                length = value.parse().expect("a length");
            }
            Some(("transfer-encoding", value)) => chunked = value == "chunked",
            Some(_) => {}
            None => break,
        }
    }
    let status = status.parse().expect("a number");
    if !chunked {
        return Some((status, exactly(bytes, length)?.to_vec()));
    }
    let mut body = Vec::new();
    loop {
        let length = usize::from_str_radix(line(bytes)?, 16).expect("a length");
        body.extend_from_slice(exactly(bytes, length)?);
        line(bytes)?;
        if length == 0 {
            return Some((status, body));
        }
    }
}

/// Sends all requests at once, and compares the answers. Was none missing?
async fn pipelined(addr: SocketAddr) -> bool {
    let asks: Vec<_> = (0..6).map(|_| Ask::random()).collect();
    let mut requests = Vec::new();
    asks.iter().for_each(|ask| ask.write(&mut requests));
    let (received, ended) = exchange(addr, &requests).await;
    let (mut rest, mut answers) = (&received[..], 0);
    while let Some(answer) = answer(&mut rest) {
        assert_eq!(answer, asks[answers].answer(), "of {:?}", asks[answers]);
        answers += 1;
    }
    // If anything is missing, then the client was told that it broke.
    assert!(ended.is_err() || (answers == asks.len() && rest.is_empty()));
    ended.is_ok()
}

/// hyper's own client. Was everything echoed?
async fn hyper_client(addr: SocketAddr, http2: bool) -> bool {
    let bodies: Vec<_> = (0..3).map(|_| random_bytes(9_000)).collect();
    let bodies: Vec<_> = bodies.into_iter().map(Bytes::from).collect();
    let Ok(stream) = TcpStream::connect(addr).await else {
        return false;
    };
    match echo::ask(stream, http2, &bodies).await {
        Ok(echoed) => echoed == bodies.len(),
        Err(_) => false,
    }
}

/// A server and its clients: how many of them there were, and how many of
/// those have got everything.
fn clients_and_a_server() -> (usize, usize) {
    run(async {
        let (listener, addr) = listener().await;
        let shutdown = Shutdown::new();
        let start = now();
        let clients = async {
            let tasks: Vec<_> = (0..4)
                .map(|_| {
                    spawn_local(async move {
                        match below(4) {
                            0 => hyper_client(addr, false).await,
                            1 => hyper_client(addr, true).await,
                            _ => pipelined(addr).await,
                        }
                    })
                })
                .collect();
            let (count, mut whole) = (tasks.len(), 0);
            for task in tasks {
                whole += usize::from(task.await.expect("the answers"));
            }
            // None of them waited for a time limit.
            assert!(now() - start < Duration::from_secs(20), "it hung");
            shutdown.ask();
            (count, whole)
        };
        let served = serve(listener, &shutdown, Limits::default());
        let (clients, served) = future::zip(clients, served).await;
        let served = served.expect("the listener has not failed");
        assert_eq!(served.finished, Ok(()));
        clients
    })
}

#[test]
fn http_answers_are_right_and_in_order_in_any_weather() {
    in_time(|| {
        let name = "http_answers_are_right";
        let happened = every_seed(name, Weather::SLOW, || {
            let (clients, whole) = clients_and_a_server();
            assert_eq!(whole, clients, "no fault is an error");
        });
        assert!(happened.short > 100 && happened.would_block > 100);
        assert!(happened.interrupted > 100 && happened.no_room > 0);
    });
}

#[test]
fn http_connections_that_break_are_errors_and_never_wrong_answers() {
    in_time(|| {
        let name = "http_connections_that_break";
        let happened = every_seed(name, Weather::BREAKING, || {
            clients_and_a_server();
        });
        assert!(happened.reset > 0);
    });
}

/// A client that sends a part of a head, all at once or a byte now and then,
/// and one that says nothing. The server closes each when its time is up.
fn slow_clients() {
    run(async {
        let (listener, addr) = listener().await;
        let shutdown = Shutdown::new();
        let limits = Limits {
            head: Duration::from_millis(20 + below(600_000) as u64),
            ..Limits::default()
        };
        let head = b"GET / HTTP/1.1\r\nHost: somewhere\r\n";
        let slow = |length: usize, pause: Duration| async move {
            sleep(Duration::from_millis(below(1_000) as u64)).await;
            let stream = TcpStream::connect(addr).await.expect("it listens");
            let (mut read, mut write) = stream.into_split();
            let start = now();
            let send = async {
                for byte in &head[..length] {
                    // It may have been closed meanwhile.
                    let _closed = write.write_all(&[*byte]).await;
                    sleep(pause).await;
                }
            };
            let receive = async {
                let end = read.read(&mut [0; 100]).await;
                (end.unwrap_or(0), now() - start)
            };
            let (received, after) = future::zip(receive, send).await.0;
            assert_eq!(received, 0, "it got an answer");
            assert_eq!(after, limits.head, "{length} bytes");
        };
        let clients = async {
            let some = 1 + below(head.len());
            let tasks = [
                spawn_local(slow(0, Duration::ZERO)),
                spawn_local(slow(some, Duration::ZERO)),
                spawn_local(slow(head.len(), limits.head / 40)),
            ];
            for task in tasks {
                task.await.expect("it is closed in time");
            }
            shutdown.ask();
        };
        let served = serve(listener, &shutdown, limits);
        let ((), served) = future::zip(clients, served).await;
        assert_eq!(served.expect("it listens").connections, 3);
    });
}

#[test]
fn http_slow_clients_are_closed_at_the_exact_time() {
    in_time(|| {
        let name = "http_slow_clients";
        every_seed(name, EXACT, slow_clients);
    });
}
