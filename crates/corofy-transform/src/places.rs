//! Variables that live in a slot: `text` is `*text_slot.at()` where it is
//! looked at or borrowed, and `text_slot.take()` where it is used by value.
//!
//! What is by value is what [`crate::uses`] is sure of. Anywhere else the
//! place stands, and the compiler refuses to move out of it (E0507).

use std::collections::BTreeMap;

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens as _, quote, quote_spanned};
use syn::parse::Parser as _;
use syn::punctuated::Punctuated;
use syn::{Expr, Stmt, Token, parse_quote, parse_quote_spanned};

use crate::scan::{Takes, bare, takes};
use crate::uses::{is_name, only_looks};

/// A slot as the arms see it.
#[derive(Clone, Debug)]
pub(crate) struct Slot {
    /// The variable.
    pub ident: Ident,
    /// The handle.
    pub handle: Ident,
    /// The pointer to its place.
    pub place: TokenStream,
}

/// The slots by the names of their variables.
pub(crate) type Slots = BTreeMap<String, Slot>;

/// The expression with all variables in slots replaced; `value` says that a
/// variable that stands there alone is used by value.
/// Gives whether there was one.
pub(crate) fn rewrite(expr: &mut Expr, value: bool, slots: &Slots) -> bool {
    if slots.is_empty() {
        return false;
    }
    let mut places = Places::of(slots);
    places.expr(expr, value);
    places.any
}

/// The same for a block that may not be run.
pub(crate) fn rewrite_block(block: &mut syn::Block, slots: &Slots) -> bool {
    if slots.is_empty() {
        return false;
    }
    let mut places = Places::of(slots);
    places.block(block);
    places.any
}

struct Places<'p> {
    slots: &'p Slots,
    /// Inside a closure that borrows: it may run more than once.
    by_ref: bool,
    any: bool,
}

impl<'p> Places<'p> {
    fn of(slots: &'p Slots) -> Self {
        Places {
            slots,
            by_ref: false,
            any: false,
        }
    }

    fn slot(&self, expr: &Expr) -> Option<(&'p Slot, Span)> {
        let Expr::Path(path) = expr else { return None };
        let ident = path.path.get_ident()?;
        let slot = self.slots.get(&ident.to_string())?;
        Some((slot, ident.span()))
    }

    fn values<'e>(&mut self, list: impl IntoIterator<Item = &'e mut Expr>) {
        for expr in list {
            self.expr(expr, true);
        }
    }

    /// A variable by itself is a place here, whatever else is by value.
    fn unsure(&mut self, expr: &mut Expr, value: bool) {
        let path = matches!(bare(expr), Expr::Path(_));
        self.expr(expr, value && !path);
    }

    fn expr(&mut self, expr: &mut Expr, value: bool) {
        if let Some((Slot { handle, .. }, span)) = self.slot(expr) {
            *expr = if value && !self.by_ref {
                parse_quote_spanned!(span=> #handle.take())
            } else {
                parse_quote_spanned!(span=> (*#handle.at()))
            };
            self.any = true;
            return;
        }
        match expr {
            Expr::Paren(e) => self.expr(&mut e.expr, value),
            Expr::Group(e) => self.expr(&mut e.expr, value),
            Expr::Field(e) => self.expr(&mut e.base, false),
            Expr::Index(e) => {
                self.expr(&mut e.expr, false);
                self.expr(&mut e.index, true);
            }
            Expr::Unary(e) => {
                let deref = matches!(e.op, syn::UnOp::Deref(_));
                self.expr(&mut e.expr, !deref);
            }
            Expr::Reference(e) => self.expr(&mut e.expr, false),
            Expr::RawAddr(e) => self.expr(&mut e.expr, false),
            Expr::Cast(e) => self.expr(&mut e.expr, false),
            Expr::Binary(e) => self.binary(e),
            Expr::Assign(_) => self.assign(expr),
            Expr::Call(e) => {
                self.expr(&mut e.func, false);
                self.values(&mut e.args);
            }
            Expr::MethodCall(e) => {
                let value = crate::scan::consumes(&e.method);
                self.unsure(&mut e.receiver, value);
                self.values(&mut e.args);
            }
            Expr::Macro(e) => self.macro_call(&mut e.mac),
            Expr::Tuple(e) => self.values(&mut e.elems),
            Expr::Array(e) => self.values(&mut e.elems),
            Expr::Repeat(e) => self.expr(&mut e.expr, true),
            Expr::Range(e) => {
                let ends = e.start.iter_mut().chain(&mut e.end);
                self.values(ends.map(|end| &mut **end));
            }
            Expr::Struct(e) => {
                for field in &mut e.fields {
                    field.colon_token.get_or_insert_default();
                    self.expr(&mut field.expr, true);
                }
                if let Some(rest) = &mut e.rest {
                    self.expr(rest, false);
                }
            }
            Expr::Return(e) => self.values(e.expr.as_deref_mut()),
            Expr::Break(e) => self.values(e.expr.as_deref_mut()),
            Expr::Try(e) => self.expr(&mut e.expr, true),
            Expr::Await(e) => self.expr(&mut e.base, true),
            Expr::Let(e) => self.unsure(&mut e.expr, true),
            _ => self.control(expr),
        }
    }

    fn binary(&mut self, e: &mut syn::ExprBinary) {
        use syn::BinOp::*;
        let (left, right) = match e.op {
            Eq(_) | Ne(_) | Lt(_) | Le(_) | Gt(_) | Ge(_) => (false, false),
            And(_) | Or(_) | Add(_) | Sub(_) | Mul(_) | Div(_) | Rem(_)
            | BitXor(_) | BitAnd(_) | BitOr(_) | Shl(_) | Shr(_) => {
                (true, true)
            }
            _ => (false, true),
        };
        self.expr(&mut e.left, left);
        self.expr(&mut e.right, right);
    }

    /// The value is computed before the old one is dropped.
    fn assign(&mut self, expr: &mut Expr) {
        let Expr::Assign(e) = expr else { return };
        self.expr(&mut e.right, true);
        match self.slot(bare(&e.left)) {
            Some((Slot { handle, place, .. }, span)) => {
                let value = &e.right;
                self.any = true;
                *expr = parse_quote_spanned! {span=>
                    #handle.set(#place, #value)
                };
            }
            None => self.assignee(&mut e.left),
        }
    }

    /// `(a, b) = …`
    fn assignee(&mut self, left: &mut Expr) {
        match left {
            Expr::Paren(e) => self.assignee(&mut e.expr),
            Expr::Tuple(e) => {
                e.elems.iter_mut().for_each(|e| self.assignee(e));
            }
            Expr::Array(e) => {
                e.elems.iter_mut().for_each(|e| self.assignee(e));
            }
            Expr::Struct(e) => {
                for field in &mut e.fields {
                    field.colon_token.get_or_insert_default();
                    self.assignee(&mut field.expr);
                }
            }
            Expr::Call(e) => {
                e.args.iter_mut().for_each(|e| self.assignee(e));
            }
            place => self.expr(place, false),
        }
    }

    fn control(&mut self, expr: &mut Expr) {
        match expr {
            Expr::Block(e) => self.block(&mut e.block),
            Expr::Unsafe(e) => self.block(&mut e.block),
            Expr::If(e) => {
                self.expr(&mut e.cond, true);
                self.block(&mut e.then_branch);
                if let Some((_, other)) = &mut e.else_branch {
                    self.expr(other, true);
                }
            }
            Expr::Match(e) => {
                self.unsure(&mut e.expr, true);
                for arm in &mut e.arms {
                    if let Some((_, guard)) = &mut arm.guard {
                        self.expr(guard, true);
                    }
                    self.expr(&mut arm.body, true);
                }
            }
            Expr::Loop(e) => self.block(&mut e.body),
            Expr::While(e) => {
                self.expr(&mut e.cond, true);
                self.block(&mut e.body);
            }
            Expr::ForLoop(e) => {
                self.expr(&mut e.expr, true);
                self.block(&mut e.body);
            }
            Expr::Closure(e) if e.capture.is_none() => {
                self.by_ref(|places| places.expr(&mut e.body, true));
            }
            Expr::Async(e) if e.capture.is_none() => {
                self.by_ref(|places| places.block(&mut e.block));
            }
            Expr::Closure(_) | Expr::Async(_) => self.captured(expr),
            _ => {}
        }
    }

    fn by_ref(&mut self, inside: impl FnOnce(&mut Self)) {
        let outer = std::mem::replace(&mut self.by_ref, true);
        inside(self);
        self.by_ref = outer;
    }

    /// A `move` closure takes the values, and not the handles: it may be gone
    /// to another thread when the machine is dropped.
    fn captured(&mut self, expr: &mut Expr) {
        let mut words = Vec::new();
        mentioned(expr.to_token_stream(), &mut words);
        let mut lets = Vec::new();
        for (text, slot) in self.slots {
            if words.contains(text) {
                let name = &slot.ident;
                let handle = &slot.handle;
                lets.push(quote!(let mut #name = #handle.take();));
            }
        }
        if !lets.is_empty() {
            self.any = true;
            *expr = parse_quote!({ #(#lets)* #expr });
        }
    }

    fn block(&mut self, block: &mut syn::Block) {
        for stmt in &mut block.stmts {
            match stmt {
                Stmt::Local(local) => {
                    let looks = takes(&local.pat) == Takes::Nothing;
                    let Some(init) = &mut local.init else {
                        continue;
                    };
                    if is_name(&local.pat) {
                        self.expr(&mut init.expr, !looks);
                    } else {
                        self.unsure(&mut init.expr, !looks);
                    }
                    if let Some((_, diverge)) = &mut init.diverge {
                        self.expr(diverge, true);
                    }
                }
                Stmt::Expr(expr, _) => self.expr(expr, true),
                Stmt::Macro(call) => self.macro_call(&mut call.mac),
                Stmt::Item(_) => {}
            }
        }
    }

    fn macro_call(&mut self, call: &mut syn::Macro) {
        let name = call.path.segments.last().map(|s| s.ident.to_string());
        let looks = name.is_some_and(|name| only_looks(&name));
        let list = Punctuated::<Expr, Token![,]>::parse_terminated;
        let Ok(mut arguments) = list.parse2(call.tokens.clone()) else {
            call.tokens = self.words(call.tokens.clone());
            return;
        };
        let mut named = Vec::new();
        for argument in &mut arguments {
            match argument {
                Expr::Assign(assign) if looks => {
                    named.extend(bare_name(&assign.left));
                    self.unsure(&mut assign.right, true);
                }
                other => self.unsure(other, true),
            }
        }
        if looks {
            self.format(&call.tokens, &named, &mut arguments);
        }
        call.tokens = arguments.to_token_stream();
    }

    /// What `"{name}"` names becomes an argument of that name.
    fn format(
        &mut self,
        tokens: &TokenStream,
        named: &[String],
        arguments: &mut Punctuated<Expr, Token![,]>,
    ) {
        let mut captured = Vec::new();
        for token in tokens.clone() {
            if let TokenTree::Literal(literal) = token {
                crate::names::captured(
                    &literal.to_string(),
                    literal.span(),
                    &mut captured,
                );
            }
        }
        captured.sort();
        captured.dedup();
        for name in captured {
            let text = name.to_string();
            if let Some(slot) = self.slots.get(&text)
                && !named.contains(&text)
            {
                let handle = &slot.handle;
                self.any = true;
                arguments.push(parse_quote!(#name = (*#handle.at())));
            }
        }
    }

    /// The words of a macro call that are variables, by all appearances. One
    /// that is missed is no variable any more, and does not compile.
    fn words(&mut self, tokens: TokenStream) -> TokenStream {
        let mut out = TokenStream::new();
        let mut field = false;
        for token in tokens {
            match &token {
                TokenTree::Ident(ident) if !field => {
                    match self.slots.get(&ident.to_string()) {
                        Some(Slot { handle, .. }) => {
                            self.any = true;
                            let span = ident.span();
                            out.extend(quote_spanned!(span=> (*#handle.at())));
                        }
                        None => out.extend([token.clone()]),
                    }
                }
                TokenTree::Group(group) => {
                    let inner = self.words(group.stream());
                    let mut new =
                        proc_macro2::Group::new(group.delimiter(), inner);
                    new.set_span(group.span());
                    out.extend([TokenTree::Group(new)]);
                }
                _ => out.extend([token.clone()]),
            }
            field = matches!(&token, TokenTree::Punct(p) if p.as_char() == '.');
        }
        out
    }
}

fn bare_name(expr: &Expr) -> Option<String> {
    let Expr::Path(path) = bare(expr) else {
        return None;
    };
    path.path.get_ident().map(ToString::to_string)
}

fn mentioned(tokens: TokenStream, words: &mut Vec<String>) {
    for token in tokens {
        match token {
            TokenTree::Ident(ident) => words.push(ident.to_string()),
            TokenTree::Group(group) => mentioned(group.stream(), words),
            TokenTree::Literal(literal) => {
                let mut named = Vec::new();
                let text = literal.to_string();
                crate::names::captured(&text, literal.span(), &mut named);
                words.extend(named.iter().map(ToString::to_string));
            }
            TokenTree::Punct(_) => {}
        }
    }
}
