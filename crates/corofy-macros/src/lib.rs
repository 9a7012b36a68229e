//! `#[coroutine]`, for the compiler: a macro has to live in a crate of its
//! own. The work is done in `corofy-transform`; the documentation is that of
//! `corofy`, which exports this.

use proc_macro::TokenStream;

/// Turns the function into one that returns a state machine.
///
/// See the documentation of the crate `corofy` for what the body may hold and
/// what the arguments of the attribute mean.
///
/// ```standalone_crate
/// pub enum PollState<T> {
///     Ready(T),
///     NotReady,
/// }
///
/// pub trait Future {
///     type Output;
///     fn poll(&mut self) -> PollState<Self::Output>;
/// }
///
/// struct Later(bool);
///
/// impl Future for Later {
///     type Output = u32;
///     fn poll(&mut self) -> PollState<u32> {
///         if std::mem::replace(&mut self.0, true) {
///             PollState::Ready(21)
///         } else {
///             PollState::NotReady
///         }
///     }
/// }
///
/// #[corofy_macros::coroutine]
/// fn twice(later: Later) -> u32 {
///     later.wait * 2
/// }
///
/// fn main() {
///     let mut twice = twice(Later(false));
///     assert!(matches!(twice.poll(), PollState::NotReady));
///     assert!(matches!(twice.poll(), PollState::Ready(42)));
/// }
/// ```
#[proc_macro_attribute]
pub fn coroutine(arguments: TokenStream, item: TokenStream) -> TokenStream {
    corofy_transform::attribute(arguments.into(), item.into()).into()
}
