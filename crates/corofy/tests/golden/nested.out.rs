//! Waits inside larger expressions, temporary values that live across a wait,
//! shadowing, and another coroutine.
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
pub fn nested(
    prefix: &str,
    argument: (String, String),
) -> impl crate::Future<Output = Pair> {
    enum State<
        Prefix,
        F1,
        Operand,
        A,
        Rest,
        F2,
        Value,
        F3,
        Temporary,
        Text,
        F4,
        Text2,
        F5,
        Condition,
        F6,
        Text3,
        F7,
        Operand3,
        Operand2,
    > {
        Start { prefix: Prefix, argument: (String, String) },
        Wait1 { future: F1, operand: Operand, a: A, _rest: Rest },
        Wait2 { future: F2, value: Value, operand: Operand, a: A, _rest: Rest },
        Wait3 { future: F3, temporary: Temporary, text: Text, a: A, _rest: Rest },
        Wait4 { future: F4, text_2: Text2, text: Text, a: A, _rest: Rest },
        Wait5 { future: F5, text_2: Text2, text: Text, a: A, _rest: Rest },
        Else1 { text_2: Text2, text: Text, a: A, _rest: Rest },
        After1 { condition: Condition, text_2: Text2, text: Text, a: A, _rest: Rest },
        Wait6 { future: F6, text_2: Text2, text: Text, a: A, _rest: Rest },
        After2 { text_3: Text3, text_2: Option<Text2>, text: Text, a: A, _rest: Rest },
        Wait7 {
            future: F7,
            operand_3: Operand3,
            operand_2: Operand2,
            text_2: Option<Text2>,
            text: Text,
            _rest: Rest,
        },
        Done,
        Panicked,
    }
    struct Nested<S, P> {
        state: S,
        resume: P,
    }
    fn machine<S, P, T>(state: S, resume: P) -> Nested<S, P>
    where
        P: FnMut(&mut S) -> crate::PollState<T>,
    {
        Nested { state, resume }
    }
    impl<S, P, T> crate::Future for Nested<S, P>
    where
        P: FnMut(&mut S) -> crate::PollState<T>,
    {
        type Output = T;
        fn poll(&mut self) -> crate::PollState<T> {
            (self.resume)(&mut self.state)
        }
    }
    machine(
        State::Start { prefix, argument },
        |state| -> crate::PollState<Pair> {
            loop {
                match std::mem::replace(state, State::Panicked) {
                    // line 7: the call
                    State::Start { prefix, argument } => {
                        let (a, _rest) = argument;
                        let a = a;
                        let operand = prefix;
                        *state = State::Wait1 {
                            future: after(1, "a"),
                            _rest,
                            a,
                            operand,
                        };
                    }
                    // line 8: after(1, "a").wait
                    State::Wait1 { _rest, a, operand, mut future } => {
                        match crate::Future::poll(&mut future) {
                            crate::PollState::NotReady => {
                                *state = State::Wait1 {
                                    _rest,
                                    a,
                                    operand,
                                    future,
                                };
                                return crate::PollState::NotReady;
                            }
                            crate::PollState::Ready(value) => {
                                drop(future);
                                *state = State::Wait2 {
                                    future: after(1, "b"),
                                    _rest,
                                    a,
                                    operand,
                                    value,
                                };
                            }
                        }
                    }
                    // line 8: after(1, "b").wait
                    State::Wait2 { _rest, a, operand, value, mut future } => {
                        match crate::Future::poll(&mut future) {
                            crate::PollState::NotReady => {
                                *state = State::Wait2 {
                                    _rest,
                                    a,
                                    operand,
                                    value,
                                    future,
                                };
                                return crate::PollState::NotReady;
                            }
                            crate::PollState::Ready(value_2) => {
                                drop(future);
                                let value = value;
                                let text = join(operand, value, &value_2);
                                drop(value_2);
                                let temporary = format!("{text}!");
                                *state = State::Wait3 {
                                    future: after(1, &temporary),
                                    _rest,
                                    a,
                                    text,
                                    temporary,
                                };
                            }
                        }
                    }
                    // line 9: after(1, &format!("{text}!")).wait
                    State::Wait3 { _rest, a, text, temporary, mut future } => {
                        match crate::Future::poll(&mut future) {
                            crate::PollState::NotReady => {
                                *state = State::Wait3 {
                                    _rest,
                                    a,
                                    text,
                                    temporary,
                                    future,
                                };
                                return crate::PollState::NotReady;
                            }
                            crate::PollState::Ready(text_2) => {
                                drop(future);
                                drop(temporary);
                                *state = State::Wait4 {
                                    future: after(0, ""),
                                    _rest,
                                    a,
                                    text,
                                    text_2,
                                };
                            }
                        }
                    }
                    // line 10: after(0, "").wait
                    State::Wait4 { _rest, a, text, text_2, mut future } => {
                        match crate::Future::poll(&mut future) {
                            crate::PollState::NotReady => {
                                *state = State::Wait4 {
                                    _rest,
                                    a,
                                    text,
                                    text_2,
                                    future,
                                };
                                return crate::PollState::NotReady;
                            }
                            crate::PollState::Ready(value_3) => {
                                drop(future);
                                let condition_2 = { value_3 }.is_empty();
                                if condition_2 {
                                    *state = State::Wait5 {
                                        future: after(1, ""),
                                        _rest,
                                        a,
                                        text,
                                        text_2,
                                    };
                                } else {
                                    *state = State::Else1 {
                                        _rest,
                                        a,
                                        text,
                                        text_2,
                                    };
                                }
                            }
                        }
                    }
                    // line 10: after(1, "").wait
                    State::Wait5 { _rest, a, text, text_2, mut future } => {
                        match crate::Future::poll(&mut future) {
                            crate::PollState::NotReady => {
                                *state = State::Wait5 {
                                    _rest,
                                    a,
                                    text,
                                    text_2,
                                    future,
                                };
                                return crate::PollState::NotReady;
                            }
                            crate::PollState::Ready(value_4) => {
                                drop(future);
                                let condition_3 = { value_4 }.is_empty();
                                if condition_3 {
                                    let condition = true;
                                    *state = State::After1 {
                                        _rest,
                                        a,
                                        text,
                                        text_2,
                                        condition,
                                    };
                                } else {
                                    *state = State::Else1 {
                                        _rest,
                                        a,
                                        text,
                                        text_2,
                                    };
                                }
                            }
                        }
                    }
                    // line 10: false
                    State::Else1 { _rest, a, text, text_2 } => {
                        let condition = false;
                        *state = State::After1 {
                            _rest,
                            a,
                            text,
                            text_2,
                            condition,
                        };
                    }
                    // line 10: after the condition
                    State::After1 { _rest, a, text, text_2, condition } => {
                        let both = condition;
                        if both {
                            *state = State::Wait6 {
                                future: super::straight::straight(),
                                _rest,
                                a,
                                text,
                                text_2,
                            };
                        } else {
                            let text_3 = text_2;
                            *state = State::After2 {
                                _rest,
                                a,
                                text,
                                text_2: None,
                                text_3,
                            };
                        }
                    }
                    // line 11: super::straight::straight().wait
                    State::Wait6 { _rest, a, text, text_2, mut future } => {
                        match crate::Future::poll(&mut future) {
                            crate::PollState::NotReady => {
                                *state = State::Wait6 {
                                    _rest,
                                    a,
                                    text,
                                    text_2,
                                    future,
                                };
                                return crate::PollState::NotReady;
                            }
                            crate::PollState::Ready(value_5) => {
                                drop(future);
                                let text_3 = value_5 + &text_2;
                                *state = State::After2 {
                                    _rest,
                                    a,
                                    text,
                                    text_2: Some(text_2),
                                    text_3,
                                };
                            }
                        }
                    }
                    // line 11: after the `if` of line 11
                    State::After2 { _rest, a, text, text_2, text_3 } => {
                        println!("{text}", text = text_3);
                        let operand_2 = text_3;
                        let operand_3 = a;
                        *state = State::Wait7 {
                            future: after(1, "c"),
                            _rest,
                            text,
                            text_2,
                            operand_2,
                            operand_3,
                        };
                    }
                    // line 15: after(1, "c").wait
                    State::Wait7 {
                        _rest,
                        text,
                        text_2,
                        operand_2,
                        operand_3,
                        mut future,
                    } => {
                        match crate::Future::poll(&mut future) {
                            crate::PollState::NotReady => {
                                *state = State::Wait7 {
                                    _rest,
                                    text,
                                    text_2,
                                    operand_2,
                                    operand_3,
                                    future,
                                };
                                return crate::PollState::NotReady;
                            }
                            crate::PollState::Ready(value_6) => {
                                drop(future);
                                let result: Pair = Pair {
                                    left: operand_2,
                                    right: [operand_3, value_6].concat(),
                                };
                                *state = State::Done;
                                return crate::PollState::Ready(result);
                            }
                        }
                    }
                    State::Done => panic!("`nested` was polled after it had finished"),
                    State::Panicked => {
                        panic!("`nested` was polled after it had panicked")
                    }
                }
            }
        },
    )
}
