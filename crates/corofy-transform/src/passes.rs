//! Small changes to the graph before it is written out as states.

use std::collections::HashSet;

use syn::Expr;

use crate::flow::{Flow, Holds};
use crate::ir::{BlockId, End, Graph, Instr, Section};
use crate::scan;
use crate::storage::{self, Groups};
use crate::uses::Known;

/// Makes the graph ready; gives the blocks that must be states of their own,
/// and which slots share their memory.
pub(crate) fn prepare(
    graph: &mut Graph,
    known: &Known,
) -> (HashSet<BlockId>, Groups) {
    let forced = split(graph, known);
    // As long as all ends of scopes are there.
    let groups = storage::groups(graph);
    prune(graph, known);
    thread(graph, &forced);
    (forced, groups)
}

/// A variable that gets a value when others already have theirs would be
/// dropped out of order at the end of the arm: the next state puts it right.
fn split(graph: &mut Graph, known: &Known) -> HashSet<BlockId> {
    let mut heads = HashSet::new();
    let mut block = 0;
    while block < graph.blocks.len() {
        if let Some(at) = split_at(graph, known, block) {
            let rest = graph.blocks[block].steps.split_off(at + 1);
            let next = graph.blocks.len();
            let old = &mut graph.blocks[block];
            let end = std::mem::replace(&mut old.end, End::Goto(next));
            let mut origin = old.origin.clone();
            let order = old.order;
            "after an assignment".clone_into(&mut origin.what);
            origin.stem = "Assigned";
            graph.blocks.push(Section {
                steps: rest,
                end,
                order,
                origin,
            });
            heads.insert(next);
        }
        block += 1;
    }
    heads
}

fn split_at(graph: &Graph, known: &Known, block: BlockId) -> Option<usize> {
    let assigns = |step: &Instr| matches!(step, Instr::Assign { .. });
    if !graph.blocks[block].steps.iter().any(assigns) {
        return None;
    }
    let flow = Flow::of(graph, known);
    let mut state = flow.entry[block].clone()?;
    let live = flow.live_after_steps(block);
    for (at, step) in graph.blocks[block].steps.iter().enumerate() {
        let before = state.clone();
        flow.step(step, &live[at], &mut state);
        if let Instr::Assign { local, .. } = step
            && !graph.locals[*local].plain
        {
            let later = (local + 1..state.len()).any(|other| {
                !graph.locals[other].plain && state[other] != Holds::Nothing
            });
            match before[*local] {
                Holds::Value => {}
                Holds::Nothing if !later => {}
                _ => return Some(at),
            }
        }
    }
    None
}

/// Takes away the ends of scopes at which nothing is dropped.
fn prune(graph: &mut Graph, known: &Known) {
    let flow = Flow::of(graph, known);
    let mut kept: Vec<Vec<bool>> = Vec::new();
    for (block, section) in graph.blocks.iter().enumerate() {
        let Some(mut state) = flow.entry[block].clone() else {
            kept.push(vec![true; section.steps.len()]);
            continue;
        };
        let live = flow.live_after_steps(block);
        let mut keep = Vec::new();
        for (step, live) in section.steps.iter().zip(&live) {
            keep.push(match step {
                Instr::Drop(local) => {
                    !graph.locals[*local].plain
                        && state[*local] != Holds::Nothing
                }
                _ => true,
            });
            flow.step(step, live, &mut state);
        }
        kept.push(keep);
    }
    for (section, keep) in graph.blocks.iter_mut().zip(kept) {
        let mut keep = keep.into_iter();
        section.steps.retain(|_| keep.next().unwrap_or(true));
    }
}

/// A jump to a block that only jumps leads to where that one leads.
fn thread(graph: &mut Graph, forced: &HashSet<BlockId>) {
    let next: Vec<BlockId> = (0..graph.blocks.len())
        .map(|block| {
            let mut at = block;
            for _ in 0..graph.blocks.len() {
                match &graph.blocks[at] {
                    Section {
                        steps,
                        end: End::Goto(to),
                        ..
                    } if steps.is_empty() && !forced.contains(&at) => at = *to,
                    _ => break,
                }
            }
            at
        })
        .collect();
    for section in &mut graph.blocks {
        match &mut section.end {
            End::Goto(to) | End::Wait { next: to, .. } => *to = next[*to],
            End::If(_, yes, no) => {
                *yes = next[*yes];
                *no = next[*no];
            }
            End::Match(_, arms) => {
                for arm in arms {
                    arm.target = next[arm.target];
                }
            }
            End::Return(_) | End::Diverge(_) | End::Unreachable => {}
        }
    }
}

/// The blocks that are reached by more than one way, less those that are as
/// short as the jump to them.
pub(crate) fn heads(
    graph: &Graph,
    flow: &Flow<'_>,
    forced: &HashSet<BlockId>,
) -> Vec<bool> {
    let mut ways = vec![0; graph.blocks.len()];
    for block in 0..graph.blocks.len() {
        if flow.entry[block].is_some() {
            for next in graph.successors(block) {
                ways[next] += 1;
            }
        }
    }
    (0..graph.blocks.len())
        .map(|block| {
            let section = &graph.blocks[block];
            let short = section.steps.is_empty()
                && matches!(&section.end, End::Return(value) if is_short(value));
            forced.contains(&block) || block == 0 || ways[block] > 1 && !short
        })
        .collect()
}

/// A value that is as good when written twice.
pub(crate) fn is_short(value: &Expr) -> bool {
    is_unit(value) || matches!(value, Expr::Lit(_)) || scan::is_still(value)
}

pub(crate) fn is_unit(value: &Expr) -> bool {
    matches!(value, Expr::Tuple(tuple) if tuple.elems.is_empty())
}
