//! Figures: drawn from recorded runs of the book's own programs.
//!
//! A figure is two files in the book's folder `figures`. `NAME.toml` is
//! written by hand: what the figure is called, how it is recorded, what the
//! reader predicts. `NAME.json` is written by `cargo xtask record`: what
//! happened. A figure that is drawn by hand has the first only. What these
//! files hold, and how they become a part of a page, is the matter of the
//! crate `book-figures`. Nothing of a figure's content stands in this tool.
//!
//! - `store` finds and loads the files of this book's figures.
//! - `record` makes recordings, from the output of a program or by `trace` and
//!   `order` from what strace saw.
//! - `graph` and `model` do so for figures that hold all `states` of something,
//!   and `measured` for those of measurements.

pub mod graph;
pub mod measured;
pub mod model;
mod order;
pub mod record;
pub mod states;
pub mod store;
mod trace;
