//! The exhibits: bugs that were shipped, each as a patch of our own code.

/// One bug.
#[derive(Debug)]
pub struct Bug {
    /// What the patch is called here.
    pub name: &'static str,
    /// Where it was: project and number.
    pub source: &'static str,
    /// What its users saw.
    pub seen: &'static str,
    /// How it comes into our code.
    pub patches: &'static [Patch],
    /// What finds it.
    pub tool: Tool,
}

// ANCHOR: patch
/// Right code, and wrong code in its place.
#[derive(Debug)]
pub struct Patch {
    /// The file in the crate.
    pub file: &'static str,
    /// An expression or statements that occur exactly once in that file.
    pub right: &'static str,
    /// What stands there in its place.
    pub wrong: &'static str,
}

// ANCHOR_END: patch

/// What finds a bug.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    /// All interleavings of this model.
    Loom(&'static str),
    /// A test that does what the users did.
    Scenario,
    /// A dump that shows what waits, and for what.
    Dump,
    /// A future that is dropped after each number of polls.
    Cut,
}

impl Tool {
    /// For the table.
    pub fn name(self) -> &'static str {
        match self {
            Self::Loom(_) => "loom",
            Self::Scenario => "scenario",
            Self::Dump => "dump",
            Self::Cut => "cut",
        }
    }
}

/// All of them.
pub const BUGS: [Bug; 16] = [
    // ANCHOR: lost_spawn
    Bug {
        name: "lost_spawn",
        source: "tokio#8056",
        seen: "now and then a blocking job never runs",
        patches: &[Patch {
            file: "src/blocking/queue.rs",
            right: "if let Some(job) = state.jobs.pop_front() {
                return Some(job);
            }",
            wrong: "if !tired && let Some(job) = state.jobs.pop_front() {
                return Some(job);
            }",
        }],
        tool: Tool::Loom("one thread that tires"),
    },
    // ANCHOR_END: lost_spawn
    Bug {
        name: "orphaned_job",
        source: "tokio#8406",
        seen: "no thread can be created, and the job waits for ever",
        patches: &[Patch {
            file: "src/blocking/queue.rs",
            right: "match state.threads {
            0 => mem::take(&mut state.jobs), // not only the latest
            _ => VecDeque::new(),
        }",
            wrong: "VecDeque::new()",
        }],
        tool: Tool::Loom("no thread can be created"),
    },
    Bug {
        name: "nested_spawn_blocking",
        source: "tokio#1982",
        seen: "spawning from a blocking job panics",
        patches: &[Patch {
            file: "src/blocking.rs",
            right: "let _entered = context::enter(&shared, None);
            task.run();",
            wrong: "task.run();",
        }],
        tool: Tool::Scenario,
    },
    Bug {
        name: "panic_kills_worker",
        source: "async-std#877",
        seen: "a task that panics takes the thread along",
        patches: &[Patch {
            file: "src/task.rs",
            right: "catch_unwind(AssertUnwindSafe(|| \
                    context::polling(header.id, poll)))",
            wrong: "Ok(context::polling(header.id, poll))",
        }],
        tool: Tool::Scenario,
    },
    Bug {
        name: "first_waker_kept",
        source: "futures-intrusive#18",
        seen: "a future that moves to another task is never woken",
        patches: &[Patch {
            file: "src/task/join.rs",
            right: "match place {
            Some(old) if old.will_wake(waker) => {}
            _ => *place = Some(waker.clone()),
        }",
            wrong: "match place {
            Some(_) => {}
            _ => *place = Some(waker.clone()),
        }",
        }],
        tool: Tool::Scenario,
    },
    Bug {
        name: "dropped_on_wrong_thread",
        source: "tokio#3929",
        seen: "a value that is not Send is dropped on another thread",
        patches: &[Patch {
            file: "src/task/join.rs",
            right: "unsafe { schedule(self.task) };",
            wrong: "unsafe { super::Task::from_raw(self.task) }.run();",
        }],
        tool: Tool::Scenario,
    },
    Bug {
        name: "abort_forgotten",
        source: "tokio#3964",
        seen: "abort does nothing if the handle is dropped right after it",
        patches: &[Patch {
            file: "src/task/state.rs",
            right: "self.0.fetch_sub(HANDLE, Ordering::Acquire)",
            wrong: "self.0.fetch_and(!(HANDLE | ABORTED), Ordering::Acquire)",
        }],
        tool: Tool::Scenario,
    },
    Bug {
        name: "lifo_starves",
        source: "tokio#2349",
        seen: "two tasks that wake each other, and no other ever runs",
        patches: &[Patch {
            file: "src/run_queue.rs",
            right: "if kernel::PICKS {
                self.len.set(self.len.get() + 1);
            }",
            wrong: "while self.first.get() != task.as_ptr() {
                self.rotate(); // the latest is the first
            }",
        }],
        tool: Tool::Scenario,
    },
    Bug {
        name: "leaked_waker",
        source: "tokio#1648",
        seen: "memory grows: wakers of futures that are gone are kept",
        patches: &[Patch {
            file: "src/shutdown.rs",
            right: "state.listeners.remove(&key)",
            wrong: "None",
        }],
        tool: Tool::Scenario,
    },
    Bug {
        name: "touched_after_published",
        source: "async-executor#163",
        seen: "use after free when a waker fires as the executor goes",
        patches: &[Patch {
            file: "src/task/waker.rs",
            right: "unsafe { wake_by_ref(data) };
    // SAFETY: the waker is used up, and its reference with it.
    unsafe { drop_waker(data) };",
            wrong: "unsafe { drop_waker(data) };
    unsafe { wake_by_ref(data) };",
        }],
        tool: Tool::Loom("a waker is used up"),
    },
    Bug {
        name: "interrupted",
        source: "futures-rs#2",
        seen: "a tracer attaches, and the event loop has failed",
        patches: &[Patch {
            file: "src/driver/os.rs",
            right: "match waited {
            Err(error) if error.kind() == ErrorKind::Interrupted => Ok(()),
            waited => waited,
        }",
            wrong: "waited",
        }],
        tool: Tool::Scenario,
    },
    Bug {
        name: "driver_skipped",
        source: "tokio#8212",
        seen: "sockets and timers get no turn while there is other work",
        patches: &[Patch {
            file: "src/runtime.rs",
            right: "!busy || polls == 0",
            wrong: "!busy || {
                if polls == 0 {
                    polls = BATCH; // as if it had looked
                }
                false
            }",
        }],
        tool: Tool::Scenario,
    },
    Bug {
        name: "accept_gives_up",
        source: "deno#10148",
        seen: "too many open files for a moment, and the server has ended",
        patches: &[Patch {
            file: "src/net/accept.rs",
            right: "about_number(number)",
            wrong: "About::Listener",
        }],
        tool: Tool::Scenario,
    },
    Bug {
        name: "bytes_lost",
        source: "quantus chain#674",
        seen: "after a cancelled read the rest of a message is read as the next",
        patches: &[Patch {
            file: "tests/museum/scenarios_net.rs",
            right: "&mut self.have",
            wrong: "Box::leak(Box::default())",
        }],
        tool: Tool::Cut,
    },
    Bug {
        name: "futurelock",
        source: "Oxide RFD 609",
        seen: "a request waits for a lock that its own first attempt will get",
        patches: &[Patch {
            file: "tests/museum/scenarios_net.rs",
            right: "drop(first);",
            wrong: "",
        }],
        tool: Tool::Dump,
    },
    Bug {
        name: "endless_sleep_panics",
        source: "tokio#2408",
        seen: "a timeout that is as good as endless panics",
        patches: &[Patch {
            file: "src/time.rs",
            right: "match from.checked_add(by) {
            Some(later) => return later,
            None => by /= 2,
        }",
            wrong: "return from + by;",
        }],
        tool: Tool::Scenario,
    },
];
