//! Two fibers that wait for each other: `run` finds out, cancels all fibers, and
//! panics with a message that names them.

mod quiet;

use ch05_fibers::{Runtime, ScopedJoinHandle, scope};
use std::any::Any;
use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::rc::Rc;

/// Says when it is dropped.
struct Local(&'static str);

impl Drop for Local {
    fn drop(&mut self) {
        println!("{}: locals dropped", self.0);
    }
}

// ANCHOR: each_other
fn wait_for_each_other() {
    scope(|scope| {
        let slot = Rc::new(Cell::new(None::<ScopedJoinHandle<'_, ()>>));
        let theirs = Rc::clone(&slot);
        let first = scope.spawn(move || {
            let _local = Local("first");
            let second = theirs.take().expect("put there below");
            let _ = second.join();
        });
        let second = scope.spawn(move || {
            let _local = Local("second");
            let _ = first.join();
        });
        slot.set(Some(second));
    }); // waits for both
}
// ANCHOR_END: each_other

/// What `run` panics with.
fn complaint() -> Result<(), Box<dyn Any + Send>> {
    panic::catch_unwind(AssertUnwindSafe(|| {
        // SAFETY: this code and std break none of the five promises.
        unsafe { Runtime::new() }.run(wait_for_each_other);
    }))
}

fn main() {
    panic::set_hook(Box::new(|panic| {
        let text = panic.payload_as_str().unwrap_or("?");
        println!("panic: {}", text.replace(", ", ",\n       "));
    }));
    quiet::end_on_closed_pipes();
    match complaint() {
        Ok(()) => println!("run returned"),
        Err(_) => println!("run panicked"),
    }
}

#[test]
fn runs() {
    let payload = complaint().unwrap_err();
    assert_eq!(
        payload.downcast_ref::<String>().unwrap(),
        "all fibers wait for each other: fiber 'main' (1) waits for its scope, \
         fiber 2 joins a fiber, fiber 3 joins a fiber"
    );
    main();
    let _ = panic::take_hook();
}
