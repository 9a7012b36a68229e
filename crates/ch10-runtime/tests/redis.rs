//! The small Redis: its protocol, its commands, its connections, and what
//! hostile clients get.

use commands::{Outcome, run};
use futures_lite::{AsyncRead, AsyncWrite};
use pipe::{Random, pair};
use resp::{Limits, Parser, ProtocolError, Reply};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::{Cell, RefCell};
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};
use store::Store;
use testing::within_a_minute;

#[path = "../examples/redis/commands.rs"]
mod commands;
#[path = "../examples/redis/connection.rs"]
mod connection;
#[path = "support/pipe.rs"]
mod pipe;
#[path = "../examples/redis/resp.rs"]
mod resp;
#[path = "../examples/redis/store.rs"]
mod store;

/// A command as clients send it.
fn frame(words: &[&[u8]]) -> Vec<u8> {
    let mut bytes = format!("*{}\r\n", words.len()).into_bytes();
    for word in words {
        bytes.extend_from_slice(format!("${}\r\n", word.len()).as_bytes());
        bytes.extend_from_slice(word);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes
}

fn words(text: &str) -> Vec<Vec<u8>> {
    text.split(' ')
        .map(|word| word.as_bytes().to_vec())
        .collect()
}

/// A store and a clock that stands still until it's told.
struct Scene {
    store: Store,
    now: Instant,
}

impl Scene {
    fn new() -> Self {
        Self {
            store: Store::new(1024 * 1024),
            now: Instant::now(),
        }
    }

    /// The bytes that answer this command.
    fn ask(&mut self, command: &str) -> String {
        let outcome = run(&words(command), &mut self.store, self.now);
        let (Outcome::Reply(reply) | Outcome::Last(reply)) = outcome;
        let mut bytes = Vec::new();
        reply.write(&mut bytes);
        String::from_utf8(bytes).expect("text")
    }
}

#[test]
fn each_command_answers_as_redis_does() {
    let mut scene = Scene::new();
    for (command, reply) in [
        ("PING", "+PONG\r\n"),
        ("ping hello", "$5\r\nhello\r\n"),
        ("ECHO hello", "$5\r\nhello\r\n"),
        ("GET key", "$-1\r\n"),
        ("SET key value", "+OK\r\n"),
        ("GET key", "$5\r\nvalue\r\n"),
        ("SET key other NX", "$-1\r\n"),
        ("SET new value nx", "+OK\r\n"),
        ("EXISTS key new neither", ":2\r\n"),
        ("DEL key new neither", ":2\r\n"),
        ("EXISTS key", ":0\r\n"),
        ("INCR counter", ":1\r\n"),
        ("INCR counter", ":2\r\n"),
        ("SET counter 9223372036854775807", "+OK\r\n"),
        ("TTL counter", ":-1\r\n"),
        ("TTL nothing", ":-2\r\n"),
        ("EXPIRE nothing 10", ":0\r\n"),
        ("EXPIRE counter 10", ":1\r\n"),
        ("TTL counter", ":10\r\n"),
        ("SELECT 0", "+OK\r\n"),
        ("COMMAND DOCS", "*0\r\n"),
        ("CONFIG GET save", "*2\r\n$4\r\nsave\r\n$0\r\n\r\n"),
    ] {
        assert_eq!(scene.ask(command), reply, "{command}");
    }
    assert!(scene.ask("INFO").contains("db0:keys=1"));
    for wrong in [
        "INCR counter",
        "SELECT 1",
        "SET key",
        "SET key value EX",
        "SET key value EX 0",
        "SET key value EX 9223372036854775807",
        "SET key value EX 1 PX 1",
        "SET key value XX",
        "EXPIRE key soon",
        "GET",
        "FLUSHALL",
    ] {
        let reply = scene.ask(wrong);
        assert!(reply.starts_with("-ERR "), "{wrong}: {reply}");
    }
    let quit = run(&words("QUIT"), &mut scene.store, scene.now);
    assert_eq!(quit, Outcome::Last(Reply::Status("OK")));
}

#[test]
fn keys_end_when_their_time_is_up() {
    let mut scene = Scene::new();
    scene.ask("SET millis x PX 1500");
    scene.ask("SET seconds x EX 2");
    scene.ask("SET stays x EX 1");
    scene.ask("SET stays x");
    scene.ask("SET huge x PX 9223372036854775807");
    assert_eq!(scene.ask("TTL millis"), ":2\r\n");
    scene.now += Duration::from_millis(1500);
    assert_eq!(scene.ask("EXISTS millis seconds stays"), ":2\r\n");
    scene.now += Duration::from_millis(500);
    assert_eq!(scene.ask("EXISTS seconds stays huge"), ":2\r\n");
    assert_eq!(scene.ask("EXPIRE stays 0"), ":1\r\n");
    assert_eq!(scene.ask("GET stays"), "$-1\r\n");
    assert_eq!(scene.store.len(), 1);
}

#[test]
fn incr_keeps_when_a_key_ends() {
    let mut scene = Scene::new();
    scene.ask("SET visits 41 EX 5");
    assert_eq!(scene.ask("INCR visits"), ":42\r\n");
    assert_eq!(scene.ask("TTL visits"), ":5\r\n");
}

#[test]
fn a_full_store_refuses_and_keeps_what_it_has() {
    let mut scene = Scene::new();
    let value = "x".repeat(1000);
    let mut stored = 0;
    while scene.ask(&format!("SET key{stored} {value}")) == "+OK\r\n" {
        stored += 1;
    }
    assert!((800..1100).contains(&stored), "{stored}");
    let refused = scene.ask(&format!("SET more {value}"));
    assert!(refused.starts_with("-OOM"), "{refused}");
    assert_eq!(scene.store.len(), stored);
    assert!(scene.store.held() <= 1024 * 1024);
    scene.ask("DEL key0 key1");
    assert_eq!(scene.ask(&format!("SET more {value}")), "+OK\r\n");
    (0..stored).for_each(|n| drop(scene.ask(&format!("DEL key{n} more"))));
    assert_eq!((scene.store.len(), scene.store.held()), (0, 0));
}

#[test]
fn a_command_is_found_however_it_is_cut() {
    let binary: &[u8] = b"with\r\n$5\r\nin it\0\xff";
    let bytes = [
        frame(&[b"SET", b"key", binary]),
        b"PING\r\n\r\n  GET   key \n".to_vec(),
        frame(&[b"ECHO", b""]),
    ]
    .concat();
    for first in 0..=bytes.len() {
        let mut parser = Parser::new(Limits::default());
        let (mut waiting, mut found) = (Vec::new(), Vec::new());
        for part in [&bytes[..first], &bytes[first..]] {
            waiting.extend_from_slice(part);
            let mut rest = &waiting[..];
            while let Some(command) = parser.next(&mut rest).unwrap() {
                found.push(command);
            }
            waiting = rest.to_vec();
        }
        assert!(waiting.is_empty());
        let expected: [&[&[u8]]; 4] = [
            &[b"SET", b"key", binary],
            &[b"PING"],
            &[b"GET", b"key"],
            &[b"ECHO", b""],
        ];
        assert_eq!(found, expected);
    }
}

#[test]
fn what_is_too_large_is_refused_before_it_is_stored() {
    let limits = Limits {
        arguments: 4,
        argument: 100,
        command: 150,
        line: 64,
    };
    let long = "x".repeat(64);
    for (bytes, why) in [
        ("*5\r\n".to_owned(), "invalid multibulk length"),
        (
            "*99999999999999999999\r\n".to_owned(),
            "invalid multibulk length",
        ),
        ("*+1\r\n".to_owned(), "invalid multibulk length"),
        ("*1\r\n$101\r\n".to_owned(), "invalid bulk length"),
        ("*1\r\n$-1\r\n".to_owned(), "invalid bulk length"),
        ("*1\r\nPING\r\n".to_owned(), "expected '$'"),
        (
            format!("*2\r\n$100\r\n{}\r\n$51\r\n", "x".repeat(100)),
            "too big a command",
        ),
        (
            "*1\r\n$2\r\nabc\r\n".to_owned(),
            "expected the end of a line",
        ),
        (long.clone(), "too big a line"),
        (format!("*1\r\n${long}"), "too big a line"),
        ("a b c d e\r\n".to_owned(), "too many words"),
    ] {
        let mut parser = Parser::new(limits);
        let mut rest = bytes.as_bytes();
        let error = parser.next(&mut rest).unwrap_err();
        assert_eq!(error, ProtocolError(why_of(why)), "{bytes:?}");
    }
}

/// The sentence, from the few that there are.
fn why_of(why: &str) -> &'static str {
    [
        "invalid multibulk length",
        "invalid bulk length",
        "expected '$'",
        "too big a command",
        "expected the end of a line",
        "too big a line",
        "too many words",
    ]
    .into_iter()
    .find(|known| *known == why)
    .expect("a known one")
}

/// Sends `bytes` over the connection of this seed: what came back, and how
/// many commands were run.
async fn exchange(seed: u64, bytes: &[u8]) -> (Vec<u8>, u64) {
    use futures_lite::{AsyncReadExt as _, AsyncWriteExt as _};
    let (client, server) = pair(seed, None);
    let (mut read, mut write) = futures_lite::io::split(client);
    let store = RefCell::new(Store::new(1024 * 1024));
    let serve =
        connection::serve(server, &store, Limits::default(), Instant::now);
    let send = async {
        // The server may close before it has read everything.
        let _closed = write.write_all(bytes).await;
        let _closed = write.close().await;
    };
    let receive = async {
        let mut replies = Vec::new();
        let mut piece = [0; 100];
        while let Ok(read @ 1..) = read.read(&mut piece).await {
            replies.extend_from_slice(&piece[..read]);
        }
        replies
    };
    use futures_lite::future::zip;
    let ((served, ()), replies) = zip(zip(serve, send), receive).await;
    (replies, served.unwrap_or(0))
}

/// How many seeds to try: `SEEDS=1000` in the long run.
fn seeds() -> u64 {
    let seeds = std::env::var("SEEDS").ok();
    seeds.and_then(|seeds| seeds.parse().ok()).unwrap_or(100)
}

#[test]
fn pipelined_commands_are_answered_in_order_over_any_bad_connection() {
    within_a_minute(|| {
        for seed in 0..seeds() {
            let (mut bytes, mut expected) = (Vec::new(), Vec::new());
            let mut random = Random::new(seed);
            let mut model = Store::new(1024 * 1024);
            for _ in 0..60 {
                let key = format!("k{}", random.below(5));
                let value = "v".repeat(random.below(3000));
                let command = match random.below(5) {
                    0 => format!("SET {key} {value}"),
                    1 => format!("GET {key}"),
                    2 => format!("DEL {key} k0"),
                    3 => format!("INCR n{key}"),
                    _ => format!("ECHO {value}"),
                };
                let command = words(&command);
                let parts: Vec<&[u8]> =
                    command.iter().map(Vec::as_slice).collect();
                bytes.extend(frame(&parts));
                let outcome = run(&command, &mut model, Instant::now());
                let (Outcome::Reply(reply) | Outcome::Last(reply)) = outcome;
                reply.write(&mut expected);
            }
            let exchange = exchange(seed, &bytes);
            let (replies, ran) = futures_lite::future::block_on(exchange);
            assert!(replies == expected, "seed {seed}");
            assert_eq!(ran, 60, "seed {seed}");
        }
    });
}

#[test]
fn no_bytes_make_a_connection_panic_or_hang() {
    within_a_minute(|| {
        for seed in 0..seeds() {
            let mut random = Random::new(seed);
            let mut bytes = [
                frame(&[b"SET", b"key", b"value", b"PX", b"100"]),
                frame(&[b"INCR", b"key"]),
                frame(&[b"EXPIRE", b"key", b"10"]),
            ]
            .concat()
            .repeat(5);
            for _ in 0..1 + random.below(8) {
                let at = random.below(bytes.len());
                match random.below(3) {
                    0 => bytes[at] = random.below(256) as u8,
                    1 => drop(bytes.remove(at)),
                    _ => bytes.insert(at, b"*$\r\n-09"[random.below(7)]),
                }
            }
            let exchange = exchange(seed, &bytes);
            let (replies, _) = futures_lite::future::block_on(exchange);
            if !replies.is_empty() {
                assert!(b"+-:$*".contains(&replies[0]), "seed {seed}");
                assert!(replies.ends_with(b"\r\n"), "seed {seed}");
            }
        }
    });
}

/// The system's allocator, with a sum for each thread.
struct Counting;

thread_local! {
    static BYTES: Cell<isize> = const { Cell::new(0) };
}

// SAFETY: every call is passed on to `System` as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        BYTES.set(BYTES.get() + layout.size() as isize);
        // SAFETY: the caller keeps `alloc`'s rules, which are `System`'s.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        BYTES.set(BYTES.get() - layout.size() as isize);
        // SAFETY: what `System` has allocated by `alloc`, with this layout.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// A client that has sent these bytes, and reads nothing.
struct Deaf<'a>(&'a [u8]);

impl AsyncRead for Deaf<'_> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_read(cx, bytes)
    }
}

impl AsyncWrite for Deaf<'_> {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        _: &[u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Pending
    }

    fn poll_flush(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        Poll::Pending
    }

    fn poll_close(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        Poll::Pending
    }
}

#[test]
fn a_client_that_does_not_read_makes_its_connection_hold_one_reply() {
    within_a_minute(|| {
        let limits = Limits::default();
        let argument = vec![b'x'; limits.argument];
        let commands = frame(&[b"ECHO", &argument]).repeat(3);
        let store = RefCell::new(Store::new(0));
        let before = BYTES.get();
        let client = Deaf(&commands);
        let serve = connection::serve(client, &store, limits, Instant::now);
        let mut serve = pin!(serve);
        let mut cx = Context::from_waker(Waker::noop());
        assert!(serve.as_mut().poll(&mut cx).is_pending());
        let held = BYTES.get() - before;
        // What was read, and its reply. A `Vec` that grows takes at most
        // twice what is in it.
        let read = limits.argument + 16 * 1024;
        let most = 2 * (read + limits.argument + 1024) as isize;
        assert!(held <= most, "{held} bytes, {most} allowed");
        assert!(held > limits.argument as isize, "{held} bytes");
    });
}

#[test]
fn a_broken_frame_is_answered_and_then_the_connection_ends() {
    within_a_minute(|| {
        let bytes = b"PING\r\n*1\r\n!4\r\nPING\r\nPING\r\n";
        let exchange = exchange(1, bytes);
        let (replies, ran) = futures_lite::future::block_on(exchange);
        let text = String::from_utf8(replies).unwrap();
        assert_eq!(text, "+PONG\r\n-ERR Protocol error: expected '$'\r\n");
        assert_eq!(ran, 1);
    });
}
