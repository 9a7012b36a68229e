//! `crate::sync` of the models: loom's.

#[path = "../loom_pool/sync.rs"]
mod pool;

pub use loom::sync::atomic::{AtomicUsize, Ordering};
pub use pool::{
    Clock, Condvar, Mutex, MutexGuard, lock, set_clock, thread, wait,
    wait_timeout,
};
