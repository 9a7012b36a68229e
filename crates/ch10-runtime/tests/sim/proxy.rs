//! The proxy: what comes through, and how much of it the proxy holds.

use super::pump::BUFFER;
use super::relay::relay;
use super::{every_seed, exchange, in_time, listener, random_bytes};
use crate::net::{TcpListener, TcpStream};
use crate::network::{CAPACITY, Weather};
use crate::programs::run;
use crate::runtime::spawn_local;
use crate::shutdown::Shutdown;
use crate::time::{now, sleep};
use futures_lite::{AsyncWriteExt as _, future};
use std::cell::Cell;
use std::io;
use std::net::{Shutdown as Half, SocketAddr};
use std::rc::Rc;
use std::time::Duration;

/// What the target sends back for a byte.
fn changed(byte: u8) -> u8 {
    byte ^ 0x5a
}

/// Sends back each byte, changed, until the client ends its writing.
async fn target(mut stream: TcpStream) -> io::Result<()> {
    let mut piece = [0; 3_000];
    loop {
        match stream.read(&mut piece).await? {
            0 => return stream.shutdown(Half::Write),
            some => {
                let piece = &mut piece[..some];
                piece.iter_mut().for_each(|byte| *byte = changed(*byte));
                stream.write_all(piece).await?;
            }
        }
    }
}

async fn targets(listener: TcpListener) {
    loop {
        let accepted = listener.accept().await;
        let (stream, _) = accepted.expect("the listener has not failed");
        drop(spawn_local(target(stream)));
    }
}

/// Sends bytes through, and compares what comes back: all of it, unless
/// something broke.
async fn client(proxy: SocketAddr, may_break: bool) {
    let bytes = random_bytes(60_000);
    let (received, ended) = exchange(proxy, &bytes).await;
    let expected: Vec<_> = bytes.iter().map(|byte| changed(*byte)).collect();
    assert!(expected.starts_with(&received), "a wrong byte");
    if !may_break {
        ended.expect("no fault is an error");
        assert_eq!(received.len(), expected.len());
    }
}

fn clients_through_a_proxy(may_break: bool) {
    run(async {
        let ((behind, target_at), (front, proxy_at)) =
            (listener().await, listener().await);
        let behind = spawn_local(targets(behind));
        let shutdown = Shutdown::new();
        let start = now();
        let clients = async {
            let tasks: Vec<_> = (0..4)
                .map(|_| spawn_local(client(proxy_at, may_break)))
                .collect();
            for task in tasks {
                task.await.expect("the bytes");
            }
            assert!(now() - start < Duration::from_secs(20), "it hung");
            shutdown.ask();
        };
        let relayed = relay(&front, target_at, shutdown.token());
        let ((), relayed) = future::zip(clients, relayed).await;
        relayed.expect("the listener has not failed");
        // What is left of the connections ends, too.
        let limit = sleep(Duration::from_secs(10));
        shutdown.finish(limit).await.expect("every connection ends");
        behind.abort();
    });
}

#[test]
fn proxy_carries_every_byte_and_both_ends_in_any_weather() {
    in_time(|| {
        let name = "proxy_carries_every_byte";
        let happened =
            every_seed(name, Weather::SLOW, || clients_through_a_proxy(false));
        assert!(happened.short > 100 && happened.would_block > 100);
        assert!(happened.interrupted > 100 && happened.no_room > 0);
    });
}

#[test]
fn proxy_connections_that_break_end_on_both_sides() {
    in_time(|| {
        let name = "proxy_connections_that_break";
        let happened = every_seed(name, Weather::BREAKING, || {
            clients_through_a_proxy(true);
        });
        assert!(happened.reset > 0);
    });
}

/// A client that sends as much as it can, to a reader that pauses for hours.
fn slow_reader() {
    const LENGTH: usize = 400_000;
    run(async {
        let ((behind, target_at), (front, proxy_at)) =
            (listener().await, listener().await);
        let shutdown = Shutdown::new();
        // What two sockets hold, and what the proxy may.
        let bound = 2 * CAPACITY + BUFFER;
        let [sent, received, most] = [(); 3].map(|()| Rc::new(Cell::new(0)));
        let reader = async {
            let (mut stream, _) = behind.accept().await.expect("a client");
            sleep(Duration::from_secs(60 * 60)).await;
            // Both sockets are full, and what the proxy holds is in bounds.
            let held = sent.get() - received.get();
            assert!((2 * CAPACITY..=bound).contains(&held), "{held}");
            let mut piece = [0; 7_000];
            loop {
                match stream.read(&mut piece).await.expect("no error") {
                    0 => break,
                    some => received.set(received.get() + some),
                }
                if received.get() % 11 == 0 {
                    sleep(Duration::from_secs(60 * 60)).await;
                }
            }
            stream.shutdown(Half::Write).expect("the end");
            shutdown.ask();
        };
        let writer = async {
            let mut stream =
                TcpStream::connect(proxy_at).await.expect("it listens");
            let piece = [1; 3_000];
            while sent.get() < LENGTH {
                let some = piece.len().min(LENGTH - sent.get());
                let written = stream.write(&piece[..some]).await;
                sent.set(sent.get() + written.expect("no error"));
                most.set(most.get().max(sent.get() - received.get()));
            }
            stream.close().await.expect("the end");
        };
        let relayed = relay(&front, target_at, shutdown.token());
        let ends = future::zip(reader, writer);
        let (relayed, _) = future::zip(relayed, ends).await;
        assert_eq!(relayed.expect("it listens"), 1);
        assert_eq!(received.get(), LENGTH);
        assert!(most.get() <= bound, "it held {}", most.get());
    });
}

#[test]
fn proxy_holds_one_buffer_however_slow_the_reader_is() {
    in_time(|| {
        let name = "proxy_holds_one_buffer";
        every_seed(name, Weather::SLOW, slow_reader);
    });
}
