//! From the syntax tree to the control-flow graph. What neither waits nor
//! jumps stays as the source has it; the rest is taken apart, in the order in
//! which Rust evaluates it.

mod bind;
mod control;
mod operand;
mod rest;

use std::collections::HashSet;

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::{Block, Expr, Pat, Stmt, Type, parse_quote};

use crate::ir::{BlockId, End, Graph, Instr, Local, LocalId, Origin, Section};
use crate::names::{Names, bindings};
use crate::scan;
use crate::uses::Known;
use rest::name_rest;

/// What happens to a value.
#[derive(Clone, Copy, Debug)]
enum Dest {
    Ignore,
    /// It is the first value of that variable.
    Local(LocalId),
    /// It is what the coroutine gives.
    Return,
}

/// Where `break` and `continue` lead.
struct Target {
    label: Option<String>,
    is_loop: bool,
    /// How many scopes are open outside it.
    depth: usize,
    break_to: BlockId,
    continue_to: BlockId,
    dest: Dest,
}

/// The graph being built.
pub(crate) struct Lower<'a> {
    pub graph: Graph,
    pub known: Known,
    /// Items of the body; they are visible everywhere in it.
    pub items: Vec<syn::Item>,
    pub errors: Vec<syn::Error>,
    names: &'a mut Names,
    forced: &'a HashSet<usize>,
    /// The shape is `pinned`.
    pinned: bool,
    current: BlockId,
    entered: usize,
    scopes: Vec<Vec<LocalId>>,
    targets: Vec<Target>,
    /// The names that `_` got.
    rests: HashSet<String>,
}

/// The graph of a body with these arguments, in the shape `pinned` or not.
pub(crate) fn lower<'a>(
    arguments: &[(Pat, Type)],
    body: &Block,
    names: &'a mut Names,
    forced: &'a HashSet<usize>,
    pinned: bool,
) -> Lower<'a> {
    let mut lower = Lower {
        graph: Graph {
            locals: Vec::new(),
            blocks: Vec::new(),
            arguments: Vec::new(),
        },
        known: Known::new(),
        items: Vec::new(),
        errors: Vec::new(),
        names,
        forced,
        pinned,
        current: 0,
        entered: 0,
        scopes: vec![Vec::new()],
        targets: Vec::new(),
        rests: HashSet::new(),
    };
    let start = lower.block("Start", "the call", body.span());
    lower.enter(start);
    lower.arguments(arguments);
    lower.statements(body, Dest::Return);
    lower
}

impl Lower<'_> {
    /// Each argument is a variable; what is no plain name is taken apart in
    /// the body, as in an `async fn`.
    fn arguments(&mut self, arguments: &[(Pat, Type)]) {
        let mut taken_apart = false;
        for (pat, ty) in arguments {
            let (ident, mutable) = match pat {
                Pat::Ident(ident) if ident.by_ref.is_none() => {
                    (ident.ident.clone(), ident.mutability.is_some())
                }
                other => (self.names.fresh("argument", other.span()), false),
            };
            let local = self.local(ident, mutable, Some(ty));
            self.graph.arguments.push(local);
            if taken_apart {
                // In the order in which an `async fn` makes its variables.
                let value = self.path(local);
                self.first_value(local, value);
            }
            let whole = matches!(pat, Pat::Ident(i) if i.by_ref.is_none());
            if whole || bindings(pat).is_empty() {
                continue;
            }
            taken_apart = true;
            let init = self.path(local);
            let pat = name_rest(pat, self.names, &mut self.rests);
            self.bind(&pat, None, Some(init), None);
        }
    }

    // Blocks

    fn block(
        &mut self,
        stem: &'static str,
        what: impl Into<String>,
        span: Span,
    ) -> BlockId {
        self.graph.blocks.push(Section {
            steps: Vec::new(),
            end: End::Unreachable,
            order: 0,
            origin: Origin {
                what: what.into(),
                stem,
                span,
            },
        });
        self.graph.blocks.len() - 1
    }

    fn step(&mut self, step: Instr) {
        self.graph.blocks[self.current].steps.push(step);
    }

    /// Ends the current block and continues in `next`.
    fn end(&mut self, end: End, next: BlockId) {
        self.graph.blocks[self.current].end = end;
        self.enter(next);
    }

    /// What follows goes into `block`. The order in which blocks are entered
    /// is that of the source.
    fn enter(&mut self, block: BlockId) {
        self.current = block;
        if self.graph.blocks[block].order == 0 {
            self.entered += 1;
            self.graph.blocks[block].order = self.entered;
        }
    }

    /// Ends the current block; nothing comes after it.
    fn stop(&mut self, end: End) {
        let dead = self.block("Dead", "nothing", Span::call_site());
        self.end(end, dead);
    }

    fn goto(&mut self, target: BlockId) {
        self.stop(End::Goto(target));
    }

    // Variables

    fn local(
        &mut self,
        ident: syn::Ident,
        mutable: bool,
        ty: Option<&Type>,
    ) -> LocalId {
        let id = self.graph.locals.len();
        self.known.insert(ident.to_string(), id);
        self.graph.locals.push(Local {
            ident,
            mutable,
            ty: ty.cloned(),
            looks: None,
            plain: ty.is_some_and(scan::is_plain_type),
            borrows: None,
            depth: self.scopes.len(),
            operand: false,
            lent: false,
            made: false,
            slot: None,
        });
        if let Some(scope) = self.scopes.last_mut() {
            scope.push(id);
        }
        id
    }

    fn temporary(&mut self, wish: &str, span: Span) -> LocalId {
        let ident = self.names.fresh(wish, span);
        let local = self.local(ident, false, None);
        self.graph.locals[local].made = true;
        local
    }

    fn path(&self, local: LocalId) -> Expr {
        let ident = &self.graph.locals[local].ident;
        parse_quote!(#ident)
    }

    fn is_plain(&self, expr: &Expr) -> bool {
        scan::is_plain_value(expr, &|name| {
            self.known
                .get(name)
                .is_some_and(|&local| self.graph.locals[local].plain)
        })
    }

    // Scopes

    fn open(&mut self) {
        self.scopes.push(Vec::new());
    }

    /// The end of the innermost scope, on this way out of it.
    fn drops(&mut self) {
        self.drops_from(self.scopes.len() - 1);
    }

    fn drops_from(&mut self, depth: usize) {
        let mut locals: Vec<LocalId> =
            self.scopes[depth..].iter().flatten().copied().collect();
        locals.sort_by_key(|&local| self.graph.locals[local].key(local));
        for local in locals.into_iter().rev() {
            self.step(Instr::Drop(local));
        }
    }

    fn close(&mut self) {
        self.drops();
        self.scopes.pop();
    }

    // Statements

    /// A block in a scope of its own.
    fn block_into(&mut self, block: &Block, dest: Dest) {
        self.open();
        self.statements(block, dest);
        self.close();
    }

    fn statements(&mut self, block: &Block, dest: Dest) {
        for item in &block.stmts {
            if let Stmt::Item(item) = item {
                self.items.push(item.clone());
            }
        }
        let mut valued = false;
        for (index, stmt) in block.stmts.iter().enumerate() {
            let last = index + 1 == block.stmts.len();
            match stmt {
                Stmt::Local(local) => self.let_statement(local),
                Stmt::Item(_) => {}
                Stmt::Expr(expr, None) if last => {
                    valued = true;
                    self.open();
                    self.into(expr, dest);
                    self.close();
                }
                Stmt::Expr(expr, semi) => {
                    self.statement(expr, semi.is_some());
                }
                Stmt::Macro(call) => {
                    let expr = Expr::Macro(syn::ExprMacro {
                        attrs: Vec::new(),
                        mac: call.mac.clone(),
                    });
                    if last && call.semi_token.is_none() {
                        valued = true;
                        self.finish(dest, expr);
                    } else {
                        self.macro_statement(expr, call.semi_token.is_some());
                    }
                }
            }
        }
        if !valued {
            self.finish_unit(dest);
        }
    }

    fn macro_statement(&mut self, expr: Expr, semi: bool) {
        if diverges(&expr) {
            self.stop(End::Diverge(expr));
        } else {
            self.step(Instr::Expr(expr, semi));
        }
    }

    fn statement(&mut self, expr: &Expr, semi: bool) {
        if self.apart(expr) || scan::leaves(expr) || assigned(expr).is_some() {
            self.open();
            if semi && scan::has_own_scope(expr) {
                // What is in it ends before its value does.
                let value = self.temporary("value", expr.span());
                self.into(expr, Dest::Local(value));
            } else {
                self.into(expr, Dest::Ignore);
            }
            self.close();
        } else {
            self.step(Instr::Expr(expr.clone(), semi));
        }
    }

    /// What a `for` loop calls. Where borrows are checked elsewhere, it must be
    /// what the compiler calls, whatever the source calls `Iterator`.
    fn iteration(&self) -> (syn::Path, syn::Path) {
        if self.pinned {
            return (
                parse_quote!(::std::iter::IntoIterator::into_iter),
                parse_quote!(::std::iter::Iterator::next),
            );
        }
        (
            parse_quote!(IntoIterator::into_iter),
            parse_quote!(Iterator::next),
        )
    }

    fn apart(&self, expr: &Expr) -> bool {
        scan::needs_apart(expr, self.forced)
    }
}

/// The variable that a statement assigns to.
fn assigned(expr: &Expr) -> Option<&syn::Ident> {
    match expr {
        Expr::Assign(assign) => match scan::bare(&assign.left) {
            Expr::Path(path) => path.path.get_ident(),
            _ => None,
        },
        _ => None,
    }
}

/// Whether it is a call of a macro that never returns.
fn diverges(expr: &Expr) -> bool {
    matches!(
        expr,
        Expr::Macro(call) if call.mac.path.segments.last().is_some_and(|last| {
            ["panic", "unreachable", "todo", "unimplemented"]
                .iter()
                .any(|name| last.ident == name)
        })
    )
}
