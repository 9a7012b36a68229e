//! The built book in headless Chromium: no script error, search finds, themes
//! switch, nothing scrolls sideways on a phone, axe finds nothing.
//!
//! The checks are JavaScript, in `xtask/browser`; they print one line of JSON
//! for each thing that they looked at.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;

use super::{Context, Lane, Stage};
use crate::book::html_name;
use crate::page::Page;
use crate::process;
use crate::report::Report;
use crate::serve::Server;

pub const STAGE: Stage = Stage {
    name: "browser",
    about: "the built book in a browser: scripts, search, themes, phone, axe",
    lane: Lane::Pages,
    run,
};

fn run(cx: &Context<'_>, report: &mut Report) -> Result<()> {
    let (book, _) = cx.built_book()?;
    let checks = Path::new(env!("CARGO_MANIFEST_DIR")).join("browser");
    let Some(chromium) = chromium() else {
        report.skip("chromium (Debian: apt-get install chromium)");
        return Ok(());
    };
    if !process::is_there("node") {
        report.skip("node");
        return Ok(());
    }
    if !checks.join("node_modules/playwright-core").is_dir() {
        report.skip("npm ci --prefix xtask/browser");
        return Ok(());
    }
    let pages = cx.pages();
    let names: Vec<String> = pages
        .iter()
        .filter_map(|page| page.path.strip_prefix(cx.project.src()).ok())
        .map(|page| html_name(page).to_string_lossy().replace('\\', "/"))
        .collect();
    let tools = cx.key().folder(&checks)?.finish();
    let looks = cx.key().text(&tools.to_string()).assets(&book)?.finish();
    // A page that has passed is not opened again, as long as its own content,
    // the scripts and styles, and the checks are what they were.
    let mut keys = Vec::new();
    for name in names.iter().map(String::as_str).chain(["404.html"]) {
        let content = main_of(&std::fs::read_to_string(book.join(name))?);
        let key = cx.key().text(&content).text(&looks.to_string()).finish();
        keys.push((name, format!("browser {name}"), key));
    }
    let unchanged: Vec<&str> = keys
        .iter()
        .filter(|(_, check, key)| cx.cache.has_passed(check, *key))
        .map(|(name, _, _)| *name)
        .collect();
    for name in &unchanged {
        let count = cx.cache.value(&format!("browser {name} checks"));
        let count = usize::try_from(count.unwrap_or(0))?;
        report.checked += count;
        report.unchanged += count;
    }
    let whole = cx
        .key()
        .text(&format!("{keys:?}"))
        .text(&chromium.to_string_lossy())
        .finish();
    if unchanged.len() == keys.len() && cx.cache.has_passed("browser", whole) {
        return Ok(());
    }
    cx.progress.step(format!(
        "opening {} of {} pages",
        keys.len() - unchanged.len(),
        keys.len()
    ));
    let server = Server::start(&book)?;
    let mut command = process::command("node");
    command
        .arg(checks.join("check.mjs"))
        .arg(server.url())
        .args(&names)
        .env("CHROMIUM", chromium)
        .env("UNCHANGED", unchanged.join(" "));
    // The script gives up twenty seconds earlier, and says why.
    let patience = 80 + 8 * names.len() as u64;
    let done = process::run(&mut command, Duration::from_secs(patience))?;
    let mut counts: HashMap<String, (u64, bool)> = HashMap::new();
    // A script or a style is wrong once, on however many pages.
    let mut told = HashSet::new();
    for line in done.output.lines() {
        let Ok(check) = serde_json::from_str::<serde_json::Value>(line) else {
            continue;
        };
        if let Some(seconds) = check["seconds"].as_object() {
            timings(cx, seconds, report);
            continue;
        }
        report.checked += 1;
        let name = check["page"].as_str().unwrap_or_default();
        let (count, wrong) = counts.entry(name.to_owned()).or_default();
        *count += 1;
        *wrong |= !check["wrong"].is_null();
        if let Some(message) = check["wrong"].as_str() {
            let index = names.iter().position(|other| other == name);
            let own = check["at"].as_str();
            let at = match (own, index.map(|index| pages[index])) {
                (Some(file), _) => {
                    cx.project.shown(&cx.project.src().join(file))
                }
                (None, Some(page)) => place(page, &check).to_string(),
                (None, None) => name.to_owned(),
            };
            let what = check["check"].as_str().unwrap_or_default();
            if own.is_none() || told.insert((at.clone(), message.to_owned())) {
                report.fail_at(at, format!("{what}: {message}"));
            }
        }
    }
    if !done.success() && report.failures.is_empty() {
        report.fail_at(
            "xtask/browser/check.mjs",
            format!("it {}:\n{}", done.ending(), done.output),
        );
    }
    if !done.success() {
        return Ok(());
    }
    for (name, check, key) in &keys {
        // A page that only a check of the whole book has opened has not
        // passed its own.
        let opened = !unchanged.contains(name);
        match counts.get(*name) {
            Some((count, false)) if opened => {
                cx.cache.passed(check, *key);
                cx.cache.passed(&format!("{check} checks"), *count);
            }
            Some((_, true)) => cx.cache.failed(check),
            _ => {}
        }
    }
    if report.failures.is_empty() {
        cx.cache.passed("browser", whole);
    }
    Ok(())
}

/// Says which checks have taken longest, over all pages.
fn timings(
    cx: &Context<'_>,
    seconds: &serde_json::Map<String, serde_json::Value>,
    report: &mut Report,
) {
    let named = |(name, time): (&String, &serde_json::Value)| {
        (time.as_f64().unwrap_or(0.0), name.clone())
    };
    cx.longest("the checks", seconds.iter().map(named).collect(), report);
}

/// What is the page's own: its main part. Around it stand names of files that
/// change with every other page.
fn main_of(html: &str) -> String {
    let start = html.find("<main>").unwrap_or(0);
    let end = html.rfind("</main>").unwrap_or(html.len());
    html[start..end].to_owned()
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
