//! A figure of a third kind: not what happened step by step, but numbers that a
//! program has measured or counted. The reader predicts them before they are
//! shown.
//!
//! Such numbers differ from run to run. So the definition says what must hold
//! of them ([`Expect`]): of the recording, and, where it says `always`, of
//! every fresh run. The crate's README has the fields of both files, under
//! "Measurements".

mod check;
mod definition;
mod expect;
mod figure;
mod histogram;
mod html;
mod recording;
mod tables;

pub use definition::{Definition, Expect, Panel, Picture, Record, Series};
pub use figure::Measured;
pub use recording::{Printed, Recording, Row};

/// Is a definition one of measurements? What is no TOML is not.
pub fn is_measured(text: &str) -> bool {
    let picture = text.lines().map(str::trim);
    picture
        .take_while(|line| !line.starts_with('['))
        .map(|line| line.replace(' ', ""))
        .any(|line| {
            let kinds = ["picture=\"histogram\"", "picture=\"lines\""];
            kinds.contains(&line.as_str())
        })
}

#[cfg(test)]
pub(crate) mod tests {
    //! Two figures of which the tests know everything: how long customers wait
    //! in a bakery, and what a loaf costs.

    use super::{Definition, Measured, is_measured};

    pub(crate) const QUEUE: &str = include_str!("../tests/figures/queue.toml");
    pub(crate) const QUEUE_JSON: &str =
        include_str!("../tests/figures/queue.json");
    pub(crate) const LOAF: &str = include_str!("../tests/figures/loaf.toml");
    pub(crate) const LOAF_JSON: &str =
        include_str!("../tests/figures/loaf.json");

    pub(crate) fn figure(name: &str) -> Measured {
        let (toml, json) = match name {
            "queue" => (QUEUE, QUEUE_JSON),
            _ => (LOAF, LOAF_JSON),
        };
        let definition = Definition::parse("d.toml", toml).expect("valid");
        Measured::recorded(name, definition, ("d.toml", toml), ("r.json", json))
            .expect("they fit")
    }

    #[test]
    fn a_definition_says_by_its_picture_that_it_is_of_measurements() {
        assert!(is_measured(QUEUE) && is_measured(LOAF));
        assert!(!is_measured(crate::tests::WORKSHOP));
        // A value of some other table is not the figure's picture.
        assert!(!is_measured("[record]\npicture = \"lines\"\n"));
    }
}
