//! Which variables must stay where they are, in the shape `pinned`: those that
//! may be borrowed while the state is put away, and those that may hold such a
//! borrow. Types are not known, so this errs on the side of too many. One too
//! few is an error of the borrow checker (E0505), since the generated code
//! then moves what is borrowed.

use std::collections::{BTreeSet, HashSet};

use proc_macro2::{Span, TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Expr, Pat, Type};

use crate::flow::{Flow, Holds};
use crate::ir::{End, Graph, Instr, LocalId};
use crate::names::bindings;
use crate::scan::bare;
use crate::uses::{Known, only_looks};

type Locals = BTreeSet<LocalId>;

/// What an expression may borrow, and where else it may put that.
#[derive(Debug, Default)]
struct Found {
    lent: Lent,
    /// `vector.push(&text)`: the vector gets what the arguments borrow.
    into: Vec<(LocalId, Lent)>,
}

/// What may be borrowed.
#[derive(Clone, Debug, Default)]
struct Lent {
    /// Also what is used by value: that may be a copy of a borrow.
    any: Locals,
    /// What is not used by value. It may be moved later.
    place: Locals,
}

/// For each variable, those that it may borrow, at whatever time.
#[derive(Debug)]
struct Borrows {
    any: Vec<Locals>,
    place: Vec<Locals>,
}

/// What is found in a graph.
#[derive(Debug, Default)]
pub(crate) struct Pins {
    /// The names of the variables that must stay where they are.
    pub names: HashSet<String>,
    /// Borrows that are held and cannot be.
    pub errors: Vec<syn::Error>,
}

pub(crate) fn find(
    graph: &Graph,
    flow: &Flow<'_>,
    known: &Known,
    heads: &[bool],
) -> Pins {
    let mut find = Find {
        graph,
        borrows: Borrows::of(graph, known),
        closures: closures(graph),
        pins: Pins::default(),
    };
    let dead = vec![false; graph.locals.len()];
    for (block, section) in graph.blocks.iter().enumerate() {
        let Some(entry) = &flow.entry[block] else {
            continue;
        };
        if block != 0 && heads[block] {
            let live = &flow.live_in[block];
            find.hold(entry, &flow.kept(entry, live), live);
        }
        // The end of a scope is a use, for all that is known.
        for (local, state) in flow.drops(block, entry) {
            if state[local] != Holds::Nothing {
                find.hold(&state, &[local], &dead);
            }
        }
        let End::Wait { future, result, .. } = &section.end else {
            continue;
        };
        let state = flow.before_end_of(block, entry);
        let Some((_, mut state)) = flow.end(block, &state).pop() else {
            continue;
        };
        if let Some(result) = result {
            state[*result] = Holds::Nothing;
        }
        let live = flow.after_end(block);
        find.hold(&state, &flow.kept(&state, &live), &live);
        let future = found(future, graph, known).lent.any;
        for local in closure(&find.borrows.any, &future, &future) {
            if state[local] != Holds::Nothing {
                find.pin(local);
            }
        }
    }
    find.pins
}

struct Find<'g> {
    graph: &'g Graph,
    borrows: Borrows,
    /// Variables that are closures which borrow, and where those are.
    closures: Vec<(LocalId, Span)>,
    pins: Pins,
}

impl Find<'_> {
    fn pin(&mut self, local: LocalId) {
        let name = self.graph.locals[local].ident.to_string();
        self.pins.names.insert(name);
    }

    /// Both ends of each borrow that is held in this state. What is kept and
    /// not used again may be a borrow of what has been moved since: for all
    /// that is known, it has something to drop.
    fn hold(&mut self, state: &[Holds], kept: &[LocalId], live: &[bool]) {
        for &local in kept {
            let there = |other: &&LocalId| state[**other] != Holds::Nothing;
            let mut held: Locals = self.borrows.any[local]
                .iter()
                .filter(there)
                .copied()
                .collect();
            if !live[local] {
                held.extend(&self.borrows.place[local]);
            }
            let Some(&first) = held.first() else { continue };
            self.refuse_closure(local, first);
            self.pin(local);
            held.into_iter().for_each(|other| self.pin(other));
        }
    }

    /// A closure captures what the arms bind, and these do not outlive it.
    fn refuse_closure(&mut self, local: LocalId, held: LocalId) {
        let position = self.closures.iter().position(|(l, _)| *l == local);
        if let Some(at) = position {
            let (_, span) = self.closures.remove(at);
            let of = &self.graph.locals[held].ident;
            self.pins.errors.push(syn::Error::new(
                span,
                format!(
                    "this borrows `{of}` and is held across a wait: write \
                     `move`, and give it a reference from a `let` before it"
                ),
            ));
        }
    }
}

fn closures(graph: &Graph) -> Vec<(LocalId, Span)> {
    let steps = graph.blocks.iter().flat_map(|section| &section.steps);
    let mut found = Vec::new();
    for step in steps {
        let Instr::Let {
            declares,
            init: Some(init),
            ..
        } = step
        else {
            continue;
        };
        let span = match bare(init) {
            Expr::Closure(e) if e.capture.is_none() => e.or1_token.span,
            Expr::Async(e) if e.capture.is_none() => e.async_token.span,
            _ => continue,
        };
        found.extend(declares.iter().map(|&local| (local, span)));
    }
    found
}

/// These, and what those others borrow.
fn closure(borrows: &[Locals], these: &Locals, others: &Locals) -> Locals {
    let further = others.iter().flat_map(|&local| &borrows[local]);
    these.iter().chain(further).copied().collect()
}

impl Borrows {
    fn of(graph: &Graph, known: &Known) -> Self {
        let facts = facts(graph, known);
        let none = vec![Locals::new(); graph.locals.len()];
        let mut borrows = Borrows {
            any: none.clone(),
            place: none,
        };
        let mut changed = true;
        while changed {
            changed = false;
            for (to, lent) in &facts {
                let any = closure(&borrows.any, &lent.any, &lent.any);
                let place = closure(&borrows.place, &lent.place, &lent.any);
                for (known, mut more) in [
                    (&mut borrows.any[*to], any),
                    (&mut borrows.place[*to], place),
                ] {
                    more.remove(to);
                    let before = known.len();
                    known.extend(more);
                    changed |= known.len() > before;
                }
            }
        }
        borrows
    }
}

/// What goes where, step by step.
fn facts(graph: &Graph, known: &Known) -> Vec<(LocalId, Lent)> {
    let mut facts: Vec<(LocalId, Lent)> = Vec::new();
    let mut fact = |to: &[LocalId], found: Found| {
        facts.extend(to.iter().map(|&to| (to, found.lent.clone())));
        facts.extend(found.into);
    };
    for section in &graph.blocks {
        for step in &section.steps {
            match step {
                Instr::Let {
                    pat,
                    declares,
                    init,
                    ..
                } => {
                    if let Some(init) = init {
                        fact(declares, matched(init, pat, graph, known));
                    }
                }
                Instr::Assign { local, value } => {
                    fact(&[*local], found(value, graph, known));
                }
                Instr::Expr(expr, _) => fact(&[], found(expr, graph, known)),
                Instr::Drop(_) => {}
            }
        }
        match &section.end {
            End::If(on, ..) | End::Return(on) | End::Diverge(on) => {
                fact(&[], found(on, graph, known));
            }
            End::Match(on, arms) => {
                for arm in arms {
                    fact(&arm.declares, matched(on, &arm.pat, graph, known));
                }
            }
            End::Wait { future, result, .. } => {
                fact(result.as_slice(), found(future, graph, known));
            }
            End::Goto(_) | End::Unreachable => {}
        }
    }
    facts.retain(|(to, _)| !is_number(graph, *to));
    facts
}

/// What a pattern may borrow of the expression: the place, too.
fn matched(expr: &Expr, pat: &Pat, graph: &Graph, known: &Known) -> Found {
    let mut found = found(expr, graph, known);
    let root = root(expr, known);
    found.lent.any.extend(root);
    if bindings(pat).iter().any(|binding| binding.by_ref.is_some()) {
        found.lent.place.extend(root);
    }
    found
}

fn found(expr: &Expr, graph: &Graph, known: &Known) -> Found {
    let mut look = Look {
        graph,
        known,
        found: Found::default(),
    };
    look.visit_expr(expr);
    look.found
}

/// A number can hold no borrow, nor can a borrow of what is `Copy` hide in
/// its mention.
fn is_number(graph: &Graph, local: LocalId) -> bool {
    let local = &graph.locals[local];
    local.ty.as_ref().or(local.looks.as_ref()).is_some_and(
        |ty| matches!(ty, Type::Path(_) if crate::scan::is_plain_type(ty)),
    )
}

/// The variable to which the place, or what a method is called on, belongs.
fn root(expr: &Expr, known: &Known) -> Option<LocalId> {
    match bare(expr) {
        Expr::Path(path) => {
            known.get(&path.path.get_ident()?.to_string()).copied()
        }
        Expr::Field(e) => root(&e.base, known),
        Expr::Index(e) => root(&e.expr, known),
        Expr::Unary(e) => root(&e.expr, known),
        Expr::Reference(e) => root(&e.expr, known),
        Expr::MethodCall(e) => root(&e.receiver, known),
        _ => None,
    }
}

struct Look<'l> {
    graph: &'l Graph,
    known: &'l Known,
    found: Found,
}

impl Look<'_> {
    fn borrow(&mut self, local: Option<LocalId>) {
        self.found.lent.any.extend(local);
        self.found.lent.place.extend(local);
    }

    fn pour<'e>(
        &mut self,
        to: Option<LocalId>,
        from: impl IntoIterator<Item = &'e Expr>,
    ) {
        let Some(to) = to else { return };
        let mut all = Lent::default();
        for expr in from {
            let found = found(expr, self.graph, self.known);
            all.any.extend(found.lent.any);
            all.place.extend(found.lent.place);
        }
        self.found.into.push((to, all));
    }

    fn words(&mut self, tokens: TokenStream) {
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => {
                    self.borrow(self.known.get(&ident.to_string()).copied());
                }
                TokenTree::Group(group) => self.words(group.stream()),
                _ => {}
            }
        }
    }
}

impl<'s> Visit<'s> for Look<'_> {
    fn visit_expr_path(&mut self, path: &'s syn::ExprPath) {
        let ident = path.path.get_ident().map(ToString::to_string);
        let local = ident.and_then(|ident| self.known.get(&ident).copied());
        // By value, and still there: it is `Copy`, or `&mut` and reborrowed.
        let copied = local.is_some_and(|local| {
            let ty = self.graph.locals[local].ty.as_ref();
            is_number(self.graph, local)
                || matches!(ty, Some(Type::Reference(r)) if r.mutability.is_none())
        });
        if !copied {
            self.found.lent.any.extend(local);
        }
    }
    fn visit_expr_reference(&mut self, e: &'s syn::ExprReference) {
        self.borrow(root(&e.expr, self.known));
        visit::visit_expr_reference(self, e);
    }
    fn visit_expr_method_call(&mut self, e: &'s syn::ExprMethodCall) {
        let receiver = root(&e.receiver, self.known);
        self.borrow(receiver);
        self.pour(receiver, &e.args);
        visit::visit_expr_method_call(self, e);
    }
    fn visit_expr_call(&mut self, e: &'s syn::ExprCall) {
        for argument in &e.args {
            if let Expr::Reference(reference) = bare(argument)
                && reference.mutability.is_some()
            {
                self.pour(root(&reference.expr, self.known), &e.args);
            }
        }
        visit::visit_expr_call(self, e);
    }
    fn visit_expr_assign(&mut self, e: &'s syn::ExprAssign) {
        self.pour(root(&e.left, self.known), [&*e.right]);
        visit::visit_expr_assign(self, e);
    }
    fn visit_expr_closure(&mut self, e: &'s syn::ExprClosure) {
        self.words(quote::ToTokens::to_token_stream(&e.body));
    }
    fn visit_expr_async(&mut self, e: &'s syn::ExprAsync) {
        self.words(quote::ToTokens::to_token_stream(&e.block));
    }
    fn visit_macro(&mut self, call: &'s syn::Macro) {
        let name = call.path.segments.last().map(|s| s.ident.to_string());
        if !name.is_some_and(|name| only_looks(&name)) {
            self.words(call.tokens.clone());
        }
    }
    fn visit_item(&mut self, _: &'s syn::Item) {}
}
