//! The trait of chapter 7 and a future that counts, for the tests.
#![allow(dead_code, reason = "each test program uses a part")]

use std::panic::Location;
use std::sync::mpsc;
use std::thread::JoinHandle;
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

/// Ends the process, with the place of the test, unless dropped in time.
pub struct Watchdog {
    alive: Option<mpsc::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        drop(self.alive.take());
        // Miri wants no thread to be left when the process ends.
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// A watchdog of a minute and a half for the test that calls this.
#[track_caller]
pub fn watchdog() -> Watchdog {
    watchdog_for(Duration::from_secs(90))
}

/// A watchdog for a test that compiles other programs.
#[track_caller]
pub fn watchdog_for(time: Duration) -> Watchdog {
    let place = Location::caller();
    let (alive, dropped) = mpsc::channel();
    let thread = std::thread::spawn(move || {
        if dropped.recv_timeout(time) == Err(mpsc::RecvTimeoutError::Timeout) {
            eprintln!("{place}: not done within {time:?}");
            std::process::abort();
        }
    });
    Watchdog {
        alive: Some(alive),
        thread: Some(thread),
    }
}
