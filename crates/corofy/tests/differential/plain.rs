//! The trait of the shape without a waker, for the generated bodies.

pub trait Future {
    type Output;
    fn poll(&mut self) -> PollState<Self::Output>;
}

impl<T> Future for Probe<T> {
    type Output = T;
    fn poll(&mut self) -> PollState<T> {
        match self.step() {
            Some(value) => PollState::Ready(value),
            None => PollState::NotReady,
        }
    }
}

fn coroutine<'a, F: Future + 'a>(mut future: F) -> Step<'a>
where
    F::Output: Debug,
{
    Box::new(move || match future.poll() {
        PollState::Ready(value) => Some(format!("{value:?}")),
        PollState::NotReady => None,
    })
}
