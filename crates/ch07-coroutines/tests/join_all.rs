//! `join_all`: order, polls and drops. And futures that are started at once.

mod support;

use ch07_coroutines::{
    Counted, Future, Http, Later, PollState, join_all, spin_on, start,
};
use delay_server::DelayServer;
use std::cell::{Cell, RefCell};
use std::mem;
use std::panic::{self, AssertUnwindSafe};
use std::time::{Duration, Instant};
use support::within_a_minute;

#[test]
fn outputs_are_in_the_order_of_the_futures() {
    let all = join_all((0..5).map(|n| Later::new(n, 5 - n)));
    assert_eq!(spin_on(all), [0, 1, 2, 3, 4]);
}

#[test]
fn it_takes_as_many_polls_as_the_slowest() {
    let all =
        join_all([3, 0, 2].map(|waits| Counted::new(Later::new((), waits))));
    let (outputs, polls) = spin_on(Counted::new(all));
    assert_eq!(polls, 4);
    // A branch that is finished is not polled again.
    assert_eq!(outputs, [((), 4), ((), 1), ((), 3)]);
}

/// Waits for one after the other.
#[corofy::coroutine]
fn in_turn(a: Later<char>, b: Later<char>) -> (char, char) {
    let a = a.wait;
    (a, b.wait)
}

#[test]
fn in_turn_the_poll_that_ends_one_wait_begins_the_next() {
    let both = in_turn(Later::new('a', 4), Later::new('b', 2));
    assert_eq!(spin_on(Counted::new(both)), (('a', 'b'), 7));
}

#[test]
fn none_at_all_are_ready_at_once() {
    let mut all = join_all(Vec::<Later<u8>>::new());
    assert_eq!(all.poll(), PollState::Ready(vec![]));
}

/// Notes its number when it is dropped.
struct Noted<'a> {
    waits: u32,
    number: u32,
    drops: &'a RefCell<Vec<u32>>,
}

impl Future for Noted<'_> {
    type Output = u32;

    fn poll(&mut self) -> PollState<u32> {
        match self.waits {
            0 => PollState::Ready(self.number),
            _ => {
                self.waits -= 1;
                PollState::NotReady
            }
        }
    }
}

impl Drop for Noted<'_> {
    fn drop(&mut self) {
        self.drops.borrow_mut().push(self.number);
    }
}

#[test]
fn each_is_dropped_when_it_is_finished_and_the_rest_with_the_whole() {
    let drops = RefCell::new(Vec::new());
    let noted = |number, waits| Noted {
        waits,
        number,
        drops: &drops,
    };
    let mut all = join_all([noted(1, 9), noted(2, 0), noted(3, 1)]);
    assert_eq!(all.poll(), PollState::NotReady);
    assert_eq!(drops.take(), [2]);
    assert_eq!(all.poll(), PollState::NotReady);
    assert_eq!(drops.take(), [3]);
    drop(all);
    assert_eq!(drops.take(), [1]);
}

#[test]
#[should_panic(expected = "a finished future was polled again")]
fn a_finished_one_must_not_be_polled_again() {
    let mut all = join_all([Later::new((), 0)]);
    assert!(all.poll().is_ready());
    let _ = all.poll();
}

#[test]
fn after_a_panic_in_one_of_them_the_whole_is_not_finished() {
    /// Panics at its first poll.
    struct Panics(bool);
    impl Future for Panics {
        type Output = char;
        fn poll(&mut self) -> PollState<char> {
            assert!(mem::replace(&mut self.0, true), "the first poll");
            PollState::Ready('p')
        }
    }
    for at in 0..3 {
        let mut all = join_all((0..3).map(|n| Panics(n != at)));
        let poll = || all.poll();
        let first = panic::catch_unwind(AssertUnwindSafe(poll));
        assert!(first.is_err());
        assert_eq!(all.poll(), PollState::Ready(vec!['p'; 3]));
    }
}

#[test]
fn a_hundred_requests_take_the_time_of_the_slowest() {
    within_a_minute(|| {
        let server = DelayServer::start().expect("a free port");
        let http = Http::new(server.addr());
        let start = Instant::now();
        let gets = (0..100).map(|n| http.get(&format!("/{}/{n}", 200 - n)));
        let replies = spin_on(join_all(gets));
        let took = start.elapsed();
        for (number, reply) in replies.into_iter().enumerate() {
            assert_eq!(reply.expect("it replies"), number.to_string());
        }
        // One after the other it would be 15 seconds.
        assert!(took >= Duration::from_millis(200), "{took:?}");
        assert!(took < Duration::from_secs(5), "{took:?}");
        assert_eq!(server.connections_accepted(), 100);
        assert_eq!(http.idle_connections(), 100);
    });
}

#[test]
fn one_that_fails_leaves_the_others_alone() {
    within_a_minute(|| {
        let server = DelayServer::start().expect("a free port");
        let http = Http::new(server.addr());
        let paths = ["/50/a", "/0/b?fault=reset", "/20/c"];
        let replies = spin_on(join_all(paths.map(|path| http.get(path))));
        let texts: Vec<_> = replies.into_iter().map(Result::ok).collect();
        assert_eq!(texts, [Some("a".to_owned()), None, Some("c".to_owned())]);
    });
}

#[test]
fn started_a_future_is_polled_before_anything_asks() {
    let polls = Cell::new(0);
    struct Polls<'a>(&'a Cell<u32>);
    impl Future for Polls<'_> {
        type Output = u32;
        fn poll(&mut self) -> PollState<u32> {
            self.0.set(self.0.get() + 1);
            match self.0.get() {
                1 => PollState::NotReady,
                polls => PollState::Ready(polls),
            }
        }
    }
    let started = start(Polls(&polls));
    assert_eq!(polls.get(), 1);
    assert_eq!(spin_on(started), 2);
    // One that is ready at once keeps its output until it is asked.
    let mut ready = start(Later::new('r', 0));
    assert_eq!(ready.poll(), PollState::Ready('r'));
}
