//! Solution of exercise `protocol_promises`.

// ANCHOR: solution
use ch02_models::protocol::{Failure, Peer, number_of_items};
use ch02_models::{Loop, Promise};

/// The whole visit: a promise of the items.
pub fn visit(
    timers: &mut Loop,
    peer: Peer,
    name: &str,
) -> Promise<Vec<String>, Failure> {
    peer.ask_later(timers, &format!("HELLO {name}"))
        .then(|timers, welcome| {
            Promise::settled(&timers.jobs(), number_of_items(&welcome))
        })
        .then(|timers, count| ask_items(timers, peer, count, Vec::new()))
}

/// The items that are still to be asked for, and the good-bye.
fn ask_items(
    timers: &mut Loop,
    peer: Peer,
    count: usize,
    mut items: Vec<String>,
) -> Promise<Vec<String>, Failure> {
    let number = items.len() + 1;
    if number > count {
        return peer.ask_later(timers, "BYE").map(|_| items);
    }
    peer.ask_later(timers, &format!("ITEM {number}")).then(
        move |timers, item| {
            items.push(item);
            ask_items(timers, peer, count, items)
        },
    )
}
// ANCHOR_END: solution

#[cfg(test)]
#[path = "../exercises/tests/protocol_promises.rs"]
mod tests;
