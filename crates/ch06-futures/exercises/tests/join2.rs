//! The tests of exercise `join2`, for the stub and the solution.

use super::join2;
use ch06_futures::{CountWakes, one_shot};
use std::cell::Cell;
use std::future::{poll_fn, ready};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

/// Is ready at its poll number `last`, counts, and fails if polled after that.
fn ready_at(
    last: u32,
    polls: Rc<Cell<u32>>,
) -> impl Future<Output = u32> + Unpin {
    poll_fn(move |_| {
        polls.set(polls.get() + 1);
        let wrong = "exercise join2: polled after its end";
        assert!(polls.get() <= last, "{wrong}");
        if polls.get() == last {
            Poll::Ready(last)
        } else {
            Poll::Pending
        }
    })
}

#[test]
fn both_are_polled_until_each_is_ready() {
    for (first, second) in [(1, 1), (1, 3), (3, 1), (2, 3)] {
        let polls = [Rc::default(), Rc::default()];
        let a = ready_at(first, Rc::clone(&polls[0]));
        let b = ready_at(second, Rc::clone(&polls[1]));
        let mut both = join2(a, b);
        let mut cx = Context::from_waker(Waker::noop());
        let mut rounds = 0;
        let outputs = loop {
            rounds += 1;
            if let Poll::Ready(outputs) = Pin::new(&mut both).poll(&mut cx) {
                break outputs;
            }
            let wrong = "exercise join2: it is not ready though both are";
            assert!(rounds < first.max(second), "{wrong}");
        };
        let wrong = "exercise join2: other polls";
        assert_eq!(rounds, first.max(second), "{wrong}");
        let counts = [polls[0].get(), polls[1].get()];
        assert_eq!(counts, [first, second], "{wrong}");
        let wrong = "exercise join2: other outputs";
        assert_eq!(outputs, (first, second), "{wrong}");
    }
}

#[test]
fn a_branch_is_dropped_when_it_is_ready() {
    let held = Rc::new(());
    let theirs = Rc::clone(&held);
    let a = Box::pin(async move {
        let _held = theirs;
    });
    // An async block drops its locals itself; the closure does not.
    let theirs = Rc::clone(&held);
    let b = poll_fn(move |_| {
        let _held = &theirs;
        Poll::Ready(())
    });
    let mut both = join2(join2(a, b), std::future::pending::<()>());
    let mut cx = Context::from_waker(Waker::noop());
    let pending = Pin::new(&mut both).poll(&mut cx).is_pending();
    assert!(pending, "exercise join2: one of the two is not ready");
    let wrong = "exercise join2: a branch that was ready is still kept";
    assert_eq!(Rc::strong_count(&held), 1, "{wrong}");
}

#[test]
fn either_branch_wakes_the_task() {
    let wakes = Arc::new(CountWakes::default());
    let waker = Waker::from(Arc::clone(&wakes));
    let mut cx = Context::from_waker(&waker);
    let (one, first) = one_shot();
    let (two, second) = one_shot();
    let mut both = pin!(join2(join2(first, second), ready('c')));
    let pending = both.as_mut().poll(&mut cx).is_pending();
    assert!(pending, "exercise join2: nothing was sent yet");
    let _ = two.send('b');
    let _ = one.send('a');
    let wrong = "exercise join2: not every branch got the waker";
    assert_eq!(wakes.count(), 2, "{wrong}");
    let ready = both.as_mut().poll(&mut cx);
    let expected = Poll::Ready(((Ok('a'), Ok('b')), 'c'));
    assert_eq!(ready, expected, "exercise join2: other outputs");
}
