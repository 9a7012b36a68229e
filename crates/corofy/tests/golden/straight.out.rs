//! Two waits, one after the other.
use super::*;
#[allow(
    unreachable_code,
    unused_assignments,
    unused_braces,
    unused_mut,
    unused_variables,
    reason = "each arm names all that its state keeps"
)]
#[allow(
    clippy::all,
    dropping_copy_types,
    dropping_references,
    reason = "scopes end where the source ends them"
)]
pub fn straight() -> impl crate::Future<Output = String> {
    enum State<F1, F2, First> {
        Start,
        Wait1 { future: F1 },
        Wait2 { future: F2, first: First },
        Done,
        Panicked,
    }
    struct Straight<S, P> {
        state: S,
        resume: P,
    }
    fn machine<S, P, T>(state: S, resume: P) -> Straight<S, P>
    where
        P: FnMut(&mut S) -> crate::PollState<T>,
    {
        Straight { state, resume }
    }
    impl<S, P, T> crate::Future for Straight<S, P>
    where
        P: FnMut(&mut S) -> crate::PollState<T>,
    {
        type Output = T;
        fn poll(&mut self) -> crate::PollState<T> {
            (self.resume)(&mut self.state)
        }
    }
    machine(
        State::Start,
        |state| -> crate::PollState<String> {
            loop {
                match std::mem::replace(state, State::Panicked) {
                    // line 6: the call
                    State::Start => {
                        *state = State::Wait1 {
                            future: after(1, "first"),
                        };
                    }
                    // line 7: after(1, "first").wait
                    State::Wait1 { mut future } => {
                        match crate::Future::poll(&mut future) {
                            crate::PollState::NotReady => {
                                *state = State::Wait1 { future };
                                return crate::PollState::NotReady;
                            }
                            crate::PollState::Ready(first) => {
                                drop(future);
                                *state = State::Wait2 {
                                    future: after(2, "zwei, două, δύο"),
                                    first,
                                };
                            }
                        }
                    }
                    // line 9: after(2, "zwei, două, δύο").wait
                    State::Wait2 { first, mut future } => {
                        match crate::Future::poll(&mut future) {
                            crate::PollState::NotReady => {
                                *state = State::Wait2 { first, future };
                                return crate::PollState::NotReady;
                            }
                            crate::PollState::Ready(second) => {
                                drop(future);
                                let second: String = second;
                                let result: String = format!("{first} {second}");
                                *state = State::Done;
                                return crate::PollState::Ready(result);
                            }
                        }
                    }
                    State::Done => panic!("`straight` was polled after it had finished"),
                    State::Panicked => {
                        panic!("`straight` was polled after it had panicked")
                    }
                }
            }
        },
    )
}
