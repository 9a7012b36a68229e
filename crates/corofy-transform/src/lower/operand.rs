//! Expressions whose value is part of a larger one.

use syn::spanned::Spanned;
use syn::{Expr, ExprReference, parse_quote};

use super::{Dest, Lower};
use crate::ir::{End, Instr, LocalId};
use crate::scan;

impl Lower<'_> {
    // Long: an arm for each kind of expression.
    /// What stands for `expr` after all waits in it are over. `later` says
    /// that another wait comes in the same statement, so that temporary
    /// values have to be kept.
    pub(super) fn operand(&mut self, expr: &Expr, later: bool) -> Expr {
        if !self.taken_apart(expr, later) {
            return expr.clone();
        }
        if let Some(future) = scan::wait_operand(expr) {
            let result = self.wait(future, expr);
            return self.path(result);
        }
        if let Expr::Binary(e) = expr
            && matches!(e.op, syn::BinOp::And(_) | syn::BinOp::Or(_))
        {
            let value = self.temporary("condition", e.span());
            self.graph.locals[value].plain = true;
            self.condition_value(expr, value);
            return self.path(value);
        }
        let mut whole = expr.clone();
        match (&mut whole, expr) {
            (Expr::Paren(_), Expr::Paren(e)) => {
                return self.operand(&e.expr, later);
            }
            (Expr::Group(_), Expr::Group(e)) => {
                return self.operand(&e.expr, later);
            }
            (Expr::Call(new), Expr::Call(e)) => {
                let path = matches!(scan::bare(&e.func), Expr::Path(_));
                let mut parts: Vec<&Expr> = e.args.iter().collect();
                if !path {
                    parts.insert(0, &e.func);
                }
                let mut values = self.list(&parts, later).into_iter();
                if !path {
                    new.func = values.next().map_or(new.func.clone(), Box::new);
                }
                new.args = values.collect();
            }
            (Expr::MethodCall(new), Expr::MethodCall(e)) => {
                self.method_call(new, e, later);
            }
            (Expr::Field(new), Expr::Field(e)) => {
                *new.base = self.base(&e.base, later);
            }
            (Expr::Index(new), Expr::Index(e)) => {
                if scan::is_place(&e.expr) {
                    *new.index = self.operand(&e.index, later);
                } else {
                    let both = self.list(&[&e.expr, &e.index], later);
                    if let [base, index] = &both[..] {
                        *new.expr = base.clone();
                        *new.index = index.clone();
                    }
                }
            }
            (Expr::Unary(new), Expr::Unary(e)) => {
                *new.expr = self.operand(&e.expr, later);
            }
            (Expr::Cast(new), Expr::Cast(e)) => {
                *new.expr = self.operand(&e.expr, later);
            }
            (Expr::Try(new), Expr::Try(e)) => {
                *new.expr = self.operand(&e.expr, later);
            }
            (Expr::Repeat(new), Expr::Repeat(e)) => {
                *new.expr = self.operand(&e.expr, later);
            }
            (Expr::Reference(new), Expr::Reference(e)) => {
                self.reference(new, e, later);
            }
            (Expr::Binary(new), Expr::Binary(e)) => {
                self.binary(new, e, later);
            }
            (
                Expr::Tuple(_)
                | Expr::Array(_)
                | Expr::Struct(_)
                | Expr::Range(_),
                _,
            ) => self.parts(&mut whole, expr, later),
            _ => return self.control_value(expr),
        }
        whole
    }

    /// Values made of several: tuples and the like.
    fn parts(&mut self, whole: &mut Expr, expr: &Expr, later: bool) {
        match (whole, expr) {
            (Expr::Tuple(new), Expr::Tuple(e)) => {
                let parts: Vec<&Expr> = e.elems.iter().collect();
                new.elems = self.list(&parts, later).into_iter().collect();
                if new.elems.len() == 1 {
                    new.elems.push_punct(Default::default());
                }
            }
            (Expr::Array(new), Expr::Array(e)) => {
                let parts: Vec<&Expr> = e.elems.iter().collect();
                new.elems = self.list(&parts, later).into_iter().collect();
            }
            (Expr::Struct(new), Expr::Struct(e)) => {
                let parts = e.fields.iter().map(|f| &f.expr);
                let parts: Vec<&Expr> =
                    parts.chain(e.rest.as_deref()).collect();
                let mut values = self.list(&parts, later).into_iter();
                for (field, value) in new.fields.iter_mut().zip(&mut values) {
                    field.colon_token.get_or_insert_default();
                    field.expr = value;
                }
                new.rest = values.next().map(Box::new);
            }
            (Expr::Range(new), Expr::Range(e)) => {
                let ends = e.start.iter().chain(&e.end).map(|e| &**e);
                let parts: Vec<&Expr> = ends.collect();
                let mut values = self.list(&parts, later).into_iter();
                for end in [&mut new.start, &mut new.end] {
                    if end.is_some() {
                        *end = values.next().map(Box::new);
                    }
                }
            }
            _ => {}
        }
    }

    fn taken_apart(&self, expr: &Expr, later: bool) -> bool {
        self.apart(expr) || later && scan::keeps_temporaries(expr)
    }

    /// Waits for the operand; gives where the result is.
    pub(super) fn wait(&mut self, future: &Expr, whole: &Expr) -> LocalId {
        let result = self.temporary("value", whole.span());
        self.wait_into(future, whole, result);
        result
    }

    pub(super) fn wait_into(
        &mut self,
        future: &Expr,
        whole: &Expr,
        result: LocalId,
    ) {
        let future = self.operand(future, true);
        let what = crate::explain::shown(whole);
        let next = self.block("Wait", what, whole.span());
        let end = End::Wait {
            future,
            result: Some(result),
            next,
        };
        self.end(end, next);
    }

    /// Branches, loops and the like, with their value in a variable.
    fn control_value(&mut self, expr: &Expr) -> Expr {
        if scan::leaves(expr) {
            self.into(expr, Dest::Ignore);
            return parse_quote!(unreachable!());
        }
        if matches!(expr, Expr::Assign(_)) {
            self.into(expr, Dest::Ignore);
            return parse_quote!(());
        }
        if !scan::has_own_scope(expr)
            && !matches!(expr, Expr::While(_) | Expr::ForLoop(_))
        {
            self.errors.push(syn::Error::new(
                expr.span(),
                "there is a wait in this, or it moves a variable in one of \
                 its branches only, but it cannot be taken apart: use a `let` \
                 before it",
            ));
            return parse_quote!(());
        }
        let value = self.temporary("value", expr.span());
        self.into(expr, Dest::Local(value));
        self.path(value)
    }

    /// Operands in the order of evaluation: one that comes before a wait is
    /// kept in a variable.
    pub(super) fn list(&mut self, parts: &[&Expr], later: bool) -> Vec<Expr> {
        let mut values = Vec::with_capacity(parts.len());
        for (index, part) in parts.iter().enumerate() {
            let rest = &parts[index + 1..];
            let before = rest.iter().any(|e| self.taken_apart(e, later));
            let value = self.operand(part, later || before);
            values.push(if before { self.keep(value) } else { value });
        }
        values
    }

    /// A variable for the value, unless evaluating it later is the same.
    pub(super) fn keep(&mut self, value: Expr) -> Expr {
        if scan::is_still(&value) {
            return value;
        }
        if let Some(local) = self.temporary_of(&value) {
            self.graph.locals[local].operand = true;
            return value;
        }
        let local = self.keep_as("operand", value);
        self.graph.locals[local].operand = true;
        self.path(local)
    }

    pub(super) fn keep_as(&mut self, wish: &str, value: Expr) -> LocalId {
        let local = self.temporary(wish, value.span());
        self.graph.locals[local].plain = self.is_plain(&value);
        self.first_value(local, value);
        local
    }

    /// `let local = value;`
    pub(super) fn first_value(&mut self, local: LocalId, value: Expr) {
        let ident = &self.graph.locals[local].ident;
        let mutable = self.graph.locals[local].mutable;
        let mutable = mutable.then(<syn::Token![mut]>::default);
        self.step(Instr::Let {
            pat: parse_quote!(#mutable #ident),
            ty: self.graph.locals[local].ty.clone(),
            init: Some(value),
            diverge: None,
            declares: vec![local],
        });
    }

    /// The variable, if it is one that only this transformation uses.
    pub(super) fn temporary_of(&self, value: &Expr) -> Option<LocalId> {
        let Expr::Path(path) = value else {
            return None;
        };
        let ident = path.path.get_ident()?;
        let local = *self.known.get(&ident.to_string())?;
        self.graph.locals[local].made.then_some(local)
    }

    /// `let mut`, also where the first value was given already.
    pub(super) fn make_mutable(&mut self, local: LocalId) {
        self.graph.locals[local].mutable = true;
        for section in &mut self.graph.blocks {
            for step in &mut section.steps {
                if let Instr::Let { pat, declares, .. } = step
                    && let syn::Pat::Ident(pat) = pat
                    && declares[..] == [local]
                {
                    pat.mutability.get_or_insert_default();
                }
            }
        }
    }

    /// The value of which a part or a method is asked for.
    fn base(&mut self, base: &Expr, later: bool) -> Expr {
        let value = self.operand(base, later);
        let kept = self.temporary_of(&value).is_some();
        if !later && kept {
            // In a block of its own it is moved, and what the rest of the
            // expression does not take ends with the statement.
            return parse_quote!({ #value });
        }
        if later && !kept && scan::is_temporary(base) {
            let local = self.keep_as("whole", value);
            self.graph.locals[local].lent = true;
            return self.path(local);
        }
        value
    }

    fn method_call(
        &mut self,
        new: &mut syn::ExprMethodCall,
        e: &syn::ExprMethodCall,
        later: bool,
    ) {
        let before = e.args.iter().any(|arg| self.taken_apart(arg, later));
        if scan::is_place(&e.receiver) {
            // A place is looked at when the method is called.
        } else if !before && !later {
            *new.receiver = self.base(&e.receiver, false);
        } else if !before && scan::consumes_temporary(&e.method) {
            *new.receiver = self.operand(&e.receiver, later);
        } else if scan::is_still(&e.receiver) {
            // A constant, too.
        } else {
            let receiver = self.operand(&e.receiver, true);
            let local = match self.temporary_of(&receiver) {
                Some(local) => local,
                None => self.keep_as("receiver", receiver),
            };
            // The method may change it.
            self.make_mutable(local);
            self.graph.locals[local].operand =
                scan::consumes_temporary(&e.method);
            self.graph.locals[local].lent =
                !scan::consumes_temporary(&e.method);
            let kept = self.path(local);
            // A receiver that is moved here would end with the expression,
            // before temporary values that came later than it.
            let held = !scan::consumes_temporary(&e.method)
                && e.args.iter().any(scan::keeps_temporaries);
            *new.receiver = if later || held {
                kept
            } else {
                parse_quote!({ #kept })
            };
        }
        let parts: Vec<&Expr> = e.args.iter().collect();
        new.args = self.list(&parts, later).into_iter().collect();
    }

    fn reference(
        &mut self,
        new: &mut ExprReference,
        e: &ExprReference,
        later: bool,
    ) {
        let inner = self.operand(&e.expr, later);
        *new.expr = if scan::is_temporary(&e.expr) && !scan::is_place(&inner) {
            let local = self.keep_as("temporary", inner);
            self.path(local)
        } else {
            inner
        };
        if let Some(local) = self.temporary_of(&new.expr) {
            self.graph.locals[local].lent = true;
            if new.mutability.is_some() {
                self.make_mutable(local);
            }
        }
    }

    /// `left op right`, but for `&&` and `||`.
    fn binary(
        &mut self,
        new: &mut syn::ExprBinary,
        e: &syn::ExprBinary,
        later: bool,
    ) {
        use syn::BinOp::*;
        match e.op {
            AddAssign(_) | SubAssign(_) | MulAssign(_) | DivAssign(_)
            | RemAssign(_) | BitXorAssign(_) | BitAndAssign(_)
            | BitOrAssign(_) | ShlAssign(_) | ShrAssign(_) => {
                if self.apart(&e.left) {
                    self.errors.push(syn::Error::new(
                        e.left.span(),
                        "a wait in the place that is assigned to: wait in a \
                         `let` before it",
                    ));
                }
                *new.right = self.operand(&e.right, later);
            }
            Eq(_) | Ne(_) | Lt(_) | Le(_) | Gt(_) | Ge(_) => {
                // Both sides are only looked at.
                let before = self.taken_apart(&e.right, later);
                let left = self.operand(&e.left, later || before);
                let wait = before && !scan::is_place(&left);
                *new.left = if wait { self.keep(left) } else { left };
                *new.right = self.operand(&e.right, later);
            }
            _ => {
                let both = self.list(&[&e.left, &e.right], later);
                if let [left, right] = &both[..] {
                    *new.left = left.clone();
                    *new.right = right.clone();
                }
            }
        }
    }
}
