//! The crate of chapter 2. The rest of this page is its README.
//!
#![doc = include_str!("../README.md")]

pub mod archive;
pub mod log;
pub mod s1_threads;
pub mod s2_callbacks;
pub mod s3_promises;
pub mod s4_coroutines;
pub mod s5_async;

pub mod once;
pub mod protocol;
#[cfg(target_os = "linux")]
pub mod threads;

pub use log::Log;
pub use s2_callbacks::Loop;
pub use s3_promises::{Broken, Promise, Resolver, all, promise};
pub use s4_coroutines::{Coroutine, Step};
pub use s5_async::{Executor, Task};

/// One of the five: what its file is called, its program, and its crowd.
#[derive(Clone, Copy, Debug)]
pub struct Model {
    /// For people.
    pub name: &'static str,
    /// One errand, and a main line that carries on meanwhile.
    pub run: fn(&Log),
    /// That many errands at the same time; gives the sum of their results.
    pub crowd: fn(&Log, usize) -> u64,
}

/// The five models, in the order of the stages.
pub const MODELS: [Model; 5] = [
    Model {
        name: "threads",
        run: s1_threads::run,
        crowd: s1_threads::crowd,
    },
    Model {
        name: "callbacks",
        run: s2_callbacks::run,
        crowd: s2_callbacks::crowd,
    },
    Model {
        name: "promises",
        run: s3_promises::run,
        crowd: s3_promises::crowd,
    },
    Model {
        name: "coroutines",
        run: s4_coroutines::run,
        crowd: s4_coroutines::crowd,
    },
    Model {
        name: "async/await",
        run: s5_async::run,
        crowd: s5_async::crowd,
    },
];

/// What all five say, line by line.
pub const TRANSCRIPT: [&str; 6] = [
    "main: sends off an errand",
    "main: carries on meanwhile",
    "errand: moby-dick is number 2701",
    "errand: it begins \"Call me Ishmael.\"",
    "errand: stored 16 bytes",
    "main: done, 16 bytes",
];

/// That many milliseconds.
pub(crate) fn ms(milliseconds: u64) -> std::time::Duration {
    std::time::Duration::from_millis(milliseconds)
}
