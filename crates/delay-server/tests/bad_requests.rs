//! Bad requests: which status, a reason that names what was wrong and what
//! is allowed, and whether the connection can be used again.

mod common;

use common::{Client, LONG, watchdog};
use delay_server::{DelayServer, MAX_BODY, MAX_HEAD, MAX_HEADERS, get};

/// Wrong in their meaning: answered, and the connection stays.
#[test]
fn a_request_that_means_nothing_keeps_the_connection() {
    let _dog = watchdog();
    let server = DelayServer::start().unwrap();
    let mut client = Client::new(server.addr());
    let cases = [
        ("GET / ", 400, "for example /250/hello"),
        ("GET /100 ", 400, "\"/100\""),
        ("GET /abc/m ", 400, "the delay is \"abc\""),
        ("GET /60001/m ", 400, "at most 60000"),
        ("GET /1/%zz ", 400, "%25"),
        ("GET /1/m?fault=fire ", 400, "close-in-the-middle"),
        ("GET /1/m?x=y ", 400, "allowed: fault, size"),
        ("GET * ", 400, "\"*\""),
        ("GET example.com:80 ", 400, "example.com:80"),
        ("POST /1/m ", 405, "allowed: GET, HEAD"),
        ("DELETE / ", 405, "\"DELETE\""),
        ("OPTIONS * ", 405, "allowed: GET, HEAD"),
        ("CONNECT x:1 ", 405, "\"CONNECT\""),
        ("get /1/m ", 405, "\"get\""),
    ];
    for (start, status, part) in cases {
        client.send(format!("{start}HTTP/1.1\r\nHost: x\r\n\r\n"));
        let reply = client.reply();
        assert_eq!(reply.status, status, "{start}");
        assert!(reply.text().contains(part), "{start}: {}", reply.text());
        assert!(reply.text().ends_with('\n'));
        let allow = (status == 405).then_some("GET, HEAD");
        assert_eq!(reply.header("Allow"), allow);
        assert_eq!(reply.header("Connection"), Some("keep-alive"), "{start}");
    }
    assert_eq!(client.get("/0/fine").reply().text(), "fine");
}

/// Wrong in their framing: answered, and the connection ends.
#[test]
fn a_request_that_cannot_be_framed_ends_the_connection() {
    let _dog = watchdog();
    let server = DelayServer::start().unwrap();
    let with = |header: &str| {
        format!("GET /1/m HTTP/1.1\r\nHost: x\r\n{header}\r\n\r\n")
    };
    let start = |line: &str| format!("{line}\r\nHost: x\r\n\r\n");
    let huge = "9".repeat(40);
    let cases = [
        (start("nonsense"), 400, "METHOD /target HTTP/1.1"),
        (start("GET /1/m"), 400, "HTTP/1.1"),
        (start("GET /1/m HTTP/1.1 x"), 400, ""),
        (start("GET /1/m HTTQ/1.1"), 400, "does not end in HTTP/1.1"),
        (start("GET /1/m HTTP/"), 400, "does not end in HTTP/1.1"),
        (start("G\u{e9}T /1/m HTTP/1.1"), 400, "METHOD /target"),
        (start("GET /1/m HTTP/2.0"), 505, "\"HTTP/2.0\""),
        (start("GET /1/m HTTP/1.2"), 505, "HTTP/1.1 and HTTP/1.0"),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".into(), 505, "HTTP/2.0"),
        ("\u{16}\u{3}\u{1}\u{2}\0".into(), 400, "METHOD /target"),
        ("GET /1/m HTTP/1.1\r\n\r\n".into(), 400, "0 Host headers"),
        (with("Host: y"), 400, "2 Host headers"),
        (with("No colon"), 400, "Name: value"),
        (with("A : b"), 400, "space before the colon"),
        (with(": b"), 400, "name is empty"),
        (with("A: b\u{1}"), 400, "control character"),
        (with("A: b\r\n folded"), 400, ""),
        (with("A: b\rc"), 400, ""),
        (with("Content-Length: x"), 400, "\"x\""),
        (with("Content-Length: -1"), 400, "whole number"),
        (with("Content-Length: +1"), 400, "whole number"),
        (with("Content-Length:"), 400, "whole number"),
        (with("Content-Length: 5, 5"), 400, "\"5, 5\""),
        (with("Content-Length: 5\r\nContent-Length: 5"), 400, "twice"),
        (with(&format!("Content-Length: {huge}")), 413, "67108864"),
        (
            with(&format!("Content-Length: {}", MAX_BODY + 1)),
            413,
            "at most",
        ),
        (with("Transfer-Encoding: chunked"), 411, "\"chunked\""),
        (
            with("Transfer-Encoding: gzip\r\nContent-Length: 3"),
            411,
            "Content-Length",
        ),
        (with("Expect: cake"), 417, "\"cake\""),
    ];
    for (text, status, part) in cases {
        let mut client = Client::new(server.addr());
        client.send(&text);
        let reply = client.reply();
        assert_eq!(reply.status, status, "{text:?}: {}", reply.text());
        assert!(reply.text().contains(part), "{text:?}: {}", reply.text());
        assert_eq!(reply.header("Connection"), Some("close"), "{text:?}");
        client.expect_end();
    }
    assert_eq!(get(server.addr(), "/0/m", LONG).unwrap().status, 200);
}

#[test]
fn a_method_that_is_not_allowed_is_that_even_with_a_chunked_body() {
    let _dog = watchdog();
    let server = DelayServer::start().unwrap();
    let mut client = Client::new(server.addr());
    client.send(
        "POST /1/m HTTP/1.1\r\nHost: x\r\n\
         Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    );
    let reply = client.reply();
    assert_eq!(
        (reply.status, reply.header("Allow")),
        (405, Some("GET, HEAD"))
    );
    client.expect_end();
}

#[test]
fn a_rejected_head_has_no_body() {
    let _dog = watchdog();
    let server = DelayServer::start().unwrap();
    let mut client = Client::new(server.addr());
    client.send("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_eq!(client.head().status, 400);
    client.send("HEAD / HTTP/1.1\r\n\r\n");
    assert_eq!(client.head().status, 400);
    client.expect_end();
}

#[test]
fn a_head_of_the_longest_length_is_taken_and_one_byte_more_is_not() {
    let _dog = watchdog();
    let server = DelayServer::start().unwrap();
    let head = |length: usize| {
        let start = "GET /0/m HTTP/1.1\r\nHost: x\r\nA: ";
        let filler = "a".repeat(length - start.len() - 4);
        format!("{start}{filler}\r\n\r\n")
    };
    let mut client = Client::new(server.addr());
    assert_eq!(client.send(head(MAX_HEAD)).reply().status, 200);
    let reply = client.send(head(MAX_HEAD + 1)).reply();
    assert_eq!(reply.status, 431);
    assert!(reply.text().contains("8192"), "{}", reply.text());
    client.expect_end();
}

#[test]
fn a_request_line_without_end_is_414_and_headers_without_end_431() {
    let _dog = watchdog();
    let server = DelayServer::start().unwrap();
    let start = "GET /0/m HTTP/1.1\r\nHost: x\r\n";
    let many = "A: b\r\n".repeat(MAX_HEADERS);
    let cases = [
        (format!("GET /0/{}", "a".repeat(100_000)), 414, "8192"),
        (format!("{start}A: {}", "a".repeat(100_000)), 431, "8192"),
        (format!("{start}{many}\r\n"), 431, "64 headers"),
    ];
    for (text, status, part) in cases {
        let mut client = Client::new(server.addr());
        // The server may end the connection before all of it was sent.
        let _ = std::io::Write::write_all(&mut client.stream, text.as_bytes());
        let reply = client.reply();
        assert_eq!(reply.status, status);
        assert!(reply.text().contains(part), "{}", reply.text());
    }
}

#[test]
fn a_request_that_is_cut_off_is_told_so() {
    let _dog = watchdog();
    let server = DelayServer::start().unwrap();
    for (text, part) in [
        ("GET /0/m HTTP/1.1\r\nHo", "within a request head"),
        ("G", "within a request head"),
        (
            "GET /0/m HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nabc",
            "within a request body",
        ),
    ] {
        let mut client = Client::new(server.addr());
        let reply = client.send(text).end().reply();
        assert_eq!(reply.status, 400);
        assert!(reply.text().contains(part), "{}", reply.text());
        client.expect_end();
    }
    assert_eq!(server.request_count(), 0);
}

#[test]
fn a_bad_request_waits_for_the_good_ones_before_it() {
    let _dog = watchdog();
    let server = DelayServer::start().unwrap();
    let mut client = Client::new(server.addr());
    client
        .get("/80/first")
        .send("nonsense\r\n\r\n")
        .get("/0/ignored");
    assert_eq!(client.reply().text(), "first");
    assert_eq!(client.reply().status, 400);
    client.expect_end();
    assert_eq!(server.request_count(), 1);
}

#[test]
fn an_answer_is_not_lost_to_what_the_client_still_sends() {
    let _dog = watchdog();
    let server = DelayServer::start().unwrap();
    for _ in 0..20 {
        let mut client = Client::new(server.addr());
        // Closing at once, with all this unread, would reset the connection.
        let text = format!("nonsense\r\n\r\n{}", "x".repeat(200_000));
        client.send(text);
        assert_eq!(client.reply().status, 400);
        client.end().expect_end();
    }
}
