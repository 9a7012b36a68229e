//! What a destructor cannot do: wait. A session says goodbye at its end, which
//! takes a while; it is ended in three ways.

use ch10_runtime::{Handle, Runtime, time};
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

/// Sends a farewell, which takes a while.
async fn say_goodbye() {
    time::sleep(Duration::from_millis(1)).await;
}

/// Something whose end has to wait.
struct Session {
    /// `None` once it has said goodbye.
    log: Option<Log>,
}

// ANCHOR: session
impl Session {
    /// The right way to end it.
    async fn close(mut self) {
        say_goodbye().await;
        if let Some(log) = self.log.take() {
            log.note("close said goodbye");
        }
    }
}

impl Drop for Session {
    /// Can't wait, and so can only spawn a task that does.
    fn drop(&mut self) {
        let Some(log) = self.log.take() else {
            return; // it was closed
        };
        match Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn(async move {
                say_goodbye().await;
                log.note("a task said goodbye");
            })),
            Err(_) => log.note("nobody says goodbye"),
        }
    }
}
// ANCHOR_END: session

// ANCHOR: sessions
/// Ends three sessions: by `close`, by a drop, and by a drop outside.
fn sessions(log: &Log) -> io::Result<()> {
    let runtime = Runtime::new()?;
    let session = || Session {
        log: Some(log.clone()),
    };
    runtime.block_on(async {
        session().close().await;
        drop(session());
        time::sleep(Duration::from_millis(600)).await;
    });
    drop(session());
    Ok(())
}
// ANCHOR_END: sessions

fn main() -> io::Result<()> {
    let log = Log::default();
    sessions(&log)?;
    for line in log.take() {
        println!("{line}");
    }
    Ok(())
}

#[test]
fn runs() {
    testing::within_a_minute(|| {
        let log = Log::default();
        sessions(&log).expect("a runtime");
        assert_eq!(
            log.take(),
            [
                "close said goodbye",
                "a task said goodbye",
                "nobody says goodbye"
            ]
        );
    });
}
