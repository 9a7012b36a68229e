//! Chapter 10, stage 4: what can only block does so on the pool.
//!
//! A clock shows what it does to the other tasks.

use ch10_runtime::net::lookup_host;
use ch10_runtime::{Runtime, spawn, spawn_blocking, time};
use std::cell::Cell;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::thread;
use std::time::Duration;
use testing::println;

// ANCHOR: slow
/// Reads a file from a disk that needs a while to wake up.
fn read_slowly(path: &Path) -> io::Result<String> {
    thread::sleep(Duration::from_millis(300));
    fs::read_to_string(path)
}
// ANCHOR_END: slow

// ANCHOR: ticks
/// Reads the file in two ways, and says how often a clock of 20 ms has ticked
/// meanwhile.
async fn ticks(runtime: &Runtime, path: PathBuf) -> io::Result<[u32; 2]> {
    let ticks = Rc::new(Cell::new(0));
    let count = Rc::clone(&ticks);
    let clock = runtime.spawn_local(async move {
        let mut interval = time::interval(Duration::from_millis(20));
        loop {
            interval.tick().await;
            count.set(count.get() + 1);
        }
    });
    time::sleep(Duration::from_millis(50)).await; // the clock has begun
    let before = ticks.replace(0);
    assert!(before > 0, "it ticks");
    read_slowly(&path)?; // on this thread, which polls the clock
    let in_a_task = ticks.replace(0);
    spawn_blocking(move || read_slowly(&path)).await??;
    let on_the_pool = ticks.get();
    clock.abort();
    Ok([in_a_task, on_the_pool])
}
// ANCHOR_END: ticks

// ANCHOR: names
/// Names are the same: the system's lookup reads files and asks servers, and
/// blocks until it has an answer.
async fn names() -> io::Result<bool> {
    let lookup = spawn(lookup_host("localhost:80"));
    let addresses = lookup.await??;
    Ok(addresses.iter().all(|address| address.ip().is_loopback()))
}
// ANCHOR_END: names

/// A file that is there during the call.
fn with_a_file<T>(
    work: impl FnOnce(PathBuf) -> io::Result<T>,
) -> io::Result<T> {
    let name = format!("ch10-s4-pool-{}", std::process::id());
    let path = std::env::temp_dir().join(name);
    fs::write(&path, "hello")?;
    let done = work(path.clone());
    fs::remove_file(path)?;
    done
}

fn main() -> io::Result<()> {
    let runtime = Runtime::new()?;
    let [in_a_task, on_the_pool] =
        with_a_file(|path| runtime.block_on(ticks(&runtime, path)))?;
    println!("ticks while this thread reads: {in_a_task}");
    println!("ticks while the pool reads: {on_the_pool}");
    let here = runtime.block_on(names())?;
    println!("localhost is this machine: {here}");
    Ok(())
}

#[test]
fn only_the_pool_lets_the_clock_tick() {
    testing::within_a_minute(|| {
        let runtime = Runtime::new().expect("a runtime");
        let read = |path| runtime.block_on(ticks(&runtime, path));
        let [in_a_task, on_the_pool] = with_a_file(read).expect("a file");
        assert_eq!(in_a_task, 0);
        assert!(on_the_pool > 0);
        assert!(runtime.block_on(names()).expect("an answer"));
    });
}
