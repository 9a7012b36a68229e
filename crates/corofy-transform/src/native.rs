//! Expressions that stay as they are, but for `return` and `?`: both leave
//! the coroutine, which is a `return` of its own from the machine.

use proc_macro2::Ident;
use quote::quote;
use syn::visit_mut::{self, VisitMut};
use syn::{Expr, Type, parse_quote, parse_quote_spanned};

use crate::shape::Options;

/// How to leave the machine.
#[derive(Debug)]
pub(crate) struct Leave<'o> {
    pub options: &'o Options,
    /// The variable that holds the state, and names for what is given.
    pub state: Ident,
    /// The enum.
    pub states: Ident,
    pub result: Ident,
    pub error: Ident,
    /// What the coroutine gives; `None` where it cannot be written.
    pub output: Option<Type>,
    pub unit: bool,
    /// `?` is about an `Option`.
    pub option: bool,
}

impl Leave<'_> {
    /// The expression for the machine.
    pub fn rewrite(&self, expr: &Expr) -> Expr {
        let mut expr = expr.clone();
        Rewrite(self).visit_expr_mut(&mut expr);
        expr
    }

    pub fn rewrite_block(&self, block: &syn::Block) -> syn::Block {
        let mut block = block.clone();
        Rewrite(self).visit_block_mut(&mut block);
        block
    }

    /// The statements that leave with a value that is already rewritten.
    pub fn with(&self, value: &Expr) -> proc_macro2::TokenStream {
        let (state, result) = (&self.state, &self.result);
        let states = &self.states;
        let poll_state = self.options.poll_state();
        if crate::passes::is_short(value) || matches!(value, Expr::Path(_)) {
            return quote! {
                *#state = #states::Done;
                return #poll_state::Ready(#value);
            };
        }
        if self.unit {
            return quote! {
                #value;
                *#state = #states::Done;
                return #poll_state::Ready(());
            };
        }
        let ty = self.output.as_ref().map(|ty| quote!(: #ty));
        quote! {
            let #result #ty = #value;
            *#state = #states::Done;
            return #poll_state::Ready(#result);
        }
    }
}

struct Rewrite<'l, 'o>(&'l Leave<'o>);

impl VisitMut for Rewrite<'_, '_> {
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        visit_mut::visit_expr_mut(self, expr);
        match expr {
            Expr::Return(leave) => {
                let unit = parse_quote!(());
                let value = leave.expr.as_deref().unwrap_or(&unit);
                let statements = self.0.with(value);
                *expr = Expr::Block(parse_quote!({ #statements }));
            }
            Expr::Try(tried) => {
                let inner = &tried.expr;
                let span = tried.question_token.span;
                let (result, error) = (&self.0.result, &self.0.error);
                *expr = if self.0.option {
                    let leave = self
                        .0
                        .with(&parse_quote!(::core::option::Option::None));
                    parse_quote_spanned! {span=>
                        match #inner {
                            ::core::option::Option::Some(#result) => #result,
                            ::core::option::Option::None => { #leave }
                        }
                    }
                } else {
                    let leave = self.0.failed(span);
                    parse_quote_spanned! {span=>
                        match #inner {
                            ::core::result::Result::Ok(#result) => #result,
                            ::core::result::Result::Err(#error) => { #leave }
                        }
                    }
                };
            }
            _ => {}
        }
    }
    fn visit_expr_closure_mut(&mut self, _: &mut syn::ExprClosure) {}
    fn visit_expr_async_mut(&mut self, _: &mut syn::ExprAsync) {}
    fn visit_expr_const_mut(&mut self, _: &mut syn::ExprConst) {}
    fn visit_item_mut(&mut self, _: &mut syn::Item) {}
}

impl Leave<'_> {
    /// Leaves with the error of a `?`.
    fn failed(&self, span: proc_macro2::Span) -> proc_macro2::TokenStream {
        let (state, error) = (&self.state, &self.error);
        let states = &self.states;
        let poll_state = self.options.poll_state();
        quote::quote_spanned! {span=>
            let #error = ::core::convert::From::from(#error);
            *#state = #states::Done;
            return #poll_state::Ready(::core::result::Result::Err(#error));
        }
    }
}
