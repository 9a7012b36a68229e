//! What the generated bodies call, and what compares the two ways to run them.
//! Each thing that happens is put into a log.
#![allow(dead_code, reason = "no batch calls all of it")]

use std::cell::{Cell, RefCell};
use std::fmt::Debug;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;

pub enum PollState<T> {
    Ready(T),
    NotReady,
}

thread_local! {
    static LOG: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
    static EVENTS: Cell<u32> = const { Cell::new(0) };
    static PANIC_AT: Cell<u32> = const { Cell::new(u32::MAX) };
}

fn log(text: String) {
    LOG.with(|log| log.borrow_mut().push(text));
}

/// Something happens; now and then it is a panic.
fn event(text: String) -> u32 {
    log(text);
    let count = EVENTS.get() + 1;
    EVENTS.set(count);
    // A loop that never ends has to, in both.
    if count == PANIC_AT.get() || count > 400 {
        panic!("at {count}");
    }
    count
}

#[derive(Debug)]
pub struct Guard(u32);

impl Drop for Guard {
    fn drop(&mut self) {
        log(format!("drop {}", self.0));
    }
}

impl Guard {
    fn look(&self) -> u32 {
        event(format!("look {}", self.0)) + self.0
    }
    fn bump(&mut self, by: u32) -> u32 {
        event(format!("bump {} {by}", self.0));
        self.0 = self.0.wrapping_add(by % 7);
        self.0
    }
    fn plus(&self, other: u32) -> u32 {
        event(format!("plus {} {other}", self.0)) ^ other
    }
    fn into_num(self) -> u32 {
        event(format!("into {}", self.0))
    }
    fn probe(&self, id: u32) -> Probe<u32> {
        event(format!("probe {}", self.0));
        wn(id, id)
    }
}

pub struct Pair {
    a: Guard,
    b: Guard,
}

pub struct Probe<T> {
    id: u32,
    left: u32,
    value: Option<T>,
}

impl<T> Drop for Probe<T> {
    fn drop(&mut self) {
        log(format!("end of wait {}", self.id));
    }
}

impl<T> Probe<T> {
    fn step(&mut self) -> Option<T> {
        event(format!("wait {} {}", self.id, self.left));
        if self.left == 0 {
            return self.value.take();
        }
        self.left -= 1;
        None
    }
}

impl<T: Unpin> std::future::Future for Probe<T> {
    type Output = T;
    fn poll(
        mut self: Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<T> {
        match self.step() {
            Some(value) => std::task::Poll::Ready(value),
            None => std::task::Poll::Pending,
        }
    }
}

fn w<T>(id: u32, value: T) -> Probe<T> {
    event(format!("start {id}"));
    Probe { id, left: id % 3, value: Some(value) }
}
pub fn wn(id: u32, value: u32) -> Probe<u32> {
    w(id, value)
}
pub fn wb(id: u32, value: bool) -> Probe<bool> {
    w(id, value)
}
pub fn wg(id: u32, value: Guard) -> Probe<Guard> {
    w(id, value)
}
pub fn wg2(id: u32, a: Guard, b: Guard) -> Probe<(Guard, Guard)> {
    w(id, (a, b))
}
pub fn wo(id: u32, value: Option<Guard>) -> Probe<Option<Guard>> {
    w(id, value)
}
pub fn wr(id: u32, value: Result<Guard, u32>) -> Probe<Result<Guard, u32>> {
    w(id, value)
}
pub fn lent(id: u32, guard: &Guard) -> Probe<u32> {
    w(id, guard.0)
}

pub fn note(value: u32) {
    event(format!("note {value}"));
}
pub fn ev(id: u32) -> u32 {
    event(format!("ev {id}"));
    id
}
pub fn tick() {
    event("tick".to_owned());
}
pub fn flip() -> bool {
    event("flip".to_owned()) % 3 != 0
}
pub fn guard(id: u32) -> Guard {
    event(format!("guard {id}"));
    Guard(id)
}
pub fn opt(id: u32) -> Option<Guard> {
    (event(format!("opt {id}")) % 3 != 0).then(|| Guard(id))
}
pub fn res(id: u32) -> Result<Guard, u32> {
    opt(id).ok_or(id)
}
pub fn some_if(yes: bool, guard: Guard) -> Option<Guard> {
    yes.then_some(guard)
}
pub fn ok_if(yes: bool, guard: Guard) -> Result<Guard, u32> {
    some_if(yes, guard).ok_or(7)
}
pub fn add(a: u32, b: u32) -> u32 {
    event(format!("add {a} {b}"));
    a.wrapping_mul(3) ^ b
}
pub fn look(guard: &Guard) -> u32 {
    guard.look()
}
pub fn two(guard: &Guard, number: u32) -> u32 {
    event(format!("two {} {number}", guard.0));
    guard.0 ^ number
}
pub fn select(number: u32, a: Guard, b: Guard) -> Guard {
    event(format!("select {number}"));
    if number % 2 == 0 { a } else { b }
}

/// An argument of each type.
trait Argument {
    fn make(id: u32) -> Self;
}
impl Argument for Guard {
    fn make(id: u32) -> Self {
        Guard(id)
    }
}
impl Argument for u32 {
    fn make(id: u32) -> Self {
        id
    }
}
impl<A: Argument, B: Argument> Argument for (A, B) {
    fn make(id: u32) -> Self {
        (A::make(id + 10), B::make(id + 20))
    }
}
fn arg<A: Argument>(id: u32) -> A {
    A::make(1000 + id)
}

type Step<'a> = Box<dyn FnMut() -> Option<String> + 'a>;

fn real<'a, F: std::future::Future + 'a>(future: F) -> Step<'a>
where
    F::Output: Debug,
{
    let mut future = Box::pin(future);
    Box::new(move || {
        let mut context =
            std::task::Context::from_waker(std::task::Waker::noop());
        match future.as_mut().poll(&mut context) {
            std::task::Poll::Ready(value) => Some(format!("{value:?}")),
            std::task::Poll::Pending => None,
        }
    })
}

/// What happens when it is polled at most `polls` times and then dropped.
/// Also how often it was polled, and how many events there were.
fn run(
    make: &dyn Fn() -> Step<'static>,
    polls: usize,
    panic_at: u32,
) -> (Vec<String>, usize, u32) {
    LOG.with(|log| log.borrow_mut().clear());
    EVENTS.set(0);
    PANIC_AT.set(panic_at);
    let mut step = make();
    let mut count = 0;
    while count < polls {
        count += 1;
        log(format!("poll {count}"));
        match catch_unwind(AssertUnwindSafe(&mut step)) {
            Ok(None) => {}
            Ok(Some(value)) => {
                log(format!("ready {value}"));
                break;
            }
            Err(_) => {
                log("panic".to_owned());
                break;
            }
        }
        assert!(count < 10_000, "it never ends");
    }
    if count < polls {
        let again = catch_unwind(AssertUnwindSafe(&mut step)).is_err();
        log(format!("polled again: {again}"));
    }
    log("dropped".to_owned());
    drop(step);
    (LOG.with(|log| log.take()), count, EVENTS.get())
}

/// Runs both in all ways; gives how many ways there were.
fn compare(
    name: &str,
    corofy: &dyn Fn() -> Step<'static>,
    real_one: &dyn Fn() -> Step<'static>,
) -> usize {
    let mut ways = 0;
    let mut check = |polls: usize, panic_at: u32| {
        ways += 1;
        let ours = run(corofy, polls, panic_at);
        let theirs = run(real_one, polls, panic_at);
        if ours.0 != theirs.0 {
            let at = ours.0.iter().zip(&theirs.0).take_while(|(a, b)| a == b);
            let at = at.count();
            println!(
                "DIFFERS {name} (polls {polls}, panic at {panic_at}) at {at}:\n\
                 corofy {:?}\nreal   {:?}",
                &ours.0[at.saturating_sub(3)..],
                &theirs.0[at.saturating_sub(3)..],
            );
            return None;
        }
        Some((ours.1, ours.2))
    };
    let Some((polls, events)) = check(usize::MAX, u32::MAX) else {
        return ways;
    };
    for stop in 0..polls {
        if check(stop, u32::MAX).is_none() {
            return ways;
        }
    }
    for panic_at in 1..=events.min(12) {
        if check(usize::MAX, panic_at).is_none() {
            return ways;
        }
    }
    ways
}

fn sizes(name: &str, ours: usize, theirs: usize) {
    println!("SIZES {name} {ours} {theirs}");
}
