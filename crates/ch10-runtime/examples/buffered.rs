//! A future in a buffer makes progress only while the buffer is polled.
//!
//! Two downloads of two steps each are started together, and what comes of the
//! first is stored by an `await` of its own. Meanwhile nothing polls the second
//! one, though its bytes have long arrived.

use ch10_runtime::{Runtime, spawn_local, time};
use futures_lite::future::yield_now;
use futures_util::{StreamExt as _, pin_mut, stream};
use std::cell::RefCell;
use std::future::Future;
use std::io;
use std::rc::Rc;
use std::time::Duration;
use testing::println;

/// What has happened, in this order.
type Log = Rc<RefCell<Vec<String>>>;

fn note(log: &Log, what: impl Into<String>) {
    log.borrow_mut().push(what.into());
}

// ANCHOR: download
/// Two waits: for the head, and for the body.
async fn download(name: char, log: Log) -> char {
    time::sleep(Duration::from_millis(50)).await;
    note(&log, format!("{name} has its head"));
    yield_now().await;
    note(&log, format!("{name} has its body"));
    name
}

/// Stores what was downloaded, which takes a while.
async fn store(name: char, log: &Log) {
    note(log, format!("storing {name}"));
    time::sleep(Duration::from_millis(600)).await;
    note(log, format!("{name} is stored"));
}
// ANCHOR_END: download

// ANCHOR: buffered
/// Both are in the buffer, and it is polled only by `next`.
async fn buffered(log: &Log) {
    let downloads = stream::iter(['a', 'b']).map(|name| {
        let late = if name == 'a' { 0 } else { 100 };
        let log = Rc::clone(log);
        async move {
            time::sleep(Duration::from_millis(late)).await;
            download(name, log).await
        }
    });
    let done = downloads.buffered(2);
    pin_mut!(done);
    while let Some(name) = done.next().await {
        store(name, log).await;
    }
}
// ANCHOR_END: buffered

// ANCHOR: spawned
/// Each is a task, which the executor polls. The buffer holds handles.
async fn spawned(log: &Log) {
    let downloads = stream::iter(['a', 'b']).map(|name| {
        let late = if name == 'a' { 0 } else { 100 };
        let log = Rc::clone(log);
        spawn_local(async move {
            time::sleep(Duration::from_millis(late)).await;
            download(name, log).await
        })
    });
    let done = downloads.buffered(2);
    pin_mut!(done);
    while let Some(name) = done.next().await {
        match name {
            Ok(name) => store(name, log).await,
            Err(error) => note(log, error.to_string()),
        }
    }
}
// ANCHOR_END: spawned

/// What happens, in order.
fn run<F, R>(scene: F) -> io::Result<Vec<String>>
where
    F: FnOnce(Log) -> R,
    R: Future<Output = ()>,
{
    let log = Log::default();
    Runtime::new()?.block_on(scene(Rc::clone(&log)));
    let log = log.borrow().clone();
    Ok(log)
}

/// Both programs, one after the other.
fn both() -> io::Result<[Vec<String>; 2]> {
    let buffered = run(async |log| buffered(&log).await)?;
    let spawned = run(async |log| spawned(&log).await)?;
    Ok([buffered, spawned])
}

fn main() -> io::Result<()> {
    let [buffered, spawned] = both()?;
    println!(
        "in a buffer:
  {}",
        buffered.join(
            "
  "
        )
    );
    println!(
        "as tasks:
  {}",
        spawned.join(
            "
  "
        )
    );
    Ok(())
}

#[test]
fn runs() {
    testing::within_a_minute(|| {
        let [buffered, spawned] = both().expect("a runtime");
        let at = |log: &[String], what: &str| {
            log.iter()
                .position(|line| line == what)
                .expect("it happens")
        };
        let stored = at(&buffered, "a is stored");
        assert!(at(&buffered, "b has its head") > stored);
        let stored = at(&spawned, "a is stored");
        assert!(at(&spawned, "b has its body") < stored);
    });
}
