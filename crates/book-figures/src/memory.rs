//! A run as a picture of memory: stacks, registers and other words are boxes
//! that stay where they are, and each step has what is in them after it.
//!
//! A pointer is an arrow from the word that holds it to what it points to. A
//! word that a step has changed is marked, and an arrow of another kind leads to
//! it from the word of which it is a copy.

mod check;
mod columns;

use std::fmt::Write as _;

use self::columns::{ABOVE, HEAD, PAD, Shelf, WIDTH, shelves, value_at};
use crate::definition::{Definition, Place, Run as Wanted};
use crate::event::{Run, Spot, Value, Word};
use crate::svg::{Frame, rect, text};
use crate::text::{attribute, plain};

/// How far an arrow between two boxes of one column leaves it.
const LOOP: f64 = 20.0;
/// How far an arrow's head reaches.
const HEAD_LENGTH: f64 = 7.0;

/// Draws a run. `label` says what the picture shows.
pub(crate) fn svg(
    definition: &Definition,
    wanted: &Wanted,
    run: &Run,
    frame: Frame,
    label: &str,
) -> String {
    debug_assert_eq!(wanted.id, run.id, "they are the same, in one order");
    let (shelves, height) = shelves(definition, run);
    let picture = Picture {
        definition,
        run,
        shelves,
    };
    let mut svg = format!(
        "<svg class=\"fig-svg fig-words-placed\" role=\"img\" aria-label=\"{}\" \
         viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" \
         height=\"{height}\">",
        attribute(label)
    );
    let steps = match frame {
        Frame::All => 0..run.events.len() + 1,
        Frame::Until(step) => step..step + 1,
    };
    for shelf in &picture.shelves {
        svg += &picture.frame(shelf);
    }
    for step in steps {
        let now = matches!(frame, Frame::Until(_));
        svg += &picture.instant(step, now);
    }
    svg + "</svg>"
}

struct Picture<'a> {
    definition: &'a Definition,
    run: &'a Run,
    shelves: Vec<Shelf<'a>>,
}

/// A word's place in the picture.
#[derive(Clone, Copy)]
struct Row<'a> {
    shelf: &'a Shelf<'a>,
    nth: usize,
}

impl Row<'_> {
    fn top(&self) -> f64 {
        self.shelf.row(self.nth)
    }

    fn middle(&self) -> f64 {
        self.top() + self.shelf.column.row() / 2.0
    }

    /// Where the value's letters begin and on which line.
    fn value(&self) -> (f64, f64) {
        let Shelf { column, at, .. } = self.shelf;
        if column.tall {
            (column.left + PAD, self.top() + 28.0)
        } else {
            (column.left + value_at(*at), self.middle() + 4.0)
        }
    }
}

impl<'a> Picture<'a> {
    /// What is the same at every step: names, and boxes as long as they become.
    fn frame(&self, shelf: &Shelf<'_>) -> String {
        let column = shelf.column;
        let (left, width) = (column.left, column.width);
        let middle = left + width / 2.0;
        let name = plain(&shelf.state.label);
        let mut svg = text("fig-name", middle, shelf.top + HEAD - 6.0, &name);
        if !shelf.state.above.is_empty() {
            let top = shelf.top + HEAD;
            svg += &rect("fig-above", left, top, width, ABOVE);
            let words = &shelf.state.above;
            svg += &text("fig-where", middle, top + ABOVE / 2.0 + 4.0, words);
        }
        let (top, bottom) = (shelf.first(), shelf.bottom());
        svg + &rect("fig-free", left, top, width, bottom - top)
    }

    /// What is there after a step. Before the first one it is the start.
    fn instant(&self, step: usize, now: bool) -> String {
        let now = if now { " now" } else { "" };
        let mut svg = match step {
            0 => format!("<g class=\"fig-start{now}\">"),
            _ => format!("<g class=\"fig-step{now}\" data-step=\"{step}\">"),
        };
        svg += "<g class=\"fig-mark\">";
        let changed = self.changed(step);
        for row in &changed {
            let column = row.shelf.column;
            svg +=
                &rect("", column.left, row.top(), column.width, column.row());
        }
        if let Some(acting) = self.acting(step) {
            svg += &acting;
        }
        svg += "</g><g class=\"fig-instant\">";
        for shelf in &self.shelves {
            for (nth, word) in self.words(shelf, step).iter().enumerate() {
                let row = Row { shelf, nth };
                let is_new = changed.iter().any(|new| {
                    new.nth == nth && std::ptr::eq(new.shelf, shelf)
                });
                svg += &self.word(row, word, step, is_new);
            }
        }
        svg += &self.pointers(step);
        svg += &self.moves(step);
        svg + "</g></g>"
    }

    fn words(&self, shelf: &Shelf<'a>, step: usize) -> &'a [Word] {
        match shelf.state.after(self.run, step) {
            Value::Words(words) => words,
            // Checked on load.
            _ => &[],
        }
    }

    /// The words that a step has written, be it with what was there before.
    fn changed(&self, step: usize) -> Vec<Row<'_>> {
        let mut rows = Vec::new();
        if step == 0 {
            return rows;
        }
        for shelf in &self.shelves {
            let before = shelf.state.before(self.run, step);
            for (nth, word) in self.words(shelf, step).iter().enumerate() {
                let row = Row { shelf, nth };
                let copied = self.comes_from(row, word, step).is_some();
                if copied || before.word(&word.at) != Some(word) {
                    rows.push(row);
                }
            }
        }
        rows
    }

    /// A line below the name of what acts, if that has the name of a lane.
    fn acting(&self, step: usize) -> Option<String> {
        let event = self.run.events.get(step.checked_sub(1)?)?;
        let shelf = self.shelves.iter();
        let shelf = shelf.clone().find(|own| own.state.id == event.lane)?;
        let column = shelf.column;
        let top = shelf.top + HEAD - 3.0;
        Some(rect("fig-acts", column.left, top, column.width, 3.0))
    }

    fn row(&self, Spot(id, at): &Spot, step: usize) -> Option<Row<'_>> {
        let shelf = self.shelves.iter().find(|s| s.state.id == *id)?;
        let words = self.words(shelf, step);
        let nth = words.iter().position(|word| word.at == *at)?;
        Some(Row { shelf, nth })
    }

    /// A word in its box. What was copied comes from where it was.
    fn word(
        &self,
        row: Row<'_>,
        word: &Word,
        step: usize,
        is_new: bool,
    ) -> String {
        let column = row.shelf.column;
        let (left, width) = (column.left, column.width);
        let mut svg = rect("fig-word", left, row.top(), width, column.row());
        let at = plain(&word.at);
        if column.tall {
            let line = row.top() + 13.0;
            svg += &text("fig-where", left + PAD, line, &at);
            if !word.means.is_empty() {
                let means = plain(&word.means);
                svg += &text(
                    "fig-where fig-left",
                    column.right() - PAD,
                    line,
                    &means,
                );
            }
        } else {
            let line = row.middle() + 4.0;
            svg += &text("fig-where", left + PAD, line, &at);
        }
        let (x, y) = row.value();
        let class = if is_new {
            "fig-holds fig-new"
        } else {
            "fig-holds"
        };
        let value =
            text(class, x, y, word.shown.as_ref().unwrap_or(&word.value));
        match self.comes_from(row, word, step) {
            Some(from) => {
                let (old_x, old_y) = from.value();
                let (dx, dy) = (old_x - x, old_y - y);
                let _ = write!(
                    svg,
                    "<g class=\"fig-moved\" style=\"--dx: {dx}px; \
                     --dy: {dy}px\">{value}</g>"
                );
            }
            None => svg += &value,
        }
        svg
    }

    /// From where a step has copied a word.
    fn comes_from(
        &self,
        row: Row<'_>,
        word: &Word,
        step: usize,
    ) -> Option<Row<'_>> {
        let event = self.run.events.get(step.checked_sub(1)?)?;
        let own = &row.shelf.state.id;
        let copy = event
            .moves
            .iter()
            .find(|copy| copy.to.0 == *own && copy.to.1 == word.at)?;
        self.row(&copy.from, step - 1)
    }

    /// An arrow from each word that points to something.
    fn pointers(&self, step: usize) -> String {
        let mut svg = String::new();
        for shelf in &self.shelves {
            for (nth, word) in self.words(shelf, step).iter().enumerate() {
                let mut all = self.definition.pointer.iter();
                let Some(pointer) = all.find(|p| p.value == word.value) else {
                    continue;
                };
                let from = Row { shelf, nth };
                let strong = shelf.state.strong == word.at;
                svg +=
                    &self.pointer(from, &pointer.to, &pointer.at, strong, step);
            }
        }
        svg
    }

    fn pointer(
        &self,
        from: Row<'_>,
        to: &str,
        at: &str,
        strong: bool,
        step: usize,
    ) -> String {
        let Some(shelf) = self.shelves.iter().find(|s| s.state.id == to) else {
            // It is not in this run.
            return String::new();
        };
        let y = if at.is_empty() && shelf.state.above.is_empty() {
            shelf.first() + shelf.column.row() / 2.0
        } else if at.is_empty() {
            shelf.first()
        } else {
            let spot = Spot(to.to_owned(), at.to_owned());
            let Some(row) = self.row(&spot, step) else {
                return String::new();
            };
            row.middle()
        };
        let class = if strong {
            "fig-points fig-strong"
        } else {
            "fig-points"
        };
        let mut svg = String::new();
        if strong {
            // What it points to is what is in use.
            let column = shelf.column;
            let top = shelf.top + HEAD;
            let height = shelf.bottom() - top;
            svg += &rect("fig-held", column.left, top, column.width, height);
        }
        svg + &arrow(class, (from.shelf, from.middle()), (shelf, y), -1.0)
    }

    fn moves(&self, step: usize) -> String {
        let event = step.checked_sub(1).and_then(|n| self.run.events.get(n));
        let mut svg = String::new();
        for copy in event.map_or(&[][..], |event| &event.moves) {
            let ends =
                (self.row(&copy.from, step - 1), self.row(&copy.to, step));
            // Checked on load.
            let (Some(from), Some(to)) = ends else {
                continue;
            };
            let from = (from.shelf, from.middle());
            let to = (to.shelf, to.middle());
            svg += &arrow("fig-copies", from, to, 1.0);
        }
        svg
    }
}

/// An arrow between two boxes, each with a height. Within a column it leaves it
/// and comes back: in the middle one to the side that `side` says.
fn arrow(
    class: &str,
    (from, y1): (&Shelf<'_>, f64),
    (to, y2): (&Shelf<'_>, f64),
    side: f64,
) -> String {
    let (start, end) = (from.column, to.column);
    let same = from.place == to.place;
    let out = match from.place {
        Place::Left => 1.0,
        Place::Right => -1.0,
        Place::Middle if same => side,
        Place::Middle if to.place == Place::Left => -1.0,
        Place::Middle => 1.0,
    };
    let x1 = if out > 0.0 { start.right() } else { start.left };
    // It comes from the side to which it has left, or from the other one.
    let comes = if same { out } else { -out };
    let x2 = if comes > 0.0 { end.right() } else { end.left };
    let bend = if same { LOOP } else { (x2 - x1).abs() / 2.0 };
    let neck = x2 + comes * HEAD_LENGTH;
    let (c1, c2) = (x1 + out * bend, x2 + comes * bend.max(HEAD_LENGTH + 4.0));
    format!(
        "<g class=\"{class}\"><path class=\"fig-shaft\" d=\"M{x1} {y1} C{c1} \
         {y1} {c2} {y2} {neck} {y2}\"/><path class=\"fig-tip\" d=\"M{neck} {} \
         L{x2} {y2} L{neck} {}z\"/></g>",
        y2 - 4.0,
        y2 + 4.0
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{recording, swap};

    fn drawn(frame: Frame) -> String {
        let (definition, recording) = (swap(), recording("swap"));
        let (wanted, run) = (&definition.run[0], &recording.runs[0]);
        svg(&definition, wanted, run, frame, "x \"y\"")
    }

    /// The attributes of the only path of an arrow of that class.
    fn shafts<'a>(svg: &'a str, class: &str) -> Vec<&'a str> {
        svg.split(&format!(
            "<g class=\"{class}\"><path class=\"fig-shaft\" d=\""
        ))
        .skip(1)
        .filter_map(|rest| rest.split_once('"').map(|(path, _)| path))
        .collect()
    }

    #[test]
    fn boxes_stay_and_each_step_has_what_is_in_them() {
        let all = drawn(Frame::All);
        assert_eq!(all.matches("<g class=\"fig-start\">").count(), 1);
        assert_eq!(all.matches("class=\"fig-step\"").count(), 2);
        assert_eq!(all.matches(">Registers</text>").count(), 1);
        assert_eq!(all.matches(">eight</text>").count(), 3);
        assert_eq!(all.matches("<g").count(), all.matches("</g>").count());
        assert!(!all.contains('\n'), "one line is one HTML block");
        for (step, seven) in [(0, 1), (1, 2), (2, 2)] {
            let still = drawn(Frame::Until(step));
            assert_eq!(still.matches(" now\"").count(), 1, "{step}");
            assert_eq!(still.matches(">seven</text>").count(), seven, "{step}");
        }
    }

    #[test]
    fn a_pointer_is_an_arrow_to_what_it_points_to() {
        let before = drawn(Frame::Until(1));
        let after = drawn(Frame::Until(2));
        let [strong] = shafts(&before, "fig-points fig-strong")[..] else {
            panic!("one: {before}");
        };
        // From the registers' left side; then from the right one.
        assert!(strong.starts_with("M115 "), "{strong}");
        let [strong] = shafts(&after, "fig-points fig-strong")[..] else {
            panic!("one: {after}");
        };
        assert!(strong.starts_with("M245 "), "{strong}");
        // What is in use has a frame, and it is another one.
        let frames = |svg: &str, x: &str| {
            svg.contains(&format!("class=\"fig-held\" x=\"{x}\""))
        };
        assert!(frames(&before, "1") && !frames(&before, "271"));
        assert!(frames(&after, "271") && !frames(&after, "1"));
        assert_eq!(shafts(&after, "fig-points").len(), 1);
    }

    #[test]
    fn a_copy_comes_from_where_it_was_and_is_marked() {
        let still = drawn(Frame::Until(1));
        let [copies] = shafts(&still, "fig-copies")[..] else {
            panic!("one: {still}");
        };
        // From the registers to the left stack, whose right side is at 89.
        assert!(copies.starts_with("M115 ") && copies.contains(" 96 "));
        assert!(still.contains("fig-moved\" style=\"--dx: 1"), "{still}");
        assert_eq!(still.matches("fig-holds fig-new").count(), 1);
        let start = drawn(Frame::Until(0));
        assert!(!start.contains("fig-copies") && !start.contains("fig-new"));
    }

    #[test]
    fn a_word_that_is_written_again_is_marked_too() {
        let (definition, mut recording) = (swap(), recording("swap"));
        // The same copy a second time changes nothing.
        let run = &mut recording.runs[0];
        run.events[1].moves = run.events[0].moves.clone();
        run.events[1].state = run.events[0].state.clone();
        let wanted = &definition.run[0];
        let still = svg(&definition, wanted, run, Frame::Until(2), "x");
        assert_eq!(still.matches("fig-holds fig-new").count(), 1, "{still}");
    }
}
