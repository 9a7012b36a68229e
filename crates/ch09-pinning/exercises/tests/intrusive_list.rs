//! The tests of exercise `intrusive_list`, for the stub and the solution.

use super::{List, Node};
use std::mem;
use std::pin::{Pin, pin};

#[track_caller]
fn expect(list: Pin<&List>, numbers: &[u32]) {
    let wrong = "exercise intrusive_list: other numbers";
    assert_eq!(list.numbers(), numbers, "{wrong}");
}

#[test]
fn nodes_come_in_their_order() {
    let list = pin!(List::new());
    let list = list.as_ref();
    let nodes = [1, 2, 3].map(|number| Box::pin(Node::new(number)));
    for node in &nodes {
        list.push(node.as_ref());
    }
    expect(list, &[1, 2, 3]);
    assert!(nodes.iter().all(|node| node.is_linked()));
}

#[test]
fn a_dropped_node_has_left() {
    let list = pin!(List::new());
    let list = list.as_ref();
    let mut nodes: Vec<_> = (1..=4).map(|n| Box::pin(Node::new(n))).collect();
    for node in &nodes {
        list.push(node.as_ref());
    }
    drop(nodes.remove(1)); // from the middle
    expect(list, &[1, 3, 4]);
    drop(nodes.remove(0)); // the first
    expect(list, &[3, 4]);
    drop(nodes.pop()); // the last
    expect(list, &[3]);
    {
        let node = pin!(Node::new(5));
        list.push(node.as_ref());
        expect(list, &[3, 5]);
    } // its frame is left
    expect(list, &[3]);
    drop(nodes);
    expect(list, &[]);
}

#[test]
fn a_node_is_in_one_list_at_most() {
    let one = pin!(List::new());
    let other = pin!(List::new());
    let (one, other) = (one.as_ref(), other.as_ref());
    let nodes = [1, 2].map(|number| Box::pin(Node::new(number)));
    one.push(nodes[0].as_ref());
    one.push(nodes[1].as_ref());
    one.push(nodes[0].as_ref()); // again: to the end
    expect(one, &[2, 1]);
    other.push(nodes[1].as_ref());
    expect(one, &[1]);
    expect(other, &[2]);
    one.push(nodes[0].as_ref()); // alone, and again
    expect(one, &[1]);
}

#[test]
fn the_list_may_go_first() {
    let node = pin!(Node::new(1));
    let other = Box::pin(Node::new(2));
    {
        let list = pin!(List::new());
        list.as_ref().push(node.as_ref());
        list.as_ref().push(other.as_ref());
    }
    let wrong = "exercise intrusive_list: it believes in a list that is gone";
    assert!(!node.is_linked(), "{wrong}");
    drop(other); // must not touch the list
    let list = pin!(List::new());
    list.as_ref().push(node.as_ref());
    expect(list.as_ref(), &[1]);
}

#[test]
#[cfg_attr(miri, ignore = "Miri counts a leak as an error")]
fn a_forgotten_node_stays_and_can_be_read() {
    let list = pin!(List::new());
    let list = list.as_ref();
    let node = Box::leak(Box::new(Node::new(1)));
    list.push(Pin::static_ref(node));
    let boxed = Box::pin(Node::new(2));
    list.push(boxed.as_ref());
    mem::forget(boxed); // its memory is never given back
    expect(list, &[1, 2]);
}
