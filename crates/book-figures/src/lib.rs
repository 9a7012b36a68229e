#![doc = include_str!("../README.md")]

mod bars;
mod cells;
mod check;
pub mod code;
mod complete;
mod control;
pub mod definition;
pub mod event;
mod fault;
mod figure;
mod fit;
mod gantt;
pub mod graph;
mod html;
mod measure;
pub mod measured;
mod memory;
pub mod model;
mod plot;
mod read;
mod recording;
mod sequence;
mod state;
pub mod states;
mod svg;
pub mod text;

pub use complete::events;
pub use definition::Definition;
pub use fault::{Fault, line_of_step};
pub use figure::Figure;
pub use plot::{Measurement, Plot};
pub use recording::{Provenance, Recording, VERSION};

/// The style sheets of figures and plots, by their names, in the order in which
/// a page has them. They use mdBook's variables.
pub const CSS: &[(&str, &str)] = &[
    ("picture.css", include_str!("../assets/picture.css")),
    ("values.css", include_str!("../assets/values.css")),
    ("memory.css", include_str!("../assets/memory.css")),
    ("choose.css", include_str!("../assets/choose.css")),
    ("live.css", include_str!("../assets/live.css")),
    ("strips.css", include_str!("../assets/strips.css")),
    ("still.css", include_str!("../assets/still.css")),
    ("plot.css", include_str!("../assets/plot.css")),
    ("graph.css", include_str!("../assets/graph.css")),
    ("measured.css", include_str!("../assets/measured.css")),
    ("model.css", include_str!("../assets/model.css")),
];
/// The scripts that make figures live, in their order. Without them figures are
/// still ones.
pub const JS: &[(&str, &str)] = &[
    ("room.js", include_str!("../assets/room.js")),
    ("figure.js", include_str!("../assets/figure.js")),
    ("graph.js", include_str!("../assets/graph.js")),
    ("measured.js", include_str!("../assets/measured.js")),
    ("model.js", include_str!("../assets/model.js")),
];

#[cfg(test)]
mod tests {
    //! Three figures of which the tests know everything.

    use crate::definition::Definition;
    use crate::recording::Recording;

    pub(crate) const PROBE: &str = include_str!("../tests/figures/probe.toml");
    pub(crate) const PROBE_JSON: &str =
        include_str!("../tests/figures/probe.json");
    pub(crate) const WORKSHOP: &str =
        include_str!("../tests/figures/workshop.toml");
    pub(crate) const WORKSHOP_JSON: &str =
        include_str!("../tests/figures/workshop.json");

    pub(crate) const SWAP: &str = include_str!("../tests/figures/swap.toml");
    pub(crate) const SWAP_JSON: &str =
        include_str!("../tests/figures/swap.json");

    /// A figure that a program records: one of the forms that there are.
    pub(crate) fn probe() -> Definition {
        Definition::parse("p.toml", PROBE).expect("a valid fixture")
    }

    /// A Gantt chart with controls.
    pub(crate) fn workshop() -> Definition {
        Definition::parse("w.toml", WORKSHOP).expect("a valid fixture")
    }

    /// A picture of memory.
    pub(crate) fn swap() -> Definition {
        Definition::parse("s.toml", SWAP).expect("a valid fixture")
    }

    pub(crate) fn recording(name: &str) -> Recording {
        let (text, definition) = match name {
            "probe" => (PROBE_JSON, probe()),
            "swap" => (SWAP_JSON, swap()),
            _ => (WORKSHOP_JSON, workshop()),
        };
        let recording = Recording::parse("r.json", text).expect("valid");
        recording
            .check("r.json", text, name, &definition)
            .expect("it fits");
        recording
    }

    pub(crate) fn word(at: &str, value: &str) -> crate::event::Word {
        crate::event::Word {
            at: at.to_owned(),
            value: value.to_owned(),
            shown: None,
            means: String::new(),
        }
    }
}
