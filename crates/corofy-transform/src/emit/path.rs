//! What is known at a place inside an arm, on the way that leads there.

use crate::flow::{Holds, State};
use crate::ir::{Instr, LocalId};

/// The way to a place inside an arm.
pub(super) struct Path {
    pub state: State,
    /// The variables of the arm in the order in which they are bound: Rust
    /// drops the last one first.
    pub bound: Vec<LocalId>,
}

impl Path {
    pub fn bind(&mut self, locals: &[LocalId]) {
        self.bound.retain(|local| !locals.contains(local));
        self.bound.extend(locals);
    }

    /// Whether the end of the arm drops in the order of these steps.
    pub fn drops_alike(&self, steps: &[Instr]) -> bool {
        let places = steps.iter().map(|step| match step {
            Instr::Drop(local) => {
                self.bound.iter().position(|bound| bound == local)
            }
            _ => None,
        });
        places.is_sorted_by(|before, after| {
            before.is_some() && after.is_some() && before > after
        })
    }
}

/// The state in an arm: what was not kept is not there.
pub(super) fn only(state: State, kept: &[(LocalId, bool)]) -> State {
    let mut state = state;
    for (local, holds) in state.iter_mut().enumerate() {
        if !kept.iter().any(|(kept, _)| *kept == local) {
            *holds = Holds::Nothing;
        }
    }
    state
}
