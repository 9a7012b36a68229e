//! Good requests: what is answered, when, and in which order.

mod common;

use common::{Client, LONG, eventually, watchdog};
use delay_server::{DelayServer, MAX_PIPELINED, get, target};
use std::io::Write;
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

const MS: Duration = Duration::from_millis(1);

#[test]
fn an_answer_comes_after_its_delay_and_soon_after() {
    let _dog = watchdog();
    let server = DelayServer::start().unwrap();
    for ms in [0, 1, 20, 150] {
        let start = Instant::now();
        let reply = get(server.addr(), &format!("/{ms}/m"), LONG).unwrap();
        let took = start.elapsed();
        assert_eq!((reply.status, reply.text()), (200, "m".into()));
        assert!(took >= ms * MS, "{ms} ms took {took:?}");
        assert!(took < ms * MS + LONG / 2, "{ms} ms took {took:?}");
    }
}

#[test]
fn a_reply_is_the_same_bytes_each_time() {
    let _dog = watchdog();
    let server = DelayServer::start().unwrap();
    let mut client = Client::new(server.addr());
    client.get("/0/hello");
    client.send("GET /0/a%ff HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    let bytes = client.rest().unwrap();
    let (text, last) = bytes.split_at(bytes.len() - 1);
    assert_eq!(last, b"\xff");
    assert_eq!(
        std::str::from_utf8(text).unwrap(),
        "HTTP/1.1 200 OK\r\n\
         Content-Length: 5\r\n\
         Content-Type: text/plain; charset=utf-8\r\n\
         Cache-Control: no-store\r\n\
         Connection: keep-alive\r\n\
         \r\n\
         hello\
         HTTP/1.1 200 OK\r\n\
         Content-Length: 2\r\n\
         Content-Type: application/octet-stream\r\n\
         Cache-Control: no-store\r\n\
         Connection: close\r\n\
         \r\n\
         a"
    );
}

#[test]
fn a_connection_serves_many_requests() {
    let _dog = watchdog();
    let server = DelayServer::start().unwrap();
    let mut client = Client::new(server.addr());
    for i in 0..100 {
        let reply = client.get(&format!("/{}/m{i}", i % 3)).reply();
        assert_eq!(reply.text(), format!("m{i}"));
        assert_eq!(reply.header("Connection"), Some("keep-alive"));
    }
    assert_eq!(server.connections_accepted(), 1);
    assert!(server.requests().iter().all(|r| r.connection == 1));
}

#[test]
fn pipelined_delays_overlap_and_replies_keep_their_order() {
    let _dog = watchdog();
    let server = DelayServer::start().unwrap();
    let request = |t: &str| format!("GET {t} HTTP/1.1\r\nHost: x\r\n\r\n");
    let all = ["/200/a", "/100/b", "/0/c", "/400/d"].map(request).concat();
    let overlap = |_| {
        let mut client = Client::new(server.addr());
        let start = Instant::now();
        client.send(&all);
        for (message, ms) in [("a", 200), ("b", 200), ("c", 200), ("d", 400)] {
            assert_eq!(client.reply().text(), message);
            assert!(start.elapsed() >= ms * MS, "{message}");
        }
        // One after the other is never less than 700 ms.
        start.elapsed() < 700 * MS
    };
    // A busy machine may take its time, but not each time.
    assert!((0..10).any(overlap), "ten times as long as all delays");
}

#[test]
fn more_requests_than_are_kept_waiting_are_answered_in_order() {
    let _dog = watchdog();
    let server = DelayServer::start().unwrap();
    let mut client = Client::new(server.addr());
    let count = MAX_PIPELINED * 10;
    let mut sender = client.stream.try_clone().unwrap();
    let sending = thread::spawn(move || {
        for i in 0..count {
            let text = format!("GET /1/m{i} HTTP/1.1\r\nHost: x\r\n\r\n");
            sender.write_all(text.as_bytes()).unwrap();
        }
    });
    for i in 0..count {
        assert_eq!(client.reply().text(), format!("m{i}"));
    }
    sending.join().unwrap();
    assert_eq!(server.request_count(), count);
}

#[test]
fn no_more_than_the_limit_is_read_ahead() {
    let _dog = watchdog();
    let server = DelayServer::start().unwrap();
    let mut client = Client::new(server.addr());
    client.send("GET /300/m HTTP/1.1\r\nHost: x\r\n\r\n".repeat(100));
    server.wait_for_requests(MAX_PIPELINED, LONG).unwrap();
    thread::sleep(50 * MS);
    assert_eq!(server.request_count(), MAX_PIPELINED);
    for _ in 0..100 {
        client.reply();
    }
}

#[test]
fn a_client_that_has_ended_its_side_gets_its_answers() {
    let _dog = watchdog();
    let server = DelayServer::start().unwrap();
    let mut client = Client::new(server.addr());
    client.get("/100/a").get("/0/b").end();
    assert_eq!(client.reply().text(), "a");
    assert_eq!(client.reply().text(), "b");
    client.expect_end();
}

#[test]
fn pipelined_requests_beyond_the_limit_survive_a_half_close() {
    let _dog = watchdog();
    let server = DelayServer::start().unwrap();
    let mut client = Client::new(server.addr());
    client
        .send("GET /20/m HTTP/1.1\r\nHost: x\r\n\r\n".repeat(100))
        .end();
    for _ in 0..100 {
        assert_eq!(client.reply().text(), "m");
    }
    client.expect_end();
}

#[test]
fn connection_close_ends_the_connection_after_the_answer() {
    let _dog = watchdog();
    let server = DelayServer::start().unwrap();
    for (version, header) in [
        ("1.1", "Connection: close"),
        ("1.0", "X: y"),
        ("1.1", "Connection: x, Close"),
    ] {
        let mut client = Client::new(server.addr());
        client.send(format!(
            "GET /5/m HTTP/{version}\r\nHost: x\r\n{header}\r\n\r\n"
        ));
        let reply = client.reply();
        assert_eq!(reply.text(), "m");
        assert_eq!(reply.header("Connection"), Some("close"));
        client.expect_end();
    }
}

#[test]
fn http_1_0_needs_no_host_and_may_ask_to_keep_the_connection() {
    let _dog = watchdog();
    let server = DelayServer::start().unwrap();
    let mut client = Client::new(server.addr());
    for _ in 0..2 {
        client.send("GET /0/m HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
        assert_eq!(client.reply().header("Connection"), Some("keep-alive"));
    }
}

#[test]
fn head_is_a_get_without_the_body() {
    let _dog = watchdog();
    let server = DelayServer::start().unwrap();
    let mut client = Client::new(server.addr());
    let start = Instant::now();
    client.send("HEAD /50/hello HTTP/1.1\r\nHost: x\r\n\r\n");
    let reply = client.head();
    assert!(start.elapsed() >= 50 * MS);
    assert_eq!(
        (reply.status, reply.header("Content-Length")),
        (200, Some("5"))
    );
    // What follows is the next reply and not a body.
    assert_eq!(client.get("/0/next").reply().text(), "next");
}

#[test]
fn bodies_are_skipped_and_the_next_request_is_found() {
    let _dog = watchdog();
    let server = DelayServer::start().unwrap();
    let mut client = Client::new(server.addr());
    let body = "GET /0/wrong HTTP/1.1\r\nHost: x\r\n\r\n".repeat(5_000);
    let length = body.len();
    for (method, status) in [("GET", 200), ("POST", 405), ("PUT", 405)] {
        client.send(format!(
            "{method} /0/m HTTP/1.1\r\nHost: x\r\n\
             Content-Length: {length}\r\n\r\n{body}"
        ));
        let reply = client.reply();
        assert_eq!(reply.status, status);
        assert_eq!(reply.header("Connection"), Some("keep-alive"));
        assert_eq!(client.get("/0/next").reply().text(), "next");
    }
    assert_eq!(server.request_count(), 6);
}

#[test]
fn the_delay_counts_from_the_end_of_the_body() {
    let _dog = watchdog();
    let server = DelayServer::start().unwrap();
    let mut client = Client::new(server.addr());
    client.send("GET /50/m HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\na");
    client.expect_silence(100 * MS);
    assert_eq!(server.request_count(), 0);
    let start = Instant::now();
    client.send("b");
    assert_eq!(client.reply().text(), "m");
    assert!(start.elapsed() >= 50 * MS);
}

#[test]
fn a_client_that_expects_a_100_gets_it_before_the_body() {
    let _dog = watchdog();
    let server = DelayServer::start().unwrap();
    let mut client = Client::new(server.addr());
    client.send(
        "GET /0/m HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\
         Expect: 100-continue\r\n\r\n",
    );
    assert_eq!(client.reply().head, "HTTP/1.1 100 Continue\r\n\r\n");
    client.send("x");
    assert_eq!(client.reply().text(), "m");
}

#[test]
fn a_target_that_was_encoded_comes_back_as_the_message() {
    let _dog = watchdog();
    let server = DelayServer::start().unwrap();
    for message in ["", "a b", "grüße", "100%", "?&=#/../", "\r\n\0", "日本"]
    {
        let reply = get(server.addr(), &target(MS, message), LONG).unwrap();
        assert_eq!((reply.status, reply.text()), (200, message.to_owned()));
        assert_eq!(
            reply.header("content-type"),
            Some("text/plain; charset=utf-8")
        );
    }
}

#[test]
fn size_repeats_the_message() {
    let _dog = watchdog();
    let server = DelayServer::start().unwrap();
    let reply = get(server.addr(), "/0/abc?size=8", LONG).unwrap();
    assert_eq!(reply.text(), "abcabcab");
    let reply = get(server.addr(), "/0/abc?size=0", LONG).unwrap();
    assert_eq!(reply.body, b"");
    let megabytes = 5 << 20;
    let long = format!("/0/abc?size={megabytes}");
    let reply = get(server.addr(), &long, LONG).unwrap();
    assert_eq!(reply.body.len(), megabytes);
    assert!(reply.body.iter().eq(b"abc".iter().cycle().take(megabytes)));
}

#[test]
fn a_line_may_end_in_a_line_feed_and_empty_lines_may_come_first() {
    let _dog = watchdog();
    let server = DelayServer::start().unwrap();
    let mut client = Client::new(server.addr());
    client.send("\r\n\n\r\nGET /0/m HTTP/1.1\nHost: x\n\n");
    assert_eq!(client.reply().text(), "m");
    // More empty lines than a head may be long.
    client.send("\r\n".repeat(20_000)).get("/0/n");
    assert_eq!(client.reply().text(), "n");
}

#[test]
fn requests_are_recorded() {
    let _dog = watchdog();
    let server = DelayServer::start().unwrap();
    let before = Instant::now();
    let mut first = Client::new(server.addr());
    first.send(b"GET /0/a%20b HTTP/1.1\r\nHost: h\r\nX-Y: \xff z\r\n\r\n");
    first.reply();
    let mut second = Client::new(server.addr());
    second.send("POST /nonsense HTTP/1.0\r\n\r\n");
    second.reply();
    let requests = server.wait_for_requests(2, LONG).unwrap();
    assert_eq!(requests.len(), 2);
    let [a, b] = [&requests[0], &requests[1]];
    assert_eq!((&*a.method, &*a.target), ("GET", "/0/a%20b"));
    assert_eq!((a.connection, b.connection), (1, 2));
    assert_eq!((a.header("host"), a.header("none")), (Some("h"), None));
    assert_eq!((&*b.method, &*b.target), ("POST", "/nonsense"));
    assert!(before <= a.arrived && a.arrived <= b.arrived);
    assert_eq!(server.connections_accepted(), 2);
    drop((first, second));
    eventually("both close", || server.connections_open() == 0);
}

#[test]
fn waiting_for_requests_that_do_not_come_says_how_many_did() {
    let _dog = watchdog();
    let server = DelayServer::start().unwrap();
    get(server.addr(), "/0/m", LONG).unwrap();
    let start = Instant::now();
    let error = server.wait_for_requests(2, 30 * MS).unwrap_err();
    assert!(start.elapsed() >= 30 * MS);
    assert_eq!(error.kind(), std::io::ErrorKind::TimedOut);
    assert_eq!(error.to_string(), "1 of 2 requests within 30ms");
    assert_eq!(server.wait_for_requests(0, Duration::MAX).unwrap().len(), 1);
}

#[test]
fn the_record_keeps_to_its_limit_and_the_count_does_not() {
    let _dog = watchdog();
    let server = DelayServer::builder().record_limit(3).start().unwrap();
    let mut client = Client::new(server.addr());
    for i in 0..10 {
        client.get(&format!("/0/{i}")).reply();
    }
    let targets: Vec<_> =
        server.requests().into_iter().map(|r| r.target).collect();
    assert_eq!(targets, ["/0/0", "/0/1", "/0/2"]);
    assert_eq!(server.request_count(), 10);
}

#[test]
fn the_small_client_says_what_went_wrong() {
    let _dog = watchdog();
    use std::io::ErrorKind::{self, *};
    let server = DelayServer::start().unwrap();
    let addr = server.addr();
    let kind = |target: &str, timeout| -> ErrorKind {
        get(addr, target, timeout).unwrap_err().kind()
    };
    assert_eq!(kind("/0/a b", LONG), InvalidInput);
    assert_eq!(kind("", LONG), InvalidInput);
    assert_eq!(kind("/0/m", Duration::ZERO), InvalidInput);
    assert_eq!(kind("/5000/m", 30 * MS), TimedOut);
    assert_eq!(kind("/0/m?fault=close-in-the-middle", LONG), UnexpectedEof);
    assert_eq!(kind("/0/m?fault=reset", LONG), ConnectionReset);
    assert_eq!(get(addr, "/", LONG).unwrap().status, 400);
    drop(server);
    assert_eq!(kind("/0/m", LONG), ConnectionRefused);
}

#[test]
fn many_clients_at_once_each_get_their_own_answer_in_time() {
    let _dog = watchdog();
    let server = DelayServer::start().unwrap();
    let start = Instant::now();
    let clients: Vec<_> = (0..100)
        .map(|i| {
            let addr = server.addr();
            thread::spawn(move || {
                let mut client = Client::new(addr);
                for turn in 0..5 {
                    let message = format!("{i}-{turn}");
                    let start = Instant::now();
                    let reply = client.get(&format!("/100/{message}")).reply();
                    assert_eq!(reply.text(), message);
                    assert!(start.elapsed() >= 100 * MS);
                }
            })
        })
        .collect();
    for client in clients {
        client.join().unwrap();
    }
    // One at a time would be 50 s.
    assert!(start.elapsed() < LONG, "{:?}", start.elapsed());
    assert_eq!(server.request_count(), 500);
}

#[test]
fn a_request_in_pieces_is_one_request() {
    let _dog = watchdog();
    let server = DelayServer::start().unwrap();
    let text = b"GET /0/m HTTP/1.1\r\nHost: x\r\n\r\n";
    for cut in 1..text.len() {
        let mut stream = TcpStream::connect(server.addr()).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.write_all(&text[..cut]).unwrap();
        thread::sleep(MS);
        stream.write_all(&text[cut..]).unwrap();
        drop(stream);
    }
    server.wait_for_requests(text.len() - 1, LONG).unwrap();
}
