//! The built book in headless Chromium: no script error, search finds, themes
//! switch, nothing scrolls sideways on a phone, axe finds nothing.
//!
//! The checks are JavaScript, in `xtask/browser`; they print one line of JSON
//! for each thing that they looked at.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::Result;

use super::{Context, Stage};
use crate::book::html_name;
use crate::page::Page;
use crate::process;
use crate::report::Report;
use crate::serve::Server;

pub const STAGE: Stage = Stage {
    name: "browser",
    about: "the built book in a browser: scripts, search, themes, phone, axe",
    run,
};

fn run(cx: &Context<'_>, report: &mut Report) -> Result<()> {
    let (book, _) = cx.built_book()?;
    let checks = Path::new(env!("CARGO_MANIFEST_DIR")).join("browser");
    let Some(chromium) = chromium() else {
        report.skip("chromium (Debian: apt-get install chromium)");
        return Ok(());
    };
    let node = Command::new("node").arg("--version").output();
    if !node.is_ok_and(|output| output.status.success()) {
        report.skip("node");
        return Ok(());
    }
    if !checks.join("node_modules/playwright-core").is_dir() {
        report.skip("npm ci --prefix xtask/browser");
        return Ok(());
    }
    let mut key = cx.cache.key();
    key.folder(&checks)?.folder(&book)?;
    let key = key.text(&chromium.to_string_lossy()).finish();
    // What passed is as many checks as it was then.
    if cx.only.is_empty()
        && let Some(count) = passed_before(cx, key)
    {
        report.checked = count;
        report.unchanged = count;
        return Ok(());
    }
    cx.progress.step("opening every page");
    let server = Server::start(&book, 0)?;
    let pages = cx.pages();
    let names: Vec<String> = pages
        .iter()
        .filter_map(|page| page.path.strip_prefix(cx.project.src()).ok())
        .map(|page| html_name(page).to_string_lossy().replace('\\', "/"))
        .collect();
    let mut command = Command::new("node");
    command
        .arg(checks.join("check.mjs"))
        .arg(server.url())
        .args(&names)
        .env("CHROMIUM", chromium);
    let done = process::run(&mut command, Duration::from_secs(300))?;
    for line in done.output.lines() {
        let Ok(check) = serde_json::from_str::<serde_json::Value>(line) else {
            continue;
        };
        report.checked += 1;
        if let Some(message) = check["wrong"].as_str() {
            let name = check["page"].as_str().unwrap_or_default();
            let index = names.iter().position(|other| other == name);
            let at = match index.map(|index| pages[index]) {
                Some(page) => place(page, &check).to_string(),
                None => name.to_owned(),
            };
            let what = check["check"].as_str().unwrap_or_default();
            report.fail_at(at, format!("{what}: {message}"));
        }
    }
    if !done.success() && report.failures.is_empty() {
        report.fail_at(
            "xtask/browser/check.mjs",
            format!("it {}:\n{}", done.ending(), done.output),
        );
    }
    if report.failures.is_empty() && cx.only.is_empty() {
        cx.cache.passed("browser", key);
        cx.cache.passed("browser checks", report.checked as u64);
    }
    Ok(())
}

/// The line of the page that a check names by a text, else its first.
fn place(page: &Page, check: &serde_json::Value) -> crate::page::Place {
    let line = check["near"]
        .as_str()
        .filter(|text| !text.is_empty())
        .and_then(|text| page.text.find(text))
        .map_or(1, |at| page.line_at(at));
    page.place(line)
}

fn passed_before(cx: &Context<'_>, key: u64) -> Option<usize> {
    if !cx.cache.has_passed("browser", key) {
        return None;
    }
    usize::try_from(cx.cache.value("browser checks")?).ok()
}

fn chromium() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("CHROMIUM") {
        return Some(path.into());
    }
    let path = std::env::var_os("PATH")?;
    let names = ["chromium", "chromium-browser", "google-chrome"];
    std::env::split_paths(&path)
        .flat_map(|folder| names.map(|name| folder.join(name)))
        .find(|file| file.is_file())
}
