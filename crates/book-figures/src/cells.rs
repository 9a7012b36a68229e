//! A displayed value as a row of boxes.

use crate::event::Value;
use crate::svg::{rect, text};

/// What stands in each of the cells: a letter, a dot, or nothing.
pub(crate) fn letters(value: Option<&Value>, size: usize) -> Vec<String> {
    let mut letters: Vec<String> = match value {
        None => Vec::new(),
        Some(Value::Text(text)) => text.chars().map(String::from).collect(),
        // Checked on load: cells are letters or a number.
        Some(Value::Words(_)) => Vec::new(),
        Some(Value::Number(number)) => {
            let count = usize::try_from(*number).unwrap_or(0).min(size);
            vec!["•".to_owned(); count]
        }
    };
    letters.resize(size, String::new());
    letters
}

/// The boxes in a picture, each of that size.
pub(crate) fn row(
    letters: &[String],
    left: f64,
    top: f64,
    size: f64,
) -> String {
    let mut svg = String::from("<g class=\"fig-cells\">");
    for (nth, letter) in letters.iter().enumerate() {
        let x = left + nth as f64 * size;
        let class = if letter.is_empty() {
            "fig-empty"
        } else {
            "fig-full"
        };
        svg += &rect(class, x, top, size, size);
        if !letter.is_empty() {
            svg +=
                &text("fig-letter", x + size / 2.0, top + size - 3.5, letter);
        }
    }
    svg + "</g>"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_hold_letters_or_dots() {
        let text = Value::Text("ab".to_owned());
        assert_eq!(letters(Some(&text), 3), ["a", "b", ""]);
        assert_eq!(letters(Some(&Value::Number(2)), 3), ["•", "•", ""]);
        assert_eq!(letters(None, 1), [""]);
    }
}
