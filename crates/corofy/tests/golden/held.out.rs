//! Borrows that are held across waits: the shape `pinned`.
use crate::pinned_with_waker::after;
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
#[allow(
    dangerous_implicit_autorefs,
    mismatched_lifetime_syntaxes,
    unused_parens,
    unused_unsafe,
    reason = "a variable in a slot is a place behind a pointer"
)]
pub fn held<'held_2, 'given_2: 'held_2>(
    words: Vec<String>,
    limit: &'given_2 u32,
) -> impl crate::pinned_with_waker::Future<Output = (String, u32)> {
    enum State<Limit, Items, Sum, Writer, Text, F1, Word, F2, Rest, Numbers> {
        Start { words: Vec<String>, limit: Limit },
        Loop1 {
            items_slot: Slot<Items>,
            sum_slot: Slot<Sum>,
            writer_slot: Slot<Writer>,
            text_slot: Slot<Text>,
            limit: Limit,
            words_slot: Slot<Vec<String>>,
        },
        Wait1 {
            future: Slot<F1>,
            word_slot: Slot<Word>,
            items_slot: Slot<Items>,
            sum_slot: Slot<Sum>,
            writer_slot: Slot<Writer>,
            text_slot: Slot<Text>,
            limit: Limit,
            words_slot: Slot<Vec<String>>,
        },
        Wait2 {
            future: Slot<F2>,
            rest_slot: Slot<Rest>,
            numbers_slot: Slot<Numbers>,
            writer_slot: Slot<Writer>,
            text_slot: Slot<Text>,
            words_slot: Slot<Vec<String>>,
        },
        Done,
        Panicked,
    }
    #[allow(dead_code, reason = "a slot is reached by a pointer")]
    union Shared<Items, Numbers> {
        items: ::std::mem::ManuallyDrop<Items>,
        numbers: ::std::mem::ManuallyDrop<Numbers>,
    }
    #[allow(dead_code, reason = "a slot is reached by a pointer")]
    union Shared2<Word, Rest> {
        word: ::std::mem::ManuallyDrop<Word>,
        rest: ::std::mem::ManuallyDrop<Rest>,
    }
    #[allow(dead_code, reason = "a slot is reached by a pointer")]
    union Shared3<F2, F1> {
        wait2: ::std::mem::ManuallyDrop<F2>,
        wait1: ::std::mem::ManuallyDrop<F1>,
    }
    #[allow(dead_code, reason = "a slot is reached by a pointer")]
    struct Slots<Text, Writer, Sum, Items, Numbers, Word, Rest, F2, F1> {
        words: ::std::mem::ManuallyDrop<Vec<String>>,
        text: ::std::mem::ManuallyDrop<Text>,
        writer: ::std::mem::ManuallyDrop<Writer>,
        sum: ::std::mem::ManuallyDrop<Sum>,
        shared: Shared<Items, Numbers>,
        shared_2: Shared2<Word, Rest>,
        shared_3: Shared3<F2, F1>,
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
    struct Awaited<F>(F);
    impl<F: crate::pinned_with_waker::Future> ::std::future::Future for Awaited<F> {
        type Output = F::Output;
        fn poll(
            self: ::std::pin::Pin<&mut Self>,
            _: &mut ::std::task::Context<'_>,
        ) -> ::std::task::Poll<F::Output> {
            let _ = &self.0;
            unreachable!()
        }
    }
    fn check<F: ::std::future::Future>(
        _: ::std::marker::PhantomData<fn(F::Output) -> F::Output>,
        _: F,
    ) -> ! {
        unreachable!()
    }
    let output = ::std::marker::PhantomData;
    // Never run: the compiler checks the borrows of the source here.
    // The slots are reached by pointers, which it does not check.
    if false {
        let checked = async move {
            let words = words;
            let limit = limit;
            {
                let given: (String, u32) = {
                    let mut text = String::new();
                    let writer = &mut text;
                    let mut sum = 0;
                    for word in &words {
                        sum += Awaited(after(1, *limit)).await;
                        writer.push_str(word);
                    }
                    let mut numbers = [sum, 2, 3];
                    let rest = &mut numbers[1..];
                    rest[0] = Awaited(after(1, 7)).await;
                    (text, numbers[1])
                };
                given
            }
        };
        check(output, checked);
    }
    struct Held<S, L, P> {
        state: S,
        slots: ::std::cell::UnsafeCell<::std::mem::MaybeUninit<L>>,
        resume: P,
        _pinned: ::std::marker::PhantomPinned,
    }
    fn machine<S, L, P, T>(
        state: S,
        _: ::std::marker::PhantomData<fn(T) -> T>,
        resume: P,
    ) -> Held<S, L, P>
    where
        P: FnMut(
            &mut S,
            *mut L,
            &crate::pinned_with_waker::Waker,
        ) -> crate::pinned_with_waker::PollState<T>,
    {
        Held {
            state,
            slots: ::std::cell::UnsafeCell::new(::std::mem::MaybeUninit::uninit()),
            resume,
            _pinned: ::std::marker::PhantomPinned,
        }
    }
    impl<S, L, P, T> crate::pinned_with_waker::Future for Held<S, L, P>
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
        State::Start { words, limit },
        output,
        |
            state,
            slots: *mut Slots<_, _, _, _, _, _, _, _, _>,
            waker,
        | -> crate::pinned_with_waker::PollState<(String, u32)> {
            loop {
                match std::mem::replace(state, State::Panicked) {
                    // line 6: the call
                    // SAFETY: slots stay where they are; the borrows are checked above.
                    State::Start { words, limit } => {
                        unsafe {
                            let words_slot = Slot::fill(&raw mut (*slots).words, words);
                            let limit = limit;
                            let mut text = String::new();
                            let text_slot = Slot::fill(&raw mut (*slots).text, text);
                            let writer = &mut (*text_slot.at());
                            let writer_slot = Slot::fill(
                                &raw mut (*slots).writer,
                                writer,
                            );
                            let mut sum = 0;
                            let sum_slot = Slot::fill(&raw mut (*slots).sum, sum);
                            let mut items = ::std::iter::IntoIterator::into_iter(
                                &(*words_slot.at()),
                            );
                            let items_slot = Slot::fill(
                                &raw mut (*slots).shared.items,
                                items,
                            );
                            *state = State::Loop1 {
                                words_slot,
                                limit,
                                text_slot,
                                writer_slot,
                                sum_slot,
                                items_slot,
                            };
                        }
                    }
                    // line 10: the `for` of line 10
                    // SAFETY: slots stay where they are; the borrows are checked above.
                    State::Loop1 {
                        words_slot,
                        limit,
                        text_slot,
                        writer_slot,
                        sum_slot,
                        items_slot,
                    } => {
                        unsafe {
                            match ::std::iter::Iterator::next(&mut (*items_slot.at())) {
                                Some(word) => {
                                    let word_slot = Slot::fill(
                                        &raw mut (*slots).shared_2.word,
                                        word,
                                    );
                                    let future = after(1, *limit);
                                    let future = unsafe {
                                        Slot::fill(&raw mut (*slots).shared_3.wait1, future)
                                    };
                                    *state = State::Wait1 {
                                        future,
                                        words_slot,
                                        limit,
                                        text_slot,
                                        writer_slot,
                                        sum_slot,
                                        items_slot,
                                        word_slot,
                                    };
                                }
                                None => {
                                    ::std::mem::drop(items_slot);
                                    let mut numbers = [sum_slot.take(), 2, 3];
                                    let numbers_slot = Slot::fill(
                                        &raw mut (*slots).shared.numbers,
                                        numbers,
                                    );
                                    let rest = &mut (*numbers_slot.at())[1..];
                                    let rest_slot = Slot::fill(
                                        &raw mut (*slots).shared_2.rest,
                                        rest,
                                    );
                                    let future = after(1, 7);
                                    let future = unsafe {
                                        Slot::fill(&raw mut (*slots).shared_3.wait2, future)
                                    };
                                    *state = State::Wait2 {
                                        future,
                                        words_slot,
                                        text_slot,
                                        writer_slot,
                                        numbers_slot,
                                        rest_slot,
                                    };
                                }
                            }
                        }
                    }
                    // line 11: after(1, * limit).wait
                    // SAFETY: slots stay where they are; the borrows are checked above.
                    State::Wait1 {
                        words_slot,
                        limit,
                        text_slot,
                        writer_slot,
                        sum_slot,
                        items_slot,
                        word_slot,
                        future,
                    } => {
                        match crate::pinned_with_waker::Future::poll(
                            unsafe { ::std::pin::Pin::new_unchecked(&mut *future.at()) },
                            waker,
                        ) {
                            crate::pinned_with_waker::PollState::NotReady => {
                                *state = State::Wait1 {
                                    words_slot,
                                    limit,
                                    text_slot,
                                    writer_slot,
                                    sum_slot,
                                    items_slot,
                                    word_slot,
                                    future,
                                };
                                return crate::pinned_with_waker::PollState::NotReady;
                            }
                            crate::pinned_with_waker::PollState::Ready(value) => {
                                unsafe {
                                    ::std::mem::drop(future);
                                    (*sum_slot.at()) += value;
                                    (*writer_slot.at()).push_str(word_slot.take());
                                    *state = State::Loop1 {
                                        words_slot,
                                        limit,
                                        text_slot,
                                        writer_slot,
                                        sum_slot,
                                        items_slot,
                                    };
                                }
                            }
                        }
                    }
                    // line 16: after(1, 7).wait
                    // SAFETY: slots stay where they are; the borrows are checked above.
                    State::Wait2 {
                        words_slot,
                        text_slot,
                        writer_slot,
                        numbers_slot,
                        rest_slot,
                        future,
                    } => {
                        match crate::pinned_with_waker::Future::poll(
                            unsafe { ::std::pin::Pin::new_unchecked(&mut *future.at()) },
                            waker,
                        ) {
                            crate::pinned_with_waker::PollState::NotReady => {
                                *state = State::Wait2 {
                                    words_slot,
                                    text_slot,
                                    writer_slot,
                                    numbers_slot,
                                    rest_slot,
                                    future,
                                };
                                return crate::pinned_with_waker::PollState::NotReady;
                            }
                            crate::pinned_with_waker::PollState::Ready(value_2) => {
                                unsafe {
                                    ::std::mem::drop(future);
                                    (*rest_slot.at())[0] = value_2;
                                    let result: (String, u32) = (
                                        text_slot.take(),
                                        (*numbers_slot.at())[1],
                                    );
                                    *state = State::Done;
                                    return crate::pinned_with_waker::PollState::Ready(result);
                                }
                            }
                        }
                    }
                    State::Done => panic!("`held` was polled after it had finished"),
                    State::Panicked => panic!("`held` was polled after it had panicked"),
                }
            }
        },
    )
}
