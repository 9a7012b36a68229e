//! Polled with a waker, and pinned.
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
pub fn pinned(limit: u32) -> impl crate::pinned_with_waker::Future<Output = u32> {
    enum State<F1, F2> {
        Start { limit: u32 },
        Wait1 { future: std::pin::Pin<Box<F1>> },
        Wait2 { future: std::pin::Pin<Box<F2>> },
        Done,
        Panicked,
    }
    struct Pinned<S, P> {
        state: S,
        resume: P,
    }
    impl<S, P> Unpin for Pinned<S, P> {}
    fn machine<S, P, T>(state: S, resume: P) -> Pinned<S, P>
    where
        P: FnMut(
            &mut S,
            &crate::pinned_with_waker::Waker,
        ) -> crate::pinned_with_waker::PollState<T>,
    {
        Pinned { state, resume }
    }
    impl<S, P, T> crate::pinned_with_waker::Future for Pinned<S, P>
    where
        P: FnMut(
            &mut S,
            &crate::pinned_with_waker::Waker,
        ) -> crate::pinned_with_waker::PollState<T>,
    {
        type Output = T;
        fn poll(
            self: std::pin::Pin<&mut Self>,
            waker: &crate::pinned_with_waker::Waker,
        ) -> crate::pinned_with_waker::PollState<T> {
            let this = self.get_mut();
            (this.resume)(&mut this.state, waker)
        }
    }
    machine(
        State::Start { limit },
        |state, waker| -> crate::pinned_with_waker::PollState<u32> {
            loop {
                match std::mem::replace(state, State::Panicked) {
                    // line 4: the call
                    State::Start { limit } => {
                        *state = State::Wait1 {
                            future: Box::pin(crate::pinned_with_waker::after(1, limit)),
                        };
                    }
                    // line 5: crate::pinned_with_waker::after(1, limit).wait
                    State::Wait1 { mut future } => {
                        match crate::pinned_with_waker::Future::poll(
                            future.as_mut(),
                            waker,
                        ) {
                            crate::pinned_with_waker::PollState::NotReady => {
                                *state = State::Wait1 { future };
                                return crate::pinned_with_waker::PollState::NotReady;
                            }
                            crate::pinned_with_waker::PollState::Ready(first) => {
                                drop(future);
                                *state = State::Wait2 {
                                    future: Box::pin(
                                        crate::pinned_with_waker::after(first as usize, first),
                                    ),
                                };
                            }
                        }
                    }
                    // line 6: crate::pinned_with_waker…st as usize, first).wait
                    State::Wait2 { mut future } => {
                        match crate::pinned_with_waker::Future::poll(
                            future.as_mut(),
                            waker,
                        ) {
                            crate::pinned_with_waker::PollState::NotReady => {
                                *state = State::Wait2 { future };
                                return crate::pinned_with_waker::PollState::NotReady;
                            }
                            crate::pinned_with_waker::PollState::Ready(value) => {
                                drop(future);
                                *state = State::Done;
                                return crate::pinned_with_waker::PollState::Ready(value);
                            }
                        }
                    }
                    State::Done => panic!("`pinned` was polled after it had finished"),
                    State::Panicked => {
                        panic!("`pinned` was polled after it had panicked")
                    }
                }
            }
        },
    )
}
