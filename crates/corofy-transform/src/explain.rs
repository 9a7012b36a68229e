//! Source code in a few words, for comments and messages.

use quote::ToTokens as _;
use syn::Expr;
use syn::visit_mut::VisitMut as _;

/// The expression on one line, shortened.
pub(crate) fn shown(expr: &Expr) -> String {
    const MOST: usize = 48;
    let mut expr = expr.clone();
    crate::marks::Unmark.visit_expr_mut(&mut expr);
    let text = expr.to_token_stream().to_string();
    let mut tight = String::new();
    for word in text.split_whitespace() {
        let joins = word
            .starts_with(['.', ',', ';', ')', '(', '?', ':', ']', '!'])
            || tight.ends_with(['(', '.', ':', '&', '[', '!'])
            || tight.is_empty();
        if !joins {
            tight.push(' ');
        }
        tight.push_str(word);
    }
    if tight.chars().count() > MOST {
        let start: String = tight.chars().take(MOST / 2).collect();
        let skip = tight.chars().count() - MOST / 2;
        let rest: String = tight.chars().skip(skip).collect();
        return format!("{start}…{rest}");
    }
    tight
}
