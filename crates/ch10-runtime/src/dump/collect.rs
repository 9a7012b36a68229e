//! Asks all who know of a task that waits.

use super::{Dump, State, TaskDump, WaitsFor, address};
use crate::handle::{Handle, Shared};
use crate::readiness::Direction;
use crate::task::{Header, TaskId, Tasks, state};
use std::collections::HashMap;
use std::time::Instant;

impl Handle {
    /// What every task of the runtime is doing, and what it waits for. From
    /// any thread, also while the thread of the runtime is busy or stuck.
    ///
    /// Nothing stops for it: of two tasks that hand something to each other
    /// meanwhile, both may be shown as waiting.
    #[must_use]
    pub fn dump(&self) -> Dump {
        dump(self.shared())
    }
}

/// See [`Handle::dump`].
pub(super) fn dump(shared: &Shared) -> Dump {
    Collected::of(shared).into_dump()
}

/// The tasks by number.
struct Collected {
    tasks: HashMap<TaskId, TaskDump>,
    now: Instant,
}

impl Collected {
    // ANCHOR: collect
    fn of(shared: &Shared) -> Self {
        let (tasks, now) = (HashMap::new(), shared.driver().now());
        let mut all = Self { tasks, now };
        let mut joins = Vec::new();
        for list in [shared.tasks(), shared.jobs()] {
            all.visit(list, &mut joins);
        }
        for (joiner, task) in joins {
            all.waits(joiner, WaitsFor::Join(task));
        }
        let driver = shared.driver();
        driver.timers().for_each_waiter(|task, deadline| {
            let left = deadline.saturating_duration_since(now);
            all.waits(task, WaitsFor::Timer(left));
        });
        driver.queue().for_each_waiter(|task, direction, socket| {
            let socket = address::of(socket);
            all.waits(
                task,
                match direction {
                    Direction::Read => WaitsFor::Readable(socket),
                    Direction::Write => WaitsFor::Writable(socket),
                },
            );
        });
        all.add_notes(shared);
        all
    }
    // ANCHOR_END: collect

    /// The tasks of a list, and who waits for them.
    fn visit(&mut self, list: &Tasks, joins: &mut Vec<(TaskId, TaskId)>) {
        list.for_each(|task| {
            let joiner = task.joiner();
            if task.flags() & state::JOINER != 0 {
                joins.extend(joiner.map(|joiner| (joiner, task.id())));
            }
            self.tasks.insert(task.id(), described(task));
        });
    }

    /// A task waits for this. The root is in no list, and shown when it waits.
    fn waits(&mut self, task: TaskId, what: WaitsFor) {
        if task == TaskId::ROOT {
            self.tasks.entry(task).or_insert_with(root);
        }
        // A task that has ended meanwhile is gone.
        if let Some(task) = self.tasks.get_mut(&task)
            && task.state == State::Waiting
        {
            task.waits_for.push(what);
        }
    }

    fn add_notes(&mut self, shared: &Shared) {
        for task in self.tasks.values_mut() {
            task.name = shared.notes().name_of(task.id);
            let since = shared.notes().waits_since(task.id);
            task.since = since
                .filter(|_| task.state == State::Waiting)
                .map(|since| self.now.saturating_duration_since(since));
        }
    }

    fn into_dump(self) -> Dump {
        Dump::new(self.tasks.into_values().collect())
    }
}

/// What the task itself knows.
fn described(task: &Header) -> TaskDump {
    let flags = task.flags();
    let state = match flags & (state::RUNNING | state::SCHEDULED) {
        0 => State::Waiting,
        state::SCHEDULED => State::Ready,
        _ => State::Running,
    };
    TaskDump {
        id: task.id(),
        name: None,
        spawned: Some(task.spawned()),
        state,
        since: None,
        waits_for: Vec::new(),
    }
}

fn root() -> TaskDump {
    TaskDump {
        id: TaskId::ROOT,
        name: None,
        spawned: None,
        state: State::Waiting,
        since: None,
        waits_for: Vec::new(),
    }
}
