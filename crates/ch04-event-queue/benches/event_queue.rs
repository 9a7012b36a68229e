//! What an event costs: with the bare calls, in this crate, in mio and in
//! polling. Linux only.
//!
//! ```console
//! $ cargo bench --bench event_queue                 # all of it, as JSON
//! $ cargo bench --bench event_queue -- --quick      # once each: does it run?
//! $ cargo bench --bench event_queue -- \
//!       --group "an event" --only ours "10 / 1" --iterations 1000
//! ```
//!
//! The first form runs all peers in turns, in one process, and writes one line
//! per peer and case: the median, minimum and maximum over the rounds. The last
//! form runs one loop, for a tool that counts instructions: the difference
//! between two runs with different numbers of iterations is what those cost.
//!
//! A case `N / K`: of N eventfds in a queue, K become ready; the peer waits for
//! them, and they are read. Its figure is for one event, including the write
//! and the read; `floor` does these two and nothing else.

#[cfg(target_os = "linux")]
mod linux;

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    testing::bench::main("event_queue", &[], linux::run)
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("this benchmark is for Linux only");
}
