//! `println!` for the functions of this crate that print: where the standard
//! library's panics because standard output is not read any more, as in
//! `cargo run … | head -1`, this one says it to nobody.

use std::fmt;
use std::io::{self, Write as _};

macro_rules! println {
    ($($text:tt)*) => {
        $crate::quiet::line(format_args!($($text)*))
    };
}
pub(crate) use println;

/// Prints a line, if anybody reads it.
pub(crate) fn line(text: fmt::Arguments<'_>) {
    let _ = writeln!(io::stdout().lock(), "{text}");
}
