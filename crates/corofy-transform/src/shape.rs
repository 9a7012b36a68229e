//! The arguments of the attribute: which trait the coroutine implements, and
//! with what it is polled.

use proc_macro2::TokenStream;
use quote::quote;
use syn::parse::{Parse, ParseStream};
use syn::{Path, Token};

/// With what a coroutine is polled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// `fn poll(&mut self)`
    Plain,
    /// `fn poll(&mut self, waker: &Waker)`
    Waker,
    /// `fn poll(self: Pin<&mut Self>, waker: &Waker)`
    Pinned,
}

/// What the attribute says.
#[derive(Clone, Debug)]
pub struct Options {
    /// The module in which `Future`, `PollState` and `Waker` are.
    pub module: Path,
    /// With what the trait is polled.
    pub shape: Shape,
}

impl Default for Options {
    /// `crate`, polled with nothing.
    fn default() -> Self {
        Options {
            module: syn::parse_quote!(crate),
            shape: Shape::Plain,
        }
    }
}

impl Parse for Options {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut options = Options::default();
        while !input.is_empty() {
            if input.peek(Token![crate]) {
                input.parse::<Token![crate]>()?;
                input.parse::<Token![=]>()?;
                options.module = input.call(Path::parse_mod_style)?;
            } else {
                let word: syn::Ident = input.parse()?;
                options.shape = if word == "waker" {
                    Shape::Waker
                } else if word == "pinned" {
                    Shape::Pinned
                } else {
                    return Err(syn::Error::new(
                        word.span(),
                        "the attribute takes `crate = PATH`, `waker` or \
                         `pinned`",
                    ));
                };
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(options)
    }
}

impl Options {
    /// The trait.
    pub(crate) fn future(&self) -> TokenStream {
        let module = &self.module;
        quote!(#module::Future)
    }

    /// What a poll gives.
    pub(crate) fn poll_state(&self) -> TokenStream {
        let module = &self.module;
        quote!(#module::PollState)
    }

    /// The type of what comes along with a poll, if anything does.
    pub(crate) fn companion(&self) -> Option<TokenStream> {
        let module = &self.module;
        match self.shape {
            Shape::Plain => None,
            Shape::Waker | Shape::Pinned => Some(quote!(&#module::Waker)),
        }
    }
}
