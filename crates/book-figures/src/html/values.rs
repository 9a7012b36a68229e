//! The displayed values: as they are, as cells, as tables of words.

use std::fmt::Write as _;

use crate::cells::letters;
use crate::definition::{Show, State};
use crate::event::{Run, Value, Word};
use crate::text::{attribute, escape, inline};

/// A displayed value, as HTML. What differs from the value `before`, if there
/// is one, is marked where it is one of many.
pub(super) fn shown(
    state: &State,
    value: &Value,
    before: Option<&Value>,
) -> String {
    if let Value::Words(words) = value {
        return table_of(state, words, before);
    }
    if state.show == Show::Text {
        let text = value.to_string();
        return if text.is_empty() {
            "nothing".to_owned()
        } else {
            inline(&text)
        };
    }
    let cells: String = letters(Some(value), state.size)
        .iter()
        .map(|letter| {
            if letter.is_empty() {
                "<span class=\"fig-cell\"></span>".to_owned()
            } else {
                let letter = escape(letter);
                format!("<span class=\"fig-cell fig-full\">{letter}</span>")
            }
        })
        .collect();
    let words = match value {
        Value::Number(number) => number.to_string(),
        Value::Text(text) if text.is_empty() => "nothing".to_owned(),
        value => value.to_string(),
    };
    format!(
        "<span class=\"fig-row\" role=\"img\" aria-label=\"{}\">{cells}</span>",
        attribute(&words)
    )
}

/// Has a word another value than before, or is it new?
pub(crate) fn changed(word: &Word, before: Option<&Value>) -> bool {
    match before {
        Some(Value::Words(old)) => !old.contains(word),
        _ => false,
    }
}

/// Words of memory, or registers. A changed row has a bar, bold letters, and
/// a word for those who see neither.
fn table_of(state: &State, words: &[Word], before: Option<&Value>) -> String {
    let [at, value, means] = &state.columns;
    let meanings = words.iter().any(|word| !word.means.is_empty());
    let mut html = format!(
        "<table class=\"fig-memory\"><thead><tr><th scope=\"col\">{}</th>\
         <th scope=\"col\">{}</th>",
        escape(at),
        escape(value)
    );
    if meanings {
        let _ = write!(html, "<th scope=\"col\">{}</th>", escape(means));
    }
    html += "</tr></thead><tbody>";
    for word in words {
        let (class, note) = if changed(word, before) {
            (
                " class=\"fig-changed\"",
                "<span class=\"fig-aloud\"> changed</span>",
            )
        } else {
            ("", "")
        };
        let value = word.shown.as_ref().unwrap_or(&word.value);
        let _ = write!(
            html,
            "<tr{class}><th scope=\"row\">{}</th><td><code>{}</code>{note}</td>",
            inline(&word.at),
            escape(value)
        );
        if meanings {
            let _ = write!(html, "<td>{}</td>", inline(&word.means));
        }
        html += "</tr>";
    }
    if words.is_empty() {
        html += "<tr><td colspan=\"3\">nothing</td></tr>";
    }
    html + "</tbody></table>"
}

/// The words that a step has changed, as a screen reader says them.
pub(super) fn news(state: &State, run: &Run, step: usize) -> Option<String> {
    let Value::Words(words) = state.after(run, step) else {
        return None;
    };
    let before = state.before(run, step);
    let words: Vec<String> = words
        .iter()
        .filter(|word| changed(word, Some(before)))
        .map(|word| {
            let value = word.shown.as_ref().unwrap_or(&word.value);
            format!("{} {value}", word.at)
        })
        .collect();
    let any = !words.is_empty();
    any.then(|| format!("{}: {}.", state.label, words.join(", ")))
}

/// In the table of events: the words that a step has changed.
pub(super) fn word_cell(state: &State, run: &Run, step: usize) -> String {
    let Value::Words(words) = state.after(run, step) else {
        return "<td></td>".to_owned();
    };
    let before = state.before(run, step);
    let lines: Vec<String> = words
        .iter()
        .filter(|word| changed(word, Some(before)))
        .map(|word| {
            let value = word.shown.as_ref().unwrap_or(&word.value);
            format!("{}: <code>{}</code>", inline(&word.at), escape(value))
        })
        .collect();
    let text = if lines.is_empty() {
        "as before".to_owned()
    } else {
        lines.join("<br>")
    };
    format!("<td class=\"fig-word-cell\">{text}</td>")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::probe;

    #[test]
    fn a_changed_word_is_marked_by_more_than_colour() {
        let word = |at: &str, value: &str| Word {
            at: at.to_owned(),
            value: value.to_owned(),
            shown: Some(format!("<{value}>")),
            means: String::new(),
        };
        let state = State {
            show: Show::Words,
            ..probe().state.remove(0)
        };
        let old = Value::Words(vec![word("rsp", "1"), word("rbx", "1")]);
        let new = Value::Words(vec![word("rsp", "2"), word("rbx", "1")]);
        let html = shown(&state, &new, Some(&old));
        assert_eq!(html.matches("fig-changed").count(), 1);
        assert!(
            html.contains("<code>&lt;2&gt;</code><span class=\"fig-aloud\">")
        );
        assert!(!html.contains("Meaning"), "no row has one: {html}");
        assert!(!shown(&state, &new, None).contains("fig-changed"));
    }
}
