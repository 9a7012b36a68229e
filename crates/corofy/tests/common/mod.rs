//! The trait of chapter 7 and a future that counts, for the tests.
#![allow(dead_code, reason = "each test program uses a part")]

use std::sync::mpsc;
use std::time::Duration;

/// What a poll gives.
#[derive(Debug)]
pub enum PollState<T> {
    Ready(T),
    NotReady,
}

/// Something that gets ready.
pub trait Future {
    type Output;
    fn poll(&mut self) -> PollState<Self::Output>;
}

/// A text that is ready after some polls.
#[derive(Debug)]
pub struct After {
    polls: usize,
    value: String,
}

impl Future for After {
    type Output = String;
    fn poll(&mut self) -> PollState<String> {
        match self.polls.checked_sub(1) {
            None => PollState::Ready(std::mem::take(&mut self.value)),
            Some(left) => {
                self.polls = left;
                PollState::NotReady
            }
        }
    }
}

pub fn after(polls: usize, value: &str) -> After {
    After {
        polls,
        value: value.to_owned(),
    }
}

/// Polls to the end; the result, and how often it was polled.
pub fn run<F: Future>(mut future: F) -> (F::Output, usize) {
    let mut polls = 0;
    loop {
        polls += 1;
        if let PollState::Ready(value) = future.poll() {
            return (value, polls);
        }
    }
}

/// Ends the process when a test takes minutes.
pub struct Watchdog(
    #[allow(dead_code, reason = "it is dropped")] mpsc::Sender<()>,
);

pub fn watchdog() -> Watchdog {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let limit = Duration::from_secs(300);
        if receiver.recv_timeout(limit) == Err(mpsc::RecvTimeoutError::Timeout)
        {
            eprintln!("a test hangs");
            std::process::abort();
        }
    });
    Watchdog(sender)
}
