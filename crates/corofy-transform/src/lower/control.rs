//! Branches, loops and jumps.

use syn::spanned::Spanned;
use syn::{Expr, Pat, parse_quote};

use super::rest::{name_rest, name_rest_of_item};
use super::{Dest, Lower, Target, diverges};
use crate::ir::{Arm, BlockId, End, Instr, LocalId};
use crate::scan;

impl Lower<'_> {
    /// Evaluates `expr` into `dest`.
    pub(super) fn into(&mut self, expr: &Expr, dest: Dest) {
        if diverges(expr) {
            return self.stop(End::Diverge(expr.clone()));
        }
        match expr {
            Expr::Paren(e) => return self.into(&e.expr, dest),
            Expr::Group(e) => return self.into(&e.expr, dest),
            Expr::Return(e) => {
                return match &e.expr {
                    Some(value) => self.into(value, Dest::Return),
                    None => self.finish_unit(Dest::Return),
                };
            }
            Expr::Assign(e) => return self.assign(e, dest),
            _ => {}
        }
        if !self.apart(expr) {
            return self.finish(dest, expr.clone());
        }
        match expr {
            Expr::If(e) => self.branch(e, dest),
            Expr::Match(e) => self.match_(e, dest),
            Expr::Block(e) => self.labelled_block(e, dest),
            Expr::Loop(e) => self.loop_(e, dest),
            Expr::While(e) => self.while_(e, dest),
            Expr::ForLoop(e) => self.for_(e, dest),
            Expr::Break(e) => self.break_(e),
            Expr::Continue(e) => self.continue_(e),
            _ => {
                if let (Some(future), Dest::Local(local)) =
                    (scan::wait_operand(expr), dest)
                {
                    return self.wait_into(future, expr, local);
                }
                let value = self.operand(expr, false);
                let temporary = matches!(dest, Dest::Ignore)
                    && matches!(value, Expr::Path(_) | Expr::Tuple(_))
                    && scan::wait_operand(expr).is_some();
                if !temporary {
                    self.finish(dest, value);
                }
            }
        }
    }

    /// What a branch leads to: a block is one of this graph's scopes.
    fn body(&mut self, expr: &Expr, dest: Dest) {
        match expr {
            Expr::Block(e) if e.label.is_none() => {
                self.block_into(&e.block, dest);
            }
            _ => self.into(expr, dest),
        }
    }

    pub(super) fn finish(&mut self, dest: Dest, value: Expr) {
        match dest {
            Dest::Ignore => self.step(Instr::Expr(value, true)),
            Dest::Local(local) => self.first_value(local, value),
            Dest::Return => self.stop(End::Return(value)),
        }
    }

    pub(super) fn finish_unit(&mut self, dest: Dest) {
        if !matches!(dest, Dest::Ignore) {
            self.finish(dest, parse_quote!(()));
        }
    }

    fn assign(&mut self, e: &syn::ExprAssign, dest: Dest) {
        let left = scan::bare(&e.left);
        let value = self.operand(&e.right, self.apart(left));
        let local = match left {
            Expr::Path(path) => path
                .path
                .get_ident()
                .and_then(|ident| self.known.get(&ident.to_string()))
                .copied(),
            _ => None,
        };
        if let Some(local) = local {
            self.step(Instr::Assign { local, value });
        } else {
            let mut whole = e.clone();
            if self.apart(left) {
                whole.right = Box::new(self.keep(value));
                *whole.left = self.operand(left, false);
            } else {
                *whole.right = value;
            }
            self.step(Instr::Expr(Expr::Assign(whole), true));
        }
        self.finish_unit(dest);
    }

    // Branches

    fn branch(&mut self, e: &syn::ExprIf, dest: Dest) {
        let line = e.if_token.span.start().line;
        let span = e.if_token.span;
        let yes = self.block("Then", "then", e.then_branch.span());
        let no = self.block("Else", "else", span);
        let join =
            self.block("After", format!("after the `if` of line {line}"), span);
        self.open();
        self.condition(&e.cond, yes, no);
        self.enter(yes);
        self.block_into(&e.then_branch, dest);
        self.drops();
        self.goto(join);
        self.enter(no);
        self.close();
        match &e.else_branch {
            Some((_, other)) => self.body(other, dest),
            None => self.finish_unit(dest),
        }
        self.goto(join);
        self.enter(join);
    }

    /// `&&` and `||` as a value.
    pub(super) fn condition_value(&mut self, expr: &Expr, value: LocalId) {
        let yes = self.block("Then", "true", expr.span());
        let no = self.block("Else", "false", expr.span());
        let join = self.block("After", "after the condition", expr.span());
        self.condition(expr, yes, no);
        for (block, outcome) in [(yes, true), (no, false)] {
            self.enter(block);
            self.first_value(value, parse_quote!(#outcome));
            self.goto(join);
        }
        self.enter(join);
    }

    /// Goes to `yes` or `no`. Variables that the condition makes are put into
    /// the innermost scope.
    fn condition(&mut self, expr: &Expr, yes: BlockId, no: BlockId) {
        match scan::bare(expr) {
            Expr::Binary(e) if matches!(e.op, syn::BinOp::And(_)) => {
                let both = self.block("Then", "and", e.span());
                self.condition(&e.left, both, no);
                self.enter(both);
                self.condition(&e.right, yes, no);
            }
            Expr::Binary(e)
                if matches!(e.op, syn::BinOp::Or(_)) && self.apart(expr) =>
            {
                let other = self.block("Else", "or", e.span());
                self.condition(&e.left, yes, other);
                self.enter(other);
                self.condition(&e.right, yes, no);
            }
            Expr::Let(e) => {
                let (on, pat) = self.scrutinee(&e.expr, &[&e.pat]);
                let declares = self.declare(&pat[0], None);
                self.know(&declares, &pat[0], Some(&on));
                let arms = vec![
                    Arm {
                        pat: pat[0].clone(),
                        guard: None,
                        declares: declares.clone(),
                        target: yes,
                    },
                    Arm {
                        pat: parse_quote!(_),
                        guard: None,
                        declares: Vec::new(),
                        target: no,
                    },
                ];
                self.stop(End::Match(on, arms));
                if declares.len() > 1 {
                    self.enter(yes);
                    self.rebind(&declares);
                }
            }
            bare if !self.apart(bare) => {
                self.stop(End::If(bare.clone(), yes, no));
            }
            bare => {
                self.open();
                let value = self.operand(bare, false);
                let only = self.scopes.last().is_some_and(Vec::is_empty);
                let value = if only {
                    value
                } else {
                    let depth = self.scopes.len() - 1;
                    let inner = self.scopes.split_off(depth);
                    let local = self.keep_as("condition", value);
                    self.graph.locals[local].plain = true;
                    self.scopes.extend(inner);
                    self.path(local)
                };
                self.close();
                self.stop(End::If(value, yes, no));
            }
        }
    }

    /// What is matched on. A value is kept in a variable as long as the
    /// `match` lasts, and patterns leave nothing of it behind unnamed.
    fn scrutinee(&mut self, on: &Expr, pats: &[&Pat]) -> (Expr, Vec<Pat>) {
        let same = || pats.iter().map(|pat| (*pat).clone()).collect();
        if scan::is_place(on) || scan::is_still(on) {
            return (on.clone(), same());
        }
        let value = self.operand(on, true);
        if scan::is_still(&value) {
            return (value, same());
        }
        let value = if matches!(value, Expr::Path(_)) {
            value
        } else {
            let local = self.keep_as("scrutinee", value);
            self.path(local)
        };
        let pats = pats
            .iter()
            .map(|pat| name_rest(pat, self.names, &mut self.rests))
            .collect();
        (value, pats)
    }

    fn match_(&mut self, e: &syn::ExprMatch, dest: Dest) {
        let line = e.match_token.span.start().line;
        let join = self.block(
            "After",
            format!("after the `match` of line {line}"),
            e.match_token.span,
        );
        self.open();
        let pats: Vec<&Pat> = e.arms.iter().map(|arm| &arm.pat).collect();
        let (on, pats) = self.scrutinee(&e.expr, &pats);
        let from = self.current;
        let mut arms = Vec::new();
        for (arm, pat) in e.arms.iter().zip(pats) {
            let target = self.block("Arm", "an arm", arm.span());
            self.enter(target);
            self.open();
            let declares = self.declare(&pat, None);
            self.know(&declares, &pat, Some(&on));
            self.rebind(&declares);
            self.open();
            self.body(&arm.body, dest);
            self.close();
            self.close();
            self.drops();
            self.goto(join);
            arms.push(Arm {
                pat,
                guard: arm.guard.as_ref().map(|(_, guard)| (**guard).clone()),
                declares,
                target,
            });
        }
        self.scopes.pop();
        self.enter(from);
        self.end(End::Match(on, arms), join);
    }

    /// `let … else` whose `else` jumps or waits.
    pub(super) fn let_else(
        &mut self,
        pat: &Pat,
        init: &Expr,
        diverge: Option<&Expr>,
    ) {
        let Some(diverge) = diverge else { return };
        let fits = self.block("Then", "the pattern fits", pat.span());
        let other = self.block("Else", "else", diverge.span());
        let depth = self.scopes.len();
        self.open();
        let (on, pats) = self.scrutinee(init, &[pat]);
        let inner = self.scopes.split_off(depth);
        let declares = self.declare(&pats[0], None);
        self.know(&declares, &pats[0], Some(&on));
        self.scopes.extend(inner);
        let arms = vec![
            Arm {
                pat: pats[0].clone(),
                guard: None,
                declares: declares.clone(),
                target: fits,
            },
            Arm {
                pat: parse_quote!(_),
                guard: None,
                declares: Vec::new(),
                target: other,
            },
        ];
        self.end(End::Match(on, arms), other);
        self.drops();
        self.into(diverge, Dest::Ignore);
        self.stop(End::Unreachable);
        self.enter(fits);
        self.rebind(&declares);
        self.close();
    }

    fn labelled_block(&mut self, e: &syn::ExprBlock, dest: Dest) {
        let Some(label) = &e.label else {
            return self.block_into(&e.block, dest);
        };
        let name = label.name.ident.to_string();
        let after =
            self.block("After", format!("after '{name}"), label.name.span());
        self.targets.push(Target {
            label: Some(name),
            is_loop: false,
            depth: self.scopes.len(),
            break_to: after,
            continue_to: after,
            dest,
        });
        self.block_into(&e.block, dest);
        self.targets.pop();
        self.end(End::Goto(after), after);
    }

    // Loops

    /// Goes to the head of a new loop; gives the head and what comes after.
    fn loop_start(
        &mut self,
        label: Option<&syn::Label>,
        word: &str,
        span: proc_macro2::Span,
        dest: Dest,
    ) -> (BlockId, BlockId) {
        let line = span.start().line;
        let head =
            self.block("Loop", format!("the `{word}` of line {line}"), span);
        let after = self.block(
            "After",
            format!("after the `{word}` of line {line}"),
            span,
        );
        self.end(End::Goto(head), head);
        self.targets.push(Target {
            label: label.map(|label| label.name.ident.to_string()),
            is_loop: true,
            depth: self.scopes.len(),
            break_to: after,
            continue_to: head,
            dest,
        });
        (head, after)
    }

    fn loop_(&mut self, e: &syn::ExprLoop, dest: Dest) {
        let span = e.loop_token.span;
        let (head, after) =
            self.loop_start(e.label.as_ref(), "loop", span, dest);
        self.block_into(&e.body, Dest::Ignore);
        self.targets.pop();
        self.end(End::Goto(head), after);
    }

    fn while_(&mut self, e: &syn::ExprWhile, dest: Dest) {
        let span = e.while_token.span;
        let (head, after) =
            self.loop_start(e.label.as_ref(), "while", span, Dest::Ignore);
        let yes = self.block("Then", "once more", e.body.span());
        let no = self.block("Else", "no more", e.body.span());
        self.open();
        self.condition(&e.cond, yes, no);
        self.enter(yes);
        self.block_into(&e.body, Dest::Ignore);
        self.drops();
        self.goto(head);
        self.enter(no);
        self.close();
        self.targets.pop();
        self.end(End::Goto(after), after);
        self.finish_unit(dest);
    }

    fn for_(&mut self, e: &syn::ExprForLoop, dest: Dest) {
        self.open();
        let from = self.operand(&e.expr, true);
        let borrowed = self.borrowed(&from);
        let plain = self.is_plain(&from);
        let (into_iter, next) = self.iteration();
        let mut call: syn::ExprCall = parse_quote!(#into_iter(from));
        call.args = std::iter::once(from).collect();
        let items = self.keep_as("items", Expr::Call(call));
        self.make_mutable(items);
        self.graph.locals[items].borrows = borrowed.clone();
        self.graph.locals[items].plain = plain;
        let items = self.path(items);
        let span = e.for_token.span;
        let (head, after) =
            self.loop_start(e.label.as_ref(), "for", span, Dest::Ignore);
        let body = self.block("Then", "an item", e.body.span());
        let no = self.block("Else", "no more", e.body.span());
        let pat = name_rest_of_item(&e.pat, self.names, &mut self.rests);
        self.open();
        let declares = self.declare(&pat, None);
        for &local in &declares {
            self.graph.locals[local].plain |= plain;
            self.graph.locals[local].borrows = borrowed.clone();
        }
        let arms = vec![
            Arm {
                pat: parse_quote!(Some(#pat)),
                guard: None,
                declares: declares.clone(),
                target: body,
            },
            Arm {
                pat: parse_quote!(None),
                guard: None,
                declares: Vec::new(),
                target: no,
            },
        ];
        let next = parse_quote!(#next(&mut #items));
        self.end(End::Match(next, arms), body);
        self.rebind(&declares);
        self.block_into(&e.body, Dest::Ignore);
        self.close();
        self.goto(head);
        self.targets.pop();
        self.enter(no);
        self.end(End::Goto(after), after);
        self.close();
        self.finish_unit(dest);
    }

    // Jumps

    fn target(&self, label: &Option<syn::Lifetime>) -> Option<&Target> {
        self.targets.iter().rev().find(|target| match label {
            Some(label) => target
                .label
                .as_ref()
                .is_some_and(|name| label.ident == name),
            None => target.is_loop,
        })
    }

    fn break_(&mut self, e: &syn::ExprBreak) {
        let Some(target) = self.target(&e.label) else {
            return self.nowhere(e.break_token.span);
        };
        let (depth, to, dest) = (target.depth, target.break_to, target.dest);
        match &e.expr {
            Some(value) => {
                self.open();
                self.into(value, dest);
                self.close();
            }
            None => self.finish_unit(dest),
        }
        self.drops_from(depth);
        self.goto(to);
    }

    fn continue_(&mut self, e: &syn::ExprContinue) {
        let Some(target) = self.target(&e.label) else {
            return self.nowhere(e.continue_token.span);
        };
        let (depth, to) = (target.depth, target.continue_to);
        self.drops_from(depth);
        self.goto(to);
    }

    fn nowhere(&mut self, span: proc_macro2::Span) {
        self.errors
            .push(syn::Error::new(span, "there is no such loop around this"));
        self.stop(End::Unreachable);
    }
}
