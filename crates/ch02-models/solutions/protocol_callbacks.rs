//! Solution of exercise `protocol_callbacks`.

// ANCHOR: solution
use ch02_models::Loop;
use ch02_models::protocol::{Failure, Peer, number_of_items};

/// The whole visit. Returns at once; `done` is called in the end.
pub fn visit(
    timers: &mut Loop,
    peer: Peer,
    name: &str,
    done: impl FnOnce(&mut Loop, Result<Vec<String>, Failure>) + 'static,
) {
    let hello = format!("HELLO {name}");
    let again = peer.clone(); // one asks, the other waits with the callback
    peer.ask_with(timers, &hello, move |timers, welcome| {
        let count = welcome.and_then(|welcome| number_of_items(&welcome));
        match count {
            Err(failure) => done(timers, Err(failure)),
            Ok(count) => ask_items(timers, again, count, Vec::new(), done),
        }
    });
}

/// One round of what was a loop: it sets up the next.
fn ask_items(
    timers: &mut Loop,
    peer: Peer,
    count: usize,
    mut items: Vec<String>,
    done: impl FnOnce(&mut Loop, Result<Vec<String>, Failure>) + 'static,
) {
    let number = items.len() + 1;
    if number > count {
        peer.ask_with(timers, "BYE", move |timers, bye| {
            done(timers, bye.map(|_| items));
        });
        return;
    }
    let (again, line) = (peer.clone(), format!("ITEM {number}"));
    peer.ask_with(timers, &line, move |timers, item| match item {
        Err(failure) => done(timers, Err(failure)),
        Ok(item) => {
            items.push(item);
            ask_items(timers, again, count, items, done);
        }
    });
}
// ANCHOR_END: solution

#[cfg(test)]
#[path = "../exercises/tests/protocol_callbacks.rs"]
mod tests;
