//! What happens when something is dropped: a future, a handle, a runtime; and
//! what a destructor cannot do.

use ch10_runtime::{Handle, Runtime, spawn, time};
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use testing::println;

/// What has happened, in this order.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<&'static str>>>);

impl Log {
    fn note(&self, what: &'static str) {
        let lines = self.0.lock();
        lines.unwrap_or_else(PoisonError::into_inner).push(what);
    }

    fn take(&self) -> Vec<&'static str> {
        let lines = self.0.lock();
        std::mem::take(&mut *lines.unwrap_or_else(PoisonError::into_inner))
    }
}

/// Says when it is dropped.
struct Told(Log, &'static str);

impl Drop for Told {
    fn drop(&mut self) {
        self.0.note(self.1);
    }
}

// ANCHOR: work
/// Says how far it came, and when its locals are gone.
async fn work(log: Log) -> u32 {
    let _local = Told(log.clone(), "its local is dropped");
    time::sleep(Duration::from_millis(50)).await;
    log.note("the work is done");
    1
}
// ANCHOR_END: work

// ANCHOR: handles
/// Drops a future, a handle, and aborts a task.
async fn handles(log: Log) -> [Vec<&'static str>; 3] {
    let pause = || time::sleep(Duration::from_millis(600));

    // A future that was begun: it is cancelled where it waits.
    let limit = Duration::from_millis(1);
    let _cancelled = time::timeout(limit, work(log.clone())).await;
    pause().await;
    let future = log.take();

    // The handle of a task: the task is detached, and goes on.
    drop(spawn(work(log.clone())));
    pause().await;
    let handle = log.take();

    // Cancelling a task takes a call.
    let task = spawn(work(log.clone()));
    ch10_runtime::yield_now().await;
    task.abort();
    if task.await.is_err_and(|error| error.is_cancelled()) {
        log.note("cancelled");
    }
    pause().await;
    [future, handle, log.take()]
}
// ANCHOR_END: handles

// ANCHOR: closing
/// Something whose end has to wait: a farewell that is sent, say.
struct Session {
    log: Log,
}

impl Session {
    /// The right way to end it.
    async fn close(self) {
        time::sleep(Duration::from_millis(1)).await;
        self.log.note("said goodbye");
        std::mem::forget(self); // the destructor has nothing left to do
    }
}

impl Drop for Session {
    /// Can't wait, and so can only ask somebody else to.
    fn drop(&mut self) {
        let log = self.log.clone();
        match Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn(async move {
                time::sleep(Duration::from_millis(1)).await;
                log.note("a task said goodbye");
            })),
            Err(_) => log.note("nobody says goodbye"),
        }
    }
}
// ANCHOR_END: closing

/// Ends three sessions: by `close`, by a drop, and by a drop outside.
fn sessions(log: &Log) -> io::Result<Vec<&'static str>> {
    let runtime = Runtime::new()?;
    let session = || Session { log: log.clone() };
    runtime.block_on(async {
        session().close().await;
        drop(session());
        time::sleep(Duration::from_millis(600)).await;
    });
    drop(session());
    Ok(log.take())
}

/// A detached task, when its runtime goes.
fn outlived(log: &Log) -> io::Result<Vec<&'static str>> {
    let runtime = Runtime::new()?;
    runtime.block_on(async {
        drop(spawn(work(log.clone())));
        ch10_runtime::yield_now().await;
    });
    drop(runtime);
    Ok(log.take())
}

fn main() -> io::Result<()> {
    let log = Log::default();
    let runtime = Runtime::new()?;
    let [future, handle, task] = runtime.block_on(handles(log.clone()));
    println!("future dropped: {}", future.join(", "));
    println!("handle dropped: {}", handle.join(", "));
    println!("task aborted: {}", task.join(", "));
    println!("runtime dropped: {}", outlived(&log)?.join(", "));
    println!("sessions: {}", sessions(&log)?.join(", "));
    Ok(())
}

#[test]
fn runs() {
    testing::within_a_minute(|| {
        let log = Log::default();
        let runtime = Runtime::new().expect("a runtime");
        let [future, handle, task] = runtime.block_on(handles(log.clone()));
        assert_eq!(future, ["its local is dropped"]);
        assert_eq!(handle, ["the work is done", "its local is dropped"]);
        assert_eq!(task, ["its local is dropped", "cancelled"]);
        let outlived = outlived(&log).expect("a runtime");
        assert_eq!(outlived, ["its local is dropped"]);
        assert_eq!(
            sessions(&log).expect("a runtime"),
            ["said goodbye", "a task said goodbye", "nobody says goodbye"]
        );
    });
}
