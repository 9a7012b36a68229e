//! Break it: `block_on` built on `thread::park`, whose token is shared with
//! whatever else parks on the thread. Then the same program with chapter 6's
//! parker.

use ch06_futures::{block_on, join, one_shot, two_questions};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};
use testing::println;

// ANCHOR: parked
/// Leaves the thread's own token.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

fn block_on_parked<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut cx = Context::from_waker(&waker);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut cx) {
            return output;
        }
        thread::park(); // until there is a token, and take it
    }
}
// ANCHOR_END: parked

// ANCHOR: flush
/// Asks another thread to write a line, and parks until it is written.
fn flush() {
    let written = Arc::new(AtomicBool::new(false));
    let (theirs, reader) = (Arc::clone(&written), thread::current());
    let writer = thread::spawn(move || {
        theirs.store(true, Ordering::Release); // pairs with the load below
        reader.unpark();
    });
    after(writer); // the unlucky order: written before we park
    loop {
        thread::park();
        if written.load(Ordering::Acquire) {
            return;
        }
    }
}
// ANCHOR_END: flush

// ANCHOR: task
/// Asks, and writes a line while the answer is on its way.
async fn task() -> u32 {
    let (sender, answer) = one_shot();
    let log = async {
        let server = thread::spawn(move || sender.send(42));
        after(server); // the unlucky order: answered before the flush
        flush();
    };
    let (answer, ()) = join(answer, log).await;
    answer.expect("the server sends before it ends")
}
// ANCHOR_END: task

/// Returns when the thread has ended.
fn after<T>(thread: thread::JoinHandle<T>) {
    thread.join().expect("it does not panic");
}

/// Whether it was still asleep after a while, and the answer; if need be by
/// one more unpark.
fn run(block_on: impl FnOnce() -> u32 + Send + 'static) -> (bool, u32) {
    let (sender, done) = mpsc::channel();
    let thread = thread::spawn(move || {
        // An error says that nothing waits for it any more.
        let _ = sender.send(block_on());
    });
    let mut asleep = false;
    loop {
        match done.recv_timeout(Duration::from_millis(300)) {
            Ok(answer) => return (asleep, answer),
            Err(RecvTimeoutError::Timeout) => {
                asleep = true;
                thread.thread().unpark();
            }
            Err(RecvTimeoutError::Disconnected) => panic!("it panicked"),
        }
    }
}

// ANCHOR: channel
/// Whether `recv_timeout` of a standard channel takes the thread's token.
fn channel_takes_the_token() -> bool {
    let (_sender, receiver) = mpsc::channel::<()>();
    thread::current().unpark();
    let _ = receiver.recv_timeout(Duration::from_millis(10));
    let start = Instant::now();
    thread::park_timeout(Duration::from_millis(100));
    start.elapsed() >= Duration::from_millis(100)
}
// ANCHOR_END: channel

fn main() {
    let answer = block_on_parked(two_questions());
    println!("thread::park: two questions: {answer:?}");
    let (asleep, answer) = run(|| block_on_parked(task()));
    println!("              asleep after 300 ms: {asleep}");
    println!("              after one more unpark: {answer}");
    let (_, answer) = run(|| block_on(task()));
    println!("our parker:   {answer}");
    let takes = channel_takes_the_token();
    println!("a channel's recv takes the token, too: {takes}");
}

#[test]
fn one_loses_the_wake_up_and_the_other_does_not() {
    // What the chapter ran before works: the order is what matters.
    let two = || block_on_parked(two_questions()).expect("both are answered");
    assert_eq!(run(two).1, 42);
    assert_eq!(run(|| block_on_parked(task())), (true, 42));
    // Without help: nothing unparks this thread.
    assert_eq!(block_on(task()), 42);
}

#[test]
fn a_channel_parks_by_the_same_token() {
    assert!(channel_takes_the_token());
}
