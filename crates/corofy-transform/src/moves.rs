//! Variables in slots that are given away as a whole, so that the arms and the
//! witness agree on it: `({ x }).unwrap()` for a method that takes its receiver
//! by value, by its name, and `match ({ x }) { … }` where the patterns take all
//! there is and nothing mentions the variable again.

use std::collections::{HashMap, HashSet};

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::visit_mut::{self, VisitMut};
use syn::{Block, Expr, Pat, parse_quote_spanned};

use crate::scan::{Takes, bare, consumes, takes};
use crate::uses::{is_name, is_some, pattern_moves};

/// The body with those moves written out.
pub(crate) fn write(body: &Block, pinned: &HashSet<String>) -> Block {
    let mut body = body.clone();
    if pinned.is_empty() {
        return body;
    }
    let mut look = Moves {
        pinned,
        seen: 0,
        loops: Vec::new(),
        declared: HashMap::new(),
        mentions: Vec::new(),
        candidates: Vec::new(),
        chosen: HashSet::new(),
    };
    look.visit_block_mut(&mut body.clone());
    let chosen = look.chosen();
    let mut write = Moves {
        seen: 0,
        chosen,
        ..look
    };
    write.visit_block_mut(&mut body);
    body
}

struct Moves<'p> {
    pinned: &'p HashSet<String>,
    /// How many paths were visited.
    seen: usize,
    /// The loops around, by the number of paths before them.
    loops: Vec<usize>,
    /// In which loops a variable comes into being.
    declared: HashMap<String, Vec<usize>>,
    /// Each mention, in the order of the source.
    mentions: Vec<(String, usize)>,
    /// What is matched on: the variable, its number, the loops around.
    candidates: Vec<(String, usize, Vec<usize>)>,
    /// Which paths become blocks.
    chosen: HashSet<usize>,
}

impl Moves<'_> {
    fn chosen(&self) -> HashSet<usize> {
        let none = Vec::new();
        let good = self.candidates.iter().filter(|(name, at, loops)| {
            let again = self.mentions.iter().any(|(n, m)| n == name && m > at);
            !again && self.declared.get(name).unwrap_or(&none) == loops
        });
        good.map(|&(_, at, _)| at).collect()
    }

    fn variable(&self, expr: &Expr) -> Option<String> {
        let Expr::Path(path) = bare(expr) else {
            return None;
        };
        let name = path.path.get_ident()?.to_string();
        self.pinned.contains(&name).then_some(name)
    }

    /// The next path that is visited is matched on.
    fn candidate(&mut self, on: &Expr, moves: bool) {
        if let Some(name) = self.variable(on).filter(|_| moves) {
            let loops = self.loops.clone();
            self.candidates.push((name, self.seen, loops));
        }
    }

    fn declare(&mut self, pat: &Pat) {
        for binding in crate::names::bindings(pat) {
            let loops = self.loops.clone();
            self.declared.insert(binding.ident.to_string(), loops);
        }
    }

    fn words(&mut self, tokens: TokenStream) {
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => {
                    self.mentions.push((ident.to_string(), self.seen));
                }
                TokenTree::Group(group) => self.words(group.stream()),
                TokenTree::Literal(literal) => {
                    let mut named = Vec::new();
                    let text = literal.to_string();
                    crate::names::captured(&text, literal.span(), &mut named);
                    let named = named.iter().map(ToString::to_string);
                    let seen = self.seen;
                    self.mentions.extend(named.map(|name| (name, seen)));
                }
                TokenTree::Punct(_) => {}
            }
        }
    }

    fn repeated(&mut self, inside: impl FnOnce(&mut Self)) {
        self.loops.push(self.seen);
        inside(self);
        self.loops.pop();
    }
}

/// Whether a `match` with these arms leaves nothing of what it is on.
fn takes_all(arms: &[syn::Arm]) -> bool {
    let mut rest_is_none = false;
    arms.iter().all(|arm| {
        let all = pattern_moves(&arm.pat) || rest_is_none;
        rest_is_none |=
            is_some(&arm.pat) && arm.guard.is_none() && pattern_moves(&arm.pat);
        all
    }) && arms.iter().any(|arm| takes(&arm.pat) == Takes::All)
}

impl VisitMut for Moves<'_> {
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        match expr {
            Expr::Path(path) => {
                let at = self.seen;
                self.seen += 1;
                if let Some(ident) = path.path.get_ident().cloned() {
                    self.mentions.push((ident.to_string(), at));
                    if self.chosen.contains(&at) {
                        let span = ident.span();
                        *expr = parse_quote_spanned!(span=> ({ #ident }));
                    }
                }
                return;
            }
            Expr::MethodCall(e)
                if consumes(&e.method)
                    && self.variable(&e.receiver).is_some() =>
            {
                self.chosen.insert(self.seen);
            }
            Expr::Match(e) => self.candidate(&e.expr, takes_all(&e.arms)),
            Expr::Let(e) => {
                let all = is_some(&e.pat) && pattern_moves(&e.pat);
                self.candidate(&e.expr, all);
            }
            Expr::While(_) | Expr::ForLoop(_) | Expr::Loop(_) => {
                return self.repeated(|m| visit_mut::visit_expr_mut(m, expr));
            }
            _ => {}
        }
        visit_mut::visit_expr_mut(self, expr);
    }
    fn visit_local_mut(&mut self, local: &mut syn::Local) {
        if let Some(init) = &local.init {
            let all = takes(&local.pat) == Takes::All && !is_name(&local.pat);
            let complete = init.diverge.is_none() || is_some(&local.pat);
            self.candidate(&init.expr, all && complete);
        }
        visit_mut::visit_local_mut(self, local);
        self.declare(&local.pat);
    }
    fn visit_pat_mut(&mut self, pat: &mut Pat) {
        self.declare(pat);
        visit_mut::visit_pat_mut(self, pat);
    }
    fn visit_expr_closure_mut(&mut self, e: &mut syn::ExprClosure) {
        self.words(e.to_token_stream());
        visit_mut::visit_expr_closure_mut(self, e);
    }
    fn visit_macro_mut(&mut self, call: &mut syn::Macro) {
        self.words(call.tokens.clone());
    }
    fn visit_item_mut(&mut self, _: &mut syn::Item) {}
}
