//! The lifetime of borrows that are held across a wait. They are of the
//! machine's own slots, so that no lifetime of the source is theirs: the
//! function gets one more, `'held`, and all that the slots may hold outlives
//! it. Nothing is known of what it outlives itself, so that such a borrow can
//! go nowhere else.

use std::collections::BTreeMap;

use proc_macro2::Span;
use syn::visit_mut::{self, VisitMut};
use syn::{
    GenericParam, Lifetime, LifetimeParam, Signature, TypeParamBound,
    parse_quote,
};

use crate::names::Names;

/// Adds the lifetime, and that all others and all type parameters outlive it.
pub(super) fn outlive(signature: &mut Signature, names: &mut Names) {
    let mut name = |wish: &str| {
        let ident = names.fresh(wish, Span::call_site());
        Lifetime::new(&format!("'{ident}"), Span::call_site())
    };
    let held = name("held");
    let mut lifetimes = Lifetimes {
        name: &mut || name("given"),
        held: held.clone(),
        new: Vec::new(),
        found: BTreeMap::new(),
    };
    for input in &mut signature.inputs {
        if let syn::FnArg::Typed(typed) = input {
            lifetimes.visit_type_mut(&mut typed.ty);
        }
    }
    let (new, mut found) = (lifetimes.new, lifetimes.found);
    for param in &mut signature.generics.params {
        match param {
            GenericParam::Lifetime(param) => {
                found.remove(&param.lifetime.ident.to_string());
                param.colon_token.get_or_insert_default();
                param.bounds.push(held.clone());
            }
            GenericParam::Type(param) => {
                param.colon_token.get_or_insert_default();
                param.bounds.push(TypeParamBound::Lifetime(held.clone()));
            }
            GenericParam::Const(_) => {}
        }
    }
    for lifetime in new.into_iter().rev() {
        let mut param = LifetimeParam::new(lifetime);
        param.bounds.push(held.clone());
        param.colon_token = Some(Default::default());
        let param = GenericParam::Lifetime(param);
        signature.generics.params.insert(0, param);
    }
    let param = GenericParam::Lifetime(LifetimeParam::new(held.clone()));
    signature.generics.params.insert(0, param);
    // Those of an `impl` around the function.
    let predicates = &mut signature.generics.make_where_clause().predicates;
    for outer in found.into_values() {
        predicates.push(parse_quote!(#outer: #held));
    }
}

struct Lifetimes<'n> {
    name: &'n mut dyn FnMut() -> Lifetime,
    held: Lifetime,
    /// Those that the source does not name.
    new: Vec<Lifetime>,
    /// Those that it names.
    found: BTreeMap<String, Lifetime>,
}

impl Lifetimes<'_> {
    fn fresh(&mut self) -> Lifetime {
        let lifetime = (self.name)();
        self.new.push(lifetime.clone());
        lifetime
    }
}

impl VisitMut for Lifetimes<'_> {
    fn visit_type_reference_mut(&mut self, ty: &mut syn::TypeReference) {
        if ty.lifetime.is_none() {
            ty.lifetime = Some(self.fresh());
            self.visit_type_mut(&mut ty.elem);
        } else {
            visit_mut::visit_type_reference_mut(self, ty);
        }
    }
    fn visit_lifetime_mut(&mut self, lifetime: &mut Lifetime) {
        if lifetime.ident == "_" {
            *lifetime = self.fresh();
        } else if lifetime.ident != "static" {
            let name = lifetime.ident.to_string();
            self.found.insert(name, lifetime.clone());
        }
    }
    fn visit_type_impl_trait_mut(&mut self, ty: &mut syn::TypeImplTrait) {
        ty.bounds.push(TypeParamBound::Lifetime(self.held.clone()));
    }
    // Their lifetimes are their own.
    fn visit_type_bare_fn_mut(&mut self, _: &mut syn::TypeBareFn) {}
    fn visit_parenthesized_generic_arguments_mut(
        &mut self,
        _: &mut syn::ParenthesizedGenericArguments,
    ) {
    }
    fn visit_bound_lifetimes_mut(&mut self, _: &mut syn::BoundLifetimes) {}
}
