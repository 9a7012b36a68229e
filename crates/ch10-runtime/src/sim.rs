//! The runtime in a simulation: the root of a test that compiles the crate's
//! files again, over another `kernel`.
//!
//! The executor, its tasks, timers and handles are what they are in the
//! library. What they ask the system for comes from `tests/sim/kernel.rs`: the
//! time is a number that moves when everything waits, and which ready task is
//! next is a question of the seed. Sockets are the library's, too, on a network in
//! memory. Signals, Unix sockets and datagrams are left out.

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

// ANCHOR: network
/// The sockets of the library, on the network of the simulation.
mod net {
    mod accept;
    /// They have no descriptors.
    mod handles {
        macro_rules! handle_traits {
            ($socket:ident) => {};
        }
        pub(super) use handle_traits;
    }
    mod io;
    mod lookup;
    mod split;
    mod tcp_listener;
    mod tcp_stream;
    mod traits;

    pub use tcp_listener::TcpListener;
    pub use tcp_stream::TcpStream;
}
#[path = "../tests/sim/network.rs"]
mod network;
mod registration;
mod slots;
#[path = "../tests/sim/socket.rs"]
mod socket;
// ANCHOR_END: network

// What the servers say `ch10_runtime` to is the runtime of these files.
extern crate self as ch10_runtime;
pub use handle::spawn;
pub use runtime::{Runtime, spawn_local};

#[path = "../tests/sim/programs.rs"]
mod programs;
#[path = "../tests/sim/scenes.rs"]
mod scenes;
