//! Gives each local of the body a name of its own. Rust lets a later variable
//! shadow an earlier one; both may have to be kept across a wait, in the same
//! variant.

use std::collections::HashSet;

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use syn::visit::Visit;
use syn::visit_mut::{self, VisitMut};

/// All the words that a function uses, so that new names differ from them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names(HashSet<String>);

impl Names {
    pub fn of(tokens: TokenStream) -> Self {
        let mut names = Names::default();
        names.collect(tokens);
        names
    }

    fn collect(&mut self, tokens: TokenStream) {
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => {
                    let name = ident.to_string();
                    // Without `r#` it is a word that is no name.
                    self.0.extend(name.strip_prefix("r#").map(str::to_owned));
                    self.0.insert(name);
                }
                TokenTree::Group(group) => self.collect(group.stream()),
                // `"{name}"` names a variable, too.
                TokenTree::Literal(literal) => {
                    let text = literal.to_string();
                    let words = text
                        .split(|c: char| !c.is_alphanumeric() && c != '_')
                        .map(str::to_owned);
                    self.0.extend(words);
                }
                TokenTree::Punct(_) => {}
            }
        }
    }

    /// A name that nothing else has: the wish, or the wish with a number.
    pub fn fresh(&mut self, wish: &str, span: Span) -> Ident {
        self.numbered(wish, "_", span)
    }

    /// The same for a type.
    pub fn fresh_type(&mut self, wish: &str, span: Span) -> Ident {
        self.numbered(wish, "", span)
    }

    fn numbered(&mut self, wish: &str, joint: &str, span: Span) -> Ident {
        let mut name = wish.to_owned();
        let mut number = 1;
        while !self.0.insert(name.clone()) {
            number += 1;
            name = format!("{wish}{joint}{number}");
        }
        Ident::new(&name, span)
    }
}

/// Whether a word in a pattern is a variable. `None` and `LIMIT` are values.
pub(crate) fn is_binding(pat: &syn::PatIdent) -> bool {
    let plain = pat.by_ref.is_none()
        && pat.mutability.is_none()
        && pat.subpat.is_none();
    let name = pat.ident.to_string();
    !(plain && name.starts_with(|c: char| c.is_uppercase()))
}

/// The name at another place.
fn renamed(name: &Ident, span: Span) -> Ident {
    let mut name = name.clone();
    name.set_span(span);
    name
}

/// The variables that a pattern makes, in order.
pub(crate) fn bindings(pat: &syn::Pat) -> Vec<syn::PatIdent> {
    struct Found(Vec<syn::PatIdent>);
    impl<'s> Visit<'s> for Found {
        fn visit_pat_ident(&mut self, pat: &'s syn::PatIdent) {
            // The alternatives of an or-pattern make the same variables.
            if is_binding(pat) && !self.0.iter().any(|p| p.ident == pat.ident) {
                self.0.push(pat.clone());
            }
            syn::visit::visit_pat_ident(self, pat);
        }
        fn visit_expr(&mut self, _: &'s syn::Expr) {}
    }
    let mut found = Found(Vec::new());
    found.visit_pat(pat);
    found.0
}

/// Renames what shadows, scope by scope.
pub(crate) struct Unique<'n> {
    names: &'n mut Names,
    taken: HashSet<String>,
    /// From the outermost scope to the innermost: what the source calls it,
    /// and what it is called now.
    scopes: Vec<Vec<(String, Ident)>>,
}

impl<'n> Unique<'n> {
    pub fn new(names: &'n mut Names) -> Self {
        Unique {
            names,
            taken: HashSet::new(),
            scopes: vec![Vec::new()],
        }
    }

    fn now(&self, ident: &Ident) -> Option<Ident> {
        let name = ident.to_string();
        let mut known = self.scopes.iter().rev().flat_map(|s| s.iter().rev());
        let (_, now) = known.find(|(source, _)| *source == name)?;
        (*now != name).then(|| renamed(now, ident.span()))
    }

    /// Makes the variables of a pattern known from here on.
    pub fn declare(&mut self, pat: &mut syn::Pat) {
        let mut made = Vec::new();
        for binding in bindings(pat) {
            let name = binding.ident.to_string();
            let now = if self.taken.insert(name.clone()) {
                binding.ident.clone()
            } else {
                let fresh = self
                    .names
                    .fresh(name.trim_start_matches("r#"), binding.ident.span());
                self.taken.insert(fresh.to_string());
                fresh
            };
            made.push((name, now));
        }
        // Constants and lengths in the pattern see what was before.
        self.visit_pat_mut(pat);
        if let Some(scope) = self.scopes.last_mut() {
            scope.extend(made.iter().cloned());
        }
        Rebind(&made).visit_pat_mut(pat);
    }

    fn scoped(&mut self, inside: impl FnOnce(&mut Self)) {
        self.scopes.push(Vec::new());
        inside(self);
        self.scopes.pop();
    }

    /// Words of a macro call: those that are variables, by all appearances.
    fn words(
        &self,
        tokens: TokenStream,
        added: &mut Vec<Ident>,
    ) -> TokenStream {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let punct = |at: Option<usize>| match at.and_then(|at| tokens.get(at)) {
            Some(TokenTree::Punct(punct)) => Some(punct.as_char()),
            _ => None,
        };
        let mut out = Vec::with_capacity(tokens.len());
        for (index, token) in tokens.iter().enumerate() {
            let before = punct(index.checked_sub(1));
            let two_before = punct(index.checked_sub(2));
            let after = punct(Some(index + 1));
            out.push(match token {
                TokenTree::Ident(ident) => {
                    let field = before == Some('.') && two_before != Some('.');
                    let named = after == Some('=')
                        && punct(Some(index + 2)) != Some('=');
                    let label = before == Some('\'');
                    let path = after == Some(':') || before == Some(':');
                    if field || named || path || label {
                        token.clone()
                    } else {
                        TokenTree::Ident(
                            self.now(ident).unwrap_or_else(|| ident.clone()),
                        )
                    }
                }
                TokenTree::Group(group) => {
                    let inner = self.words(group.stream(), added);
                    let mut new = Group::new(group.delimiter(), inner);
                    new.set_span(group.span());
                    TokenTree::Group(new)
                }
                TokenTree::Literal(literal) => {
                    captured(&literal.to_string(), literal.span(), added);
                    token.clone()
                }
                TokenTree::Punct(_) => token.clone(),
            });
        }
        out.into_iter().collect()
    }
}

/// The variables that a format string names between braces.
pub(crate) fn captured(text: &str, span: Span, into: &mut Vec<Ident>) {
    if !text.starts_with(['"', 'r']) {
        return;
    }
    for part in text.replace("{{", "").split('{').skip(1) {
        let name: String = part
            .chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect();
        let first = name.chars().next();
        if first.is_some_and(|c| c.is_alphabetic() || c == '_')
            && let Ok(ident) = syn::parse_str::<Ident>(&name)
        {
            into.push(Ident::new(&ident.to_string(), span));
        }
    }
}

/// Gives the variables of a pattern their new names.
struct Rebind<'m>(&'m [(String, Ident)]);

impl VisitMut for Rebind<'_> {
    fn visit_pat_ident_mut(&mut self, pat: &mut syn::PatIdent) {
        if is_binding(pat) {
            let name = pat.ident.to_string();
            if let Some((_, now)) = self.0.iter().find(|(was, _)| *was == name)
            {
                pat.ident = renamed(now, pat.ident.span());
            }
        }
        visit_mut::visit_pat_ident_mut(self, pat);
    }
    fn visit_field_pat_mut(&mut self, field: &mut syn::FieldPat) {
        // `S { name }` is `S { name: name }`.
        let renamed = match (&field.colon_token, &*field.pat) {
            (None, syn::Pat::Ident(pat)) => self
                .0
                .iter()
                .any(|(was, now)| pat.ident == was && *now != *was),
            _ => false,
        };
        if renamed {
            field.colon_token = Some(Default::default());
        }
        visit_mut::visit_field_pat_mut(self, field);
    }
    fn visit_expr_mut(&mut self, _: &mut syn::Expr) {}
}

impl VisitMut for Unique<'_> {
    fn visit_expr_path_mut(&mut self, path: &mut syn::ExprPath) {
        if path.qself.is_none()
            && let Some(ident) = path.path.get_ident()
            && let Some(now) = self.now(ident)
        {
            path.path = now.into();
        }
    }

    fn visit_field_value_mut(&mut self, field: &mut syn::FieldValue) {
        if field.colon_token.is_none()
            && let syn::Expr::Path(path) = &field.expr
            && path.path.get_ident().is_some_and(|i| self.now(i).is_some())
        {
            field.colon_token = Some(Default::default());
        }
        visit_mut::visit_field_value_mut(self, field);
    }

    fn visit_macro_mut(&mut self, call: &mut syn::Macro) {
        let mut named = Vec::new();
        let tokens = self.words(call.tokens.clone(), &mut named);
        call.tokens = tokens;
        let mut seen = HashSet::new();
        for ident in named {
            if let Some(now) = self.now(&ident)
                && seen.insert(ident.to_string())
            {
                let comma = (!ends_in_comma(&call.tokens))
                    .then(<syn::Token![,]>::default);
                call.tokens.extend(quote::quote!(#comma #ident = #now));
            }
        }
    }

    fn visit_block_mut(&mut self, block: &mut syn::Block) {
        self.scoped(|this| visit_mut::visit_block_mut(this, block));
    }

    fn visit_local_mut(&mut self, local: &mut syn::Local) {
        if let Some(init) = &mut local.init {
            self.visit_local_init_mut(init);
        }
        self.declare(&mut local.pat);
    }

    fn visit_expr_closure_mut(&mut self, closure: &mut syn::ExprClosure) {
        self.scoped(|this| {
            for input in &mut closure.inputs {
                this.declare(input);
            }
            this.visit_expr_mut(&mut closure.body);
        });
    }

    fn visit_expr_let_mut(&mut self, condition: &mut syn::ExprLet) {
        self.visit_expr_mut(&mut condition.expr);
        self.declare(&mut condition.pat);
    }

    fn visit_expr_if_mut(&mut self, branch: &mut syn::ExprIf) {
        self.scoped(|this| {
            this.visit_expr_mut(&mut branch.cond);
            this.visit_block_mut(&mut branch.then_branch);
        });
        if let Some((_, other)) = &mut branch.else_branch {
            self.visit_expr_mut(other);
        }
    }

    fn visit_expr_while_mut(&mut self, repeat: &mut syn::ExprWhile) {
        self.scoped(|this| {
            this.visit_expr_mut(&mut repeat.cond);
            this.visit_block_mut(&mut repeat.body);
        });
    }

    fn visit_expr_for_loop_mut(&mut self, repeat: &mut syn::ExprForLoop) {
        self.visit_expr_mut(&mut repeat.expr);
        self.scoped(|this| {
            this.declare(&mut repeat.pat);
            this.visit_block_mut(&mut repeat.body);
        });
    }

    fn visit_arm_mut(&mut self, arm: &mut syn::Arm) {
        self.scoped(|this| {
            this.declare(&mut arm.pat);
            if let Some((_, guard)) = &mut arm.guard {
                this.visit_expr_mut(guard);
            }
            this.visit_expr_mut(&mut arm.body);
        });
    }

    // An item sees no variables.
    fn visit_item_mut(&mut self, _: &mut syn::Item) {}
}

fn ends_in_comma(tokens: &TokenStream) -> bool {
    match tokens.clone().into_iter().last() {
        Some(TokenTree::Punct(punct)) => punct.as_char() == ',',
        last => last.is_none(),
    }
}
