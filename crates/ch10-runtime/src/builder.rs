//! How a runtime is to be.

use crate::runtime::Runtime;
use std::io;

/// Makes a [`Runtime`]; what is not said has a default.
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until `build`"]
pub struct Builder {
    pub(crate) threads: usize,
    pub(crate) thread_name: String,
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            threads: 1,
            thread_name: "runtime".to_owned(),
        }
    }
}

impl Builder {
    /// How many threads poll tasks, the one that calls `block_on` among them.
    /// By default that is the only one. Zero counts as one.
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = threads.max(1);
        self
    }

    /// What the threads of the runtime are called; a number is added.
    pub fn thread_name(mut self, name: impl Into<String>) -> Self {
        self.thread_name = name.into();
        self
    }

    /// The runtime.
    ///
    /// # Errors
    ///
    /// If the system has no descriptors or threads left.
    pub fn build(self) -> io::Result<Runtime> {
        Runtime::build(&self)
    }
}
