//! `if`, `if let`, `match` and `let … else`, with a value that one branch
//! moves and another does not.
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
pub fn branches(name: String, flag: bool) -> impl crate::Future<Output = usize> {
    enum State<F1, Kept, Length, F2, Operand, F3, Found, F4, Rest, Scrutinee> {
        Start { name: String, flag: bool },
        Wait1 { future: F1, kept: Kept, name: String },
        After1 { length: Length, kept: Option<Kept>, name: String },
        Wait2 {
            future: F2,
            operand: Operand,
            length: Length,
            kept: Option<Kept>,
            name: String,
        },
        Wait3 {
            future: F3,
            found: Found,
            length: Length,
            kept: Option<Kept>,
            name: String,
        },
        Wait4 {
            future: F4,
            rest: Rest,
            scrutinee: Scrutinee,
            length: Length,
            kept: Option<Kept>,
            name: String,
        },
        After2 {
            scrutinee: Scrutinee,
            length: Length,
            kept: Option<Kept>,
            name: String,
        },
        Done,
        Panicked,
    }
    struct Branches<S, P> {
        state: S,
        resume: P,
    }
    fn machine<S, P, T>(state: S, resume: P) -> Branches<S, P>
    where
        P: FnMut(&mut S) -> crate::PollState<T>,
    {
        Branches { state, resume }
    }
    impl<S, P, T> crate::Future for Branches<S, P>
    where
        P: FnMut(&mut S) -> crate::PollState<T>,
    {
        type Output = T;
        fn poll(&mut self) -> crate::PollState<T> {
            (self.resume)(&mut self.state)
        }
    }
    machine(
        State::Start { name, flag },
        |state| -> crate::PollState<usize> {
            loop {
                match std::mem::replace(state, State::Panicked) {
                    // line 7: the call
                    State::Start { name, flag } => {
                        let kept = name.clone();
                        if flag {
                            *state = State::Wait1 {
                                future: after(1, &name),
                                name,
                                kept,
                            };
                        } else {
                            let length = consume(kept);
                            *state = State::After1 {
                                name,
                                kept: None,
                                length,
                            };
                        }
                    }
                    // line 10: after(1, &name).wait
                    State::Wait1 { name, kept, mut future } => {
                        match crate::Future::poll(&mut future) {
                            crate::PollState::NotReady => {
                                *state = State::Wait1 { name, kept, future };
                                return crate::PollState::NotReady;
                            }
                            crate::PollState::Ready(value) => {
                                drop(future);
                                let length = { value }.len();
                                *state = State::After1 {
                                    name,
                                    kept: Some(kept),
                                    length,
                                };
                            }
                        }
                    }
                    // line 9: after the `if` of line 9
                    State::After1 { name, kept, length } => {
                        let operand = length;
                        *state = State::Wait2 {
                            future: after(0, "x"),
                            name,
                            kept,
                            length,
                            operand,
                        };
                    }
                    // line 14: after(0, "x").wait
                    State::Wait2 { name, kept, length, operand, mut future } => {
                        match crate::Future::poll(&mut future) {
                            crate::PollState::NotReady => {
                                *state = State::Wait2 {
                                    name,
                                    kept,
                                    length,
                                    operand,
                                    future,
                                };
                                return crate::PollState::NotReady;
                            }
                            crate::PollState::Ready(value_2) => {
                                drop(future);
                                let Some(found) = find(operand, value_2) else {
                                    *state = State::Done;
                                    return crate::PollState::Ready(0);
                                };
                                let scrutinee = found.len();
                                match scrutinee {
                                    0 => {
                                        *state = State::Wait3 {
                                            future: after(1, "zero"),
                                            name,
                                            kept,
                                            length,
                                            found,
                                        };
                                    }
                                    n if n > 9 => {
                                        *state = State::Done;
                                        return crate::PollState::Ready(n);
                                    }
                                    _ => {
                                        let scrutinee_2 = find(1, found);
                                        match scrutinee_2 {
                                            Some(rest) => {
                                                *state = State::Wait4 {
                                                    future: after(1, &rest),
                                                    name,
                                                    kept,
                                                    length,
                                                    scrutinee,
                                                    rest,
                                                };
                                            }
                                            _ => {
                                                *state = State::After2 {
                                                    name,
                                                    kept,
                                                    length,
                                                    scrutinee,
                                                };
                                            }
                                        }
                                    }
                                }
                            }
                        }
                    }
                    // line 18: after(1, "zero").wait
                    State::Wait3 { name, kept, length, found, mut future } => {
                        match crate::Future::poll(&mut future) {
                            crate::PollState::NotReady => {
                                *state = State::Wait3 {
                                    name,
                                    kept,
                                    length,
                                    found,
                                    future,
                                };
                                return crate::PollState::NotReady;
                            }
                            crate::PollState::Ready(value_3) => {
                                drop(future);
                                let result: usize = { value_3 }.len();
                                *state = State::Done;
                                return crate::PollState::Ready(result);
                            }
                        }
                    }
                    // line 22: after(1, &rest).wait
                    State::Wait4 { name, kept, length, scrutinee, rest, mut future } => {
                        match crate::Future::poll(&mut future) {
                            crate::PollState::NotReady => {
                                *state = State::Wait4 {
                                    name,
                                    kept,
                                    length,
                                    scrutinee,
                                    rest,
                                    future,
                                };
                                return crate::PollState::NotReady;
                            }
                            crate::PollState::Ready(value_4) => {
                                drop(future);
                                *state = State::After2 {
                                    name,
                                    kept,
                                    length,
                                    scrutinee,
                                };
                            }
                        }
                    }
                    // line 21: after the `if` of line 21
                    State::After2 { name, kept, length, scrutinee } => {
                        *state = State::Done;
                        return crate::PollState::Ready(length);
                    }
                    State::Done => panic!("`branches` was polled after it had finished"),
                    State::Panicked => {
                        panic!("`branches` was polled after it had panicked")
                    }
                }
            }
        },
    )
}
