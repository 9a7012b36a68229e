//! `#[coroutine]`, for the compiler: a macro has to live in a crate of its
//! own. The work is done in `corofy-transform`; the documentation is that of
//! `corofy`, which exports this.

use proc_macro::TokenStream;

/// Turns the function into one that returns a state machine.
///
/// See the documentation of the crate `corofy` for what the body may hold and
/// what the arguments of the attribute mean.
#[proc_macro_attribute]
pub fn coroutine(arguments: TokenStream, item: TokenStream) -> TokenStream {
    corofy_transform::attribute(arguments.into(), item.into()).into()
}
