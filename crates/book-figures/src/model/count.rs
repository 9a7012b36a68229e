//! How many ways lead to what a challenge asks for: counted on the states, not
//! listed one by one. A way is a sequence of actions.

use std::collections::VecDeque;

use super::recording::Node;

/// The ways to a goal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ways {
    /// How many actions the shortest have.
    pub least: usize,
    /// How many ways there are with as many.
    pub count: u64,
}

/// For each state: the actions of the shortest ways there, and how many such
/// ways there are. None if it is not reached. A number that is too large stays
/// the largest.
fn distances(states: &[Node]) -> Vec<Option<Ways>> {
    let mut found: Vec<Option<Ways>> = vec![None; states.len()];
    let mut queue = VecDeque::new();
    if let Some(first) = found.first_mut() {
        *first = Some(Ways { least: 0, count: 1 });
        queue.push_back(0);
    }
    // First come those near the beginning: when a state's turn comes, all the
    // ways to it are counted.
    while let Some(state) = queue.pop_front() {
        let Some(Ways { least, count }) = found[state] else {
            continue;
        };
        for (_, to) in states[state].steps() {
            match &mut found[to] {
                None => {
                    let least = least + 1;
                    found[to] = Some(Ways { least, count });
                    queue.push_back(to);
                }
                Some(own) if own.least == least + 1 => {
                    own.count = own.count.saturating_add(count);
                }
                Some(_) => {}
            }
        }
    }
    found
}

/// The states that no way reaches.
pub(super) fn unreached(states: &[Node]) -> Option<usize> {
    distances(states).iter().position(Option::is_none)
}

/// The ways to a goal: what is true of the last action, counted from 0, and of
/// the state to which it leads. None if there is no way.
pub(super) fn ways(
    states: &[Node],
    goal: impl Fn(usize, usize) -> bool,
) -> Option<Ways> {
    let mut found: Option<Ways> = None;
    for (state, reached) in distances(states).iter().enumerate() {
        let Some(reached) = reached else { continue };
        for (action, to) in states[state].steps() {
            if !goal(action, to) {
                continue;
            }
            // A way on which the goal is met before is shorter, so these meet
            // it for the first time.
            let least = reached.least + 1;
            let count = match found {
                Some(own) if own.least < least => continue,
                Some(own) if own.least == least => own.count,
                _ => 0,
            };
            let count = count.saturating_add(reached.count);
            found = Some(Ways { least, count });
        }
    }
    found
}

/// A shortest way to a goal: the action of each step and the state to which it
/// leads. Of several, the one whose actions come first.
pub(super) fn shortest(
    states: &[Node],
    goal: impl Fn(usize, usize) -> bool,
) -> Option<Vec<(usize, usize)>> {
    let mut from: Vec<Option<(usize, usize)>> = vec![None; states.len()];
    let mut queue = VecDeque::from([0]);
    while let Some(state) = queue.pop_front() {
        for (action, to) in states.get(state)?.steps() {
            if goal(action, to) {
                let mut way = vec![(action, to)];
                let mut at = state;
                while let Some((action, before)) = from[at] {
                    way.push((action, at));
                    at = before;
                }
                way.reverse();
                return Some(way);
            }
            if to != 0 && from[to].is_none() {
                from[to] = Some((action, state));
                queue.push_back(to);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::recording::Move;
    use std::collections::BTreeMap;

    /// A state in which each action leads there.
    fn node(to: &[Option<usize>]) -> Node {
        let own = |&to: &Option<usize>| Move("done".to_owned(), to);
        Node {
            values: BTreeMap::new(),
            moves: to.iter().map(own).collect(),
        }
    }

    /// Round a square, with a way that stays and one that leads back.
    fn square() -> Vec<Node> {
        vec![
            node(&[Some(1), Some(2), Some(0)]),
            node(&[Some(0), Some(3), None]),
            node(&[Some(3), Some(0), None]),
            node(&[Some(3), Some(0), Some(4)]),
            node(&[None, None, None]),
        ]
    }

    /// Every sequence of so many actions that meets the goal with the last one
    /// and not before, listed one by one.
    fn listed(
        states: &[Node],
        length: usize,
        goal: &dyn Fn(usize, usize) -> bool,
    ) -> u64 {
        let mut ways = vec![0_usize];
        for _ in 1..length {
            let from = ways.iter().flat_map(|&at| states[at].steps());
            ways = from
                .filter(|&(action, to)| !goal(action, to))
                .map(|(_, to)| to)
                .collect();
        }
        let last = ways.iter().flat_map(|&at| states[at].steps());
        last.filter(|&(action, to)| goal(action, to)).count() as u64
    }

    #[test]
    fn ways_are_counted_as_if_they_were_listed() {
        let states = square();
        for wanted in 1..5 {
            for by in [0, 1, 2, 9] {
                let goal = |action: usize, to: usize| {
                    to == wanted && (by == 9 || action == by)
                };
                let count = |n| listed(&states, n, &goal);
                let first = (1..8).find(|&n| count(n) > 0);
                let found = ways(&states, goal);
                assert_eq!(found.map(|ways| ways.least), first);
                let Some(Ways { least, count: n }) = found else {
                    continue;
                };
                assert_eq!(n, count(least), "to {wanted} by {by}");
                let way = shortest(&states, goal).unwrap();
                assert_eq!(way.len(), least);
                assert_eq!(way.last().unwrap().1, wanted);
            }
        }
        let there = |_, to| to == 4;
        let found = ways(&states, there).unwrap();
        assert_eq!(found, Ways { least: 3, count: 2 });
        assert_eq!(shortest(&states, there).unwrap(), [(0, 1), (1, 3), (2, 4)]);
        assert_eq!(ways(&states, |_, to| to == 5), None);
    }

    #[test]
    fn a_state_that_is_not_reached_is_found() {
        let mut states = square();
        assert_eq!(unreached(&states), None);
        states[3].moves.pop();
        assert_eq!(unreached(&states), Some(4));
    }
}
