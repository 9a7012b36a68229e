//! Does a picture of memory keep the rules? Words fit into their boxes, arrows
//! lead to words that are there, and what is said to be copied is the same in
//! both places.

use std::collections::HashSet;

use crate::definition::{Definition, Picture, Show, State};
use crate::event::{Move, Run, Spot, Value};
use crate::memory::columns::{Columns, rooms};

impl Definition {
    /// What is wrong with places and pointers, and a text near it.
    pub(crate) fn check_memory(&self) -> Result<(), (String, String)> {
        let memory = self.picture == Picture::Memory;
        for state in &self.state {
            // A lane may have the same `id`, which would be found first.
            let near = format!("label = {:?}", state.label);
            self.check_place(state, memory)
                .map_err(|message| (near, message))?;
        }
        if memory && self.state.iter().all(|state| state.place.is_none()) {
            let message =
                "a picture of memory shows a [[state]] with a `place`";
            return Err(("picture".into(), message.into()));
        }
        let mut values = HashSet::new();
        for pointer in &self.pointer {
            // Its value stands in the words, too.
            let near = format!("to = {:?}", pointer.to);
            let state = self.placed().find(|state| state.id == pointer.to);
            let message = match state {
                _ if !memory => "[[pointer]]: in a picture of memory only",
                None => "field `to`: a [[state]] with a `place`",
                _ if !values.insert(&pointer.value) => {
                    "field `value`: there is another one of that value"
                }
                _ => continue,
            };
            return Err((near, message.into()));
        }
        Ok(())
    }

    fn check_place(&self, state: &State, memory: bool) -> Result<(), String> {
        let wrong = match state.place {
            None if !state.above.is_empty() || !state.strong.is_empty() => {
                "fields `above` and `strong`: with a `place` only"
            }
            None => return Ok(()),
            Some(_) if !memory => "field `place`: in a picture of memory only",
            Some(_) if state.show != Show::Words => {
                "field `place`: of `show = \"words\"`"
            }
            Some(_) => {
                return self
                    .check_room(state, &state.start)
                    .map_err(|message| format!("field `start`: {message}"));
            }
        };
        Err(wrong.to_owned())
    }

    /// The displayed values that have a place in the picture.
    pub(crate) fn placed(&self) -> impl Iterator<Item = &State> {
        self.state.iter().filter(|state| state.place.is_some())
    }

    /// Do a value's words fit into their boxes?
    ///
    /// # Errors
    /// Which one does not, and how long it may be.
    pub(crate) fn check_room(
        &self,
        state: &State,
        value: &Value,
    ) -> Result<(), String> {
        let (Some(place), Value::Words(words)) = (state.place, value) else {
            return Ok(());
        };
        let column = Columns::of(self).column(place);
        for word in words {
            let room = rooms(column, words);
            let shown = word.shown.as_ref().unwrap_or(&word.value);
            let head = if column.tall {
                format!("{} {}", word.at, word.means)
            } else {
                word.at.clone()
            };
            let texts = [
                ("at", head.trim_end(), room.at),
                ("value", shown, room.value),
            ];
            for (field, text, room) in texts {
                let length = text.chars().count();
                if length > room {
                    return Err(format!(
                        "{:?}, field `{field}`: {text:?} has {length} \
                         characters; in the picture there is room for {room}",
                        state.id
                    ));
                }
            }
        }
        Ok(())
    }
}

impl Run {
    /// What a step copies was there before it, and is there after it.
    ///
    /// # Errors
    /// Which event, counted from 0, and what is wrong with it.
    pub(crate) fn check_moves(
        &self,
        definition: &Definition,
    ) -> Result<(), (usize, String)> {
        for (nth, event) in self.events.iter().enumerate() {
            for Move { from, to } in &event.moves {
                let own = [(from, nth), (to, nth + 1)];
                let [old, new] =
                    own.map(|(spot, step)| word(definition, self, spot, step));
                let message = match (old, new) {
                    (Err(error), _) | (_, Err(error)) => error,
                    (Ok(old), Ok(new)) if old != new => format!(
                        "{old:?} was there, and {new:?} is here: it is not a copy"
                    ),
                    _ => continue,
                };
                return Err((nth, format!("field `moves`: {message}")));
            }
        }
        Ok(())
    }
}

/// What stands in a place after a step.
fn word<'a>(
    definition: &'a Definition,
    run: &'a Run,
    Spot(id, at): &Spot,
    step: usize,
) -> Result<&'a str, String> {
    let state = definition
        .states(&run.id)
        .find(|state| state.id == *id && state.place.is_some())
        .ok_or_else(|| format!("{id:?} has no place in the picture"))?;
    let word = state.after(run, step).word(at);
    let word = word.ok_or_else(|| format!("{id:?} has no word at {at:?}"))?;
    Ok(&word.value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recording::Recording;
    use crate::tests::{PROBE, SWAP, SWAP_JSON, swap};

    #[track_caller]
    fn wrong(from: &str, to: &str, line: usize, says: &str) {
        assert!(SWAP.contains(from), "the fixture has no {from}");
        let text = SWAP.replacen(from, to, 1);
        let fault = Definition::parse("s.toml", &text).expect_err("a fault");
        assert!(fault.message.contains(says), "{fault}");
        assert_eq!(fault.line, line, "{fault}");
    }

    #[test]
    fn a_place_that_breaks_a_rule_is_refused_at_its_line() {
        wrong("place = \"left\"\n", "", 16, "with a `place` only");
        wrong("place = \"left\"", "place = \"top\"", 18, "unknown variant");
        let words = SWAP.split_once("above").expect("there").1;
        let words = words.split_once("]\n").expect("there").0;
        let words =
            format!("show = \"words\"\nplace = \"left\"\nabove{words}]");
        let text = "place = \"left\"\nstart = \"a\"";
        wrong(&words, text, 16, "of `show");
        wrong("picture = \"memory\"\n", "", 15, "of memory only");
        wrong("\"seven\"", "\"seven and a half\"", 24, "room for 13");
        wrong("\"its rax\"", "\"its register rax\"", 16, "room for 11");
        wrong("to = \"home\"", "to = \"hom\"", 43, "with a `place`");
        let pointer = "value = \"other stack\"\nto";
        wrong(pointer, "value = \"home stack\"\nto", 47, "another one");
        let picture = "alt = \"a\"\npicture = \"memory\"\n#";
        let text = PROBE.replacen("alt =", &format!("{picture} alt ="), 1);
        let fault = Definition::parse("p.toml", &text).expect_err("a fault");
        assert!(fault.message.contains("with a `place`"), "{fault}");
    }

    #[track_caller]
    fn no_copy(from: &str, to: &str, says: &str) {
        assert!(SWAP_JSON.contains(from), "the fixture has no {from}");
        let text = SWAP_JSON.replacen(from, to, 1);
        let recording = Recording::parse("s.json", &text).expect("its form");
        let fault = recording.check("s.json", &text, "swap", &swap());
        let fault = fault.expect_err("a fault");
        assert!(fault.message.contains(says), "{fault}");
        assert_eq!(fault.line, 20, "{fault}");
    }

    #[test]
    fn what_is_copied_is_the_same_in_both_places() {
        no_copy("\"seven\"", "\"nine\"", "it is not a copy");
        no_copy("\"rax\"\n          ", "\"rbx\"\n          ", "no word at");
        no_copy(
            "\"home\",\n                \"−8\"",
            "\"away\",\n                \"−8\"",
            "has no place",
        );
    }
}
