//! Which variables an expression uses, and how: a value that is moved has
//! nothing left to drop.

use std::collections::HashMap;

use proc_macro2::{TokenStream, TokenTree};
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{Expr, Pat, Stmt, Token};

use crate::ir::LocalId;
use crate::scan::{Takes, bare, consumes, identity, takes};

/// One mention of a variable.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Use {
    pub local: LocalId,
    /// By value: moved, if the type is not `Copy`.
    pub moves: bool,
    /// It is by value whatever the types are: no method, pattern or macro
    /// decides.
    pub sure: bool,
    /// A new value is put there.
    pub assigns: bool,
    /// The outermost expression that decides whether this happens.
    pub decided_by: Option<usize>,
    /// The outermost block, branch or loop in which it stands.
    pub within: Option<usize>,
}

/// Which local has which name.
pub(crate) type Known = HashMap<String, LocalId>;

/// The uses in an expression that is evaluated for its value.
pub(crate) fn of_value(expr: &Expr, known: &Known) -> Vec<Use> {
    let mut walk = Walk::new(known);
    walk.expr(expr, true);
    walk.found
}

/// The uses in an expression that is only looked at or borrowed.
pub(crate) fn of_place(expr: &Expr, known: &Known) -> Vec<Use> {
    let mut walk = Walk::new(known);
    walk.expr(expr, false);
    walk.found
}

/// The uses in a block that may not be run: the `else` of `let … else`.
pub(crate) fn of_block(block: &syn::Block, known: &Known) -> Vec<Use> {
    let mut walk = Walk::new(known);
    walk.block(block);
    walk.found
}

/// Whether a scrutinee of that shape is moved by a pattern. What has no parts
/// has none to leave behind.
pub(crate) fn pattern_moves(pat: &Pat) -> bool {
    let mut pat = pat;
    while let Pat::Paren(inner) = pat {
        pat = &inner.pat;
    }
    match pat {
        Pat::Path(_) | Pat::Lit(_) | Pat::Range(_) => true,
        Pat::Ident(ident) if !crate::names::is_binding(ident) => true,
        Pat::Or(or) => or.cases.iter().all(pattern_moves),
        other => takes(other) == Takes::All,
    }
}

struct Walk<'k> {
    known: &'k Known,
    found: Vec<Use>,
    decided_by: Option<usize>,
    within: Option<usize>,
    /// Inside a closure that takes all by value.
    capture: bool,
    /// Inside a body that is run later, or never.
    apart: bool,
    /// A method, a pattern or a macro decides what happens to the variable.
    unsure: bool,
}

impl<'k> Walk<'k> {
    fn new(known: &'k Known) -> Self {
        Walk {
            known,
            found: Vec::new(),
            decided_by: None,
            within: None,
            capture: false,
            apart: false,
            unsure: false,
        }
    }

    fn name(&mut self, name: &str, moves: bool, assigns: bool) {
        if let Some(&local) = self.known.get(name) {
            self.found.push(Use {
                local,
                moves: moves || self.capture,
                sure: self.capture || moves && !self.unsure && !self.apart,
                assigns: assigns && !self.apart,
                decided_by: self.decided_by,
                within: self.within,
            });
        }
    }

    fn maybe(&mut self, by: &Expr, inside: impl FnOnce(&mut Self)) {
        let outer = self.decided_by;
        self.decided_by = outer.or_else(|| identity(by));
        inside(self);
        self.decided_by = outer;
    }

    /// What `unsure` says of a variable that stands there by itself.
    fn unsure(&mut self, expr: &Expr, value: bool) {
        self.unsure = matches!(bare(expr), Expr::Path(_));
        self.expr(expr, value);
        self.unsure = false;
    }

    fn values<'e>(&mut self, list: impl IntoIterator<Item = &'e Expr>) {
        for expr in list {
            self.expr(expr, true);
        }
    }

    fn expr(&mut self, expr: &Expr, value: bool) {
        let outer = self.within;
        self.within = outer.or_else(|| identity(expr));
        self.inside(expr, value);
        self.within = outer;
    }

    fn inside(&mut self, expr: &Expr, value: bool) {
        match expr {
            Expr::Path(path) => {
                if let Some(ident) = path.path.get_ident() {
                    self.name(&ident.to_string(), value, false);
                }
            }
            Expr::Paren(e) => self.expr(&e.expr, value),
            Expr::Group(e) => self.expr(&e.expr, value),
            Expr::Field(e) => self.expr(&e.base, false),
            Expr::Index(e) => {
                self.expr(&e.expr, false);
                self.expr(&e.index, true);
            }
            Expr::Unary(e) => {
                self.expr(&e.expr, !matches!(e.op, syn::UnOp::Deref(_)));
            }
            Expr::Reference(e) => self.expr(&e.expr, false),
            Expr::RawAddr(e) => self.expr(&e.expr, false),
            Expr::Cast(e) => self.expr(&e.expr, false),
            Expr::Binary(e) => self.binary(expr, e),
            Expr::Assign(e) => {
                self.expr(&e.right, true);
                match bare(&e.left) {
                    Expr::Path(path) => {
                        if let Some(ident) = path.path.get_ident() {
                            self.name(&ident.to_string(), false, true);
                        }
                    }
                    left => self.expr(left, false),
                }
            }
            Expr::Call(e) => {
                self.expr(&e.func, false);
                self.values(&e.args);
            }
            Expr::MethodCall(e) => {
                self.unsure(&e.receiver, consumes(&e.method));
                self.values(&e.args);
            }
            Expr::Macro(e) => self.macro_call(&e.mac),
            Expr::Tuple(e) => self.values(&e.elems),
            Expr::Array(e) => self.values(&e.elems),
            Expr::Repeat(e) => self.expr(&e.expr, true),
            Expr::Range(e) => {
                self.values(e.start.iter().chain(&e.end).map(|e| &**e));
            }
            Expr::Struct(e) => {
                self.values(e.fields.iter().map(|field| &field.expr));
                if let Some(rest) = &e.rest {
                    self.expr(rest, false);
                }
            }
            Expr::Return(e) => self.values(e.expr.as_deref()),
            Expr::Break(e) => self.values(e.expr.as_deref()),
            Expr::Try(e) => self.expr(&e.expr, true),
            Expr::Await(e) => self.expr(&e.base, true),
            Expr::Let(e) => self.scrutinee(expr, &e.expr, &[&e.pat], true),
            _ => self.control(expr),
        }
    }

    fn binary(&mut self, whole: &Expr, e: &syn::ExprBinary) {
        use syn::BinOp::*;
        match e.op {
            Eq(_) | Ne(_) | Lt(_) | Le(_) | Gt(_) | Ge(_) => {
                self.expr(&e.left, false);
                self.expr(&e.right, false);
            }
            And(_) | Or(_) => {
                self.expr(&e.left, true);
                self.maybe(whole, |walk| walk.expr(&e.right, true));
            }
            Add(_) | Sub(_) | Mul(_) | Div(_) | Rem(_) | BitXor(_)
            | BitAnd(_) | BitOr(_) | Shl(_) | Shr(_) => {
                self.expr(&e.left, true);
                self.expr(&e.right, true);
            }
            _ => {
                self.expr(&e.right, true);
                self.expr(&e.left, false);
            }
        }
    }

    fn control(&mut self, expr: &Expr) {
        match expr {
            Expr::Block(e) => self.block(&e.block),
            Expr::Unsafe(e) => self.block(&e.block),
            Expr::If(e) => {
                self.expr(&e.cond, true);
                self.maybe(expr, |walk| {
                    walk.block(&e.then_branch);
                    if let Some((_, other)) = &e.else_branch {
                        walk.expr(other, true);
                    }
                });
            }
            Expr::Match(e) => {
                let pats: Vec<&Pat> = e.arms.iter().map(|a| &a.pat).collect();
                self.scrutinee(expr, &e.expr, &pats, false);
                self.maybe(expr, |walk| {
                    for arm in &e.arms {
                        if let Some((_, guard)) = &arm.guard {
                            walk.expr(guard, true);
                        }
                        walk.expr(&arm.body, true);
                    }
                });
            }
            Expr::Loop(e) => self.maybe(expr, |walk| walk.block(&e.body)),
            Expr::While(e) => self.maybe(expr, |walk| {
                walk.expr(&e.cond, true);
                walk.block(&e.body);
            }),
            Expr::ForLoop(e) => {
                self.expr(&e.expr, true);
                self.maybe(expr, |walk| walk.block(&e.body));
            }
            Expr::Closure(e) => {
                let outer = self.capture;
                self.capture |= e.capture.is_some();
                let apart = std::mem::replace(&mut self.apart, true);
                self.expr(&e.body, true);
                self.apart = apart;
                self.capture = outer;
            }
            Expr::Async(e) => {
                let outer = self.capture;
                self.capture |= e.capture.is_some();
                let apart = std::mem::replace(&mut self.apart, true);
                self.block(&e.block);
                self.apart = apart;
                self.capture = outer;
            }
            _ => {}
        }
    }

    /// What is matched on: `open` when there may be a case that no pattern
    /// names.
    fn scrutinee(&mut self, by: &Expr, on: &Expr, pats: &[&Pat], open: bool) {
        if !matches!(bare(on), Expr::Path(_)) {
            let place = matches!(bare(on), Expr::Field(_) | Expr::Index(_));
            return self.expr(on, !place);
        }
        let complete = !open || pats.iter().all(|pat| is_some(pat));
        if complete && pats.iter().all(|pat| pattern_moves(pat)) {
            self.unsure(on, true);
        } else if pats.iter().any(|pat| takes(pat) == Takes::All) {
            self.maybe(by, |walk| walk.unsure(on, true));
        } else {
            self.expr(on, false);
        }
    }

    fn block(&mut self, block: &syn::Block) {
        for stmt in &block.stmts {
            match stmt {
                Stmt::Local(local) => {
                    let Some(init) = &local.init else { continue };
                    let looks = takes(&local.pat) == Takes::Nothing;
                    if is_name(&local.pat) {
                        self.expr(&init.expr, !looks);
                    } else {
                        self.unsure(&init.expr, !looks);
                    }
                    if let Some((_, diverge)) = &init.diverge {
                        self.maybe(diverge, |walk| walk.expr(diverge, true));
                    }
                }
                Stmt::Expr(expr, _) => self.expr(expr, true),
                Stmt::Macro(call) => self.macro_call(&call.mac),
                Stmt::Item(_) => {}
            }
        }
    }

    fn macro_call(&mut self, call: &syn::Macro) {
        let name = call.path.segments.last().map(|s| s.ident.to_string());
        let borrows = name.is_some_and(|name| only_looks(&name));
        let list = Punctuated::<Expr, Token![,]>::parse_terminated;
        let Ok(arguments) = list.parse2(call.tokens.clone()) else {
            return self.words(call.tokens.clone(), true, &[]);
        };
        let mut named = Vec::new();
        for argument in &arguments {
            let argument = match argument {
                // `name = value` in a format string's arguments.
                Expr::Assign(assign) if borrows => {
                    if let Expr::Path(name) = &*assign.left {
                        let name = name.path.get_ident();
                        named.extend(name.map(ToString::to_string));
                    }
                    &assign.right
                }
                other => other,
            };
            let place = matches!(bare(argument), Expr::Path(_));
            self.unsure(argument, !(borrows && place));
        }
        self.words(call.tokens.clone(), false, &named);
    }

    /// All words that are variables; what `"{name}"` names.
    fn words(&mut self, tokens: TokenStream, idents: bool, named: &[String]) {
        for token in tokens {
            match token {
                TokenTree::Ident(ident) if idents => {
                    self.name(&ident.to_string(), false, false);
                }
                TokenTree::Group(group) => {
                    self.words(group.stream(), idents, named);
                }
                TokenTree::Literal(literal) => {
                    let mut captured = Vec::new();
                    crate::names::captured(
                        &literal.to_string(),
                        literal.span(),
                        &mut captured,
                    );
                    for name in captured.iter().map(ToString::to_string) {
                        if !named.contains(&name) {
                            self.name(&name, false, false);
                        }
                    }
                }
                _ => {}
            }
        }
    }
}

/// `Some(…)`: its other case, `None`, has nothing to drop.
pub(crate) fn is_some(pat: &Pat) -> bool {
    matches!(
        pat,
        Pat::TupleStruct(pat)
            if pat.path.segments.last().is_some_and(|s| s.ident == "Some")
    )
}

/// Whether a macro of the standard library only looks at its arguments.
pub(crate) fn only_looks(name: &str) -> bool {
    const LOOKING: &[&str] = &[
        "print",
        "println",
        "eprint",
        "eprintln",
        "format",
        "write",
        "writeln",
        "panic",
        "assert",
        "assert_eq",
        "assert_ne",
        "debug_assert",
        "debug_assert_eq",
        "debug_assert_ne",
        "unreachable",
        "todo",
        "unimplemented",
    ];
    LOOKING.contains(&name)
}

/// Whether the pattern is a variable and nothing else.
pub(crate) fn is_name(pat: &Pat) -> bool {
    match pat {
        Pat::Type(typed) => is_name(&typed.pat),
        Pat::Ident(ident) => {
            ident.by_ref.is_none()
                && ident.subpat.is_none()
                && crate::names::is_binding(ident)
        }
        _ => false,
    }
}
