//! Waits where there can be none, each with what to do instead.

use proc_macro2::{Span, TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

use crate::scan::is_wait;

/// All faults that can be told from the syntax alone.
pub(crate) fn faults(body: &syn::Block) -> Vec<syn::Error> {
    let mut look = Look {
        place: None,
        errors: Vec::new(),
    };
    look.visit_block(body);
    look.errors
}

/// Waits in what is no coroutine at all.
pub(crate) fn stray(file: &syn::File) -> Vec<syn::Error> {
    struct Stray(Vec<syn::Error>);
    impl<'s> Visit<'s> for Stray {
        fn visit_item_fn(&mut self, item: &'s syn::ItemFn) {
            if !crate::is_coroutine(&item.attrs) {
                visit::visit_item_fn(self, item);
            }
        }
        fn visit_impl_item_fn(&mut self, item: &'s syn::ImplItemFn) {
            if !crate::is_coroutine(&item.attrs) {
                visit::visit_impl_item_fn(self, item);
            }
        }
        fn visit_expr_field(&mut self, field: &'s syn::ExprField) {
            if is_wait(field) {
                self.0.push(syn::Error::new(
                    field.member.span(),
                    "a wait outside of a coroutine: mark the function with \
                     `#[corofy::coroutine]`",
                ));
            }
            visit::visit_expr_field(self, field);
        }
    }
    let mut stray = Stray(Vec::new());
    stray.visit_file(file);
    stray.0
}

struct Look {
    /// Why there can be no wait here.
    place: Option<&'static str>,
    errors: Vec<syn::Error>,
}

const CLOSURE: &str = "a wait in a closure: a closure runs to its end when it \
    is called. Wait before it, or write a `#[corofy::coroutine]` \
    function in its place";
const NESTED: &str = "a wait in a function inside the coroutine: mark that \
    function with `#[corofy::coroutine]`, too";
const CONSTANT: &str = "a wait in a constant: its value is computed by the \
    compiler. Use `let`";
const ASYNC: &str = "a wait in an `async` block: that is polled by other \
    rules. Wait outside of it";
const GUARD: &str = "a wait in the guard of a `match` arm: wait before the \
    `match`, or in an `if` inside the arm";
const UNSAFE: &str = "a wait in an `unsafe` block: end the block before the \
    wait, so that what is unsafe stays short";
const MACRO: &str = "a wait in the arguments of a macro: what the macro makes \
    of it is not known here. Wait in a `let` before it";
const LEAVES: &str = "`?` or `return` in the arguments of a macro: what the \
    macro makes of it is not known here. Use a `let` before it";

impl Look {
    fn within(&mut self, place: &'static str, inside: impl FnOnce(&mut Self)) {
        let outer = self.place.replace(place);
        inside(self);
        self.place = outer;
    }

    fn error(&mut self, span: Span, text: &str) {
        self.errors.push(syn::Error::new(span, text));
    }

    fn tokens(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let is = |at: Option<usize>, char: char| {
            matches!(
                at.and_then(|at| tokens.get(at)),
                Some(TokenTree::Punct(punct)) if punct.as_char() == char
            )
        };
        for (at, token) in tokens.iter().enumerate() {
            match token {
                TokenTree::Group(group) => self.tokens(group.stream()),
                TokenTree::Ident(ident) if ident == "wait" => {
                    let call = matches!(
                        tokens.get(at + 1),
                        Some(TokenTree::Group(group))
                            if group.delimiter()
                                == proc_macro2::Delimiter::Parenthesis
                    );
                    let turbofish = is(Some(at + 1), ':');
                    if is(at.checked_sub(1), '.')
                        && !is(at.checked_sub(2), '.')
                        && !call
                        && !turbofish
                    {
                        self.error(ident.span(), MACRO);
                    }
                }
                TokenTree::Ident(ident) if ident == "return" => {
                    self.error(ident.span(), LEAVES);
                }
                TokenTree::Punct(punct) if punct.as_char() == '?' => {
                    self.error(punct.span(), LEAVES);
                }
                _ => {}
            }
        }
    }
}

impl<'s> Visit<'s> for Look {
    fn visit_expr_field(&mut self, field: &'s syn::ExprField) {
        if is_wait(field)
            && let Some(place) = self.place
        {
            self.error(field.member.span(), place);
        }
        visit::visit_expr_field(self, field);
    }
    fn visit_expr_await(&mut self, e: &'s syn::ExprAwait) {
        if self.place != Some(ASYNC) {
            let text = "`.await` is for `async fn`: in a coroutine write \
                        `.wait`";
            self.error(e.await_token.span, text);
        }
        visit::visit_expr_await(self, e);
    }
    fn visit_expr_closure(&mut self, e: &'s syn::ExprClosure) {
        self.within(CLOSURE, |look| visit::visit_expr_closure(look, e));
    }
    fn visit_expr_async(&mut self, e: &'s syn::ExprAsync) {
        self.within(ASYNC, |look| visit::visit_expr_async(look, e));
    }
    fn visit_expr_unsafe(&mut self, e: &'s syn::ExprUnsafe) {
        let place = self.place.unwrap_or(UNSAFE);
        self.within(place, |look| visit::visit_expr_unsafe(look, e));
    }
    fn visit_expr_const(&mut self, e: &'s syn::ExprConst) {
        self.within(CONSTANT, |look| visit::visit_expr_const(look, e));
    }
    fn visit_expr_repeat(&mut self, e: &'s syn::ExprRepeat) {
        self.visit_expr(&e.expr);
        self.within(CONSTANT, |look| look.visit_expr(&e.len));
    }
    fn visit_arm(&mut self, arm: &'s syn::Arm) {
        if let Some((_, guard)) = &arm.guard {
            let place = self.place.unwrap_or(GUARD);
            self.within(place, |look| look.visit_expr(guard));
        }
        self.visit_expr(&arm.body);
    }
    fn visit_local(&mut self, local: &'s syn::Local) {
        self.no_cfg(&local.attrs);
        visit::visit_local(self, local);
    }
    fn visit_item(&mut self, item: &'s syn::Item) {
        match item {
            syn::Item::Fn(f) if crate::is_coroutine(&f.attrs) => {}
            syn::Item::Const(_) | syn::Item::Static(_) => {
                self.within(CONSTANT, |look| visit::visit_item(look, item));
            }
            syn::Item::Macro(_) => {}
            _ => self.within(NESTED, |look| visit::visit_item(look, item)),
        }
    }
    fn visit_impl_item_fn(&mut self, item: &'s syn::ImplItemFn) {
        if !crate::is_coroutine(&item.attrs) {
            visit::visit_impl_item_fn(self, item);
        }
    }
    fn visit_macro(&mut self, call: &'s syn::Macro) {
        self.tokens(call.tokens.clone());
    }
}

impl Look {
    fn no_cfg(&mut self, attributes: &[syn::Attribute]) {
        for attribute in attributes {
            if attribute.path().is_ident("cfg") {
                self.error(
                    attribute.span(),
                    "`#[cfg]` on a `let` of a coroutine: it is not known yet \
                     whether it holds. Use `cfg!(…)` in an `if`",
                );
            }
        }
    }
}
