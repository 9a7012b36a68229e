//! Runs one future and prints what happens to it, one JSON object a line: the
//! figure of the page is recorded from it.
//!
//! `block_on`, the one-shot and the async function are the chapter's own. What
//! is wrapped around them here looks on: a future that records its polls, and a
//! waker that records its wakes. That the thread parks after a poll, and takes
//! the token, is inferred from the code of `block_on`.

use ch06_futures::{Closed, Receiver, block_on, one_shot};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use testing::println;

// ANCHOR: plus_two
async fn plus_two(number: Receiver<u32>) -> Result<u32, Closed> {
    let number = number.await?;
    Ok(number + 2)
}
// ANCHOR_END: plus_two

/// The events so far.
#[derive(Clone, Default)]
struct Events(Arc<Mutex<Vec<String>>>);

impl Events {
    fn add(&self, event: &str) {
        let mut events = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        events.push(format!("{{{event}}}"));
    }
}

/// Records a wake, and passes it on.
struct Spy {
    inner: Waker,
    events: Events,
}

impl Wake for Spy {
    fn wake(self: Arc<Self>) {
        self.events.add(
            r#""lane": "reactor", "to": "executor", "kind": "wake",
               "text": "wake", "at": "waker.wake();", "key": true,
               "detail": "First the news, then the wake: it leaves a token with the parker.",
               "state": {"waker": "used up", "token": "there"}"#,
        );
        self.inner.wake_by_ref();
    }
}

/// Records the polls of a future.
struct Watched<F> {
    future: Pin<Box<F>>,
    events: Events,
    /// Whether a poll was pending: then `block_on` has parked.
    parked: bool,
    /// To tell the answering thread that the executor is about to sleep.
    asleep: mpsc::Sender<()>,
}

impl<F: Future> Future for Watched<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let events = self.events.clone();
        if self.parked {
            events.add(
                r#""lane": "executor", "kind": "work", "text": "wakes up",
                   "at": "parker.park();",
                   "detail": "park finds the token, takes it and returns.",
                   "state": {"token": "none"}"#,
            );
        }
        events.add(
            r#""lane": "executor", "to": "future", "kind": "call",
               "text": "poll", "at": "future.as_mut().poll(&mut cx)",
               "detail": "The executor asks, and hands in the waker of this block_on.""#,
        );
        let inner = cx.waker().clone();
        let spy = Arc::new(Spy {
            inner,
            events: events.clone(),
        });
        let waker = Waker::from(Arc::clone(&spy));
        let mut cx = Context::from_waker(&waker);
        let outcome = self.future.as_mut().poll(&mut cx);
        // Ours, and that of `waker`: one more is a clone that was stored.
        if Arc::strong_count(&spy) > 2 {
            events.add(
                r#""lane": "future", "kind": "state", "text": "stores waker",
                   "at": "cx.waker().clone()", "key": true,
                   "detail": "There is no value yet. The leaf clones the waker into the state that it shares with the sender.",
                   "state": {"place": "at the await", "waker": "the leaf's state"}"#,
            );
        }
        if outcome.is_pending() {
            self.parked = true;
            events.add(
                r#""lane": "future", "to": "executor", "kind": "return",
                   "text": "Pending", "at": "Poll::Pending",
                   "detail": "plus_two stops at its await and returns what the leaf returned."
                   "#,
            );
            events.add(
                r#""lane": "executor", "kind": "sleep", "text": "parks",
                   "at": "parker.park();",
                   "detail": "With no token there, the thread sleeps until one comes.""#,
            );
            // An error says that the other thread is gone; then nothing wakes,
            // and the test's patience ends.
            let _ = self.asleep.send(());
        } else {
            events.add(
                r#""lane": "future", "kind": "state", "text": "continues",
                   "at": "State::Sent(value) => Poll::Ready(Ok(value))",
                   "detail": "The leaf takes the value, and plus_two runs from its await to its end.",
                   "state": {"place": "at its end", "value": "taken"}"#,
            );
            events.add(
                r#""lane": "future", "to": "executor", "kind": "return",
                   "text": "Ready(42)", "at": "Ok(number + 2)",
                   "detail": "plus_two has ended, and its poll returns the output. It must not be polled again.""#,
            );
        }
        outcome
    }
}

/// Runs it: the events, and the answer.
fn record() -> (Vec<String>, Result<u32, Closed>) {
    let events = Events::default();
    let (sender, receiver) = one_shot();
    let (asleep, told) = mpsc::channel();
    let theirs = events.clone();
    let answering = thread::spawn(move || {
        if told.recv().is_ok() {
            theirs.add(
                r#""lane": "reactor", "to": "future", "kind": "data",
                   "text": "40", "at": "*state = State::Sent(value)",
                   "detail": "The event has come. send takes the waker out and puts the value where the leaf will look.",
                   "state": {"value": "40", "waker": "send's stack"}"#,
            );
            let _ = sender.send(40); // the receiver waits below
        }
    });
    let future = plus_two(receiver);
    events.add(
        r#""lane": "executor", "kind": "work", "text": "is given it",
           "at": "let mut future = pin!(future)",
           "detail": "block_on has the future, a value with a receiver in it, and pins it. None of its code has run.",
           "state": {"place": "at its beginning"}"#,
    );
    let watched = Watched {
        future: Box::pin(future),
        events: events.clone(),
        parked: false,
        asleep,
    };
    let answer = block_on(pin!(watched));
    events.add(
        r#""lane": "executor", "kind": "work", "text": "returns",
           "at": "return output;",
           "detail": "Two polls, one wake, one park.""#,
    );
    answering.join().expect("it does not panic");
    let events = events.0.lock().unwrap_or_else(PoisonError::into_inner);
    (events.clone(), answer)
}

fn main() {
    for event in record().0 {
        // One line each.
        println!("{}", event.split_whitespace().collect::<Vec<_>>().join(" "));
    }
}

#[test]
fn two_polls_one_wake() {
    let (events, answer) = record();
    assert_eq!(answer, Ok(42));
    let count = |what| events.iter().filter(|e| e.contains(what)).count();
    assert_eq!(count(r#""text": "poll""#), 2);
    assert_eq!(count(r#""kind": "wake""#), 1);
    assert_eq!(count(r#""text": "stores waker""#), 1);
}
