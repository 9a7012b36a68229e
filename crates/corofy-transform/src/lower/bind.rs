//! Variables: `let`, and what is known of them.

use proc_macro2::Span;
use syn::{Block, Expr, Pat, Type, parse_quote};

use super::{Dest, Lower};
use crate::ir::{Instr, LocalId};
use crate::names::bindings;
use crate::scan;

impl Lower<'_> {
    /// The variables of a pattern, in the innermost scope. What the source
    /// leaves unnamed comes first: it is dropped last.
    pub(super) fn declare(
        &mut self,
        pat: &Pat,
        ty: Option<&Type>,
    ) -> Vec<LocalId> {
        let whole = matches!(pat, Pat::Ident(_));
        let (rest, named): (Vec<_>, Vec<_>) = bindings(pat)
            .into_iter()
            .partition(|b| self.is_rest(&b.ident));
        rest.into_iter()
            .chain(named)
            .map(|binding| {
                let local = self.local(
                    binding.ident.clone(),
                    binding.mutability.is_some(),
                    ty.filter(|_| whole),
                );
                self.graph.locals[local].plain |= binding.by_ref.is_some();
                local
            })
            .collect()
    }

    pub(super) fn is_rest(&self, ident: &syn::Ident) -> bool {
        self.rests.contains(&ident.to_string())
    }

    /// Within a pattern, Rust drops the later variable first. Where the parts
    /// without a name got one, the others are bound once more.
    pub(super) fn rebind(&mut self, declares: &[LocalId]) {
        let is_rest = |lower: &Self, &local: &LocalId| {
            lower.is_rest(&lower.graph.locals[local].ident)
        };
        let rests = declares.iter().filter(|l| is_rest(self, l)).count();
        if rests == 0 || rests == declares.len() {
            return;
        }
        for local in &declares[rests..] {
            let value = self.path(*local);
            self.first_value(*local, value);
        }
    }

    /// `let pat: ty = init else { diverge };`
    pub(super) fn bind(
        &mut self,
        pat: &Pat,
        ty: Option<&Type>,
        init: Option<Expr>,
        diverge: Option<&Block>,
    ) {
        let declares = self.declare(pat, ty);
        self.know(&declares, pat, init.as_ref());
        self.step(Instr::Let {
            pat: pat.clone(),
            ty: ty.cloned(),
            init,
            diverge: diverge.cloned().map(Box::new),
            declares: declares.clone(),
        });
        self.rebind(&declares);
    }

    /// What the first value says of the variables.
    pub(super) fn know(
        &mut self,
        declares: &[LocalId],
        pat: &Pat,
        init: Option<&Expr>,
    ) {
        let Some(init) = init else { return };
        if let (Pat::Ident(_), &[local]) = (pat, declares) {
            self.graph.locals[local].looks = crate::types::of_literal(init);
        }
        let borrowed = self.borrowed(init);
        let whole = matches!(pat, Pat::Ident(_));
        let plain = whole && self.is_plain(init);
        for &local in declares {
            let local = &mut self.graph.locals[local];
            local.plain |= plain && local.ty.is_none();
            local.borrows = local.borrows.take().or_else(|| borrowed.clone());
        }
    }

    /// The variable to which the expression is a reference for certain.
    pub(super) fn borrowed(&self, expr: &Expr) -> Option<(syn::Ident, Span)> {
        let Expr::Reference(reference) = scan::bare(expr) else {
            return None;
        };
        let mut place = scan::bare(&reference.expr);
        let mut whole = true;
        while let Expr::Field(syn::ExprField { base, .. })
        | Expr::Index(syn::ExprIndex { expr: base, .. }) = place
        {
            place = scan::bare(base);
            whole = false;
        }
        let Expr::Path(path) = place else { return None };
        let ident = path.path.get_ident()?;
        let local = &self.graph.locals[*self.known.get(&ident.to_string())?];
        // Part of what? If it is behind a reference, it lies elsewhere.
        let owned = match &local.ty {
            Some(Type::Reference(_)) => whole,
            Some(_) => true,
            None => whole,
        };
        owned.then(|| (ident.clone(), reference.and_token.span))
    }

    pub(super) fn let_statement(&mut self, local: &syn::Local) {
        let (pat, ty) = match &local.pat {
            Pat::Type(typed) => (&*typed.pat, Some(&*typed.ty)),
            pat => (pat, None),
        };
        let Some(init) = &local.init else {
            return self.bind(pat, ty, None, None);
        };
        let diverge = init.diverge.as_ref().map(|(_, block)| &**block);
        let apart = self.apart(&init.expr);
        let jumps = diverge.is_some_and(|block| self.apart(block));
        if jumps {
            return self.let_else(pat, &init.expr, diverge);
        }
        let else_block = diverge.and_then(as_block);
        if !apart {
            let value = match self.extended(pat, &init.expr) {
                Some(value) => value,
                None => (*init.expr).clone(),
            };
            return self.bind(pat, ty, Some(value), else_block);
        }
        if let (Pat::Ident(ident), None) = (pat, diverge)
            && ident.by_ref.is_none()
            && crate::names::is_binding(ident)
        {
            let declared = self.declare(pat, ty);
            let Some(&id) = declared.first() else { return };
            self.know(&declared, pat, Some(&init.expr));
            self.open();
            self.into(&init.expr, Dest::Local(id));
            return self.close_let(&init.expr);
        }
        let depth = self.scopes.len();
        self.open();
        let mut value = self.operand(&init.expr, false);
        if self.temporary_of(&value).is_some() {
            // What the pattern leaves of it ends with the `let`.
            value = parse_quote!(({ #value }));
            if let (Expr::Paren(block), None) = (&value, diverge) {
                value = (*block.expr).clone();
            }
        }
        let temporaries = self.scopes.split_off(depth);
        self.bind(pat, ty, Some(value), else_block);
        self.scopes.extend(temporaries);
        self.close_let(&init.expr);
    }

    /// `let x = &make();`: the temporary value lives as long as `x`, and may be
    /// borrowed as long, if the machine is pinned.
    fn extended(&mut self, pat: &Pat, init: &Expr) -> Option<Expr> {
        let Expr::Reference(reference) = scan::bare(init) else {
            return None;
        };
        let whole = crate::uses::is_name(pat)
            && !matches!(
                scan::bare(&reference.expr),
                Expr::Field(_) | Expr::Index(_)
            );
        if !self.pinned || !whole || !scan::is_temporary(&reference.expr) {
            return None;
        }
        let local = self.keep_as("temporary", (*reference.expr).clone());
        self.graph.locals[local].lent = true;
        if reference.mutability.is_some() {
            self.make_mutable(local);
        }
        let mut reference = reference.clone();
        *reference.expr = self.path(local);
        Some(Expr::Reference(reference))
    }

    /// The temporary values of a `let` end with it, unless it is `let x = &…`.
    fn close_let(&mut self, init: &Expr) {
        if matches!(scan::bare(init), Expr::Reference(_)) {
            let kept = self.scopes.pop().unwrap_or_default();
            if let Some(scope) = self.scopes.last_mut() {
                scope.extend(kept);
            }
        } else {
            self.close();
        }
    }
}

fn as_block(expr: &Expr) -> Option<&Block> {
    match expr {
        Expr::Block(block) => Some(&block.block),
        _ => None,
    }
}
