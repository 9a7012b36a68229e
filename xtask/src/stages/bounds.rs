//! How long a file and a function may be, for people who read them.

use std::path::Path;

use anyhow::{Context as _, Result};
use syn::spanned::Spanned as _;
use syn::visit::Visit;

use super::Context;
use crate::page::Place;
use crate::project::folder;
use crate::report::Report;
use crate::workbench::in_parallel;

/// Lines of a file.
const FILE: usize = 500;

/// Lines of a function, from its signature to its end.
const FUNCTION: usize = 80;

/// What stands above a function that may be longer, with the reason after it.
const EXCUSE: &str = "// Long: ";

/// Looks at every source of the workspace, those of the tool included. What a
/// test spells out at length is not bound.
pub fn check(cx: &Context<'_>, report: &mut Report) -> Result<()> {
    let packages = cx.project.metadata.workspace_packages();
    for package in packages {
        if !cx.only.is_empty() && !cx.only.contains(&package.name) {
            continue;
        }
        let folder = folder(package);
        let mut files = cx.project.files(folder)?;
        // The small books of the tool's tests have rules of their own.
        let fixtures = folder.join("tests/fixtures");
        files.retain(|file| {
            file.extension().is_some_and(|e| e == "rs")
                && !file.starts_with(&fixtures)
        });
        let parts = in_parallel(&files, |file| -> Result<_> {
            let text = std::fs::read_to_string(file)
                .with_context(|| file.display().to_string())?;
            let own = file.starts_with(folder.join("src"));
            let mut part = Report::default();
            of(cx, file, &text, own, &mut part);
            Ok(part)
        });
        for part in parts {
            report.absorb(part?);
        }
    }
    Ok(())
}

fn of(
    cx: &Context<'_>,
    file: &Path,
    text: &str,
    functions: bool,
    report: &mut Report,
) {
    let place = |line| Place::new(cx.project.shown(file), line);
    report.checked += 1;
    let lines = text.lines().count();
    if lines > FILE {
        report.fail(
            &place(FILE + 1),
            format!("the file has {lines} lines; at most {FILE}: divide it"),
        );
    }
    if !functions {
        return;
    }
    let Ok(parsed) = syn::parse_file(text) else {
        // The compiler says what is wrong with it.
        return;
    };
    let mut long = Long::default();
    long.visit_file(&parsed);
    let lines: Vec<&str> = text.lines().collect();
    for (first, last) in long.0 {
        // Above it may stand its attributes and documentation.
        let above = lines[..first].iter().rev().take_while(|l| !l.is_empty());
        if above
            .take(FUNCTION)
            .any(|l| l.trim_start().starts_with(EXCUSE))
        {
            continue;
        }
        report.fail(
            &place(first),
            format!(
                "the function has {} lines; at most {FUNCTION}: divide it, or \
                 say above it why not: `{EXCUSE}…`",
                last - first + 1
            ),
        );
    }
}

/// The first and last lines of functions that are too long, from 1.
#[derive(Default)]
struct Long(Vec<(usize, usize)>);

impl Long {
    fn add(&mut self, signature: &syn::Signature, body: &syn::Block) {
        let first = signature.fn_token.span().start().line;
        let last = body.brace_token.span.close().end().line;
        if last - first + 1 > FUNCTION {
            self.0.push((first, last));
        }
    }
}

impl<'s> Visit<'s> for Long {
    fn visit_item_fn(&mut self, item: &'s syn::ItemFn) {
        self.add(&item.sig, &item.block);
        syn::visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'s syn::ImplItemFn) {
        self.add(&item.sig, &item.block);
        syn::visit::visit_impl_item_fn(self, item);
    }
}
