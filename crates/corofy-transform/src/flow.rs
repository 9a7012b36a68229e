//! What each variable holds at each point, and whether it is used again: from
//! these follows what a variant has to keep.

use crate::ir::{Arm, BlockId, End, Graph, Instr, LocalId};
use crate::scan::{self, Takes, takes};
use crate::uses::{self, Known, Use, is_some, pattern_moves};

/// What is in a variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Holds {
    /// Nothing: not yet, or no longer.
    Nothing,
    Value,
    /// That depends on the way taken: an `Option` in the variant.
    Perhaps,
    /// That depends on what an expression did that was not taken apart: the
    /// one with this identity.
    Unsure(usize),
}

impl Holds {
    fn join(self, other: Holds) -> Holds {
        match (self, other) {
            (Holds::Unsure(by), _) | (_, Holds::Unsure(by)) => {
                Holds::Unsure(by)
            }
            (a, b) if a == b => a,
            _ => Holds::Perhaps,
        }
    }
}

pub(crate) type Live = Vec<bool>;
pub(crate) type State = Vec<Holds>;

/// The facts about a graph.
pub(crate) struct Flow<'g> {
    graph: &'g Graph,
    known: &'g Known,
    /// For each block, what is used at its beginning or later.
    pub live_in: Vec<Live>,
    /// For each block that can be reached, what the variables hold when it
    /// begins.
    pub entry: Vec<Option<State>>,
}

impl<'g> Flow<'g> {
    pub fn of(graph: &'g Graph, known: &'g Known) -> Self {
        let locals = graph.locals.len();
        let mut flow = Flow {
            graph,
            known,
            live_in: vec![vec![false; locals]; graph.blocks.len()],
            entry: vec![None; graph.blocks.len()],
        };
        flow.liveness();
        flow.states();
        flow
    }

    fn liveness(&mut self) {
        let mut changed = true;
        while changed {
            changed = false;
            for block in (0..self.graph.blocks.len()).rev() {
                let mut live = self.before_end(block);
                for step in self.graph.blocks[block].steps.iter().rev() {
                    self.live_before(step, &mut live);
                }
                if live != self.live_in[block] {
                    self.live_in[block] = live;
                    changed = true;
                }
            }
        }
    }

    /// What is used after the steps of a block, other than by its end.
    pub fn after_end(&self, block: BlockId) -> Live {
        let mut live = vec![false; self.graph.locals.len()];
        for next in self.graph.successors(block) {
            for (here, there) in live.iter_mut().zip(&self.live_in[next]) {
                *here |= there;
            }
        }
        match &self.graph.blocks[block].end {
            End::Wait {
                result: Some(result),
                ..
            } => live[*result] = false,
            End::Match(_, arms) => {
                for local in arms.iter().flat_map(|arm| &arm.declares) {
                    live[*local] = false;
                }
            }
            _ => {}
        }
        live
    }

    fn before_end(&self, block: BlockId) -> Live {
        let mut live = self.after_end(block);
        exposed(&self.end_uses(&self.graph.blocks[block].end), &mut live);
        live
    }

    /// For each step of the block, what is used after it.
    pub fn live_after_steps(&self, block: BlockId) -> Vec<Live> {
        let steps = &self.graph.blocks[block].steps;
        let mut live = self.before_end(block);
        let mut result = vec![live.clone(); steps.len()];
        for (index, step) in steps.iter().enumerate().rev() {
            result[index] = live.clone();
            self.live_before(step, &mut live);
        }
        result
    }

    fn live_before(&self, step: &Instr, live: &mut Live) {
        match step {
            Instr::Let { declares, .. } => {
                for &local in declares {
                    live[local] = false;
                }
            }
            Instr::Assign { local, .. } => live[*local] = false,
            Instr::Expr(..) | Instr::Drop(_) => {}
        }
        exposed(&self.step_uses(step), live);
    }

    pub fn step_uses(&self, step: &Instr) -> Vec<Use> {
        match step {
            Instr::Let {
                pat, init, diverge, ..
            } => {
                let Some(init) = init else { return Vec::new() };
                let path = matches!(scan::bare(init), syn::Expr::Path(_));
                let value =
                    if self.in_slot(init).is_some() && !uses::is_name(pat) {
                        false
                    } else if path {
                        takes(pat) == Takes::All
                    } else {
                        takes(pat) != Takes::Nothing
                    };
                let mut found = if value {
                    uses::of_value(init, self.known)
                } else {
                    uses::of_place(init, self.known)
                };
                if let Some(diverge) = diverge {
                    let elsewhere = uses::of_block(diverge, self.known);
                    found.extend(elsewhere.into_iter().map(|used| Use {
                        // That way leaves the coroutine.
                        moves: false,
                        ..used
                    }));
                }
                found
            }
            Instr::Assign { value, .. } | Instr::Expr(value, _) => {
                uses::of_value(value, self.known)
            }
            Instr::Drop(_) => Vec::new(),
        }
    }

    /// The variable, if the expression is one that lives in a slot.
    pub fn in_slot(&self, expr: &syn::Expr) -> Option<LocalId> {
        let syn::Expr::Path(path) = scan::bare(expr) else {
            return None;
        };
        let ident = path.path.get_ident()?.to_string();
        let local = *self.known.get(&ident)?;
        self.graph.locals[local].slot.is_some().then_some(local)
    }

    /// Whether the patterns of a `match` may move parts out of the variable:
    /// not where a borrow of it may be held.
    fn taken_apart(&self, local: LocalId) -> bool {
        let local = &self.graph.locals[local];
        local.slot.is_none() || local.made
    }

    pub fn end_uses(&self, end: &End) -> Vec<Use> {
        match end {
            End::If(on, ..) => uses::of_value(on, self.known),
            End::Wait { future, .. } => uses::of_value(future, self.known),
            End::Return(value) | End::Diverge(value) => {
                uses::of_value(value, self.known)
            }
            End::Match(on, arms) => {
                let mut found = if scan::is_place(on) {
                    uses::of_place(on, self.known)
                } else {
                    uses::of_value(on, self.known)
                };
                for guard in arms.iter().filter_map(|arm| arm.guard.as_ref()) {
                    found.extend(uses::of_place(guard, self.known));
                }
                found
            }
            End::Goto(_) | End::Unreachable => Vec::new(),
        }
    }

    fn states(&mut self) {
        let mut start = vec![Holds::Nothing; self.graph.locals.len()];
        for &argument in &self.graph.arguments {
            start[argument] = Holds::Value;
        }
        self.entry[0] = Some(start);
        let mut todo = vec![0];
        while let Some(block) = todo.pop() {
            let Some(mut state) = self.entry[block].clone() else {
                continue;
            };
            let live = self.live_after_steps(block);
            let steps = &self.graph.blocks[block].steps;
            for (step, live) in steps.iter().zip(&live) {
                self.step(step, live, &mut state);
            }
            for (next, state) in self.end(block, &state) {
                let joined = match &self.entry[next] {
                    None => state,
                    Some(known) => known
                        .iter()
                        .zip(&state)
                        .map(|(a, b)| a.join(*b))
                        .collect(),
                };
                if self.entry[next].as_ref() != Some(&joined) {
                    self.entry[next] = Some(joined);
                    todo.push(next);
                }
            }
        }
    }

    fn apply(&self, found: &[Use], live: &Live, state: &mut State) {
        for used in found {
            let local = used.local;
            if self.graph.locals[local].plain && !used.assigns {
                continue;
            }
            // What may be borrowed is moved where that is certain only.
            let moves = used.moves
                && (used.sure || self.graph.locals[local].slot.is_none());
            if used.assigns && state[local] != Holds::Value {
                state[local] = match used.within {
                    Some(by) => Holds::Unsure(by),
                    None => Holds::Value,
                };
            }
            if !moves || live[local] {
                continue;
            }
            state[local] = match (state[local], used.decided_by) {
                (Holds::Nothing, _) | (_, None) => Holds::Nothing,
                (_, Some(by)) => Holds::Unsure(by),
            };
        }
    }

    /// What a step does to the variables.
    pub fn step(&self, step: &Instr, live: &Live, state: &mut State) {
        self.apply(&self.step_uses(step), live, state);
        match step {
            Instr::Let { declares, init, .. } => {
                let holds = match init {
                    Some(_) => Holds::Value,
                    None => Holds::Nothing,
                };
                for &local in declares {
                    state[local] = holds;
                }
            }
            Instr::Assign { local, .. } => state[*local] = Holds::Value,
            Instr::Drop(local) => state[*local] = Holds::Nothing,
            Instr::Expr(..) => {}
        }
    }

    /// What the variables hold before the end of a block that begins with
    /// `entry`.
    pub fn before_end_of(&self, block: BlockId, entry: &State) -> State {
        let mut state = entry.clone();
        let live = self.live_after_steps(block);
        let steps = &self.graph.blocks[block].steps;
        for (step, live) in steps.iter().zip(&live) {
            self.step(step, live, &mut state);
        }
        state
    }

    /// The variables whose scopes end in a block that begins with `entry`,
    /// with what all variables hold then: the end of a scope is a use.
    pub fn drops(
        &self,
        block: BlockId,
        entry: &State,
    ) -> Vec<(LocalId, State)> {
        let mut state = entry.clone();
        let mut found = Vec::new();
        let live = self.live_after_steps(block);
        let steps = &self.graph.blocks[block].steps;
        for (step, live) in steps.iter().zip(&live) {
            if let Instr::Drop(local) = step {
                found.push((*local, state.clone()));
            }
            self.step(step, live, &mut state);
        }
        found
    }

    /// What the variables hold behind the end of a block, for each way on.
    pub fn end(&self, block: BlockId, state: &State) -> Vec<(BlockId, State)> {
        let live = self.after_end(block);
        let mut after = state.clone();
        let end = &self.graph.blocks[block].end;
        self.apply(&self.end_uses(end), &live, &mut after);
        match end {
            End::Goto(next) => vec![(*next, after)],
            End::If(_, yes, no) => vec![(*yes, after.clone()), (*no, after)],
            End::Wait { result, next, .. } => {
                if let Some(result) = result {
                    after[*result] = Holds::Value;
                }
                vec![(*next, after)]
            }
            End::Match(on, arms) => self.arms(on, arms, &after),
            End::Return(_) | End::Diverge(_) | End::Unreachable => Vec::new(),
        }
    }

    fn arms(
        &self,
        on: &syn::Expr,
        arms: &[Arm],
        state: &State,
    ) -> Vec<(BlockId, State)> {
        let on = match scan::bare(on) {
            syn::Expr::Path(path) => path
                .path
                .get_ident()
                .and_then(|ident| self.known.get(&ident.to_string()))
                .copied(),
            _ => None,
        };
        let mut rest_is_none = false;
        let mut ways = Vec::new();
        for arm in arms {
            let mut state = state.clone();
            for &local in &arm.declares {
                state[local] = Holds::Value;
            }
            if let Some(on) = on
                && self.taken_apart(on)
                && !self.live_in[arm.target][on]
                && !self.graph.locals[on].plain
                && (pattern_moves(&arm.pat) || rest_is_none)
            {
                state[on] = Holds::Nothing;
            }
            rest_is_none |= is_some(&arm.pat)
                && arm.guard.is_none()
                && pattern_moves(&arm.pat);
            ways.push((arm.target, state));
        }
        ways
    }

    /// What has to be kept when going on with these variables.
    pub fn kept(&self, state: &State, live: &Live) -> Vec<LocalId> {
        (0..state.len())
            .filter(|&local| {
                state[local] != Holds::Nothing
                    && (live[local] || !self.graph.locals[local].plain)
            })
            .collect()
    }
}

/// What is used before these uses, which are in the order of evaluation: not
/// what gets a new value first.
fn exposed(found: &[Use], live: &mut Live) {
    let before = live.clone();
    let mut assigned = vec![false; live.len()];
    let mut used = vec![false; live.len()];
    for one in found {
        if one.assigns {
            assigned[one.local] |= one.decided_by.is_none();
        } else {
            used[one.local] |= !assigned[one.local];
        }
    }
    for (local, live) in live.iter_mut().enumerate() {
        *live = used[local] || before[local] && !assigned[local];
    }
}
