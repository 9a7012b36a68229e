//! The rules that a definition of measurements keeps. An error names a text
//! near which it is.

use std::collections::HashSet;

use super::definition::{Definition, Picture};
use super::expect::Comparison;
use crate::definition::Recorder;

/// More rows of bars do not fit on a screen.
const ROWS: usize = 4;
/// More lines than shapes could not be told apart.
const LINES: usize = 6;
/// How many characters of a line's name fit beside it.
const LABEL: usize = 14;

type Checked = Result<(), (String, String)>;

pub(super) fn definition(definition: &Definition) -> Checked {
    let at =
        |near: &str, message: &str| Err((near.to_owned(), message.to_owned()));
    let said = [
        ("title", &definition.title),
        ("alt", &definition.alt),
        ("across", &definition.across),
    ];
    if let Some((field, _)) = said.iter().find(|(_, text)| text.is_empty()) {
        return at(field, &format!("field `{field}`: it says something"));
    }
    if definition.record.kind != Recorder::Program {
        return at("kind", "field `kind`: what measures is a \"program\"");
    }
    definition
        .predict
        .check()
        .map_err(|message| ("[predict]".to_owned(), message))?;
    if definition.predict.decided.is_some() {
        return at("decided", "field `decided`: measurements have no steps");
    }
    series(definition)?;
    match definition.picture {
        Picture::Histogram => histogram(definition)?,
        Picture::Lines => lines(definition)?,
    }
    for expect in &definition.expect {
        let near = || format!("that = {:?}", expect.that);
        Comparison::parse(definition, &expect.that)
            .map_err(|message| (near(), message))?;
    }
    if !definition.expect.iter().any(|expect| expect.always) {
        return at(
            "[[expect]]",
            "[[expect]]: one with `always = true`, or a fresh run shows nothing",
        );
    }
    Ok(())
}

fn series(definition: &Definition) -> Checked {
    let at = |near: String, message: String| Err((near, message));
    let mut known = HashSet::new();
    let series = definition.series.iter().map(|own| (&own.id, &own.label));
    let panels = definition.panel.iter().map(|own| (&own.id, &own.label));
    for (id, label) in series.chain(panels) {
        let near = format!("id = {id:?}");
        let letters = |c: char| c.is_ascii_lowercase() || c == '-';
        if id.is_empty() || !id.chars().all(letters) {
            let message = format!("{id:?}: an id has letters a to z and `-`");
            return at(near, message);
        }
        if !known.insert(id) {
            return at(near, format!("the id {id:?} is there twice"));
        }
        if label.trim().is_empty() {
            return at(near, "field `label`: it says something".to_owned());
        }
    }
    if definition.series.is_empty() {
        return at("title".to_owned(), "[[series]]: at least one".to_owned());
    }
    Ok(())
}

fn histogram(definition: &Definition) -> Checked {
    let at =
        |near: &str, message: &str| Err((near.to_owned(), message.to_owned()));
    if definition.series.len() > ROWS {
        return at("[[series]]", &format!("[[series]]: at most {ROWS} rows"));
    }
    if !definition.panel.is_empty() {
        return at("[[panel]]", "[[panel]]: only with picture = \"lines\"");
    }
    for (field, text) in
        [("unit", &definition.unit), ("counts", &definition.counts)]
    {
        if text.is_empty() {
            let message = format!("missing field `{field}` of a histogram");
            return at("picture", &message);
        }
    }
    if let Some(own) = definition.series.iter().find(|s| !s.panel.is_empty()) {
        let near = format!("id = {:?}", own.id);
        return at(&near, "field `panel`: only with picture = \"lines\"");
    }
    Ok(())
}

fn lines(definition: &Definition) -> Checked {
    let at = |near: String, message: String| Err((near, message));
    if !definition.unit.is_empty() || !definition.counts.is_empty() {
        let message = "fields `unit`, `counts`: each [[panel]] has its `unit`";
        return at("picture".to_owned(), message.to_owned());
    }
    for series in &definition.series {
        let near = format!("id = {:?}", series.id);
        if !definition.panel.iter().any(|own| own.id == series.panel) {
            let message = format!("no [[panel]] is called {:?}", series.panel);
            return at(near, message);
        }
        if series.label.chars().count() > LABEL {
            let message =
                format!("field `label`: {LABEL} characters fit beside a line");
            return at(near, message);
        }
    }
    for panel in &definition.panel {
        let near = format!("id = {:?}", panel.id);
        let count = definition.series_of(panel).count();
        if !(1..=LINES).contains(&count) {
            let message =
                format!("the panel has {count} [[series]], not 1 to {LINES}");
            return at(near, message);
        }
        if panel.unit.is_empty() {
            return at(near, "missing field `unit`".to_owned());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::measured::Definition;
    use crate::measured::tests::{LOAF, QUEUE};

    #[track_caller]
    fn refused(text: &str, old: &str, new: &str, says: &str) {
        assert!(text.contains(old), "{old}");
        let broken = text.replacen(old, new, 1);
        let fault = Definition::parse("d.toml", &broken).unwrap_err();
        assert!(fault.message.contains(says), "{fault}");
    }

    #[test]
    fn a_definition_that_breaks_a_rule_is_refused() {
        for (old, new, says) in [
            ("\"program\"", "\"strace\"", "is a \"program\""),
            ("unit = \"ns\"\n", "", "missing field `unit`"),
            ("counts = \"customers\"\n", "", "missing field `counts`"),
            ("right = 2", "right = 4", "1 to 3"),
            ("right = 2", "right = 2\ndecided = 1", "have no steps"),
            ("id = \"one\"", "id = \"One\"", "letters a to z"),
            ("id = \"one\"", "id = \"two\"", "is there twice"),
            ("always = true", "always = false", "with `always = true`"),
            ("alt = \"A row", "alt = \"\" # \"A row", "`alt`"),
        ] {
            refused(QUEUE, old, new, says);
        }
        let more = format!(
            "{QUEUE}\n[[panel]]\nid = \"p\"\nlabel = \"P\"\nunit = \"g\"\n"
        );
        refused(&more, "title", "title", "only with picture = \"lines\"");
    }

    #[test]
    fn lines_have_panels_with_units() {
        for (old, new, says) in [
            ("panel = \"each\"", "panel = \"some\"", "no [[panel]]"),
            (
                "\"flour\"\npanel",
                "\"a very long name\"\npanel",
                "14 charac",
            ),
            ("unit = \"count\"", "unit = \"\"", "missing field `unit`"),
            ("across", "unit = \"g\"\nacross", "has its `unit`"),
        ] {
            refused(LOAF, old, new, says);
        }
    }
}
