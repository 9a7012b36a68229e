//! The witness: the body as the compiler itself understands it, in an async
//! block that is never polled. A variable in a slot is reached by a pointer,
//! so that nothing checks the borrows in the generated arms. In the witness
//! they are checked as in any `async fn`, and its messages are about the
//! source. It also refuses what needs `unsafe` and does not say so.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote};
use syn::spanned::Spanned as _;
use syn::visit_mut::{self, VisitMut};
use syn::{Expr, Stmt, Type, parse_quote, parse_quote_spanned};

use super::{Whole, note};
use crate::Notes;
use crate::marks::Unmark;
use crate::scan;

/// `future.wait` as `Awaited(future).await`, and each value that is returned
/// with its type: an async block has none written.
struct Awaits<'a> {
    adapter: &'a Ident,
    given: &'a Ident,
    output: &'a Type,
}

impl Awaits<'_> {
    fn typed(&self, value: &impl ToTokens) -> Expr {
        let (given, output) = (self.given, self.output);
        parse_quote!({ let #given: #output = #value; #given })
    }
}

impl VisitMut for Awaits<'_> {
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        visit_mut::visit_expr_mut(self, expr);
        match expr {
            Expr::Field(field) if scan::is_wait(field) => {
                let (adapter, future) = (self.adapter, &field.base);
                let span = field.member.span();
                *expr = parse_quote_spanned!(span=> #adapter(#future).await);
            }
            Expr::Return(leave) => {
                if let Some(value) = &mut leave.expr {
                    **value = self.typed(value);
                }
            }
            _ => {}
        }
    }
    // What returns there does not leave the coroutine.
    fn visit_expr_closure_mut(&mut self, _: &mut syn::ExprClosure) {}
    fn visit_expr_async_mut(&mut self, _: &mut syn::ExprAsync) {}
    fn visit_item_mut(&mut self, _: &mut syn::Item) {}
}

impl Whole<'_> {
    pub(super) fn witness(&mut self) -> TokenStream {
        let span = Span::call_site();
        let adapter = self.names.fresh_type("Awaited", span);
        let check = self.names.fresh("check", span);
        let checked = self.names.fresh("checked", span);
        let given = self.names.fresh("given", span);
        let future = self.options.future();
        let mut body = self.body.clone();
        Unmark.visit_block_mut(&mut body);
        let unit = parse_quote!(());
        let ty = self.leave.output.as_ref().unwrap_or(&unit);
        let mut awaits = Awaits {
            adapter: &adapter,
            given: &given,
            output: ty,
        };
        awaits.visit_block_mut(&mut body);
        body.stmts.retain(|stmt| !matches!(stmt, Stmt::Item(_)));
        let arguments = self.arguments.iter().zip(&self.graph.arguments);
        let arguments = arguments.map(|((pat, _), &local)| {
            let ident = &self.graph.locals[local].ident;
            quote!(let #pat = #ident;)
        });
        let body = awaits.typed(&body);
        let output = &self.groups.output;
        let why = (self.notes != Notes::None).then(|| {
            [
                "Never run: the compiler checks the borrows of the source here.",
                "The slots are reached by pointers, which it does not check.",
            ]
            .map(note)
        });
        let why = why.into_iter().flatten();
        quote! {
            struct #adapter<F>(F);
            impl<F: #future> ::std::future::Future for #adapter<F> {
                type Output = F::Output;

                fn poll(
                    self: ::std::pin::Pin<&mut Self>,
                    _: &mut ::std::task::Context<'_>,
                ) -> ::std::task::Poll<F::Output> {
                    let _ = &self.0;
                    unreachable!()
                }
            }
            fn #check<F: ::std::future::Future>(
                _: ::std::marker::PhantomData<fn(F::Output) -> F::Output>,
                _: F,
            ) -> ! {
                unreachable!()
            }
            let #output = ::std::marker::PhantomData;
            #(#why)*
            if false {
                let #checked = async move {
                    #(#arguments)*
                    #body
                };
                #check(#output, #checked);
            }
        }
    }

    /// What makes the witness give the same type as the machine.
    pub(super) fn tie(&self) -> Option<TokenStream> {
        let output = &self.groups.output;
        self.has_slots().then(|| quote!(#output,))
    }
}
