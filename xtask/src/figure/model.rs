//! Records a model: runs the program that enumerates the states of its runs.

use anyhow::{Context as _, Result, anyhow};
pub use book_figures::model::Recording;
use book_figures::model::{Definition, Printed, Recorded, Run};

use super::states::{self, Program};
use crate::project::Project;

/// Enumerates all runs, and checks that they fit the definition.
///
/// # Errors
/// What goes wrong with the program, or with what it prints.
pub fn fresh(
    project: &Project,
    name: &str,
    definition: &Definition,
) -> Result<Recording> {
    let mut levels = Vec::new();
    for run in &definition.run {
        let recorded = recorded(project, definition, run)
            .with_context(|| format!("{name}, run {:?}", run.id))?;
        levels.push(recorded);
    }
    let recording = states::recording(name, levels)?;
    let text = recording.to_json()?;
    let checked = recording.check(name, &text, name, definition);
    checked.map_err(|fault| anyhow!("{}", fault.message))?;
    Ok(recording)
}

fn recorded(
    project: &Project,
    definition: &Definition,
    run: &Run,
) -> Result<Recorded> {
    let program = Program {
        package: &definition.record.package,
        example: &definition.record.example,
        args: &run.args,
    };
    let printed: Vec<Printed> = program.states(project)?;
    let mut states = Vec::new();
    for (nth, state) in printed.into_iter().enumerate() {
        let node = state.node(definition);
        states.push(node.map_err(|error| anyhow!("state {nth}: {error}"))?);
    }
    Ok(Recorded {
        id: run.id.clone(),
        command: program.command(),
        states,
    })
}
