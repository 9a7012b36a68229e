//! A model that is complete: defined, enumerated, and the two fit.

use super::count::{self, Ways};
use super::definition::{Challenge, Definition, Run, Say, When};
use super::drawing;
use super::recording::{Move, Node, Recorded, Recording};
use crate::fault::{Fault, line_of};
use crate::states::line_of_state;

/// A definition with its recording.
#[derive(Debug)]
pub struct Model {
    /// The name of its files, and its address in the page.
    pub name: String,
    /// What was written by hand.
    pub definition: Definition,
    /// Every state.
    pub recording: Recording,
}

impl Model {
    /// A model whose recording is `text`, called `file` in messages.
    ///
    /// # Errors
    /// A [`Fault`] when the recording breaks a rule or does not fit.
    pub fn recorded(
        name: &str,
        definition: Definition,
        (file, text): (&str, &str),
    ) -> Result<Model, Fault> {
        let recording = Recording::parse(file, text)?;
        recording.check(file, text, name, &definition)?;
        Ok(Model {
            name: name.to_owned(),
            definition,
            recording,
        })
    }

    /// Each run as it was defined, with its states.
    pub fn runs(&self) -> impl Iterator<Item = (&Run, &Recorded)> {
        // `check` has seen to it that they are the same, in the same order.
        self.definition.run.iter().zip(&self.recording.levels)
    }

    /// Is a challenge met by the action, counted from 0, that leads to a state?
    pub(super) fn met(
        &self,
        challenge: &Challenge,
        recorded: &Recorded,
        action: usize,
        to: usize,
    ) -> bool {
        let action = &self.definition.action[action].id;
        let by = challenge.by.is_empty() || challenge.by.contains(action);
        by && challenge.state.holds(&recorded.states[to].values)
    }

    /// The shortest ways to what a challenge asks for, if there are any.
    pub fn ways(
        &self,
        challenge: &Challenge,
        recorded: &Recorded,
    ) -> Option<Ways> {
        let goal = |action, to| self.met(challenge, recorded, action, to);
        count::ways(&recorded.states, goal)
    }

    /// One of them: the action of each step and the state to which it leads.
    pub(super) fn shortest(
        &self,
        challenge: &Challenge,
        recorded: &Recorded,
    ) -> Option<Vec<(usize, usize)>> {
        let goal = |action, to| self.met(challenge, recorded, action, to);
        count::shortest(&recorded.states, goal)
    }

    /// The run whose solution of a challenge the still form shows, and that
    /// solution.
    ///
    /// # Errors
    /// When there is none, or when the one that is written down is none.
    pub(super) fn solution(
        &self,
        challenge: &Challenge,
    ) -> Result<(usize, Vec<(usize, usize)>), String> {
        let nth = self.runs().position(|(run, _)| run.id == challenge.run);
        let nth = nth.ok_or("no such run")?;
        let recorded = &self.recording.levels[nth];
        let Some(letters) = &challenge.way else {
            let way = self.shortest(challenge, recorded).ok_or_else(|| {
                format!(
                    "run {:?} has no way to {:?}",
                    challenge.run, challenge.goal
                )
            })?;
            return Ok((nth, way));
        };
        let wrong = || {
            format!(
                "field `way`: {letters:?} is no solution of {:?} in run {:?}",
                challenge.goal, challenge.run
            )
        };
        let mut way: Vec<(usize, usize)> = Vec::new();
        for letter in letters.chars() {
            let mut actions = self.definition.action.iter();
            let action = actions.position(|own| own.key == letter);
            let at = way.last().map_or(0, |(_, to)| *to);
            let mut steps = recorded.states[at].steps();
            let step = steps.find(|(own, _)| Some(*own) == action);
            way.push(step.ok_or_else(wrong)?);
        }
        match way.last() {
            Some(&(action, to))
                if self.met(challenge, recorded, action, to) =>
            {
                Ok((nth, way))
            }
            _ => Err(wrong()),
        }
    }

    /// What is said of an action, counted from 0, in a state of a run.
    pub(super) fn say(
        &self,
        run: &Run,
        recorded: &Recorded,
        node: &Node,
        action: usize,
    ) -> Result<(usize, &Say), String> {
        let Move(answer, to) = &node.moves[action];
        let after = to.map_or(node, |to| &recorded.states[to]);
        let id = &self.definition.action[action].id;
        let fits = |say: &Say| {
            say.action.texts().contains(id)
                && say.answer.texts().contains(answer)
                && say.before.holds(&node.values)
                && say.after.holds(&after.values)
                && (say.runs.is_empty() || say.runs.contains(&run.id))
        };
        let mut all = self.definition.say.iter().enumerate();
        all.find(|(_, say)| fits(say)).ok_or_else(|| {
            format!("no [[say]] for action {id:?} with answer {answer:?}")
        })
    }

    /// All that can be done has words, all words are used, every shape is
    /// seen, every text that a value must be is one that it can be, and every
    /// challenge has the solution that is shown: how many words were looked
    /// up. The files are named for messages.
    ///
    /// # Errors
    /// The first [`Fault`] that is found.
    pub fn check_words(
        &self,
        (file, text): (&str, &str),
        (definition, defined): (&str, &str),
    ) -> Result<usize, Fault> {
        let mut count = 0;
        let mut used = vec![false; self.definition.say.len()];
        for (nth, (run, recorded)) in self.runs().enumerate() {
            for (index, node) in recorded.states.iter().enumerate() {
                for action in 0..node.moves.len() {
                    let (own, _) = self
                        .say(run, recorded, node, action)
                        .map_err(|error| Fault {
                            file: file.to_owned(),
                            line: line_of_state(text, nth, index),
                            message: format!(
                                "run {:?}, state {index}: {error}",
                                run.id
                            ),
                        })?;
                    used[own] = true;
                    count += 1;
                }
            }
        }
        self.unused(&used).map_err(|(near, message)| Fault {
            file: definition.to_owned(),
            line: line_of(defined, &near),
            message,
        })?;
        Ok(count)
    }

    /// What is defined and never comes true, and a text near it.
    fn unused(&self, used: &[bool]) -> Result<(), (String, String)> {
        let says = self.definition.say.iter().zip(used);
        if let Some((say, _)) = says.into_iter().find(|(_, used)| !**used) {
            let message = format!("[[say]]: it is never said: {:?}", say.text);
            return Err((format!("text = {:?}", say.text), message));
        }
        let states = || self.recording.levels.iter().flat_map(|r| &r.states);
        let pieces = drawing::pieces(&self.definition, &self.recording);
        for (nth, shape) in self.definition.shape.iter().enumerate() {
            let mut own = pieces.iter().filter(|piece| piece.shape == nth);
            if !own.any(|piece| states().any(|node| piece.seen(node))) {
                let message = format!("[[shape]]: it is never seen: {shape:?}");
                return Err(("[[shape]]".to_owned(), message));
            }
        }
        let definition = &self.definition;
        let shapes = definition.shape.iter().map(|shape| &shape.when);
        let says = definition.say.iter().flat_map(|s| [&s.before, &s.after]);
        let goals = definition.challenge.iter().map(|c| &c.state);
        let all: Vec<&When> = shapes.chain(says).chain(goals).collect();
        for (id, text) in all.into_iter().flat_map(When::pairs) {
            if !states().any(|node| node.values.get(id) == Some(text)) {
                let message = format!("{id:?} is never {text:?}");
                return Err((format!("{text:?}"), message));
            }
        }
        for challenge in &definition.challenge {
            self.solution(challenge).map_err(|message| {
                (format!("goal = {:?}", challenge.goal), message)
            })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::model::count::Ways;
    use crate::model::tests::{JSON, TOML, counter};
    use crate::model::{Definition, Model};

    fn model(toml: &str, json: &str) -> Model {
        let definition = Definition::parse("c.toml", toml).unwrap();
        Model::recorded("counter", definition, ("c.json", json)).unwrap()
    }

    #[test]
    fn the_ways_to_a_challenge_are_counted_in_each_run() {
        let model = counter();
        let ways = |challenge: usize| -> Vec<Option<(usize, u64)>> {
            let own = &model.definition.challenge[challenge];
            let ways = model.runs().map(|(_, run)| model.ways(own, run));
            let pair = |Ways { least, count }: Ways| (least, count);
            ways.map(|found| found.map(pair)).collect()
        };
        // Two loaves do not fit on the small counter.
        assert_eq!(ways(0), [None, Some((3, 1))]);
        assert_eq!(ways(1), [Some((1, 1)), Some((1, 1))]);
    }

    #[test]
    fn a_solution_may_be_chosen_and_must_be_one() {
        let way = |letters: &str| {
            let own = format!("run = \"large\"\nway = {letters:?}");
            let toml = TOML.replacen("run = \"large\"", &own, 1);
            let model = model(&toml, JSON);
            model.solution(&model.definition.challenge[0])
        };
        let (run, way_there) = way("bsbbc").unwrap();
        assert_eq!((run, way_there.len()), (1, 5));
        for wrong in ["bb", "s", "x", ""] {
            assert!(way(wrong).unwrap_err().contains("`way`"), "{wrong}");
        }
    }

    #[track_caller]
    fn faulty(from: &str, to: &str, near: &str, says: &str) {
        let toml = TOML.replacen(from, to, 1);
        assert_ne!(toml, TOML, "{from:?} is not in the fixture");
        let files = (("c.json", JSON), ("c.toml", &*toml));
        let fault = model(&toml, JSON).check_words(files.0, files.1);
        let fault = fault.unwrap_err();
        assert!(fault.message.contains(says), "{fault}");
        if !near.is_empty() {
            assert_eq!(fault.line, crate::fault::line_of(&toml, near));
        }
    }

    #[test]
    fn all_has_words_and_nothing_is_defined_for_nothing() {
        let files = (("c.json", JSON), ("c.toml", TOML));
        let count = counter().check_words(files.0, files.1).unwrap();
        let moves = counter().recording.levels.iter().fold(0, |sum, run| {
            sum + run.states.iter().map(|s| s.moves.len()).sum::<usize>()
        });
        assert_eq!(count, moves);
        faulty("answer = \"sold\"", "answer = \"gone\"", "", "no [[say]]");
        let more = "text = \"Never.\"\n\n[[say]]\naction = \"bake\"\n";
        let more = format!("{more}answer = \"one\"\ntext = \"A loaf");
        faulty("text = \"A loaf", &more, "", "it is never said");
        faulty(
            "after = { loaves = \"2\" }",
            "after = { loaves = \"7\" }",
            "",
            "never",
        );
        faulty(
            "when = { door = \"closed\" }",
            "when = { door = \"ajar\" }",
            "[[shape]]",
            "never seen",
        );
        faulty(
            "state = { loaves = \"2\"",
            "state = { loaves = \"9\"",
            "\"9\"",
            "\"loaves\" is never \"9\"",
        );
        faulty("run = \"large\"", "run = \"small\"", "goal = ", "no way to");
    }
}
