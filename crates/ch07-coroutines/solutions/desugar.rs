//! Solution of exercise `desugar`.

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
pub enum Retry {
    /// The arguments.
    Start(u32, Attempt),
    /// At the wait in the loop: all that is used after it.
    Wait {
        /// The greatest number of attempts.
        times: u32,
        /// What is tried.
        attempt: Attempt,
        /// The number of the attempt that is under way.
        number: u32,
        /// What it waits for.
        later: Later<Result<char, u32>>,
    },
    /// The output has been returned.
    Done,
}

/// The call: it runs nothing.
pub fn retry(times: u32, attempt: Attempt) -> Retry {
    Retry::Start(times, attempt)
}

impl Future for Retry {
    type Output = Result<char, u32>;

    fn poll(&mut self) -> PollState<Self::Output> {
        loop {
            let (times, attempt, number) = match self {
                Retry::Start(times, attempt) => (*times, *attempt, 1),
                Retry::Wait {
                    times,
                    attempt,
                    number,
                    later,
                } => match later.poll() {
                    PollState::NotReady => return PollState::NotReady,
                    PollState::Ready(Err(_)) if number < times => {
                        (*times, *attempt, *number + 1)
                    }
                    PollState::Ready(output) => {
                        *self = Retry::Done;
                        return PollState::Ready(output);
                    }
                },
                Retry::Done => panic!("it was polled after it was ready"),
            };
            let later = attempt(number);
            *self = Retry::Wait {
                times,
                attempt,
                number,
                later,
            };
        }
    }
}

#[cfg(test)]
#[path = "../exercises/tests/desugar.rs"]
mod tests;
