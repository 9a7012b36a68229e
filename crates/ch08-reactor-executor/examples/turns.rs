//! Runs five requests on one thread and prints what happens, one JSON object a
//! line: the figure of the page is recorded from it.
//!
//! Executor, reactor and request are the chapter's own. What is wrapped around
//! them here looks on: a future that records its polls, a waker that records its
//! wakes, and a reactor that records its sleeps. Sleeps after which no task is
//! woken, as when a new socket can be written to, are left out.

use ch08_reactor_executor::{
    Executor, Future, Handle, Http, Park, PollState, Reactor, Unpark, Waker,
};
use delay_server::DelayServer;
use std::io;
use std::mem;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Wake;
use testing::println;

/// Five paths; the first reply takes the longest.
const PATHS: [&str; 5] = ["/1500/a", "/1200/b", "/900/c", "/600/d", "/300/e"];

/// What the recorder knows.
#[derive(Default)]
struct Log {
    events: Vec<String>,
    /// The tasks in the run queue, in order.
    queue: String,
    /// The tasks whose waker the reactor has.
    waiting: String,
    /// The tasks that are finished, in order.
    done: String,
    /// It sleeps, and nothing has been woken since.
    asleep: bool,
}

#[derive(Clone, Default)]
struct Recorder(Arc<Mutex<Log>>);

impl Recorder {
    /// An event, after `change`.
    fn add(&self, event: &str, change: impl FnOnce(&mut Log)) {
        let mut log = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut log);
        let [queue, waiting, done] =
            [&log.queue, &log.waiting, &log.done].map(|names| shown(names));
        let state = format!(
            r#""state": {{"queue": "{queue}", "waiting": "{waiting}", "done": "{done}"}}"#
        );
        log.events.push(format!("{{{event}, {state}}}"));
    }

    /// Changes what is known, without an event.
    fn note<T>(&self, change: impl FnOnce(&mut Log) -> T) -> T {
        let mut log = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut log)
    }
}

/// The names of tasks, as the figure shows them.
fn shown(names: &str) -> String {
    if names.is_empty() {
        return "–".to_owned();
    }
    let names: Vec<_> = names.chars().map(String::from).collect();
    names.join(" ")
}

/// Records a wake, and passes it on.
struct Spy {
    inner: Waker,
    name: char,
    recorder: Recorder,
}

impl Wake for Spy {
    fn wake(self: Arc<Self>) {
        let name = self.name;
        if self.recorder.note(|log| mem::take(&mut log.asleep)) {
            self.recorder.add(
                r#""lane": "executor", "kind": "sleep", "text": "parks",
                   "at": "let parked = self.park.park();",
                   "detail": "The run queue is empty. The thread sleeps in the event queue.""#,
                |_| {},
            );
            self.recorder.add(
                r#""lane": "reactor", "to": "executor", "kind": "return",
                   "text": "an event", "at": "self.park.deliver();",
                   "detail": "A socket is readable, and the sleep is over. The reactor looks up who waits.""#,
                |_| {},
            );
        }
        self.recorder.add(
            &format!(
                r#""lane": "reactor", "to": "executor", "kind": "wake", "key": true,
                   "text": "wakes {name}", "at": "waker.wake(); // then the wake",
                   "detail": "The waker of {name} is taken out of its slot and called: {name} is in the run queue.""#
            ),
            |log| {
                log.queue.push(name);
                log.waiting.retain(|other| other != name);
            },
        );
        self.inner.wake_by_ref();
    }
}

/// Records the polls of a request.
struct Watched<F> {
    future: F,
    name: char,
    recorder: Recorder,
}

impl<F: Future> Future for Watched<F> {
    type Output = F::Output;

    fn poll(&mut self, waker: &Waker) -> PollState<F::Output> {
        let (name, recorder) = (self.name, self.recorder.clone());
        recorder.add(
            &format!(
                r#""lane": "executor", "to": "tasks", "kind": "call",
                   "text": "polls {name}",
                   "at": "if task.future.poll(&task.waker).is_ready() {{",
                   "detail": "{name} is the first in the queue. It is taken out and polled, with its own waker.""#
            ),
            |log| log.queue.retain(|other| other != name),
        );
        let spy = Arc::new(Spy {
            inner: waker.clone(),
            name,
            recorder: recorder.clone(),
        });
        let polled = self.future.poll(&Waker::from(spy));
        if polled.is_ready() {
            recorder.add(
                &format!(
                    r#""lane": "tasks", "to": "executor", "kind": "return",
                       "text": "{name}: Ready", "at": "return PollState::Ready(reply);",
                       "detail": "The read of {name} succeeds: there is the reply. The task is over.""#
                ),
                |log| log.done.push(name),
            );
        } else {
            recorder.add(
                &format!(
                    r#""lane": "tasks", "to": "executor", "kind": "return",
                       "text": "{name}: NotReady", "at": "Ok(false) => return PollState::NotReady,",
                       "detail": "{name} has asked. Nothing has come, so its waker is in its slot now.""#
                ),
                |log| log.waiting.push(name),
            );
        }
        polled
    }
}

/// Records when the executor sleeps.
struct Watching(Reactor, Recorder);

impl Park for Watching {
    fn unparker(&self) -> Arc<dyn Unpark> {
        self.0.unparker()
    }

    fn park(&mut self) -> io::Result<()> {
        self.1.note(|log| log.asleep = true);
        self.0.park()
    }

    fn deliver(&mut self) {
        self.0.deliver();
    }
}

/// Runs them: the events, and the replies.
fn record() -> io::Result<(Vec<String>, Vec<String>)> {
    let server = DelayServer::start()?;
    let recorder = Recorder::default();
    let reactor = Reactor::new()?;
    let handle: Handle = reactor.handle();
    let mut executor = Executor::new(Watching(reactor, recorder.clone()));
    let http = Http::new(server.addr(), &handle);
    recorder.add(
        r#""lane": "executor", "kind": "work", "text": "five tasks",
           "at": "waker.wake_by_ref(); // a first poll",
           "detail": "Five requests were spawned. Each is in the run queue for its first poll.""#,
        |log| log.queue.push_str("abcde"),
    );
    let tasks = PATHS.map(|path| {
        let name = path.chars().next_back().unwrap_or('?');
        executor.spawn(Watched {
            future: http.get(path),
            name,
            recorder: recorder.clone(),
        })
    });
    let mut replies = Vec::new();
    for task in tasks {
        replies.push(executor.block_on(task)???);
    }
    let events = recorder.note(|log| mem::take(&mut log.events));
    Ok((events, replies))
}

fn main() -> io::Result<()> {
    for event in record()?.0 {
        // One line each.
        println!("{}", event.split_whitespace().collect::<Vec<_>>().join(" "));
    }
    Ok(())
}

#[test]
fn each_request_is_polled_twice_and_woken_once() {
    testing::within_a_minute(|| {
        let (events, replies) = record().expect("it is answered");
        assert_eq!(replies, ["a", "b", "c", "d", "e"]);
        let count = |what| events.iter().filter(|e| e.contains(what)).count();
        assert_eq!(count(r#""text": "polls"#), 10);
        assert_eq!(count(r#""kind": "wake""#), 5);
        assert_eq!(count(r#""text": "parks""#), 5);
    });
}
