//! `?` and `return`.
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
pub fn errors(
    text: &str,
) -> impl crate::Future<Output = Result<u32, std::num::ParseIntError>> {
    enum State<Text, F1, F2> {
        Start { text: Text },
        Wait1 { future: F1, text: Text },
        Wait2 { future: F2, first: u32 },
        Done,
        Panicked,
    }
    struct Errors<S, P> {
        state: S,
        resume: P,
    }
    fn machine<S, P, T>(state: S, resume: P) -> Errors<S, P>
    where
        P: FnMut(&mut S) -> crate::PollState<T>,
    {
        Errors { state, resume }
    }
    impl<S, P, T> crate::Future for Errors<S, P>
    where
        P: FnMut(&mut S) -> crate::PollState<T>,
    {
        type Output = T;
        fn poll(&mut self) -> crate::PollState<T> {
            (self.resume)(&mut self.state)
        }
    }
    machine(
        State::Start { text },
        |state| -> crate::PollState<Result<u32, std::num::ParseIntError>> {
            loop {
                match std::mem::replace(state, State::Panicked) {
                    // line 6: the call
                    State::Start { text } => {
                        *state = State::Wait1 {
                            future: after(1, text),
                            text,
                        };
                    }
                    // line 7: after(1, text).wait
                    State::Wait1 { text, mut future } => {
                        match crate::Future::poll(&mut future) {
                            crate::PollState::NotReady => {
                                *state = State::Wait1 { text, future };
                                return crate::PollState::NotReady;
                            }
                            crate::PollState::Ready(value) => {
                                drop(future);
                                let first: u32 = match { value }.trim().parse() {
                                    Ok(result) => result,
                                    Err(error) => {
                                        let error = From::from(error);
                                        *state = State::Done;
                                        return crate::PollState::Ready(Err(error));
                                    }
                                };
                                if first == 0 {
                                    let result: Result<u32, std::num::ParseIntError> = Ok(0);
                                    *state = State::Done;
                                    return crate::PollState::Ready(result);
                                }
                                *state = State::Wait2 {
                                    future: after(1, text),
                                    first,
                                };
                            }
                        }
                    }
                    // line 11: after(1, text).wait
                    State::Wait2 { first, mut future } => {
                        match crate::Future::poll(&mut future) {
                            crate::PollState::NotReady => {
                                *state = State::Wait2 { first, future };
                                return crate::PollState::NotReady;
                            }
                            crate::PollState::Ready(value_2) => {
                                drop(future);
                                let second = match parse(value_2) {
                                    Ok(result) => result,
                                    Err(error) => {
                                        let error = From::from(error);
                                        *state = State::Done;
                                        return crate::PollState::Ready(Err(error));
                                    }
                                };
                                let result: Result<u32, std::num::ParseIntError> = Ok(
                                    first + second,
                                );
                                *state = State::Done;
                                return crate::PollState::Ready(result);
                            }
                        }
                    }
                    State::Done => panic!("`errors` was polled after it had finished"),
                    State::Panicked => {
                        panic!("`errors` was polled after it had panicked")
                    }
                }
            }
        },
    )
}
