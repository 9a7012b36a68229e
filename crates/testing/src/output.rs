//! `println!` for programs whose reader may have seen enough.
//!
//! The standard library's panics when nobody reads standard output any more, as
//! in `cargo run … | head -1`. A program that only has something to say ends
//! there instead, as other commands do.

use std::fmt;
use std::io::{self, ErrorKind, Write};

/// Prints to standard output as [`std::println!`] does, and ends the process
/// with code 0, without a word, when that is not read any more. In a test it is
/// [`std::println!`], which the test harness can capture.
///
/// ```
/// use testing::println;
///
/// let answer = 6 * 7;
/// println!("it is {answer}");
/// println!();
/// ```
///
/// # Panics
///
/// When standard output cannot be written for any other reason.
#[macro_export]
macro_rules! println {
    () => { $crate::println!("") };
    ($($text:tt)*) => {
        if cfg!(test) {
            ::std::println!($($text)*)
        } else {
            $crate::output(format_args!($($text)*), "\n")
        }
    };
}

/// The same without the end of the line: see [`println!`](crate::println).
///
/// # Panics
///
/// When standard output cannot be written for any other reason.
#[macro_export]
macro_rules! print {
    ($($text:tt)*) => {
        if cfg!(test) {
            ::std::print!($($text)*)
        } else {
            $crate::output(format_args!($($text)*), "")
        }
    };
}

/// What the macros call.
#[doc(hidden)]
pub fn output(text: fmt::Arguments<'_>, end: &str) {
    let mut out = io::stdout().lock();
    match out.write_fmt(format_args!("{text}{end}")) {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::BrokenPipe => {
            std::process::exit(0)
        }
        Err(error) => panic!("failed printing to stdout: {error}"),
    }
}
