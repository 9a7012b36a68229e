//! Who joins whom, as a tree; and circles, which are no tree.

use super::{Dump, State, TaskDump};
use crate::task::TaskId;
use std::collections::HashSet;
use std::fmt;

/// Every circle once, from its oldest task on.
// ANCHOR: cycles
pub(super) fn cycles(dump: &Dump) -> Vec<Vec<TaskId>> {
    let mut found: Vec<Vec<TaskId>> = Vec::new();
    let mut done = HashSet::new();
    for task in &dump.tasks {
        let mut way = Vec::new();
        follow(dump, task.id, &mut way, &mut done, &mut found);
    }
    found
}

/// Goes from a task to those that it joins. `way` is how it came here.
fn follow(
    dump: &Dump,
    id: TaskId,
    way: &mut Vec<TaskId>,
    done: &mut HashSet<TaskId>,
    found: &mut Vec<Vec<TaskId>>,
) {
    if let Some(begin) = way.iter().position(|&before| before == id) {
        found.push(way[begin..].to_vec());
        return;
    }
    if !done.insert(id) {
        return; // all that can be reached from it is known
    }
    way.push(id);
    for other in dump.task(id).into_iter().flat_map(TaskDump::joins) {
        follow(dump, other, way, done, found);
    }
    way.pop();
}
// ANCHOR_END: cycles

/// The number of tasks, and the trees.
pub(super) fn write(dump: &Dump, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let count = |state| {
        let tasks = dump.tasks.iter();
        tasks.filter(|task| task.state == state).count()
    };
    write!(
        f,
        "{} waiting, {} ready, {} running",
        count(State::Waiting),
        count(State::Ready),
        count(State::Running),
    )?;
    let cycles = cycles(dump);
    for cycle in &cycles {
        f.write_str("\neach of these waits for the next:")?;
        cycle.iter().try_for_each(|id| write!(f, " {id} →"))?;
        cycle.first().map_or(Ok(()), |id| write!(f, " {id}"))?;
    }
    let mut tree = Tree {
        dump,
        written: HashSet::new(),
        f,
    };
    // First those that no other task waits for: the tops of the trees.
    let joined: HashSet<TaskId> =
        dump.tasks.iter().flat_map(TaskDump::joins).collect();
    let (tops, others): (Vec<_>, Vec<_>) = dump
        .tasks
        .iter()
        .partition(|task| !joined.contains(&task.id));
    for task in tops.into_iter().chain(others) {
        if !tree.written.contains(&task.id) {
            tree.branch(task.id, "\n", "\n")?;
        }
    }
    Ok(())
}

struct Tree<'a, 'b, 'c> {
    dump: &'a Dump,
    written: HashSet<TaskId>,
    f: &'b mut fmt::Formatter<'c>,
}

impl Tree<'_, '_, '_> {
    /// A task, after `first`, and below it those that it joins, after `then`.
    fn branch(&mut self, id: TaskId, first: &str, then: &str) -> fmt::Result {
        self.f.write_str(first)?;
        let Some(task) = self.dump.task(id) else {
            return write!(self.f, "{id}: has ended");
        };
        if !self.written.insert(id) {
            return write!(self.f, "{id}: see above");
        }
        let joins: Vec<TaskId> = task.joins().collect();
        task.write_who(self.f)?;
        if task.state == State::Waiting {
            let line = if joins.is_empty() { "   " } else { "│  " };
            write!(self.f, "{then}{line}")?;
        } else {
            self.f.write_str(": ")?;
        }
        task.write_what(self.f)?;
        for (number, &other) in joins.iter().enumerate() {
            let last = number + 1 == joins.len();
            let (corner, line) = match last {
                true => ("└─ ", "   "),
                false => ("├─ ", "│  "),
            };
            let (first, then) =
                (format!("{then}{corner}"), format!("{then}{line}"));
            self.branch(other, &first, &then)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Dump, State, TaskDump, WaitsFor};
    use crate::task::TaskId;
    use std::time::Duration;

    fn task(number: u32, joins: &[u32]) -> TaskDump {
        let waits_for = joins.iter().map(|&other| WaitsFor::Join(id(other)));
        TaskDump {
            id: id(number),
            name: None,
            spawned: None,
            state: State::Waiting,
            since: None,
            waits_for: waits_for.collect(),
        }
    }

    /// Numbers count from 1.
    fn id(number: u32) -> TaskId {
        TaskId::new(number - 1)
    }

    #[test]
    fn a_tree_shows_who_joins_whom() {
        let mut tasks =
            vec![task(1, &[2, 4]), task(2, &[3]), task(3, &[]), task(4, &[])];
        tasks[2]
            .waits_for
            .push(WaitsFor::Timer(Duration::from_secs(2)));
        tasks[3].state = State::Running;
        tasks[3].name = Some("sum".to_owned());
        let expected = "\
3 waiting, 0 ready, 1 running
task 1
│  waits for the end of task 2, or for the end of task 4
├─ task 2
│  │  waits for the end of task 3
│  └─ task 3
│        waits for a timer in 2.0s
└─ task 4 \"sum\": running";
        assert_eq!(Dump::new(tasks).to_string(), expected);
    }

    #[test]
    fn a_circle_is_found_once_and_printed_once() {
        let tasks = vec![
            task(4, &[2]),
            task(1, &[2]),
            task(2, &[3]),
            task(3, &[2]),
            task(5, &[5]),
        ];
        let dump = Dump::new(tasks);
        assert_eq!(dump.cycles(), [vec![id(2), id(3)], vec![id(5)]]);
        let expected = "\
5 waiting, 0 ready, 0 running
each of these waits for the next: task 2 → task 3 → task 2
each of these waits for the next: task 5 → task 5
task 1
│  waits for the end of task 2
└─ task 2
   │  waits for the end of task 3
   └─ task 3
      │  waits for the end of task 2
      └─ task 2: see above
task 4
│  waits for the end of task 2
└─ task 2: see above
task 5
│  waits for the end of task 5
└─ task 5: see above";
        assert_eq!(dump.to_string(), expected);
    }

    #[test]
    fn no_tasks_are_no_lines() {
        let none = Dump::default();
        assert_eq!(none.to_string(), "0 waiting, 0 ready, 0 running");
        assert!(none.cycles().is_empty());
    }

    #[test]
    fn what_the_runtime_cannot_see_is_said_so() {
        let mut task = task(1, &[]);
        task.since = Some(Duration::from_millis(1500));
        let text = "task 1: has waited 1.5s for a lock, a channel or \
                    another thread";
        assert_eq!(task.to_string(), text);
    }

    #[test]
    fn the_root_future_comes_first_and_what_has_ended_is_said() {
        let mut root = task(1, &[7]);
        root.id = TaskId::ROOT;
        let dump = Dump::new(vec![task(2, &[]), root]);
        let expected = "\
2 waiting, 0 ready, 0 running
the root future
│  waits for the end of task 7
└─ task 7: has ended
task 2
   waits for a lock, a channel or another thread";
        assert_eq!(dump.to_string(), expected);
    }
}
