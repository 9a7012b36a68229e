//! The outside as a simulation has it: `crate::kernel` of `sim.rs`.
//!
//! Everything is a thread's own: it runs one runtime, and nothing that happens
//! depends on the system. The same seed gives the same run.

use crate::context::TaskId;
use crate::network;
use crate::readiness::Direction;
use crate::registration::{Descriptor, Registrations, Slot, Socket};
use crate::socket::{Registry, event::Event};
use std::cell::{Cell, RefCell};
use std::io::{self, ErrorKind};
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

// ANCHOR: world
/// What is simulated, for one thread.
struct World {
    /// How long it has been running.
    elapsed: Cell<Duration>,
    /// From here come the choices; `None` takes the first task, as the real
    /// kernel does.
    random: Cell<Option<u64>>,
    /// The choices: how many tasks were ready, and which one was taken.
    choices: RefCell<Vec<(usize, usize)>>,
}

thread_local! {
    static WORLD: World = const {
        World {
            elapsed: Cell::new(Duration::ZERO),
            random: Cell::new(None),
            choices: RefCell::new(Vec::new()),
        }
    };
}

/// Runs a program in a world that begins now. Also gives its choices.
pub(crate) fn simulate<T>(
    seed: Option<u64>,
    program: impl FnOnce() -> T,
) -> (T, Vec<(usize, usize)>) {
    WORLD.with(|world| {
        world.elapsed.set(Duration::ZERO);
        world.random.set(seed);
        world.choices.borrow_mut().clear();
    });
    network::begin(seed.unwrap_or(0));
    let result = program();
    (result, WORLD.with(|world| world.choices.take()))
}
// ANCHOR_END: world

// ANCHOR: pick
/// The time of the world. It stands still while tasks run.
pub(crate) fn now() -> Instant {
    static BEGINNING: OnceLock<Instant> = OnceLock::new();
    *BEGINNING.get_or_init(Instant::now) + elapsed()
}

/// How long the world has been running.
pub(crate) fn elapsed() -> Duration {
    WORLD.with(|world| world.elapsed.get())
}

/// Does [`pick`] ever say anything but 0?
pub(crate) const PICKS: bool = true;

/// Which of `len` ready tasks is next: the seed decides (splitmix64).
pub(crate) fn pick(len: usize) -> usize {
    WORLD.with(|world| {
        let Some(seed) = world.random.get() else {
            return 0;
        };
        let state = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        world.random.set(Some(state));
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let index = ((mixed ^ (mixed >> 31)) % len as u64) as usize;
        world.choices.borrow_mut().push((len, index));
        index
    })
}
// ANCHOR_END: pick

/// Where events come out: deadlines, and what the network brings.
pub(crate) struct Events {
    queue: Queue,
    /// Those of the latest wait.
    events: Vec<Event>,
}

impl Events {
    /// Every task waits. The next thing that happens is a deadline, or what
    /// the network brings: so it is that time now.
    ///
    /// # Panics
    ///
    /// If there is neither: nothing will ever happen.
    // ANCHOR: wait
    pub(crate) fn wait(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        // The last batch is delivered: nothing points to these any more.
        self.queue.0.free();
        if network::with(|network| network.interrupts_wait()) {
            return Ok(());
        }
        let packet = network::with(|network| network.next());
        let Some(time) = timeout.into_iter().chain(packet).min() else {
            panic!("every task waits, and nothing will wake one");
        };
        WORLD.with(|world| {
            let elapsed = world.elapsed.get();
            world.elapsed.set(elapsed.saturating_add(time));
        });
        let ready = network::with(|network| network.events());
        self.events.extend(ready.into_iter().map(Event));
        Ok(())
    }
    // ANCHOR_END: wait

    pub(crate) fn deliver(&mut self) -> usize {
        let delivered = self.events.len();
        for event in self.events.drain(..) {
            // SAFETY: the network has the token from `register`, and gives it
            // back no more once the socket was deregistered. The wait that
            // brought the event began with the latest `free`.
            unsafe { self.queue.0.deliver(&event) };
        }
        delivered
    }
}

/// Threads would run when they like: there are none.
pub(crate) fn spawn_thread(
    _name: String,
    _work: impl FnOnce() + Send + 'static,
) -> io::Result<JoinHandle<()>> {
    Err(ErrorKind::Unsupported.into())
}

/// Where sockets are registered.
#[derive(Clone, Debug)]
pub(crate) struct Queue(Arc<Registrations>);

pub(crate) fn open() -> io::Result<(Queue, Events)> {
    let queue = Queue(Arc::new(Registrations::new()));
    let events = Events {
        queue: queue.clone(),
        events: Vec::new(),
    };
    Ok((queue, events))
}

impl Queue {
    /// The only thread is awake when it calls this.
    pub(crate) fn wake(&self) {}

    pub(crate) fn register(
        &self,
        source: &mut impl Socket,
        ready: usize,
    ) -> io::Result<Arc<Slot>> {
        self.0.register(&Registry, source, ready)
    }

    pub(crate) fn deregister(
        &self,
        source: &mut impl Socket,
        slot: &Arc<Slot>,
    ) {
        self.0.deregister(&Registry, source, slot);
    }

    pub(crate) fn close(&self) {
        self.0.close();
    }

    pub(crate) fn for_each_waiter(
        &self,
        visit: impl FnMut(TaskId, Direction, Descriptor),
    ) {
        self.0.for_each_waiter(visit);
    }
}
