//! Runs the program of stage 3 and prints what its memory holds at each step,
//! one JSON object a line: the figure of the page is recorded from it.
//!
//! The coroutine and `run_all` are those of the page, unchanged. What they wait
//! for is watched: at each of its polls it looks at the list of tasks, whose
//! address it knows.
//!
//! UNSOUND, as stage 3 is.

use ch07_coroutines::{Future, PollState};
use ch09_pinning::s3_run_all::run_all;
use testing::println;

#[path = "unsound/report.rs"]
mod report;
use memory::Memory;
use report::{Report, report};

/// The chapter's leaf, which says when it is polled.
pub struct Later<T> {
    inner: ch07_coroutines::Later<T>,
    polls: u32,
    watch: Box<dyn FnMut(u32)>,
}

impl<T> Future for Later<T> {
    type Output = T;

    fn poll(&mut self) -> PollState<T> {
        self.polls += 1;
        (self.watch)(self.polls);
        self.inner.poll()
    }
}

mod memory {
    //! The block of memory in which both coroutines lie.

    use super::report::Report;
    use std::cell::{Cell, RefCell};
    use std::rc::Rc;

    /// Where the first coroutine is, and the events so far.
    #[derive(Clone, Default)]
    pub struct Memory(Rc<Notes>);

    #[derive(Default)]
    struct Notes {
        tasks: Cell<Option<*const Report>>,
        events: RefCell<Vec<String>>,
    }

    impl Memory {
        /// `tasks` must have room for two, and stay where it is.
        pub fn begin(&self, tasks: &[Report; 2]) {
            self.0.tasks.set(Some(tasks.as_ptr()));
        }

        pub fn events(&self) -> Vec<String> {
            self.0.events.borrow().clone()
        }

        /// An event, and what the memory holds then. `here` says where `wind`
        /// is: in slot 0 or in slot 1.
        pub fn add(&self, here: usize, event: &str) {
            let slots = [self.slot(0, here), self.slot(1, here)];
            let [first, second] = slots;
            self.0.events.borrow_mut().push(format!(
                r#"{{{event}, "state": {{"first": [{first}], "second": [{second}]}}}}"#
            ));
        }

        /// The words of a slot that the page is about.
        fn slot(&self, slot: usize, here: usize) -> String {
            let tasks = self.0.tasks.get().expect("it has begun");
            // Only addresses are made of it, and bytes read.
            let report = tasks.wrapping_add(slot);
            // SAFETY: both slots were filled, and their bytes stay when a
            // coroutine is moved out. It is read as bits, which no type minds.
            let text = unsafe { Report::text_bits(report) };
            // SAFETY: as above.
            let out = unsafe { Report::out_bits(report) };
            let owner = match (slot, here) {
                (0, 0) => "wind",
                (0, _) => "fog",
                (_, 1) => "wind",
                (_, _) => "nobody",
            };
            let target = (0..2).find(|target| {
                Report::text_address(tasks.wrapping_add(*target)) == out
            });
            let target = match target {
                _ if out == 0 => "null".to_owned(),
                Some(target) => format!("slot {target}, text"),
                None => "elsewhere".to_owned(),
            };
            format!(
                r#"{{"at": "belongs to", "value": "{owner}"}},
                {{"at": "text", "value": "{} bytes", "shown": "{} bytes at {:#x}", "means": "its length and buffer"}},
                {{"at": "out", "value": "{target}", "shown": "{out:#x}", "means": "points to: {target}"}}"#,
                text.1, text.1, text.0
            )
        }
    }
}

fn main() {
    for event in record().0 {
        // One line each.
        println!("{}", event.split_whitespace().collect::<Vec<_>>().join(" "));
    }
}
