//! You are the scheduler: what the figure shows is what the code does.
//!
//! The figure has a graph, in which states that look alike are one. Here every
//! schedule is run to its end, one by one, without a graph; both must agree.

use explore::{Game, Seen, State};
use model::Level;
use std::collections::BTreeMap;
use testing::within_a_minute;

#[path = "../../src/broken.rs"]
#[allow(dead_code, reason = "it is shared with the chapter")]
mod broken;
#[path = "../../examples/scheduler/explore.rs"]
mod explore;
#[path = "../../examples/scheduler/model.rs"]
#[allow(dead_code, reason = "it is shared with the example")]
mod model;
#[path = "../../src/run_queue.rs"]
#[allow(dead_code, reason = "it is shared with the chapter")]
mod run_queue;
#[path = "../../src/slot.rs"]
#[allow(dead_code, reason = "it is shared with the chapter")]
mod slot;
#[path = "../../examples/scheduler/stage.rs"]
mod stage;
#[path = "../../examples/scheduler/sync.rs"]
#[allow(dead_code, reason = "it has what the chapter's has")]
mod sync;

/// How many schedules have which end.
type Ends = BTreeMap<&'static str, u64>;

/// Runs every schedule to its end; each step must lead to the state that the
/// graph says.
fn run_all(level: Level, states: &[State]) -> Ends {
    let mut ends = Ends::new();
    let mut schedule: Vec<usize> = Vec::new();
    loop {
        let mut game = Game::begin(level);
        let mut at = 0;
        let mut seen = game.seen();
        // Which others could have acted, at each step.
        let mut others: Vec<Vec<usize>> = Vec::new();
        for step in 0.. {
            assert_eq!(states[at].seen, seen, "{level:?} {schedule:?}");
            let mut can: Vec<usize> = seen.can_act().collect();
            can.reverse();
            let Some(&least) = can.last() else { break };
            let actor = match schedule.get(step) {
                Some(&actor) => actor,
                None => {
                    schedule.push(least);
                    least
                }
            };
            can.retain(|&other| other > actor);
            others.push(can);
            game.act(actor);
            at = states[at].to[actor].expect("the graph has this step");
            seen = game.seen();
        }
        *ends.entry(seen.end.expect("no actor can act")).or_default() += 1;
        // The next schedule: the last choice that can be another one.
        while let Some(mut left) = others.pop() {
            schedule.truncate(others.len());
            if let Some(next) = left.pop() {
                schedule.push(next);
                break;
            }
        }
        if schedule.is_empty() {
            return ends;
        }
    }
}

/// The same, counted on the graph: the paths from a state to the ends.
fn count(states: &[State], from: usize, known: &mut [Option<Ends>]) -> Ends {
    if let Some(ends) = &known[from] {
        return ends.clone();
    }
    let mut ends = Ends::new();
    if let Some(end) = states[from].seen.end {
        ends.insert(end, 1);
    }
    for &to in states[from].to.iter().flatten() {
        for (end, many) in count(states, to, known) {
            *ends.entry(end).or_default() += many;
        }
    }
    known[from] = Some(ends.clone());
    ends
}

/// The number of schedules with each end, found in both ways.
#[track_caller]
fn ends_of(level: Level) -> Ends {
    within_a_minute(move || {
        let states = explore::states(level);
        let counted = count(&states, 0, &mut vec![None; states.len()]);
        assert_eq!(run_all(level, &states), counted, "{level:?}");
        counted
    })
}

#[test]
fn every_schedule_ends_as_the_figure_says() {
    let levels: [(Level, &[&str]); 5] = [
        (Level::OneLook, &["lost", "read"]),
        (Level::TwoLooks, &["read"]),
        (Level::FirstWaker, &["lost", "read", "vain"]),
        (Level::LatestWaker, &["read", "vain"]),
        (Level::Dropped, &["read", "vain"]),
    ];
    for (level, expected) in levels {
        let ends = ends_of(level);
        let names: Vec<_> = ends.keys().copied().collect();
        assert_eq!(names, expected, "{level:?}");
        let (all, name) = (ends.values().sum::<u64>(), level.name());
        let lose = ends.get("lost").copied().unwrap_or_default();
        println!("{name}: {all} schedules, {lose} lose");
    }
}

/// Plays a schedule, one letter an actor, on the real code.
#[track_caller]
fn played(level: Level, letters: &str) -> Seen {
    let letters = letters.to_owned();
    within_a_minute(move || {
        let actor = |letter| match letter {
            't' => 0,
            'r' => 1,
            _ => 2,
        };
        let schedule: Vec<usize> = letters.chars().map(actor).collect();
        Game::after(level, &schedule).seen()
    })
}

#[test]
fn the_losing_schedules_lose_on_the_real_code() {
    for level in [Level::OneLook, Level::FirstWaker] {
        for schedule in losing(level) {
            let letters: String = schedule
                .iter()
                .map(|&actor| ['t', 'r', 'k'][actor])
                .collect();
            let seen = played(level, &letters);
            assert_eq!(seen.end, Some("lost"), "{level:?} {letters}");
            // The reply is there, the flag says so, and the task sleeps.
            assert_eq!(seen.values[0], ("flag", "up".to_owned()));
            assert!(seen.actors[0].0.is_some(), "{seen:?}");
        }
    }
}

/// Every schedule that loses, from the graph.
fn losing(level: Level) -> Vec<Vec<usize>> {
    let states = explore::states(level);
    let mut found = Vec::new();
    let mut open = vec![(0, Vec::new())];
    while let Some((at, way)) = open.pop() {
        if states[at].seen.end == Some("lost") {
            found.push(way.clone());
        }
        for (actor, to) in states[at].to.iter().enumerate() {
            if let Some(to) = *to {
                open.push((to, [&way[..], &[actor]].concat()));
            }
        }
    }
    assert!(!found.is_empty(), "{level:?}");
    found
}

#[test]
fn the_mended_slot_survives_the_schedules_that_lose_as_far_as_they_fit() {
    // The look, then the reply with nobody to wake, then the store. With one
    // look the task sleeps now; with two it looks again and has the reply.
    let lost = played(Level::OneLook, "tkrrrtt");
    assert_eq!(lost.end, Some("lost"), "{lost:?}");
    let mended = played(Level::TwoLooks, "tkrrrtt");
    assert_eq!(mended.can_act().collect::<Vec<_>>(), [0], "{mended:?}");
    assert_eq!(played(Level::TwoLooks, "tkrrrttt").end, Some("read"));
}

#[test]
#[should_panic(expected = "cannot act")]
fn who_waits_cannot_act() {
    played(Level::OneLook, "r");
}
