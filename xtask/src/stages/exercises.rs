//! Every stub fails, and for the reason that it names; every solution passes
//! the same tests.

use anyhow::Result;

use super::{Context, Stage, libtest};
use crate::exercise::{self, Exercise};
use crate::page::Place;
use crate::project::folder;
use crate::report::Report;

pub const STAGE: Stage = Stage {
    name: "exercises",
    about: "stubs fail for the reason that they name, solutions pass",
    run,
};

fn run(cx: &Context<'_>, report: &mut Report) -> Result<()> {
    for package in cx.packages() {
        // The stub, its tests and the solution may use all of the crate.
        let key = cx.cache.key().folder(folder(package))?.finish();
        for exercise in exercise::all(cx.project)? {
            if exercise.package != *package.name {
                continue;
            }
            report.checked += 1;
            let check = format!("exercise {}", exercise.id());
            if cx.cache.has_passed(&check, key) {
                report.unchanged += 1;
                continue;
            }
            cx.progress.step(exercise.id());
            let before = report.failures.len();
            stub(cx, &exercise, report)?;
            solution(cx, &exercise, report)?;
            if report.failures.len() == before {
                cx.cache.passed(&check, key);
            } else {
                cx.cache.failed(&check);
            }
        }
    }
    Ok(())
}

fn stub(
    cx: &Context<'_>,
    exercise: &Exercise,
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
    let done = exercise.run(cx.project, &exercise.name)?;
    if done.success() {
        report.fail(&place, "the stub passes its tests");
        return Ok(());
    }
    let failures = libtest::failures(&done.output);
    if failures.is_empty() {
        report.fail(
            &place,
            format!(
                "the stub's tests do not run; cargo test {}:\n{}",
                done.ending(),
                done.output
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

fn solution(
    cx: &Context<'_>,
    exercise: &Exercise,
    report: &mut Report,
) -> Result<()> {
    let Some(solution) = &exercise.solution else {
        report.fail(
            &Place::new(&exercise.file, 1),
            format!(
                "there is no test target solution_{} for it",
                exercise.name
            ),
        );
        return Ok(());
    };
    let done = exercise.run(cx.project, solution)?;
    let passed: usize =
        libtest::results(&done.output).map(|result| result.passed).sum();
    if !done.success() || passed == 0 {
        let file = exercise.file.file_name().unwrap_or_default();
        let folder = exercise.file.parent().unwrap_or(&exercise.file);
        report.fail(
            &Place::new(folder.join("solutions").join(file), 1),
            format!(
                "the solution passes {passed} tests; cargo test {}:\n{}",
                done.ending(),
                done.output
            ),
        );
    }
    Ok(())
}
