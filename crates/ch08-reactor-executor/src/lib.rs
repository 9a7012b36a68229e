//! The crate of chapter 8. The rest of this page is its README.
//!
#![doc = include_str!("../README.md")]

// The stages, each on the shoulders of the one before.
pub mod s1_sleep;
pub mod s2_waker;
pub mod s3_one_thread;
pub mod s4_two_threads;
pub mod s5_executors;

// What the stages from the third on are made of.
pub mod executor;
pub mod future;
pub mod net;
pub mod outcome;
pub mod reactor;
mod task;

// What finds mistakes, and what makes them happen.
pub mod finder;
pub mod paused;

// What two threads share: proved over all interleavings, in `tests/loom`.
pub mod broken;
pub mod parker;
pub mod run_queue;
pub mod scheduled;
pub mod slot;
pub mod sync;

pub use executor::{Executor, Park, Spawner};
pub use finder::{Finder, Forgotten};
pub use future::{Future, PollState, Waker, YieldNow, yield_now};
pub use net::{Get, Http, TcpStream};
pub use outcome::{JoinError, JoinHandle, JoinResult};
pub use parker::Parker;
pub use paused::paused;
pub use reactor::{Direction, Handle, Reactor, Registration};
pub use run_queue::{RunQueue, Unpark};
pub use s3_one_thread::one_thread;
pub use s4_two_threads::{ReactorThread, parked};
pub use s5_executors::on_each;
pub use scheduled::Scheduled;
pub use slot::{Closed, Slot};
