//! A deadlock in a program whose panics abort: built and run by
//! `tests/abort.rs`.

use ch05_fibers::{Runtime, ScopedJoinHandle, scope};
use std::cell::Cell;
use std::rc::Rc;

fn main() {
    assert!(cfg!(panic = "abort"), "built in the wrong way");
    eprintln!("begun");
    // SAFETY: nothing counts on the order in which their calls end.
    unsafe { Runtime::new() }.run(|| {
        scope(|scope| {
            let own = Rc::new(Cell::new(None::<ScopedJoinHandle<'_, ()>>));
            let itself = Rc::clone(&own);
            own.set(Some(scope.spawn(move || {
                let itself = itself.take().expect("it was put there");
                itself.join().expect("it never ends");
            })));
        });
    });
    eprintln!("not reached");
}
