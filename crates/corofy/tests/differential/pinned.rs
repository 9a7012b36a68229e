//! The trait of the shape `pinned`, and what borrows: futures and values that
//! look at what they borrow whenever they are polled or dropped.

pub use std::task::Waker;

pub trait Future {
    type Output;
    fn poll(self: Pin<&mut Self>, waker: &Waker) -> PollState<Self::Output>;
}

/// The same poll for both traits.
macro_rules! future {
    ([$($generics:tt)*] $ty:ty, $output:ty) => {
        impl<$($generics)*> Future for $ty {
            type Output = $output;
            fn poll(mut self: Pin<&mut Self>, _: &Waker) -> PollState<$output> {
                match self.step() {
                    Some(value) => PollState::Ready(value),
                    None => PollState::NotReady,
                }
            }
        }
    };
}

macro_rules! both {
    ($ty:ty, $output:ty) => {
        future!([] $ty, $output);
        impl std::future::Future for $ty {
            type Output = $output;
            fn poll(
                mut self: Pin<&mut Self>,
                _: &mut std::task::Context<'_>,
            ) -> std::task::Poll<$output> {
                match self.step() {
                    Some(value) => std::task::Poll::Ready(value),
                    None => std::task::Poll::Pending,
                }
            }
        }
    };
}

future!([T: Unpin] Probe<T>, T);
both!(Watch<'_>, u32);
both!(Grow<'_>, u32);

/// A future that borrows a guard, and looks at it at its end.
pub struct Watch<'g>(&'g Guard, Probe<u32>);

impl Watch<'_> {
    fn step(&mut self) -> Option<u32> {
        let value = self.1.step()?;
        Some(value ^ self.0.look())
    }
}

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        log(format!("unwatch {}", self.0.0));
    }
}

pub fn watch(id: u32, guard: &Guard) -> Watch<'_> {
    Watch(guard, w(id, id))
}

/// A future that changes what it borrows in each poll.
pub struct Grow<'g>(&'g mut Guard, Probe<u32>);

impl Grow<'_> {
    fn step(&mut self) -> Option<u32> {
        self.0.bump(1);
        self.1.step()
    }
}

impl Drop for Grow<'_> {
    fn drop(&mut self) {
        log(format!("grown {}", self.0.0));
    }
}

pub fn grow(id: u32, guard: &mut Guard) -> Grow<'_> {
    Grow(guard, w(id, id))
}

/// A value that looks at what it borrows when it is dropped.
pub struct Seen<'g>(&'g Guard);

impl Seen<'_> {
    fn look(&self) -> u32 {
        self.0.look()
    }
}

impl Drop for Seen<'_> {
    fn drop(&mut self) {
        log(format!("seen {}", self.0.0));
    }
}

pub fn seen(guard: &Guard) -> Seen<'_> {
    Seen(guard)
}

/// What has to be dropped before what it borrows is.
pub fn first<'g>(guard: &'g Guard, other: &'g Guard) -> &'g Guard {
    if event("first".to_owned()) % 2 == 0 { guard } else { other }
}

pub fn whole(pair: Pair) -> u32 {
    pair.a.look() ^ pair.b.look()
}

fn coroutine<'a, F: Future + 'a>(future: F) -> Step<'a>
where
    F::Output: Debug,
{
    // It may be moved before its first poll.
    let mut future = Box::pin(std::convert::identity(future));
    Box::new(move || match future.as_mut().poll(Waker::noop()) {
        PollState::Ready(value) => Some(format!("{value:?}")),
        PollState::NotReady => None,
    })
}
