//! The runtime beside tokio's, on one thread, and the crates of smol: what a
//! task costs, a timer, and an operation on a socket.
//!
//! ```console
//! $ cargo bench --bench runtime                # all of it, as JSON
//! $ cargo bench --bench runtime -- --quick     # once each: does it run?
//! $ cargo bench --bench runtime -- \
//!       --group tasks --only ours "spawn and run" --iterations 1000
//! ```
//!
//! | group | a case is | its figure is for |
//! |---|---|---|
//! | `tasks` | what is done | one task, or one turn |
//! | `threads` | the same on two threads | one task |
//! | `load` | which of 10,000 tasks | from the start to its end |
//! | `deadlines` | what is done | one deadline |
//! | `sleepers` | a million sleeping tasks | one of them |
//! | `server` | what is served over 100 connections | one request |
//! | `latency` | which of the requests, at a given pace | one request |
//! | `connections` | 1,000 idle ones | the heap of one |
//!
//! Each peer does the same with what it is made of: panics are caught, tasks
//! can be cancelled, and joined. Only monoio has none of that but joining.

#[cfg(target_os = "linux")]
mod completion;
mod memory;
mod network;
mod peers;
mod tasks;
mod threads;
mod timers;
mod together;

use peers::{AsyncExecutor, Local, LocalRuntime, LocalSet, Ours, Tokio};
use std::process::ExitCode;
use testing::bench::{Arguments, Result, Rounds, Row, in_turns};
use together::Together;

/// Something to be measured.
struct Measured {
    group: &'static str,
    peer: &'static str,
    case: &'static str,
    unit: &'static str,
    /// How much a call of `run` does for each of its iterations.
    per_iteration: usize,
    /// How many iterations a round has, and how many rounds there are.
    times: usize,
    rounds: usize,
    /// One round of so many iterations. Gives the figure.
    run: fn(usize) -> Result<f64>,
}

/// All of it. What is compared stands together.
fn all() -> Vec<Measured> {
    let mut all = Vec::new();
    let peers = [
        tasks::rows::<Ours>,
        tasks::rows::<Local>,
        tasks::rows::<LocalSet>,
        tasks::rows::<LocalRuntime>,
        tasks::rows::<Tokio>,
        tasks::rows::<AsyncExecutor>,
    ];
    all.extend(peers.into_iter().flat_map(|rows| rows()));
    let peers = [
        timers::rows::<Ours>,
        timers::rows::<Tokio>,
        timers::rows::<AsyncExecutor>,
    ];
    all.extend(peers.into_iter().flat_map(|rows| rows()));
    let peers = [
        network::rows::<Ours>,
        network::rows::<Tokio>,
        network::rows::<AsyncExecutor>,
    ];
    all.extend(peers.into_iter().flat_map(|rows| rows()));
    all.extend(threads::rows());
    #[cfg(target_os = "linux")]
    all.extend(completion::rows());
    all
}

/// What gives several figures at once.
fn together() -> Vec<Together> {
    let mut at_a_pace = vec![
        network::at_a_pace::<Ours>(),
        network::at_a_pace::<Tokio>(),
        network::at_a_pace::<AsyncExecutor>(),
    ];
    #[cfg(target_os = "linux")]
    at_a_pace.extend(completion::at_a_pace());
    let mut all: Vec<_> = threads::loads().into();
    all.push(network::latency(at_a_pace));
    all.push(timers::sleepers());
    all
}

fn run(arguments: Arguments) -> Result<()> {
    let mut all = all();
    all.retain(|row| arguments.wants(row.group));
    if let Some((peer, case)) = &arguments.only {
        let wanted = |row: &&Measured| row.peer == peer && row.case == case;
        let row = all.iter().find(wanted).ok_or("no row that is counted")?;
        if row.unit != "ns" {
            return Err("that is counted in bytes".into());
        }
        (row.run)(arguments.iterations)?;
        return Ok(());
    }
    // Rows of one case are measured in turns.
    while let Some(first) = all.first() {
        let (group, case) = (first.group, first.case);
        let (rows, rest) = all
            .into_iter()
            .partition::<Vec<_>, _>(|r| (r.group, r.case) == (group, case));
        all = rest;
        let rounds = if arguments.quick { 1 } else { rows[0].rounds };
        let measured = in_turns(rows, Rounds::counted(rounds), |row| {
            let times = if arguments.quick { 1 } else { row.times };
            (row.run)(times).map(Some)
        })?;
        for (row, figures) in measured {
            Row {
                group: row.group,
                peer: row.peer,
                case: row.case,
                unit: row.unit,
                per_iteration: row.per_iteration,
            }
            .print(&figures)?;
        }
    }
    for group in together() {
        if arguments.wants(group.group) {
            group.measure(arguments.quick)?;
        }
    }
    Ok(())
}

fn main() -> ExitCode {
    // The other end of the server's connections is this program once more.
    let words: Vec<String> = std::env::args().skip(1).collect();
    if words.first().is_some_and(|word| word == "client") {
        return network::client(&words[1..]);
    }
    testing::bench::main("runtime", &[], run)
}
