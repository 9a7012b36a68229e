//! The enum of the states.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

use super::Whole;
use crate::ir::LocalId;
use crate::names::Names;
use crate::shape::Shape;
use crate::storage::Tenant;
use crate::types;

/// What stands for a type in the generated declarations.
#[derive(Clone)]
pub(super) struct FieldType {
    pub ty: TokenStream,
    /// It is a parameter.
    pub parameter: Option<Ident>,
}

impl Whole<'_> {
    /// The enum. What has no type that can be written is a parameter, which
    /// the compiler infers.
    pub(super) fn states(&mut self) -> TokenStream {
        let mut parameters: Vec<Ident> = Vec::new();
        let mut variants = Vec::new();
        let in_slot = self.options.shape == Shape::Pinned;
        for variant in self.variants {
            let mut fields = Vec::new();
            if let Some(number) = variant.future {
                let tenant = Tenant::Future(variant.block);
                let wish = format!("F{number}");
                let span = Span::call_site();
                let chosen = FieldType::fresh(&wish, span, &mut self.names);
                self.types.insert(tenant, chosen.clone());
                let ty = chosen.ty;
                parameters.extend(chosen.parameter);
                let field = &self.own.future;
                fields.push(self.handled(in_slot, &quote!(#field), &ty));
            }
            let mut kept = variant.kept.clone();
            // Fields are dropped in the order in which they stand: the
            // future, then from the innermost variable to the outermost.
            if variant.name != "Start" {
                kept.reverse();
            }
            for (local, perhaps) in kept {
                let chosen = self.field_type(local);
                if let Some(parameter) = chosen.parameter
                    && !parameters.contains(&parameter)
                {
                    parameters.push(parameter);
                }
                let field = &self.graph.locals[local];
                let start = variant.name == "Start";
                let in_slot = field.slot.is_some() && !start;
                let name = if start { &field.ident } else { field.name() };
                let ty = if perhaps && in_slot {
                    let slot = &self.own.slot;
                    let ty = chosen.ty;
                    fields.push(quote!(#name: Option<#slot<#ty>>));
                    continue;
                } else if perhaps {
                    let ty = chosen.ty;
                    quote!(Option<#ty>)
                } else {
                    chosen.ty
                };
                fields.push(self.handled(in_slot, &quote!(#name), &ty));
            }
            let name = &variant.name;
            let fields = (!fields.is_empty()).then(|| quote!({ #(#fields),* }));
            variants.push(quote!(#name #fields));
        }
        let done = self.leave.finishes.get().then(|| quote!(Done,));
        let states = &self.leave.states;
        let parameters =
            (!parameters.is_empty()).then(|| quote!(<#(#parameters),*>));
        quote! {
            enum #states #parameters {
                #(#variants,)*
                #done
                Panicked,
            }
        }
    }

    /// A field: the value, or the handle of its slot.
    fn handled(
        &self,
        in_slot: bool,
        name: &TokenStream,
        ty: &TokenStream,
    ) -> TokenStream {
        let slot = &self.own.slot;
        if in_slot {
            quote!(#name: #slot<#ty>)
        } else {
            quote!(#name: #ty)
        }
    }

    pub(super) fn field_type(&mut self, local: LocalId) -> FieldType {
        let tenant = Tenant::Local(local);
        if let Some(chosen) = self.types.get(&tenant) {
            return chosen.clone();
        }
        let local = &self.graph.locals[local];
        let chosen = match local.ty.as_ref().or(local.looks.as_ref()) {
            Some(ty) if types::is_nameable(ty) => FieldType {
                ty: quote!(#ty),
                parameter: None,
            },
            _ => {
                let camel = types::camel(&local.ident.to_string());
                let span = local.ident.span();
                FieldType::fresh(&camel, span, &mut self.names)
            }
        };
        self.types.insert(tenant, chosen.clone());
        chosen
    }
}

impl FieldType {
    fn fresh(wish: &str, span: Span, names: &mut Names) -> Self {
        let parameter = names.fresh_type(wish, span);
        FieldType {
            ty: quote!(#parameter),
            parameter: Some(parameter),
        }
    }
}
