//! What goes wrong on request, and that it goes wrong for nobody else.

mod common;

use common::{Client, LONG, eventually, watchdog};
use delay_server::{BYTE_PAUSE, DelayServer, Fault, get};
use std::io::{ErrorKind, Read};
use std::time::{Duration, Instant};

const MS: Duration = Duration::from_millis(1);

#[test]
fn the_names_are_what_a_target_takes() {
    let _dog = watchdog();
    let names = Fault::ALL.map(|fault| fault.to_string());
    let all = ["byte-by-byte", "reset", "never", "close-in-the-middle"];
    assert_eq!(names, all);
}

#[test]
fn byte_by_byte_is_slow_and_whole() {
    let _dog = watchdog();
    let server = DelayServer::start().unwrap();
    let mut client = Client::new(server.addr());
    client.get("/30/whole").reply();
    // A busy machine may sleep meanwhile, but not each time.
    let at_once = |_| byte_by_byte(&mut client);
    let few = (0..10).map(at_once).any(|count| count < 60);
    assert!(few, "60 bytes or more came at once, ten times");
    assert_eq!(client.get("/0/again").reply().text(), "again");
}

/// Asks for a slow reply, and says how much of it the first read brought.
#[track_caller]
fn byte_by_byte(client: &mut Client) -> usize {
    let start = Instant::now();
    client.get("/30/hello?fault=byte-by-byte");
    let mut first = [0; 4096];
    let n = client.stream.read(&mut first).unwrap();
    assert!(start.elapsed() >= 30 * MS);
    let mut rest = first[..n].to_vec();
    while !rest.ends_with(b"\r\n\r\nhello") {
        let n = client.stream.read(&mut first).unwrap();
        assert_ne!(n, 0);
        rest.extend_from_slice(&first[..n]);
    }
    let pauses = rest.len() as u32 - 1;
    assert!(start.elapsed() >= 30 * MS + pauses * BYTE_PAUSE);
    assert!(rest.starts_with(b"HTTP/1.1 200 OK\r\n"));
    n
}

#[test]
fn reset_comes_after_its_delay_and_nothing_before() {
    let _dog = watchdog();
    let server = DelayServer::start().unwrap();
    let mut client = Client::new(server.addr());
    let start = Instant::now();
    client.get("/50/m?fault=reset");
    let error = client.rest().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    assert!(start.elapsed() >= 50 * MS);
    eventually("it is closed", || server.connections_open() == 0);
}

#[test]
fn never_is_silent_until_the_client_ends() {
    let _dog = watchdog();
    let server = DelayServer::start().unwrap();
    let mut client = Client::new(server.addr());
    client.get("/0/m?fault=never").get("/0/after");
    client.expect_silence(150 * MS);
    assert_eq!(server.connections_open(), 1);
    client.end();
    client.expect_end();
    eventually("it is closed", || server.connections_open() == 0);
}

#[test]
fn a_reply_before_never_still_comes() {
    let _dog = watchdog();
    let server = DelayServer::start().unwrap();
    let mut client = Client::new(server.addr());
    client.get("/50/before").get("/0/m?fault=never").end();
    assert_eq!(client.reply().text(), "before");
    client.expect_end();
}

#[test]
fn close_in_the_middle_sends_the_head_and_half_the_body() {
    let _dog = watchdog();
    let server = DelayServer::start().unwrap();
    for (message, half) in [("abcdef", "abc"), ("abcde", "ab"), ("a", "")] {
        let mut client = Client::new(server.addr());
        let start = Instant::now();
        client.get(&format!("/30/{message}?fault=close-in-the-middle"));
        let text = String::from_utf8(client.rest().unwrap()).unwrap();
        assert!(start.elapsed() >= 30 * MS);
        let length = format!("\r\nContent-Length: {}\r\n", message.len());
        assert!(text.contains(&length), "{text}");
        assert!(text.ends_with(&format!("\r\n\r\n{half}")), "{text}");
    }
}

#[test]
fn a_reply_without_a_body_is_cut_in_its_head() {
    let _dog = watchdog();
    let server = DelayServer::start().unwrap();
    for (method, message) in [("HEAD", "abcdef"), ("GET", "")] {
        let mut client = Client::new(server.addr());
        client.send(format!(
            "{method} /0/{message}?fault=close-in-the-middle HTTP/1.1\r\n\
             Host: x\r\n\r\n"
        ));
        let text = String::from_utf8(client.rest().unwrap()).unwrap();
        assert!(text.starts_with("HTTP/1.1 200 OK\r\n"), "{text}");
        assert!(!text.contains("\r\n\r\n"), "{text}");
    }
}

#[test]
fn a_fault_concerns_its_own_connection_only() {
    let _dog = watchdog();
    let server = DelayServer::start().unwrap();
    let mut others: Vec<_> =
        (0..20).map(|_| Client::new(server.addr())).collect();
    for (i, other) in others.iter_mut().enumerate() {
        other.get(&format!("/200/other{i}"));
    }
    let mut faulty = Vec::new();
    for fault in Fault::ALL {
        let mut client = Client::new(server.addr());
        client.get(&format!("/50/m?fault={fault}"));
        faulty.push(client);
    }
    for (i, other) in others.iter_mut().enumerate() {
        assert_eq!(other.reply().text(), format!("other{i}"));
    }
    assert_eq!(get(server.addr(), "/0/m", LONG).unwrap().status, 200);
}
