//! Every state that the model can be in, found by runs of the real kernel.
//!
//! For each state that is known, each action is tried, in a run of its own from
//! the beginning, on a new socket. Runs after which the kernel tells the same
//! are one state, but only if they go on alike, too: whatever may be done next,
//! for [`DEPTH`] actions, must be answered alike and look alike. Where it does
//! not, something that matters is hidden, and there is no result.

use crate::kernel::{Action, Kernel, Mode, Outcome, Seen};
use std::collections::HashMap;
use std::io;

/// How far the futures of runs that look alike are compared.
const DEPTH: usize = 2;

/// What of a state is its name: all of it, except in a test.
pub type View = fn(Seen) -> Seen;

/// A state of the model.
#[derive(Clone, Debug)]
pub struct State {
    /// What the kernel tells.
    pub seen: Seen,
    /// A shortest run that leads there.
    pub way: Vec<Action>,
    /// For each action: what came of it, and to which state it leads if it
    /// could be tried.
    pub moves: Vec<(Outcome, Option<usize>)>,
}

/// A run: what came of each action, and what the kernel tells at its end.
pub fn run(
    mode: Mode,
    way: &[Action],
    view: View,
) -> io::Result<(Vec<Outcome>, Seen)> {
    let mut kernel = Kernel::new(mode)?;
    let outcomes = way.iter().map(|&action| kernel.act(action));
    let outcomes = outcomes.collect::<io::Result<_>>()?;
    Ok((outcomes, view(kernel.seen()?)))
}

/// All states of a mode; the first one is the beginning.
///
/// # Errors
/// Two runs that look alike and go on differently, or what the system reports.
pub fn states(mode: Mode, view: View) -> io::Result<Vec<State>> {
    let (_, seen) = run(mode, &[], view)?;
    let mut known = HashMap::from([(seen.clone(), 0)]);
    let mut states = vec![state(seen, Vec::new())];
    // Runs that end in a state to which another one has led before.
    let mut alike = Vec::new();
    let mut next = 0;
    while next < states.len() {
        for action in Action::ALL {
            let way = [&states[next].way[..], &[action]].concat();
            let (mut outcomes, seen) = run(mode, &way, view)?;
            let outcome = outcomes.remove(way.len() - 1);
            if let Outcome::Barred(_) = outcome {
                states[next].moves.push((outcome, None));
                continue;
            }
            let to = *known.entry(seen.clone()).or_insert(states.len());
            states[next].moves.push((outcome, Some(to)));
            if to == states.len() {
                states.push(state(seen, way));
            } else {
                alike.push((way, to));
            }
        }
        next += 1;
    }
    go_on_alike(mode, view, &states, &alike)?;
    Ok(states)
}

fn state(seen: Seen, way: Vec<Action>) -> State {
    let moves = Vec::new();
    State { seen, way, moves }
}

/// Does each run in `alike` go on as the run of the state to which it leads?
fn go_on_alike(
    mode: Mode,
    view: View,
    states: &[State],
    alike: &[(Vec<Action>, usize)],
) -> io::Result<()> {
    let futures = futures();
    let after = |way: &[Action], future: &Vec<Action>| {
        let (outcomes, seen) = run(mode, &[way, future].concat(), view)?;
        Ok((outcomes[way.len()..].to_vec(), seen))
    };
    for (nth, State { way: own, .. }) in states.iter().enumerate() {
        let expected = futures.iter().map(|future| after(own, future));
        let expected = expected.collect::<io::Result<Vec<_>>>()?;
        for (way, _) in alike.iter().filter(|(_, to)| *to == nth) {
            for (future, expected) in futures.iter().zip(&expected) {
                if after(way, future)? != *expected {
                    return Err(io::Error::other(format!(
                        "{way:?} and {own:?} look alike, but not after \
                         {future:?}"
                    )));
                }
            }
        }
    }
    Ok(())
}

/// All that can be done next, one action or more.
fn futures() -> Vec<Vec<Action>> {
    let mut all: Vec<Vec<Action>> = vec![Vec::new()];
    let mut from = 0;
    for _ in 0..DEPTH {
        let to = all.len();
        for index in from..to {
            for action in Action::ALL {
                all.push([&all[index][..], &[action]].concat());
            }
        }
        from = to;
    }
    all.split_off(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::OnceLock;

    fn whole(seen: Seen) -> Seen {
        seen
    }

    /// The states of each mode, enumerated once for all tests.
    fn all() -> impl Iterator<Item = (Mode, &'static [State])> {
        static ALL: [OnceLock<Vec<State>>; 3] = [const { OnceLock::new() }; 3];
        Mode::ALL.into_iter().zip(&ALL).map(|(mode, own)| {
            let found = own.get_or_init(|| states(mode, whole).unwrap());
            (mode, found.as_slice())
        })
    }

    /// The graph says what a run does: every answer, and what is seen at its
    /// end.
    #[track_caller]
    fn predicted(mode: Mode, states: &[State], way: &[Action]) {
        let (outcomes, seen) = run(mode, way, whole).unwrap();
        let mut at = 0;
        for (action, outcome) in way.iter().zip(&outcomes) {
            let nth = Action::ALL.iter().position(|own| own == action);
            let (expected, to) = &states[at].moves[nth.unwrap()];
            assert_eq!(outcome, expected, "{mode:?} {way:?}: {action:?}");
            at = to.unwrap_or(at);
        }
        assert_eq!(seen, states[at].seen, "{mode:?} {way:?}");
    }

    #[test]
    fn long_runs_at_random_do_what_the_states_say() {
        // The numbers of Numerical Recipes: the same in every test.
        let mut dice = 1_u32;
        for (mode, states) in all() {
            let mut ends = vec![0; states.len()];
            for length in (20..60).cycle().take(400) {
                let mut at = 0;
                let mut way = Vec::new();
                for _ in 0..length {
                    dice = dice.wrapping_mul(1_664_525);
                    dice = dice.wrapping_add(1_013_904_223);
                    let nth = (dice >> 16) as usize % Action::ALL.len();
                    // What cannot be taken back is done rarely: a run in which
                    // it came soon would tell little.
                    let last = matches!(
                        Action::ALL[nth],
                        Action::End | Action::Remove | Action::CloseOriginal
                    );
                    if last && !(dice >> 8).is_multiple_of(16) {
                        continue;
                    }
                    way.push(Action::ALL[nth]);
                    at = states[at].moves[nth].1.unwrap_or(at);
                }
                ends[at] += 1;
                predicted(mode, states, &way);
            }
            let ends = ends.iter().filter(|count| **count > 0).count();
            assert!(ends > 20, "{mode:?}: only {ends} states at the end");
        }
    }

    #[test]
    fn every_short_run_does_what_the_states_say() {
        for (mode, states) in all() {
            for first in Action::ALL {
                for future in futures() {
                    let way = [&[first], &future[..]].concat();
                    predicted(mode, states, &way);
                }
            }
        }
    }

    #[test]
    fn a_state_that_hides_what_matters_is_found_out() {
        // Without it, bytes of which a wait tells and bytes of which it
        // doesn't look alike.
        let hides = |seen: Seen| Seen {
            report: None,
            ..seen
        };
        let error = states(Mode::Edge, hides).unwrap_err().to_string();
        assert!(error.contains("look alike, but not after"), "{error}");
        // A level-triggered entry has no such secret.
        states(Mode::Level, hides).unwrap();
    }

    #[test]
    fn each_state_is_reached_by_its_run() {
        for (mode, states) in all() {
            for state in states {
                let (_, seen) = run(mode, &state.way, whole).unwrap();
                assert_eq!(seen, state.seen);
            }
        }
    }
}
