//! From what strace saw to events in their logical order.
//!
//! Threads run at the same time. Which of two events of different threads
//! comes first differs from run to run, unless one causes the other; so the
//! clock cannot tell the order in which a figure shows them. Here a thread
//! continues until a rule says that it waits for another one (`start-after`,
//! `end-after`), or until it makes a thread, which then goes first. That gives
//! the same order each time, and the clock is asked only whether it allows
//! that order: what is said to be waited for must have begun before.

use std::collections::HashMap;

use anyhow::{Result, bail, ensure};
use book_figures::Definition;
use book_figures::definition::{Rule, Sketch, Thread};

use super::trace::Call;

/// The sketches of one run, in logical order, repetitions collapsed.
///
/// # Errors
/// When a call is one that no rule is for, or the calls do not come in an
/// order that the rules allow.
pub fn ordered(
    definition: &Definition,
    run: &str,
    calls: &[Call],
) -> Result<Vec<Sketch>> {
    let from = &definition.record.from;
    let first = calls.iter().position(|call| call.name == *from);
    let Some(first) = first else {
        bail!("there is no call of {from}, with which it should begin");
    };
    let rules: Vec<&Rule> =
        definition.rule.iter().filter(|r| r.is_for(run)).collect();
    let mut threads = Threads::new(&calls[first..], |call, main| {
        let asleep =
            call.end_us - call.start_us >= definition.record.asleep_ms * 1000;
        rules
            .iter()
            .find(|rule| fits(rule, call, main, asleep))
            .copied()
    });
    let mut merged = Merged::default();
    while let Some(item) =
        threads.next(|rule| merged.begun.contains_key(rule))?
    {
        match item {
            Item::Unknown(call) => bail!("no rule is for {}", call.line()),
            Item::Spawned(_) => {}
            Item::Half(half) => {
                let last = half.end && half.rule.last;
                merged.add(&half)?;
                if last {
                    return Ok(collapsed(merged.sketches));
                }
            }
        }
    }
    bail!("it never came to the rule with `last`")
}

fn fits(rule: &Rule, call: &Call, main: bool, asleep: bool) -> bool {
    let result = match &rule.result {
        None => true,
        Some(wanted) if wanted == "ok" => call.error().is_none(),
        Some(wanted) => call.error() == Some(wanted),
    };
    let thread = match rule.thread {
        None => true,
        Some(Thread::Main) => main,
        Some(Thread::Other) => !main,
    };
    result
        && thread
        && rule.call.contains(&call.name)
        && rule
            .args
            .as_ref()
            .is_none_or(|args| call.args.contains(args))
        && rule.asleep.is_none_or(|wanted| wanted == asleep)
}

/// What a thread does next.
#[derive(Clone, Debug)]
enum Item<'a> {
    /// A call begins or ends.
    Half(Half<'a>),
    /// It has made a thread.
    Spawned(u32),
    /// It made a call that no rule is for.
    Unknown(&'a Call),
}

/// The beginning or the end of a call.
#[derive(Clone, Debug)]
struct Half<'a> {
    rule: &'a Rule,
    call: &'a Call,
    end: bool,
}

impl Half<'_> {
    fn after(&self) -> &[String] {
        if self.end {
            &self.rule.end_after
        } else {
            &self.rule.start_after
        }
    }

    /// By when what it waits for must have begun: a call that starts after
    /// something may have been made before, but not returned.
    fn time(&self) -> u64 {
        self.call.end_us
    }
}

/// Each thread's items, and how far they have come.
#[derive(Debug)]
struct Threads<'a> {
    numbers: Vec<u32>,
    items: HashMap<u32, std::collections::VecDeque<Item<'a>>>,
    /// Threads that were made and may go, in the order in which they were.
    free: Vec<u32>,
    current: u32,
}

impl<'a> Threads<'a> {
    fn new(
        calls: &'a [Call],
        rule_of: impl Fn(&Call, bool) -> Option<&'a Rule>,
    ) -> Threads<'a> {
        let main = calls[0].thread;
        let mut threads = Threads {
            numbers: Vec::new(),
            items: HashMap::new(),
            free: vec![main],
            current: main,
        };
        for call in calls {
            if !threads.items.contains_key(&call.thread) {
                threads.numbers.push(call.thread);
            }
            let items = threads.items.entry(call.thread).or_default();
            match (rule_of(call, call.thread == main), call.spawned()) {
                (Some(rule), _) => {
                    for end in [false, true] {
                        items.push_back(Item::Half(Half { rule, call, end }));
                    }
                }
                (None, Some(_)) => {}
                (None, None) => items.push_back(Item::Unknown(call)),
            }
            if let Some(made) = call.spawned() {
                items.push_back(Item::Spawned(made));
            }
        }
        threads
    }

    /// The next item of the thread that may go; `begun` says which rules'
    /// calls have begun.
    fn next(
        &mut self,
        begun: impl Fn(&str) -> bool,
    ) -> Result<Option<Item<'a>>> {
        let may_go = |item: &Item<'_>| match item {
            Item::Half(half) => {
                let after = half.after();
                after.is_empty() || after.iter().any(|rule| begun(rule))
            }
            Item::Spawned(_) | Item::Unknown(_) => true,
        };
        let order: Vec<u32> = [self.current]
            .into_iter()
            .chain(self.free.clone())
            .collect();
        for thread in order {
            let Some(items) = self.items.get_mut(&thread) else {
                continue;
            };
            if items.front().is_some_and(may_go) {
                self.current = thread;
                let item = items.pop_front();
                if let Some(Item::Spawned(made)) = item {
                    self.free.push(made);
                    self.current = made;
                }
                return Ok(item);
            }
        }
        let waiting = self.numbers.iter().find_map(|number| {
            match self.items.get(number)?.front()? {
                Item::Half(half) => Some(half),
                Item::Spawned(_) | Item::Unknown(_) => None,
            }
        });
        if let Some(half) = waiting {
            bail!(
                "{} waits for a call of: {}; there was none",
                half.call.line(),
                half.after().join(", ")
            );
        }
        Ok(None)
    }
}

/// The events so far.
#[derive(Debug, Default)]
struct Merged {
    sketches: Vec<Sketch>,
    /// When the first call of a rule began.
    begun: HashMap<String, u64>,
}

impl Merged {
    fn add(&mut self, half: &Half<'_>) -> Result<()> {
        let Half { rule, call, end } = half;
        let causes: Vec<u64> = half
            .after()
            .iter()
            .filter_map(|rule| self.begun.get(rule).copied())
            .collect();
        ensure!(
            causes.is_empty() || causes.iter().any(|t| *t <= half.time()),
            "{} was over before a call of {} had begun",
            call.line(),
            half.after().join(", ")
        );
        if !end {
            self.begun.entry(rule.id.clone()).or_insert(call.start_us);
        }
        let sketches = if *end { &rule.end } else { &rule.start };
        for (index, sketch) in sketches.iter().enumerate() {
            // strace's line has the result: it belongs where that is told.
            let told =
                (*end || rule.end.is_empty()) && index + 1 == sketches.len();
            self.sketches.push(Sketch {
                at_us: Some(if *end { call.end_us } else { call.start_us }),
                took_us: Some(call.end_us - call.start_us),
                raw: told.then(|| call.line()),
                ..sketch.clone()
            });
        }
        Ok(())
    }
}

/// Makes one of neighbours that are the same but for times.
pub fn collapsed(sketches: Vec<Sketch>) -> Vec<Sketch> {
    let mut kept: Vec<Sketch> = Vec::new();
    for sketch in sketches {
        if let Some(last) = kept.last_mut()
            && same(last, &sketch)
        {
            last.count += sketch.count;
            // From the first one's beginning to the last one's end.
            if let (Some(first), Some(at), Some(took)) =
                (last.at_us, sketch.at_us, sketch.took_us)
            {
                last.took_us = Some((at + took).saturating_sub(first));
            }
        } else {
            kept.push(sketch);
        }
    }
    kept
}

fn same(a: &Sketch, b: &Sketch) -> bool {
    let logic = |sketch: &Sketch| Sketch {
        count: 1,
        at_us: None,
        took_us: None,
        raw: None,
        ..sketch.clone()
    };
    logic(a) == logic(b)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figure::trace;

    const DEFINITION: &str = r#"
        title = "t"
        alt = "a"
        [record]
        kind = "strace"
        package = "p"
        from = "pipe2"
        [[lane]]
        id = "program"
        label = "P"
        [[lane]]
        id = "writer"
        label = "W"
        [[run]]
        id = "poll"
        label = "Poll"
        example = "e"
        code = [{ file = "a.rs", anchor = "a" }]
        predict = { ask = "?", choices = ["a", "b"], right = 1, why = "w" }
        [[rule]]
        id = "pipe"
        call = ["pipe2"]
        start = [{ lane = "program", kind = "work", text = "pipe", detail = "d" }]
        [[rule]]
        id = "naps"
        call = ["nanosleep"]
        thread = "other"
        end-after = ["asks"]
        start = [{ lane = "writer", kind = "sleep", text = "sleeps", detail = "d" }]
        end = [{ lane = "writer", kind = "wake", text = "wakes", detail = "d" }]
        [[rule]]
        id = "asks"
        call = ["read"]
        result = "EAGAIN"
        start = [{ lane = "program", kind = "work", text = "asks", detail = "d" }]
        [[rule]]
        id = "gets"
        call = ["read"]
        result = "ok"
        start-after = ["writes"]
        end = [{ lane = "program", kind = "work", text = "gets", detail = "d" }]
        last = true
        [[rule]]
        id = "writes"
        call = ["write"]
        start = [{ lane = "writer", kind = "work", text = "writes", detail = "d" }]
    "#;

    fn run(trace: &str) -> Result<Vec<String>> {
        let definition = Definition::parse("t.toml", DEFINITION).unwrap();
        let calls = trace::parse(trace).unwrap();
        let sketches = ordered(&definition, "poll", &calls)?;
        let names = sketches.iter().map(|s| format!("{} {}", s.text, s.count));
        Ok(names.collect())
    }

    const ORDER: [&str; 6] = [
        "pipe 1", "sleeps 1", "asks 2", "wakes 1", "writes 1", "gets 1",
    ];

    #[test]
    fn the_order_is_the_same_whoever_was_faster() {
        let slow_writer = "\
            1 1.000001 mmap(NULL) = 0x7ffff7d00000 <0.000001>\n\
            1 1.000010 pipe2([3, 4], 0) = 0 <0.000001>\n\
            1 1.000020 clone3({}) = 2 <0.000001>\n\
            1 1.000030 read(3, 0x7, 5) = -1 EAGAIN (x) <0.000001>\n\
            2 1.000040 nanosleep(50) = 0 <0.050000>\n\
            1 1.000050 read(3, 0x7, 5) = -1 EAGAIN (x) <0.000001>\n\
            2 1.060000 write(4, \"ready\", 5) = 5 <0.000100>\n\
            1 1.060050 read(3, \"ready\", 5) = 5 <0.000001>\n\
            1 1.070000 write(1, \"done\", 4) = 4 <0.000001>\n";
        assert_eq!(run(slow_writer).unwrap(), ORDER);
        let fast_writer = "\
            1 1.000010 pipe2([3, 4], 0) = 0 <0.000001>\n\
            1 1.000020 clone3({} <unfinished ...>\n\
            2 1.000025 nanosleep(50 <unfinished ...>\n\
            1 1.000027 <... clone3 resumed>) = 2 <0.000007>\n\
            1 1.000030 read(3, 0x7, 5) = -1 EAGAIN (x) <0.000001>\n\
            2 1.050000 <... nanosleep resumed>) = 0 <0.050000>\n\
            1 1.055000 read(3, 0x7, 5) = -1 EAGAIN (x) <0.000001>\n\
            2 1.060000 write(4, \"ready\", 5 <unfinished ...>\n\
            1 1.060050 read(3, \"ready\", 5) = 5 <0.000001>\n\
            2 1.060070 <... write resumed>) = 5 <0.000070>\n";
        assert_eq!(run(fast_writer).unwrap(), ORDER);
    }

    #[track_caller]
    fn refused(trace: &str, says: &str) {
        let error = run(trace).expect_err("a refusal").to_string();
        assert!(error.contains(says), "{error}");
    }

    #[test]
    fn what_the_rules_do_not_foresee_is_refused() {
        refused("1 1.0 read(0, \"\", 1) = 0 <0.1>\n", "no call of pipe2");
        let start = "1 1.000010 pipe2([3, 4], 0) = 0 <0.000001>\n";
        refused(
            &format!("{start}1 1.1 fcntl(3) = 0 <0.000001>\n"),
            "no rule is for fcntl(3) = 0",
        );
        refused(
            &format!("{start}1 1.1 read(3, \"ready\", 5) = 5 <0.000001>\n"),
            "waits for a call of: writes",
        );
        refused(start, "never came to the rule with `last`");
        refused(
            &format!(
                "{start}1 1.000020 clone3({{}}) = 2 <0.000001>\n\
                 1 1.000030 read(3, \"ready\", 5) = 5 <0.000001>\n\
                 2 1.060000 write(4, \"ready\", 5) = 5 <0.000100>\n"
            ),
            "was over before a call of writes had begun",
        );
    }

    #[test]
    fn repetitions_take_from_the_first_to_the_last() {
        let call = "start = [{ lane = \"program\"";
        assert!(DEFINITION.contains(call));
        let definition = Definition::parse("t.toml", DEFINITION).unwrap();
        let at = |at: u64| Sketch {
            at_us: Some(at),
            took_us: Some(2),
            ..definition.rule[0].start[0].clone()
        };
        let other = definition.rule[1].start[0].clone();
        let kept = collapsed(vec![at(10), at(20), at(30), other, at(50)]);
        let short: Vec<_> = kept.iter().map(|s| (s.count, s.took_us)).collect();
        assert_eq!(short, [(3, Some(22)), (1, None), (1, Some(2))]);
    }
}
