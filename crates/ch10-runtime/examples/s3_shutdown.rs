//! Stage 3 of chapter 10: a server that is asked to end. What is in flight may
//! finish, but not for ever; what is late then is cancelled.

use ch10_runtime::shutdown::{InFlight, Shutdown};
use ch10_runtime::{Runtime, spawn_local, time};
use std::cell::RefCell;
use std::io;
use std::rc::Rc;
use std::time::Duration;
use testing::println;

/// What has happened, in order.
type Log = Rc<RefCell<Vec<String>>>;

// ANCHOR: request
/// Says so when it is dropped before its end.
struct Request {
    name: &'static str,
    done: bool,
    log: Log,
    _in_flight: InFlight,
}

impl Request {
    async fn answer(mut self, work: Duration) {
        time::sleep(work).await;
        self.done = true;
    }
}

impl Drop for Request {
    fn drop(&mut self) {
        let what = if self.done { "done" } else { "cancelled" };
        self.log.borrow_mut().push(format!("{}: {what}", self.name));
    }
}
// ANCHOR_END: request

const WORK: [(&str, Duration); 3] = [
    ("short", Duration::from_millis(50)),
    ("long", Duration::from_millis(200)),
    ("endless", Duration::MAX),
];

fn run() -> io::Result<Vec<String>> {
    let log = Log::default();
    // ANCHOR: run
    let runtime = Runtime::new()?;
    runtime.block_on(async {
        let shutdown = Shutdown::new();
        for (name, work) in WORK {
            let request = Request {
                name,
                done: false,
                log: Rc::clone(&log),
                _in_flight: shutdown.token().in_flight(),
            };
            spawn_local(request.answer(work));
        }
        let limit = time::sleep(Duration::from_secs(1));
        if let Err(late) = shutdown.finish(limit).await {
            log.borrow_mut().push(late.to_string());
        }
    });
    drop(runtime); // cancels whatever is still there
    // ANCHOR_END: run
    Ok(log.take())
}

fn main() -> io::Result<()> {
    for line in run()? {
        println!("{line}");
    }
    Ok(())
}

#[test]
fn what_is_late_is_cancelled_after_the_deadline() {
    testing::within_a_minute(|| {
        let log = run().expect("a runtime");
        let late = "1 unfinished when the time was up";
        assert_eq!(
            log,
            ["short: done", "long: done", late, "endless: cancelled"]
        );
    });
}
