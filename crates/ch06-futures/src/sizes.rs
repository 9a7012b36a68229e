//! Futures of several shapes, for chapter 6 to measure.
//!
//! `use_up` stands for whatever is done with a buffer; the bodies are as short
//! as they can be.

use crate::s2_by_hand::yield_now;

/// What a task may have to keep: a kibibyte.
pub type Buffer = [u8; 1024];

/// Looks at a buffer.
fn use_up(buffer: &[u8]) {
    std::hint::black_box(buffer);
}

/// Waits, and keeps nothing.
pub async fn nothing() {
    yield_now().await;
}

// ANCHOR: shapes
/// Uses its buffer before it waits.
pub async fn local_before() {
    {
        let buffer: Buffer = [0; 1024];
        use_up(&buffer);
    }
    yield_now().await;
}

/// Keeps its buffer while it waits.
pub async fn local_across() {
    let buffer: Buffer = [0; 1024];
    yield_now().await;
    use_up(&buffer);
}

/// Gets the buffer as an argument.
pub async fn argument(buffer: Buffer) {
    yield_now().await;
    use_up(&buffer);
}

/// Passes the argument on to another async function.
pub async fn passed(buffer: Buffer) {
    argument(buffer).await;
}

/// Awaits a future that it was given.
pub async fn through<F: Future>(future: F) -> F::Output {
    future.await
}
// ANCHOR_END: shapes

// ANCHOR: mended
/// Borrows the buffer.
pub async fn reference(buffer: &Buffer) {
    yield_now().await;
    use_up(buffer);
}

/// Owns the buffer, on the heap.
pub async fn boxed(buffer: Box<Buffer>) {
    yield_now().await;
    use_up(&*buffer);
}

/// Passes the argument on, without a state machine of its own.
pub fn passed_on(buffer: Buffer) -> impl Future<Output = ()> {
    argument(buffer)
}
// ANCHOR_END: mended

/// What goes through the wrappers of [`nested`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passing {
    /// The buffer itself, from argument to argument.
    Value,
    /// A reference to it.
    Reference,
    /// The future of [`argument`], through [`through`].
    Future,
    /// The same in a box.
    BoxedFuture,
}

/// Sizes: without a wrapper, and in 1, 2, 3 and 4 of them.
#[must_use]
pub fn nested(passing: Passing) -> [usize; 5] {
    let buffer: Buffer = [0; 1024];
    let future = || argument(buffer);
    match passing {
        Passing::Value => levels(|| buffer, argument),
        Passing::Reference => levels(|| &buffer, reference),
        Passing::Future => futures(future),
        Passing::BoxedFuture => futures(|| Box::pin(future())),
    }
}

/// A wrapper like [`passed`] around any function.
async fn wrapper<A, F: Future>(argument: A, inner: impl FnOnce(A) -> F) {
    inner(argument).await;
}

fn levels<A, F: Future>(
    argument: impl Fn() -> A,
    inner: impl Fn(A) -> F + Copy,
) -> [usize; 5] {
    let one = move |argument| wrapper(argument, inner);
    let two = move |argument| wrapper(argument, one);
    let three = move |argument| wrapper(argument, two);
    let four = move |argument| wrapper(argument, three);
    [
        size_of_val(&inner(argument())),
        size_of_val(&one(argument())),
        size_of_val(&two(argument())),
        size_of_val(&three(argument())),
        size_of_val(&four(argument())),
    ]
}

fn futures<F: Future>(inner: impl Fn() -> F) -> [usize; 5] {
    let two = || through(through(inner()));
    [
        size_of_val(&inner()),
        size_of_val(&through(inner())),
        size_of_val(&two()),
        size_of_val(&through(two())),
        size_of_val(&through(through(two()))),
    ]
}
