//! A graph that is complete: defined, enumerated, and the two fit.

use super::count::{self, Odds};
use super::definition::{Definition, Level, Words};
use super::recording::{Actor, Recorded, Recording};
use crate::code::Part;
use crate::fault::{Fault, line_of};
use crate::states::line_of_state;

/// A definition with its recording, and the code that it shows.
#[derive(Debug)]
pub struct Graph {
    /// The name of its files, and its address in the page.
    pub name: String,
    /// What was written by hand.
    pub definition: Definition,
    /// Every state.
    pub recording: Recording,
    /// The parts of code of each level.
    code: Vec<Vec<Part>>,
}

/// Where an actor stands, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stand<'a> {
    /// What it does next, or while it waits. None if it is done.
    pub(super) words: Option<&'a str>,
    /// The number of its line of code, counted from 0.
    pub(super) line: Option<usize>,
}

impl Graph {
    /// A graph whose recording is `text`, called `file` in messages. `code`
    /// has what each level of the definition shows, in their order.
    ///
    /// # Errors
    /// A [`Fault`] when the recording breaks a rule or does not fit.
    pub fn recorded(
        name: &str,
        definition: Definition,
        (file, text): (&str, &str),
        code: Vec<Vec<Part>>,
    ) -> Result<Graph, Fault> {
        let recording = Recording::parse(file, text)?;
        recording.check(file, text, name, &definition)?;
        Ok(Graph {
            name: name.to_owned(),
            definition,
            recording,
            code,
        })
    }

    /// Each level as it was defined, with its states.
    pub fn levels(&self) -> impl Iterator<Item = (&Level, &Recorded)> {
        // `check` has seen to it that they are the same, in the same order.
        self.definition.run.iter().zip(&self.recording.levels)
    }

    /// The code that a level shows, counted from 0.
    pub(super) fn code(&self, level: usize) -> &[Part] {
        self.code.get(level).map_or(&[], Vec::as_slice)
    }

    /// How many schedules a level has and how they end. None if there is no
    /// such level, or more schedules than can be counted.
    pub fn odds(&self, level: &str) -> Option<Odds> {
        let (_, recorded) = self.levels().find(|(own, _)| own.id == level)?;
        let order = count::forward(&recorded.states).ok()?;
        count::odds(&recorded.states, &order)
    }

    /// How many of a level's schedules lose.
    pub fn losing(&self, level: &Level, odds: &Odds) -> u64 {
        let lose = level.end.iter().filter(|end| end.loses);
        lose.filter_map(|end| odds.ends.get(&end.id)).sum()
    }

    /// A shortest schedule of a level that ends so: the names of the actors,
    /// one for each step.
    pub fn schedule(&self, level: &str, end: &str) -> Option<Vec<&str>> {
        let (_, recorded) = self.levels().find(|(own, _)| own.id == level)?;
        let way = count::shortest(&recorded.states, end)?;
        way.iter()
            .map(|&(actor, _)| {
                let lane = self.definition.lane.get(actor)?;
                Some(lane.id.as_str())
            })
            .collect()
    }

    /// The schedule that a level shows: the actor of each step and the state to
    /// which it leads, counted from 0.
    ///
    /// # Errors
    /// When there is none, or when the one that is written down is none or has
    /// another end.
    pub(super) fn way(
        &self,
        level: &Level,
        recorded: &Recorded,
    ) -> Result<Vec<(usize, usize)>, String> {
        let states = &recorded.states;
        let Some(letters) = &level.schedule else {
            return count::shortest(states, &level.show)
                .ok_or_else(|| format!("nothing ends as {:?}", level.show));
        };
        let wrong = || {
            format!(
                "level {:?}, field `schedule`: {letters:?} is no schedule \
                 that ends as {:?}",
                level.id, level.show
            )
        };
        let mut way = Vec::new();
        let mut at = 0;
        for letter in letters.chars() {
            let lanes = &self.definition.lane;
            let actor = lanes.iter().position(|lane| lane.key == letter);
            let mut moves = states[at].moves();
            let step = moves.find(|(own, _)| Some(*own) == actor);
            let (actor, to) = step.ok_or_else(wrong)?;
            at = to;
            way.push((actor, to));
        }
        if states[at].end.as_ref() != Some(&level.show) {
            return Err(wrong());
        }
        Ok(way)
    }

    /// Where an actor stands, in words; the level is counted from 0.
    ///
    /// # Errors
    /// When its line is not shown, or has no words.
    pub(super) fn stand<'a>(
        &'a self,
        nth: usize,
        level: &Level,
        actor: &Actor,
    ) -> Result<Stand<'a>, String> {
        let Some(source) = &actor.source else {
            let (words, line) = (None, None);
            return Ok(Stand { words, line });
        };
        let line = source.find(self.code(nth)).ok_or_else(|| {
            format!(
                "{:?} of {} is not in the code that is shown; record the \
                 figure again",
                source.text, source.file
            )
        })?;
        let missing = |field: &str| {
            format!(
                "no [[step]] has `{field}` for {:?} of lane {:?}",
                source.text, actor.lane
            )
        };
        let words = self.words(level, actor).ok_or_else(|| missing("does"))?;
        let words = match (actor.to, &words.waits) {
            (Some(_), _) => &words.does,
            (None, Some(waits)) => waits,
            (None, None) => return Err(missing("waits")),
        };
        Ok(Stand {
            words: Some(words),
            line: Some(line),
        })
    }

    /// The words for what an actor does next: the first that fit.
    fn words(&self, level: &Level, actor: &Actor) -> Option<&Words> {
        let mut all = self.definition.step.iter();
        all.find(|words| words.fit(&level.id, actor))
    }

    /// Every line of code that the recording names is shown and has words, and
    /// all words are used: how many lines. The files are named for messages.
    ///
    /// # Errors
    /// The first [`Fault`] that is found.
    pub fn check_sources(
        &self,
        (file, text): (&str, &str),
        (definition, defined): (&str, &str),
    ) -> Result<usize, Fault> {
        let mut count = 0;
        let mut used = vec![false; self.definition.step.len()];
        for (nth, (level, recorded)) in self.levels().enumerate() {
            for (index, state) in recorded.states.iter().enumerate() {
                for actor in &state.actors {
                    self.stand(nth, level, actor).map_err(|error| Fault {
                        file: file.to_owned(),
                        line: line_of_state(text, nth, index),
                        message: format!(
                            "level {:?}, state {index}: {error}",
                            level.id
                        ),
                    })?;
                    let words = self.words(level, actor);
                    for (own, used) in
                        self.definition.step.iter().zip(&mut used)
                    {
                        *used |= words.is_some_and(|w| std::ptr::eq(w, own));
                    }
                    count += usize::from(actor.source.is_some());
                }
            }
        }
        match self
            .definition
            .step
            .iter()
            .zip(used)
            .find(|(_, used)| !used)
        {
            None => Ok(count),
            Some((words, _)) => Err(Fault {
                file: definition.to_owned(),
                line: line_of(defined, &format!("at = {:?}", words.at)),
                message: format!(
                    "[[step]]: no actor ever stands at {:?}",
                    words.at
                ),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::graph::tests::{JSON, TOML, baker, code};
    use crate::graph::{Definition, Graph};

    fn graph(toml: &str, json: &str) -> Graph {
        let definition = Definition::parse("b.toml", toml).unwrap();
        Graph::recorded("baker", definition, ("b.json", json), code()).unwrap()
    }

    #[test]
    fn the_levels_are_counted_from_their_states() {
        let graph = baker();
        let odds = graph.odds("late").unwrap();
        assert_eq!(odds.schedules, odds.ends.values().sum::<u64>());
        let (level, _) = graph.levels().next().unwrap();
        assert_eq!(graph.losing(level, &odds), odds.ends["burnt"]);
        let schedule = graph.schedule("late", "burnt").unwrap();
        assert!(schedule.len() <= odds.longest, "{schedule:?}");
        assert_eq!(graph.odds("never"), None);
        assert_eq!(graph.schedule("late", "never"), None);
    }

    #[test]
    fn a_schedule_may_be_chosen_and_must_have_its_end() {
        let way = |letters: &str| {
            let own = format!("show = \"baked\"\nschedule = {letters:?}");
            let toml = TOML.replacen("show = \"baked\"", &own, 1);
            let graph = graph(&toml, JSON);
            let (level, recorded) = graph.levels().nth(1).unwrap();
            graph.way(level, recorded)
        };
        assert_eq!(way("cbbb").unwrap(), [(1, 2), (0, 3), (0, 4), (0, 5)]);
        for wrong in ["cbb", "cc", "x", ""] {
            assert!(way(wrong).unwrap_err().contains("`schedule`"), "{wrong}");
        }
    }

    #[test]
    fn every_line_has_words_and_all_words_are_used() {
        let files = (("b.json", JSON), ("b.toml", TOML));
        let lines = baker().check_sources(files.0, files.1).unwrap();
        assert!(lines > 4, "{lines}");
        let without = TOML.replacen("waits = ", "# waits = ", 1);
        let fault = graph(&without, JSON).check_sources(files.0, files.1);
        let fault = fault.unwrap_err();
        assert!(fault.message.contains("has `waits` for"), "{fault}");
        assert!(fault.line > 1, "{fault}");
        let more =
            format!("{TOML}\n[[step]]\nat = \"sing\"\ndoes = \"sings\"\n");
        let fault = graph(&more, JSON)
            .check_sources(files.0, ("b.toml", &more))
            .unwrap_err();
        assert_eq!(fault.line, more.lines().count() - 1, "{fault}");
        let moved =
            JSON.replacen("\"text\": \"bake();\"", "\"text\": \"b();\"", 1);
        let fault = graph(TOML, &moved).check_sources(files.0, files.1);
        assert!(fault.unwrap_err().message.contains("is not in the code"));
    }
}
