//! A stage on which one actor acts at a time.
//!
//! Actors are threads. Each stops before whatever it does for the others to
//! see, and continues when it is told to. So the order is chosen, step by step,
//! and the same choices lead to the same state.

use std::any::Any;
use std::cell::RefCell;
use std::panic::{Location, resume_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

/// A line of code.
pub type Line = &'static Location<'static>;

/// What an actor does.
pub type Body = Box<dyn FnOnce() + Send>;

/// What must be so before an actor can take its next step.
#[derive(Clone, Debug)]
pub struct Gate {
    /// The stage looks at it, while no actor acts.
    pub flag: Arc<AtomicBool>,
    /// The value with which the gate is open.
    pub open: bool,
}

/// Where an actor stands.
#[derive(Clone, Debug, Default)]
pub struct Stand {
    /// The line that it runs next. None when it is done.
    pub at: Option<Line>,
    /// The line that it has run last.
    pub after: Option<Line>,
    /// What its next step is about, where several things share a line.
    pub about: &'static str,
    /// Can it go on?
    pub can_act: bool,
}

#[derive(Debug, Default)]
struct Actor {
    stand: Stand,
    gate: Option<Gate>,
}

#[derive(Debug)]
struct State {
    actors: Vec<Actor>,
    /// Who acts now. None: all have stopped.
    turn: Option<usize>,
    /// The stage is being cleared: its actors leave.
    over: bool,
}

#[derive(Debug)]
struct Stage {
    state: Mutex<State>,
    changed: Condvar,
}

thread_local! {
    /// The stage on which this thread acts, and as which actor.
    static ROLE: RefCell<Option<(Arc<Stage>, usize)>> =
        const { RefCell::new(None) };
}

/// What unwinds a thread when the stage is cleared.
struct Over;

/// Stops here until it is this actor's turn. A thread that is no actor, such
/// as one that looks at a state, does not stop.
pub fn step(gate: Option<Gate>, line: Line, about: &'static str) {
    let role = ROLE.with_borrow(Clone::clone);
    if let Some((stage, actor)) = role {
        stage.stop(actor, gate, line, about);
    }
}

impl Stage {
    fn state(&self) -> MutexGuard<'_, State> {
        // An actor that panics is reported by whoever told it to act.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait_while(
        &self,
        wait: impl FnMut(&mut State) -> bool,
    ) -> MutexGuard<'_, State> {
        let state = self.changed.wait_while(self.state(), wait);
        state.unwrap_or_else(PoisonError::into_inner)
    }

    fn stop(
        &self,
        actor: usize,
        gate: Option<Gate>,
        line: Line,
        about: &'static str,
    ) {
        let mut state = self.state();
        if !state.over {
            let own = &mut state.actors[actor];
            own.stand.at = Some(line);
            own.stand.about = about;
            own.gate = gate;
            state.turn = None;
            self.changed.notify_all();
            drop(state);
            state = self.wait_while(|s| s.turn != Some(actor) && !s.over);
        }
        if state.over {
            drop(state);
            // While it leaves, its destructors run on without stops.
            if !thread::panicking() {
                resume_unwind(Box::new(Over));
            }
            return;
        }
        let own = &mut state.actors[actor];
        own.stand.after = own.stand.at;
    }

    /// Lets an actor act until it stops again, or is done.
    fn give_turn(&self, actor: usize) {
        self.state().turn = Some(actor);
        self.changed.notify_all();
        drop(self.wait_while(|state| state.turn.is_some()));
    }
}

/// An actor's thread has come to its end, in one way or the other.
struct Leaves(Arc<Stage>, usize);

impl Drop for Leaves {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.actors[self.1].stand.at = None;
        state.turn = None;
        self.0.changed.notify_all();
    }
}

/// Some actors on a stage, each before its first step.
#[derive(Debug)]
pub struct Play {
    stage: Arc<Stage>,
    threads: Vec<Option<JoinHandle<()>>>,
}

impl Play {
    /// Lets each actor, one after the other, get to its first step.
    ///
    /// # Panics
    ///
    /// When there can be no more threads, and when an actor panics.
    pub fn begin(actors: Vec<Body>) -> Play {
        let state = Mutex::new(State {
            actors: actors.iter().map(|_| Actor::default()).collect(),
            turn: None,
            over: false,
        });
        let changed = Condvar::new();
        let stage = Arc::new(Stage { state, changed });
        let threads = Vec::new();
        let mut play = Play { stage, threads };
        for (actor, body) in actors.into_iter().enumerate() {
            play.stage.state().turn = Some(actor);
            let stage = Arc::clone(&play.stage);
            let thread = thread::spawn(move || {
                let _leaves = Leaves(Arc::clone(&stage), actor);
                ROLE.set(Some((stage, actor)));
                body();
            });
            play.threads.push(Some(thread));
            let stopped = |state: &mut State| state.turn.is_some();
            drop(play.stage.wait_while(stopped));
            play.check(actor);
        }
        play
    }

    /// Where all actors stand.
    pub fn stands(&self) -> Vec<Stand> {
        let state = self.stage.state();
        let stands = state.actors.iter().map(|actor| {
            let open = actor.gate.as_ref().is_none_or(|gate| {
                gate.flag.load(Ordering::SeqCst) == gate.open
            });
            let can_act = actor.stand.at.is_some() && open;
            let stand = actor.stand.clone();
            Stand { can_act, ..stand }
        });
        stands.collect()
    }

    /// Lets an actor take its next step.
    ///
    /// # Panics
    ///
    /// When it cannot act, and when it panics itself.
    pub fn act(&mut self, actor: usize) {
        assert!(self.stands()[actor].can_act, "actor {actor} cannot act now");
        self.stage.give_turn(actor);
        self.check(actor);
    }

    /// Passes an actor's panic on.
    fn check(&mut self, actor: usize) {
        if self.stage.state().actors[actor].stand.at.is_some() {
            return;
        }
        let thread = self.threads[actor].take();
        if let Some(Err(payload)) = thread.map(JoinHandle::join) {
            resume_unwind(payload);
        }
    }
}

impl Drop for Play {
    fn drop(&mut self) {
        self.stage.state().over = true;
        self.stage.changed.notify_all();
        for thread in self.threads.drain(..).flatten() {
            let left: Result<(), Box<dyn Any + Send>> = thread.join();
            if let Err(payload) = left
                && !payload.is::<Over>()
                && !thread::panicking()
            {
                resume_unwind(payload);
            }
        }
    }
}
