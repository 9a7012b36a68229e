//! The runtime in a simulation: the root of a test that compiles the crate's
//! files again, over another `kernel`.
//!
//! The executor, its tasks, timers and handles are what they are in the
//! library. What they ask the system for comes from `tests/sim/kernel.rs`: the
//! time is a number that moves when everything waits, and which ready task is
//! next is a question of the seed. Sockets and signals are left out.

#![allow(dead_code, reason = "no program here uses all of the runtime")]
#![allow(unused_imports, reason = "names that a user of the library would use")]
#![allow(unreachable_pub, reason = "these are the files of a library")]

mod blocking;
mod budget;
mod builder;
mod context;
mod driver;
mod dump;
mod handle;
mod inbox;
// ANCHOR: kernel
#[path = "../tests/sim/kernel.rs"]
mod kernel;
// ANCHOR_END: kernel
mod panics;
mod readiness;
mod root;
mod run_queue;
mod runtime;
mod shutdown;
mod sync;
mod task;
mod threads;
mod time;
mod yield_now;

/// A dump says which socket is waited for. There are none.
mod registration {
    #[cfg(unix)]
    pub(crate) type Descriptor = std::os::fd::RawFd;
    #[cfg(not(unix))]
    pub(crate) type Descriptor = ();
}

#[path = "../tests/sim/programs.rs"]
mod programs;
