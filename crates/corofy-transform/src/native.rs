//! Expressions that stay as they are, but for `return` and `?`: both leave
//! the coroutine, which is a `return` of its own from the machine.

use std::cell::Cell;

use proc_macro2::Ident;
use quote::quote;
use syn::visit::Visit;
use syn::visit_mut::{self, VisitMut};
use syn::{Expr, Type, parse_quote, parse_quote_spanned};

use crate::marks::Unmark;
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
    /// Set when something leaves.
    pub finishes: Cell<bool>,
}

impl Leave<'_> {
    /// The expression for the machine.
    pub fn rewrite(&self, expr: &Expr) -> Expr {
        let mut expr = expr.clone();
        Unmark.visit_expr_mut(&mut expr);
        Rewrite(self).visit_expr_mut(&mut expr);
        expr
    }

    pub fn rewrite_block(&self, block: &syn::Block) -> syn::Block {
        let mut block = block.clone();
        Unmark.visit_block_mut(&mut block);
        Rewrite(self).visit_block_mut(&mut block);
        block
    }

    /// The statements that leave with a value that is already rewritten.
    pub fn with(&self, value: &Expr) -> proc_macro2::TokenStream {
        self.finishes.set(true);
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
    fn visit_stmt_mut(&mut self, stmt: &mut syn::Stmt) {
        if let syn::Stmt::Expr(Expr::Return(leave), _) = stmt {
            visit_mut::visit_expr_return_mut(self, leave);
            let unit = parse_quote!(());
            let value = leave.expr.as_deref().unwrap_or(&unit);
            let statements = Expr::Verbatim(self.0.with(value));
            *stmt = syn::Stmt::Expr(statements, None);
            return;
        }
        visit_mut::visit_stmt_mut(self, stmt);
    }
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        visit_mut::visit_expr_mut(self, expr);
        match expr {
            Expr::Return(leave) => {
                let unit = parse_quote!(());
                let value = leave.expr.as_deref().unwrap_or(&unit);
                let statements = self.0.with(value);
                // As tokens: what was parsed once is not parsed again.
                *expr = Expr::Verbatim(quote!({ #statements }));
            }
            Expr::Try(tried) => {
                let whole = self.0.tried(tried.question_token.span);
                let Expr::Match(mut whole) = whole else {
                    return;
                };
                // Put in as a tree: its parentheses are the printer's task.
                whole.expr = tried.expr.clone();
                *expr = Expr::Match(whole);
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
    /// `value?`
    fn tried(&self, span: proc_macro2::Span) -> Expr {
        self.finishes.set(true);
        let (result, error) = (&self.result, &self.error);
        if self.option {
            let leave = self.with(&parse_quote!(None));
            return parse_quote_spanned! {span=>
                match value {
                    Some(#result) => #result,
                    None => { #leave }
                }
            };
        }
        let (state, states) = (&self.state, &self.states);
        let poll_state = self.options.poll_state();
        parse_quote_spanned! {span=>
            match value {
                Ok(#result) => #result,
                Err(#error) => {
                    let #error = From::from(#error);
                    *#state = #states::Done;
                    return #poll_state::Ready(Err(#error));
                }
            }
        }
    }
}

/// The expression where a block follows: between `if` or `match` and `{`.
pub(crate) fn before_block(expr: Expr) -> Expr {
    struct Literal(bool);
    impl<'s> Visit<'s> for Literal {
        fn visit_expr_struct(&mut self, _: &'s syn::ExprStruct) {
            self.0 = true;
        }
    }
    let mut literal = Literal(false);
    literal.visit_expr(&expr);
    if literal.0 && !matches!(expr, Expr::Paren(_)) {
        return Expr::Paren(syn::ExprParen {
            attrs: Vec::new(),
            paren_token: Default::default(),
            expr: Box::new(expr),
        });
    }
    expr
}
