//! Chapter 1: concurrent, parallel, both or neither. Two tasks of four steps,
//! done in four ways; the answer is read from a log of what happened when.

use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};
use testing::print;

/// Long enough that two threads which are both at work overlap, also on a
/// machine with other things to do.
const STEP: Duration = Duration::from_millis(40);

/// A step of a task: who did it, and when.
struct Step {
    thread: usize,
    task: char,
    from: Instant,
    to: Instant,
}

#[derive(Default)]
struct Log(Mutex<Vec<Step>>);

impl Log {
    /// Computes for the time of a step, and writes it down.
    fn step(&self, thread: usize, task: char) {
        let from = Instant::now();
        while from.elapsed() < STEP {
            std::hint::spin_loop();
        }
        let to = Instant::now();
        let step = Step {
            thread,
            task,
            from,
            to,
        };
        self.0.lock().expect("no thread panics").push(step);
    }
}

// ANCHOR: four_ways
fn one_after_the_other(log: &Log) {
    for task in ['A', 'B'] {
        for _ in 0..4 {
            log.step(1, task);
        }
    }
}

fn taking_turns(log: &Log) {
    for _ in 0..4 {
        for task in ['A', 'B'] {
            log.step(1, task);
        }
    }
}

fn two_on_each_task(log: &Log) {
    for task in ['A', 'B'] {
        thread::scope(|scope| {
            for thread in [1, 2] {
                scope
                    .spawn(move || (0..2).for_each(|_| log.step(thread, task)));
            }
        }); // waits for both threads: joins them
    }
}

fn one_on_each_task(log: &Log) {
    thread::scope(|scope| {
        for (thread, task) in [(1, 'A'), (2, 'B')] {
            scope.spawn(move || (0..4).for_each(|_| log.step(thread, task)));
        }
    }); // joins both, once
}
// ANCHOR_END: four_ways

// ANCHOR: definitions
/// Are there two tasks of which each began before the other had ended?
fn concurrent(steps: &[Step]) -> bool {
    let began = |task| {
        steps
            .iter()
            .filter(move |s| s.task == task)
            .map(|s| s.from)
            .min()
    };
    let ended = |task| {
        steps
            .iter()
            .filter(move |s| s.task == task)
            .map(|s| s.to)
            .max()
    };
    began('A') < ended('B') && began('B') < ended('A')
}

/// Is there a moment at which two steps were being done?
fn parallel(steps: &[Step]) -> bool {
    steps.iter().enumerate().any(|(index, one)| {
        let mut others = steps[index + 1..].iter();
        others.any(|other| one.from < other.to && other.from < one.to)
    })
}
// ANCHOR_END: definitions

/// What one thread did, as letters.
fn row(steps: &[Step], thread: usize) -> String {
    let mut mine: Vec<&Step> =
        steps.iter().filter(|step| step.thread == thread).collect();
    mine.sort_by_key(|step| step.from);
    mine.iter().map(|step| step.task).collect()
}

type Way = (&'static str, fn(&Log));

fn run() -> String {
    let mut output =
        "                      thread 1   thread 2   concurrent   parallel\n"
            .to_string();
    let ways: [Way; 4] = [
        ("one after the other", one_after_the_other),
        ("taking turns", taking_turns),
        ("two on each task", two_on_each_task),
        ("one on each task", one_on_each_task),
    ];
    for (name, way) in ways {
        let log = Log::default();
        way(&log);
        let steps = log.0.into_inner().expect("no thread panics");
        let yes = |is| if is { "yes" } else { "no" };
        output += &format!(
            "{name:<21} {:<10} {:<10} {:<12} {}\n",
            row(&steps, 1),
            row(&steps, 2),
            yes(concurrent(&steps)),
            yes(parallel(&steps)),
        );
    }
    output
}

fn main() {
    print!("{}", run());
}

#[test]
fn runs() {
    assert_eq!(
        run(),
        "                      thread 1   thread 2   concurrent   parallel\n\
         one after the other   AAAABBBB              no           no\n\
         taking turns          ABABABAB              yes          no\n\
         two on each task      AABB       AABB       no           yes\n\
         one on each task      AAAA       BBBB       yes          yes\n"
    );
}
