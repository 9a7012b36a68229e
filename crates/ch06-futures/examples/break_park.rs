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

/// How long the log takes to write a line.
const WRITE: Duration = Duration::from_millis(500);

// ANCHOR: flush
/// Asks another thread to write a line, and parks until it is written.
fn flush() {
    let written = Arc::new(AtomicBool::new(false));
    let (theirs, reader) = (Arc::clone(&written), thread::current());
    thread::spawn(move || {
        thread::sleep(WRITE);
        theirs.store(true, Ordering::Release); // pairs with the load below
        reader.unpark();
    });
    while !written.load(Ordering::Acquire) {
        thread::park();
    }
}
// ANCHOR_END: flush

// ANCHOR: task
/// Asks a question and flushes the log. The answer comes before the flush
/// begins if it is `early`, and otherwise after the flush has ended.
async fn task(early: bool) -> u32 {
    let (sender, answer) = one_shot();
    let serve = || {
        let server = thread::spawn(move || sender.send(42));
        let _ = server.join(); // so the answer has come
    };
    let log = async {
        if early {
            serve();
            flush();
        } else {
            flush();
            serve();
        }
    };
    join(answer, log).await.0.expect("the server sends")
}
// ANCHOR_END: task

// ANCHOR: run
/// Runs it on a thread of its own, which is unparked from here whenever it has
/// not finished within `patience`. Gives the answer, and whether that was so.
fn run(
    patience: Duration,
    block_on: impl FnOnce() -> u32 + Send + 'static,
) -> (u32, bool) {
    let (sender, done) = mpsc::channel();
    let thread = thread::spawn(move || {
        // An error says that nothing waits for it any more.
        let _ = sender.send(block_on());
    });
    let mut helped = false;
    loop {
        match done.recv_timeout(patience) {
            Ok(answer) => return (answer, helped),
            Err(RecvTimeoutError::Timeout) => {
                helped = true;
                thread.thread().unpark();
            }
            Err(RecvTimeoutError::Disconnected) => panic!("it panicked"),
        }
    }
}
// ANCHOR_END: run

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

/// When the answer comes.
const EARLY: bool = true;
const LATE: bool = false;

/// Long enough for what does not hang.
const PATIENT: Duration = Duration::from_secs(60);
/// Long enough to see that something hangs.
const SECOND: Duration = Duration::from_secs(1);

fn main() {
    let answer = block_on_parked(two_questions());
    println!("thread::park: two questions: {answer:?}");
    let (answer, _) = run(PATIENT, || block_on_parked(task(LATE)));
    println!("              answered after the flush: {answer}");
    let (answer, helped) = run(SECOND, || block_on_parked(task(EARLY)));
    println!("              answered before it: needs an unpark: {helped}");
    println!("              unparked from outside: {answer}");
    let (answer, helped) = run(PATIENT, || block_on(task(EARLY)));
    assert!(!helped, "nothing but its own wakes ends its sleep");
    println!("our parker:   answered before it: {answer}");
    let takes = channel_takes_the_token();
    println!("recv_timeout takes the token, too: {takes}");
}

#[test]
fn one_loses_the_wake_up_and_the_other_does_not() {
    // What the chapter ran before works, and so does the other order.
    let two = || block_on_parked(two_questions()).expect("both are answered");
    assert_eq!(run(PATIENT, two), (42, false));
    let after = run(PATIENT, || block_on_parked(task(LATE)));
    assert_eq!(after, (42, false));
    let before = run(SECOND, || block_on_parked(task(EARLY)));
    assert_eq!(before, (42, true));
    let ours = run(PATIENT, || block_on(task(EARLY)));
    assert_eq!(ours, (42, false));
    // Those that keep a flag of their own beside the token survive.
    let flag = run(PATIENT, || pollster::block_on(task(EARLY)));
    assert_eq!(flag, (42, false));
    let executor = futures_executor::block_on;
    let flag = run(PATIENT, move || executor(task(EARLY)));
    assert_eq!(flag, (42, false));
}

#[test]
fn a_channel_uses_the_same_token() {
    assert!(channel_takes_the_token());
}
