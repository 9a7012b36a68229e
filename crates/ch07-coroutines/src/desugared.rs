//! One function as three state machines: by hand, by corofy, by `async`.
//!
//! `async` speaks of the standard library's futures, so there is a bridge to
//! them here as well.

use crate::future::{FINISHED, Future, PollState};
use crate::http::Http;
use crate::later::Later;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

// ANCHOR: by_hand_type
/// The sum of the numbers from `count` down to 1, each of which comes later.
#[derive(Debug)]
pub enum Sum {
    /// The argument.
    Start {
        /// The first number.
        count: u32,
    },
    /// At the wait in the loop.
    Wait {
        /// The number that it waits for.
        count: u32,
        /// Of those before.
        sum: u32,
        /// What it waits for.
        later: Later<u32>,
    },
    /// The sum has been returned.
    Done,
}
// ANCHOR_END: by_hand_type

// ANCHOR: by_hand
impl Future for Sum {
    type Output = u32;

    fn poll(&mut self) -> PollState<u32> {
        loop {
            let (count, sum) = match self {
                Sum::Start { count } => (*count, 0),
                Sum::Wait { count, sum, later } => {
                    let PollState::Ready(number) = later.poll() else {
                        return PollState::NotReady;
                    };
                    (*count - 1, *sum + number)
                }
                Sum::Done => panic!("{FINISHED}"),
            };
            if count == 0 {
                *self = Sum::Done;
                return PollState::Ready(sum);
            }
            let later = Later::new(count, 1);
            *self = Sum::Wait { count, sum, later };
        }
    }
}
// ANCHOR_END: by_hand

/// The same by corofy.
#[corofy::coroutine]
pub fn sum(mut count: u32) -> u32 {
    let mut sum = 0;
    while count > 0 {
        sum += Later::new(count, 1).wait;
        count -= 1;
    }
    sum
}

// ANCHOR: by_async
/// The sum of the numbers from `count` down to 1, by `async`.
pub async fn sum_async(mut count: u32) -> u32 {
    let mut sum = 0;
    while count > 0 {
        sum += Asking(Later::new(count, 1)).await;
        count -= 1;
    }
    sum
}
// ANCHOR_END: by_async

/// The greeting of stage 1, by `async`.
///
/// # Errors
///
/// Those of the two requests.
pub async fn greeting_async(http: Http) -> io::Result<String> {
    let name = Asking(http.get("/200/Ada")).await?;
    let reply = Asking(http.get(&format!("/100/hello-{name}"))).await?;
    Ok(format!("{name}: {reply}"))
}

/// Stage 3's requests, by `async`.
///
/// # Errors
///
/// That of the first request that fails.
pub async fn in_turn_async(
    http: Http,
    paths: Vec<String>,
) -> io::Result<Vec<String>> {
    let mut replies = Vec::new();
    for path in paths {
        let reply = Asking(http.get(&path)).await?;
        replies.push(reply);
    }
    Ok(replies)
}

// ANCHOR: asking
/// A future of ours as one of the standard library's. It has nothing that
/// could wake the task, so it asks for the next poll itself, at once.
#[derive(Debug)]
pub struct Asking<F>(pub F);

impl<F: Future + Unpin> std::future::Future for Asking<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        match self.0.poll() {
            PollState::Ready(output) => Poll::Ready(output),
            PollState::NotReady => {
                cx.waker().wake_by_ref();
                Poll::Pending
            }
        }
    }
}
// ANCHOR_END: asking
