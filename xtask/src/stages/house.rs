//! The house rules for code that neither the compiler nor clippy knows.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use cargo_metadata::{DependencyKind, Package, TargetKind};
use syn::visit::Visit;

use super::{Context, Elsewhere, Lane, Stage, bounds, english};
use crate::page::Place;
use crate::project::folder;
use crate::report::Report;
use crate::workbench::in_parallel;

pub const STAGE: Stage = Stage {
    name: "house",
    about: "rules for the code: docs, unwrap, lints, lengths, comments",
    lane: Lane::Text,
    elsewhere: Elsewhere::Not("it reads the sources"),
    run,
};

fn run(cx: &Context<'_>, report: &mut Report) -> Result<()> {
    let key = || {
        let mut key = cx.key();
        // The pages say in which order the chapters are.
        for chapter in cx.project.chapters_in_order() {
            key.text(chapter);
        }
        Ok(key.all_but_pages()?.finish())
    };
    cx.unless_passed(STAGE.name, key, report, |report| check(cx, report))
}

fn check(cx: &Context<'_>, report: &mut Report) -> Result<()> {
    bounds::check(cx, report)?;
    examples(cx, report)?;
    for package in cx.packages() {
        manifest(cx, package, report)?;
        order(cx, package, report);
        let mut files = cx.project.files(folder(package))?;
        files.retain(|file| file.extension().is_some_and(|e| e == "rs"));
        let parts = in_parallel(&files, |file| -> Result<_> {
            let text = std::fs::read_to_string(file)
                .with_context(|| file.display().to_string())?;
            let mut part = Report::default();
            part.checked += 1;
            source(cx, package, file, &text, &mut part);
            let shown = PathBuf::from(cx.project.shown(file));
            english::source(&shown, &text, &mut part);
            Ok((part, text))
        });
        let mut names = String::new();
        for part in parts {
            let (part, text) = part?;
            report.absorb(part);
            names += &text;
        }
        unused(cx, package, &names, report);
    }
    Ok(())
}

fn place(cx: &Context<'_>, file: &Path, line: usize) -> Place {
    Place::new(cx.project.shown(file), line)
}

/// The workspace's lints hold for every crate.
fn manifest(
    cx: &Context<'_>,
    package: &Package,
    report: &mut Report,
) -> Result<()> {
    let file = package.manifest_path.as_std_path();
    let text = std::fs::read_to_string(file)?;
    report.checked += 1;
    let parsed: toml_edit::DocumentMut =
        text.parse().with_context(|| file.display().to_string())?;
    let inherited = parsed
        .get("lints")
        .and_then(|lints| lints.get("workspace"))
        .and_then(toml_edit::Item::as_bool);
    if inherited != Some(true) {
        report.fail(
            &place(cx, file, 1),
            "the crate does without the workspace's lints: add `[lints]` with \
             `workspace = true`",
        );
    }
    Ok(())
}

/// Cargo writes the examples of all packages into one folder, where the latest
/// one replaces another one of its name.
fn examples(cx: &Context<'_>, report: &mut Report) -> Result<()> {
    let mut seen: HashMap<String, String> = HashMap::new();
    for package in cx.project.metadata.workspace_packages() {
        let targets = package.targets.iter();
        for target in targets.filter(|t| t.is_kind(TargetKind::Example)) {
            report.checked += 1;
            let owner = package.name.to_string();
            let Some(other) = seen.insert(target.name.clone(), owner) else {
                continue;
            };
            let file = package.manifest_path.as_std_path();
            let text = std::fs::read_to_string(file)?;
            let line = text
                .lines()
                .position(|line| line == format!("name = {:?}", target.name));
            report.fail(
                &place(cx, file, line.map_or(1, |line| line + 1)),
                format!(
                    "{other} has an example called {}, too, and cargo writes \
                     both to the same file: give one another name",
                    target.name
                ),
            );
        }
    }
    Ok(())
}

/// A chapter depends on earlier chapters only, in the order of the book.
fn order(cx: &Context<'_>, package: &Package, report: &mut Report) {
    let chapters = cx.project.chapters_in_order();
    let at = |name: &str| chapters.iter().position(|chapter| *chapter == name);
    let Some(own) = at(&package.name) else {
        return;
    };
    for dependency in &package.dependencies {
        if at(&dependency.name).is_some_and(|other| other > own) {
            let file = package.manifest_path.as_std_path();
            report.fail(
                &named(cx, file, &dependency.name),
                format!(
                    "{} comes later in the book: a chapter depends on earlier \
                     ones only",
                    dependency.name
                ),
            );
        }
    }
}

/// The line of a manifest that names a dependency.
fn named(cx: &Context<'_>, manifest: &Path, name: &str) -> Place {
    let text = std::fs::read_to_string(manifest).unwrap_or_default();
    let line = text
        .lines()
        .position(|line| line.trim_start_matches('"').starts_with(name));
    place(cx, manifest, line.map_or(1, |line| line + 1))
}

/// Each dependency is named by some file of the crate.
fn unused(
    cx: &Context<'_>,
    package: &Package,
    sources: &str,
    report: &mut Report,
) {
    for dependency in &package.dependencies {
        if dependency.kind == DependencyKind::Build {
            continue;
        }
        report.checked += 1;
        let name = dependency.rename.as_ref().unwrap_or(&dependency.name);
        let name = name.replace('-', "_");
        if !sources.contains(&name) {
            let file = package.manifest_path.as_std_path();
            report.fail(
                &named(cx, file, &dependency.name),
                format!("nothing here uses {}", dependency.name),
            );
        }
    }
}

/// How far down a file's first words may stand.
const HEAD: usize = 12;

fn source(
    cx: &Context<'_>,
    package: &Package,
    file: &Path,
    text: &str,
    report: &mut Report,
) {
    let head = || text.lines().take(HEAD).map(str::trim_start);
    let documented = head()
        .any(|line| line.starts_with("//!") || line.starts_with("#![doc"));
    if !documented {
        report.fail(
            &place(cx, file, 1),
            "a file begins with `//!`: what it is for, what it leaves out",
        );
    }
    for (index, line) in text.lines().enumerate() {
        let start = line.trim_start();
        if start.starts_with("#[ignore]") {
            report.fail(
                &place(cx, file, index + 1),
                "a test is left out for a reason: `#[ignore = \"…\"]`",
            );
        }
        // A file that is included is found anew at each build.
        if line.contains("env!(\"CARGO_MANIFEST_DIR\")")
            && !line.contains("include")
        {
            report.fail(
                &place(cx, file, index + 1),
                "the place of the sources at the time of the build: a checkout \
                 may be moved with its target folder, so ask when the program \
                 runs, by `std::env::var_os(\"CARGO_MANIFEST_DIR\")`",
            );
        }
        let lints = ["#[allow(", "#![allow(", "#[expect(", "#![expect("];
        if lints.iter().any(|lint| start.starts_with(lint))
            && !text
                .lines()
                .skip(index)
                .take_while(|line| !line.trim().is_empty())
                .take(8)
                .any(|line| line.contains("reason"))
        {
            report.fail(
                &place(cx, file, index + 1),
                "a lint is allowed for a reason: add `reason = \"…\"`",
            );
        }
    }
    // What a reader copies, or depends on.
    if file.starts_with(folder(package).join("src"))
        && let Ok(parsed) = syn::parse_file(text)
    {
        let mut unwraps = Unwraps::default();
        unwraps.visit_file(&parsed);
        for line in unwraps.lines {
            let explained = text
                .lines()
                .nth(line - 1)
                .is_some_and(|text| text.contains("//"));
            if !explained {
                report.fail(
                    &place(cx, file, line),
                    "`unwrap` in a library: return an error, or say on the \
                     line why it cannot fail (`expect` does)",
                );
            }
        }
    }
}

/// Where `.unwrap()` is called, outside tests.
#[derive(Default)]
struct Unwraps {
    lines: Vec<usize>,
}

impl<'s> Visit<'s> for Unwraps {
    fn visit_expr_method_call(&mut self, call: &'s syn::ExprMethodCall) {
        if call.method == "unwrap" && call.args.is_empty() {
            self.lines.push(call.method.span().start().line);
        }
        syn::visit::visit_expr_method_call(self, call);
    }

    fn visit_item_mod(&mut self, module: &'s syn::ItemMod) {
        if !is_test(&module.attrs) {
            syn::visit::visit_item_mod(self, module);
        }
    }

    fn visit_item_fn(&mut self, function: &'s syn::ItemFn) {
        if !is_test(&function.attrs) {
            syn::visit::visit_item_fn(self, function);
        }
    }
}

fn is_test(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let is_cfg_test = match &attribute.meta {
            syn::Meta::List(list) => {
                list.path.is_ident("cfg")
                    && list.tokens.to_string().contains("test")
            }
            _ => false,
        };
        attribute.path().is_ident("test") || is_cfg_test
    })
}
