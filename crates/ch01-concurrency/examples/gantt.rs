//! The log of the workshop, one JSON object a line: the figure of the page is
//! drawn from it. `cargo run --example gantt -- wait|switch|steal WORKERS`
//!
//! Twelve prints at once, of three kinds, dealt out in turn.

use ch01_concurrency::s1_workshop::{
    Event, Happening, Job, Span, Time, Way, Workshop,
};
use std::error::Error;
use std::fmt::{self, Display};
use std::{env, io};

/// How many pieces.
const PIECES: usize = 12;

/// The most workers; the figure has a row for each.
const MOST: usize = 6;

/// What they are, in turn: in how many colours, and the seconds of hands for
/// each. A colour dries for 36 s if another one follows.
const KINDS: [(&str, usize, u64); 3] =
    [("ticket", 1, 3), ("card", 2, 6), ("banner", 3, 9)];

fn jobs() -> Vec<Job> {
    let kinds = KINDS.into_iter().cycle().take(PIECES);
    let spans = kinds.map(|(_, colours, takes)| {
        let colour = Span::Busy(Time::secs(takes));
        let mut spans = [colour, Span::Waiting(Time::secs(36))].repeat(colours);
        spans.pop(); // the last one need not dry here
        spans
    });
    spans.map(Job::new).collect()
}

/// "banner 3"
fn name(job: usize) -> String {
    format!("{} {}", KINDS[job % KINDS.len()].0, job + 1)
}

/// One step of the figure, without its time and its numbers.
struct Step {
    lane: String,
    to: Option<String>,
    kind: &'static str,
    detail: String,
    took: Option<u64>,
    at: &'static str,
}

impl Step {
    /// What the figure shows of an event. Arrivals are all at the start, and
    /// the others are seen where the next span begins.
    fn of(event: &Event) -> Option<Self> {
        let piece = name(event.job);
        let row = |worker| format!("worker-{}", worker + 1);
        let step = match event.what {
            Happening::Begins { worker, time } => Self {
                lane: row(worker),
                to: None,
                kind: "work",
                detail: format!(
                    "Worker {} prints a colour of {piece}: {time}.",
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
                    "The ink of {piece} dries for {time}; \
                     worker {} stands by.",
                    worker + 1,
                ),
                took: Some(time.0 / 1_000),
                at: "if self.workshop.way == Way::Wait =>",
            },
            Happening::PutAside { worker, time } => Self {
                lane: "aside".into(),
                to: None,
                kind: "state",
                detail: format!(
                    "Worker {} puts {piece} aside: \
                     its ink dries for {time}.",
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
                    "Worker {} has nothing to do, and takes {piece} \
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
    let run = Workshop::new(workers, way).run(&jobs());
    let mut done = 0;
    for event in &run.log {
        done += usize::from(matches!(event.what, Happening::Done { .. }));
        let Some(step) = Step::of(event) else {
            continue;
        };
        let to = step.to.map(|to| format!("{to:?}"));
        write!(out, r#"{{"lane": "{}"{}, "#, step.lane, Field("to", to))?;
        write!(out, r#""kind": "{}", "#, step.kind)?;
        write!(out, r#""text": "{}", "#, event.job + 1)?;
        write!(out, r#""detail": "{}", "#, step.detail)?;
        write!(out, r#""time": {}"#, event.at.0 / 1_000)?;
        write!(
            out,
            r#"{}, "at": "{}", "#,
            Field("took", step.took),
            step.at
        )?;
        writeln!(out, r#""state": {{"done": {done}}}}}"#)?;
    }
    let report = run.report();
    let (took, rate) = (run.took(), report.throughput());
    let busy = report.mean_utilisation() * 100.0;
    let detail =
        format!("All {PIECES} are done after {took}: {rate:.0} an hour.");
    write!(
        out,
        r#"{{"lane": "worker-1", "kind": "note", "text": "end", "#
    )?;
    write!(out, r#""detail": "{detail}", "time": {}, "#, took.0 / 1_000)?;
    write!(out, r#""at": "None => {{", "state": {{"done": {done}, "#)?;
    write!(out, r#""rate": "{rate:.0}", "busy": "{busy:.0} %"}}, "#)?;
    writeln!(out, r#""key": true}}"#)
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
            // Of each kind four: 6 colours, 3 spans of drying. Then the end.
            let arrows = out.matches(r#""kind": "data""#).count();
            assert_eq!(out.lines().count(), 4 * (6 + 3) + arrows + 1);
            let hands = out.matches(r#""kind": "work""#).count();
            assert_eq!(hands, 4 * 6);
            let last = out.lines().last().unwrap();
            assert!(last.contains(r#""done": 12"#), "{last}");
            assert!(way == Way::Steal || arrows == 0);
            stolen += arrows;
        }
    }
    assert!(stolen > 0, "the figure shows no stealing");
}
