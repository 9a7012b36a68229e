//! Prints what the chapter's figure is drawn from.

fn main() {}
