//! Questions about an expression: does it wait, does it leave a loop, what is
//! known of its value without types.

use std::collections::HashSet;

use syn::visit::{self, Visit};
use syn::{Expr, Member, Pat, Type};

/// The operand, if the expression is `operand.wait`.
pub(crate) fn wait_operand(expr: &Expr) -> Option<&Expr> {
    match expr {
        Expr::Field(field) if is_wait(field) => Some(&field.base),
        _ => None,
    }
}

pub(crate) fn is_wait(field: &syn::ExprField) -> bool {
    matches!(&field.member, Member::Named(name) if name == "wait")
}

/// The number of an expression that decides whether something happens: see
/// [`crate::marks`].
pub(crate) fn identity(expr: &Expr) -> Option<usize> {
    crate::marks::of(expr)
}

/// Finds out whether an expression has to be taken apart.
struct Apart<'f> {
    forced: &'f HashSet<usize>,
    found: bool,
    loops: usize,
    labels: Vec<String>,
}

/// Whether it waits, jumps out of itself, or was found to move a variable in
/// some branch only.
pub(crate) fn needs_apart(expr: &Expr, forced: &HashSet<usize>) -> bool {
    let mut apart = Apart {
        forced,
        found: false,
        loops: 0,
        labels: Vec::new(),
    };
    apart.visit_expr(expr);
    apart.found
}

impl Apart<'_> {
    fn labelled(
        &mut self,
        label: &Option<syn::Label>,
        is_loop: bool,
        inside: impl FnOnce(&mut Self),
    ) {
        if let Some(label) = label {
            self.labels.push(label.name.ident.to_string());
        }
        self.loops += usize::from(is_loop);
        inside(self);
        self.loops -= usize::from(is_loop);
        if label.is_some() {
            self.labels.pop();
        }
    }

    fn jump(&mut self, label: &Option<syn::Lifetime>) {
        self.found |= match label {
            Some(label) => !self.labels.contains(&label.ident.to_string()),
            None => self.loops == 0,
        };
    }
}

impl<'s> Visit<'s> for Apart<'_> {
    fn visit_expr(&mut self, expr: &'s Expr) {
        if identity(expr).is_some_and(|id| self.forced.contains(&id)) {
            self.found = true;
        }
        if !self.found {
            visit::visit_expr(self, expr);
        }
    }
    fn visit_expr_field(&mut self, field: &'s syn::ExprField) {
        self.found |= is_wait(field);
        visit::visit_expr_field(self, field);
    }
    fn visit_expr_loop(&mut self, e: &'s syn::ExprLoop) {
        self.labelled(&e.label, true, |s| s.visit_block(&e.body));
    }
    fn visit_expr_while(&mut self, e: &'s syn::ExprWhile) {
        self.labelled(&e.label, true, |s| {
            s.visit_expr(&e.cond);
            s.visit_block(&e.body);
        });
    }
    fn visit_expr_for_loop(&mut self, e: &'s syn::ExprForLoop) {
        self.visit_expr(&e.expr);
        self.labelled(&e.label, true, |s| s.visit_block(&e.body));
    }
    fn visit_expr_block(&mut self, e: &'s syn::ExprBlock) {
        self.labelled(&e.label, false, |s| s.visit_block(&e.block));
    }
    fn visit_expr_break(&mut self, e: &'s syn::ExprBreak) {
        self.jump(&e.label);
        visit::visit_expr_break(self, e);
    }
    fn visit_expr_continue(&mut self, e: &'s syn::ExprContinue) {
        self.jump(&e.label);
    }
    // Other bodies are none of this one's business.
    fn visit_expr_closure(&mut self, _: &'s syn::ExprClosure) {}
    fn visit_expr_async(&mut self, _: &'s syn::ExprAsync) {}
    fn visit_expr_const(&mut self, _: &'s syn::ExprConst) {}
    fn visit_item(&mut self, _: &'s syn::Item) {}
}

/// The expression without parentheses.
pub(crate) fn bare(expr: &Expr) -> &Expr {
    match expr {
        Expr::Paren(inner) => bare(&inner.expr),
        Expr::Group(inner) => bare(&inner.expr),
        _ => expr,
    }
}

/// Whether the expression names a place that exists, so that neither a
/// temporary value is made nor anything is run.
pub(crate) fn is_place(expr: &Expr) -> bool {
    match bare(expr) {
        Expr::Path(_) => true,
        Expr::Field(field) => !is_wait(field) && is_place(&field.base),
        Expr::Index(index) => is_place(&index.expr) && is_still(&index.index),
        Expr::Unary(unary) => {
            matches!(unary.op, syn::UnOp::Deref(_)) && is_place(&unary.expr)
        }
        _ => false,
    }
}

/// Whether evaluating it later gives the same and does nothing else: a
/// constant, or a reference to a place.
pub(crate) fn is_still(expr: &Expr) -> bool {
    match bare(expr) {
        Expr::Lit(_) => true,
        Expr::Reference(reference) => {
            is_place(&reference.expr) || is_promoted(&reference.expr)
        }
        Expr::Path(path) => is_constant(&path.path),
        Expr::Unary(unary) => {
            matches!(unary.op, syn::UnOp::Neg(_))
                && matches!(bare(&unary.expr), Expr::Lit(_))
        }
        _ => false,
    }
}

/// A path that is no variable: several segments, or `LIMIT`, or `None`.
fn is_constant(path: &syn::Path) -> bool {
    path.get_ident().is_none_or(|ident| {
        ident.to_string().starts_with(|c: char| c.is_uppercase())
    })
}

/// Whether `&expr` lives in the program and not in a temporary value.
pub(crate) fn is_promoted(expr: &Expr) -> bool {
    match bare(expr) {
        Expr::Lit(_) => true,
        Expr::Array(array) => array.elems.iter().all(is_promoted),
        Expr::Tuple(tuple) => tuple.elems.iter().all(is_promoted),
        Expr::Repeat(repeat) => is_promoted(&repeat.expr),
        Expr::Unary(unary) => {
            matches!(unary.op, syn::UnOp::Neg(_)) && is_promoted(&unary.expr)
        }
        Expr::Reference(inner) => {
            inner.mutability.is_none() && is_promoted(&inner.expr)
        }
        Expr::Path(path) => is_constant(&path.path),
        _ => false,
    }
}

/// Methods that by convention take their receiver by value.
const CONSUMING: &[&str] = &[
    "and_then",
    "boxed",
    "chain",
    "collect",
    "enumerate",
    "err",
    "expect",
    "expect_err",
    "filter_map",
    "flatten",
    "fuse",
    "is_none_or",
    "is_ok_and",
    "is_some_and",
    "map",
    "map_err",
    "map_or",
    "map_or_else",
    "ok",
    "ok_or",
    "ok_or_else",
    "or_else",
    "rev",
    "then",
    "timeout",
    "unwrap",
    "unwrap_err",
    "unwrap_or",
    "unwrap_or_default",
    "unwrap_or_else",
    "unwrap_unchecked",
    "zip",
];

/// Whether a method of that name takes its receiver by value. Types are not
/// known here; a wrong guess is an error of the borrow checker.
pub(crate) fn consumes(method: &syn::Ident) -> bool {
    let name = method.to_string();
    name.starts_with("into_") || CONSUMING.contains(&&*name)
}

/// Adaptors of iterators. Other methods may have such a name, so that only a
/// temporary value is taken to be moved by one.
const ADAPTING: &[&str] = &[
    "cloned",
    "copied",
    "cycle",
    "filter",
    "flat_map",
    "fold",
    "inspect",
    "map_while",
    "max",
    "max_by_key",
    "min",
    "min_by_key",
    "partition",
    "peekable",
    "product",
    "reduce",
    "scan",
    "skip",
    "skip_while",
    "step_by",
    "sum",
    "take_while",
    "unzip",
];

/// Whether a method of that name takes a temporary value as its receiver.
pub(crate) fn consumes_temporary(method: &syn::Ident) -> bool {
    consumes(method) || ADAPTING.iter().any(|name| method == name)
}

/// Whether evaluating it makes temporary values that live as long as the
/// statement: a reference to a value, a method of one.
pub(crate) fn keeps_temporaries(expr: &Expr) -> bool {
    struct Kept(bool);
    impl<'s> Visit<'s> for Kept {
        fn visit_expr_reference(&mut self, e: &'s syn::ExprReference) {
            self.0 |= is_temporary(&e.expr);
            visit::visit_expr_reference(self, e);
        }
        fn visit_expr_method_call(&mut self, e: &'s syn::ExprMethodCall) {
            self.0 |=
                !consumes_temporary(&e.method) && is_temporary(&e.receiver);
            visit::visit_expr_method_call(self, e);
        }
        fn visit_expr_field(&mut self, e: &'s syn::ExprField) {
            self.0 |= !is_wait(e) && is_temporary(&e.base);
            visit::visit_expr_field(self, e);
        }
        // These drop what is temporary in them at their own end.
        fn visit_block(&mut self, _: &'s syn::Block) {}
        fn visit_expr_if(&mut self, _: &'s syn::ExprIf) {}
        fn visit_expr_match(&mut self, e: &'s syn::ExprMatch) {
            self.visit_expr(&e.expr);
        }
        fn visit_expr_closure(&mut self, _: &'s syn::ExprClosure) {}
        fn visit_item(&mut self, _: &'s syn::Item) {}
    }
    let mut kept = Kept(false);
    kept.visit_expr(expr);
    kept.0
}

/// Whether a reference to it is one to a temporary value.
pub(crate) fn is_temporary(expr: &Expr) -> bool {
    match bare(expr) {
        Expr::Field(field) if !is_wait(field) => is_temporary(&field.base),
        Expr::Index(index) => is_temporary(&index.expr),
        Expr::Unary(unary) if matches!(unary.op, syn::UnOp::Deref(_)) => false,
        // A reference has nothing to drop.
        Expr::Reference(_) => false,
        other => !is_place(other) && !is_promoted(other),
    }
}

/// Whether a value of that type has nothing to drop.
pub(crate) fn is_plain_type(ty: &Type) -> bool {
    const PLAIN: &[&str] = &[
        "bool", "char", "f32", "f64", "i8", "i16", "i32", "i64", "i128",
        "isize", "u8", "u16", "u32", "u64", "u128", "usize",
    ];
    match ty {
        Type::Path(path) if path.qself.is_none() => path
            .path
            .get_ident()
            .is_some_and(|ident| PLAIN.contains(&&*ident.to_string())),
        Type::Reference(_) | Type::Ptr(_) | Type::BareFn(_) => true,
        Type::Tuple(tuple) => tuple.elems.iter().all(is_plain_type),
        Type::Array(array) => is_plain_type(&array.elem),
        Type::Paren(inner) => is_plain_type(&inner.elem),
        Type::Group(inner) => is_plain_type(&inner.elem),
        _ => false,
    }
}

/// Whether the value has nothing to drop, by its looks.
pub(crate) fn is_plain_value(
    expr: &Expr,
    local: &dyn Fn(&str) -> bool,
) -> bool {
    use syn::BinOp::*;
    match bare(expr) {
        Expr::Lit(_) | Expr::Cast(_) | Expr::Reference(_) => true,
        Expr::Path(path) => {
            path.path.get_ident().is_some_and(|i| local(&i.to_string()))
        }
        Expr::Unary(unary) => is_plain_value(&unary.expr, local),
        Expr::Binary(binary) => match binary.op {
            Eq(_) | Ne(_) | Lt(_) | Le(_) | Gt(_) | Ge(_) => true,
            And(_) | Or(_) => true,
            _ => {
                is_plain_value(&binary.left, local)
                    && is_plain_value(&binary.right, local)
            }
        },
        Expr::Tuple(tuple) => {
            tuple.elems.iter().all(|e| is_plain_value(e, local))
        }
        Expr::Array(array) => {
            array.elems.iter().all(|e| is_plain_value(e, local))
        }
        Expr::Range(range) => [&range.start, &range.end]
            .into_iter()
            .flatten()
            .all(|e| is_plain_value(e, local)),
        _ => false,
    }
}

/// What a pattern leaves behind when it takes a value apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Takes {
    /// It only looks.
    Nothing,
    /// It moves all there is to move.
    All,
    /// It moves some parts; which, only the types tell.
    Parts,
}

pub(crate) fn takes(pat: &Pat) -> Takes {
    #[derive(Default)]
    struct Look {
        moves: bool,
        leaves: bool,
    }
    impl<'s> Visit<'s> for Look {
        fn visit_pat_ident(&mut self, pat: &'s syn::PatIdent) {
            if crate::names::is_binding(pat) {
                if pat.by_ref.is_some() {
                    self.leaves = true;
                } else {
                    self.moves = true;
                }
            }
            visit::visit_pat_ident(self, pat);
        }
        fn visit_pat_wild(&mut self, _: &'s syn::PatWild) {
            self.leaves = true;
        }
        fn visit_pat_rest(&mut self, _: &'s syn::PatRest) {
            self.leaves = true;
        }
        fn visit_pat_struct(&mut self, pat: &'s syn::PatStruct) {
            self.leaves |= pat.rest.is_some();
            visit::visit_pat_struct(self, pat);
        }
    }
    let mut look = Look::default();
    look.visit_pat(pat);
    match (look.moves, look.leaves) {
        (false, _) => Takes::Nothing,
        (true, false) => Takes::All,
        (true, true) => Takes::Parts,
    }
}

/// Whether the statement is itself a `return`, `break` or `continue`.
pub(crate) fn leaves(expr: &Expr) -> bool {
    matches!(
        bare(expr),
        Expr::Return(_) | Expr::Break(_) | Expr::Continue(_)
    )
}

/// Whether the expression is a block, a branch or a loop with a value: scopes
/// end in it.
pub(crate) fn has_own_scope(expr: &Expr) -> bool {
    matches!(
        bare(expr),
        Expr::Block(_) | Expr::If(_) | Expr::Loop(_) | Expr::Match(_)
    )
}
