//! From the control-flow graph to the state machine: a variant for each wait
//! and for each place that is reached by several ways, an arm for each
//! variant.

mod checks;
mod path;
mod slots;
mod wait;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashSet};

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::Expr;

use crate::flow::{Flow, Holds, State};
use crate::ir::{BlockId, End, Graph, Instr, LocalId};
use crate::native::{Leave, before_block};
use crate::shape::Options;
use crate::uses;
use path::{Path, only};
pub(crate) use slots::{Layout, of_locals};

/// A variant of the enum and its arm.
#[derive(Debug)]
pub(crate) struct Variant {
    pub name: Ident,
    /// What is kept, and whether perhaps only.
    pub kept: Vec<(LocalId, bool)>,
    /// Which future it waits for, counted from 1.
    pub future: Option<usize>,
    /// The block that it begins with, or that waits.
    pub block: BlockId,
    pub arm: TokenStream,
    /// The arm uses what lies in slots.
    pub raw: bool,
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
    layout: &'a Layout,
    /// The arm that is being written uses what lies in slots.
    raw: Cell<bool>,
}

impl<'a> Emit<'a> {
    pub fn new(
        flow: &'a Flow<'a>,
        graph: &'a Graph,
        heads: Vec<bool>,
        leave: &'a Leave<'a>,
        future: &'a Ident,
        waker: &'a Ident,
        layout: &'a Layout,
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
            layout,
            raw: Cell::new(false),
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
        let pattern = match block {
            0 => self.values(&kept),
            _ => self.pattern(&kept),
        };
        let state = only(state, &kept);
        let bound: Vec<LocalId> =
            kept.iter().map(|&(local, _)| local).collect();
        self.raw.set(false);
        let moved_in = (block == 0).then(|| self.moved_in(&bound));
        let body = self.block(block, Path { state, bound });
        let states = &self.leave.states;
        let word = self.unsafe_word();
        Some(Variant {
            arm: quote! {
                #states::#name #pattern => #word { #moved_in #body }
            },
            raw: self.raw.get(),
            name,
            kept,
            future: None,
            block,
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
        let local = &self.graph.locals[local];
        let name = local.name();
        // What has a slot is changed there.
        if local.mutable && local.slot.is_none() {
            quote!(mut #name)
        } else {
            quote!(#name)
        }
    }

    // Blocks

    /// Continues in `next`.
    fn edge(&self, next: BlockId, path: Path) -> TokenStream {
        if !self.heads[next] {
            return self.block(next, path);
        }
        let Some(entry) = &self.flow.entry[next] else {
            return TokenStream::new();
        };
        let kept = self.kept(entry, &self.flow.live_in[next]);
        let fields = kept.iter().map(|&(local, perhaps)| {
            let ident = self.graph.locals[local].name();
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
            self.assigned_inside(&self.flow.step_uses(step), &before);
            match step {
                Instr::Let { declares, .. } => {
                    if declares.iter().any(|&l| path.state[l] == Holds::Value) {
                        out.extend(self.moved_in(declares));
                    }
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
        let uses = self.flow.end_uses(&section.end);
        self.assigned_inside(&uses, &path.state);
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
                let place =
                    self.flow.in_slot(init).is_some() && !uses::is_name(pat);
                let init = self.rewrite(init, !place);
                let ty = ty.as_ref().map(|ty| quote!(: #ty));
                let diverge = diverge.as_ref().map(|block| {
                    let block = self.rewrite_block(block);
                    quote!(else #block)
                });
                quote!(let #pat #ty = #init #diverge;)
            }
            Instr::Assign { local, value } => {
                let value = self.rewrite(value, true);
                self.assign(*local, &value, state)
            }
            Instr::Expr(expr, semi) => {
                let expr = self.rewrite(expr, true);
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
                let ident = self.graph.locals[*local].name();
                let drop = self.drop_path();
                quote!(#drop(#ident);)
            }
        }
    }

    fn assign(
        &self,
        local: LocalId,
        value: &Expr,
        state: &State,
    ) -> TokenStream {
        if self.graph.locals[local].slot.is_some() {
            return self.assign_slot(local, value, state);
        }
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
            let moved_in = self.moved_in(declares);
            let edge = self.edge(to, path);
            Some(quote!(#moved_in #edge))
        };
        match &self.graph.blocks[block].end {
            End::Goto(_) => way(&[]).unwrap_or_default(),
            End::If(on, ..) => {
                let on = before_block(self.rewrite(on, true));
                let (yes, no) = (way(&[]), way(&[]));
                let no = no
                    .filter(|no| !no.is_empty())
                    .map(|no| quote!(else { #no }));
                quote!(if #on { #yes } #no)
            }
            End::Match(on, arms) => {
                let states = self.flow.end(block, &path.state);
                let (out, on) = self.scrutinee(on, &states);
                let arms = arms.iter().zip(&states).map(|(arm, (_, state))| {
                    let pat = &arm.pat;
                    let guard = arm.guard.as_ref().map(|guard| {
                        let guard = self.guard(guard, &arm.declares);
                        quote!(if #guard)
                    });
                    let back = out.as_ref().map(|out| self.back(out, state));
                    let body = way(&arm.declares);
                    quote!(#pat #guard => { #back #body })
                });
                let arms: Vec<TokenStream> = arms.collect();
                let out = out.map(|out| out.tokens);
                quote!(#out match #on { #(#arms)* })
            }
            End::Wait { future, .. } => {
                self.begin_wait(block, future, &path.state)
            }
            End::Return(value) => self.leave.with(&self.rewrite(value, true)),
            End::Diverge(expr) => {
                let expr = self.rewrite(expr, true);
                quote!(#expr;)
            }
            End::Unreachable => TokenStream::new(),
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
