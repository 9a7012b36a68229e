//! For the exercises of chapter 2: a small protocol, a peer that plays its part
//! by a script, and the client as straight code that blocks.
//!
//! The client introduces itself, is told how many items there are, asks for
//! each, and says good-bye:
//!
//! ```text
//! > HELLO ada            < WELCOME 2
//! > ITEM 1               < pears
//! > ITEM 2               < plums
//! > BYE                  < BYE
//! ```
//!
//! To anything, the peer may answer `ERROR reason`, or nothing at all: then the
//! client's patience ends.

use crate::s2_callbacks::Loop;
use crate::s3_promises::{Broken, Promise, promise};
use crate::{Log, ms};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::fmt;
use std::rc::Rc;
use std::time::Duration;

/// How long the client waits for an answer.
pub const PATIENCE: Duration = Duration::from_millis(100);

/// Why a visit came to nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The peer answered `ERROR` with this reason.
    Refused(String),
    /// The answer is not one of the protocol.
    Nonsense(String),
    /// There was no answer in time.
    TimedOut,
    /// A promise was broken.
    Broken,
}

impl From<Broken> for Failure {
    fn from(_: Broken) -> Self {
        Self::Broken
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(reason) => write!(f, "refused: {reason}"),
            Self::Nonsense(line) => write!(f, "nonsense: {line}"),
            Self::TimedOut => f.write_str("timed out"),
            Self::Broken => f.write_str("broken"),
        }
    }
}

impl std::error::Error for Failure {}

/// An answer, or why there is none.
pub type Answer = Result<String, Failure>;

/// The peer. It answers line by line what its script says, each after 10 ms,
/// and writes down both sides. A clone is a second handle on the same peer.
#[derive(Clone, Debug)]
pub struct Peer {
    script: Rc<RefCell<VecDeque<Option<&'static str>>>>,
    log: Log,
}

impl Peer {
    /// One that gives these answers, in order; a `None`, or the end of the
    /// script, is silence.
    #[must_use]
    pub fn new(script: &[Option<&'static str>], log: &Log) -> Self {
        let script = Rc::new(RefCell::new(script.iter().copied().collect()));
        let log = log.clone();
        Self { script, log }
    }

    /// Says a line, and sleeps until there is an answer.
    ///
    /// # Errors
    ///
    /// [`Failure::Refused`] or [`Failure::TimedOut`].
    pub fn ask(&self, line: &str) -> Answer {
        let (delay, answer) = self.next(line);
        std::thread::sleep(delay);
        heard(&self.log, answer)
    }

    /// Says a line, and has `callback` called with the answer, once.
    pub fn ask_with(
        &self,
        timers: &mut Loop,
        line: &str,
        callback: impl FnOnce(&mut Loop, Answer) + 'static,
    ) {
        let (delay, answer) = self.next(line);
        let log = self.log.clone();
        timers.call_later(delay, move |timers| {
            callback(timers, heard(&log, answer));
        });
    }

    /// Says a line, and promises the answer.
    pub fn ask_later(
        &self,
        timers: &mut Loop,
        line: &str,
    ) -> Promise<String, Failure> {
        let (resolver, promise) = promise(&timers.jobs());
        self.ask_with(timers, line, move |_, answer| resolver.settle(answer));
        promise
    }

    /// Says a line. After [`Question::delay`], [`Question::answer`] has the
    /// answer: for code that waits in its own way.
    pub fn say(&self, line: &str) -> Question {
        let (delay, answer) = self.next(line);
        let log = self.log.clone();
        Question { delay, answer, log }
    }

    fn next(&self, line: &str) -> (Duration, Option<&'static str>) {
        self.log.say(format!("> {line}"));
        let answer = self.script.borrow_mut().pop_front().flatten();
        let delay = if answer.is_some() { ms(10) } else { PATIENCE };
        (delay, answer)
    }
}

/// A question that is on its way.
#[derive(Debug)]
#[must_use = "the answer is in it"]
pub struct Question {
    delay: Duration,
    answer: Option<&'static str>,
    log: Log,
}

impl Question {
    /// After this time the answer is there, or will not come.
    #[must_use]
    pub fn delay(&self) -> Duration {
        self.delay
    }

    /// The answer, after that time.
    ///
    /// # Errors
    ///
    /// [`Failure::Refused`] or [`Failure::TimedOut`].
    pub fn answer(self) -> Answer {
        heard(&self.log, self.answer)
    }
}

fn heard(log: &Log, answer: Option<&'static str>) -> Answer {
    log.say(format!("< {}", answer.unwrap_or("(silence)")));
    let answer = answer.ok_or(Failure::TimedOut)?;
    match answer.strip_prefix("ERROR ") {
        Some(reason) => Err(Failure::Refused(reason.to_string())),
        None => Ok(answer.to_string()),
    }
}

/// The number in `WELCOME 3`.
///
/// # Errors
///
/// [`Failure::Nonsense`] if there is none.
pub fn number_of_items(welcome: &str) -> Result<usize, Failure> {
    let number = welcome.strip_prefix("WELCOME ");
    let number = number.and_then(|number| number.parse().ok());
    number.ok_or_else(|| Failure::Nonsense(welcome.to_string()))
}

/// The whole visit, by a thread that sleeps until each answer is there.
///
/// # Errors
///
/// What the peer refuses, and what it does not answer. After that nothing more
/// is said.
// ANCHOR: visit
pub fn visit(peer: Peer, name: &str) -> Result<Vec<String>, Failure> {
    let welcome = peer.ask(&format!("HELLO {name}"))?;
    let count = number_of_items(&welcome)?;
    let mut items = Vec::new();
    for number in 1..=count {
        items.push(peer.ask(&format!("ITEM {number}"))?);
    }
    peer.ask("BYE")?;
    Ok(items)
}
// ANCHOR_END: visit
