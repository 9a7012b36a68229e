//! The long run of the differential test:
//! `cargo run -p corofy --release --example differential -- --bodies 10000`.
//! With `--pinned`, the bodies hold borrows across waits.

#[path = "../tests/differential/mod.rs"]
mod differential;

use differential::Bodies;
use std::process::ExitCode;
use std::time::Instant;
use testing::println;

struct Arguments {
    bodies: usize,
    seed: u64,
    pinned: bool,
    only: Option<usize>,
    batch: usize,
}

fn arguments() -> Result<Arguments, lexopt::Error> {
    use lexopt::Arg::Long;
    use lexopt::ValueExt as _;
    let mut arguments = Arguments {
        bodies: 200,
        seed: 1,
        pinned: false,
        only: None,
        batch: 100,
    };
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("bodies") => arguments.bodies = parser.value()?.parse()?,
            Long("seed") => arguments.seed = parser.value()?.parse()?,
            Long("pinned") => arguments.pinned = true,
            Long("only") => arguments.only = Some(parser.value()?.parse()?),
            Long("batch") => arguments.batch = parser.value()?.parse()?,
            _ => return Err(argument.unexpected()),
        }
    }
    Ok(arguments)
}

fn main() -> ExitCode {
    let arguments = match arguments() {
        Ok(arguments) => arguments,
        Err(error) => {
            eprintln!("differential: {error}");
            return ExitCode::from(2);
        }
    };
    let numbers: Vec<usize> = match arguments.only {
        Some(only) => vec![only],
        None => (0..arguments.bodies).collect(),
    };
    let dir = std::env::temp_dir()
        .join(format!("corofy-differential-{}", std::process::id()));
    if let Err(error) = std::fs::create_dir_all(&dir) {
        eprintln!("differential: {}: {error}", dir.display());
        return ExitCode::FAILURE;
    }
    let what = Bodies {
        seed: arguments.seed,
        pinned: arguments.pinned,
    };
    let start = Instant::now();
    let mut all = differential::Outcome::default();
    for batch in numbers.chunks(arguments.batch.max(1)) {
        let part = differential::batch(what, batch, &dir);
        all.bodies += part.bodies;
        all.ways += part.ways;
        all.sizes.extend(part.sizes);
        for fault in &part.faults {
            println!("{fault}\n");
        }
        all.faults.extend(part.faults);
        eprintln!(
            "{} of {}, {} differ",
            all.bodies,
            numbers.len(),
            all.faults.len()
        );
    }
    let _ = std::fs::remove_dir_all(&dir);
    println!(
        "{} bodies of seed {}, run in {} ways: {} differ\n\
         median of state size / rustc's: {:.2}; {:.0} s",
        all.bodies,
        arguments.seed,
        all.ways,
        all.faults.len(),
        differential::median_ratio(&all.sizes),
        start.elapsed().as_secs_f64(),
    );
    if all.faults.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

#[cfg(test)]
mod tests {
    use super::differential::{Bodies, batch, median_ratio};

    #[test]
    fn a_batch_is_compared() {
        let dir = std::env::temp_dir()
            .join(format!("corofy-differential-one-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        for pinned in [false, true] {
            let what = Bodies { seed: 3, pinned };
            let outcome = batch(what, &[1, 2], &dir);
            assert_eq!(outcome.faults, Vec::<String>::new());
            assert_eq!((outcome.bodies, outcome.sizes.len()), (2, 2));
            assert!(outcome.ways > 2);
        }
        std::fs::remove_dir_all(&dir).unwrap();
    }

    #[test]
    fn the_median_is_the_one_in_the_middle() {
        assert_eq!(median_ratio(&[(1, 1), (3, 1), (2, 1)]), 2.0);
        assert_eq!(median_ratio(&[]), 0.0);
    }
}
