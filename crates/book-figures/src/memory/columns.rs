//! Where everything is in a picture of memory: columns, boxes, rows.

use crate::definition::{Definition, Place, State};
use crate::event::{Run, Value, Word};
use crate::measure::LETTER;

/// The width of the picture. On a phone it is a little less in pixels.
pub(crate) const WIDTH: f64 = 360.0;
/// What is called by a name above its box.
pub(super) const HEAD: f64 = 20.0;
/// What lies before the first word.
pub(super) const ABOVE: f64 = 24.0;
/// A row that has its place above its value.
const TALL: f64 = 34.0;
/// A row that has both in one line.
const LOW: f64 = 23.0;
/// Between boxes of a column.
const SPACE: f64 = 14.0;
/// Words' distance from the edge of their box.
pub(super) const PAD: f64 = 4.0;

/// A column.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Column {
    pub left: f64,
    pub width: f64,
    /// Its rows have two lines.
    pub tall: bool,
}

impl Column {
    pub(super) fn right(self) -> f64 {
        self.left + self.width
    }

    pub(super) fn row(self) -> f64 {
        if self.tall { TALL } else { LOW }
    }
}

/// The columns of a figure.
#[derive(Clone, Copy, Debug)]
pub(super) struct Columns {
    /// Of three, the outer ones are narrow.
    middle: bool,
}

impl Columns {
    pub(super) fn of(definition: &Definition) -> Columns {
        let mut placed = definition.placed();
        Columns {
            middle: placed.any(|state| state.place == Some(Place::Middle)),
        }
    }

    pub(super) fn column(self, place: Place) -> Column {
        // Without a middle the right one is the wide one.
        let [left, right] = if self.middle {
            [88.0, 88.0]
        } else {
            [112.0, 206.0]
        };
        let middle = 130.0;
        let (left, width) = match place {
            Place::Left => (1.0, left),
            Place::Middle => ((WIDTH - middle) / 2.0, middle),
            Place::Right => (WIDTH - right - 1.0, right),
        };
        let tall = self.middle && place != Place::Middle;
        Column { left, width, tall }
    }
}

/// How many characters fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rooms {
    /// For the place; in a tall row with what it means.
    pub at: usize,
    pub value: usize,
}

/// The room that a list's words have.
pub(super) fn rooms(column: Column, words: &[Word]) -> Rooms {
    let whole = ((column.width - 2.0 * PAD) / LETTER) as usize;
    if column.tall {
        return Rooms {
            at: whole,
            value: whole,
        };
    }
    let at = longest(words);
    let rest = column.width - value_at(at) - PAD;
    Rooms {
        at: whole / 2,
        value: (rest / LETTER) as usize,
    }
}

pub(super) fn longest(words: &[Word]) -> usize {
    let lengths = words.iter().map(|word| word.at.chars().count());
    lengths.max().unwrap_or(0)
}

/// Where the values of a low row begin, if their places have so many letters.
pub(super) fn value_at(letters: usize) -> f64 {
    PAD + letters as f64 * LETTER + 6.0
}

/// A displayed value's box.
#[derive(Debug)]
pub(super) struct Shelf<'a> {
    pub state: &'a State,
    pub place: Place,
    pub column: Column,
    /// Where its name begins; the box is below it.
    pub top: f64,
    /// How many rows it has at most.
    pub rows: usize,
    /// How many letters name a row at most.
    pub at: usize,
}

impl Shelf<'_> {
    /// Where the first row begins.
    pub(super) fn first(&self) -> f64 {
        let above = if self.state.above.is_empty() {
            0.0
        } else {
            ABOVE
        };
        self.top + HEAD + above
    }

    pub(super) fn row(&self, nth: usize) -> f64 {
        self.first() + self.column.row() * nth as f64
    }

    pub(super) fn bottom(&self) -> f64 {
        self.row(self.rows)
    }
}

/// The boxes of a run, and the picture's height.
pub(super) fn shelves<'a>(
    definition: &'a Definition,
    run: &'a Run,
) -> (Vec<Shelf<'a>>, f64) {
    let columns = Columns::of(definition);
    let mut shelves: Vec<Shelf<'a>> = Vec::new();
    for state in definition.states(&run.id) {
        let Some(place) = state.place else { continue };
        let own = shelves.iter().rev().find(|shelf| shelf.place == place);
        let top = own.map_or(0.0, |shelf| shelf.bottom() + SPACE);
        let values = (0..=run.events.len()).map(|n| state.after(run, n));
        let lists = values.filter_map(|value| match value {
            Value::Words(words) => Some(&words[..]),
            _ => None,
        });
        let (rows, at) = lists.fold((1, 0), |(rows, at), words| {
            (rows.max(words.len()), at.max(longest(words)))
        });
        let column = columns.column(place);
        shelves.push(Shelf {
            state,
            place,
            column,
            top,
            rows,
            at,
        });
    }
    let bottom = |place: Option<Place>| {
        let own = shelves.iter();
        let own = own.filter(|shelf| place.is_none_or(|p| p == shelf.place));
        own.map(Shelf::bottom).fold(0.0, f64::max)
    };
    let height = bottom(None);
    // Each column stands in the middle.
    let shifts: Vec<f64> = shelves
        .iter()
        .map(|shelf| (height - bottom(Some(shelf.place))) / 2.0)
        .collect();
    for (shelf, shift) in shelves.iter_mut().zip(shifts) {
        shelf.top += shift.round();
    }
    (shelves, height + 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::word;

    #[test]
    fn words_have_room_by_their_column() {
        let three = Columns { middle: true };
        let words = [word("rax", "1"), word("fiber", "2")];
        let left = rooms(three.column(Place::Left), &words);
        assert_eq!(left, Rooms { at: 11, value: 11 });
        let middle = rooms(three.column(Place::Middle), &words);
        assert_eq!(middle, Rooms { at: 8, value: 11 });
        let two = Columns { middle: false };
        let wide = rooms(two.column(Place::Right), &words);
        assert_eq!(wide, Rooms { at: 13, value: 21 });
    }

    #[test]
    fn columns_leave_room_for_arrows() {
        for middle in [true, false] {
            let columns = Columns { middle };
            let [left, right] =
                [Place::Left, Place::Right].map(|place| columns.column(place));
            let between = columns.column(Place::Middle);
            let next = if middle { between.left } else { right.left };
            assert!(next - left.right() >= 25.0, "{middle}");
            assert!(right.right() <= WIDTH);
        }
    }
}
