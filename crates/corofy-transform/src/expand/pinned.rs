//! The shape `pinned`: a machine with slots. What lies in a slot stays there,
//! and the states hold handles to it, which drop it when its time has come.
//!
//! The machine is `!Unpin`, so that `Pin` keeps it where it is from its first
//! poll on. The slots are in an `UnsafeCell`, so that a shared reference to
//! the machine says nothing of them. What rustc promises of `&mut` to what is
//! `!Unpin` is not settled; `corofy` says what this rests on.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

use super::{FieldType, Whole, note};
use crate::Notes;
use crate::emit::{Layout, Variant, of_locals};
use crate::ir::{BlockId, Graph, LocalId};
use crate::names::Names;
use crate::storage::{Groups, Tenant};

/// The slots, and the names of their fields.
#[derive(Debug)]
pub(super) struct Placed {
    groups: Vec<Group>,
    /// The struct of all slots.
    ty: Ident,
    /// What is given to the check that the borrows are right.
    pub output: Ident,
}

/// Slots that share their memory.
#[derive(Debug)]
struct Group {
    /// The field and its type, if there is more than one of them.
    shared: Option<(Ident, Ident)>,
    members: Vec<(Tenant, Ident)>,
}

impl Placed {
    pub fn of(groups: Groups, graph: &Graph, names: &mut Names) -> Self {
        let span = Span::call_site();
        let mut waits: Vec<BlockId> = groups
            .iter()
            .flatten()
            .filter_map(|tenant| match tenant {
                Tenant::Future(block) => Some(*block),
                Tenant::Local(_) => None,
            })
            .collect();
        waits.sort_by_key(|&block| graph.blocks[block].order);
        let mut named = Vec::new();
        for group in groups {
            let shared = (group.len() > 1).then(|| {
                let field = names.fresh("shared", span);
                (field, names.fresh_type("Shared", span))
            });
            let members = group.into_iter().map(|tenant| {
                let name = match tenant {
                    Tenant::Local(local) => graph.locals[local].ident.clone(),
                    Tenant::Future(block) => {
                        let at = waits.iter().position(|&b| b == block);
                        let number = at.unwrap_or_default() + 1;
                        names.fresh(&format!("wait{number}"), span)
                    }
                };
                (tenant, name)
            });
            let members = members.collect();
            named.push(Group { shared, members });
        }
        Placed {
            groups: named,
            ty: names.fresh_type("Slots", span),
            output: names.fresh("output", span),
        }
    }

    pub fn layout(&self, graph: &Graph, slots: &Ident, slot: &Ident) -> Layout {
        let mut layout = Layout {
            slot: slot.clone(),
            slots: slots.clone(),
            fields: Default::default(),
            locals: Default::default(),
        };
        for group in &self.groups {
            for (tenant, name) in &group.members {
                let field = match &group.shared {
                    Some((shared, _)) => quote!(#shared.#name),
                    None => quote!(#name),
                };
                layout.fields.insert(*tenant, field);
            }
        }
        let reached =
            |local: LocalId| layout.fields.contains_key(&Tenant::Local(local));
        layout.locals = of_locals(graph, reached, |t| layout.place(t));
        layout
    }

    fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }
}

impl Whole<'_> {
    /// Whether a variable lives in a slot, so that borrows of it are made of
    /// pointers, which the compiler does not check.
    pub(super) fn has_slots(&self) -> bool {
        self.graph.locals.iter().any(|local| local.slot.is_some())
    }

    /// An output of which the source hides the type could hide a borrow.
    pub(super) fn refuse_hidden_output(&self) -> syn::Result<()> {
        match &self.function.sig.output {
            syn::ReturnType::Type(_, ty)
                if self.has_slots() && self.leave.output.is_none() =>
            {
                Err(syn::Error::new_spanned(
                    ty,
                    "a borrow may be held across a wait here, and what the \
                     coroutine gives must not hold it, too: write its type \
                     in place of `impl`",
                ))
            }
            _ => Ok(()),
        }
    }

    fn note(&self, text: &str) -> Option<TokenStream> {
        (self.notes != Notes::None).then(|| note(text))
    }

    /// What makes an arm right.
    pub(super) fn safety(&self, variant: &Variant) -> Option<TokenStream> {
        let has_unsafe = |tokens: &TokenStream| {
            tokens.to_string().split_whitespace().any(|w| w == "unsafe")
        };
        let text = if variant.raw {
            "SAFETY: slots stay where they are; the borrows are checked above."
        } else if has_unsafe(&variant.arm) {
            "SAFETY: the future stays in its slot: the machine is pinned."
        } else {
            return None;
        };
        self.note(text)
    }

    /// More that the generated code is allowed.
    pub(super) fn allowed(&self) -> TokenStream {
        let borrows = self.has_slots().then(|| {
            quote! {
                #[allow(
                    dangerous_implicit_autorefs,
                    mismatched_lifetime_syntaxes,
                    unused_parens,
                    unused_unsafe,
                    reason = "a variable in a slot is a place behind a pointer"
                )]
            }
        });
        quote! {
            #[allow(
                unsafe_code,
                clippy::multiple_unsafe_ops_per_block,
                clippy::undocumented_unsafe_blocks,
                reason = "what a wait keeps in place is reached by a pointer"
            )]
            #borrows
        }
    }

    /// The struct of all slots, and the handle.
    pub(super) fn slots(&mut self) -> TokenStream {
        let placed = self.groups;
        if placed.is_empty() {
            return TokenStream::new();
        }
        let mut fields = Vec::new();
        let mut unions = Vec::new();
        let mut parameters = Vec::new();
        for group in &placed.groups {
            let mut own = Vec::new();
            let mut members = Vec::new();
            for (tenant, name) in &group.members {
                let FieldType { ty, parameter } = self.type_of(*tenant);
                own.extend(parameter);
                members.push(quote!(#name: ::std::mem::ManuallyDrop<#ty>));
            }
            parameters.extend(own.iter().cloned());
            match &group.shared {
                Some((field, ty)) => {
                    let own = (!own.is_empty()).then(|| quote!(<#(#own),*>));
                    unions.push(quote!(union #ty #own { #(#members),* }));
                    fields.push(quote!(#field: #ty #own));
                }
                None => fields.extend(members),
            }
        }
        let ty = &placed.ty;
        let parameters =
            (!parameters.is_empty()).then(|| quote!(<#(#parameters),*>));
        let handle = self.handle();
        let dead = quote! {
            #[allow(dead_code, reason = "a slot is reached by a pointer")]
        };
        quote! {
            #(#dead #unions)*
            #dead
            struct #ty #parameters { #(#fields),* }
            #handle
        }
    }

    fn type_of(&mut self, tenant: Tenant) -> FieldType {
        match tenant {
            Tenant::Local(local) => self.field_type(local),
            Tenant::Future(_) => self.types[&tenant].clone(),
        }
    }

    /// The type of the handles. It owns what is in the slot, as a `Box` owns
    /// what is on the heap, until that is taken out.
    fn handle(&self) -> TokenStream {
        let slot = &self.own.slot;
        let send = self.note(
            "SAFETY: it owns the value, and nothing else refers to the handle.",
        );
        let fill =
            self.note("SAFETY: the caller gives the place of a free slot.");
        let take =
            self.note("SAFETY: a value is there, and is not dropped again.");
        let set = self.note("SAFETY: the place is that of the old value.");
        let drop =
            self.note("SAFETY: a value is there, and nothing uses it again.");
        quote! {
            struct #slot<T>(::std::cell::Cell<*mut T>);
            #send
            unsafe impl<T: Send> Send for #slot<T> {}
            #[allow(dead_code, reason = "not every machine needs all of it")]
            impl<T> #slot<T> {
                unsafe fn fill(
                    place: *mut ::std::mem::ManuallyDrop<T>,
                    value: T,
                ) -> Self {
                    let place: *mut T = place.cast();
                    #fill
                    unsafe { place.write(value) };
                    #slot(::std::cell::Cell::new(place))
                }
                fn at(&self) -> *mut T {
                    let place = self.0.get();
                    assert!(!place.is_null(), "the slot is empty");
                    place
                }
                unsafe fn take(&self) -> T {
                    let place = self.at();
                    if ::std::mem::needs_drop::<T>() {
                        self.0.set(::std::ptr::null_mut());
                    }
                    #take
                    unsafe { place.read() }
                }
                unsafe fn set(
                    &self,
                    place: *mut ::std::mem::ManuallyDrop<T>,
                    value: T,
                ) {
                    let place: *mut T = place.cast();
                    let old = self.0.replace(::std::ptr::null_mut());
                    ::std::mem::drop(#slot(::std::cell::Cell::new(old)));
                    #set
                    unsafe { place.write(value) };
                    self.0.set(place);
                }
            }
            impl<T> Drop for #slot<T> {
                fn drop(&mut self) {
                    let place = self.0.get();
                    if !place.is_null() {
                        #drop
                        unsafe { place.drop_in_place() };
                    }
                }
            }
        }
    }

    /// The closure's argument that points to the slots.
    pub(super) fn slots_parameter(&self) -> TokenStream {
        let (slots, ty) = (&self.own.slots, &self.groups.ty);
        if self.groups.is_empty() {
            return quote!(#slots: *mut ());
        }
        let members = self.groups.groups.iter().flat_map(|g| &g.members);
        let inferred = members
            .filter(|(tenant, _)| self.types[tenant].parameter.is_some())
            .map(|_| quote!(_));
        let inferred: Vec<TokenStream> = inferred.collect();
        let inferred = (!inferred.is_empty()).then(|| quote!(<#(#inferred),*>));
        quote!(#slots: *mut #ty #inferred)
    }

    /// The machine's type and its `poll`.
    pub(super) fn pinned_machine_type(
        &self,
        name: &Ident,
        start: &Ident,
    ) -> TokenStream {
        let (future, poll_state) =
            (self.options.future(), self.options.poll_state());
        let companion = self.options.companion();
        let poll = self.note(
            "SAFETY: nothing is moved out of it, and slots are left in place.",
        );
        let tie = self
            .has_slots()
            .then(|| quote!(_: ::std::marker::PhantomData<fn(T) -> T>,));
        quote! {
            struct #name<S, L, P> {
                state: S,
                slots: ::std::cell::UnsafeCell<::std::mem::MaybeUninit<L>>,
                resume: P,
                _pinned: ::std::marker::PhantomPinned,
            }
            fn #start<S, L, P, T>(state: S, #tie resume: P) -> #name<S, L, P>
            where
                P: FnMut(&mut S, *mut L, #companion) -> #poll_state<T>,
            {
                #name {
                    state,
                    slots: ::std::cell::UnsafeCell::new(
                        ::std::mem::MaybeUninit::uninit(),
                    ),
                    resume,
                    _pinned: ::std::marker::PhantomPinned,
                }
            }
            impl<S, L, P, T> #future for #name<S, L, P>
            where
                P: FnMut(&mut S, *mut L, #companion) -> #poll_state<T>,
            {
                type Output = T;

                fn poll(
                    self: ::std::pin::Pin<&mut Self>,
                    waker: #companion,
                ) -> #poll_state<T> {
                    #poll
                    let this = unsafe { self.get_unchecked_mut() };
                    let slots = this.slots.get().cast();
                    (this.resume)(&mut this.state, slots, waker)
                }
            }
        }
    }
}
