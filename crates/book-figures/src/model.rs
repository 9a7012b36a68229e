//! A figure of a fourth kind: an object that the reader works on. A program
//! enumerates every state that it can be in, and what can be done there; the
//! picture shows the object, not a log of what was done to it. Unlike in a
//! graph, what was done may be undone by what is done next.
//!
//! The crate's README has the fields of both files, under "An object to work
//! on". What is not here: the enumeration itself, which is the program's.

mod check;
mod count;
mod definition;
mod drawing;
mod figure;
mod html;
mod recording;
mod still;

pub use count::Ways;
pub use definition::{
    Action, Allowed, Challenge, Definition, Draw, Record, Run, Say, Shape,
    State, When,
};
pub use figure::Model;
pub use recording::{Move, Node, Printed, PrintedMove, Recorded, Recording};

/// Is a definition one of a model? What is no TOML is not.
pub fn is_model(text: &str) -> bool {
    let picture = text.lines().map(str::trim);
    picture
        .take_while(|line| !line.starts_with('['))
        .any(|line| line.replace(' ', "") == "picture=\"model\"")
}

#[cfg(test)]
pub(crate) mod tests {
    //! A model of which the tests know everything: a bakery's counter.

    use super::{Definition, Model, is_model};

    pub(crate) const TOML: &str = include_str!("../tests/figures/counter.toml");
    pub(crate) const JSON: &str = include_str!("../tests/figures/counter.json");

    pub(crate) fn counter() -> Model {
        let definition = Definition::parse("c.toml", TOML).expect("valid");
        Model::recorded("counter", definition, ("c.json", JSON))
            .expect("they fit")
    }

    #[test]
    fn a_definition_says_by_its_picture_that_it_is_a_model() {
        assert!(is_model(TOML));
        assert!(!is_model(crate::graph::tests::TOML));
        // A value of some other table is not the figure's picture.
        assert!(!is_model("[record]\npicture = \"model\"\n"));
    }
}
