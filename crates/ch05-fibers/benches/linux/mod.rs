//! The rounds, the peers in turns, and what is printed.

mod memory;
mod peers;

use peers::{PEERS, Peer};
use std::io::{self, Write};
use std::time::Duration;

pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// A table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Group {
    RoundTrip,
    RoundRobin,
    Create,
    Memory,
}

impl Group {
    const ALL: [Self; 4] = [
        Self::RoundTrip,
        Self::RoundRobin,
        Self::Create,
        Self::Memory,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::RoundTrip => "round trip",
            Self::RoundRobin => "round robin",
            Self::Create => "create",
            Self::Memory => "memory",
        }
    }

    fn cases(self) -> &'static [&'static str] {
        match self {
            Self::RoundTrip => &["at once", "3 deep"],
            Self::RoundRobin => &["2", "1,000", "10,000"],
            Self::Create => &["pooled stack", "new stack"],
            Self::Memory => &["1,000", "10,000", "100,000"],
        }
    }

    fn unit(self) -> &'static str {
        if self == Self::Memory { "B" } else { "ns" }
    }

    /// For how many of what is measured an iteration stands.
    fn per_iteration(self, case: &str) -> usize {
        if self == Self::RoundRobin {
            number(case)
        } else {
            1
        }
    }

    /// How many iterations take some milliseconds.
    fn iterations(self, peer: &Peer, case: &str) -> usize {
        match self {
            Self::RoundTrip => 200_000 / peer.slowness,
            Self::RoundRobin => (400_000 / number(case)).max(20),
            Self::Create if case == "new stack" => 500,
            Self::Create => 50_000 / peer.slowness,
            Self::Memory => 1,
        }
    }
}

/// A case that is a number, with commas between thousands.
fn number(case: &str) -> usize {
    let digits = case.replace(',', "");
    digits.parse().expect("the cases of this group are numbers")
}

/// So many iterations of one peer and case; `None` if it has no such case.
fn once(
    peer: &Peer,
    group: Group,
    case: &str,
    iterations: usize,
) -> Result<Option<Duration>> {
    Ok(match group {
        Group::RoundTrip => (peer.round_trip)(case == "3 deep", iterations),
        Group::RoundRobin => (peer.round_robin)(number(case), iterations),
        Group::Create => (peer.create)(case == "new stack", iterations),
        Group::Memory => return Err("memory is measured in a child".into()),
    })
}

/// All peers in turns, so that what disturbs the machine disturbs them all.
fn compare(group: Group, case: &str, quick: bool) -> Result<()> {
    let rounds = match (quick, group) {
        (true, _) => 1,
        (false, Group::Memory) => 3,
        (false, _) => 21,
    };
    let mut all: Vec<_> = PEERS.iter().map(|peer| (peer, vec![])).collect();
    for round in 0..rounds {
        let length = all.len();
        for turn in 0..length {
            let (peer, figures) = &mut all[(round + turn) % length];
            let figure = if group == Group::Memory {
                memory::measure(peer, number(case))?
            } else {
                let iterations = if quick {
                    4
                } else {
                    group.iterations(peer, case)
                };
                let many = iterations * group.per_iteration(case);
                once(peer, group, case, iterations)?
                    .map(|took| took.as_secs_f64() * 1e9 / many as f64)
            };
            figures.extend(figure);
        }
    }
    for (peer, figures) in all {
        print(peer, group, case, figures)?;
    }
    Ok(())
}

fn print(
    peer: &Peer,
    group: Group,
    case: &str,
    mut figures: Vec<f64>,
) -> Result<()> {
    figures.sort_by(f64::total_cmp);
    let (Some(min), Some(max)) = (figures.first(), figures.last()) else {
        return Ok(());
    };
    println!(
        "{{\"group\": \"{}\", \"peer\": \"{}\", \"case\": \"{case}\", \
         \"unit\": \"{}\", \"median\": {:.2}, \"min\": {min:.2}, \
         \"max\": {max:.2}, \"rounds\": {}, \"per_iteration\": {}}}",
        group.name(),
        peer.name,
        group.unit(),
        figures[figures.len() / 2],
        figures.len(),
        group.per_iteration(case),
    );
    io::stdout().flush()?;
    Ok(())
}

pub fn run(mut arguments: impl Iterator<Item = String>) -> Result<()> {
    let (mut quick, mut keep, mut iterations) = (false, false, 1);
    let (mut group, mut only) = (None, None);
    let missing = |what: &str| format!("{what} is missing");
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--bench" | "--test" => {} // cargo's
            "--quick" => quick = true,
            // A child of this program, for `memory`.
            "--keep" => keep = true,
            "--group" => {
                let name = arguments.next().ok_or(missing("the group"))?;
                let found = Group::ALL.into_iter().find(|g| g.name() == name);
                let names = Group::ALL.map(Group::name);
                let unknown = || format!("the groups are {names:?}");
                group = Some(found.ok_or_else(unknown)?);
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
    let groups = match group {
        Some(group) => vec![group],
        None => Group::ALL.to_vec(),
    };
    let Some((peer, case)) = only else {
        for group in groups {
            for case in group.cases() {
                compare(group, case, quick)?;
            }
        }
        return Ok(());
    };
    let names = PEERS.map(|peer| peer.name);
    let found = PEERS.iter().find(|known| known.name == peer);
    let peer = found.ok_or_else(|| format!("the peers are {names:?}"))?;
    let [group] = groups[..] else {
        return Err("of which group? --group GROUP".into());
    };
    if !group.cases().contains(&case.as_str()) {
        return Err(format!("the cases are {:?}", group.cases()).into());
    }
    if keep {
        return memory::child(peer, number(&case));
    }
    if peer.threads {
        return Err("what several threads do is not counted".into());
    }
    let done = once(peer, group, &case, iterations)?;
    done.map(drop).ok_or_else(|| "it has no such case".into())
}
