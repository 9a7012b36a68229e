//! One core does several things at once, if they do not need each other: the
//! same additions as one chain and as four. Build it with `--release`: in a debug
//! build other instructions take most of the time.

use std::hint::black_box;
use std::io;
use std::time::Instant;

/// How many numbers are added in a round: 32 KiB, which fit the nearest cache.
const NUMBERS: usize = 4_096;

// ANCHOR: chains
/// Each addition needs the result of the one before.
#[inline(never)]
fn one_chain(numbers: &[f64]) -> f64 {
    let mut sum = 0.0;
    for number in numbers {
        sum += number;
    }
    sum
}

/// Each addition needs the result of the one four places back. (The compiler
/// may not turn the other function into this: with fractions, another order of
/// additions gives another result. Sums of whole numbers this small are exact.)
#[inline(never)]
fn four_chains(numbers: &[f64]) -> f64 {
    let mut sums = [0.0; 4];
    let (fours, rest) = numbers.as_chunks::<4>();
    for four in fours {
        for (sum, number) in sums.iter_mut().zip(four) {
            *sum += number;
        }
    }
    sums.iter().sum::<f64>() + rest.iter().sum::<f64>()
}
// ANCHOR_END: chains

/// The median of 201 rounds, in nanoseconds an addition; and the sum.
fn nanos(numbers: &[f64], add: fn(&[f64]) -> f64) -> (f64, f64) {
    let mut sum = 0.0;
    let mut rounds = [0.0; 201].map(|_: f64| {
        let start = Instant::now();
        sum = black_box(add(black_box(numbers)));
        start.elapsed().as_secs_f64() * 1e9 / numbers.len() as f64
    });
    rounds.sort_unstable_by(f64::total_cmp);
    (rounds[rounds.len() / 2], sum)
}

fn run(mut out: impl io::Write) -> io::Result<[f64; 2]> {
    let numbers: Vec<f64> = (0..NUMBERS).map(|number| number as f64).collect();
    let (one, sum) = nanos(&numbers, one_chain);
    writeln!(out, "one chain    {one:.2} ns an addition, sum {sum}")?;
    let (four, same) = nanos(&numbers, four_chains);
    writeln!(out, "four chains  {four:.2} ns an addition, sum {same}")?;
    Ok([sum, same])
}

fn main() -> io::Result<()> {
    run(io::stdout().lock()).map(drop)
}

#[test]
fn runs() {
    let sums = run(io::sink()).unwrap();
    let expected = (NUMBERS * (NUMBERS - 1) / 2) as f64;
    assert_eq!(sums, [expected, expected]);
}
