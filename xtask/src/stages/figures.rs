//! Each figure is sound, is used, and still happens: a fresh run gives the
//! recorded events in the same logical order, and measurements of which what
//! the definition expects holds. What is drawn by hand has only its form to be
//! checked.

use std::collections::HashMap;
use std::path::Path;

use anyhow::Result;
use book_figures::definition::Recorder;
use book_figures::graph;
use book_figures::measured;
use book_figures::model;
use book_figures::states::{Recording as States, line_of_state};
use book_figures::{Definition, Fault, Figure, Recording, line_of_step};
use serde::Serialize;
use serde::de::DeserializeOwned;
use similar::TextDiff;

use super::{Context, Elsewhere, Lane, Stage};
use crate::figure::graph as graphs;
use crate::figure::measured as numbers;
use crate::figure::model as models;
use crate::figure::record::{self, Needs};
use crate::figure::{states, store};
use crate::page::{Directive, Place};
use crate::report::Report;

pub const STAGE: Stage = Stage {
    name: "figures",
    about: "each figure's recording is what a fresh run does",
    lane: Lane::Pages,
    elsewhere: Elsewhere::Not("the recordings are of this machine"),
    run,
};

/// How often another order is taken for the machine being busy.
const RUNS: usize = 3;

fn run(cx: &Context<'_>, report: &mut Report) -> Result<()> {
    let uses = uses(cx, report);
    let mut steps = 0;
    let defined = store::names(cx.project)?;
    for name in &defined {
        let kind = match kind(cx, name) {
            Ok(kind) => kind,
            Err(error) => {
                report.checked += 1;
                fault(cx, report, name, error);
                continue;
            }
        };
        // What is drawn belongs to the page that shows it.
        let wanted = match &kind {
            Kind::Steps(own) if own.record.kind == Recorder::Drawn => {
                cx.only.is_empty() || uses.contains_key(name.as_str())
            }
            Kind::Steps(own) => cx.wants(&own.record.package),
            Kind::Graph(own) => cx.wants(&own.record.package),
            Kind::Measured(own) => cx.wants(&own.record.package),
            Kind::Model(own) => cx.wants(&own.record.package),
        };
        if !wanted {
            continue;
        }
        report.checked += 1;
        used(cx, report, name, uses.get(name.as_str()));
        let checked = match kind {
            Kind::Steps(own) => check(cx, report, name, *own),
            Kind::Graph(own) => check_graph(cx, report, name, *own),
            Kind::Measured(own) => check_measured(cx, report, name, *own),
            Kind::Model(own) => check_model(cx, report, name, *own),
        };
        match checked {
            Ok(count) => steps += count,
            Err(error) => match error.downcast::<Needs>() {
                Ok(needs) => {
                    report.skip(needs.0);
                    return Ok(());
                }
                Err(error) => fault(cx, report, name, error),
            },
        }
    }
    for name in &store::recorded(cx.project)? {
        if cx.only.is_empty() && !defined.contains(name) {
            let file = store::file(cx.project, name, "json");
            report.fail_at(
                cx.project.shown(&file),
                format!("the recording of no figure: there is no {name}.toml"),
            );
        }
    }
    report.remark(format!("{steps} steps recorded anew"));
    Ok(())
}

/// A figure's definition.
enum Kind {
    /// Runs, each of which is stepped through.
    Steps(Box<Definition>),
    /// All states, between which the reader chooses a way.
    Graph(Box<graph::Definition>),
    /// Numbers, which the reader predicts.
    Measured(Box<measured::Definition>),
    /// All states of an object, on which the reader works.
    Model(Box<model::Definition>),
}

fn kind(cx: &Context<'_>, name: &str) -> Result<Kind> {
    if let Some(measured) = store::measured(cx.project, name)? {
        return Ok(Kind::Measured(Box::new(measured)));
    }
    if let Some(model) = store::model(cx.project, name)? {
        return Ok(Kind::Model(Box::new(model)));
    }
    Ok(match store::graph(cx.project, name)? {
        Some(graph) => Kind::Graph(Box::new(graph)),
        None => Kind::Steps(Box::new(store::definition(cx.project, name)?)),
    })
}

/// Where each figure is used.
fn uses<'a>(
    cx: &Context<'a>,
    report: &mut Report,
) -> HashMap<&'a str, Vec<Place>> {
    let mut uses: HashMap<&str, Vec<Place>> = HashMap::new();
    for page in &cx.project.pages {
        for (index, line) in page.text.lines().enumerate() {
            if let Some(directive) = Directive::parse(line)
                && directive.name == "figure"
            {
                report.checked += 1;
                let place = page.place(index + 1);
                uses.entry(directive.argument).or_default().push(place);
            }
        }
    }
    uses
}

/// A figure is for one page: its name is an address there.
fn used(
    cx: &Context<'_>,
    report: &mut Report,
    name: &str,
    places: Option<&Vec<Place>>,
) {
    match places.map_or(&[][..], Vec::as_slice) {
        [] => {
            let file = store::file(cx.project, name, "toml");
            report.fail(
                &Place::new(cx.project.shown(&file), 1),
                format!("no page uses it: {{{{#figure {name}}}}}"),
            );
        }
        [_] => {}
        [first, second, ..] => report
            .fail(second, format!("the figure is used at {first} already")),
    }
}

/// Checks what is stored, then runs the programs again: how many steps.
fn check(
    cx: &Context<'_>,
    report: &mut Report,
    name: &str,
    definition: Definition,
) -> Result<usize> {
    let figure = store::figure(cx.project, name, definition)?;
    if figure.definition.record.kind == Recorder::Drawn {
        let file = store::file(cx.project, name, "json");
        if file.is_file() {
            report.fail_at(
                cx.project.shown(&file),
                format!("the recording of a figure that is drawn: {name}.toml"),
            );
        }
        report.checked += figure
            .runs()
            .map(|(_, run)| run.events.len())
            .sum::<usize>();
        return Ok(0);
    }
    let (file, text) = store::recording(cx.project, name)?;
    report.checked += figure.check_sources((&file, &text))?;
    let stored = figure.recording.logic();
    let named = format!("figure {name}");
    let key = key(cx, name, &figure.definition.record.package, &text)?;
    if cx.cache.has_passed(&named, key) {
        report.unchanged += 1;
        return Ok(0);
    }
    let mut fresh = None;
    let runs = match figure.definition.record.kind {
        Recorder::Program | Recorder::Drawn => 1,
        Recorder::Strace => RUNS,
    };
    for _ in 0..runs {
        cx.progress.step(format!("recording {name}"));
        let recording = record::fresh(cx.project, name, &figure.definition)?;
        if recording.logic() == stored {
            if figure.recording.digest
                != Some(record::digest(&figure.recording)?)
            {
                report.fail_at(file, edited(name));
                return Ok(0);
            }
            cx.cache.passed(&named, key);
            let steps = recording.runs.iter().map(|run| run.events.len());
            return Ok(steps.sum());
        }
        fresh = Some(recording);
    }
    cx.cache.failed(&named);
    if let Some(fresh) = fresh {
        differs(report, (&file, &text), &figure, &fresh);
    }
    Ok(0)
}

/// What a figure's recording depends on.
fn key(
    cx: &Context<'_>,
    name: &str,
    package: &str,
    recording: &str,
) -> Result<u64> {
    let definition = store::file(cx.project, name, "toml");
    Ok(cx
        .key()
        .text(&std::fs::read_to_string(definition)?)
        .text(recording)
        .package(cx.project.package(package)?)?
        .finish())
}

/// The same for a graph: how many states were enumerated anew.
fn check_graph(
    cx: &Context<'_>,
    report: &mut Report,
    name: &str,
    definition: graph::Definition,
) -> Result<usize> {
    let (graph, lines) = store::whole_graph(cx.project, name, definition)?;
    report.checked += lines;
    let package = &graph.definition.record.package;
    check_states(cx, report, name, package, &graph.recording, || {
        graphs::fresh(cx.project, name, &graph.definition)
    })
}

/// The same for a model.
fn check_model(
    cx: &Context<'_>,
    report: &mut Report,
    name: &str,
    definition: model::Definition,
) -> Result<usize> {
    let (model, words) = store::whole_model(cx.project, name, definition)?;
    report.checked += words;
    let package = &model.definition.record.package;
    check_states(cx, report, name, package, &model.recording, || {
        models::fresh(cx.project, name, &model.definition)
    })
}

/// The states that are stored are those that are enumerated now: how many.
fn check_states<N>(
    cx: &Context<'_>,
    report: &mut Report,
    name: &str,
    package: &str,
    stored: &States<N>,
    fresh: impl FnOnce() -> Result<States<N>>,
) -> Result<usize>
where
    N: Clone + PartialEq + DeserializeOwned + Serialize,
{
    let (file, text) = store::recording(cx.project, name)?;
    let named = format!("figure {name}");
    let key = key(cx, name, package, &text)?;
    if cx.cache.has_passed(&named, key) {
        report.unchanged += 1;
        return Ok(0);
    }
    cx.progress.step(format!("recording {name}"));
    let fresh = fresh()?;
    let (old, new) = (stored.logic()?, fresh.logic()?);
    if old != new {
        cx.cache.failed(&named);
        let line = stored
            .first_other(&fresh)
            .map_or(1, |(level, n)| line_of_state(&text, level, n));
        report.fail(
            &Place::new(&file, line),
            format!(
                "a fresh run finds other states\n{}\n`cargo xtask record \
                 {name}` records it again",
                TextDiff::from_lines(&old, &new)
                    .unified_diff()
                    .context_radius(0)
                    .header("the recording", "a fresh run")
            ),
        );
    } else if stored.digest != Some(states::digest(stored)?) {
        report.fail_at(file, edited(name));
    } else {
        cx.cache.passed(&named, key);
        return Ok(fresh.levels.iter().map(|l| l.states.len()).sum());
    }
    Ok(0)
}

/// The same for measurements: how many rows were measured anew. What holds of
/// every run may fail to on a busy machine; so it is tried again.
fn check_measured(
    cx: &Context<'_>,
    report: &mut Report,
    name: &str,
    definition: measured::Definition,
) -> Result<usize> {
    let figure = store::measurements(cx.project, name, definition)?;
    report.checked += figure.definition.expect.len();
    let (file, text) = store::recording(cx.project, name)?;
    let (defined, words) = store::defined(cx.project, name)?;
    let named = format!("figure {name}");
    let key = key(cx, name, &figure.definition.record.package, &text)?;
    if cx.cache.has_passed(&named, key) {
        report.unchanged += 1;
        return Ok(0);
    }
    let recording = &figure.recording;
    if recording.digest != Some(numbers::digest(recording)?) {
        report.fail_at(file, edited(name));
        return Ok(0);
    }
    let mut last = None;
    for _ in 0..RUNS {
        cx.progress.step(format!("measuring {name}"));
        let fresh = numbers::fresh(cx.project, name, &figure.definition)?;
        let (old, new) = (recording.logic(), fresh.logic());
        if old != new {
            cx.cache.failed(&named);
            report.fail_at(
                file,
                format!(
                    "a fresh run measures something else\n{}\n`cargo xtask \
                     record {name}` records it again",
                    TextDiff::from_lines(&old, &new)
                        .unified_diff()
                        .context_radius(0)
                        .header("the recording", "a fresh run")
                ),
            );
            return Ok(0);
        }
        match figure.check_fresh((&defined, &words), &fresh) {
            Ok(()) => {
                cx.cache.passed(&named, key);
                return Ok(fresh.rows.len());
            }
            Err(fault) => last = Some(fault),
        }
    }
    cx.cache.failed(&named);
    last.map_or(Ok(0), |fault| Err(fault.into()))
}

fn edited(name: &str) -> String {
    format!(
        "it is not as it was recorded: its digest is another. `cargo xtask \
         record {name} --force` records it again"
    )
}

/// Reports the difference at the first event that differs.
fn differs(
    report: &mut Report,
    (file, text): (&str, &str),
    figure: &Figure,
    fresh: &Recording,
) {
    let name = &figure.name;
    let (old, new) = (figure.recording.logic(), fresh.logic());
    let line = first_difference(&figure.recording, fresh)
        .map_or(1, |(run, event)| line_of_step(text, run, event));
    let diff = TextDiff::from_lines(&old, &new);
    report.fail(
        &Place::new(Path::new(file), line),
        format!(
            "a fresh run has another order\n{}\n`cargo xtask record {name}` \
             records it again",
            diff.unified_diff()
                .context_radius(1)
                .header("the recording", "a fresh run")
        ),
    );
}

/// The run and the event, from 0, where two recordings part.
fn first_difference(a: &Recording, b: &Recording) -> Option<(usize, usize)> {
    a.runs
        .iter()
        .zip(&b.runs)
        .enumerate()
        .find_map(|(run, (a, b))| {
            let same = a
                .events
                .iter()
                .zip(&b.events)
                .take_while(|(a, b)| a.logic() == b.logic())
                .count();
            let whole = same == a.events.len() && same == b.events.len();
            (!whole)
                .then_some((run, same.min(a.events.len().saturating_sub(1))))
        })
}

fn fault(
    cx: &Context<'_>,
    report: &mut Report,
    name: &str,
    error: anyhow::Error,
) {
    match error.downcast::<Fault>() {
        Ok(fault) => {
            report.fail(&Place::new(fault.file, fault.line), fault.message);
        }
        Err(error) => {
            let file = store::file(cx.project, name, "toml");
            report.fail(
                &Place::new(cx.project.shown(&file), 1),
                format!("{error:#}"),
            );
        }
    }
}
