//! Groups, cases, rounds and figures. How each peer does it is in `peers.rs`,
//! how its memory is counted in `memory.rs`.

mod memory;
mod peers;

use ch02_models::threads::one_arena;
use peers::{PEERS, Peer};
use testing::bench::{
    Arguments, Result, Rounds, Row, grouped, in_turns, ns_each,
};

/// The numbers of tasks. Threads stop at 10,000, because of the limits with
/// which Linux starts: `examples/how_many_threads.rs` says why.
const CASES: [usize; 4] = [10, 1_000, 10_000, 100_000];
const MOST_THREADS: usize = 10_000;

fn goes(peer: &Peer, count: usize) -> bool {
    !peer.threads || count <= MOST_THREADS
}

/// The figures of one peer in one case.
fn print(
    group: &str,
    peer: &Peer,
    count: usize,
    unit: &str,
    figures: &[f64],
) -> Result<()> {
    let row = Row {
        group,
        peer: peer.name,
        case: &grouped(count),
        unit,
        per_iteration: if group == "create" { count } else { 1 },
    };
    row.print(figures)
}

/// All peers that go so far, in turns.
fn compare(
    group: &str,
    count: usize,
    rounds: usize,
    mut once: impl FnMut(&Peer) -> f64,
) -> Result<()> {
    let peers = PEERS.iter().filter(|peer| goes(peer, count));
    let rounds = Rounds::counted(rounds);
    for (peer, figures) in in_turns(peers, rounds, |peer| Ok(Some(once(peer))))?
    {
        print(group, peer, count, "ns", &figures)?;
    }
    Ok(())
}

/// As often as it takes to fill a few milliseconds.
fn repetitions(peer: &Peer, count: usize) -> usize {
    match (peer.threads, count) {
        (true, 10) => 20,
        (true, _) => 1,
        (false, _) => (100_000 / count).max(1),
    }
}

fn create(count: usize, quick: bool) -> Result<()> {
    let rounds = match (quick, count) {
        (true, _) => 1,
        (false, 10_000) => 3,
        (false, 1_000) => 7,
        (false, _) => 11,
    };
    compare("create", count, rounds, |peer| {
        let times = if quick { 1 } else { repetitions(peer, count) };
        let took = (peer.create)(count, times);
        ns_each(took, count * times)
    })
}

fn switch(count: usize, quick: bool) -> Result<()> {
    let rounds = match (quick, count) {
        (true, _) => 1,
        (false, 10_000) => 5,
        (false, _) => 11,
    };
    compare("switch", count, rounds, |peer| {
        // At least one lap of all tasks.
        let few = if peer.threads { 10_000 } else { 200_000 };
        let switches = if quick { 1 } else { few.max(count) };
        let took = (peer.switch)(count, switches);
        ns_each(took, switches)
    })
}

pub fn run(arguments: Arguments) -> Result<()> {
    one_arena();
    let quick = arguments.quick;
    if let Some((peer, case)) = &arguments.only {
        let (peer, count) = find(peer, case)?;
        if arguments.has("--keep") {
            return memory::child(peer, count);
        }
        let group = arguments.group.as_deref();
        return run_only(peer, count, group, arguments.iterations);
    }
    for count in CASES {
        create(count, quick)?;
    }
    memory::compare(quick)?;
    for count in CASES {
        switch(count, quick)?;
    }
    Ok(())
}

fn find(peer: &str, case: &str) -> Result<(&'static Peer, usize)> {
    let names: Vec<_> = PEERS.iter().map(|peer| peer.name).collect();
    let peer = PEERS.iter().find(|known| known.name == peer);
    let peer = peer.ok_or_else(|| format!("the peers are {names:?}"))?;
    let cases = CASES.map(grouped);
    let case = CASES.into_iter().find(|count| grouped(*count) == case);
    let case = case.ok_or_else(|| format!("the cases are {cases:?}"))?;
    if !goes(peer, case) {
        return Err("that many threads cannot be made".into());
    }
    Ok((peer, case))
}

fn run_only(
    peer: &Peer,
    count: usize,
    group: Option<&str>,
    iterations: usize,
) -> Result<()> {
    match group {
        Some("create") => drop((peer.create)(count, iterations)),
        Some("switch") => drop((peer.switch)(count, iterations)),
        _ => return Err("--group create or --group switch?".into()),
    }
    Ok(())
}
