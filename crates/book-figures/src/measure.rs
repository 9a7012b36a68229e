//! How much room words have in a picture, and how they use it.

/// The width of a picture of columns; its height depends on the run.
pub(crate) const WIDTH: f64 = 330.0;
/// The outermost lanes' distance from the edge.
const MARGIN: f64 = 44.0;
/// The same, where four lanes share the width.
const NARROW: f64 = 36.0;
/// What a second line of words adds.
pub(crate) const LINE: f64 = 14.0;
/// How many characters name a row of a Gantt chart.
pub(crate) const NAME_COLUMNS: usize = 9;
/// Half of a bar.
pub(crate) const HALF: f64 = 5.0;
/// A letter of the labels, which have a fixed width.
pub(crate) const LETTER: f64 = 7.2;
/// A letter of the lanes' names.
pub(crate) const NAME_LETTER: f64 = 6.9;

/// How many characters fit in a line between two of so many lanes, which are
/// `gaps` apart: an arrow may lead past lanes.
pub(crate) fn room(lanes: usize, gaps: usize) -> usize {
    let room = gap(lanes) * gaps as f64 - 2.0 * HALF - 4.0;
    (room / LETTER) as usize
}

/// How many characters of a lane's name fit above it, in a line.
pub(crate) fn name_columns(lanes: usize) -> usize {
    ((gap(lanes) - 14.0) / NAME_LETTER) as usize
}

/// Words in lines of so many characters. A word that is longer than a line
/// has a line that is too long, and so counts as several.
pub(crate) fn wrapped(text: &str, room: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        let fits = lines.last().is_some_and(|line| {
            line.chars().count() + 1 + word.chars().count() <= room
        });
        match lines.last_mut() {
            Some(line) if fits => {
                line.push(' ');
                line.push_str(word);
            }
            _ => {
                let letters: Vec<char> = word.chars().collect();
                let pieces = letters.chunks(room.max(1));
                lines.extend(pieces.map(|p| p.iter().collect::<String>()));
                if word.is_empty() {
                    lines.push(String::new());
                }
            }
        }
    }
    lines
}

pub(crate) fn margin(lanes: usize) -> f64 {
    if lanes < 4 { MARGIN } else { NARROW }
}

pub(crate) fn gap(lanes: usize) -> f64 {
    let room = WIDTH - 2.0 * margin(lanes);
    match lanes {
        0 | 1 => room,
        _ => room / (lanes - 1) as f64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_of_this_length_must_fit_on_a_phone() {
        let between = |lanes| ((gap(lanes) - 14.0) / LETTER) as usize;
        assert_eq!((between(3), between(4)), (14, 10));
    }

    #[test]
    fn words_wrap_and_one_that_is_too_long_counts_as_several() {
        assert_eq!(wrapped("read 1 byte", 14), ["read 1 byte"]);
        assert_eq!(wrapped("raise the line", 10), ["raise the", "line"]);
        assert_eq!(wrapped("interruption!", 5), ["inter", "rupti", "on!"]);
        assert_eq!(wrapped("", 5), [""]);
    }
}
