//! A wait: the arm that polls its future, and how it begins.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::Expr;

use super::path::{Path, only};
use super::{Emit, Variant};
use crate::flow::{Holds, State};
use crate::ir::{BlockId, End};
use crate::shape::Shape;

impl Emit<'_> {
    pub(super) fn wait(&self, block: BlockId) -> Option<Variant> {
        let End::Wait { result, next, .. } = &self.graph.blocks[block].end
        else {
            return None;
        };
        let number = *self.numbers.get(&block)?;
        let name = format_ident!("Wait{number}");
        let entry = self.flow.entry[block].as_ref()?;
        let state = self.flow.before_end_of(block, entry);
        let (_, mut state) = self.flow.end(block, &state).pop()?;
        if let Some(result) = result {
            state[*result] = Holds::Nothing;
        }
        let kept = self.kept(&state, &self.flow.after_end(block));
        if self.options.shape != Shape::Pinned {
            self.refuse_borrows(block, &kept);
        }

        let future = self.future;
        let (states, variable) = (&self.leave.states, &self.leave.state);
        let bindings = kept.iter().map(|&(local, _)| self.binding(local));
        let fields = kept.iter().map(|&(local, _)| {
            let ident = self.graph.locals[local].name();
            quote!(#ident)
        });
        let poll_state = self.options.poll_state();
        let poll = self.poll(self.graph.blocks[*next].origin.span);
        let value = result.map_or_else(|| quote!(_), |r| self.value(r));
        let typed = result.and_then(|r| {
            let local = &self.graph.locals[r];
            let (ty, ident) = (local.ty.as_ref()?, &local.ident);
            Some(quote!(let #value: #ty = #ident;))
        });
        self.raw.set(false);
        let moved_in = self.moved_in(result.as_slice());
        let mut state = only(state, &kept);
        if let Some(result) = result {
            state[*result] = Holds::Value;
        }
        let operands =
            result.map(|result| self.operands_after(&[result], &state).1);
        let bound = kept.iter().map(|&(local, _)| local);
        let bound = bound.chain(*result).collect();
        let body = self.edge(*next, Path { state, bound });
        let drop = self.drop_path();
        let (word, pattern) = (self.unsafe_word(), self.future_binding());
        let arm = quote! {
            #states::#name { #(#bindings,)* #pattern } => match #poll {
                #poll_state::NotReady => {
                    *#variable = #states::#name { #(#fields,)* #future };
                    return #poll_state::NotReady;
                }
                #poll_state::Ready(#value) => #word {
                    #drop(#future);
                    #typed
                    #moved_in
                    #operands
                    #body
                }
            }
        };
        Some(Variant {
            name,
            kept,
            future: Some(number),
            block,
            raw: self.raw.get(),
            arm,
            origin: self.graph.blocks[*next].origin.clone(),
        })
    }

    /// The call of the future's `poll`.
    fn poll(&self, span: Span) -> TokenStream {
        let (future, waker) = (self.future, self.waker);
        let trait_ = self.options.future();
        match self.options.shape {
            Shape::Plain => quote_spanned!(span=> #trait_::poll(&mut #future)),
            Shape::Waker => {
                quote_spanned!(span=> #trait_::poll(&mut #future, #waker))
            }
            Shape::Pinned => {
                let pinned = self.pinned_future();
                quote_spanned!(span=> #trait_::poll(#pinned, #waker))
            }
        }
    }

    pub(super) fn begin_wait(
        &self,
        block: BlockId,
        future: &Expr,
        state: &State,
    ) -> TokenStream {
        let End::Wait { result, .. } = &self.graph.blocks[block].end else {
            return TokenStream::new();
        };
        let Some((_, mut after)) = self.flow.end(block, state).pop() else {
            return TokenStream::new();
        };
        if let Some(result) = result {
            after[*result] = Holds::Nothing;
        }
        let kept = self.kept(&after, &self.flow.after_end(block));
        let fields = kept.iter().map(|&(local, _)| {
            let ident = self.graph.locals[local].name();
            quote!(#ident)
        });
        let future = self.rewrite(future, true);
        let (variable, field) = (&self.leave.state, self.future);
        let states = &self.leave.states;
        let name = format_ident!("Wait{}", self.numbers[&block]);
        if self.options.shape == Shape::Pinned {
            let moved_in = self.future_moved_in(block);
            return quote! {
                let #field = #future;
                #moved_in
                *#variable = #states::#name { #field, #(#fields),* };
            };
        }
        quote! {
            *#variable = #states::#name { #field: #future, #(#fields),* };
        }
    }
}
