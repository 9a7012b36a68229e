//! The rounds, the peers in turns, and what is printed.

mod memory;
mod peers;

use peers::{PEERS, Peer, RUNGS};
use std::time::Duration;
use testing::bench::{Arguments, Result, Rounds, Row, in_turns, ns_each};

/// A table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Group {
    Ladder,
    RoundTrip,
    RoundRobin,
    Create,
    Memory,
}

impl Group {
    const ALL: [Self; 5] = [
        Self::Ladder,
        Self::RoundTrip,
        Self::RoundRobin,
        Self::Create,
        Self::Memory,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Ladder => "ladder",
            Self::RoundTrip => "round trip",
            Self::RoundRobin => "round robin",
            Self::Create => "create",
            Self::Memory => "memory",
        }
    }

    fn peers(self) -> &'static [Peer] {
        if self == Self::Ladder { &RUNGS } else { &PEERS }
    }

    fn cases(self) -> &'static [&'static str] {
        match self {
            Self::Ladder | Self::RoundTrip => &["at once", "in a call"],
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
            Self::Ladder | Self::RoundTrip => 200_000 / peer.slowness,
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

/// `count` iterations of one peer and case; `None` if it has no such case.
fn once(
    peer: &Peer,
    group: Group,
    case: &str,
    iterations: usize,
) -> Result<Option<Duration>> {
    Ok(match group {
        Group::Ladder | Group::RoundTrip => {
            (peer.round_trip)(case == "in a call", iterations)
        }
        Group::RoundRobin => (peer.round_robin)(number(case), iterations),
        Group::Create => (peer.create)(case == "new stack", iterations),
        Group::Memory => return Err("memory is measured in a child".into()),
    })
}

/// All peers in turns.
fn compare(group: Group, case: &str, quick: bool) -> Result<()> {
    let rounds = match (quick, group) {
        (true, _) => 1,
        (false, Group::Memory) => 3,
        (false, _) => 21,
    };
    let measured = in_turns(group.peers(), Rounds::counted(rounds), |peer| {
        if group == Group::Memory {
            return memory::measure(peer, number(case));
        }
        let iterations = if quick {
            4
        } else {
            group.iterations(peer, case)
        };
        let many = iterations * group.per_iteration(case);
        let took = once(peer, group, case, iterations)?;
        Ok(took.map(|took| ns_each(took, many)))
    })?;
    // Who has no figure has no such case.
    let measured = measured.into_iter().filter(|(_, all)| !all.is_empty());
    for (peer, figures) in measured {
        let row = Row {
            group: group.name(),
            peer: peer.name,
            case,
            unit: group.unit(),
            per_iteration: group.per_iteration(case),
        };
        row.print(&figures)?;
    }
    Ok(())
}

pub fn run(arguments: Arguments) -> Result<()> {
    let groups = match &arguments.group {
        None => Group::ALL.to_vec(),
        Some(name) => {
            let found = Group::ALL.into_iter().find(|g| g.name() == name);
            let names = Group::ALL.map(Group::name);
            vec![found.ok_or_else(|| format!("the groups are {names:?}"))?]
        }
    };
    let Some((peer, case)) = &arguments.only else {
        for group in groups {
            for case in group.cases() {
                compare(group, case, arguments.quick)?;
            }
        }
        return Ok(());
    };
    let [group] = groups[..] else {
        return Err("of which group? --group GROUP".into());
    };
    let found = group.peers().iter().find(|known| known.name == peer);
    let peer = found.ok_or_else(|| {
        let names: Vec<_> = group.peers().iter().map(|p| p.name).collect();
        format!("the peers are {names:?}")
    })?;
    if !group.cases().contains(&case.as_str()) {
        return Err(format!("the cases are {:?}", group.cases()).into());
    }
    if arguments.has("--keep") {
        return memory::child(peer, number(case));
    }
    if peer.threads {
        return Err("what several threads do is not counted".into());
    }
    let done = once(peer, group, case, arguments.iterations)?;
    done.map(drop).ok_or_else(|| "it has no such case".into())
}
