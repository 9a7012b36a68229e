//! The scheduler against a model: random programs of fibers that spawn, yield,
//! join, drop handles and panic. What happens, in which order, must be what a
//! queue and a few lines of ordinary Rust say: no fiber is lost, none runs
//! twice, and each has its turn in the order in which it became ready.

mod support;

use ch05_fibers::{JoinError, JoinHandle, spawn, yield_now};
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::panic::resume_unwind;
use std::rc::Rc;
use support::runtime;
use testing::within_a_minute;

/// What a fiber does, one after the other.
#[derive(Debug)]
enum Act {
    Yield,
    Spawn(Rc<Program>),
    /// Joins the oldest fiber of which it has a handle.
    Join,
    /// Drops the newest handle.
    Forget,
}

#[derive(Debug, Default)]
struct Program {
    acts: Vec<Act>,
    panics: bool,
}

/// Something that has happened. Fibers are counted in the order in which they
/// are made; the first one is 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Event {
    /// A fiber comes to the act of this number.
    Acts(usize, usize),
    /// A fiber has joined another one, which has panicked or not.
    Joined(usize, usize, bool),
    /// A fiber comes to its end.
    Ends(usize),
}

/// SplitMix64: the same programs in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (bits ^ (bits >> 31)) % limit
    }

    fn program(&mut self, depth: u64) -> Program {
        let length = self.below(14);
        let act = |random: &mut Self| match random.below(8) {
            0..=2 => Act::Yield,
            3..=5 if depth > 0 => {
                Act::Spawn(Rc::new(random.program(depth - 1)))
            }
            6 => Act::Join,
            7 => Act::Forget,
            _ => Act::Yield,
        };
        Program {
            acts: (0..length).map(|_| act(self)).collect(),
            panics: self.below(6) == 0,
        }
    }
}

/// What the fibers of a run share.
#[derive(Default)]
struct World {
    log: RefCell<Vec<Event>>,
    made: Cell<usize>,
    /// Locals of fibers that are alive.
    locals: Cell<isize>,
}

/// On every fiber's stack.
struct Local(Rc<World>);

impl Local {
    fn new(world: &Rc<World>) -> Self {
        world.locals.set(world.locals.get() + 1);
        Self(Rc::clone(world))
    }
}

impl Drop for Local {
    fn drop(&mut self) {
        self.0.locals.set(self.0.locals.get() - 1);
    }
}

fn act_out(world: &Rc<World>, me: usize, program: &Program) {
    let _local = Local::new(world);
    let log = |event| world.log.borrow_mut().push(event);
    let mut handles: VecDeque<(usize, JoinHandle<usize>)> = VecDeque::new();
    for (number, act) in program.acts.iter().enumerate() {
        log(Event::Acts(me, number));
        match act {
            Act::Yield => yield_now(),
            Act::Spawn(child) => {
                let theirs = world.made.get();
                world.made.set(theirs + 1);
                let (world, child) = (Rc::clone(world), Rc::clone(child));
                let handle = spawn(move || {
                    act_out(&world, theirs, &child);
                    theirs
                });
                handles.push_back((theirs, handle));
            }
            Act::Join => {
                if let Some((theirs, handle)) = handles.pop_front() {
                    let panicked = match handle.join() {
                        Ok(result) => {
                            assert_eq!(result, theirs);
                            false
                        }
                        Err(JoinError::Panicked(payload)) => {
                            assert_eq!(payload.downcast_ref(), Some(&theirs));
                            true
                        }
                        Err(other) => panic!("{other}"),
                    };
                    log(Event::Joined(me, theirs, panicked));
                }
            }
            Act::Forget => drop(handles.pop_back()),
        }
    }
    log(Event::Ends(me));
    if program.panics {
        resume_unwind(Box::new(me)); // a panic without a message
    }
}

/// The real thing: what happened until the first fiber had ended, and how many
/// locals were left when the runtime was gone.
fn run(program: &Program) -> (Vec<Event>, isize) {
    let world = Rc::new(World::default());
    world.made.set(1);
    let mut runtime = runtime();
    let main = || act_out(&world, 0, program);
    // The first fiber's panic comes out here.
    let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        runtime.run(main);
    }));
    let log = world.log.borrow().clone();
    drop(runtime);
    let after = world.log.borrow().len();
    assert_eq!(after, log.len(), "a cancelled fiber has gone on");
    (log, world.locals.get())
}

/// A fiber of the model.
struct Modelled<'p> {
    program: &'p Program,
    next: usize,
    handles: VecDeque<usize>,
    /// Which fiber waits for its end.
    joiner: Option<usize>,
    /// Whom it waits for.
    joins: Option<usize>,
    ended: bool,
}

impl<'p> Modelled<'p> {
    fn new(program: &'p Program) -> Self {
        Self {
            program,
            next: 0,
            handles: VecDeque::new(),
            joiner: None,
            joins: None,
            ended: false,
        }
    }
}

/// The model: a queue of numbers.
fn expect(program: &Program) -> Vec<Event> {
    let mut log = Vec::new();
    let mut fibers = vec![Modelled::new(program)];
    let mut ready = VecDeque::from([0]);
    while !fibers[0].ended {
        let me = ready.pop_front().expect("a fiber is ready");
        // It runs until it waits, yields or ends.
        loop {
            if let Some(theirs) = fibers[me].joins.take() {
                let panicked = fibers[theirs].program.panics;
                log.push(Event::Joined(me, theirs, panicked));
            }
            let number = fibers[me].next;
            let Some(act) = fibers[me].program.acts.get(number) else {
                log.push(Event::Ends(me));
                fibers[me].ended = true;
                ready.extend(fibers[me].joiner);
                break;
            };
            fibers[me].next += 1;
            log.push(Event::Acts(me, number));
            match act {
                Act::Yield => {
                    ready.push_back(me);
                    break;
                }
                Act::Spawn(child) => {
                    let theirs = fibers.len();
                    fibers.push(Modelled::new(child));
                    ready.push_back(theirs);
                    fibers[me].handles.push_back(theirs);
                }
                Act::Join => {
                    let Some(theirs) = fibers[me].handles.pop_front() else {
                        continue;
                    };
                    fibers[me].joins = Some(theirs);
                    if !fibers[theirs].ended {
                        fibers[theirs].joiner = Some(me);
                        break;
                    }
                }
                Act::Forget => drop(fibers[me].handles.pop_back()),
            }
        }
    }
    log
}

#[test]
fn random_programs_do_what_the_model_says() {
    within_a_minute(|| {
        let (mut events, mut joins, mut largest) = (0, 0, 0);
        for seed in 0..2_000 {
            let program = Random(seed).program(4);
            let (log, locals) = run(&program);
            let expected = expect(&program);
            assert_eq!(log, expected, "seed {seed}: {program:#?}");
            assert_eq!(locals, 0, "seed {seed}: {program:#?}");
            events += log.len();
            let joined = |event: &&Event| matches!(event, Event::Joined(..));
            joins += log.iter().filter(joined).count();
            largest = largest.max(log.len());
        }
        // Programs in which nothing happens would prove nothing.
        assert!(events > 10_000, "{events}");
        assert!(joins > 200, "{joins}");
        assert!(largest > 100, "{largest}");
    });
}

/// More switches than the budget between two visits at home: the order is the
/// same.
#[test]
fn turns_are_in_order_across_visits_at_home() {
    within_a_minute(|| {
        let order = Rc::new(RefCell::new(Vec::new()));
        let theirs = Rc::clone(&order);
        runtime().run(move || {
            let all: Vec<_> = (0..7)
                .map(|number| {
                    let order = Rc::clone(&theirs);
                    spawn(move || {
                        for turn in 0..500 {
                            order.borrow_mut().push((turn, number));
                            yield_now();
                        }
                    })
                })
                .collect();
            for one in all {
                one.join().expect("it only counts");
            }
        });
        let order = order.borrow();
        assert_eq!(order.len(), 3_500);
        assert!(order.is_sorted());
    });
}
