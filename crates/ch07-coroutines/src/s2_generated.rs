//! Stage 2 of chapter 7, as corofy prints it: `s2_coroutine.rs` after the macro.
//!
//! ```console
//! $ cargo run -p corofy -- --explain src/s2_coroutine.rs
//! ```
//!
//! The marks for the book and this text are added, the lints that it allows
//! are left out, and it is formatted; `tests/generated.rs` compares the rest.

use crate::http::Http;
use std::io;
// Long: a program wrote it.
/// Asks for a name, and then greets it.
pub fn greeting(http: Http) -> impl crate::Future<Output = io::Result<String>> {
    // ANCHOR: states
    enum State<Http2, F1, F2, Temporary, Name> {
        Start {
            http: Http2,
        },
        Wait1 {
            future: F1,
            http: Http2,
        },
        Wait2 {
            future: F2,
            temporary: Temporary,
            name: Name,
            http: Http2,
        },
        Done,
        Panicked,
    }
    // ANCHOR_END: states
    struct Greeting<S, P> {
        state: S,
        resume: P,
    }
    fn machine<S, P, T>(state: S, resume: P) -> Greeting<S, P>
    where
        P: FnMut(&mut S) -> crate::PollState<T>,
    {
        Greeting { state, resume }
    }
    impl<S, P, T> crate::Future for Greeting<S, P>
    where
        P: FnMut(&mut S) -> crate::PollState<T>,
    {
        type Output = T;
        fn poll(&mut self) -> crate::PollState<T> {
            (self.resume)(&mut self.state)
        }
    }
    // ANCHOR: machine
    machine(
        State::Start { http },
        |state| -> crate::PollState<io::Result<String>> {
            loop {
                match std::mem::replace(state, State::Panicked) {
                    // ANCHOR: start
                    // line 9: the call
                    State::Start { http } => {
                        *state = State::Wait1 {
                            future: http.get("/200/Ada"),
                            http,
                        };
                    }
                    // ANCHOR_END: start
                    // ANCHOR_END: machine
                    // ANCHOR: first
                    // line 10: http.get("/200/Ada").wait
                    State::Wait1 { http, mut future } => {
                        match crate::Future::poll(&mut future) {
                            crate::PollState::NotReady => {
                                *state = State::Wait1 { http, future };
                                return crate::PollState::NotReady;
                            }
                            crate::PollState::Ready(value) => {
                                drop(future);
                                let name = match value {
                                    Ok(result) => result,
                                    Err(error) => {
                                        let error = From::from(error);
                                        *state = State::Done;
                                        return crate::PollState::Ready(Err(
                                            error,
                                        ));
                                    }
                                };
                                let temporary = format!("/100/hello-{name}");
                                *state = State::Wait2 {
                                    future: http.get(&temporary),
                                    http,
                                    name,
                                    temporary,
                                };
                            }
                        }
                    }
                    // ANCHOR_END: first
                    // ANCHOR: second
                    // line 11: http.get(&format!("/100/hello-{name}")).wait
                    State::Wait2 {
                        http,
                        name,
                        temporary,
                        mut future,
                    } => match crate::Future::poll(&mut future) {
                        crate::PollState::NotReady => {
                            *state = State::Wait2 {
                                http,
                                name,
                                temporary,
                                future,
                            };
                            return crate::PollState::NotReady;
                        }
                        crate::PollState::Ready(value_2) => {
                            drop(future);
                            let reply = match value_2 {
                                Ok(result) => result,
                                Err(error) => {
                                    let error = From::from(error);
                                    *state = State::Done;
                                    return crate::PollState::Ready(Err(error));
                                }
                            };
                            drop(temporary);
                            let result: io::Result<String> =
                                Ok(format!("{name}: {reply}"));
                            *state = State::Done;
                            return crate::PollState::Ready(result);
                        }
                    },
                    // ANCHOR_END: second
                    State::Done => {
                        panic!("`greeting` was polled after it had finished")
                    }
                    State::Panicked => {
                        panic!("`greeting` was polled after it had panicked")
                    }
                }
            }
        },
    )
}
