//! The tests of exercise `deadline`, for the stub and the solution.

use super::{Deadline, Elapsed};
use ch07_coroutines::{Future, Http, Later, PollState, spin_on};
use delay_server::DelayServer;
use std::io;
use std::thread;
use std::time::{Duration, Instant};

#[test]
fn what_is_in_time_is_passed_on() {
    let far = Instant::now() + Duration::from_secs(600);
    let output = spin_on(Deadline::new(Later::new(5, 3), far));
    assert_eq!(output, Ok(5), "exercise deadline: another output");
}

#[test]
fn what_is_there_counts_although_it_is_late() {
    let past = Instant::now();
    thread::sleep(Duration::from_millis(2));
    let output = spin_on(Deadline::new(Later::new(5, 0), past));
    assert_eq!(
        output,
        Ok(5),
        "exercise deadline: an output was thrown away"
    );
}

#[test]
fn giving_up_closes_the_connection_at_once() -> io::Result<()> {
    let server = DelayServer::start()?;
    let get = Http::new(server.addr()).get("/0/x?fault=never");
    let start = Instant::now();
    let at = start + Duration::from_millis(100);
    let mut deadline = Deadline::new(get, at);
    let output = loop {
        if let PollState::Ready(output) = deadline.poll() {
            break output;
        }
        let wrong = "exercise deadline: still waiting after 5 seconds";
        assert!(start.elapsed() < Duration::from_secs(5), "{wrong}");
    };
    let wrong = "exercise deadline: there is no reply";
    assert!(matches!(output, Err(Elapsed)), "{wrong}");
    let wrong = "exercise deadline: it gave up too early";
    assert!(start.elapsed() >= Duration::from_millis(100), "{wrong}");
    assert_eq!(server.connections_accepted(), 1);
    while server.connections_open() > 0 {
        let wrong = "exercise deadline: the inner future still lives";
        assert!(start.elapsed() < Duration::from_secs(5), "{wrong}");
        thread::sleep(Duration::from_millis(1));
    }
    drop(deadline); // only now
    Ok(())
}
