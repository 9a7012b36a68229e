//! Groups, cases, rounds and figures. How each peer does it is in `peers.rs`,
//! how its memory is counted in `memory.rs`.

mod memory;
mod peers;

use ch02_models::threads::one_arena;
use peers::{PEERS, Peer};
use std::error::Error;
use std::io::{self, Write};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Of so many tasks. Threads do not go further than 10,000 with the limits
/// that Linux starts with: `examples/how_many_threads.rs` says why.
const CASES: [usize; 4] = [10, 1_000, 10_000, 100_000];
const MOST_THREADS: usize = 10_000;

/// 100000 as 100,000.
fn name(count: usize) -> String {
    let digits = count.to_string();
    let mut name = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            name.push(',');
        }
        name.push(digit);
    }
    name
}

fn goes(peer: &Peer, count: usize) -> bool {
    !peer.threads || count <= MOST_THREADS
}

/// The rounds of one peer in one case.
fn print(
    group: &str,
    peer: &Peer,
    count: usize,
    unit: &str,
    mut rounds: Vec<f64>,
) -> Result<()> {
    rounds.sort_by(f64::total_cmp);
    let number = rounds.len();
    let per_iteration = if group == "create" { count } else { 1 };
    println!(
        "{{\"group\": \"{group}\", \"peer\": \"{}\", \"case\": \"{}\", \
         \"unit\": \"{unit}\", \"median\": {:.1}, \"min\": {:.1}, \
         \"max\": {:.1}, \"rounds\": {number}, \
         \"per_iteration\": {per_iteration}}}",
        peer.name,
        name(count),
        rounds[number / 2],
        rounds[0],
        rounds[number - 1],
    );
    io::stdout().flush()?;
    Ok(())
}

/// All peers in turns, so that what disturbs the machine disturbs them all.
fn in_turns(
    group: &str,
    count: usize,
    rounds: usize,
    mut once: impl FnMut(&Peer) -> Result<f64>,
) -> Result<()> {
    let peers = PEERS.iter().filter(|peer| goes(peer, count));
    let mut all: Vec<_> = peers.map(|peer| (peer, Vec::new())).collect();
    for round in 0..rounds {
        let length = all.len();
        for turn in 0..length {
            let (peer, figures) = &mut all[(round + turn) % length];
            figures.push(once(peer)?);
        }
    }
    for (peer, figures) in all {
        print(group, peer, count, "ns", figures)?;
    }
    Ok(())
}

/// So often that a round takes some milliseconds.
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
    in_turns("create", count, rounds, |peer| {
        let times = if quick { 1 } else { repetitions(peer, count) };
        let took = (peer.create)(count, times);
        Ok(took.as_secs_f64() * 1e9 / (count * times) as f64)
    })
}

fn switch(count: usize, quick: bool) -> Result<()> {
    let rounds = match (quick, count) {
        (true, _) => 1,
        (false, 10_000) => 5,
        (false, _) => 11,
    };
    in_turns("switch", count, rounds, |peer| {
        // At least one lap of all tasks.
        let few = if peer.threads { 10_000 } else { 200_000 };
        let switches = if quick { 1 } else { few.max(count) };
        let took = (peer.switch)(count, switches);
        Ok(took.as_secs_f64() * 1e9 / switches as f64)
    })
}

pub fn run(arguments: impl Iterator<Item = String>) -> Result<()> {
    one_arena();
    let (mut quick, mut only, mut iterations) = (false, None, 1);
    let (mut group, mut keep) = (None, false);
    let mut arguments = arguments;
    let missing = |what: &str| format!("{what} is missing");
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--bench" | "--test" => {} // cargo's
            "--quick" => quick = true,
            // A child of this program, for `reserved` and `touched`.
            "--keep" => keep = true,
            "--group" => {
                group = Some(arguments.next().ok_or(missing("the group"))?);
            }
            "--only" => {
                let peer = arguments.next().ok_or(missing("the peer"))?;
                let case = arguments.next().ok_or(missing("the case"))?;
                only = Some((peer, case));
            }
            "--iterations" => {
                let number = arguments.next().ok_or(missing("the number"))?;
                iterations = number.parse()?;
            }
            other => {
                let known = "--quick, --group GROUP, --only PEER CASE, \
                             --iterations N";
                return Err(format!("{other:?}: known are {known}").into());
            }
        }
    }
    if let Some((peer, case)) = only {
        let (peer, count) = find(&peer, &case)?;
        if keep {
            return memory::child(peer, count);
        }
        return run_only(peer, count, group.as_deref(), iterations);
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
    let cases = CASES.map(name);
    let case = CASES.into_iter().find(|count| name(*count) == case);
    let case = case.ok_or_else(|| format!("the cases are {cases:?}"))?;
    if !goes(peer, case) {
        return Err("so many threads do not go".into());
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
