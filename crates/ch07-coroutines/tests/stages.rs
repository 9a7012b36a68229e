//! Stages 2 to 4, the coroutines by macro: in turn, at once, and what an error
//! or a drop does to the rest.

mod support;

use ch07_coroutines::s2_coroutine::greeting;
use ch07_coroutines::s3_in_turn::in_turn;
use ch07_coroutines::s4_at_once::at_once;
use ch07_coroutines::{Future, Http, spin_on};
use delay_server::DelayServer;
use std::io::ErrorKind;
use std::thread;
use std::time::Duration;
use support::within_a_minute;

fn paths(paths: &[&str]) -> Vec<String> {
    paths.iter().map(|path| path.to_string()).collect()
}

#[test]
fn calls_send_nothing() {
    let server = DelayServer::start().expect("a free port");
    let http = Http::new(server.addr());
    drop(greeting(http.clone()));
    drop(in_turn(http.clone(), paths(&["/0/a"])));
    drop(at_once(http, paths(&["/0/a"])));
    assert_eq!(server.connections_accepted(), 0);
}

#[test]
fn nothing_to_ask_is_ready_at_once() {
    let server = DelayServer::start().expect("a free port");
    let http = Http::new(server.addr());
    let mut none = in_turn(http.clone(), Vec::new());
    assert!(none.poll().is_ready());
    let mut none = at_once(http, Vec::new());
    assert!(none.poll().is_ready());
}

#[test]
fn in_turn_the_first_error_is_the_last_request() {
    within_a_minute(|| {
        let server = DelayServer::start().expect("a free port");
        let http = Http::new(server.addr());
        let asked = paths(&["/0/a", "/0/b?fault=close-in-the-middle", "/0/c"]);
        let error = spin_on(in_turn(http, asked)).expect_err("of the second");
        assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
        assert_eq!(server.request_count(), 2);
    });
}

#[test]
fn at_once_all_are_asked_whichever_fails() {
    within_a_minute(|| {
        let server = DelayServer::start().expect("a free port");
        let http = Http::new(server.addr());
        let asked = paths(&["/20/a", "/0/b?fault=close-in-the-middle", "/9/c"]);
        let error = spin_on(at_once(http.clone(), asked)).expect_err("one");
        assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
        assert_eq!(server.request_count(), 3);
        // Those that were answered gave their connections back.
        assert_eq!(http.idle_connections(), 2);
    });
}

#[test]
fn dropped_in_the_middle_they_close_what_is_open() {
    within_a_minute(|| {
        let server = DelayServer::start().expect("a free port");
        let http = Http::new(server.addr());
        let asked = paths(&["/0/a?fault=never"; 4]);
        let mut all = at_once(http.clone(), asked.clone());
        let mut one = in_turn(http, asked);
        while server.request_count() < 5 {
            assert!(!all.poll().is_ready());
            assert!(!one.poll().is_ready());
        }
        assert_eq!(server.connections_open(), 5);
        drop((all, one));
        while server.connections_open() > 0 {
            thread::sleep(Duration::from_millis(1));
        }
    });
}

#[test]
#[should_panic(expected = "polled")]
fn a_finished_one_must_not_be_polled_again() {
    let server = DelayServer::start().expect("a free port");
    let mut none = in_turn(Http::new(server.addr()), Vec::new());
    assert!(none.poll().is_ready());
    let _ = none.poll();
}
