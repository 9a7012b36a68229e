//! Numbers for the expressions that decide whether something happens, so that
//! they can be found again in a copy. An attribute holds the number while the
//! function is worked on.

use syn::spanned::Spanned as _;
use syn::visit_mut::{self, VisitMut};
use syn::{Attribute, Expr, parse_quote_spanned};

const NAME: &str = "corofy_mark";

/// Marks all branches and loops.
pub(crate) fn put(body: &mut syn::Block) {
    struct Put(usize);
    impl VisitMut for Put {
        fn visit_expr_mut(&mut self, expr: &mut Expr) {
            self.0 += 1;
            let number = self.0;
            // The expression's place is still where it begins.
            let span = expr.span();
            if let Some(attributes) = attributes(expr) {
                attributes.push(
                    parse_quote_spanned!(span=> #[corofy_mark = #number]),
                );
            }
            visit_mut::visit_expr_mut(self, expr);
        }
        fn visit_item_mut(&mut self, _: &mut syn::Item) {}
    }
    Put(0).visit_block_mut(body);
}

/// The mark of an expression.
pub(crate) fn of(expr: &Expr) -> Option<usize> {
    let attributes = match expr {
        Expr::Binary(e) => &e.attrs,
        Expr::Block(e) => &e.attrs,
        Expr::ForLoop(e) => &e.attrs,
        Expr::If(e) => &e.attrs,
        Expr::Let(e) => &e.attrs,
        Expr::Loop(e) => &e.attrs,
        Expr::Match(e) => &e.attrs,
        Expr::While(e) => &e.attrs,
        _ => return None,
    };
    attributes
        .iter()
        .find_map(|attribute| match &attribute.meta {
            syn::Meta::NameValue(mark) if mark.path.is_ident(NAME) => {
                match &mark.value {
                    Expr::Lit(syn::ExprLit {
                        lit: syn::Lit::Int(number),
                        ..
                    }) => number.base10_parse().ok(),
                    _ => None,
                }
            }
            _ => None,
        })
}

fn attributes(expr: &mut Expr) -> Option<&mut Vec<Attribute>> {
    Some(match expr {
        Expr::Binary(e) => &mut e.attrs,
        Expr::Block(e) => &mut e.attrs,
        Expr::ForLoop(e) => &mut e.attrs,
        Expr::If(e) => &mut e.attrs,
        Expr::Let(e) => &mut e.attrs,
        Expr::Loop(e) => &mut e.attrs,
        Expr::Match(e) => &mut e.attrs,
        Expr::While(e) => &mut e.attrs,
        _ => return None,
    })
}

/// Takes the marks away again.
pub(crate) struct Unmark;

impl VisitMut for Unmark {
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        if let Some(attributes) = attributes(expr) {
            attributes.retain(|attribute| !attribute.path().is_ident(NAME));
        }
        visit_mut::visit_expr_mut(self, expr);
    }
}
