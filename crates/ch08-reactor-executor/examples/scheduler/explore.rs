//! Every state that a level can be in, found by running it.
//!
//! Nothing is computed about the code: for each state that is known, each
//! actor that can act is let act, in a run of its own from the beginning.
//! States that look alike are one state. That they also go on alike is what
//! `tests/schedules` shows: it runs every schedule, each to its end.

use crate::model::{Level, Model};
use crate::stage::{Line, Play, Stand};
use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};

/// What is seen of a state. It is the state's name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Seen {
    /// The displayed values, by their names.
    pub values: Vec<(&'static str, String)>,
    /// Each actor: the line that it runs next, the one that it has run last,
    /// as `file:line`, and whether it can act.
    pub actors: Vec<(Option<String>, Option<String>, bool)>,
    /// How it has ended, if no actor can act.
    pub end: Option<&'static str>,
}

/// A state, and where each actor's next step leads: the number of a state.
#[derive(Clone, Debug)]
pub struct State {
    /// What is seen of it.
    pub seen: Seen,
    /// For each actor.
    pub to: Vec<Option<usize>>,
}

/// A level that is being played.
#[derive(Debug)]
pub struct Game {
    model: Model,
    play: Play,
}

impl Game {
    /// At its beginning.
    pub fn begin(level: Level) -> Game {
        let model = Model::new(level);
        let play = Play::begin(model.actors());
        Game { model, play }
    }

    /// Plays a schedule: who acts, step by step.
    pub fn after(level: Level, schedule: &[usize]) -> Game {
        let mut game = Game::begin(level);
        for &actor in schedule {
            game.play.act(actor);
        }
        game
    }

    /// Lets an actor take a step.
    pub fn act(&mut self, actor: usize) {
        self.play.act(actor);
    }

    /// What is seen now.
    pub fn seen(&self) -> Seen {
        let stands = self.play.stands();
        let name = |line: Option<Line>| line.map(name);
        let see =
            |stand: &Stand| (name(stand.at), name(stand.after), stand.can_act);
        let over = !stands.iter().any(|stand| stand.can_act);
        Seen {
            values: self.model.values(&stands),
            actors: stands.iter().map(see).collect(),
            end: over.then(|| self.model.end(&stands)),
        }
    }
}

impl Seen {
    /// Who can act.
    pub fn can_act(&self) -> impl Iterator<Item = usize> {
        let actors = self.actors.iter().enumerate();
        actors.filter_map(|(nth, &(_, _, can))| can.then_some(nth))
    }
}

/// All states of a level; the first one is the beginning.
pub fn states(level: Level) -> Vec<State> {
    let first = Game::begin(level).seen();
    let mut known = HashMap::from([(first.clone(), 0)]);
    let to = vec![None; first.actors.len()];
    let mut states = vec![State { seen: first, to }];
    // A schedule that leads to each state.
    let mut ways: Vec<Vec<usize>> = vec![Vec::new()];
    let mut next = 0;
    while next < states.len() {
        let can: Vec<usize> = states[next].seen.can_act().collect();
        for actor in can {
            let way = [&ways[next][..], &[actor]].concat();
            let seen = Game::after(level, &way).seen();
            let to = *known.entry(seen.clone()).or_insert(states.len());
            states[next].to[actor] = Some(to);
            if to == states.len() {
                let to = vec![None; seen.actors.len()];
                states.push(State { seen, to });
                ways.push(way);
            }
        }
        next += 1;
    }
    states
}

/// `file:line`, without the way there and back that leads to a file which is
/// included by its path.
fn name(line: Line) -> String {
    let mut path = PathBuf::new();
    for part in Path::new(line.file()).components() {
        match part {
            Component::ParentDir => drop(path.pop()),
            other => path.push(other),
        }
    }
    let path = path.to_string_lossy().replace('\\', "/");
    format!("{path}:{}", line.line())
}
