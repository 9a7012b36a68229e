//! Chapter 1: concurrent, parallel, both or neither. Two tasks of four steps,
//! done in four ways: with a core for each thread, and with one core for both
//! (on Linux; elsewhere the kernel chooses). The answers are read from a log of
//! what happened when.

use std::io;
use std::ops::Range;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

/// How long a step needs a core: longer than the kernel lets a thread run at a
/// time, so that two threads on one core take turns within it.
const STEP: Duration = Duration::from_millis(10);

/// How often each way is tried at most.
const RUNS: usize = 5;

/// If the clock jumps by more than this between two looks, the thread was off
/// the core.
const JUMP: Duration = Duration::from_micros(50);

/// Two threads were on cores at the same time if they seem to have been so for
/// this long: two that share a core, and take turns too fast for a jump, seem
/// to be, too, for a moment.
const OVERLAP: Duration = Duration::from_millis(1);

// ANCHOR: log
/// A step of a task, done by a thread.
struct Step {
    thread: usize,
    task: char,
    /// When it was on a core: one piece, or several if the kernel interrupted
    /// it.
    on_core: Vec<Range<Instant>>,
}

/// All steps; and the cores on which threads 1 and 2 must stay.
struct Log {
    steps: Mutex<Vec<Step>>,
    cores: [usize; 2],
}
// ANCHOR_END: log

impl Log {
    /// Computes until this thread has been on a core for `STEP`, and looks at
    /// the clock all the time.
    fn step(&self, thread: usize, task: char) {
        let core = self.cores[thread - 1];
        cores::stay_on(core).expect("this core is allowed");
        let (mut on_core, mut had) = (Vec::new(), Duration::ZERO);
        let mut piece = Instant::now();
        let mut last = piece;
        while had + (last - piece) < STEP {
            let now = Instant::now();
            if now - last > JUMP {
                on_core.push(piece..last);
                had += last - piece;
                piece = now;
            }
            last = now;
        }
        on_core.push(piece..last);
        let step = Step {
            thread,
            task,
            on_core,
        };
        self.steps.lock().expect("no thread panics").push(step);
    }
}

// ANCHOR: four_ways
fn one_after_the_other(log: &Log) {
    for task in "AAAABBBB".chars() {
        log.step(1, task);
    }
}

fn taking_turns(log: &Log) {
    for task in "ABABABAB".chars() {
        log.step(1, task);
    }
}

fn two_on_each_task(log: &Log) {
    for task in ['A', 'B'] {
        thread::scope(|scope| {
            for thread in [1, 2] {
                scope.spawn(move || {
                    log.step(thread, task);
                    log.step(thread, task);
                });
            }
        }); // waits for both threads
    }
}

fn one_on_each_task(log: &Log) {
    thread::scope(|scope| {
        for (thread, task) in [(1, 'A'), (2, 'B')] {
            scope.spawn(move || (0..4).for_each(|_| log.step(thread, task)));
        }
    }); // waits once
}
// ANCHOR_END: four_ways

// ANCHOR: definitions
/// Are there two tasks of which each began before the other had ended?
fn concurrent(steps: &[Step]) -> bool {
    let pieces = |task| {
        let steps = steps.iter().filter(move |step| step.task == task);
        steps.flat_map(|step| &step.on_core)
    };
    let began = |task| pieces(task).map(|piece| piece.start).min();
    let ended = |task| pieces(task).map(|piece| piece.end).max();
    began('A') < ended('B') && began('B') < ended('A')
}

/// Is there a moment at which two threads were on a core?
fn parallel(steps: &[Step]) -> bool {
    let pieces = |thread| {
        let steps = steps.iter().filter(move |step| step.thread == thread);
        steps.flat_map(|step| &step.on_core)
    };
    pieces(1).any(|one| {
        pieces(2).any(|two| {
            let from = one.start.max(two.start);
            one.end.min(two.end).saturating_duration_since(from) > OVERLAP
        })
    })
}
// ANCHOR_END: definitions

/// What one thread did, a letter a step.
fn row(steps: &[Step], thread: usize) -> String {
    let mut mine: Vec<&Step> =
        steps.iter().filter(|step| step.thread == thread).collect();
    mine.sort_by_key(|step| step.on_core[0].start); // there is at least one
    mine.iter().map(|step| step.task).collect()
}

/// Does it on these cores, up to `RUNS` times, until it was parallel. (On a
/// busy machine two threads need not get their cores at the same time.)
fn log(way: fn(&Log), cores: [usize; 2]) -> Vec<Step> {
    let mut runs = (0..RUNS).map(|_| {
        let steps = Mutex::default();
        let log = Log { steps, cores };
        // In a new thread, which may be tied to a core and ends after this.
        thread::scope(|scope| scope.spawn(|| way(&log)).join())
            .expect("no thread panics");
        log.steps.into_inner().expect("no thread panics")
    });
    let mut last = runs.next().expect("there is one run or more");
    while !parallel(&last)
        && let Some(next) = runs.next()
    {
        last = next;
    }
    last
}

#[cfg(target_os = "linux")]
use ch01_concurrency::cores;

/// Elsewhere there is one core without a number, and the kernel chooses.
#[cfg(not(target_os = "linux"))]
mod cores {
    pub fn allowed() -> std::io::Result<Vec<usize>> {
        Ok(vec![0])
    }

    pub fn stay_on(_core: usize) -> std::io::Result<()> {
        Ok(())
    }
}

type Way = (&'static str, fn(&Log));

fn run(mut out: impl io::Write) -> io::Result<()> {
    let ways: [Way; 4] = [
        ("one after the other", one_after_the_other),
        ("taking turns", taking_turns),
        ("two on each task", two_on_each_task),
        ("one on each task", one_on_each_task),
    ];
    writeln!(
        out,
        "                      thread 1   thread 2   \
         concurrent   parallel   on one core"
    )?;
    let cores = cores::allowed()?;
    let (first, last) = (cores[0], cores[cores.len() - 1]);
    for (name, way) in ways {
        let yes = |is| if is { "yes" } else { "no" };
        let steps = log(way, [first, last]);
        let on_one_core = if cfg!(target_os = "linux") {
            yes(parallel(&log(way, [first, first])))
        } else {
            "?"
        };
        writeln!(
            out,
            "{name:<21} {:<10} {:<10} {:<12} {:<10} {on_one_core}",
            row(&steps, 1),
            row(&steps, 2),
            yes(concurrent(&steps)),
            yes(parallel(&steps)),
        )?;
    }
    Ok(())
}

fn main() -> io::Result<()> {
    run(io::stdout().lock())
}

#[test]
fn runs() {
    let mut out = Vec::new();
    run(&mut out).unwrap();
    let cores = thread::available_parallelism().unwrap().get();
    let two = if cores > 1 { "yes" } else { "no" };
    let one = if cfg!(target_os = "linux") { "no" } else { "?" };
    let expected = format!(
        "                      thread 1   thread 2   \
         concurrent   parallel   on one core\n\
         one after the other   AAAABBBB              no           no         {one}\n\
         taking turns          ABABABAB              yes          no         {one}\n\
         two on each task      AABB       AABB       no           {two:<10} {one}\n\
         one on each task      AAAA       BBBB       yes          {two:<10} {one}\n"
    );
    assert_eq!(String::from_utf8(out).unwrap(), expected);
}

/// On one core two threads take turns, within a step, too.
#[cfg(target_os = "linux")]
#[test]
fn one_core_is_shared() {
    let core = cores::allowed().unwrap()[0];
    let steps = log(one_on_each_task, [core, core]);
    assert!(concurrent(&steps) && !parallel(&steps));
    assert!(steps.iter().any(|step| step.on_core.len() > 1));
}
