//! Stage 5 of chapter 8: several executors, each on a thread of its own, and
//! one reactor for all of them.
//!
//! A task stays where it was spawned. It leaves out stealing.

use crate::future::Future;
use crate::s4_two_threads::parked;
use std::io;
use std::thread;

/// Runs a future on each of so many threads, with an executor of its own, and
/// gives the outputs in the order of the threads. `make` is called on each
/// thread, with its number.
///
/// # Errors
///
/// If the system gives no thread.
///
/// # Panics
///
/// If one of the futures does.
// ANCHOR: on_each
pub fn on_each<T, F>(
    executors: usize,
    make: impl Fn(usize) -> F + Sync,
) -> io::Result<Vec<T>>
where
    T: Send,
    F: Future<Output = T>,
{
    let make = &make;
    thread::scope(|scope| {
        let threads: Vec<_> = (0..executors)
            .map(|number| {
                let work = move || parked().block_on(make(number));
                thread::Builder::new().spawn_scoped(scope, work)
            })
            .collect::<io::Result<_>>()?;
        let outputs = threads.into_iter().map(|thread| {
            let joined = thread.join();
            joined.unwrap_or_else(|why| std::panic::resume_unwind(why))
        });
        outputs.collect()
    })
}
// ANCHOR_END: on_each
