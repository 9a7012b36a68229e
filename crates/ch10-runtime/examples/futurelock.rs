//! A lock that is never released, though nobody holds it for long: a future
//! that is no longer polled has been given it, and waits to be told.
//!
//! Oxide found this in production, and named it futurelock (RFD 609, 2025).

use async_lock::Mutex;
use ch10_runtime::{Runtime, spawn, time};
use futures_util::future::{Either, select};
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use testing::println;

/// How long after which we say that it hangs.
const PATIENCE: Duration = Duration::from_secs(1);

fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

// ANCHOR: scene
/// Adds to a total that others use, too.
async fn add(total: Arc<Mutex<u32>>, number: u32) {
    *total.lock().await += number;
}

/// A task that holds the lock for a while and then lets go of it.
fn hold(total: &Arc<Mutex<u32>>) {
    let total = Arc::clone(total);
    spawn(async move {
        let mut held = total.lock().await;
        time::sleep(millis(500)).await;
        *held += 100;
    });
}
// ANCHOR_END: scene

// ANCHOR: locked
/// Adds 1, and adds 10 if that takes too long.
async fn futurelock(total: Arc<Mutex<u32>>) -> u32 {
    hold(&total);
    ch10_runtime::yield_now().await;
    let slow = pin!(add(Arc::clone(&total), 1));
    let soon = pin!(time::sleep(millis(50)));
    match select(slow, soon).await {
        Either::Left(_) => {}
        Either::Right(((), _slow)) => {
            // `_slow` is alive, is next for the lock, and isn't polled.
            add(Arc::clone(&total), 10).await;
        }
    }
    *total.lock().await
}
// ANCHOR_END: locked

// ANCHOR: mended
/// The same, but what lost the race is dropped before anything waits again.
async fn dropped(total: Arc<Mutex<u32>>) -> u32 {
    hold(&total);
    ch10_runtime::yield_now().await;
    let slow = Box::pin(add(Arc::clone(&total), 1));
    let soon = pin!(time::sleep(millis(50)));
    if let Either::Right(((), slow)) = select(slow, soon).await {
        drop(slow);
        add(Arc::clone(&total), 10).await;
    }
    *total.lock().await
}

/// The same, but what lost the race is a task, and somebody else polls it.
async fn spawned(total: Arc<Mutex<u32>>) -> u32 {
    hold(&total);
    ch10_runtime::yield_now().await;
    let slow = spawn(add(Arc::clone(&total), 1));
    let soon = pin!(time::sleep(millis(50)));
    if let Either::Right(((), _slow)) = select(slow, soon).await {
        add(Arc::clone(&total), 10).await;
    }
    *total.lock().await
}
// ANCHOR_END: mended

/// The totals of all three; `None` is one that hangs.
fn all() -> io::Result<[Option<u32>; 3]> {
    let runtime = Runtime::new()?;
    let total = || Arc::new(Mutex::new(0));
    Ok(runtime.block_on(async {
        let hangs = time::timeout(PATIENCE, futurelock(total())).await;
        [
            hangs.ok(),
            Some(dropped(total()).await),
            Some(spawned(total()).await),
        ]
    }))
}

fn main() -> io::Result<()> {
    let [locked, dropped, spawned] = all()?;
    match locked {
        None => println!("futurelock: hangs, given up after {PATIENCE:?}"),
        Some(total) => println!("futurelock: {total}"),
    }
    println!("dropped: {}", dropped.unwrap_or_default());
    println!("spawned: {}", spawned.unwrap_or_default());
    Ok(())
}

#[test]
fn runs() {
    testing::within_a_minute(|| {
        assert_eq!(all().expect("a runtime"), [None, Some(110), Some(111)]);
    });
}
