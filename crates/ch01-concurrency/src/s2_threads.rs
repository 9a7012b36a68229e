//! Stage 2 of chapter 1: the workshop of stage 1 with real threads.
//!
//! A worker is a thread. To be busy is to use up processor time; to wait is to
//! wait for the clock, as a program waits for a disk or a network. Time runs
//! 2,000 times as fast: 6 s of printing are 3 ms, and 36 s of drying are 18 ms.
//!
//! **Which clock a busy worker looks at.** The processor time of its own
//! thread, not the clock on the wall. Two threads on one core that look at the
//! wall would both say after 4 ms that they had worked for 4 ms, though each
//! had the core for 2. (Windows counts the processor time of a thread in steps
//! of 15.6 ms, so there it is the wall.)
//!
//! So hands are cores here. A worker who waits is busy for a fifth of the time,
//! and seven of them want 1.4 cores on average; but all begin at the same
//! moment, so at times all want a core and at times none does. Three who
//! switch want three cores all the time.
//!
//! All benches are behind one lock, which is held for a few operations at a
//! time. For many short jobs each bench needs its own; chapter 10 has that.

use crate::s1_workshop::{Job, Report, Span, Time, Way};
use std::collections::{BTreeMap, VecDeque};
use std::panic;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// A millisecond in the workshop takes this many nanoseconds here.
const NANOS: u64 = 500;

/// How long a time in the workshop takes here.
pub fn real(time: Time) -> Duration {
    Duration::from_nanos(time.0.saturating_mul(NANOS))
}

/// How long this is in the workshop, rounded down.
fn workshop_time(real: Duration) -> Time {
    Time((real.as_nanos() / u128::from(NANOS)) as u64)
}

/// A workshop whose workers are threads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Workshop {
    /// How many threads; at least one.
    pub workers: usize,
    /// What they do when a job has to wait.
    pub way: Way,
    /// The longest turn of a job, in the time of the workshop.
    pub slice: Option<Time>,
}

impl Workshop {
    /// This many workers, all working in one way, who never interrupt a job.
    pub fn new(workers: usize, way: Way) -> Self {
        let slice = None;
        Self {
            workers,
            way,
            slice,
        }
    }

    /// Runs all jobs. Returns a report in the workshop's time, and how long each
    /// job took, in the order of the list.
    ///
    /// # Panics
    ///
    /// As the simulator: without a worker, or for a bench that does not exist.
    pub fn run(&self, jobs: &[Job]) -> (Report, Vec<Time>) {
        assert!(self.workers > 0, "a workshop needs a worker");
        let open = Instant::now();
        let mut floor = Floor {
            benches: (0..self.workers).map(|_| Bench::default()).collect(),
            left: jobs.len(),
            done: vec![open; jobs.len()],
        };
        for (number, job) in jobs.iter().enumerate() {
            let bench = job.bench.unwrap_or(number % self.workers);
            let task = Task::new(number, job);
            floor.benches[bench].aside(open + real(job.arrives), task);
        }
        let shop = Shop {
            way: self.way,
            slice: self.slice.map(real),
            floor: Mutex::new(floor),
            changed: Condvar::new(),
        };
        let busy: Vec<Time> = thread::scope(|scope| {
            let shop = &shop;
            let start = |worker| scope.spawn(move || shop.work(worker));
            let threads: Vec<_> = (0..self.workers).map(start).collect();
            let threads = threads.into_iter().map(|thread| thread.join());
            threads
                .map(|busy| {
                    busy.unwrap_or_else(|why| panic::resume_unwind(why))
                })
                .map(workshop_time)
                .collect()
        });
        let arrived = |job: &Job| open + real(job.arrives);
        let first = jobs.iter().map(arrived).min().unwrap_or(open);
        let done = &shop.lock().done;
        let last = done.iter().copied().max().unwrap_or(open);
        let stays: Vec<Time> = jobs
            .iter()
            .zip(done)
            .map(|(job, done)| workshop_time(*done - arrived(job)))
            .collect();
        let took = workshop_time(last - first);
        (Report::new(took, &busy, stays.clone()), stays)
    }
}

// ANCHOR: thread_shop
/// A job under way.
#[derive(Debug)]
struct Task {
    job: usize,
    /// What is still to be done.
    spans: VecDeque<Span>,
}

/// One worker's jobs.
#[derive(Debug, Default)]
struct Bench {
    /// Those that want hands; first in, first out.
    ready: VecDeque<Task>,
    /// Those that wait, the earliest deadline first. The job's number tells
    /// apart those that are due at the same time.
    aside: BTreeMap<(Instant, usize), Task>,
}

/// What all threads share, behind one lock.
#[derive(Debug)]
struct Floor {
    benches: Vec<Bench>,
    /// Jobs that are not done.
    left: usize,
    done: Vec<Instant>,
}

#[derive(Debug)]
struct Shop {
    way: Way,
    slice: Option<Duration>,
    floor: Mutex<Floor>,
    /// Notified of each new deadline, and of the end.
    changed: Condvar,
}
// ANCHOR_END: thread_shop

impl Task {
    fn new(job: usize, what: &Job) -> Self {
        let spans = what.spans.iter().copied().collect();
        Self { job, spans }
    }
}

impl Bench {
    fn aside(&mut self, until: Instant, task: Task) {
        self.aside.insert((until, task.job), task);
    }

    /// Makes ready what has waited long enough.
    fn look(&mut self, now: Instant) {
        while let Some(first) = self.aside.first_entry()
            && first.key().0 <= now
        {
            self.ready.push_back(first.remove());
        }
    }

    /// When the next one is ready.
    fn due(&self) -> Option<Instant> {
        self.aside.keys().next().map(|(until, _)| *until)
    }
}

impl Shop {
    fn lock(&self) -> MutexGuard<'_, Floor> {
        // Nothing panics while it holds the lock, so the benches are in order
        // even if another worker has panicked; `join` passes its panic on.
        self.floor.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A worker's day. Returns how long it was busy.
    fn work(&self, worker: usize) -> Duration {
        let mut busy = Duration::ZERO;
        while let Some(task) = self.next(worker) {
            busy += self.go_on(worker, task);
        }
        busy
    }

    // ANCHOR: thread_next
    /// The next job for a worker; sleeps while there is none. `None` means that
    /// all jobs are done.
    fn next(&self, worker: usize) -> Option<Task> {
        let mut floor = self.lock();
        while floor.left > 0 {
            let now = Instant::now();
            let mut earliest = None;
            let benches = floor.benches.len();
            let visits = if self.way == Way::Steal { benches } else { 1 };
            for bench in (worker..worker + visits).map(|at| at % benches) {
                let bench = &mut floor.benches[bench];
                bench.look(now);
                if let Some(task) = bench.ready.pop_front() {
                    return Some(task);
                }
                earliest = earliest.into_iter().chain(bench.due()).min();
            }
            floor = self.sleep(floor, earliest);
        }
        None
    }
    // ANCHOR_END: thread_next

    /// Sleeps until the deadline, or until another worker changes something.
    fn sleep<'a>(
        &self,
        floor: MutexGuard<'a, Floor>,
        until: Option<Instant>,
    ) -> MutexGuard<'a, Floor> {
        let Some(until) = until else {
            let floor = self.changed.wait(floor);
            return floor.unwrap_or_else(PoisonError::into_inner);
        };
        let time = until.saturating_duration_since(Instant::now());
        let floor = self.changed.wait_timeout(floor, time);
        floor.unwrap_or_else(PoisonError::into_inner).0
    }

    // ANCHOR: thread_go_on
    /// What a worker does with its job. Returns for how long it was busy.
    fn go_on(&self, worker: usize, mut task: Task) -> Duration {
        let mut busy = Duration::ZERO;
        while let Some(span) = task.spans.pop_front() {
            match span {
                Span::Busy(time) => match self.longer_than_a_turn(time) {
                    Some((turn, rest)) => {
                        task.spans.push_front(Span::Busy(rest));
                        busy += be_busy(turn);
                        self.lock().benches[worker].ready.push_back(task);
                        self.changed.notify_all();
                        return busy;
                    }
                    None => busy += be_busy(real(time)),
                },
                Span::Waiting(time) if self.way == Way::Wait => {
                    thread::sleep(real(time));
                }
                Span::Waiting(time) => {
                    let until = Instant::now() + real(time);
                    self.lock().benches[worker].aside(until, task);
                    self.changed.notify_all();
                    return busy;
                }
            }
        }
        self.done(task.job);
        busy
    }
    // ANCHOR_END: thread_go_on

    fn done(&self, job: usize) {
        let mut floor = self.lock();
        floor.done[job] = Instant::now();
        floor.left -= 1;
        if floor.left == 0 {
            self.changed.notify_all();
        }
    }

    /// If a span is longer than a turn: the turn, and what is left of the span.
    fn longer_than_a_turn(&self, busy: Time) -> Option<(Duration, Time)> {
        let turn = self.slice.filter(|_| self.way != Way::Wait)?;
        let turn = turn.max(real(Time(1)));
        let rest = real(busy).checked_sub(turn)?;
        (!rest.is_zero()).then(|| (turn, workshop_time(rest)))
    }
}

// ANCHOR: be_busy
/// Uses up `time` of a processor. Returns how much it really used.
pub fn be_busy(time: Duration) -> Duration {
    let (wall, start) = (Instant::now(), processor_time());
    loop {
        let used = processor_time() - start;
        // By the wall clock, too: the system keeps adjusting that one, so the
        // two differ by a few parts in 10,000.
        if used >= time && wall.elapsed() >= time {
            return used;
        }
    }
}
// ANCHOR_END: be_busy

/// How long this thread has had a core, since it began.
#[cfg(unix)]
pub fn processor_time() -> Duration {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    let clock = libc::CLOCK_THREAD_CPUTIME_ID;
    // SAFETY: the kernel writes one `timespec`, and there is one.
    let done = unsafe { libc::clock_gettime(clock, &raw mut time) };
    assert_eq!(done, 0, "every Unix has this clock");
    // Neither is negative: it counts up from zero.
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// The time on the wall since some moment: here no other clock is fine enough.
#[cfg(not(unix))]
pub fn processor_time() -> Duration {
    use std::sync::OnceLock;
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed()
}
