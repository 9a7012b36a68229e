//! Damages sources at random for as long as it is told, in seconds:
//! `cargo run -p corofy --release --example fuzz -- 60`. It ends with code 1
//! at the first source that makes the library panic.

#[path = "../tests/fuzz/mod.rs"]
mod fuzz;

use std::process::ExitCode;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use testing::println;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let seconds = arguments.next().map_or(Ok(1), |text| text.parse());
    let Ok(seconds) = seconds else {
        eprintln!("usage: fuzz [SECONDS [SEED]]");
        return ExitCode::from(2);
    };
    let clock = SystemTime::now().duration_since(UNIX_EPOCH);
    let seed = arguments
        .next()
        .and_then(|text| text.parse().ok())
        .unwrap_or(clock.map_or(1, |time| time.as_nanos() as u64 | 1));
    let mut random = fuzz::Random(seed);
    let (mut tried, mut transformed) = (0, 0);
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(seconds) {
        match fuzz::check(&fuzz::source(&mut random)) {
            Ok(whole) => transformed += usize::from(whole),
            Err(why) => {
                eprintln!("seed {seed}: {why}");
                return ExitCode::FAILURE;
            }
        }
        tried += 1;
    }
    println!("{tried} sources of seed {seed}, {transformed} of them whole");
    ExitCode::SUCCESS
}

#[cfg(test)]
mod tests {
    use super::fuzz::{Random, check, source};

    #[test]
    fn sources_are_damaged_and_do_no_harm() {
        let mut random = Random(5);
        let sources: Vec<String> =
            (0..50).map(|_| source(&mut random)).collect();
        assert!(sources.iter().all(|source| check(source).is_ok()));
        assert!(sources.windows(2).all(|pair| pair[0] != pair[1]));
    }
}
