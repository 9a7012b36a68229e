//! Every stub fails, and for the reason that it names; every solution passes
//! the same tests.

use std::path::Path;

use anyhow::Result;
use quote::ToTokens as _;

use super::{Context, Elsewhere, Lane, Stage, libtest};
use crate::exercise::{self, Exercise};
use crate::page::Place;
use crate::process::Finished;
use crate::project::folder;
use crate::report::Report;

pub const STAGE: Stage = Stage {
    name: "exercises",
    about: "stubs fail for the reason that they name, solutions pass",
    lane: Lane::Programs,
    elsewhere: Elsewhere::Not(
        "stubs fail alike, and the crates stage runs the solutions",
    ),
    run,
};

fn run(cx: &Context<'_>, report: &mut Report) -> Result<()> {
    for package in cx.packages() {
        // The stub, its tests and the solution may use all of the crate.
        let key = cx.key().package(package)?.finish();
        let mut exercises = exercise::all(cx.project)?;
        exercises.retain(|exercise| exercise.package == *package.name);
        forgotten(cx, &folder(package).join("exercises"), &exercises, report)?;
        for exercise in exercises {
            let check = format!("exercise {}", exercise.id());
            if cx.cache.has_passed(&check, key) {
                report.checked += 1;
                report.unchanged += 1;
                continue;
            }
            cx.progress.step(exercise.id());
            let before = report.failures.len();
            cx.wait_for_builds();
            let stub_run = exercise.run(cx.project, &exercise.name)?;
            let solution_run = match &exercise.solution {
                Some(name) => Some(exercise.run(cx.project, name)?),
                None => None,
            };
            if exercise.elsewhere
                && is_empty(&stub_run)
                && solution_run.as_ref().is_some_and(is_empty)
            {
                report
                    .remark(format!("{} not for this platform", exercise.name));
                continue;
            }
            report.checked += 1;
            stub(cx, &exercise, &stub_run, report)?;
            signatures(cx, &exercise, report)?;
            solution(&exercise, solution_run.as_ref(), report);
            interchangeable(cx, &exercise, report)?;
            if report.failures.len() == before {
                cx.cache.passed(&check, key);
            } else {
                cx.cache.failed(&check);
            }
        }
    }
    Ok(())
}

/// Does the test program build, and have no tests at all? Then its source is
/// for another platform.
fn is_empty(run: &Finished) -> bool {
    run.success()
        && libtest::results(&run.output)
            .all(|result| result.passed + result.failed == 0)
}

/// A stub that the manifest does not name would never run.
fn forgotten(
    cx: &Context<'_>,
    stubs: &Path,
    known: &[Exercise],
    report: &mut Report,
) -> Result<()> {
    if !stubs.is_dir() {
        return Ok(());
    }
    for entry in std::fs::read_dir(stubs)? {
        let path = entry?.path();
        let inside = path.strip_prefix(&cx.project.root)?;
        if path.extension().is_some_and(|ending| ending == "rs")
            && !known.iter().any(|exercise| exercise.file == inside)
        {
            report.fail(
                &Place::new(inside, 1),
                "nothing runs it: name it in a [[test]] of Cargo.toml, with \
                 `test = false`",
            );
        }
    }
    Ok(())
}

fn stub(
    cx: &Context<'_>,
    exercise: &Exercise,
    run: &Finished,
    report: &mut Report,
) -> Result<()> {
    let place = Place::new(&exercise.file, 1);
    if exercise.reasons.is_empty() {
        report.fail(
            &place,
            "the stub does not say how it fails: \
             //! Fails until solved: `part of the message`",
        );
        return Ok(());
    }
    if run.success() {
        report.fail(&place, "the stub passes its tests");
        return Ok(());
    }
    guards(cx, exercise, run, report)?;
    let failures = libtest::failures(&run.output);
    if failures.is_empty() {
        report.fail(
            &place,
            format!(
                "the stub's tests do not run; cargo test {}:\n{}",
                run.ending(),
                run.output
            ),
        );
    }
    for (test, message) in failures {
        if !exercise.reasons.iter().any(|r| message.contains(r)) {
            report.fail(
                &place,
                format!(
                    "{test} fails, but its message has none of: {}\n{message}",
                    exercise.reasons.join(", ")
                ),
            );
        }
    }
    Ok(())
}

/// What begins the comment above a test that guards what the stub has already.
const GUARD: &str = "/// Guard:";

/// Each test fails on the stub, or says that it is a guard.
fn guards(
    cx: &Context<'_>,
    exercise: &Exercise,
    run: &Finished,
    report: &mut Report,
) -> Result<()> {
    let passed: usize = libtest::results(&run.output)
        .map(|result| result.passed)
        .sum();
    let folder = exercise.file.parent().unwrap_or(&exercise.file);
    let file = exercise.file.file_name().unwrap_or_default();
    let tests = folder.join("tests").join(file);
    let text = std::fs::read_to_string(cx.project.root.join(&tests))
        .unwrap_or_default();
    let marked = text
        .lines()
        .filter(|line| line.trim_start().starts_with(GUARD))
        .count();
    if passed != marked {
        report.fail(
            &Place::new(&tests, 1),
            format!(
                "{passed} tests pass on the stub, and {marked} say that they \
                 do. A test that passes there is no test of the exercise; one \
                 that guards what is right already says so: `{GUARD} …`"
            ),
        );
    }
    Ok(())
}

/// What the stub offers, the solution offers in the same form: a reader who
/// solves the exercise may not have to change a signature.
fn signatures(
    cx: &Context<'_>,
    exercise: &Exercise,
    report: &mut Report,
) -> Result<()> {
    let Some(solution) = &exercise.solution_file else {
        return Ok(());
    };
    let (stub, solved) = (public(cx, &exercise.file)?, public(cx, solution)?);
    for item in &stub {
        if !solved.contains(item) {
            report.fail(
                &Place::new(solution, 1),
                format!("the stub has, and the solution has not: {item}"),
            );
        }
    }
    Ok(())
}

/// The signatures of a file's public functions.
fn public(cx: &Context<'_>, file: &Path) -> Result<Vec<String>> {
    let text = std::fs::read_to_string(cx.project.root.join(file))?;
    let Ok(parsed) = syn::parse_file(&text) else {
        // It does not compile, which is reported.
        return Ok(Vec::new());
    };
    let mut found = Vec::new();
    for item in &parsed.items {
        match item {
            syn::Item::Fn(item) if is_public(&item.vis) => {
                found.push(item.sig.to_token_stream().to_string());
            }
            syn::Item::Impl(block) => {
                for item in &block.items {
                    if let syn::ImplItem::Fn(item) = item
                        && is_public(&item.vis)
                    {
                        found.push(item.sig.to_token_stream().to_string());
                    }
                }
            }
            _ => {}
        }
    }
    Ok(found)
}

fn is_public(visibility: &syn::Visibility) -> bool {
    matches!(visibility, syn::Visibility::Public(_))
}

fn solution(exercise: &Exercise, run: Option<&Finished>, report: &mut Report) {
    let Some(run) = run else {
        report.fail(
            &Place::new(&exercise.file, 1),
            format!(
                "there is no test target solution_{} for it",
                exercise.name
            ),
        );
        return;
    };
    let passed: usize = libtest::results(&run.output)
        .map(|result| result.passed)
        .sum();
    if !run.success() || passed == 0 {
        let file = exercise.solution_file.as_ref().unwrap_or(&exercise.file);
        report.fail(
            &Place::new(file, 1),
            format!(
                "the solution passes {passed} tests; cargo test {}:\n{}",
                run.ending(),
                run.output
            ),
        );
    }
}

/// A reader copies the solution over the stub: its tests must be found from
/// there, too.
fn interchangeable(
    cx: &Context<'_>,
    exercise: &Exercise,
    report: &mut Report,
) -> Result<()> {
    let Some(solution) = &exercise.solution_file else {
        return Ok(());
    };
    let read =
        |file: &Path| std::fs::read_to_string(cx.project.root.join(file));
    let (stub, text) = (read(&exercise.file)?, read(solution)?);
    let (stub, own) =
        (exercise::tests_line(&stub), exercise::tests_line(&text));
    // Without tests they do not pass, which is reported.
    if let (Some((_, stub)), Some((line, own))) = (stub, own)
        && stub != own
    {
        report.fail(
            &Place::new(solution, line),
            format!(
                "copied over the stub, the solution does not find its tests: \
                 write {stub}, as the stub does"
            ),
        );
    }
    Ok(())
}
