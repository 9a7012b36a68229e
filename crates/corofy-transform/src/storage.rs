//! Where the slots of a pinned machine lie: variables that are never there at
//! the same time share the memory.

use std::collections::{BTreeMap, BTreeSet};

use crate::ir::{BlockId, End, Graph, Instr, LocalId};

/// What lives in a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Tenant {
    Local(LocalId),
    /// The future of the wait that ends this block.
    Future(BlockId),
}

/// Slots that share their memory, slot by slot.
pub(crate) type Groups = Vec<Vec<Tenant>>;

/// Groups the slots of a graph from which no end of a scope is taken away.
///
/// A slot is taken from the time when the variable gets a value to the end of
/// its scope. That it was moved does not end it: it may have been copied, and
/// a borrow may still be there.
pub(crate) fn groups(graph: &Graph) -> Groups {
    let mut storage = Storage {
        graph,
        conflicts: BTreeMap::new(),
    };
    storage.run();
    let mut groups = Groups::new();
    let locals = (0..graph.locals.len())
        .filter(|&local| graph.locals[local].slot.is_some())
        .map(Tenant::Local);
    let futures = (0..graph.blocks.len())
        .filter(|&b| matches!(graph.blocks[b].end, End::Wait { .. }))
        .map(Tenant::Future);
    for tenant in locals.chain(futures) {
        let fits = |group: &&mut Vec<Tenant>| {
            !group.iter().any(|&other| storage.conflict(tenant, other))
        };
        match groups.iter_mut().find(fits) {
            Some(group) => group.push(tenant),
            None => groups.push(vec![tenant]),
        }
    }
    groups
}

struct Storage<'g> {
    graph: &'g Graph,
    conflicts: BTreeMap<Tenant, BTreeSet<Tenant>>,
}

type Taken = BTreeSet<LocalId>;

impl Storage<'_> {
    fn conflict(&self, a: Tenant, b: Tenant) -> bool {
        let has = |a, b| self.conflicts.get(&a).is_some_and(|s| s.contains(b));
        has(a, &b) || has(b, &a)
    }

    fn take(&mut self, locals: &[LocalId], taken: &mut Taken) {
        for &local in locals {
            if self.graph.locals[local].slot.is_none() {
                continue;
            }
            let others = taken.iter().filter(|&&other| other != local);
            let others: Vec<Tenant> =
                others.map(|&other| Tenant::Local(other)).collect();
            self.conflicts
                .entry(Tenant::Local(local))
                .or_default()
                .extend(others);
            taken.insert(local);
        }
    }

    fn run(&mut self) {
        let mut entry: Vec<Option<Taken>> = vec![None; self.graph.blocks.len()];
        let mut start = Taken::new();
        self.take(&self.graph.arguments, &mut start);
        entry[0] = Some(start);
        let mut todo = vec![0];
        while let Some(block) = todo.pop() {
            let Some(taken) = entry[block].clone() else {
                continue;
            };
            for (next, taken) in self.block(block, taken) {
                let known = entry[next].get_or_insert_with(|| {
                    todo.push(next);
                    Taken::new()
                });
                let before = known.len();
                known.extend(taken);
                if known.len() > before {
                    todo.push(next);
                }
            }
        }
    }

    fn block(
        &mut self,
        block: BlockId,
        mut taken: Taken,
    ) -> Vec<(BlockId, Taken)> {
        let graph = self.graph;
        let section = &graph.blocks[block];
        for step in &section.steps {
            match step {
                Instr::Let { declares, init, .. } if init.is_some() => {
                    self.take(declares, &mut taken);
                }
                Instr::Assign { local, .. } => self.take(&[*local], &mut taken),
                Instr::Drop(local) => _ = taken.remove(local),
                Instr::Let { .. } | Instr::Expr(..) => {}
            }
        }
        match &section.end {
            End::Wait { result, next, .. } => {
                let others = taken.iter().map(|&other| Tenant::Local(other));
                self.conflicts
                    .entry(Tenant::Future(block))
                    .or_default()
                    .extend(others);
                self.take(result.as_slice(), &mut taken);
                vec![(*next, taken)]
            }
            End::Match(_, arms) => arms
                .iter()
                .map(|arm| {
                    let mut taken = taken.clone();
                    self.take(&arm.declares, &mut taken);
                    (arm.target, taken)
                })
                .collect(),
            _ => {
                let next = graph.successors(block).into_iter();
                next.map(|next| (next, taken.clone())).collect()
            }
        }
    }
}
