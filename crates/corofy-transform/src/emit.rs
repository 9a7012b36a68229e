//! From the control-flow graph to the state machine: a variant for each wait
//! and for each place that is reached by several ways, an arm for each
//! variant.

mod checks;
mod path;

use std::cell::RefCell;
use std::collections::{BTreeMap, HashSet};

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::Expr;

use crate::flow::{Flow, Holds, State};
use crate::ir::{BlockId, End, Graph, Instr, LocalId};
use crate::native::{Leave, before_block};
use crate::shape::{Options, Shape};
use path::{Path, only};

/// A variant of the enum and its arm.
#[derive(Debug)]
pub(crate) struct Variant {
    pub name: Ident,
    /// What is kept, and whether perhaps only.
    pub kept: Vec<(LocalId, bool)>,
    /// Which future it waits for, counted from 1.
    pub future: Option<usize>,
    pub arm: TokenStream,
    pub origin: crate::ir::Origin,
}

/// Writes a graph.
pub(crate) struct Emit<'a> {
    graph: &'a Graph,
    flow: &'a Flow<'a>,
    heads: Vec<bool>,
    names: BTreeMap<BlockId, Ident>,
    numbers: BTreeMap<BlockId, usize>,
    leave: &'a Leave<'a>,
    options: &'a Options,
    /// The variables of the generated code.
    future: &'a Ident,
    waker: &'a Ident,
    /// Expressions that have to be taken apart after all.
    pub unsure: RefCell<HashSet<usize>>,
    pub errors: RefCell<Vec<syn::Error>>,
}

impl<'a> Emit<'a> {
    pub fn new(
        flow: &'a Flow<'a>,
        graph: &'a Graph,
        heads: Vec<bool>,
        leave: &'a Leave<'a>,
        future: &'a Ident,
        waker: &'a Ident,
    ) -> Self {
        let mut emit = Emit {
            graph,
            flow,
            heads,
            names: BTreeMap::new(),
            numbers: BTreeMap::new(),
            leave,
            options: leave.options,
            future,
            waker,
            unsure: RefCell::default(),
            errors: RefCell::default(),
        };
        emit.name();
        emit
    }

    /// The blocks in the order of the source.
    fn in_order(&self) -> Vec<BlockId> {
        let mut blocks: Vec<BlockId> = (0..self.graph.blocks.len())
            .filter(|&block| self.flow.entry[block].is_some())
            .collect();
        blocks.sort_by_key(|&block| self.graph.blocks[block].order);
        blocks
    }

    /// Names the waits and the heads; a head and a wait never share a block:
    /// a wait is named by the block that it ends.
    fn name(&mut self) {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for block in self.in_order() {
            let section = &self.graph.blocks[block];
            if block != 0 && self.heads[block] {
                let stem = section.origin.stem;
                let count = counts.entry(stem).or_default();
                *count += 1;
                self.names.insert(block, format_ident!("{stem}{count}"));
            }
            if matches!(section.end, End::Wait { .. }) {
                let number = self.numbers.len() + 1;
                self.numbers.insert(block, number);
            }
        }
    }

    /// All variants in the order of the source.
    pub fn variants(&self) -> Vec<Variant> {
        let mut variants = Vec::new();
        for block in self.in_order() {
            if block == 0 || self.heads[block] {
                variants.extend(self.head(block));
            }
            if matches!(self.graph.blocks[block].end, End::Wait { .. }) {
                variants.extend(self.wait(block));
            }
        }
        variants
    }

    fn head(&self, block: BlockId) -> Option<Variant> {
        let state = self.flow.entry[block].clone()?;
        let kept: Vec<(LocalId, bool)> = if block == 0 {
            self.graph.arguments.iter().map(|&l| (l, false)).collect()
        } else {
            self.kept(&state, &self.flow.live_in[block])
        };
        let name = match self.names.get(&block) {
            Some(name) => name.clone(),
            None => format_ident!("Start"),
        };
        let pattern = self.pattern(&kept);
        let state = only(state, &kept);
        let bound = kept.iter().map(|&(local, _)| local).collect();
        let body = self.block(block, Path { state, bound });
        let states = &self.leave.states;
        Some(Variant {
            arm: quote!(#states::#name #pattern => { #body }),
            name,
            kept,
            future: None,
            origin: self.graph.blocks[block].origin.clone(),
        })
    }

    /// What goes into a variant.
    fn kept(&self, state: &State, live: &[bool]) -> Vec<(LocalId, bool)> {
        let live = live.to_vec();
        let mut kept = Vec::new();
        for local in self.flow.kept(state, &live) {
            if let Holds::Unsure(by) = state[local] {
                self.unsure.borrow_mut().insert(by);
            }
            kept.push((local, state[local] == Holds::Perhaps));
        }
        kept.sort_by_key(|&(l, _)| self.graph.locals[l].key(l));
        kept
    }

    fn pattern(&self, kept: &[(LocalId, bool)]) -> Option<TokenStream> {
        let fields = kept.iter().map(|&(local, _)| self.binding(local));
        (!kept.is_empty()).then(|| quote!({ #(#fields),* }))
    }

    fn binding(&self, local: LocalId) -> TokenStream {
        let ident = &self.graph.locals[local].ident;
        if self.graph.locals[local].mutable {
            quote!(mut #ident)
        } else {
            quote!(#ident)
        }
    }

    fn wait(&self, block: BlockId) -> Option<Variant> {
        let End::Wait { result, next, .. } = &self.graph.blocks[block].end
        else {
            return None;
        };
        let number = *self.numbers.get(&block)?;
        let name = format_ident!("Wait{number}");
        let mut state = self.flow.entry[block].clone()?;
        let live = self.flow.live_after_steps(block);
        let steps = &self.graph.blocks[block].steps;
        for (step, live) in steps.iter().zip(&live) {
            self.flow.step(step, live, &mut state);
        }
        let (_, mut state) = self.flow.end(block, &state).pop()?;
        if let Some(result) = result {
            state[*result] = Holds::Nothing;
        }
        let kept = self.kept(&state, &self.flow.after_end(block));
        self.refuse_borrows(block, &kept);

        let (future, waker) = (self.future, self.waker);
        let (states, variable) = (&self.leave.states, &self.leave.state);
        let bindings = kept.iter().map(|&(local, _)| self.binding(local));
        let fields = kept.iter().map(|&(local, _)| {
            let ident = &self.graph.locals[local].ident;
            quote!(#ident)
        });
        let (trait_, poll_state) =
            (self.options.future(), self.options.poll_state());
        let span = self.graph.blocks[*next].origin.span;
        let poll = match self.options.shape {
            Shape::Plain => quote_spanned!(span=> #trait_::poll(&mut #future)),
            Shape::Waker => {
                quote_spanned!(span=> #trait_::poll(&mut #future, #waker))
            }
            Shape::Pinned => {
                quote_spanned!(span=> #trait_::poll(#future.as_mut(), #waker))
            }
        };
        let value = result.map_or_else(|| quote!(_), |r| self.binding(r));
        let typed = result.and_then(|r| {
            let local = &self.graph.locals[r];
            let (ty, ident) = (local.ty.as_ref()?, &local.ident);
            Some(quote!(let #value: #ty = #ident;))
        });
        let mut state = only(state, &kept);
        if let Some(result) = result {
            state[*result] = Holds::Value;
        }
        let operands =
            result.map(|result| self.operands_after(&[result], &state).1);
        let bound = kept.iter().map(|&(local, _)| local);
        let bound = bound.chain(*result).collect();
        let body = self.edge(*next, Path { state, bound });
        let arm = quote! {
            #states::#name { #(#bindings,)* mut #future } => match #poll {
                #poll_state::NotReady => {
                    *#variable = #states::#name { #(#fields,)* #future };
                    return #poll_state::NotReady;
                }
                #poll_state::Ready(#value) => {
                    drop(#future);
                    #typed
                    #operands
                    #body
                }
            }
        };
        Some(Variant {
            name,
            kept,
            future: Some(number),
            arm,
            origin: self.graph.blocks[*next].origin.clone(),
        })
    }

    // Blocks

    /// Goes on in `next`.
    fn edge(&self, next: BlockId, path: Path) -> TokenStream {
        if !self.heads[next] {
            return self.block(next, path);
        }
        let Some(entry) = &self.flow.entry[next] else {
            return TokenStream::new();
        };
        let kept = self.kept(entry, &self.flow.live_in[next]);
        let fields = kept.iter().map(|&(local, perhaps)| {
            let ident = &self.graph.locals[local].ident;
            match path.state[local] {
                _ if !perhaps => quote!(#ident),
                Holds::Perhaps => quote!(#ident),
                Holds::Nothing => quote!(#ident: None),
                _ => quote!(#ident: Some(#ident)),
            }
        });
        let fields = (!kept.is_empty()).then(|| quote!({ #(#fields),* }));
        let name = &self.names[&next];
        let (states, variable) = (&self.leave.states, &self.leave.state);
        quote!(*#variable = #states::#name #fields;)
    }

    fn block(&self, block: BlockId, mut path: Path) -> TokenStream {
        let section = &self.graph.blocks[block];
        let live = self.flow.live_after_steps(block);
        let trailing = self.trailing(block);
        let mut out = TokenStream::new();
        let mut implied = false;
        for (at, step) in section.steps.iter().enumerate() {
            if at == trailing {
                implied = path.drops_alike(&section.steps[at..]);
            }
            out.extend(self.step(step, &path.state, implied));
            let before = path.state.clone();
            self.flow.step(step, &live[at], &mut path.state);
            self.assigned_somewhere(&before, &path.state);
            match step {
                Instr::Let { declares, .. } => {
                    path.bind(declares);
                    let (again, tokens) =
                        self.operands_after(declares, &path.state);
                    path.bind(&again);
                    out.extend(tokens);
                }
                Instr::Assign { local, .. }
                    if before[*local] != Holds::Value =>
                {
                    path.bind(&[*local]);
                }
                _ => {}
            }
        }
        let after = self.flow.end_uses_of(block, &path.state);
        self.assigned_somewhere(&path.state, &after);
        out.extend(self.end(block, &path));
        out
    }

    /// From which step on there are only ends of scopes that are also the end
    /// of the arm: Rust drops in the right order there by itself.
    fn trailing(&self, block: BlockId) -> usize {
        let section = &self.graph.blocks[block];
        let ends_arm = match &section.end {
            End::Goto(next) => self.heads[*next],
            _ => false,
        };
        let drops = section.steps.iter().rev();
        let drops = drops.take_while(|step| matches!(step, Instr::Drop(_)));
        section.steps.len() - if ends_arm { drops.count() } else { 0 }
    }

    fn step(&self, step: &Instr, state: &State, implied: bool) -> TokenStream {
        match step {
            // A variable without a value comes into being with its value.
            Instr::Let { init: None, .. } => TokenStream::new(),
            Instr::Let {
                pat,
                ty,
                init: Some(init),
                diverge,
                ..
            } => {
                let init = self.leave.rewrite(init);
                let ty = ty.as_ref().map(|ty| quote!(: #ty));
                let diverge = diverge.as_ref().map(|block| {
                    let block = self.leave.rewrite_block(block);
                    quote!(else #block)
                });
                quote!(let #pat #ty = #init #diverge;)
            }
            Instr::Assign { local, value } => {
                let value = self.leave.rewrite(value);
                self.assign(*local, &value, state)
            }
            Instr::Expr(expr, semi) => {
                let expr = self.leave.rewrite(expr);
                if *semi || !is_block_like(&expr) {
                    quote!(#expr;)
                } else {
                    quote!(#expr)
                }
            }
            Instr::Drop(_) if implied => TokenStream::new(),
            Instr::Drop(local) => {
                if let Holds::Unsure(by) = state[*local] {
                    self.unsure.borrow_mut().insert(by);
                }
                let ident = &self.graph.locals[*local].ident;
                quote!(drop(#ident);)
            }
        }
    }

    fn assign(
        &self,
        local: LocalId,
        value: &Expr,
        state: &State,
    ) -> TokenStream {
        let binding = self.binding(local);
        let ident = &self.graph.locals[local].ident;
        let ty = self.graph.locals[local].ty.as_ref();
        let ty = ty.map(|ty| quote!(: #ty));
        match state[local] {
            Holds::Value => quote!(#ident = #value;),
            Holds::Nothing => quote!(let #binding #ty = #value;),
            Holds::Perhaps => {
                let new = &self.leave.result;
                quote! {
                    let #new #ty = #value;
                    drop(#ident);
                    let #binding = #new;
                }
            }
            Holds::Unsure(by) => {
                self.unsure.borrow_mut().insert(by);
                TokenStream::new()
            }
        }
    }

    fn end(&self, block: BlockId, path: &Path) -> TokenStream {
        let mut ways = self.flow.end(block, &path.state).into_iter();
        let mut way = |declares: &[LocalId]| {
            let (to, state) = ways.next()?;
            let mut path = Path {
                state,
                bound: path.bound.clone(),
            };
            path.bind(declares);
            Some(self.edge(to, path))
        };
        match &self.graph.blocks[block].end {
            End::Goto(_) => way(&[]).unwrap_or_default(),
            End::If(on, ..) => {
                let on = before_block(self.leave.rewrite(on));
                let (yes, no) = (way(&[]), way(&[]));
                let no = no
                    .filter(|no| !no.is_empty())
                    .map(|no| quote!(else { #no }));
                quote!(if #on { #yes } #no)
            }
            End::Match(on, arms) => {
                let on = before_block(self.leave.rewrite(on));
                let arms = arms.iter().map(|arm| {
                    let pat = &arm.pat;
                    let guard = arm.guard.as_ref().map(|guard| {
                        let guard = self.leave.rewrite(guard);
                        quote!(if #guard)
                    });
                    let body = way(&arm.declares);
                    quote!(#pat #guard => { #body })
                });
                let arms: Vec<TokenStream> = arms.collect();
                quote!(match #on { #(#arms)* })
            }
            End::Wait { future, .. } => {
                self.begin_wait(block, future, &path.state)
            }
            End::Return(value) => self.leave.with(&self.leave.rewrite(value)),
            End::Diverge(expr) => {
                let expr = self.leave.rewrite(expr);
                quote!(#expr;)
            }
            End::Unreachable => TokenStream::new(),
        }
    }

    fn begin_wait(
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
            let ident = &self.graph.locals[local].ident;
            quote!(#ident)
        });
        let future = self.leave.rewrite(future);
        let future = match self.options.shape {
            Shape::Pinned => quote!(Box::pin(#future)),
            _ => quote!(#future),
        };
        let (variable, field) = (&self.leave.state, self.future);
        let states = &self.leave.states;
        let name = format_ident!("Wait{}", self.numbers[&block]);
        quote! {
            *#variable = #states::#name { #field: #future, #(#fields),* };
        }
    }
}

fn is_block_like(expr: &Expr) -> bool {
    matches!(
        expr,
        Expr::Block(_)
            | Expr::ForLoop(_)
            | Expr::If(_)
            | Expr::Loop(_)
            | Expr::Match(_)
            | Expr::Unsafe(_)
            | Expr::While(_)
    )
}
