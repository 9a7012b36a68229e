//! Runs one scenario, in a process of its own. Compiled by the museum only.

#[path = "../../src/museum.rs"]
mod museum;
mod scenarios;
mod scenarios_net;

use std::process::exit;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// A scenario that takes longer hangs. Without a bug it takes less than one.
const LIMIT: Duration = Duration::from_secs(5);

fn main() {
    let name = std::env::args().nth(1).unwrap_or_default();
    let Some(run) = scenarios::find(&name) else {
        eprintln!("no scenario is called {name:?}");
        exit(2);
    };
    let (done, is_done) = mpsc::channel();
    thread::spawn(move || {
        run();
        let _ = done.send(());
    });
    match is_done.recv_timeout(LIMIT) {
        Ok(()) => {}
        // The thread has panicked, and said so.
        Err(mpsc::RecvTimeoutError::Disconnected) => exit(1),
        Err(mpsc::RecvTimeoutError::Timeout) => {
            eprintln!("it hangs");
            exit(3);
        }
    }
}
