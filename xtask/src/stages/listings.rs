//! Listings that are compiled where they come from.
//!
//! A block with the word `listing` is not compiled by itself: it needs private
//! neighbours in its file. This is allowed only if every line that the reader
//! sees is included from a source that one of the book's crates is made of;
//! then the crate's own build and tests are its check.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use syn::{Expr, Item, Lit, Meta};

use super::{Context, Elsewhere, Lane, Stage};
use crate::page::tidy;
use crate::report::Report;

pub const STAGE: Stage = Stage {
    name: "listings",
    about: "each listing that is not compiled alone is part of a crate",
    lane: Lane::Text,
    elsewhere: Elsewhere::Not("it reads the text and the sources"),
    run,
};

fn run(cx: &Context<'_>, report: &mut Report) -> Result<()> {
    let key = || Ok(cx.key().book()?.finish());
    cx.unless_passed(STAGE.name, key, report, |report| check(cx, report))
}

fn check(cx: &Context<'_>, report: &mut Report) -> Result<()> {
    let mut sources = HashSet::new();
    for package in cx.project.packages() {
        for target in &package.targets {
            add_modules(target.src_path.as_std_path(), true, &mut sources)?;
        }
    }
    for (page, block) in cx.blocks(|block| block.has("listing")) {
        report.checked += 1;
        for (number, _) in block.visible() {
            let place = block.place_of(page, number);
            let Some((file, _)) = &place.source else {
                report.fail(
                    &place,
                    "a line of a `listing` is written in the page: include \
                     it, or take the word off the fence",
                );
                continue;
            };
            if !sources.contains(&cx.project.root.join(file)) {
                report.fail(
                    &place,
                    format!(
                        "{} is not part of any crate: no `mod` leads to it",
                        file.display()
                    ),
                );
                break;
            }
        }
    }
    Ok(())
}

/// Adds a source file and every file that its `mod` items name, whatever the
/// platform that they are for.
fn add_modules(
    file: &Path,
    owns_folder: bool,
    found: &mut HashSet<PathBuf>,
) -> Result<()> {
    if !file.is_file() || !found.insert(file.to_owned()) {
        return Ok(());
    }
    let text = std::fs::read_to_string(file)
        .with_context(|| file.display().to_string())?;
    // What does not parse does not compile: the crates stage says so.
    let Ok(parsed) = syn::parse_file(&text) else {
        return Ok(());
    };
    let parent = file.parent().unwrap_or(Path::new(""));
    let folder = if owns_folder || file.ends_with("mod.rs") {
        parent.to_owned()
    } else {
        file.with_extension("")
    };
    add_items(&parsed.items, parent, &folder, found)
}

fn add_items(
    items: &[Item],
    parent: &Path,
    folder: &Path,
    found: &mut HashSet<PathBuf>,
) -> Result<()> {
    for item in items {
        let Item::Mod(module) = item else { continue };
        let name = module.ident.to_string();
        if let Some((_, inner)) = &module.content {
            let inside = folder.join(&name);
            add_items(inner, &inside, &inside, found)?;
            continue;
        }
        for path in module.attrs.iter().flat_map(|a| paths(&a.meta)) {
            add_modules(&tidy(&parent.join(path)), true, found)?;
        }
        add_modules(&folder.join(format!("{name}.rs")), false, found)?;
        add_modules(&folder.join(&name).join("mod.rs"), true, found)?;
    }
    Ok(())
}

/// The values of `path = "…"`, also inside `cfg_attr(…)`.
fn paths(meta: &Meta) -> Vec<String> {
    match meta {
        Meta::NameValue(pair) if pair.path.is_ident("path") => {
            match &pair.value {
                Expr::Lit(value) => match &value.lit {
                    Lit::Str(text) => vec![text.value()],
                    _ => Vec::new(),
                },
                _ => Vec::new(),
            }
        }
        Meta::List(list) if list.path.is_ident("cfg_attr") => {
            let parser =
                syn::punctuated::Punctuated::<Meta, syn::Token![,]>::parse_terminated;
            list.parse_args_with(parser)
                .into_iter()
                .flatten()
                .flat_map(|meta| paths(&meta))
                .collect()
        }
        _ => Vec::new(),
    }
}
