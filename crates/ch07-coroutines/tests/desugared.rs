//! One function as three machines: the same output, in the same polls.

mod support;

use ch07_coroutines::desugared::{Sum, greeting_async, sum, sum_async};
use ch07_coroutines::{Counted, Http, spin_on};
use ch07_coroutines::{s1_by_hand, s2_coroutine};
use delay_server::DelayServer;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use support::within_a_minute;

/// The output of a future of the standard library's, and how many polls it
/// took.
fn polled<F: Future>(future: F) -> (F::Output, u64) {
    let mut future = pin!(future);
    let mut cx = Context::from_waker(Waker::noop());
    let mut polls = 1;
    loop {
        match future.as_mut().poll(&mut cx) {
            Poll::Ready(output) => return (output, polls),
            Poll::Pending => polls += 1,
        }
    }
}

#[test]
fn each_takes_one_poll_for_each_stop_and_one_more() {
    for count in [0, 1, 2, 10] {
        let expected = (count * (count + 1) / 2, u64::from(count) + 1);
        let by_hand = Sum::Start { count };
        assert_eq!(spin_on(Counted::new(by_hand)), expected);
        assert_eq!(spin_on(Counted::new(sum(count))), expected);
        assert_eq!(polled(sum_async(count)), expected);
    }
}

#[test]
fn each_greets() {
    within_a_minute(|| {
        let server = DelayServer::start().expect("a free port");
        let http = Http::new(server.addr());
        let by_hand = spin_on(s1_by_hand::greeting(http.clone()));
        let by_macro = spin_on(s2_coroutine::greeting(http.clone()));
        let by_async = polled(greeting_async(http)).0;
        for text in [by_hand, by_macro, by_async] {
            assert_eq!(text.expect("it replies"), "Ada: hello-Ada");
        }
    });
}
