#![doc = include_str!("../README.md")]

mod emit;
mod expand;
mod explain;
mod flow;
mod ir;
mod lower;
mod marks;
mod moves;
mod names;
mod native;
mod passes;
mod pins;
mod places;
mod refuse;
mod scan;
mod shape;
mod storage;
mod types;
mod uses;

pub use shape::{Options, Shape};

use proc_macro2::TokenStream;
use quote::ToTokens as _;
use syn::visit_mut::{self, VisitMut};

/// What the attribute macro does: the function `item` as one that returns a
/// state machine, or a `compile_error!` for each fault, at its place.
#[must_use]
pub fn attribute(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let expanded = syn::parse2::<Options>(arguments).and_then(|options| {
        let function = syn::parse2::<syn::ImplItemFn>(item)?;
        expand::expand(&function, &options, Notes::None)
    });
    match expanded {
        Ok(expanded) => expanded.tokens,
        Err(error) => error.into_compile_error(),
    }
}

/// Which comments are put into the code, as documentation marked by `@`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Notes {
    /// None: the compiler reads it.
    None,
    /// What makes `unsafe` code right.
    Safety,
    /// Where each arm comes from, too.
    All,
}

/// What is known of a transformed function, besides its code.
#[derive(Clone, Debug)]
pub struct Origin {
    /// The function's name.
    pub function: String,
    /// The variant's name.
    pub variant: String,
    /// What it comes from: the expression that waits, or the place.
    pub what: String,
    /// The line of that in the source, from 1.
    pub line: usize,
    /// The column, from 1.
    pub column: usize,
}

/// Transforms each function of the file that is marked with `#[coroutine]`.
///
/// Lines of documentation that begin with `@` are comments: what makes `unsafe`
/// code right and, with `explain`, what each arm comes from. The origins are also given, function by
/// function in the order of the source.
///
/// # Errors
/// All faults of all coroutines, combined, each with its place.
pub fn file(file: &mut syn::File, explain: bool) -> syn::Result<Vec<Origin>> {
    let mut errors = refuse::stray(file);
    let mut all = Functions {
        errors: Vec::new(),
        origins: Vec::new(),
        notes: if explain { Notes::All } else { Notes::Safety },
    };
    all.visit_file_mut(file);
    errors.extend(all.errors);
    let combined = errors.into_iter().reduce(|mut all, error| {
        all.combine(error);
        all
    });
    match combined {
        Some(error) => Err(error),
        None => Ok(all.origins),
    }
}

/// Whether one of the attributes is `#[coroutine]`, by whatever path.
pub(crate) fn is_coroutine(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(is_the_attribute)
}

fn is_the_attribute(attribute: &syn::Attribute) -> bool {
    let last = attribute.path().segments.last();
    last.is_some_and(|segment| segment.ident == "coroutine")
}

struct Functions {
    errors: Vec<syn::Error>,
    origins: Vec<Origin>,
    notes: Notes,
}

impl Functions {
    fn expanded(
        &mut self,
        mut function: syn::ImplItemFn,
    ) -> Option<TokenStream> {
        let at = function.attrs.iter().position(is_the_attribute)?;
        let attribute = function.attrs.remove(at);
        let options = match &attribute.meta {
            syn::Meta::Path(_) => Ok(Options::default()),
            _ => attribute.parse_args(),
        };
        let expanded = options.and_then(|options| {
            expand::expand(&function, &options, self.notes)
        });
        match expanded {
            Ok(expanded) => {
                self.origins.extend(expanded.origins);
                Some(expanded.tokens)
            }
            Err(error) => {
                self.errors.push(error);
                None
            }
        }
    }
}

impl VisitMut for Functions {
    fn visit_item_fn_mut(&mut self, item: &mut syn::ItemFn) {
        if is_coroutine(&item.attrs) {
            let function = syn::parse2(item.to_token_stream());
            self.replace(item, function);
        }
        visit_mut::visit_item_fn_mut(self, item);
    }
    fn visit_impl_item_fn_mut(&mut self, item: &mut syn::ImplItemFn) {
        if is_coroutine(&item.attrs) {
            let function = Ok(item.clone());
            self.replace(item, function);
        }
        visit_mut::visit_impl_item_fn_mut(self, item);
    }
}

impl Functions {
    fn replace<T: syn::parse::Parse>(
        &mut self,
        item: &mut T,
        function: syn::Result<syn::ImplItemFn>,
    ) {
        let expanded = function.map(|function| self.expanded(function));
        match expanded.and_then(|tokens| tokens.map(syn::parse2).transpose()) {
            Ok(Some(new)) => *item = new,
            Ok(None) => {}
            Err(error) => self.errors.push(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quote::quote;

    #[test]
    fn a_function_becomes_a_machine_without_its_waits() {
        let function = quote! {
            fn twice(later: Later) -> u32 { later.wait * 2 }
        };
        let text = attribute(TokenStream::new(), function).to_string();
        assert!(text.contains("Wait1"), "{text}");
        assert!(!text.contains(". wait"), "{text}");
        assert!(!text.contains("compile_error"), "{text}");
    }

    #[test]
    fn what_is_no_function_is_a_compile_error() {
        let text = attribute(
            TokenStream::new(),
            quote!(
                struct Twice;
            ),
        );
        assert!(text.to_string().contains("compile_error"), "{text}");
    }
}
