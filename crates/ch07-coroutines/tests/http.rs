//! One request as a future: what arrives, what goes wrong, and what is left of
//! it when it is dropped.

mod support;

use ch07_coroutines::{Counted, Future, Get, Http, PollState, spin_on};
use delay_server::DelayServer;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};
use support::within_a_minute;

/// A server that does `serve` with each connection, one after the other.
fn server(serve: impl Fn(TcpStream, usize) + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let addr = listener.local_addr().expect("it is bound");
    thread::spawn(move || {
        for (number, stream) in listener.incoming().flatten().enumerate() {
            serve(stream, number);
        }
    });
    addr
}

/// Reads to the end of a request without a body.
fn read_request(stream: &mut TcpStream) -> String {
    let mut request = Vec::new();
    let mut room = [0; 65536];
    while !request.ends_with(b"\r\n\r\n") {
        match stream.read(&mut room) {
            Ok(0) | Err(_) => break,
            Ok(n) => request.extend_from_slice(&room[..n]),
        }
    }
    String::from_utf8(request).expect("it is ASCII")
}

fn reply(text: &str) -> String {
    let length = text.len();
    format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{text}")
}

/// Polls it until a connection exists and the request has left.
fn poll_until_requested(get: &mut Get, server: &DelayServer, count: usize) {
    while server.request_count() < count {
        assert!(!get.poll().is_ready(), "the server does not reply");
        thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn a_request_says_what_it_waits_for() -> io::Result<()> {
    let server = DelayServer::start()?;
    let mut get = Http::new(server.addr()).get("/0/a?fault=never");
    assert!(get.waits_for().is_none(), "it has not begun");
    poll_until_requested(&mut get, &server, 1);
    let waiting = get.waits_for().expect("for the reply");
    assert!(waiting.interest.is_readable());
    assert_eq!(waiting.connection, 1);
    assert_eq!(waiting.stream.peer_addr()?, server.addr());
    let mut refused = Http::new(server.addr()).get("no path");
    assert!(refused.poll().is_ready());
    assert!(refused.waits_for().is_none(), "it is over");
    Ok(())
}

#[test]
fn nothing_happens_before_the_first_poll() -> io::Result<()> {
    let server = DelayServer::start()?;
    let http = Http::new(server.addr());
    drop(http.get("/0/never"));
    let get = http.get("/0/later");
    thread::sleep(Duration::from_millis(50));
    assert_eq!(server.connections_accepted(), 0);
    assert_eq!(spin_on(get)?, "later");
    assert_eq!(server.request_count(), 1);
    Ok(())
}

#[test]
fn no_poll_blocks_while_the_server_takes_its_time() {
    within_a_minute(|| {
        let server = DelayServer::start().expect("a free port");
        let start = Instant::now();
        let get = Http::new(server.addr()).get("/200/slow");
        let (text, polls) = spin_on(Counted::new(get));
        assert_eq!(text.expect("it replies"), "slow");
        assert!(start.elapsed() >= Duration::from_millis(200));
        // One that blocked would be asked a handful of times.
        assert!(polls > 100, "{polls} polls in 200 ms");
    });
}

#[test]
fn a_reply_that_comes_byte_by_byte_is_put_together() {
    within_a_minute(|| {
        let server = DelayServer::start().expect("a free port");
        let http = Http::new(server.addr());
        let get = http.get("/0/piecemeal?fault=byte-by-byte");
        assert_eq!(spin_on(get).expect("it replies"), "piecemeal");
    });
}

#[test]
fn a_large_body_arrives_whole() {
    within_a_minute(|| {
        let server = DelayServer::start().expect("a free port");
        let get = Http::new(server.addr()).get("/0/abc?size=3000001");
        let text = spin_on(get).expect("it replies");
        assert_eq!(text.len(), 3_000_001);
        assert!(
            text.bytes()
                .zip(b"abc".iter().cycle())
                .all(|(a, b)| a == *b)
        );
    });
}

#[test]
fn a_request_that_the_kernel_has_no_room_for_leaves_in_parts() {
    within_a_minute(|| {
        let (go, wait) = std::sync::mpsc::channel::<()>();
        let addr = server(move |mut stream, _| {
            let _ = wait.recv(); // until then it reads nothing
            let request = read_request(&mut stream);
            let _ =
                stream.write_all(reply(&request.len().to_string()).as_bytes());
        });
        let path = format!("/{}", "x".repeat(20_000_000));
        let mut get = Http::new(addr).get(&path);
        for _ in 0..100 {
            assert!(!get.poll().is_ready(), "the server reads nothing");
            thread::sleep(Duration::from_millis(1));
        }
        go.send(()).expect("the server waits");
        let length: usize =
            spin_on(get).expect("it replies").parse().expect("a number");
        assert!(length > path.len());
    });
}

#[test]
fn a_port_at_which_nothing_listens_is_an_error() {
    within_a_minute(|| {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let addr = listener.local_addr().expect("it is bound");
        drop(listener);
        let error = spin_on(Http::new(addr).get("/0/x")).expect_err("refused");
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
    });
}

/// Wine ends in order what its programs reset.
fn is_reset(error: &io::Error) -> bool {
    let ended = cfg!(windows) && error.kind() == ErrorKind::UnexpectedEof;
    ended || error.kind() == ErrorKind::ConnectionReset
}

#[test]
fn a_reset_is_an_error() {
    within_a_minute(|| {
        let server = DelayServer::start().expect("a free port");
        let get = Http::new(server.addr()).get("/0/x?fault=reset");
        let error = spin_on(get).expect_err("it was reset");
        assert!(is_reset(&error), "{error}");
    });
}

#[test]
fn a_connection_that_ends_in_the_middle_is_an_error() {
    within_a_minute(|| {
        let server = DelayServer::start().expect("a free port");
        let http = Http::new(server.addr());
        let get = http.get("/0/half-of-it?fault=close-in-the-middle");
        let error = spin_on(get).expect_err("it is not whole");
        assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
        assert_eq!(http.idle_connections(), 0);
        assert_eq!(spin_on(http.get("/0/next")).expect("it is well"), "next");
    });
}

#[test]
fn a_server_that_says_nothing_and_leaves_is_an_error() {
    within_a_minute(|| {
        let addr = server(|mut stream, _| {
            read_request(&mut stream);
        });
        let error = spin_on(Http::new(addr).get("/x")).expect_err("no reply");
        assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
    });
}

#[test]
fn what_is_no_http_is_an_error() {
    within_a_minute(|| {
        let addr = server(|mut stream, _| {
            read_request(&mut stream);
            let _ = stream.write_all(b"220 mail.example ESMTP\r\n\r\n");
        });
        let error = spin_on(Http::new(addr).get("/x")).expect_err("no HTTP");
        assert_eq!(error.kind(), ErrorKind::InvalidData);
    });
}

#[test]
fn a_body_that_is_no_text_is_an_error() {
    within_a_minute(|| {
        let addr = server(|mut stream, _| {
            read_request(&mut stream);
            let head = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n";
            let _ = stream.write_all(&[head.as_bytes(), &[0xff]].concat());
        });
        let error = spin_on(Http::new(addr).get("/x")).expect_err("no text");
        assert_eq!(error.kind(), ErrorKind::InvalidData);
    });
}

#[test]
fn another_status_is_an_error_and_keeps_the_connection() -> io::Result<()> {
    let server = DelayServer::start()?;
    let http = Http::new(server.addr());
    let error = spin_on(http.get("/soon/x")).expect_err("no number");
    assert_eq!(error.kind(), ErrorKind::Other);
    assert!(error.to_string().starts_with("400: "), "{error}");
    assert_eq!(spin_on(http.get("/0/x"))?, "x");
    assert_eq!(server.connections_accepted(), 1);
    Ok(())
}

#[test]
fn a_path_cannot_smuggle_a_second_request_in() -> io::Result<()> {
    let server = DelayServer::start()?;
    let http = Http::new(server.addr());
    let smuggled = "/0/x HTTP/1.1\r\nHost: x\r\n\r\nGET /0/y";
    for path in ["", "0/x", "/0/a b", "/0/a\n", "/0/\u{e4}", smuggled] {
        let error = spin_on(http.get(path)).expect_err(path);
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{path}");
    }
    assert_eq!(server.connections_accepted(), 0);
    Ok(())
}

#[test]
fn one_request_after_the_other_uses_one_connection() -> io::Result<()> {
    let server = DelayServer::start()?;
    let http = Http::new(server.addr());
    for number in 0..5 {
        let path = format!("/0/{number}");
        assert_eq!(spin_on(http.get(&path))?, number.to_string());
        assert_eq!(http.idle_connections(), 1);
    }
    assert_eq!(server.connections_accepted(), 1);
    Ok(())
}

#[test]
fn an_idle_connection_that_the_server_closed_is_replaced() {
    within_a_minute(|| {
        // It promises to stay, and closes after each reply all the same.
        let addr = server(|mut stream, number| {
            read_request(&mut stream);
            let _ = stream.write_all(reply(&number.to_string()).as_bytes());
            let _ = stream.shutdown(Shutdown::Both);
        });
        let http = Http::new(addr);
        for number in 0..3 {
            let text = spin_on(http.get("/x")).expect("over a new connection");
            assert_eq!(text, number.to_string());
            assert_eq!(http.idle_connections(), 1);
            thread::sleep(Duration::from_millis(20)); // the end arrives
        }
    });
}

#[test]
fn an_error_over_a_used_connection_is_found_out_over_a_new_one() {
    within_a_minute(|| {
        let server = DelayServer::start().expect("a free port");
        let http = Http::new(server.addr());
        spin_on(http.get("/0/x")).expect("it replies");
        let get = http.get("/0/x?fault=reset");
        let error = spin_on(get).expect_err("it resets each time");
        assert!(is_reset(&error), "{error}");
        assert_eq!(server.request_count(), 3);
    });
}

#[test]
fn a_dropped_request_closes_its_connection() {
    within_a_minute(|| {
        let server = DelayServer::start().expect("a free port");
        let http = Http::new(server.addr());
        let mut get = http.get("/0/x?fault=never");
        poll_until_requested(&mut get, &server, 1);
        assert_eq!(server.connections_open(), 1);
        drop(get);
        while server.connections_open() > 0 {
            thread::sleep(Duration::from_millis(1));
        }
        assert_eq!(http.idle_connections(), 0);
    });
}

#[test]
#[should_panic(expected = "a finished future was polled again")]
fn a_finished_request_must_not_be_polled_again() {
    let mut get = Http::new(([127, 0, 0, 1], 1).into()).get("no path");
    assert!(matches!(get.poll(), PollState::Ready(Err(_))));
    let _ = get.poll();
}
