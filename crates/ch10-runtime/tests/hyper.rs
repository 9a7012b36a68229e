//! hyper, unmodified, on this runtime: what its clients see.

use hello::{Limits, byte};
use hyper_rt::{Io, Tasks, Timers};
use std::net::Shutdown;
use std::time::{Duration, Instant};
use support::Server;
use testing::within_a_minute;

#[path = "../examples/support/hello.rs"]
mod hello;
#[path = "../examples/support/hyper_rt.rs"]
mod hyper_rt;
#[path = "../examples/support/prefix.rs"]
mod prefix;
#[path = "support/server.rs"]
mod support;

const HELLO: &[u8] = b"Hello from a runtime built by hand.\n";

fn short() -> Limits {
    Limits {
        head: Duration::from_millis(300),
        ..Limits::default()
    }
}

#[test]
fn a_connection_serves_many_requests() {
    within_a_minute(|| {
        let server = Server::start(Limits::default());
        let mut client = server.connect();
        for _ in 0..100 {
            assert_eq!(client.get("/").body, HELLO);
        }
        assert_eq!(client.get("/nothing").status, 404);
        assert_eq!(server.end().connections, 1);
    });
}

#[test]
fn requests_in_one_write_are_answered_in_order() {
    within_a_minute(|| {
        let server = Server::start(Limits::default());
        let mut client = server.connect();
        let requests: String = (0..50)
            .map(|n| format!("GET /bytes/{n} HTTP/1.1\r\nHost: here\r\n\r\n"))
            .collect();
        client.send(requests);
        for n in 0..50 {
            assert_eq!(client.answer().body.len(), n);
        }
        server.end();
    });
}

#[test]
fn a_request_in_pieces_of_one_byte_is_answered() {
    within_a_minute(|| {
        let server = Server::start(Limits::default());
        let mut client = server.connect();
        let request = "POST /count HTTP/1.1\r\nHost: here\r\n\
                       Content-Length: 5\r\n\r\n12345";
        for byte in request.bytes() {
            client.send([byte]);
        }
        assert_eq!(client.answer().body, b"5");
        server.end();
    });
}

#[test]
fn a_body_comes_back_while_it_is_being_sent() {
    within_a_minute(|| {
        let server = Server::start(Limits::default());
        let mut client = server.connect();
        client.send(
            "POST /echo HTTP/1.1\r\nHost: here\r\n\
             Transfer-Encoding: chunked\r\n\r\n3\r\none\r\n",
        );
        let (status, _, chunked) = client.head();
        assert_eq!((status, chunked), (200, true));
        assert_eq!(client.chunk(), b"one");
        client.send("5\r\nseven\r\n");
        assert_eq!(client.chunk(), b"seven");
        client.send("0\r\n\r\n");
        assert_eq!(client.chunk(), b"");
        assert_eq!(client.get("/").body, HELLO);
        server.end();
    });
}

#[test]
fn ten_mebibytes_arrive_at_a_slow_reader() {
    within_a_minute(|| {
        let server = Server::start(Limits::default());
        let (length, mut at) = (10 * 1024 * 1024, 0_u64);
        let mut slow = server.connect();
        slow.send(format!("GET /bytes/{length} HTTP/1.1\r\nHost: a\r\n\r\n"));
        assert!(slow.head().2, "it comes in chunks");
        loop {
            // The server has filled all buffers, and others are served.
            if at < 256 * 1024 {
                std::thread::sleep(Duration::from_millis(20));
                assert_eq!(server.connect().get("/").body, HELLO);
            }
            let chunk = slow.chunk();
            if chunk.is_empty() {
                break;
            }
            for received in chunk {
                assert_eq!(received, byte(at), "at {at}");
                at += 1;
            }
        }
        assert_eq!(at, length);
        server.end();
    });
}

#[test]
fn ten_mebibytes_are_taken() {
    within_a_minute(|| {
        let server = Server::start(Limits::default());
        let mut client = server.connect();
        let length = 10 * 1024 * 1024;
        client.send(format!(
            "POST /count HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n"
        ));
        let piece = vec![b'x'; 1000 * 1024];
        let mut left = length;
        while left > 0 {
            let some = left.min(piece.len());
            client.send(&piece[..some]);
            left -= some;
        }
        assert_eq!(client.answer().body, length.to_string().into_bytes());
        server.end();
    });
}

#[test]
fn a_head_that_takes_too_long_ends_the_connection() {
    within_a_minute(|| {
        let server = Server::start(short());
        let mut client = server.connect();
        client.send("GET / HTTP/1.1\r\nHost: ");
        let start = Instant::now();
        client.rest();
        assert!(start.elapsed() >= Duration::from_millis(250));
        assert_eq!(server.connect().get("/").body, HELLO);
        server.end();
    });
}

#[test]
fn connection_close_gives_the_end_at_once() {
    within_a_minute(|| {
        let server = Server::start(Limits::default());
        let mut client = server.connect();
        client
            .send("GET / HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n");
        assert_eq!(client.answer().body, HELLO);
        // The client still holds its side open, and no time limit is near.
        assert_eq!(client.rest(), b"");
        server.end();
    });
}

#[test]
fn a_client_that_ends_its_writing_still_gets_its_answer() {
    within_a_minute(|| {
        let server = Server::start(Limits::default());
        let mut client = server.connect();
        client.send("GET /sleep/100 HTTP/1.1\r\nHost: here\r\n\r\n");
        client.stream.get_ref().shutdown(Shutdown::Write).unwrap();
        assert_eq!(client.answer().body, b"slept\n");
        assert_eq!(client.rest(), b"");
        server.end();
    });
}

#[test]
fn a_connection_that_never_speaks_holds_nothing_up() {
    within_a_minute(|| {
        let server = Server::start(short());
        let mut silent: Vec<_> = (0..50).map(|_| server.connect()).collect();
        assert_eq!(server.connect().get("/").body, HELLO);
        for client in &mut silent {
            assert_eq!(client.rest(), b"", "it's closed by the server");
        }
        server.end();
    });
}

#[test]
fn a_connection_that_never_speaks_does_not_delay_the_end() {
    within_a_minute(|| {
        let server = Server::start(Limits::default());
        let mut silent = server.connect();
        assert_eq!(server.connect().get("/").body, HELLO);
        assert_eq!(server.end().finished, Ok(()));
        assert_eq!(silent.rest(), b"");
    });
}

#[test]
fn a_graceful_end_finishes_requests_and_closes_idle_connections() {
    within_a_minute(|| {
        let server = Server::start(Limits::default());
        let (mut idle, mut busy) = (server.connect(), server.connect());
        assert_eq!(idle.get("/").body, HELLO);
        assert_eq!(busy.get("/").body, HELLO);
        busy.send("GET /sleep/1000 HTTP/1.1\r\nHost: here\r\n\r\n");
        // Until it has arrived: the end may be asked for only then.
        std::thread::sleep(Duration::from_millis(500));
        server.shutdown.ask();
        assert_eq!(idle.rest(), b"");
        assert_eq!(busy.answer().body, b"slept\n");
        assert_eq!(busy.rest(), b"");
        let addr = server.addr;
        assert_eq!(server.end().finished, Ok(()));
        assert!(std::net::TcpStream::connect(addr).is_err());
    });
}

#[test]
fn a_graceful_end_does_not_wait_for_ever() {
    within_a_minute(|| {
        let server = Server::start(Limits {
            end: Duration::from_millis(300),
            ..Limits::default()
        });
        let mut busy = server.connect();
        assert_eq!(busy.get("/").body, HELLO);
        busy.send("GET /sleep/600000 HTTP/1.1\r\nHost: here\r\n\r\n");
        std::thread::sleep(Duration::from_millis(500));
        let finished = server.end().finished;
        assert_eq!(finished.unwrap_err().in_flight, 1);
        assert_eq!(busy.rest(), b"", "its task is gone, and its socket");
    });
}

#[test]
fn what_is_not_http_is_refused() {
    within_a_minute(|| {
        let server = Server::start(short());
        let frames: [&[u8]; 5] = [
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\xff\xff\xff\xff\xff\xff",
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n",
            b"GET / HTTP/9.9\r\n\r\n",
            b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        ];
        for frame in frames {
            let mut client = server.connect();
            client.send(frame);
            client.rest();
        }
        assert_eq!(server.connect().get("/").body, HELLO);
        server.end();
    });
}

#[test]
fn many_clients_break_off_and_the_server_goes_on() {
    within_a_minute(|| {
        let server = Server::start(Limits::default());
        for n in 0..50 {
            let mut client = server.connect();
            client.send("GET /bytes/10000000 HTTP/1.1\r\nHost: a\r\n\r\n");
            client.exactly(1 + n * 1000);
        }
        assert_eq!(server.connect().get("/").body, HELLO);
        assert_eq!(server.end().finished, Ok(()));
    });
}

#[test]
fn http2_streams_share_one_connection_and_wait_at_the_same_time() {
    use ch10_runtime::{Runtime, net::TcpStream, spawn};
    use http_body_util::{BodyExt as _, Full};
    use hyper::body::Bytes;
    within_a_minute(|| {
        let server = Server::start(Limits::default());
        let runtime = Runtime::new().unwrap();
        let body = vec![b'y'; 300_000];
        runtime.block_on(async {
            let stream = TcpStream::connect(server.addr).await.unwrap();
            let (sender, connection) =
                hyper::client::conn::http2::Builder::new(Tasks)
                    .timer(Timers)
                    .handshake(Io(stream))
                    .await
                    .unwrap();
            let connection = spawn(connection);
            let start = Instant::now();
            let requests = (0..50).map(|n| {
                let (mut sender, body) = (sender.clone(), body.clone());
                async move {
                    let (path, body) = match n % 2 {
                        0 => ("/sleep/200", Vec::new()),
                        _ => ("/echo", body),
                    };
                    let request =
                        hyper::Request::post(format!("http://localhost{path}"));
                    let request = request.body(Full::new(Bytes::from(body)));
                    let sent = sender.send_request(request.unwrap()).await;
                    let body = sent.unwrap().into_body();
                    body.collect().await.unwrap().to_bytes()
                }
            });
            let replies = futures_util::future::join_all(requests).await;
            assert!(start.elapsed() >= Duration::from_millis(200));
            for (n, reply) in replies.iter().enumerate() {
                match n % 2 {
                    0 => assert_eq!(&reply[..], b"slept\n"),
                    _ => assert!(reply[..] == body[..]),
                }
            }
            drop(sender);
            connection.await.unwrap().unwrap();
        });
        assert_eq!(server.end().connections, 1);
    });
}

#[test]
fn an_http2_connection_ends_gracefully() {
    use ch10_runtime::{Runtime, net::TcpStream, spawn, time};
    use http_body_util::{BodyExt as _, Empty};
    use hyper::body::Bytes;
    within_a_minute(|| {
        let server = Server::start(Limits::default());
        let runtime = Runtime::new().unwrap();
        runtime.block_on(async {
            let stream = TcpStream::connect(server.addr).await.unwrap();
            let (mut sender, connection) =
                hyper::client::conn::http2::handshake(Tasks, Io(stream))
                    .await
                    .unwrap();
            let connection = spawn(connection);
            let request = hyper::Request::get("http://localhost/sleep/1000")
                .body(Empty::<Bytes>::new());
            let reply = spawn(sender.send_request(request.unwrap()));
            time::sleep(Duration::from_millis(500)).await;
            server.shutdown.ask();
            let reply = reply.await.unwrap().unwrap().into_body();
            let body = reply.collect().await.unwrap().to_bytes();
            assert_eq!(&body[..], b"slept\n");
            // The server closes it, though the client could still ask.
            connection.await.unwrap().unwrap();
            assert!(sender.ready().await.is_err());
        });
        assert_eq!(server.end().finished, Ok(()));
    });
}

#[test]
fn several_threads_serve() {
    use ch10_runtime::{Runtime, net, shutdown};
    within_a_minute(|| {
        let runtime = Runtime::builder().threads(3).build().unwrap();
        let shutdown = shutdown::Shutdown::new();
        runtime.block_on(async {
            let listener = net::TcpListener::bind("127.0.0.1:0").await;
            let listener = listener.unwrap();
            let addr = listener.local_addr().unwrap();
            let clients = ch10_runtime::spawn_blocking(move || {
                let client = move || {
                    let mut client = support::Client::connect(addr);
                    (0..200).for_each(|_| {
                        assert_eq!(client.get("/").body, HELLO);
                    });
                };
                let clients: Vec<_> =
                    (0..8).map(|_| std::thread::spawn(client)).collect();
                clients
                    .into_iter()
                    .for_each(|client| client.join().unwrap());
            });
            let served = async {
                let limits = Limits::default();
                hello::serve(listener, &shutdown, limits).await
            };
            let ended = async {
                clients.await.unwrap();
                shutdown.ask();
            };
            let (served, ()) = futures_lite::future::zip(served, ended).await;
            assert_eq!(served.unwrap().connections, 8);
        });
    });
}
