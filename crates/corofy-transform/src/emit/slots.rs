//! What lies in slots of the machine: variables that may be borrowed across a
//! wait, and the futures of the shape `pinned`.

use std::collections::BTreeMap;

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::Expr;
use syn::visit_mut::VisitMut as _;

use super::Emit;
use crate::flow::{Holds, State};
use crate::ir::{BlockId, LocalId};
use crate::marks::Unmark;
use crate::native::before_block;
use crate::places::{self, Slot, Slots};
use crate::shape::Shape;
use crate::storage::Tenant;

/// Where each slot is, and the names of what handles them.
#[derive(Debug)]
pub(crate) struct Layout {
    /// The type of a handle.
    pub slot: Ident,
    /// The variable of the arms that points to all slots.
    pub slots: Ident,
    /// The way from there to each slot: `text`, or `shared.text`.
    pub fields: BTreeMap<Tenant, TokenStream>,
    /// The slots of variables, by the name of the variable.
    pub locals: Slots,
}

impl Layout {
    /// The pointer to a slot.
    pub fn place(&self, tenant: Tenant) -> TokenStream {
        let (slots, field) = (&self.slots, &self.fields[&tenant]);
        quote!(&raw mut (*#slots).#field)
    }
}

/// A value that was taken out of its slot.
pub(super) struct TakenOut {
    local: LocalId,
    pub tokens: TokenStream,
}

impl Emit<'_> {
    /// `unsafe`, where the arm uses a slot.
    pub(super) fn unsafe_word(&self) -> Option<TokenStream> {
        self.raw.get().then(|| quote!(unsafe))
    }

    /// `drop`; where slots rely on it, the one of the standard library.
    pub(super) fn drop_path(&self) -> TokenStream {
        match self.options.shape {
            Shape::Pinned => quote!(::std::mem::drop),
            _ => quote!(drop),
        }
    }

    /// A variable that has its value still outside its slot.
    pub(super) fn value(&self, local: LocalId) -> TokenStream {
        let local = &self.graph.locals[local];
        let ident = &local.ident;
        if local.mutable && local.slot.is_none() {
            quote!(mut #ident)
        } else {
            quote!(#ident)
        }
    }

    pub(super) fn values(
        &self,
        kept: &[(LocalId, bool)],
    ) -> Option<TokenStream> {
        let fields = kept.iter().map(|&(local, _)| self.value(local));
        (!kept.is_empty()).then(|| quote!({ #(#fields),* }))
    }

    /// Variables that were bound together go into their slots. The others are
    /// bound once more, so that all are dropped in their order.
    pub(super) fn moved_in(&self, locals: &[LocalId]) -> TokenStream {
        let slot = |&&local: &&LocalId| self.graph.locals[local].slot.is_some();
        if !locals.iter().any(|local| slot(&local)) {
            return TokenStream::new();
        }
        self.raw.set(true);
        let each = locals.iter().map(|local| {
            let binding = self.binding(*local);
            let ident = &self.graph.locals[*local].ident;
            if slot(&local) {
                let handle = &self.layout.slot;
                let place = self.layout.place(Tenant::Local(*local));
                quote!(let #binding = #handle::fill(#place, #ident);)
            } else {
                quote!(let #binding = #ident;)
            }
        });
        each.collect()
    }

    pub(super) fn assign_slot(
        &self,
        local: LocalId,
        value: &Expr,
        state: &State,
    ) -> TokenStream {
        self.raw.set(true);
        let handle = self.graph.locals[local].name();
        let ident = &self.graph.locals[local].ident;
        let ty = self.graph.locals[local].ty.as_ref();
        let ty = ty.map(|ty| quote!(: #ty));
        let moved_in = self.moved_in(&[local]);
        match state[local] {
            Holds::Value => {
                let place = self.layout.place(Tenant::Local(local));
                quote!(#handle.set(#place, #value);)
            }
            Holds::Nothing => quote!(let #ident #ty = #value; #moved_in),
            Holds::Perhaps => quote! {
                let #ident #ty = #value;
                ::std::mem::drop(#handle);
                #moved_in
            },
            Holds::Unsure(by) => {
                self.unsure.borrow_mut().insert(by);
                TokenStream::new()
            }
        }
    }

    /// The expression for the machine: its slots, and its ways out.
    pub(super) fn rewrite(&self, expr: &Expr, value: bool) -> Expr {
        self.rewrite_in(expr, value, &self.layout.locals)
    }

    /// The guard of an arm: what the arm binds is in no slot yet.
    pub(super) fn guard(&self, guard: &Expr, declares: &[LocalId]) -> Expr {
        let mut slots = self.layout.locals.clone();
        for &local in declares {
            slots.remove(&self.graph.locals[local].ident.to_string());
        }
        self.rewrite_in(guard, true, &slots)
    }

    /// What is matched on. Patterns cannot move parts out of a slot: what only
    /// this transformation uses is taken out of it first.
    pub(super) fn scrutinee(
        &self,
        on: &Expr,
        ways: &[(BlockId, State)],
    ) -> (Option<TakenOut>, Expr) {
        let Some(local) = self.flow.in_slot(on) else {
            return (None, before_block(self.rewrite(on, true)));
        };
        let moves = ways.iter().any(|(_, s)| s[local] == Holds::Nothing);
        if !moves || !self.graph.locals[local].made {
            return (None, before_block(self.rewrite(on, false)));
        }
        let (ident, value) =
            (&self.graph.locals[local].ident, self.rewrite(on, true));
        let out = TakenOut {
            local,
            tokens: quote!(let #ident = #value;),
        };
        (Some(out), on.clone())
    }

    /// The value goes back, in an arm that leaves it.
    pub(super) fn back(&self, out: &TakenOut, state: &State) -> TokenStream {
        match state[out.local] {
            Holds::Nothing => TokenStream::new(),
            _ => self.moved_in(&[out.local]),
        }
    }

    fn rewrite_in(&self, expr: &Expr, value: bool, slots: &Slots) -> Expr {
        let mut expr = expr.clone();
        // Marks would not survive as text.
        Unmark.visit_expr_mut(&mut expr);
        if places::rewrite(&mut expr, value, slots) {
            self.raw.set(true);
        }
        self.leave.rewrite(&expr)
    }

    pub(super) fn rewrite_block(&self, block: &syn::Block) -> syn::Block {
        let mut block = block.clone();
        Unmark.visit_block_mut(&mut block);
        if places::rewrite_block(&mut block, &self.layout.locals) {
            self.raw.set(true);
        }
        self.leave.rewrite_block(&block)
    }

    /// The future in the pattern of its state.
    pub(super) fn future_binding(&self) -> TokenStream {
        let future = self.future;
        match self.options.shape {
            Shape::Pinned => quote!(#future),
            _ => quote!(mut #future),
        }
    }

    // SAFETY (of the code that is written): the future lies in a slot of the
    // machine, which is pinned since the poll that put it there began, and the
    // handle drops it there.
    pub(super) fn pinned_future(&self) -> TokenStream {
        let future = self.future;
        quote!(unsafe { ::std::pin::Pin::new_unchecked(&mut *#future.at()) })
    }

    // SAFETY (of the code that is written): `slots` points into the machine;
    // the slot is free, because the one future before this that used it was
    // dropped, and no variable that shares it is in its scope: see `storage`.
    pub(super) fn future_moved_in(&self, block: BlockId) -> TokenStream {
        let (future, slot) = (self.future, &self.layout.slot);
        let place = self.layout.place(Tenant::Future(block));
        quote!(let #future = unsafe { #slot::fill(#place, #future) };)
    }
}

/// The slots of the variables of a graph.
pub(crate) fn of_locals(
    graph: &crate::ir::Graph,
    reached: impl Fn(LocalId) -> bool,
    place: impl Fn(Tenant) -> TokenStream,
) -> Slots {
    let locals = graph.locals.iter().enumerate();
    locals
        .filter(|&(id, _)| reached(id))
        .filter_map(|(id, local)| {
            let slot = Slot {
                ident: local.ident.clone(),
                handle: local.slot.clone()?,
                place: place(Tenant::Local(id)),
            };
            Some((local.ident.to_string(), slot))
        })
        .collect()
}
