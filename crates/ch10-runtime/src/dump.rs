//! No task waits invisibly: what every task of a runtime is waiting for.
//!
//! A dump is made of what is there anyway: the list of tasks, the timers, the
//! sockets and the join handles, each of which knows the task that waits. So a
//! program that never asks for one pays nothing when it polls. It leaves out
//! what no runtime can see: locks, channels, and futures within a task.

mod address;
mod collect;
mod notes;
#[cfg(unix)]
pub(crate) mod on_signal;
mod tree;

pub(crate) use notes::{Notes, is_tracked};

use crate::task::TaskId;
use std::fmt;
use std::panic::Location;
use std::time::Duration;

// ANCHOR: dump
/// All tasks of a runtime that have not ended, as they were one after the
/// other during the call. Printed, they are a tree of who joins whom.
#[derive(Clone, Debug, Default)]
pub struct Dump {
    /// The future of `block_on` first, if it waits; then the oldest.
    pub tasks: Vec<TaskDump>,
}

/// One of them.
#[derive(Clone, Debug)]
pub struct TaskDump {
    /// Its number.
    pub id: TaskId,
    /// The name that it was given.
    pub name: Option<String>,
    /// Where it was spawned. The future of `block_on` was not.
    pub spawned: Option<&'static Location<'static>>,
    /// What it does.
    pub state: State,
    /// How long ago it began to wait, or tried in vain, for the last time.
    /// Known with [`track_waits`](crate::Builder::track_waits) only.
    pub since: Option<Duration>,
    /// What it waits for, as far as the runtime can see.
    pub waits_for: Vec<WaitsFor>,
}

/// What a task does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It waits to be woken.
    Waiting,
    /// It stands in a queue, and waits for a thread.
    Ready,
    /// A thread polls it, or runs its job.
    Running,
}

/// What a task waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WaitsFor {
    /// A timer, which fires after this.
    Timer(Duration),
    /// A socket with something to read, or a connection to accept.
    Readable(String),
    /// A socket with room to write.
    Writable(String),
    /// The end of another task.
    Join(TaskId),
}
// ANCHOR_END: dump

impl Dump {
    /// Puts them into their order.
    pub(crate) fn new(mut tasks: Vec<TaskDump>) -> Self {
        tasks.sort_by_key(|task| (task.id != TaskId::ROOT, task.id));
        Self { tasks }
    }

    /// The task of this number.
    #[must_use]
    pub fn task(&self, id: TaskId) -> Option<&TaskDump> {
        self.tasks.iter().find(|task| task.id == id)
    }

    /// Tasks that wait for each other in a circle: each joins the next, and the
    /// last the first. If they wait for nothing else, only an abort ends them.
    #[must_use]
    pub fn cycles(&self) -> Vec<Vec<TaskId>> {
        tree::cycles(self)
    }
}

impl TaskDump {
    /// The tasks for whose end it waits.
    pub fn joins(&self) -> impl Iterator<Item = TaskId> + '_ {
        self.waits_for.iter().filter_map(|what| match what {
            WaitsFor::Join(other) => Some(*other),
            _ => None,
        })
    }
}

impl fmt::Display for Dump {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        tree::write(self, f)
    }
}

impl TaskDump {
    /// Its number, its name and where it was spawned.
    fn write_who(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.id)?;
        if let Some(name) = &self.name {
            write!(f, " \"{name}\"")?;
        }
        if let Some(at) = self.spawned {
            write!(f, " ({}:{})", at.file(), at.line())?;
        }
        Ok(())
    }

    /// What it does.
    fn write_what(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.state, self.since) {
            (State::Running, _) => return f.write_str("running"),
            (State::Ready, _) => return f.write_str("ready, in a queue"),
            (State::Waiting, Some(since)) => {
                write!(f, "has waited {since:.1?}")?;
            }
            (State::Waiting, None) => f.write_str("waits")?,
        }
        let mut what = self.waits_for.iter();
        match what.next() {
            Some(first) => write!(f, " {first}")?,
            None => f.write_str(" for a lock, a channel or another thread")?,
        }
        what.try_for_each(|more| write!(f, ", or {more}"))
    }
}

impl fmt::Display for TaskDump {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_who(f)?;
        f.write_str(": ")?;
        self.write_what(f)
    }
}

impl fmt::Display for WaitsFor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Timer(left) => write!(f, "for a timer in {left:.1?}"),
            Self::Readable(socket) => write!(f, "to read on {socket}"),
            Self::Writable(socket) => write!(f, "to write on {socket}"),
            Self::Join(task) => write!(f, "for the end of {task}"),
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Waiting => "waiting",
            Self::Ready => "ready",
            Self::Running => "running",
        })
    }
}
