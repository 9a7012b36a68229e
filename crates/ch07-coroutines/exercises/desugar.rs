//! Exercise `desugar`: be the compiler.
//!
//! 30 minutes.
//!
//! [`retry_async`] tries something up to `times` times, and at least once. Write the same machine
//! by hand: which states are there, and what lives in each? It must give the
//! same output in the same number of polls.
//!
//! Run: `cargo test --test desugar`
//!
//! Fails until solved: `exercise desugar:`

use ch07_coroutines::desugared::Asking;
use ch07_coroutines::{Future, Later, PollState};

/// Makes attempt number `n`: a future of its result.
pub type Attempt = fn(u32) -> Later<Result<char, u32>>;

/// Tries until it works: at most `times` times, and at least once. The last
/// error counts.
pub async fn retry_async(times: u32, attempt: Attempt) -> Result<char, u32> {
    let mut number = 1;
    loop {
        match Asking(attempt(number)).await {
            Ok(value) => return Ok(value),
            Err(_) if number < times => number += 1,
            Err(error) => return Err(error),
        }
    }
}

/// The same, by hand: an enum of its states.
#[derive(Debug)]
pub struct Retry {
    times: u32,
    attempt: Attempt,
}

/// The call: it runs nothing.
pub fn retry(times: u32, attempt: Attempt) -> Retry {
    Retry { times, attempt }
}

impl Future for Retry {
    type Output = Result<char, u32>;

    fn poll(&mut self) -> PollState<Self::Output> {
        let _ = (self.times, self.attempt);
        todo!("exercise desugar: write the machine")
    }
}

#[cfg(test)]
#[path = "../exercises/tests/desugar.rs"]
mod tests;
