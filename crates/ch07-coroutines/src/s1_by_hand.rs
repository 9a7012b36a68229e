//! Stage 1 of chapter 7: a coroutine with two waits, written by hand.
//!
//! It leaves out loops and branches around a wait; stage 2 has a program for
//! those.

use crate::future::PollState::{NotReady, Ready};
use crate::future::{FINISHED, Future, PollState};
use crate::http::{Get, Http};
use std::io;
use std::mem;

// ANCHOR: types
/// Asks for a name, and then greets it: two waits.
#[derive(Debug)]
pub struct Greeting {
    state: State,
}

#[derive(Debug)]
enum State {
    /// Made, and not polled yet: the argument.
    Start { http: Http },
    /// Waits for the name.
    Wait1 { http: Http, get: Get },
    /// Has the name, and waits for the greeting.
    Wait2 { name: String, get: Get },
    /// The output has been returned.
    Done,
}
// ANCHOR_END: types

// ANCHOR: call
/// The call: it keeps its argument, and runs nothing.
pub fn greeting(http: Http) -> Greeting {
    let state = State::Start { http };
    Greeting { state }
}
// ANCHOR_END: call

// ANCHOR: poll
impl Future for Greeting {
    type Output = io::Result<String>;

    fn poll(&mut self) -> PollState<Self::Output> {
        loop {
            let state = mem::replace(&mut self.state, State::Done);
            self.state = match state {
                State::Start { http } => {
                    let get = http.get("/200/Ada");
                    State::Wait1 { http, get }
                }
                State::Wait1 { http, mut get } => {
                    let Ready(reply) = get.poll() else {
                        self.state = State::Wait1 { http, get };
                        return NotReady;
                    };
                    let name = match reply {
                        Ok(name) => name,
                        Err(error) => return Ready(Err(error)),
                    };
                    let get = http.get(&format!("/100/hello-{name}"));
                    State::Wait2 { name, get }
                }
                State::Wait2 { name, mut get } => {
                    let Ready(reply) = get.poll() else {
                        self.state = State::Wait2 { name, get };
                        return NotReady;
                    };
                    return Ready(reply.map(|r| format!("{name}: {r}")));
                }
                State::Done => panic!("{FINISHED}"),
            };
        }
    }
}
// ANCHOR_END: poll

impl Greeting {
    // ANCHOR: place
    /// Where it is paused.
    #[must_use]
    pub fn place(&self) -> &'static str {
        match self.state {
            State::Start { .. } => "at its beginning",
            State::Wait1 { .. } => "at its first wait",
            State::Wait2 { .. } => "at its second wait",
            State::Done => "at its end",
        }
    }
    // ANCHOR_END: place
}
