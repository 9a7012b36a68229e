//! Where a book's figures are, and the code that they show.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use book_figures::code::{Part, extent};
use book_figures::definition::{Code, Recorder, Run};
use book_figures::graph::{self, Graph, is_graph};
use book_figures::measured::{self, Measured, is_measured};
use book_figures::model::{self, Model, is_model};
use book_figures::{Definition, Figure};

use crate::page::Excerpt;
use crate::project::Project;
use crate::unknown;

/// Where figures are kept.
pub fn folder(project: &Project) -> PathBuf {
    project.root.join(project.src()).join("figures")
}

/// A file of a figure.
pub fn file(project: &Project, name: &str, ending: &str) -> PathBuf {
    folder(project).join(format!("{name}.{ending}"))
}

/// The figures that are defined, sorted.
///
/// # Errors
/// When the folder is there and cannot be read.
pub fn names(project: &Project) -> Result<Vec<String>> {
    files(project, "toml")
}

/// The recordings that are there, sorted.
///
/// # Errors
/// When the folder is there and cannot be read.
pub fn recorded(project: &Project) -> Result<Vec<String>> {
    files(project, "json")
}

fn files(project: &Project, ending: &str) -> Result<Vec<String>> {
    let folder = folder(project);
    let mut names = Vec::new();
    if folder.is_dir() {
        for entry in std::fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|own| own == ending)
                && let Some(name) = path.file_stem()
            {
                names.push(name.to_string_lossy().into_owned());
            }
        }
    }
    names.sort();
    Ok(names)
}

/// Is there a figure of that name?
///
/// # Errors
/// Wrong use when there is not: it names those that there are.
pub fn known(project: &Project, name: &str) -> Result<()> {
    let names = names(project)?;
    if names.iter().any(|known| known == name) {
        return Ok(());
    }
    Err(unknown("figure", name, names.iter().map(String::as_str)))
}

/// A file's name in messages, and its text.
fn read(project: &Project, path: &Path) -> Result<(String, String)> {
    let file = project.shown(path);
    let text = std::fs::read_to_string(path).with_context(|| file.clone())?;
    Ok((file, text))
}

/// Loads a figure's definition.
///
/// # Errors
/// When there is none, or a [`book_figures::Fault`].
pub fn definition(project: &Project, name: &str) -> Result<Definition> {
    known(project, name)?;
    let (file, text) = defined(project, name)?;
    Ok(Definition::parse(&file, &text)?)
}

/// Loads a figure that is defined so.
///
/// # Errors
/// When it was never recorded, its code is not there, or a
/// [`book_figures::Fault`] when something is wrong in one of its files.
pub fn figure(
    project: &Project,
    name: &str,
    definition: Definition,
) -> Result<Figure> {
    let code = |run: &Run| parts(project, &run.code);
    let code = definition.run.iter().map(code).collect::<Result<_>>()?;
    if definition.record.kind == Recorder::Drawn {
        let (file, text) = defined(project, name)?;
        let written = (&*file, &*text);
        return Ok(Figure::drawn(name, definition, written, code)?);
    }
    let (file, text) = recording(project, name)?;
    Ok(Figure::recorded(name, definition, (&file, &text), code)?)
}

/// Loads the definition of a graph. None if the figure is of another kind.
///
/// # Errors
/// As for [`definition`].
pub fn graph(
    project: &Project,
    name: &str,
) -> Result<Option<graph::Definition>> {
    known(project, name)?;
    let (file, text) = defined(project, name)?;
    if !is_graph(&text) {
        return Ok(None);
    }
    Ok(Some(graph::Definition::parse(&file, &text)?))
}

/// Loads a graph that is defined so: every line of its code is there, and how
/// many lines its states name.
///
/// # Errors
/// As for [`figure`].
pub fn whole_graph(
    project: &Project,
    name: &str,
    definition: graph::Definition,
) -> Result<(Graph, usize)> {
    let code = |level: &graph::Level| parts(project, &level.code);
    let code = definition.run.iter().map(code).collect::<Result<_>>()?;
    let (file, text) = recording(project, name)?;
    let (defined, words) = defined(project, name)?;
    let graph = Graph::recorded(name, definition, (&file, &text), code)?;
    let lines = graph.check_sources((&file, &text), (&defined, &words))?;
    Ok((graph, lines))
}

/// Loads the definition of measurements. None if the figure is of another kind.
///
/// # Errors
/// As for [`definition`].
pub fn measured(
    project: &Project,
    name: &str,
) -> Result<Option<measured::Definition>> {
    known(project, name)?;
    let (file, text) = defined(project, name)?;
    if !is_measured(&text) {
        return Ok(None);
    }
    Ok(Some(measured::Definition::parse(&file, &text)?))
}

/// Loads measurements that are defined so.
///
/// # Errors
/// As for [`figure`].
pub fn measurements(
    project: &Project,
    name: &str,
    definition: measured::Definition,
) -> Result<Measured> {
    let (file, text) = recording(project, name)?;
    let (written, words) = defined(project, name)?;
    let files = ((&*written, &*words), (&*file, &*text));
    Ok(Measured::recorded(name, definition, files.0, files.1)?)
}

/// Loads the definition of a model. None if the figure is of another kind.
///
/// # Errors
/// As for [`definition`].
pub fn model(
    project: &Project,
    name: &str,
) -> Result<Option<model::Definition>> {
    known(project, name)?;
    let (file, text) = defined(project, name)?;
    if !is_model(&text) {
        return Ok(None);
    }
    Ok(Some(model::Definition::parse(&file, &text)?))
}

/// Loads a model that is defined so: all of it has words, and how many were
/// looked up.
///
/// # Errors
/// As for [`figure`].
pub fn whole_model(
    project: &Project,
    name: &str,
    definition: model::Definition,
) -> Result<(Model, usize)> {
    let (file, text) = recording(project, name)?;
    let (defined, words) = defined(project, name)?;
    let model = Model::recorded(name, definition, (&file, &text))?;
    let count = model.check_words((&file, &text), (&defined, &words))?;
    Ok((model, count))
}

/// A definition's name in messages, and its text.
///
/// # Errors
/// When it cannot be read.
pub fn defined(project: &Project, name: &str) -> Result<(String, String)> {
    read(project, &file(project, name, "toml"))
}

/// A recording's name in messages, and its text.
///
/// # Errors
/// When the figure was never recorded.
pub fn recording(project: &Project, name: &str) -> Result<(String, String)> {
    let path = file(project, name, "json");
    read(project, &path).with_context(|| {
        let file = project.shown(&path);
        format!("{file} cannot be read: `cargo xtask record {name}`")
    })
}

/// The parts of code that a run shows.
///
/// # Errors
/// When a file, an anchor or an item is not there.
pub fn parts(project: &Project, code: &[Code]) -> Result<Vec<Part>> {
    code.iter().map(|code| part(&project.root, code)).collect()
}

fn part(root: &Path, code: &Code) -> Result<Part> {
    let file = code.file.to_string_lossy().replace('\\', "/");
    let spec = match (&code.anchor, &code.item) {
        (Some(anchor), _) => format!("{file}:{anchor}"),
        (None, Some(item)) => {
            let text = std::fs::read_to_string(root.join(&file))
                .with_context(|| file.clone())?;
            let (first, last) = extent(&text, item).map_err(|error| {
                anyhow::anyhow!("{file}: {item:?}: {error}")
            })?;
            format!("{file}:{first}:{last}")
        }
        (None, None) => file.clone(),
    };
    let excerpt = Excerpt::read(root, &PathBuf::new(), &spec)?;
    Ok(Part::new(file, excerpt.lines))
}
