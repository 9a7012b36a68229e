//! The tests of exercise `wake`, for the stub and for the solution.

use super::mailbox;
use std::io::ErrorKind;
use std::thread;
use std::time::{Duration, Instant};

const LONG: Duration = Duration::from_secs(20);
const BOUND: Duration = Duration::from_secs(10);
const WORKS: &str = "exercise wake: this should work";

#[test]
fn a_message_from_before_is_there_at_once() {
    let (mut mailbox, sender) = mailbox().expect(WORKS);
    sender.send("hello").expect(WORKS);
    let start = Instant::now();
    let wrong = "exercise wake: the message is lost";
    assert_eq!(
        mailbox.receive(LONG).expect(WORKS),
        Some("hello"),
        "{wrong}"
    );
    let wrong = "exercise wake: the message was there, and you slept";
    assert!(start.elapsed() < BOUND, "{wrong}");
}

#[test]
fn a_message_ends_the_sleep() {
    let (mut mailbox, sender) = mailbox().expect(WORKS);
    let other = thread::spawn(move || {
        thread::sleep(Duration::from_millis(100));
        sender.send(Instant::now()).expect(WORKS);
        sender
    });
    let wrong = "exercise wake: the message is lost";
    let sent = mailbox.receive(LONG).expect(WORKS).expect(wrong);
    let wrong = "exercise wake: not within ten seconds";
    assert!(sent.elapsed() < BOUND, "{wrong}");
    other.join().unwrap();
}

#[test]
fn without_a_message_it_waits_as_long_as_it_was_told() {
    let (mut mailbox, _sender) = mailbox::<u8>().expect(WORKS);
    let timeout = Duration::from_millis(50);
    let start = Instant::now();
    let wrong = "exercise wake: where does this message come from?";
    assert_eq!(mailbox.receive(timeout).expect(WORKS), None, "{wrong}");
    let wrong = "exercise wake: too early";
    assert!(start.elapsed() >= timeout, "{wrong}");
}

#[test]
fn one_event_for_many_messages_loses_none() {
    let (mut mailbox, sender) = mailbox().expect(WORKS);
    for number in 0..1_000 {
        sender.send(number).expect(WORKS);
    }
    let start = Instant::now();
    for number in 0..1_000 {
        let wrong = "exercise wake: lost, or in another order";
        let found = mailbox.receive(LONG).expect(WORKS);
        assert_eq!(found, Some(number), "{wrong}");
    }
    let wrong = "exercise wake: slept although there were messages";
    assert!(start.elapsed() < LONG, "{wrong}");
}

#[test]
fn many_senders_race_with_the_sleep() {
    const THREADS: usize = 4;
    const EACH: usize = 2_000;
    let (mut mailbox, sender) = mailbox().expect(WORKS);
    let threads: Vec<_> = (0..THREADS)
        .map(|thread| {
            let sender = sender.clone();
            thread::spawn(move || {
                for number in 0..EACH {
                    sender.send((thread, number)).expect(WORKS);
                    if number % 64 == 0 {
                        thread::sleep(Duration::from_micros(50));
                    }
                }
            })
        })
        .collect();
    let mut next = [0; THREADS];
    for _ in 0..THREADS * EACH {
        let wrong = "exercise wake: a wake was lost, and the message with it";
        let found = mailbox.receive(LONG).expect(WORKS);
        let (thread, number) = found.expect(wrong);
        let wrong = "exercise wake: in another order than they were sent";
        assert_eq!(number, next[thread], "{wrong}");
        next[thread] += 1;
    }
    for thread in threads {
        thread.join().unwrap();
    }
}

#[test]
fn a_sender_without_mailbox_is_told() {
    let (mailbox, sender) = mailbox().expect(WORKS);
    drop(mailbox);
    let wrong = "exercise wake: nobody can receive this";
    let error = sender.send(1).expect_err(wrong);
    assert_eq!(error.kind(), ErrorKind::BrokenPipe, "{wrong}");
}

/// A wake lives no longer than its waker does.
#[test]
fn the_last_sender_sends_and_goes() {
    for _ in 0..300 {
        let (mut mailbox, sender) = mailbox().expect(WORKS);
        let other = thread::spawn(move || sender.send(7).expect(WORKS));
        let start = Instant::now();
        let wrong = "exercise wake: the message is lost";
        assert_eq!(mailbox.receive(LONG).expect(WORKS), Some(7), "{wrong}");
        let wrong = "exercise wake: its wake went with the sender";
        assert!(start.elapsed() < BOUND, "{wrong}");
        other.join().expect("it does not panic");
    }
}
