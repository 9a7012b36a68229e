//! The small Redis: replies in order, keys that end, and one counter.

use super::commands::{Outcome, run as run_command};
use super::listen::listen;
use super::store::Store;
use super::{EXACT, every_seed, exchange, in_time, listener};
use crate::net::TcpStream;
use crate::network::{self, Weather, below};
use crate::programs::run;
use crate::runtime::spawn_local;
use crate::shutdown::Shutdown;
use crate::time::{now, sleep};
use futures_lite::future;
use std::net::SocketAddr;
use std::time::Duration;

/// A command as clients send it.
pub(super) fn frame(command: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = format!("*{}\r\n", command.len()).into_bytes();
    for word in command {
        bytes.extend_from_slice(format!("${}\r\n", word.len()).as_bytes());
        bytes.extend_from_slice(word);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes
}

pub(super) fn words(text: &str) -> Vec<Vec<u8>> {
    text.split(' ').map(|word| word.into()).collect()
}

/// Takes a reply from the front; `None` if it isn't whole. Those of these
/// commands are a line, or a line and the bytes that it counts.
pub(super) fn reply(bytes: &mut &[u8]) -> Option<Vec<u8>> {
    let mut length = 2 + bytes.windows(2).position(|two| two == b"\r\n")?;
    if bytes[0] == b'$' {
        let count = std::str::from_utf8(&bytes[1..length - 2]).ok()?;
        let count: i64 = count.parse().expect("a length");
        length += usize::try_from(count).map_or(0, |count| count + 2);
    }
    let (reply, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(reply.to_vec())
}

/// What a client has seen of the counter that all share.
#[derive(Debug, Default)]
struct Counted {
    sent: i64,
    seen: Vec<i64>,
}

/// Sends commands all at once: on keys of its own, whose replies a model
/// knows, and on the counter.
async fn client(addr: SocketAddr, number: usize, may_break: bool) -> Counted {
    let mut model = Store::new(1024 * 1024);
    let (mut commands, mut expected) = (Vec::new(), Vec::new());
    let mut counted = Counted::default();
    for _ in 0..40 {
        let key = format!("c{number}k{}", below(4));
        let command = match below(6) {
            0 => format!("SET {key} {}", "v".repeat(below(3_000))),
            1 => format!("GET {key}"),
            2 => format!("DEL {key} c{number}k0"),
            3 => format!("INCR n{key}"),
            4 => format!("ECHO {}", "e".repeat(below(5_000))),
            _ => "INCR shared".to_owned(),
        };
        let command = words(&command);
        commands.extend(frame(&command));
        if command[1] == b"shared" {
            counted.sent += 1;
            expected.push(None);
            continue;
        }
        let outcome = run_command(&command, &mut model, now());
        let (Outcome::Reply(reply) | Outcome::Last(reply)) = outcome;
        let mut bytes = Vec::new();
        reply.write(&mut bytes);
        expected.push(Some(bytes));
    }
    let (received, ended) = exchange(addr, &commands).await;
    let (mut rest, mut replies) = (&received[..], 0);
    while let Some(reply) = reply(&mut rest) {
        match &expected[replies] {
            Some(expected) => assert!(reply == *expected, "reply {replies}"),
            None => {
                let text = String::from_utf8(reply).expect("a number");
                let number = text.trim_end().trim_start_matches(':');
                counted.seen.push(number.parse().expect("a number"));
            }
        }
        replies += 1;
    }
    assert!(
        may_break || ended.is_ok(),
        "no fault is an error: {ended:?}"
    );
    let whole = replies == expected.len() && rest.is_empty();
    assert!(ended.is_err() || whole, "{replies} replies, and no error");
    counted
}

/// Clients at the same time: each counts for itself, and all of them together.
fn clients_and_a_store(may_break: bool) {
    run(async {
        let (listener, addr) = listener().await;
        let shutdown = Shutdown::new();
        let start = now();
        let clients = async {
            let tasks: Vec<_> = (0..4)
                .map(|number| spawn_local(client(addr, number, may_break)))
                .collect();
            let (mut sent, mut seen) = (0, Vec::new());
            for task in tasks {
                let counted = task.await.expect("the replies");
                assert!(counted.seen.is_sorted(), "{:?}", counted.seen);
                sent += counted.sent;
                seen.extend(counted.seen);
            }
            assert!(now() - start < Duration::from_secs(20), "it hung");
            let confirmed = seen.len() as i64;
            seen.sort_unstable();
            seen.dedup();
            assert_eq!(seen.len() as i64, confirmed, "a number came twice");
            // In fair weather again: how often was it counted?
            network::set_weather(Weather::FAIR);
            let (last, _) = exchange(addr, b"INCR shared\r\n").await;
            let last = String::from_utf8(last).expect("a number");
            let last = last.trim_end().trim_start_matches(':').parse::<i64>();
            let ran = last.expect("a number") - 1;
            assert!((confirmed..=sent).contains(&ran), "{ran} of {sent}");
            assert!(may_break || ran == sent, "{ran} of {sent}");
            shutdown.ask();
        };
        let served = listen(&listener, shutdown.token());
        let ((), served) = future::zip(clients, served).await;
        served.expect("the listener has not failed");
        shutdown
            .finish(sleep(Duration::from_secs(10)))
            .await
            .expect("an end");
    });
}

#[test]
fn redis_replies_are_right_and_in_order_in_any_weather() {
    in_time(|| {
        let name = "redis_replies_are_right";
        let happened =
            every_seed(name, Weather::SLOW, || clients_and_a_store(false));
        assert!(happened.short > 100 && happened.would_block > 100);
        assert!(happened.interrupted > 100 && happened.no_room > 0);
    });
}

#[test]
fn redis_connections_that_break_are_errors_and_count_no_more_than_was_sent() {
    in_time(|| {
        let name = "redis_connections_that_break";
        let happened =
            every_seed(name, Weather::BREAKING, || clients_and_a_store(true));
        assert!(happened.reset > 0);
    });
}

/// Sends one command, and waits for its reply.
pub(super) async fn ask(stream: &mut TcpStream, command: &str) -> String {
    let sent = stream.write_all(&frame(&words(command))).await;
    sent.expect("no fault is an error");
    let mut received = Vec::new();
    let whole = loop {
        if let Some(reply) = reply(&mut &received[..]) {
            break reply;
        }
        let mut piece = [0; 100];
        match stream.read(&mut piece).await.expect("no fault is an error") {
            0 => panic!("the end, after {received:?}"),
            some => received.extend_from_slice(&piece[..some]),
        }
    };
    String::from_utf8(whole).expect("text")
}

/// A key that ends: it is there a millisecond before its time, and not then.
async fn key_that_ends(addr: SocketAddr, number: usize) {
    sleep(Duration::from_millis(below(2_000) as u64)).await;
    let mut stream = TcpStream::connect(addr).await.expect("it listens");
    let millis = 2 + below(5_000) as u64;
    let (command, after) = match below(3) {
        0 => (format!("SET k{number} v PX {millis}"), millis),
        1 => (format!("SET k{number} v EX {millis}"), 1_000 * millis),
        _ => {
            ask(&mut stream, &format!("SET k{number} v")).await;
            (format!("EXPIRE k{number} {millis}"), 1_000 * millis)
        }
    };
    ask(&mut stream, &command).await;
    let start = now();
    sleep(Duration::from_millis(after - 1)).await;
    let ttl = ask(&mut stream, &format!("TTL k{number}")).await;
    assert_eq!(ttl, ":1\r\n", "the last second, rounded up");
    let there = ask(&mut stream, &format!("GET k{number}")).await;
    assert_eq!(there, "$1\r\nv\r\n", "{command}: gone too early");
    sleep(Duration::from_millis(1)).await;
    assert_eq!(now() - start, Duration::from_millis(after));
    let gone = ask(&mut stream, &format!("GET k{number}")).await;
    assert_eq!(gone, "$-1\r\n", "{command}: still there");
}

#[test]
fn redis_keys_end_at_the_exact_time() {
    in_time(|| {
        every_seed("redis_keys_end", EXACT, || {
            run(async {
                let (listener, addr) = listener().await;
                let shutdown = Shutdown::new();
                let clients = async {
                    let tasks: Vec<_> = (0..6)
                        .map(|number| spawn_local(key_that_ends(addr, number)))
                        .collect();
                    for task in tasks {
                        task.await.expect("it ends at its time");
                    }
                    shutdown.ask();
                };
                let served = listen(&listener, shutdown.token());
                let ((), served) = future::zip(clients, served).await;
                assert_eq!(served.expect("it listens"), 6);
            });
        });
    });
}
