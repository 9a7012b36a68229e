//! Runs the coroutine of stage 2 and prints what happens, one JSON object a
//! line: the figure of the page is recorded from it.
//!
//! The machine is the file that corofy printed, compiled here once more, with
//! a client in place of the chapter's that notes what is asked of it. Which
//! variant follows is what the machine's code says there.

use ch07_coroutines::{Future, PollState};
use delay_server::DelayServer;
use std::io;
use testing::println;

#[allow(
    clippy::useless_conversion,
    reason = "a macro cannot know that an error has the right type already"
)]
#[path = "../src/s2_generated.rs"]
mod s2_generated;

mod http {
    //! The chapter's client, watched.

    use super::{Future, Log, PollState};
    use std::io;

    #[derive(Clone)]
    pub struct Http {
        pub inner: ch07_coroutines::Http,
        pub log: Log,
    }

    pub struct Get {
        inner: ch07_coroutines::Get,
        log: Log,
    }

    impl Http {
        pub fn get(&self, path: &str) -> Get {
            self.log.requested();
            let inner = self.inner.get(path);
            let log = self.log.clone();
            Get { inner, log }
        }
    }

    impl Future for Get {
        type Output = io::Result<String>;

        fn poll(&mut self) -> PollState<Self::Output> {
            let answer = self.inner.poll();
            self.log.polled(answer.is_ready());
            answer
        }
    }
}

use log::Log;

mod log {
    //! The events so far.

    use std::cell::{Cell, RefCell};
    use std::rc::Rc;

    /// What is noted, and how far the run is.
    #[derive(Clone, Default)]
    pub struct Log(Rc<Notes>);

    #[derive(Default)]
    struct Notes {
        events: RefCell<Vec<String>>,
        /// How many requests were made.
        requests: Cell<usize>,
        /// How many polls of this request found nothing.
        futile: Cell<u64>,
    }

    impl Log {
        pub fn add(&self, event: &str) {
            self.0.events.borrow_mut().push(format!("{{{event}}}"));
        }

        pub fn events(&self) -> Vec<String> {
            self.0.events.borrow().clone()
        }

        /// An arm has made a request, and stores it with what else it keeps.
        pub fn requested(&self) {
            self.0.requests.set(self.0.requests.get() + 1);
            self.0.futile.set(0);
            if self.0.requests.get() == 1 {
                self.add(
                    r#""lane": "machine", "kind": "work", "text": "first piece",
                    "at": "let name = http.get(\"/200/Ada\").wait?;",
                    "detail": "The first piece of the function, up to its first wait: it makes a request, which has not begun.",
                    "state": {"arm": "http, future"}"#,
                );
                self.add(
                    r#""lane": "machine", "kind": "state", "text": "stores Wait1",
                    "at": "future: http.get(\"/200/Ada\"),",
                    "detail": "The function waits now, so what it needs afterwards is stored. The loop in poll goes round again.",
                    "state": {"stored": "Wait1: future, http", "arm": "nothing"}"#,
                );
            } else {
                self.add(
                    r#""lane": "machine", "kind": "work", "text": "second piece",
                    "at": "let reply = http.get(",
                    "detail": "The second piece, in the same poll. The question mark lets the value pass: it is the name. The next request is made.",
                    "state": {"arm": "http, name, temporary, future"}"#,
                );
                self.add(
                    r#""lane": "machine", "kind": "state", "text": "stores Wait2",
                    "at": "future: http.get(&temporary),",
                    "detail": "Stored for the second wait. The name is used after it; the path and the client are only dropped after it.",
                    "state": {"stored": "Wait2: future, temporary, name, http", "arm": "nothing"}"#,
                );
            }
        }

        pub fn polled(&self, ready: bool) {
            let first = self.0.requests.get() == 1;
            if ready {
                return self.found(first);
            }
            self.0.futile.set(self.0.futile.get() + 1);
            if self.0.futile.get() > 1 {
                return;
            }
            self.add(if first {
                r#""lane": "machine", "to": "leaf", "kind": "call", "text": "poll",
                "answer": "NotReady", "at": "State::Wait1 { http, mut future } => {",
                "detail": "The arm takes the variant out and polls what it waits for. The request connects and is sent, and there is no reply yet.",
                "state": {"stored": "Panicked", "arm": "http, future"}"#
            } else {
                r#""lane": "machine", "to": "leaf", "kind": "call", "text": "poll",
                "answer": "NotReady", "at": "} => match crate::Future::poll(&mut future) {",
                "detail": "The second request is sent, over the connection that the first one has given back.",
                "state": {"stored": "Panicked", "arm": "http, name, temporary, future"}"#
            });
        }

        /// A poll of the leaf has found the reply.
        fn found(&self, first: bool) {
            // The last poll of the loop is this one.
            let count = self.0.futile.get().saturating_sub(1).max(1);
            let (at, stored) = match first {
                true => (
                    "*state = State::Wait1 { http, future };",
                    r#""stored": "Wait1: future, http""#,
                ),
                false => (
                    "// line 11: http.get(",
                    r#""stored": "Wait2: future, temporary, name, http""#,
                ),
            };
            self.add(&format!(
                r#""lane": "loop", "to": "machine", "kind": "call", "text": "poll, again",
                "answer": "NotReady", "count": {count}, "at": "{at}",
                "detail": "{{count}} polls find nothing. Each takes the variant out, polls the request, and puts the variant back.",
                "state": {{{stored}, "arm": "nothing"}}"#
            ));
            self.add(if first {
                r#""lane": "leaf", "to": "machine", "kind": "return", "text": "Ready(Ada)",
                "at": "let name = match value {", "key": true,
                "detail": "In one more poll, the reply is there. The request is dropped, and the arm has its value.",
                "state": {"stored": "Panicked", "arm": "http, value"}"#
            } else {
                r#""lane": "leaf", "to": "machine", "kind": "return", "text": "Ready(hello-…)",
                "at": "let reply = match value_2 {",
                "detail": "The second reply. What follows is the last piece of the function.",
                "state": {"stored": "Panicked", "arm": "http, name, temporary, value_2"}"#
            });
        }
    }
}

/// Runs it: the events, and the output.
fn record() -> io::Result<(Vec<String>, String)> {
    let server = DelayServer::start()?;
    let log = Log::default();
    let http = http::Http {
        inner: ch07_coroutines::Http::new(server.addr()),
        log: log.clone(),
    };
    let mut coroutine = s2_generated::greeting(http);
    log.add(
        r#""lane": "loop", "kind": "work", "text": "calls it", "at": "pub fn greeting(http: Http) -> io::Result<String> {",
           "detail": "A call makes the machine, with the argument in its first variant. Nothing of the function has run.",
           "state": {"stored": "Start: http"}"#,
    );
    log.add(
        r#""lane": "loop", "to": "machine", "kind": "call", "text": "poll", "at": "State::Start { http } => {",
           "detail": "The first poll. The arm for Start takes the argument out of its variant and leaves Panicked behind, in case something in it panics.",
           "state": {"stored": "Panicked", "arm": "http"}"#,
    );
    let mut pauses = 0;
    let output = loop {
        match coroutine.poll() {
            PollState::Ready(output) => break output?,
            PollState::NotReady => {
                pauses += 1;
                if pauses == 1 {
                    log.add(
                        r#""lane": "machine", "to": "loop", "kind": "return", "text": "NotReady", "at": "*state = State::Wait1 { http, future };", "key": true,
                           "detail": "It puts the variant back and returns. Of this poll nothing is left but the value.",
                           "state": {"stored": "Wait1: future, http", "arm": "nothing"}"#,
                    );
                }
            }
        }
    };
    log.add(
        r#""lane": "machine", "kind": "work", "text": "last piece", "at": "Ok(format!(\"{name}: {reply}\"));",
           "detail": "It drops the path, puts both together, and stores Done. What is left is dropped when the arm returns.",
           "state": {"stored": "Done", "arm": "http, name, reply, result"}"#,
    );
    log.add(
        r#""lane": "machine", "to": "loop", "kind": "return", "text": "Ready", "at": "return crate::PollState::Ready(result);", "key": true,
           "detail": "Ada: hello-Ada. The machine must not be polled again.",
           "state": {"arm": "nothing"}"#,
    );
    Ok((log.events(), output))
}

fn main() -> io::Result<()> {
    for event in record()?.0 {
        // One line each.
        println!("{}", event.split_whitespace().collect::<Vec<_>>().join(" "));
    }
    Ok(())
}

#[test]
fn runs() -> io::Result<()> {
    let (events, output) = record()?;
    assert_eq!(output, "Ada: hello-Ada");
    let count = |what| events.iter().filter(|e| e.contains(what)).count();
    assert_eq!(count(r#""kind": "work""#), 4);
    assert_eq!(count(r#""answer": "NotReady""#), 4);
    assert_eq!(count(r#""kind": "return""#), 4);
    Ok(())
}
