//! The log of the workshop, one JSON object a line: the figure of the page is
//! drawn from it. `cargo run --example gantt -- wait|switch|steal WORKERS`
//!
//! Twelve chairs at once, every other one of them brought to the first bench.

use ch01_concurrency::s1_workshop::{Event, Happening, Job, Way, Workshop};
use std::error::Error;
use std::fmt::{self, Display};
use std::{env, io};

/// How many chairs.
const CHAIRS: usize = 12;

/// The most workers; the figure has a row for each.
const MOST: usize = 6;

fn jobs(workers: usize) -> Vec<Job> {
    let bench = |job: usize| {
        if job.is_multiple_of(2) {
            0
        } else {
            job % workers
        }
    };
    let chairs = (0..CHAIRS).map(|job| Job::chair().to(bench(job)));
    chairs.collect()
}

/// One step of the figure, but for its time and its numbers.
struct Step {
    lane: String,
    to: Option<String>,
    kind: &'static str,
    detail: String,
    took: Option<u64>,
    at: &'static str,
}

impl Step {
    /// What the reader shall see of an event. Arrivals are all at the start,
    /// and the rest is seen where the next span begins.
    fn of(event: &Event) -> Option<Self> {
        let chair = event.job + 1;
        let row = |worker| format!("worker-{}", worker + 1);
        let step = match event.what {
            Happening::Begins { worker, time } => Self {
                lane: row(worker),
                to: None,
                kind: "work",
                detail: format!(
                    "Worker {} is busy with chair {chair} for {time}.",
                    worker + 1,
                ),
                took: Some(time.0 / 1_000),
                at: "Some(Span::Busy(time)) => {",
            },
            Happening::StandsBy { worker, time } => Self {
                lane: row(worker),
                to: None,
                kind: "sleep",
                detail: format!(
                    "The glue of chair {chair} dries for {time}; \
                     worker {} stands by.",
                    worker + 1,
                ),
                took: Some(time.0 / 1_000),
                at: "Some(Span::Waiting(time)) if self.workshop.way == Way::Wait",
            },
            Happening::PutAside { worker, time } => Self {
                lane: "aside".into(),
                to: None,
                kind: "state",
                detail: format!(
                    "Worker {} puts chair {chair} aside: \
                     its glue dries for {time}.",
                    worker + 1,
                ),
                took: Some(time.0 / 1_000),
                at: "Some(Span::Waiting(time)) => {",
            },
            Happening::Stolen { thief, from } => Self {
                lane: row(from),
                to: Some(row(thief)),
                kind: "data",
                detail: format!(
                    "Worker {} has nothing to do, and takes chair {chair} \
                     from the bench of worker {}.",
                    thief + 1,
                    from + 1,
                ),
                took: None,
                at: "others.any(|other| self.take(thief, other))",
            },
            Happening::Arrives { .. }
            | Happening::Ready { .. }
            | Happening::Yields { .. }
            | Happening::Done { .. } => return None,
        };
        Some(step)
    }
}

/// An optional field, with its comma.
struct Field<T>(&'static str, Option<T>);

impl<T: Display> Display for Field<T> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(name, Some(value)) = self else {
            return Ok(());
        };
        write!(out, r#", "{name}": {value}"#)
    }
}

fn run(mut out: impl io::Write, way: Way, workers: usize) -> io::Result<()> {
    let run = Workshop::new(workers, way).run(&jobs(workers));
    let mut done = 0;
    for event in &run.log {
        done += usize::from(matches!(event.what, Happening::Done { .. }));
        let Some(step) = Step::of(event) else {
            continue;
        };
        let to = step.to.map(|to| format!("{to:?}"));
        writeln!(
            out,
            r#"{{"lane": "{}"{}, "kind": "{}", "text": "{}", "detail": "{}", "time": {}{}, "at": "{}", "state": {{"done": {done}}}}}"#,
            step.lane,
            Field("to", to),
            step.kind,
            event.job + 1,
            step.detail,
            event.at.0 / 1_000,
            Field("took", step.took),
            step.at,
        )?;
    }
    let report = run.report();
    writeln!(
        out,
        r#"{{"lane": "worker-1", "kind": "note", "text": "end", "detail": "All {CHAIRS} chairs are done after {}: {:.0} an hour.", "time": {}, "at": "None => {{", "state": {{"done": {done}, "rate": "{:.0}", "busy": "{:.0} %"}}, "key": true}}"#,
        run.took(),
        report.throughput(),
        run.took().0 / 1_000,
        report.throughput(),
        report.mean_utilisation() * 100.0,
    )
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = env::args().skip(1);
    // Without arguments as with these: an example must run by itself.
    let way = args.next().unwrap_or_else(|| "steal".into());
    let way = match way.as_str() {
        "wait" => Way::Wait,
        "switch" => Way::Switch,
        "steal" => Way::Steal,
        _ => return Err("the way is wait, switch or steal".into()),
    };
    let workers = args.next().map_or(Ok(3), |workers| workers.parse())?;
    if !(1..=MOST).contains(&workers) {
        return Err(format!("there are 1 to {MOST} workers").into());
    }
    run(io::stdout().lock(), way, workers)?;
    Ok(())
}

#[test]
fn runs() {
    let mut stolen = 0;
    for way in [Way::Wait, Way::Switch, Way::Steal] {
        for workers in 1..=MOST {
            let mut out = Vec::new();
            run(&mut out, way, workers).unwrap();
            let out = String::from_utf8(out).unwrap();
            // Two spans of hands and one of drying a chair, then the end.
            let arrows = out.matches(r#""kind": "data""#).count();
            assert_eq!(out.lines().count(), CHAIRS * 3 + arrows + 1);
            let hands = out.matches(r#""kind": "work""#).count();
            assert_eq!(hands, CHAIRS * 2);
            let last = out.lines().last().unwrap();
            assert!(last.contains(r#""done": 12"#), "{last}");
            assert!(way == Way::Steal || arrows == 0);
            stolen += arrows;
        }
    }
    assert!(stolen > 0, "nothing was stolen, so nothing is to be seen");
}
