//! Clients that are slow, gone, too many, or do not speak HTTP: the others
//! do not notice, nothing spins, and the server stays.

mod common;

use common::{Client, LONG, Numbers, eventually, watchdog};
use delay_server::{DelayServer, Fault, get};
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

const MS: Duration = Duration::from_millis(1);

/// How often the server wakes up within 300 ms in which nothing happens.
fn wake_ups(server: &DelayServer) -> u64 {
    let before = server.wake_ups();
    thread::sleep(300 * MS);
    server.wake_ups() - before
}

/// The longest of some requests to a server, each of which is made anew.
fn slowest(server: &DelayServer) -> Duration {
    let one = |_| {
        let start = Instant::now();
        let reply = get(server.addr(), "/0/m", LONG).unwrap();
        assert_eq!(reply.text(), "m");
        start.elapsed()
    };
    (0..20).map(one).max().unwrap()
}

#[test]
fn a_server_without_work_sleeps() {
    let _dog = watchdog();
    let server = DelayServer::start().unwrap();
    assert!(wake_ups(&server) <= 1);
    get(server.addr(), "/0/m", LONG).unwrap();
    eventually("it is closed", || server.connections_open() == 0);
    assert!(wake_ups(&server) <= 1);
}

#[test]
fn a_slow_sender_is_served_and_holds_nobody_up() {
    let _dog = watchdog();
    let server = DelayServer::start().unwrap();
    let addr = server.addr();
    let slow = thread::spawn(move || {
        let mut client = Client::new(addr);
        for byte in b"GET /0/slow HTTP/1.1\r\nHost: x\r\n\r\n" {
            client.send([*byte]);
            thread::sleep(10 * MS);
        }
        client.reply()
    });
    while !slow.is_finished() {
        assert!(slowest(&server) < 500 * MS);
    }
    assert_eq!(slow.join().unwrap().text(), "slow");
}

#[test]
fn thousands_of_idle_connections_do_not_slow_an_answer_down() {
    let _dog = watchdog();
    let limit = delay_server::raise_descriptor_limit().unwrap();
    let server = DelayServer::start().unwrap();
    // Both ends are in this process, and other tests run at the same time.
    let most = usize::try_from(limit / 3).unwrap_or(usize::MAX);
    let count = most.min(if cfg!(windows) { 300 } else { 2_000 });
    let request = "GET /0/m HTTP/1.1\r\nHost: x\r\n\r\n";
    let mut idle = Vec::new();
    for i in 0..count {
        let mut client = Client::new(server.addr());
        // In the middle of a head, at its start, between two requests, and
        // half closed without a request (which ends the connection).
        match i % 4 {
            0 => client.send(&request[..i % 20]),
            1 => client.get("/0/m"),
            2 => client.get("/50/m"),
            _ => &mut client,
        };
        idle.push(client);
    }
    eventually("all are accepted", || server.connections_open() == count);
    eventually("all is quiet", || wake_ups(&server) <= 1);
    assert!(slowest(&server) < 500 * MS, "{:?}", slowest(&server));
    for (i, client) in idle.iter_mut().enumerate() {
        match i % 4 {
            0 => client.send(&request[i % 20..]),
            3 => client.get("/0/m"),
            _ => client,
        };
    }
    for client in &mut idle {
        assert_eq!(client.reply().text(), "m");
    }
    drop(idle);
    eventually("all are closed", || server.connections_open() == 0);
}

#[test]
fn a_client_that_does_not_read_holds_nobody_up_and_nothing_spins() {
    let _dog = watchdog();
    let server = DelayServer::start().unwrap();
    let mut deaf = Vec::new();
    for half_closed in [false, true] {
        let mut client = Client::new(server.addr());
        let megabytes = 60 << 20;
        for _ in 0..10 {
            client.get(&format!("/0/abc?size={megabytes}"));
        }
        if half_closed {
            client.end();
        }
        deaf.push(client);
    }
    // Another sends requests as fast as it can, and reads no answer.
    let flood = TcpStream::connect(server.addr()).unwrap();
    flood.set_write_timeout(Some(300 * MS)).unwrap();
    let requests = "GET /0/m HTTP/1.1\r\nHost: x\r\n\r\n".repeat(1000);
    while (&flood).write_all(requests.as_bytes()).is_ok() {}
    server.wait_for_requests(21, LONG).unwrap();
    // Where the system reports a hang-up over and over, it is looked at every
    // 20 ms: a wake-up for the pause's end and one for the report.
    let most = if cfg!(target_os = "linux") { 3 } else { 40 };
    eventually("all buffers are full", || wake_ups(&server) <= most);
    assert!(slowest(&server) < 500 * MS);
    // They still get it all, once they read.
    let reply = deaf[1].reply();
    assert_eq!(reply.body.len(), 60 << 20);
    assert!(reply.body.ends_with(b"cabcabcabc"));
}

#[test]
fn clients_that_go_away_at_any_moment_leave_nothing_behind() {
    let _dog = watchdog();
    let server = DelayServer::start().unwrap();
    let mut numbers = Numbers(1);
    let text = b"GET /20/abc?size=500000 HTTP/1.1\r\nHost: x\r\n\r\n";
    for i in 0..200 {
        let mut stream = TcpStream::connect(server.addr()).unwrap();
        let whole = i % 2 == 0;
        let sent = if whole {
            text.len()
        } else {
            numbers.below(text.len())
        };
        stream.write_all(&text[..sent]).unwrap();
        match i % 5 {
            0 => stream.shutdown(Shutdown::Both).unwrap(),
            1 => thread::sleep(30 * MS),
            2 if whole => {
                // What it leaves unread makes its close a reset.
                stream.read_exact(&mut [0; 100]).unwrap();
            }
            _ => {}
        }
    }
    eventually("all are closed", || server.connections_open() == 0);
    eventually("the server sleeps", || wake_ups(&server) <= 1);
    assert!(slowest(&server) < 500 * MS);
}

// Linux resets a connection that is closed with something unread. Others end
// it in order, and a client that has done that may still want its answer.
#[cfg(target_os = "linux")]
#[test]
fn a_client_that_is_gone_is_noticed_before_its_answer_is_due() {
    let _dog = watchdog();
    let server = DelayServer::start().unwrap();
    let mut client = Client::new(server.addr());
    // The first answer stays unread, so the close is a reset.
    client.get("/0/m").get("/60000/m");
    server.wait_for_requests(2, LONG).unwrap();
    client.stream.peek(&mut [0]).unwrap();
    drop(client);
    eventually("it is closed", || server.connections_open() == 0);
}

#[test]
fn garbage_of_any_kind_is_survived() {
    let _dog = watchdog();
    let server = DelayServer::start().unwrap();
    let mut numbers = Numbers(0x5eed);
    let words: [&[u8]; 20] = [
        b"GET ",
        b"HEAD ",
        b"POST ",
        b"/",
        b"/0/",
        b"/1/m",
        b"%",
        b"?",
        b"&",
        b"size=",
        b"fault=",
        b"never",
        b" HTTP/1.1",
        b" HTTP/9.9",
        b"\r\n",
        b"\n",
        b"Host: x",
        b"Content-Length: 7",
        b"\r\n\r\n",
        b"\xff\0",
    ];
    for round in 0..600 {
        let mut text = Vec::new();
        if round % 3 == 0 {
            text.extend_from_slice(b"GET /0/m HTTP/1.1\r\nHost: x\r\n");
        }
        for _ in 0..numbers.below(60) {
            if round % 2 == 0 {
                text.push(numbers.below(256) as u8);
            } else {
                text.extend_from_slice(words[numbers.below(words.len())]);
            }
        }
        let mut client = Client::new(server.addr());
        let middle = numbers.below(text.len() + 1);
        client.send(&text[..middle]).send(&text[middle..]);
        if round % 4 != 0 {
            // Every answer but those to `never` is whole, and all end.
            client.end();
            let answer = client.rest().unwrap();
            let answer = String::from_utf8_lossy(&answer);
            let known = answer.is_empty() || answer.starts_with("HTTP/1.1 ");
            assert!(known, "{:?} got {answer}", text.escape_ascii());
        }
    }
    eventually("all are closed", || server.connections_open() == 0);
    assert!(slowest(&server) < 500 * MS);
}

#[test]
fn a_valid_request_with_one_byte_changed_always_gets_an_answer() {
    let _dog = watchdog();
    let server = DelayServer::start().unwrap();
    let mut numbers = Numbers(77);
    let text = b"GET /0/message?size=3 HTTP/1.1\r\nHost: x\r\n\
                 Content-Length: 3\r\n\r\nabc";
    for place in 0..text.len() {
        for _ in 0..4 {
            let mut text = text.to_vec();
            text[place] = numbers.below(256) as u8;
            let mut client = Client::new(server.addr());
            client.send(&text).end();
            let answer = client.rest().unwrap();
            let shown = text.escape_ascii();
            assert!(answer.starts_with(b"HTTP/1.1 "), "{shown}");
        }
    }
}

#[test]
fn a_drop_ends_connections_in_every_state_and_soon() {
    let _dog = watchdog();
    let server = DelayServer::start().unwrap();
    let targets = ["/60000/m", "/0/m?size=60000000", "/0/m"].map(String::from);
    let faults = Fault::ALL.map(|fault| format!("/60000/m?fault={fault}"));
    let mut clients = Vec::new();
    for target in targets.iter().chain(&faults) {
        for half_closed in [false, true] {
            let mut client = Client::new(server.addr());
            client.get(target);
            if half_closed {
                client.end();
            }
            clients.push(client);
        }
    }
    for text in ["", "GET /0/", "nonsense\r\n\r\n"] {
        let mut client = Client::new(server.addr());
        client.send(text);
        clients.push(client);
    }
    let mut body = Client::new(server.addr());
    body.send("GET /0/m HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n");
    clients.push(body);
    server.wait_for_requests(14, LONG).unwrap();
    let start = Instant::now();
    drop(server);
    assert!(start.elapsed() < LONG / 2, "{:?}", start.elapsed());
    for client in &mut clients {
        // An end or a reset, after whatever had been sent before.
        let _ = client.rest();
    }
    let elapsed = start.elapsed();
    assert!(elapsed < LONG, "{elapsed:?}");
}

#[test]
fn the_address_is_free_again_after_a_drop() {
    let _dog = watchdog();
    let server = DelayServer::start().unwrap();
    let addr = server.addr();
    get(addr, "/0/m", LONG).unwrap();
    drop(server);
    let server = DelayServer::builder().addr(addr).start().unwrap();
    assert_eq!(server.url(), format!("http://{addr}"));
    assert_eq!(get(addr, "/0/m", LONG).unwrap().status, 200);
}

#[test]
fn servers_come_and_go_without_leaving_threads_or_sockets() {
    let _dog = watchdog();
    for _ in 0..100 {
        let server = DelayServer::start().unwrap();
        let _client = TcpStream::connect(server.addr()).unwrap();
    }
    #[cfg(target_os = "linux")]
    {
        let alive = || {
            let tasks = std::fs::read_dir("/proc/self/task").unwrap();
            let name = |task: std::fs::DirEntry| {
                std::fs::read_to_string(task.path().join("comm"))
            };
            let names = tasks.filter_map(|task| name(task.ok()?).ok());
            names.filter(|name| name.trim() == "delay-server").count()
        };
        // Those of the tests that run at the same time.
        eventually("the threads are gone", || alive() < 15);
    }
}
