//! The wheel beside the simplest thing that is right: a sorted map of deadlines.
//! Both are given the same operations, which come from a seed.

#[path = "../src/time/wheel.rs"]
#[allow(dead_code, reason = "what the timers need of it isn't all needed here")]
mod wheel;

use std::collections::BTreeMap;
use std::pin::Pin;
use std::ptr::NonNull;
use testing::within_a_minute;
use wheel::{Entry, Wheel};

/// Numbers that depend on the seed alone (splitmix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed =
            (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    /// A distance of up to so many bits: all sizes are equally frequent.
    fn distance(&mut self, bits: u64) -> u64 {
        let bits = self.below(bits + 1);
        self.next() & ((1_u128 << bits) - 1) as u64
    }
}

/// A wheel, and what it should hold.
struct Pair {
    wheel: Wheel<usize>,
    /// Where each entry is; the wheel points to those that are set.
    entries: Vec<Pin<Box<Entry<usize>>>>,
    /// What is set, by its tick and by when it was set.
    set: BTreeMap<(u64, usize), usize>,
    keys: Vec<Option<(u64, usize)>>,
    now: u64,
    steps: usize,
    popped: usize,
}

impl Pair {
    fn new(entries: usize) -> Self {
        Self {
            wheel: Wheel::new(),
            entries: (0..entries).map(|_| Box::pin(Entry::new())).collect(),
            set: BTreeMap::new(),
            keys: vec![None; entries],
            now: 0,
            steps: 0,
            popped: 0,
        }
    }

    fn remove(&mut self, entry: usize) {
        // SAFETY: if it is set, then in this wheel.
        unsafe { self.wheel.remove(&self.entries[entry]) };
        if let Some(key) = self.keys[entry].take() {
            assert_eq!(self.set.remove(&key), Some(entry));
        }
    }

    fn insert(&mut self, entry: usize, tick: u64) {
        self.remove(entry);
        self.entries[entry].value().set(Some(entry));
        let pointer = NonNull::from(&*self.entries[entry]);
        // SAFETY: it was removed, and stays in its box as long as the wheel.
        unsafe { self.wheel.insert(pointer, tick) };
        // What is over already is so now, after what was over before.
        let key = (tick.max(self.now), self.steps);
        self.set.insert(key, entry);
        self.keys[entry] = Some(key);
    }

    /// Pops everything that is over, and compares.
    fn pop(&mut self) {
        while let Some(entry) = self.wheel.pop() {
            let entry = entry.value().take().expect("its number");
            let (key, expected) = self.set.pop_first().expect("not empty");
            assert!(key.0 <= self.now, "{key:?} popped at {}", self.now);
            assert_eq!(entry, expected, "at {}", self.now);
            self.keys[entry] = None;
            self.popped += 1;
        }
        let left = self.set.first_key_value();
        assert!(left.is_none_or(|((tick, _), _)| *tick > self.now));
    }

    fn advance(&mut self, to: u64) {
        self.now = self.now.max(to);
        self.wheel.advance(to);
        assert_eq!(self.wheel.now(), self.now);
    }

    /// What it says about the next deadline: never too late, and once the time
    /// has come there is progress.
    fn check_next(&self) {
        let first = self.set.first_key_value().map(|((tick, _), _)| *tick);
        let next = self.wheel.next();
        assert_eq!(next.is_some(), first.is_some());
        if let (Some(next), Some(first)) = (next, first) {
            assert!(next <= first.max(self.now), "{next} for {first}");
            assert!(next >= self.now);
        }
        assert_eq!(self.wheel.is_empty(), self.set.is_empty());
        let mut seen = 0;
        self.wheel.for_each(|entry| {
            assert!(entry.is_set());
            seen += 1;
        });
        assert_eq!(seen, self.set.len());
    }

    fn step(&mut self, random: &mut Random) {
        self.steps += 1;
        let entry = random.below(self.entries.len() as u64) as usize;
        match random.below(10) {
            0..5 => {
                // Beyond six circles, too, and sometimes in the past.
                let tick = match random.below(20) {
                    0 => u64::MAX,
                    1 => self.now.saturating_sub(random.distance(8)),
                    2 => self.now + random.distance(40),
                    _ => self.now + random.distance(14),
                };
                self.insert(entry, tick);
            }
            5..7 => self.remove(entry),
            7 => {
                // As a thread does that sleeps until then.
                if let Some(next) = self.wheel.next()
                    && next < u64::MAX - (1 << 40)
                {
                    self.advance(next);
                }
                self.pop();
            }
            8 => {
                self.advance(self.now + random.distance(12));
                self.pop();
            }
            // Not all that is over is popped at once.
            _ => self.advance(self.now + random.distance(7)),
        }
        self.check_next();
    }
}

fn run(seed: u64, steps: usize) -> usize {
    let mut random = Random(seed);
    let mut pair = Pair::new(24);
    for _ in 0..steps {
        pair.step(&mut random);
    }
    pair.popped
}

#[test]
fn it_does_what_a_sorted_map_does() {
    within_a_minute(|| {
        let mut popped = 0;
        for seed in 0..150 {
            let run = std::panic::catch_unwind(|| run(seed, 600));
            popped += run.unwrap_or_else(|_| panic!("with the seed {seed}"));
        }
        assert!(popped > 10_000, "{popped}");
    });
}

#[test]
fn equal_ticks_keep_their_order_from_one_circle_to_the_next() {
    let mut pair = Pair::new(300);
    let tick = 64 * 64 * 3 + 5;
    for entry in 0..100 {
        pair.steps += 1;
        pair.insert(entry, tick);
    }
    for (step, now) in [64 * 64 * 2, 64 * 64 * 3].into_iter().enumerate() {
        pair.advance(now);
        pair.pop();
        for entry in 100 * (step + 1)..100 * (step + 2) {
            pair.steps += 1;
            pair.insert(entry, tick);
        }
    }
    pair.advance(tick - 1);
    pair.pop();
    assert_eq!(pair.popped, 0);
    pair.advance(tick);
    pair.pop();
    assert_eq!(pair.popped, 300);
}

#[test]
fn the_last_tick_of_all_is_never_over_before() {
    let mut pair = Pair::new(2);
    pair.insert(0, u64::MAX);
    pair.insert(1, (1 << 36) + 7); // beyond the circles
    for now in [1, 1 << 35, (1 << 36) - 1, 1 << 36, (1 << 36) + 6] {
        pair.advance(now);
        pair.pop();
    }
    assert_eq!(pair.popped, 0);
    pair.advance((1 << 36) + 7);
    pair.pop();
    assert_eq!(pair.popped, 1);
}
