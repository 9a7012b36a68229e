//! Stage 2 of chapter 8: five tasks, of which an event polls the one that it
//! is for.

use ch04_event_queue::Poll;
use ch08_reactor_executor::s2_waker::{Http, Wakers, run};
use ch08_reactor_executor::{Future, PollState, Waker};
use delay_server::DelayServer;
use std::cell::RefCell;
use std::io;
use std::rc::Rc;
use std::time::{Duration, Instant};
use testing::println;

/// Five paths; the first reply takes the longest.
const PATHS: [&str; 5] = ["/500/a", "/400/b", "/300/c", "/200/d", "/100/e"];

// ANCHOR: task
type Log = Rc<RefCell<Vec<String>>>;

/// A task: it puts the reply into the list.
struct Note<F>(F, Log);

impl<F: Future<Output = io::Result<String>>> Future for Note<F> {
    type Output = ();

    fn poll(&mut self, waker: &Waker) -> PollState<()> {
        self.0.poll(waker).map(|reply| {
            let text = reply.unwrap_or_else(|error| error.to_string());
            self.1.borrow_mut().push(text);
        })
    }
}
// ANCHOR_END: task

/// The replies in their order, how long it took, and how many polls.
fn five() -> io::Result<(Vec<String>, Duration, u64)> {
    let server = DelayServer::start()?;
    // ANCHOR: run
    let mut queue = Poll::new()?;
    let wakers = Wakers::new(queue.registry().try_clone()?);
    let http = Http::new(server.addr(), &wakers);
    let log = Log::default();
    let start = Instant::now();
    let task = |path| Note(http.get(path), Rc::clone(&log));
    let polls = run(&mut queue, &wakers, PATHS.map(task))?;
    // ANCHOR_END: run
    assert_eq!(wakers.waiting(), 0);
    Ok((log.take(), start.elapsed(), polls))
}

fn main() -> io::Result<()> {
    let (replies, took, polls) = five()?;
    println!("{} after {} ms", replies.join(" "), took.as_millis());
    println!("{polls} polls of one task each");
    Ok(())
}

#[test]
fn runs() {
    testing::within_a_minute(|| {
        let (mut replies, took, polls) = five().expect("it is answered");
        replies.sort();
        assert_eq!(replies, ["a", "b", "c", "d", "e"]);
        assert!(took >= Duration::from_millis(500));
        assert!((10..100).contains(&polls), "{polls}");
    });
}
