//! Cases, rounds and figures. The peers are in `peers.rs`.

mod peers;

use peers::{Mio, Ours, Peer, Polling, PollingEdge, Raw};
use std::fs::File;
use std::hint::black_box;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, RawFd};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};
use testing::bench::{Arguments, Result, Rounds, Row, in_turns, ns_each};

/// What is measured.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Case {
    /// How many are in the queue, and how many of them become ready.
    Ready(usize, usize),
    /// One source in, and out again.
    Register,
    /// A wait that does not wait, and finds nothing.
    Empty,
    /// From `wake` in one thread to the end of the wait in another thread.
    Wake,
}

const CASES: [Case; 8] = [
    Case::Ready(10, 1),
    Case::Ready(10, 10),
    Case::Ready(1_000, 1),
    Case::Ready(1_000, 64),
    Case::Ready(10_000, 64),
    Case::Register,
    Case::Empty,
    Case::Wake,
];

impl Case {
    fn group(self) -> &'static str {
        match self {
            Self::Ready(..) => "an event",
            _ => "other calls",
        }
    }

    fn name(self) -> String {
        match self {
            Self::Ready(all, ready) => format!("{all} / {ready}"),
            Self::Register => "register and deregister".into(),
            Self::Empty => "empty poll".into(),
            Self::Wake => "wake from another thread".into(),
        }
    }

    /// How many descriptors it needs, beside the few that a queue does.
    fn sources(self) -> usize {
        match self {
            Self::Ready(all, _) => all,
            _ => 1,
        }
    }

    /// How many figures one iteration stands for.
    fn per_iteration(self) -> usize {
        match self {
            Self::Ready(_, ready) => ready,
            Self::Wake => 2,
            _ => 1,
        }
    }

    /// Enough for a round of about ten milliseconds.
    fn iterations(self) -> usize {
        match self {
            Self::Wake => 500,
            _ => 20_000 / self.per_iteration(),
        }
    }
}

/// Runs one case of one peer a number of times; returns how long it took.
type Loop = fn(Case, &[File], usize) -> io::Result<Duration>;

const PEERS: [(&str, Loop); 6] = [
    ("floor", floor),
    ("epoll", of::<Raw>),
    ("ours", of::<Ours>),
    ("mio", of::<Mio>),
    ("polling", of::<Polling>),
    ("polling, edge", of::<PollingEdge>),
];

/// The least that has to be done: for events, the write and the read.
fn floor(case: Case, sources: &[File], count: usize) -> io::Result<Duration> {
    let Case::Ready(all, ready) = case else {
        return Ok(Duration::ZERO);
    };
    let sources: Vec<RawFd> =
        sources[..all].iter().map(File::as_raw_fd).collect();
    let step = all / ready;
    let start = Instant::now();
    for turn in 0..count {
        let of_this_turn = |n| sources[turn % step + n * step];
        for source in (0..ready).map(of_this_turn) {
            peers::write(source);
        }
        for source in (0..ready).map(of_this_turn) {
            peers::read(source);
        }
    }
    Ok(start.elapsed())
}

fn of<P: Peer>(
    case: Case,
    sources: &[File],
    count: usize,
) -> io::Result<Duration> {
    match case {
        Case::Ready(all, ready) => events::<P>(sources, all, ready, count),
        Case::Register => register::<P>(&sources[0], count),
        Case::Empty => empty::<P>(&sources[0], count),
        Case::Wake => wake::<P>(count),
    }
}

fn events<P: Peer>(
    sources: &[File],
    all: usize,
    ready: usize,
    count: usize,
) -> io::Result<Duration> {
    let mut peer = P::new()?;
    let sources: Vec<RawFd> =
        sources[..all].iter().map(File::as_raw_fd).collect();
    for (index, source) in sources.iter().enumerate() {
        peer.add(*source, index)?;
    }
    // One lap before the clock starts.
    turns(&mut peer, &sources, ready, 16.min(count))?;
    let start = Instant::now();
    turns(&mut peer, &sources, ready, count)?;
    Ok(start.elapsed())
}

/// In each turn others are ready: `ready` of them, far from each other.
fn turns<P: Peer>(
    peer: &mut P,
    sources: &[RawFd],
    ready: usize,
    count: usize,
) -> io::Result<()> {
    let step = sources.len() / ready;
    for turn in 0..count {
        let mut index = turn % step;
        for _ in 0..ready {
            peers::write(sources[index]);
            index += step;
        }
        let mut seen = 0;
        while seen < ready {
            seen += peer.wait(sources, None, peers::read)?;
        }
    }
    Ok(())
}

fn register<P: Peer>(source: &File, count: usize) -> io::Result<Duration> {
    let mut peer = P::new()?;
    let source = source.as_raw_fd();
    let start = Instant::now();
    for _ in 0..count {
        peer.add(source, 0)?;
        peer.remove(source)?;
    }
    Ok(start.elapsed())
}

fn empty<P: Peer>(source: &File, count: usize) -> io::Result<Duration> {
    let mut peer = P::new()?;
    peer.add(source.as_raw_fd(), 0)?;
    let zero = Some(Duration::ZERO);
    let start = Instant::now();
    for _ in 0..count {
        black_box(peer.wait(&[], zero, |_| ())?);
    }
    Ok(start.elapsed())
}

/// Two threads wake each other in turns.
fn wake<P: Peer>(count: usize) -> io::Result<Duration> {
    let (mut here, mut there) = (P::new()?, P::new()?);
    let wake_here = Arc::new(here.waker()?);
    let wake_there = Arc::new(there.waker()?);
    let other = thread::spawn({
        let wake_here = Arc::clone(&wake_here);
        move || {
            for _ in 0..count {
                there.sleep()?;
                P::wake(&wake_here)?;
            }
            io::Result::Ok(there)
        }
    });
    let start = Instant::now();
    for _ in 0..count {
        P::wake(&wake_there)?;
        here.sleep()?;
    }
    let time = start.elapsed();
    let _ = other.join().expect("it does not panic")?;
    Ok(time)
}

/// All peers in turns.
fn compare(case: Case, quick: bool) -> Result<()> {
    let sources = sources(case.sources())?;
    let count = if quick { 1 } else { case.iterations() };
    let rounds = Rounds {
        warm_up: usize::from(!quick),
        counted: if quick { 1 } else { 21 },
    };
    let peers = PEERS.iter().filter(|(name, _)| {
        *name != "floor" || matches!(case, Case::Ready(..))
    });
    let measured = in_turns(peers, rounds, |(_, run)| {
        let took = run(case, &sources, count)?;
        Ok(Some(ns_each(took, count * case.per_iteration())))
    })?;
    for ((peer, _), figures) in measured {
        let row = Row {
            group: case.group(),
            peer,
            case: &case.name(),
            unit: "ns",
            per_iteration: case.per_iteration(),
        };
        row.print(&figures)?;
    }
    Ok(())
}

pub fn run(arguments: Arguments) -> Result<()> {
    allow_descriptors()?;
    if let Some((peer, case)) = &arguments.only {
        let group = arguments.group.as_deref();
        return run_only(group, peer, case, arguments.iterations);
    }
    for case in CASES {
        compare(case, arguments.quick)?;
    }
    Ok(())
}

fn run_only(
    group: Option<&str>,
    peer: &str,
    case: &str,
    iterations: usize,
) -> Result<()> {
    let cases = CASES.map(|case| (case.group(), case.name()));
    let names = PEERS.map(|(name, _)| name);
    let case = cases.iter().position(|(of, name)| {
        name == case && group.is_none_or(|group| group == *of)
    });
    let case = case.ok_or_else(|| format!("the cases are {cases:?}"))?;
    let peer = names.iter().position(|name| *name == peer);
    let peer = peer.ok_or_else(|| format!("the peers are {names:?}"))?;
    let (case, (_, run)) = (CASES[case], PEERS[peer]);
    let sources = sources(case.sources())?;
    run(case, &sources, iterations)?;
    Ok(())
}

fn sources(count: usize) -> io::Result<Vec<File>> {
    (0..count)
        .map(|_| {
            let flags = libc::EFD_CLOEXEC | libc::EFD_NONBLOCK;
            // SAFETY: takes two numbers; there is nothing to uphold.
            let fd = peers::check(unsafe { libc::eventfd(0, flags) })?;
            // SAFETY: the kernel has just opened it for us.
            Ok(unsafe { File::from_raw_fd(fd) })
        })
        .collect()
}

/// Raises the limit of open descriptors as far as this process may.
fn allow_descriptors() -> io::Result<()> {
    delay_server::raise_descriptor_limit().map(drop)
}
