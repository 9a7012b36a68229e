//! The checks of the whole book. Each says for which of its files it has asked:
//! it runs again when one of those, or what all of them depend on, has changed.

use std::path::Path;

use anyhow::Result;
use serde_json::Value;

use super::main_of;
use crate::stages::Context;

/// With this begin the names under which they have passed, and behind those the
/// names of their files.
const CHECK: &str = "browser, whole book: ";
const FILE: &str = " < ";

/// Is served for what is not there.
const NOT_FOUND: &str = "404.html";

/// What the checks of the whole book depend on.
#[derive(Debug)]
pub struct WholeBook<'a> {
    cx: &'a Context<'a>,
    book: &'a Path,
    shared: u64,
}

impl<'a> WholeBook<'a> {
    /// `shared` is the hash of what each of them depends on; the contents in
    /// the sidebar of each page are added.
    ///
    /// # Errors
    /// When the book cannot be read.
    pub fn new(
        cx: &'a Context<'a>,
        book: &'a Path,
        shared: u64,
    ) -> Result<WholeBook<'a>> {
        let mut key = cx.key();
        key.text(&shared.to_string());
        let mut contents = Vec::new();
        for entry in std::fs::read_dir(book)? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if name.starts_with("toc") {
                contents.push(std::fs::read_to_string(path)?);
            }
        }
        contents.sort();
        contents.iter().for_each(|text| _ = key.text(text));
        let shared = key.finish();
        Ok(WholeBook { cx, book, shared })
    }

    /// The checks that have passed and need not run again.
    pub fn passed(&self) -> Vec<String> {
        let mut names = self.cx.cache.below(CHECK);
        names.retain(|name| {
            !name.contains(FILE)
                && self.cx.cache.has_passed(
                    &format!("{CHECK}{name}"),
                    self.key(&self.files_of(name)),
                )
        });
        names
    }

    /// A check has passed that asked for these files; for none, if they are
    /// not known.
    pub fn remember(&self, check: &str, files: &[Value]) {
        let cache = self.cx.cache;
        for file in self.files_of(check) {
            cache.failed(&format!("{CHECK}{check}{FILE}{file}"));
        }
        let mut names: Vec<String> = files
            .iter()
            .filter_map(|file| file.as_str())
            .map(str::to_owned)
            .collect();
        names.sort();
        if names.is_empty() {
            cache.failed(&format!("{CHECK}{check}"));
            return;
        }
        for name in &names {
            cache.passed(&format!("{CHECK}{check}{FILE}{name}"), 0);
        }
        cache.passed(&format!("{CHECK}{check}"), self.key(&names));
    }

    fn files_of(&self, check: &str) -> Vec<String> {
        self.cx.cache.below(&format!("{CHECK}{check}{FILE}"))
    }

    /// The hash of these files, of their names and of what all checks share.
    fn key(&self, files: &[String]) -> u64 {
        let mut key = self.cx.key();
        key.text(&self.shared.to_string());
        for file in files {
            key.text(file);
            // It names the index, whose own name is a hash, and which a check
            // that searches asks for.
            if !file.starts_with("searcher") {
                key.text(&self.content(file));
            }
        }
        key.finish()
    }

    /// What is served as this file.
    fn content(&self, file: &str) -> String {
        let name = match file.is_empty() || file.ends_with('/') {
            true => format!("{file}index.html"),
            false => file.to_owned(),
        };
        let read = |name: &str| std::fs::read(self.book.join(name));
        let bytes = read(&name).or_else(|_| read(NOT_FOUND));
        let text = bytes.unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        match name.ends_with(".html") {
            true => main_of(&text),
            false => text.into_owned(),
        }
    }
}
