//! What has to hold while arms are written: no borrow is kept across a wait,
//! operands are dropped first, each value has a `let` to go to.

use proc_macro2::TokenStream;
use quote::quote;

use super::Emit;
use crate::flow::{Holds, State};
use crate::ir::{BlockId, LocalId};
use crate::uses::Use;

impl Emit<'_> {
    pub(super) fn refuse_borrows(
        &self,
        block: BlockId,
        kept: &[(LocalId, bool)],
    ) {
        let live = self.flow.after_end(block);
        for &(local, _) in kept.iter().filter(|(local, _)| live[*local]) {
            let local = &self.graph.locals[local];
            if let Some((of, span)) = &local.borrows {
                self.errors.borrow_mut().push(syn::Error::new(
                    *span,
                    format!(
                        "this borrow of `{of}` is held across a wait: `{of}` \
                         moves with the coroutine. Borrow it again after the \
                         wait, or move the value itself"
                    ),
                ));
            }
        }
    }

    /// Where a temporary value comes into being after an operand, the operand
    /// is bound once more: it is dropped first.
    pub(super) fn operands_after(
        &self,
        declares: &[LocalId],
        state: &State,
    ) -> (Vec<LocalId>, TokenStream) {
        let [new] = declares else {
            return Default::default();
        };
        let new = &self.graph.locals[*new];
        if !new.lent {
            return Default::default();
        }
        let operands = (0..state.len()).filter(|&local| {
            let other = &self.graph.locals[local];
            other.operand
                && !new.operand
                && !other.plain
                && other.depth == new.depth
                && state[local] == Holds::Value
        });
        let operands: Vec<LocalId> = operands.collect();
        let tokens = operands.iter().map(|&local| {
            let binding = self.binding(local);
            let ident = self.graph.locals[local].name();
            quote!(let #binding = #ident;)
        });
        let tokens = tokens.collect();
        (operands, tokens)
    }

    /// A variable that gets its first value inside an expression: there is no
    /// `let` to which the value could go, unless that is taken apart. What
    /// the variable holds afterwards says nothing: it may be moved again in
    /// the same expression.
    pub(super) fn assigned_inside(&self, uses: &[Use], before: &State) {
        for used in uses.iter().filter(|used| used.assigns) {
            if let Holds::Nothing | Holds::Perhaps = before[used.local]
                && let Some(by) = used.within
            {
                self.unsure.borrow_mut().insert(by);
            }
        }
    }
}
