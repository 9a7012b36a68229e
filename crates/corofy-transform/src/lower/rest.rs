//! Parts that a pattern leaves behind: `_`.

use syn::spanned::Spanned as _;
use syn::visit_mut::{self, VisitMut};
use syn::{Expr, Pat, parse_quote};

use std::collections::HashSet;

use crate::names::Names;
use crate::scan::{self, Takes};

/// Gives each `_` of a pattern that moves parts a name: the part is then kept
/// as long as the others, and not with the whole.
pub(super) fn name_rest(
    pat: &Pat,
    names: &mut Names,
    rests: &mut HashSet<String>,
) -> Pat {
    let mut pat = pat.clone();
    if scan::takes(&pat) == Takes::Parts {
        Rest(names, rests).visit_pat_mut(&mut pat);
    }
    pat
}

pub(super) fn name_rest_of_item(
    pat: &Pat,
    names: &mut Names,
    rests: &mut HashSet<String>,
) -> Pat {
    let mut pat = pat.clone();
    Rest(names, rests).visit_pat_mut(&mut pat);
    pat
}

struct Rest<'n>(&'n mut Names, &'n mut HashSet<String>);

impl VisitMut for Rest<'_> {
    fn visit_pat_mut(&mut self, pat: &mut Pat) {
        if let Pat::Wild(wild) = pat {
            let name = self.0.fresh("_rest", wild.span());
            self.1.insert(name.to_string());
            *pat = parse_quote!(#name);
        }
        visit_mut::visit_pat_mut(self, pat);
    }
    fn visit_expr_mut(&mut self, _: &mut Expr) {}
}
