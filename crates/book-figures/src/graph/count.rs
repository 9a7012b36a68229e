//! How many schedules there are, and how they end: counted on the graph, not
//! listed one by one.
//!
//! A schedule is a path from the first state to an end. The number of paths to
//! a state is the sum of those to the states before it, so that each state is
//! looked at once however many schedules pass through it.

use std::collections::{BTreeMap, VecDeque};

use super::recording::Node;

/// How a level's schedules end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Odds {
    /// How many schedules there are.
    pub schedules: u64,
    /// How many end in each way that is reached, by the end's name.
    pub ends: BTreeMap<String, u64>,
    /// How many steps the longest one has.
    pub longest: usize,
}

/// The states in an order in which every step leads forward.
///
/// # Errors
/// The number of a state, counted from 0, that leads back to itself.
pub(super) fn forward(states: &[Node]) -> Result<Vec<usize>, usize> {
    let mut into = vec![0_usize; states.len()];
    for (_, to) in states.iter().flat_map(Node::moves) {
        into[to] += 1;
    }
    let mut free: VecDeque<usize> = (0..states.len())
        .filter(|&state| into[state] == 0)
        .collect();
    let mut order = Vec::with_capacity(states.len());
    while let Some(state) = free.pop_front() {
        order.push(state);
        for (_, to) in states[state].moves() {
            into[to] -= 1;
            if into[to] == 0 {
                free.push_back(to);
            }
        }
    }
    match into.iter().position(|&left| left > 0) {
        Some(state) => Err(state),
        None => Ok(order),
    }
}

/// For each state: the steps of the longest way there.
pub(super) fn depths(states: &[Node], order: &[usize]) -> Vec<usize> {
    let mut depth = vec![0; states.len()];
    for &state in order {
        for (_, to) in states[state].moves() {
            depth[to] = depth[to].max(depth[state] + 1);
        }
    }
    depth
}

/// Counts; `order` is that of [`forward`]. None if the numbers are too large.
pub(super) fn odds(states: &[Node], order: &[usize]) -> Option<Odds> {
    let mut ways = vec![0_u64; states.len()];
    if let Some(first) = ways.first_mut() {
        *first = 1;
    }
    let mut ends = BTreeMap::new();
    let mut schedules = 0_u64;
    for &state in order {
        for (_, to) in states[state].moves() {
            ways[to] = ways[to].checked_add(ways[state])?;
        }
        if let Some(end) = &states[state].end {
            schedules = schedules.checked_add(ways[state])?;
            *ends.entry(end.clone()).or_insert(0) += ways[state];
        }
    }
    let longest = depths(states, order).into_iter().max().unwrap_or(0);
    Some(Odds {
        schedules,
        ends,
        longest,
    })
}

/// A shortest schedule with that end: the actor of each step and the state to
/// which it leads. Of several, the one whose actors come first.
pub(super) fn shortest(
    states: &[Node],
    end: &str,
) -> Option<Vec<(usize, usize)>> {
    let mut from: Vec<Option<(usize, usize)>> = vec![None; states.len()];
    let mut queue = VecDeque::from([0]);
    while let Some(state) = queue.pop_front() {
        if states.get(state)?.end.as_deref() == Some(end) {
            let mut way = Vec::new();
            let mut at = state;
            while let Some((actor, before)) = from[at] {
                way.push((actor, at));
                at = before;
            }
            way.reverse();
            return Some(way);
        }
        for (actor, to) in states[state].moves() {
            if to != 0 && from[to].is_none() {
                from[to] = Some((actor, state));
                queue.push_back(to);
            }
        }
    }
    None
}

impl Node {
    /// Which actors can act, counted from 0, and where that leads.
    pub fn moves(&self) -> impl Iterator<Item = (usize, usize)> {
        let actors = self.actors.iter().enumerate();
        actors.filter_map(|(nth, actor)| Some((nth, actor.to?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::recording::Actor;

    /// A state from which those steps lead.
    fn node(to: &[Option<usize>], end: Option<&str>) -> Node {
        let actor = |&to: &Option<usize>| Actor {
            lane: "a".to_owned(),
            source: None,
            after: None,
            to,
        };
        Node {
            values: BTreeMap::new(),
            actors: to.iter().map(actor).collect(),
            end: end.map(str::to_owned),
        }
    }

    /// A square and a tail: two ways to the middle, two from there.
    fn square() -> Vec<Node> {
        vec![
            node(&[Some(1), Some(2)], None),
            node(&[None, Some(3)], None),
            node(&[Some(3), None], None),
            node(&[Some(4), Some(5)], None),
            node(&[None, None], Some("good")),
            node(&[Some(6), None], None),
            node(&[None, None], Some("bad")),
        ]
    }

    #[test]
    fn every_path_is_one_schedule() {
        let states = square();
        let order = forward(&states).unwrap();
        let odds = odds(&states, &order).unwrap();
        assert_eq!(odds.schedules, 4);
        assert_eq!(odds.ends["good"], 2);
        assert_eq!(odds.ends["bad"], 2);
        assert_eq!(odds.longest, 4);
        assert_eq!(depths(&states, &order), [0, 1, 1, 2, 3, 3, 4]);
    }

    #[test]
    fn a_way_back_is_found() {
        let mut states = square();
        states[6].actors[0].to = Some(3);
        assert!(matches!(forward(&states), Err(3 | 5 | 6)));
    }

    #[test]
    fn more_schedules_than_can_be_counted_are_no_small_number() {
        // Two ways on from each of 70 states.
        let mut states: Vec<Node> = (0..70)
            .map(|n| node(&[Some(n + 1), Some(n + 1)], None))
            .collect();
        states.push(node(&[], Some("good")));
        let order = forward(&states).unwrap();
        assert_eq!(odds(&states, &order), None);
    }

    #[test]
    fn the_shortest_schedule_is_a_path_to_that_end() {
        let states = square();
        let way = shortest(&states, "bad").unwrap();
        assert_eq!(way, [(0, 1), (1, 3), (1, 5), (0, 6)]);
        assert_eq!(shortest(&states, "other"), None);
    }
}
