//! Polled with a waker.
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
pub fn waker(limit: u32) -> impl crate::with_waker::Future<Output = u32> {
    enum State<Items, Sum, F1> {
        Start { limit: u32 },
        Loop1 { items: Items, sum: Sum },
        Wait1 { future: F1, items: Items, sum: Sum },
        Done,
        Panicked,
    }
    struct Waker<S, P> {
        state: S,
        resume: P,
    }
    fn machine<S, P, T>(state: S, resume: P) -> Waker<S, P>
    where
        P: FnMut(&mut S, &crate::with_waker::Waker) -> crate::with_waker::PollState<T>,
    {
        Waker { state, resume }
    }
    impl<S, P, T> crate::with_waker::Future for Waker<S, P>
    where
        P: FnMut(&mut S, &crate::with_waker::Waker) -> crate::with_waker::PollState<T>,
    {
        type Output = T;
        fn poll(
            &mut self,
            waker: &crate::with_waker::Waker,
        ) -> crate::with_waker::PollState<T> {
            (self.resume)(&mut self.state, waker)
        }
    }
    machine(
        State::Start { limit },
        |state, waker_2| -> crate::with_waker::PollState<u32> {
            loop {
                match std::mem::replace(state, State::Panicked) {
                    // line 4: the call
                    State::Start { limit } => {
                        let mut sum = 0;
                        let mut items = IntoIterator::into_iter(0..limit);
                        *state = State::Loop1 { sum, items };
                    }
                    // line 6: the `for` of line 6
                    State::Loop1 { mut sum, mut items } => {
                        match Iterator::next(&mut items) {
                            Some(number) => {
                                *state = State::Wait1 {
                                    future: crate::with_waker::after(1, number),
                                    sum,
                                    items,
                                };
                            }
                            None => {
                                *state = State::Done;
                                return crate::with_waker::PollState::Ready(sum);
                            }
                        }
                    }
                    // line 7: crate::with_waker::after(1, number).wait
                    State::Wait1 { mut sum, mut items, mut future } => {
                        match crate::with_waker::Future::poll(&mut future, waker_2) {
                            crate::with_waker::PollState::NotReady => {
                                *state = State::Wait1 { sum, items, future };
                                return crate::with_waker::PollState::NotReady;
                            }
                            crate::with_waker::PollState::Ready(value) => {
                                drop(future);
                                sum += value;
                                *state = State::Loop1 { sum, items };
                            }
                        }
                    }
                    State::Done => panic!("`waker` was polled after it had finished"),
                    State::Panicked => panic!("`waker` was polled after it had panicked"),
                }
            }
        },
    )
}
