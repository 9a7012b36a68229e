//! Why something failed: a fiber, a wait, the process.
//!
//! The ground floor: everything else may use it, and it uses nothing.

use std::any::Any;
use std::error::Error;
use std::fmt;
use std::io;
use std::panic;

/// Why there is no result.
pub enum JoinError {
    /// The fiber has panicked: with this payload, as from
    /// [`catch_unwind`](std::panic::catch_unwind).
    Panicked(Box<dyn Any + Send>),
    /// The fiber was ended early, because its runtime was dropped or because
    /// all fibers waited for each other. Its locals have been dropped.
    Cancelled,
    /// The fiber has not ended, and cannot be waited for here: outside
    /// [`Runtime::run`](crate::Runtime::run), in a fiber of another runtime,
    /// or in a destructor while a panic unwinds. The fiber runs on by itself.
    CannotWait,
}

impl JoinError {
    /// Panics as the fiber did, to pass it on.
    ///
    /// # Panics
    ///
    /// Always. If the fiber has not panicked, with a message.
    pub fn resume(self) -> ! {
        match self {
            Self::Panicked(payload) => panic::resume_unwind(payload),
            Self::Cancelled | Self::CannotWait => panic!("{self}"),
        }
    }

    /// The text of the panic, if it is one.
    pub fn message(&self) -> Option<&str> {
        let Self::Panicked(payload) = self else {
            return None;
        };
        let text = payload.downcast_ref::<&'static str>().copied();
        text.or_else(|| payload.downcast_ref::<String>().map(String::as_str))
    }
}

impl fmt::Debug for JoinError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Panicked(_) => match self.message() {
                Some(text) => out.debug_tuple("Panicked").field(&text).finish(),
                None => out.write_str("Panicked(..)"),
            },
            Self::Cancelled => out.write_str("Cancelled"),
            Self::CannotWait => out.write_str("CannotWait"),
        }
    }
}

impl fmt::Display for JoinError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self, self.message()) {
            (Self::Cancelled, _) => out.write_str("the fiber was cancelled"),
            (Self::CannotWait, _) => {
                out.write_str("the fiber cannot be waited for here")
            }
            (_, None) => out.write_str("the fiber has panicked"),
            (_, Some(text)) => write!(out, "the fiber has panicked: {text}"),
        }
    }
}

impl Error for JoinError {}

/// Why a fiber cannot wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CannotWait {
    /// It is no fiber of the runtime that runs.
    NotHere,
    /// It unwinds, or has been cancelled and has caught that.
    Unwinding,
}

impl fmt::Display for CannotWait {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::NotHere => "the caller is not a fiber of the same runtime",
            Self::Unwinding => "the caller unwinds, so it cannot wait",
        })
    }
}

impl From<CannotWait> for io::Error {
    fn from(why: CannotWait) -> Self {
        io::Error::other(why.to_string())
    }
}

/// Ends the process where continuing would be undefined behaviour.
#[cold]
pub(crate) fn give_up(why: &str) -> ! {
    eprintln!("ch05-fibers cannot continue: {why}");
    std::process::abort();
}
