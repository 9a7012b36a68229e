//! Records a graph: runs the programs that enumerate the states of its levels.

use anyhow::{Context as _, Result, anyhow};
pub use book_figures::graph::Recording;
use book_figures::graph::{Definition, Level, Recorded, nodes};

use super::states::{self, Program};
use super::store;
use crate::project::Project;

/// Enumerates all levels, and checks that they fit the definition.
///
/// # Errors
/// What goes wrong with the programs, or with what they print.
pub fn fresh(
    project: &Project,
    name: &str,
    definition: &Definition,
) -> Result<Recording> {
    let mut levels = Vec::new();
    for level in &definition.run {
        let recorded = recorded(project, definition, level)
            .with_context(|| format!("{name}, level {:?}", level.id))?;
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
    level: &Level,
) -> Result<Recorded> {
    let program = Program {
        package: &definition.record.package,
        example: &level.example,
        args: &level.args,
    };
    let printed = program.states(project)?;
    let parts = store::parts(project, &level.code)?;
    let states = nodes(&parts, printed)
        .map_err(|(nth, error)| anyhow!("state {nth}: {error}"))?;
    Ok(Recorded {
        id: level.id.clone(),
        command: program.command(),
        states,
    })
}
