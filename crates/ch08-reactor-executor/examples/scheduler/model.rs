//! The levels: a slot, and the task, the reactor and the kernel around it.
//!
//! The slot and its broken form are the chapter's own files. How a task sleeps
//! and how a reactor waits for events is left out: a [`Signal`] stands for
//! both.

use crate::broken;
use crate::slot::{Closed, Slot};
use crate::stage::{Body, Stand};
use crate::sync::Signal;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Wake, Waker};

// ANCHOR: actors
/// A way to ask the slot: the chapter's own, or a broken one.
type PollReady = fn(&Slot, &Waker) -> Result<bool, Closed>;

/// Where a task sleeps. A pointer to it is the task's waker.
#[derive(Debug)]
struct Bed {
    woken: Signal,
}

impl Wake for Bed {
    fn wake(self: Arc<Self>) {
        self.woken.set();
    }
}

/// Asks, and sleeps until it is woken to ask again.
fn task(poll: PollReady, slot: &Slot, bed: &Arc<Bed>) {
    let waker = Waker::from(Arc::clone(bed));
    while poll(slot, &waker) == Ok(false) {
        bed.woken.wait();
    }
}

fn reactor(slot: &Slot, reply: &Signal) {
    reply.wait();
    slot.set_ready();
}

fn kernel(reply: &Signal) {
    reply.set();
}
// ANCHOR_END: actors

// ANCHOR: moved
/// Task A polls the future once, then hands it to task B.
fn moved(poll: PollReady, slot: &Slot, [a, b]: &[Arc<Bed>; 2], to_b: &Turn) {
    let waker = Waker::from(Arc::clone(a));
    if poll(slot, &waker) == Ok(false) {
        to_b.pass();
        task(poll, slot, b);
    }
}
// ANCHOR_END: moved

// ANCHOR: keep_first
/// A third way to be wrong: it keeps the first waker that it gets.
fn keep_first(slot: &Slot, waker: &Waker) -> Result<bool, Closed> {
    if slot.take_ready() {
        return Ok(true);
    }
    if !slot.is_waited_for() {
        slot.store(waker)?;
    }
    Ok(slot.take_ready())
}
// ANCHOR_END: keep_first

// ANCHOR: dropped
/// Task A polls its future once and drops it; then task B waits for the same.
fn dropped(slot: &Slot, [a, b]: &[Arc<Bed>; 2], to_b: &Turn) {
    let waker = Waker::from(Arc::clone(a));
    if slot.poll_ready(&waker) == Ok(false) {
        slot.forget(); // what the future's drop does
        to_b.pass();
        task(Slot::poll_ready, slot, b);
    }
}
// ANCHOR_END: dropped

/// Whose turn to ask it is. For readers of the figure: no actor looks at it.
#[derive(Debug, Default)]
struct Turn(AtomicBool);

impl Turn {
    fn pass(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    fn is_b(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

/// Who acts, in the order of the actors of a [`Model`].
pub const ACTORS: [&str; 3] = ["task", "reactor", "kernel"];

/// A level of the game.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// The slot is asked once a poll: the chapter's broken order.
    OneLook,
    /// The slot as it is: it is asked again after the store.
    TwoLooks,
    /// Two wakers, of which the first one is kept.
    FirstWaker,
    /// Two wakers, and the slot as it is: it keeps the latest.
    LatestWaker,
    /// A future that is dropped in the middle, and the slot as it is.
    Dropped,
}

impl Level {
    /// All, in their order.
    pub const ALL: [Level; 5] = [
        Level::OneLook,
        Level::TwoLooks,
        Level::FirstWaker,
        Level::LatestWaker,
        Level::Dropped,
    ];

    /// Its name as an argument.
    pub fn name(self) -> &'static str {
        match self {
            Level::OneLook => "one-look",
            Level::TwoLooks => "two-looks",
            Level::FirstWaker => "first-waker",
            Level::LatestWaker => "latest-waker",
            Level::Dropped => "dropped",
        }
    }

    /// The level of that name.
    pub fn named(name: &str) -> Option<Level> {
        Level::ALL.into_iter().find(|level| level.name() == name)
    }

    /// Is there a second task?
    fn has_two(self) -> bool {
        !matches!(self, Level::OneLook | Level::TwoLooks)
    }
}

/// What the actors of a level share, and what can be seen of it.
#[derive(Debug)]
pub struct Model {
    level: Level,
    slot: Arc<Slot>,
    reply: Signal,
    beds: Arc<[Arc<Bed>; 2]>,
    turn: Arc<Turn>,
}

impl Model {
    /// A level before anything has happened.
    pub fn new(level: Level) -> Model {
        Model {
            level,
            slot: Arc::new(Slot::new()),
            reply: Signal::new("reply"),
            beds: Arc::new(["A", "B"].map(|task| {
                let woken = Signal::new(task);
                Arc::new(Bed { woken })
            })),
            turn: Arc::default(),
        }
    }

    /// What [`ACTORS`] do.
    pub fn actors(&self) -> Vec<Body> {
        let (level, reply) = (self.level, self.reply.clone());
        let slot = Arc::clone(&self.slot);
        let beds = Arc::clone(&self.beds);
        let turn = Arc::clone(&self.turn);
        let first: Body = Box::new(move || match level {
            Level::OneLook => task(broken::poll_ready, &slot, &beds[0]),
            Level::TwoLooks => task(Slot::poll_ready, &slot, &beds[0]),
            Level::FirstWaker => moved(keep_first, &slot, &beds, &turn),
            Level::LatestWaker => moved(Slot::poll_ready, &slot, &beds, &turn),
            Level::Dropped => dropped(&slot, &beds, &turn),
        });
        let slot = Arc::clone(&self.slot);
        let event = reply.clone();
        vec![
            first,
            Box::new(move || reactor(&slot, &event)),
            Box::new(move || kernel(&reply)),
        ]
    }

    /// What can be seen of the state, by the names in the figure. What an
    /// actor has in its hands is seen by what its next step is about.
    pub fn values(&self, stands: &[Stand]) -> Vec<(&'static str, String)> {
        let slot = format!("{:?}", self.slot);
        // A waker shows itself as the pointer that it is.
        let [holds_a, holds_b] = self.beds.each_ref().map(|bed| {
            let waker = Waker::from(Arc::clone(bed));
            slot.contains(&format!("{waker:?}"))
        });
        let reactor = &stands[1];
        let held = |task| reactor.at.is_some() && reactor.about == task;
        let [woken_a, woken_b] =
            self.beds.each_ref().map(|bed| bed.woken.is_set());
        let ready = slot.contains("ready: true");
        let mut values = vec![
            ("flag", if ready { "up" } else { "down" }.to_owned()),
            ("waker", self.whose(holds_a, holds_b)),
            ("held", self.whose(held("A"), held("B"))),
            ("woken", self.whose(woken_a, woken_b)),
        ];
        if self.level.has_two() {
            let asks = if self.turn.is_b() { "task B" } else { "task A" };
            values.push(("asks", asks.to_owned()));
        }
        values
    }

    /// Which of the tasks something is for, in a word or two.
    fn whose(&self, a: bool, b: bool) -> String {
        let one = if self.level.has_two() {
            "task A"
        } else {
            "the task"
        };
        let names = match (a, b) {
            (false, false) => "no task",
            (true, false) => one,
            (false, true) => "task B",
            (true, true) => "A and B",
        };
        names.to_owned()
    }

    /// How it has ended, when no actor can act any more.
    pub fn end(&self, stands: &[Stand]) -> &'static str {
        let [a, _] = &*self.beds;
        if stands.iter().any(|stand| stand.at.is_some()) {
            "lost"
        } else if a.woken.is_set() && self.turn.is_b() {
            "vain"
        } else {
            "read"
        }
    }
}
