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
#[allow(
    unsafe_code,
    clippy::multiple_unsafe_ops_per_block,
    clippy::undocumented_unsafe_blocks,
    reason = "what a wait keeps in place is reached by a pointer"
)]
pub fn pinned(limit: u32) -> impl crate::pinned_with_waker::Future<Output = u32> {
    enum State<F1, F2> {
        Start { limit: u32 },
        Wait1 { future: Slot<F1> },
        Wait2 { future: Slot<F2> },
        Done,
        Panicked,
    }
    #[allow(dead_code, reason = "a slot is reached by a pointer")]
    union Shared<F1, F2> {
        wait1: ::std::mem::ManuallyDrop<F1>,
        wait2: ::std::mem::ManuallyDrop<F2>,
    }
    #[allow(dead_code, reason = "a slot is reached by a pointer")]
    struct Slots<F1, F2> {
        shared: Shared<F1, F2>,
    }
    struct Slot<T>(::std::cell::Cell<*mut T>);
    // SAFETY: it owns the value, and nothing else refers to the handle.
    unsafe impl<T: Send> Send for Slot<T> {}
    #[allow(dead_code, reason = "not every machine needs all of it")]
    impl<T> Slot<T> {
        unsafe fn fill(place: *mut ::std::mem::ManuallyDrop<T>, value: T) -> Self {
            let place: *mut T = place.cast();
            // SAFETY: the caller gives the place of a free slot.
            unsafe { place.write(value) };
            Slot(::std::cell::Cell::new(place))
        }
        fn at(&self) -> *mut T {
            let place = self.0.get();
            assert!(! place.is_null(), "the slot is empty");
            place
        }
        unsafe fn take(&self) -> T {
            let place = self.at();
            if ::std::mem::needs_drop::<T>() {
                self.0.set(::std::ptr::null_mut());
            }
            // SAFETY: a value is there, and is not dropped again.
            unsafe { place.read() }
        }
        unsafe fn set(&self, place: *mut ::std::mem::ManuallyDrop<T>, value: T) {
            let place: *mut T = place.cast();
            let old = self.0.replace(::std::ptr::null_mut());
            ::std::mem::drop(Slot(::std::cell::Cell::new(old)));
            // SAFETY: the place is that of the old value.
            unsafe { place.write(value) };
            self.0.set(place);
        }
    }
    impl<T> Drop for Slot<T> {
        fn drop(&mut self) {
            let place = self.0.get();
            if !place.is_null() {
                // SAFETY: a value is there, and nothing uses it again.
                unsafe { place.drop_in_place() };
            }
        }
    }
    struct Pinned<S, L, P> {
        state: S,
        slots: ::std::cell::UnsafeCell<::std::mem::MaybeUninit<L>>,
        resume: P,
        _pinned: ::std::marker::PhantomPinned,
    }
    fn machine<S, L, P, T>(state: S, resume: P) -> Pinned<S, L, P>
    where
        P: FnMut(
            &mut S,
            *mut L,
            &crate::pinned_with_waker::Waker,
        ) -> crate::pinned_with_waker::PollState<T>,
    {
        Pinned {
            state,
            slots: ::std::cell::UnsafeCell::new(::std::mem::MaybeUninit::uninit()),
            resume,
            _pinned: ::std::marker::PhantomPinned,
        }
    }
    impl<S, L, P, T> crate::pinned_with_waker::Future for Pinned<S, L, P>
    where
        P: FnMut(
            &mut S,
            *mut L,
            &crate::pinned_with_waker::Waker,
        ) -> crate::pinned_with_waker::PollState<T>,
    {
        type Output = T;
        fn poll(
            self: ::std::pin::Pin<&mut Self>,
            waker: &crate::pinned_with_waker::Waker,
        ) -> crate::pinned_with_waker::PollState<T> {
            // SAFETY: nothing is moved out of it, and slots are left in place.
            let this = unsafe { self.get_unchecked_mut() };
            let slots = this.slots.get().cast();
            (this.resume)(&mut this.state, slots, waker)
        }
    }
    machine(
        State::Start { limit },
        |
            state,
            slots: *mut Slots<_, _>,
            waker,
        | -> crate::pinned_with_waker::PollState<u32> {
            loop {
                match std::mem::replace(state, State::Panicked) {
                    // line 4: the call
                    // SAFETY: the future stays in its slot: the machine is pinned.
                    State::Start { limit } => {
                        let future = crate::pinned_with_waker::after(1, limit);
                        let future = unsafe {
                            Slot::fill(&raw mut (*slots).shared.wait1, future)
                        };
                        *state = State::Wait1 { future };
                    }
                    // line 5: crate::pinned_with_waker::after(1, limit).wait
                    // SAFETY: the future stays in its slot: the machine is pinned.
                    State::Wait1 { future } => {
                        match crate::pinned_with_waker::Future::poll(
                            unsafe { ::std::pin::Pin::new_unchecked(&mut *future.at()) },
                            waker,
                        ) {
                            crate::pinned_with_waker::PollState::NotReady => {
                                *state = State::Wait1 { future };
                                return crate::pinned_with_waker::PollState::NotReady;
                            }
                            crate::pinned_with_waker::PollState::Ready(first) => {
                                ::std::mem::drop(future);
                                let future = crate::pinned_with_waker::after(
                                    first as usize,
                                    first,
                                );
                                let future = unsafe {
                                    Slot::fill(&raw mut (*slots).shared.wait2, future)
                                };
                                *state = State::Wait2 { future };
                            }
                        }
                    }
                    // line 6: crate::pinned_with_waker…st as usize, first).wait
                    State::Wait2 { future } => {
                        match crate::pinned_with_waker::Future::poll(
                            unsafe { ::std::pin::Pin::new_unchecked(&mut *future.at()) },
                            waker,
                        ) {
                            crate::pinned_with_waker::PollState::NotReady => {
                                *state = State::Wait2 { future };
                                return crate::pinned_with_waker::PollState::NotReady;
                            }
                            crate::pinned_with_waker::PollState::Ready(value) => {
                                ::std::mem::drop(future);
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
