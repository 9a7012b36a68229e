//! Solution of exercise `protocol_machine`.

// ANCHOR: solution
use ch02_models::protocol::{Failure, Peer, Question, number_of_items};
use ch02_models::{Coroutine, Step};
use std::mem;
use std::time::Duration;

/// A visit, wherever it stands.
#[derive(Debug)]
pub struct Visit {
    peer: Peer,
    items: Vec<String>,
    at: At,
}

/// Which question is under way.
#[derive(Debug)]
enum At {
    /// None yet.
    Start(String),
    /// The first.
    Hello(Question),
    /// For the next item, of that many.
    Item(Question, usize),
    /// The last.
    Bye(Question),
    /// All were answered.
    End,
}

impl Visit {
    /// One that has not begun: nothing is said before the first `resume`.
    pub fn new(peer: Peer, name: &str) -> Self {
        let at = At::Start(format!("HELLO {name}"));
        let items = Vec::new();
        Self { peer, items, at }
    }

    /// Takes the answer, asks the next question, and says how long that one
    /// takes; `None` after the last.
    fn go_on(&mut self) -> Result<Option<Duration>, Failure> {
        let count = match mem::replace(&mut self.at, At::End) {
            At::Start(hello) => {
                return Ok(Some(self.ask(&hello, At::Hello)));
            }
            At::Hello(question) => number_of_items(&question.answer()?)?,
            At::Item(question, count) => {
                self.items.push(question.answer()?);
                count
            }
            At::Bye(question) => {
                question.answer()?;
                return Ok(None);
            }
            At::End => panic!("resumed after its end"),
        };
        let number = self.items.len() + 1;
        Ok(Some(if number > count {
            self.ask("BYE", At::Bye)
        } else {
            let line = format!("ITEM {number}");
            self.ask(&line, |question| At::Item(question, count))
        }))
    }

    fn ask(&mut self, line: &str, at: impl Fn(Question) -> At) -> Duration {
        let question = self.peer.say(line);
        let delay = question.delay();
        self.at = at(question);
        delay
    }
}

impl Coroutine for Visit {
    type Output = Result<Vec<String>, Failure>;

    fn resume(&mut self) -> Step<Self::Output> {
        match self.go_on() {
            Err(failure) => Step::Done(Err(failure)),
            Ok(None) => Step::Done(Ok(mem::take(&mut self.items))),
            Ok(Some(delay)) => Step::Wait(delay),
        }
    }
}
// ANCHOR_END: solution

#[cfg(test)]
#[path = "../exercises/tests/protocol_machine.rs"]
mod tests;
