//! Loops, and leaving them.
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
pub fn loops(words: Vec<String>) -> impl crate::Future<Output = (usize, String)> {
    enum State<Items, Word, F1, F2> {
        Start { words: Vec<String> },
        Loop1 { items: Items, total: usize },
        Loop2 { round: u32, word: Word, items: Items, total: usize },
        Wait1 { future: F1, round: u32, word: Word, items: Items, total: usize },
        After1 { items: Items, total: usize },
        Loop3 { total: usize },
        Wait2 { future: F2, total: usize },
        Done,
        Panicked,
    }
    struct Loops<S, P> {
        state: S,
        resume: P,
    }
    fn machine<S, P, T>(state: S, resume: P) -> Loops<S, P>
    where
        P: FnMut(&mut S) -> crate::PollState<T>,
    {
        Loops { state, resume }
    }
    impl<S, P, T> crate::Future for Loops<S, P>
    where
        P: FnMut(&mut S) -> crate::PollState<T>,
    {
        type Output = T;
        fn poll(&mut self) -> crate::PollState<T> {
            (self.resume)(&mut self.state)
        }
    }
    machine(
        State::Start { words },
        |state| -> crate::PollState<(usize, String)> {
            loop {
                match std::mem::replace(state, State::Panicked) {
                    // line 6: the call
                    State::Start { words } => {
                        let mut total = 0usize;
                        let mut items = IntoIterator::into_iter(words);
                        *state = State::Loop1 { total, items };
                    }
                    // line 8: the `for` of line 8
                    State::Loop1 { mut total, mut items } => {
                        match Iterator::next(&mut items) {
                            Some(word) => {
                                let mut round = 0u32;
                                *state = State::Loop2 {
                                    total,
                                    items,
                                    word,
                                    round,
                                };
                            }
                            None => {
                                *state = State::After1 { total, items };
                            }
                        }
                    }
                    // line 10: the `while` of line 10
                    State::Loop2 { mut total, mut items, word, mut round } => {
                        if round < 2 {
                            round += 1;
                            *state = State::Wait1 {
                                future: after(1, &word),
                                total,
                                items,
                                word,
                                round,
                            };
                        } else {
                            *state = State::Loop1 { total, items };
                        }
                    }
                    // line 12: after(1, &word).wait
                    State::Wait1 {
                        mut total,
                        mut items,
                        word,
                        mut round,
                        mut future,
                    } => {
                        match crate::Future::poll(&mut future) {
                            crate::PollState::NotReady => {
                                *state = State::Wait1 {
                                    total,
                                    items,
                                    word,
                                    round,
                                    future,
                                };
                                return crate::PollState::NotReady;
                            }
                            crate::PollState::Ready(text) => {
                                drop(future);
                                if text.is_empty() {
                                    *state = State::Loop1 { total, items };
                                } else {
                                    if text == "stop" {
                                        *state = State::After1 { total, items };
                                    } else {
                                        total += text.len();
                                        *state = State::Loop2 {
                                            total,
                                            items,
                                            word,
                                            round,
                                        };
                                    }
                                }
                            }
                        }
                    }
                    // line 8: after the `for` of line 8
                    State::After1 { mut total, mut items } => {
                        *state = State::Loop3 { total };
                    }
                    // line 22: the `loop` of line 22
                    State::Loop3 { mut total } => {
                        *state = State::Wait2 {
                            future: after(1, "last"),
                            total,
                        };
                    }
                    // line 23: after(1, "last").wait
                    State::Wait2 { mut total, mut future } => {
                        match crate::Future::poll(&mut future) {
                            crate::PollState::NotReady => {
                                *state = State::Wait2 { total, future };
                                return crate::PollState::NotReady;
                            }
                            crate::PollState::Ready(text_2) => {
                                drop(future);
                                if total > 0 {
                                    let last = text_2;
                                    let result: (usize, String) = (total, last);
                                    *state = State::Done;
                                    return crate::PollState::Ready(result);
                                } else {
                                    total += 1;
                                    *state = State::Loop3 { total };
                                }
                            }
                        }
                    }
                    State::Done => panic!("`loops` was polled after it had finished"),
                    State::Panicked => panic!("`loops` was polled after it had panicked"),
                }
            }
        },
    )
}
