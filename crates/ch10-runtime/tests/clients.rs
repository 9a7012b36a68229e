//! Clients that we have not written, against the servers of the examples: curl,
//! wrk, h2load, redis-cli and redis-benchmark, bounded in number and time.
//!
//! Where one is missing, its test says so and is skipped; with `CI=true` that
//! is a failure.

#![cfg(target_os = "linux")]

use ch10_runtime::net::TcpListener;
use ch10_runtime::shutdown::Shutdown;
use ch10_runtime::{Runtime, time};
use servers::hello::{self, Limits};
use servers::{listen, relay};
use std::env;
use std::fs;
use std::io::{ErrorKind, Write as _};
use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};
use std::time::Duration;
use support::Server;
use testing::within_a_minute;

#[path = "support/servers.rs"]
mod servers;
#[allow(dead_code, reason = "its client is for other tests")]
#[path = "support/server.rs"]
mod support;

const HELLO: &str = "Hello from a runtime built by hand.\n";

/// What a program prints, or `None` where there is none of that name. `input`
/// is what it reads.
///
/// # Panics
///
/// If it fails; if it is missing, and `CI=true`.
#[track_caller]
fn run(program: &str, arguments: &[&str], input: &str) -> Option<String> {
    let started = Command::new(program)
        .args(arguments)
        // A proxy of the environment is none of our business.
        .env("no_proxy", "*")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = match started {
        Ok(child) => child,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let strict = env::var("CI").is_ok_and(|ci| ci == "true");
            assert!(!strict, "needs {program}, and CI=true");
            println!("skipped: needs {program}");
            return None;
        }
        Err(error) => panic!("{program}: {error}"),
    };
    let mut stdin = child.stdin.take().expect("a pipe");
    // It may have read enough.
    let _closed = stdin.write_all(input.as_bytes());
    drop(stdin);
    let output = child.wait_with_output().expect("it ends");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{program} {arguments:?}: {}\n{text}{error}",
        output.status
    );
    Some(text)
}

/// A server on a thread of its own.
#[derive(Debug)]
struct Other {
    addr: SocketAddr,
    shutdown: Arc<Shutdown>,
    thread: JoinHandle<u64>,
}

impl Other {
    /// One that `serve` is, until it is asked to end.
    fn start<F>(
        serve: impl FnOnce(TcpListener, Arc<Shutdown>) -> F + Send + 'static,
    ) -> Self
    where
        F: Future<Output = std::io::Result<u64>>,
    {
        let shutdown = Arc::new(Shutdown::new());
        let asked = Arc::clone(&shutdown);
        let (sender, receiver) = mpsc::channel();
        let thread = thread::spawn(move || {
            let runtime = Runtime::new().expect("a runtime");
            let served = runtime.block_on(async {
                let listener = TcpListener::bind("127.0.0.1:0").await?;
                sender.send(listener.local_addr()?).ok();
                let served = serve(listener, Arc::clone(&asked)).await?;
                // What is in flight may finish.
                let limit = time::sleep(Duration::from_secs(10));
                asked.finish(limit).await.map_err(std::io::Error::other)?;
                std::io::Result::Ok(served)
            });
            served.expect("no error")
        });
        let addr = receiver.recv().expect("it listens");
        Self {
            addr,
            shutdown,
            thread,
        }
    }

    fn redis() -> Self {
        Self::start(async |listener: TcpListener, asked: Arc<Shutdown>| {
            listen::listen(&listener, asked.token()).await
        })
    }

    fn proxy(to: SocketAddr) -> Self {
        Self::start(async move |listener: TcpListener, asked: Arc<Shutdown>| {
            relay::relay(&listener, to, asked.token()).await
        })
    }

    /// Asks it to end: how many clients it has had.
    fn end(self) -> u64 {
        self.shutdown.ask();
        self.thread.join().expect("no panic")
    }
}

/// curl, as it is used here.
fn curl(arguments: &[&str]) -> Option<String> {
    let fixed = ["--silent", "--show-error", "--max-time", "30"];
    run("curl", &[&fixed[..], arguments].concat(), "")
}

#[test]
fn curl_asks_several_times_on_one_connection() {
    within_a_minute(|| {
        let server = Server::start(Limits::default());
        let url = format!("http://{}/", server.addr);
        let format = "%{http_version} %{num_connects}\n";
        let one = format!("{HELLO}1.1 1\n");
        let other = format!("{HELLO}1.1 0\n");
        let asked = curl(&["--write-out", format, &url, &url, &url]);
        let Some(text) = asked else { return };
        assert_eq!(text, format!("{one}{other}{other}"));
        assert_eq!(server.end().connections, 1);
    });
}

#[test]
fn curl_speaks_http2() {
    within_a_minute(|| {
        let server = Server::start(Limits::default());
        let Some(about) = curl(&["--version"]) else {
            return;
        };
        if !about.contains("HTTP2") {
            return println!("skipped: this curl has no HTTP/2");
        }
        let url = format!("http://{}/", server.addr);
        let prior = "--http2-prior-knowledge";
        let text = curl(&[prior, "--write-out", "%{http_version}", &url]);
        assert_eq!(text, Some(format!("{HELLO}2")));
        server.end();
    });
}

#[test]
fn curl_gets_back_what_it_sends_also_through_the_proxy() {
    within_a_minute(|| {
        let server = Server::start(Limits::default());
        let proxy = Other::proxy(server.addr);
        let body: String = (0..300_000).map(|n| format!("{n} ")).collect();
        let folder = env::temp_dir();
        let path = folder.join(format!("clients-{}", std::process::id()));
        fs::write(&path, &body).expect("room for a file");
        let data = format!("@{}", path.display());
        let mut asked = 0;
        for addr in [server.addr, proxy.addr] {
            let url = format!("http://{addr}/echo");
            // Without the 100 that curl would wait for.
            let post = ["--data-binary", &data, "--header", "Expect:", &url];
            let Some(text) = curl(&post) else { break };
            assert!(text == body, "other bytes came back by {addr}");
            asked += 1;
        }
        fs::remove_file(&path).expect("the file");
        if asked == 2 {
            assert_eq!(proxy.end(), 1);
            assert_eq!(server.end().connections, 2);
        }
    });
}

#[test]
fn wrk_sees_no_error_in_two_seconds() {
    within_a_minute(|| {
        let server = Server::start(Limits::default());
        let url = format!("http://{}/", server.addr);
        let load = ["-t1", "-c20", "-d2s", "--timeout", "30s", &url];
        let Some(text) = run("wrk", &load, "") else {
            return;
        };
        // Lines that are there only if something went wrong.
        assert!(!text.contains("Socket errors"), "{text}");
        assert!(!text.contains("Non-2xx"), "{text}");
        let requests = text.lines().find_map(|line| {
            line.trim()
                .split_once(" requests in ")?
                .0
                .parse::<u64>()
                .ok()
        });
        assert!(requests.is_some_and(|requests| requests > 0), "{text}");
        let served = server.end();
        assert!(served.connections >= 1);
        assert_eq!(served.finished, Ok(()));
    });
}

#[test]
fn h2load_gets_every_answer_over_http2_and_http1() {
    within_a_minute(|| {
        let server = Server::start(Limits::default());
        let url = format!("http://{}/", server.addr);
        let fixed = ["-n", "2000", "-c", "4", "-m", "25"];
        for protocol in [&[][..], &["--h1"]] {
            let load = [&fixed[..], protocol, &[&url]].concat();
            let Some(text) = run("h2load", &load, "") else {
                return;
            };
            let all = "2000 done, 2000 succeeded, 0 failed, 0 errored, \
                       0 timeout";
            assert!(text.contains(all), "{text}");
        }
        assert_eq!(server.end().connections, 8);
    });
}

#[test]
fn redis_cli_reads_and_writes() {
    within_a_minute(|| {
        let server = Other::redis();
        let port = server.addr.port().to_string();
        let commands = "PING\nSET greeting \"hello, there\"\nGET greeting\n\
                        SET greeting other NX\nINCR visits\nINCR visits\n\
                        EXPIRE visits 100\nTTL visits\nEXISTS visits none\n\
                        INCR greeting\nDEL visits greeting\nGET greeting\n";
        let asked = run("redis-cli", &["-p", &port, "--no-raw"], commands);
        let Some(text) = asked else { return };
        let replies: Vec<_> = text.lines().collect();
        let wrong = "(error) ERR value is not an integer or out of range";
        assert_eq!(
            replies,
            [
                "PONG",
                "OK",
                "\"hello, there\"",
                "(nil)",
                "(integer) 1",
                "(integer) 2",
                "(integer) 1",
                "(integer) 100",
                "(integer) 1",
                wrong,
                "(integer) 2",
                "(nil)",
            ]
        );
        // Ten thousand commands without waiting for a reply.
        let many = "INCR counter\r\n".repeat(10_000);
        let piped = run("redis-cli", &["-p", &port, "--pipe"], &many);
        let piped = piped.expect("it was there");
        assert!(piped.contains("errors: 0, replies: 10000"), "{piped}");
        let count = run("redis-cli", &["-p", &port, "GET", "counter"], "");
        assert_eq!(count.as_deref(), Some("10000\n"));
        assert_eq!(server.end(), 3);
    });
}

#[test]
fn redis_benchmark_finishes_each_of_its_tests() {
    within_a_minute(|| {
        let server = Other::redis();
        let port = server.addr.port().to_string();
        let tests = "ping_inline,ping_mbulk,set,get,incr";
        let load = ["-p", &port, "-n", "8000", "-c", "20", "-P", "8"];
        let load = [&load[..], &["--csv", "-t", tests]].concat();
        let Some(text) = run("redis-benchmark", &load, "") else {
            return;
        };
        for test in ["PING_INLINE", "PING_MBULK", "SET", "GET", "INCR"] {
            let line = format!("\"{test}\",");
            assert!(text.lines().any(|it| it.starts_with(&line)), "{text}");
        }
        // Each of its commands was counted.
        let counter = "counter:__rand_int__";
        let count = run("redis-cli", &["-p", &port, "GET", counter], "");
        if let Some(count) = count {
            assert_eq!(count, "8000\n");
        }
        server.end();
    });
}
