//! A figure of another kind: not one run that is stepped through, but all runs
//! that there are. A program enumerates every state that a small model can be
//! in; the reader chooses who acts next.
//!
//! The crate's README has the fields of both files, under "All the runs there
//! are". What is not here: the enumeration itself, which is the program's, and
//! the words of it, which are the definition's.

mod check;
mod count;
mod definition;
mod figure;
mod html;
mod map;
mod recording;

pub use count::Odds;
pub use definition::{Definition, End, Lane, Level, Record, State, Words};
pub use figure::Graph;
pub use recording::{Actor, Node, Printed, Recorded, Recording, Source, nodes};

/// Is a definition one of a graph? What is no TOML is not.
pub fn is_graph(text: &str) -> bool {
    let picture = text.lines().map(str::trim);
    picture
        .take_while(|line| !line.starts_with('['))
        .any(|line| line.replace(' ', "") == "picture=\"graph\"")
}

#[cfg(test)]
pub(crate) mod tests {
    //! A graph of which the tests know everything: a baker and a clock.

    use super::{Definition, Graph, is_graph};
    use crate::code::Part;

    pub(crate) const TOML: &str = include_str!("../tests/figures/baker.toml");
    pub(crate) const JSON: &str = include_str!("../tests/figures/baker.json");
    const CODE: &str = include_str!("../tests/figures/baker.rs");

    pub(crate) fn code() -> Vec<Vec<Part>> {
        let lines = CODE.lines().enumerate().map(|(n, l)| (n + 1, l.into()));
        let part = Part::new("baker.rs", lines);
        vec![vec![part.clone()], vec![part]]
    }

    pub(crate) fn baker() -> Graph {
        let definition = Definition::parse("baker.toml", TOML).expect("valid");
        Graph::recorded("baker", definition, ("baker.json", JSON), code())
            .expect("they fit")
    }

    #[test]
    fn a_definition_says_by_its_picture_that_it_is_a_graph() {
        assert!(is_graph(TOML));
        assert!(!is_graph(crate::tests::WORKSHOP));
        // A value of some other table is not the figure's picture.
        assert!(!is_graph("[record]\npicture = \"graph\"\n"));
    }
}
