//! Stage 1, the coroutine by hand: where it stands, and what it drops when.

mod support;

use ch07_coroutines::s1_by_hand::greeting;
use ch07_coroutines::{Future, Http, PollState, spin_on};
use delay_server::DelayServer;
use std::io;
use std::net::TcpListener;
use std::thread;
use std::time::Duration;
use support::within_a_minute;

#[test]
fn it_is_paused_at_each_wait_in_turn() {
    within_a_minute(|| {
        let server = DelayServer::start().expect("a free port");
        let mut coroutine = greeting(Http::new(server.addr()));
        let mut places = vec![coroutine.place()];
        let text = loop {
            let answer = coroutine.poll();
            if places.last() != Some(&coroutine.place()) {
                places.push(coroutine.place());
            }
            if let PollState::Ready(text) = answer {
                break text;
            }
        };
        assert_eq!(text.expect("both reply"), "Ada: hello-Ada");
        let expected = ["beginning", "first wait", "second wait", "end"]
            .map(|place| format!("at its {place}"));
        assert_eq!(places, expected);
    });
}

#[test]
fn a_call_sends_nothing() -> io::Result<()> {
    let server = DelayServer::start()?;
    drop(greeting(Http::new(server.addr())));
    assert_eq!(server.connections_accepted(), 0);
    Ok(())
}

#[test]
fn dropped_at_its_first_wait_it_never_asks_the_second() {
    within_a_minute(|| {
        let server = DelayServer::start().expect("a free port");
        let mut coroutine = greeting(Http::new(server.addr()));
        while server.request_count() < 1 {
            assert!(!coroutine.poll().is_ready());
        }
        drop(coroutine);
        while server.connections_open() > 0 {
            thread::sleep(Duration::from_millis(1));
        }
        thread::sleep(Duration::from_millis(250)); // the reply was due
        assert_eq!(server.request_count(), 1);
    });
}

#[test]
fn an_error_at_the_first_wait_ends_it() {
    within_a_minute(|| {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let addr = listener.local_addr().expect("it is bound");
        drop(listener);
        let error = spin_on(greeting(Http::new(addr))).expect_err("refused");
        assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
    });
}

#[test]
#[should_panic(expected = "a finished future was polled again")]
fn a_finished_coroutine_must_not_be_polled_again() {
    let server = DelayServer::start().expect("a free port");
    let mut coroutine = greeting(Http::new(server.addr()));
    while !coroutine.poll().is_ready() {}
    let _ = coroutine.poll();
}
