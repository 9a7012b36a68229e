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
//! | `deadlines` | what is done | one deadline |
//! | `sleepers` | a million sleeping tasks | one of them |
//! | `server` | what is served over 100 connections | one request |
//! | `connections` | 1,000 idle ones | the heap of one |
//!
//! Each peer does the same with what it is made of: panics are caught, tasks
//! can be cancelled, and joined.

mod memory;
mod network;
mod peers;
mod tasks;
mod timers;

use peers::{AsyncExecutor, Local, LocalRuntime, LocalSet, Ours, Tokio};
use std::process::ExitCode;
use testing::bench::{Arguments, Result, Rounds, Row, in_turns};

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
    if arguments.wants("sleepers") {
        timers::sleepers(arguments.quick)?;
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
