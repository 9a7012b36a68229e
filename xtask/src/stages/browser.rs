//! The built book in headless Chromium: no script error, search finds, themes
//! switch, nothing scrolls sideways on a phone, axe finds nothing.
//!
//! The checks are JavaScript, in `xtask/browser`; they print one line of JSON
//! for each thing that they looked at.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result};

use self::whole_book::WholeBook;
use super::{Context, Elsewhere, Lane, Stage, searches};
use crate::book::html_name;
use crate::chromium;
use crate::page::Page;
use crate::process;
use crate::project::Project;
use crate::report::Report;
use crate::serve::Server;

mod whole_book;

pub const STAGE: Stage = Stage {
    name: "browser",
    about: "the built book in a browser: scripts, search, themes, phone, axe",
    lane: Lane::Pages,
    elsewhere: Elsewhere::Not("the book is the same"),
    run,
};

fn run(cx: &Context<'_>, report: &mut Report) -> Result<()> {
    let (book, _) = cx.built_book()?;
    let checks = crate::own_folder().join("browser");
    let Some(chromium) = chromium::find() else {
        report.skip(chromium::MISSING);
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
    let searches = searches::read(cx.project, report)?;
    let tools = cx.key().folder(&checks)?.finish();
    let looks = cx.key().text(&tools.to_string()).assets(&book)?.finish();
    let opened = Opened::new(cx, &book, looks)?;
    opened.count_unchanged(report)?;
    let chromium_is = chromium.to_string_lossy();
    let whole = cx
        .key()
        .text(&opened.all())
        .text(&chromium_is)
        .text(&searches)
        .finish();
    let mut shared = cx.key();
    shared
        .text(&looks.to_string())
        .text(&chromium_is)
        .text(&searches);
    for name in opened.names() {
        shared.text(name);
    }
    let whole_book = WholeBook::new(cx, &book, shared.finish())?;
    let passed = whole_book.passed();
    report.checked += passed.len();
    report.unchanged += passed.len();
    if opened.nothing() && cx.cache.has_passed("browser", whole) {
        return Ok(());
    }
    cx.progress.step(opened.to_string());
    let server = Server::start(&book)?;
    let mut command = process::command("node");
    command
        .arg(checks.join("check.mjs"))
        .arg(server.url())
        .args(opened.names())
        .env("CHROMIUM", chromium)
        .env("SEARCHES", searches)
        .env("OWN", own(cx.project)?)
        .env("PASSED", serde_json::to_string(&passed)?)
        .env("UNCHANGED", opened.unchanged().join(" "));
    if cx.once {
        command.env("ONCE", "1");
    }
    // The script gives up twenty seconds earlier, and says why.
    let patience = 320 + 16 * opened.pages.len() as u64;
    let done = process::run(&mut command, Duration::from_secs(patience))?;
    let counts = read(cx, &opened, &whole_book, &done.output, report);
    if !done.success() && report.failures.is_empty() {
        report.fail_at(
            "xtask/browser/check.mjs",
            format!("it {}:\n{}", done.ending(), done.output),
        );
    }
    if !done.success() {
        return Ok(());
    }
    opened.remember(&counts);
    if report.failures.is_empty() {
        cx.cache.passed("browser", whole);
    }
    Ok(())
}

/// The pages that are looked at. One that has passed is not opened again, as
/// long as its own content, the scripts and styles, and the checks are what
/// they were.
struct Opened<'a> {
    cx: &'a Context<'a>,
    pages: Vec<Opening<'a>>,
}

/// A page of the built book.
#[derive(Debug)]
struct Opening<'a> {
    /// Its address in the book.
    name: String,
    /// What it was made of, unless the build made it alone.
    page: Option<&'a Page>,
    key: u64,
    unchanged: bool,
}

impl Opening<'_> {
    /// The name under which it has passed.
    fn check(&self) -> String {
        format!("browser {}", self.name)
    }

    /// Under this name is kept how much was checked.
    fn count(&self) -> String {
        format!("browser {} checks", self.name)
    }
}

impl<'a> Opened<'a> {
    /// `looks` is the hash of the scripts and styles, and of the checks.
    fn new(cx: &'a Context<'a>, book: &Path, looks: u64) -> Result<Opened<'a>> {
        let mut pages = Vec::new();
        for page in cx.pages() {
            let inside = page.path.strip_prefix(cx.project.src())?;
            let name = html_name(inside).to_string_lossy().replace('\\', "/");
            pages.push((name, Some(page)));
        }
        pages.push(("404.html".to_owned(), None));
        let open = |(name, page): (String, Option<&'a Page>)| {
            let content = main_of(&std::fs::read_to_string(book.join(&name))?);
            let key = cx.key().text(&content).text(&looks.to_string()).finish();
            let mut opening = Opening {
                name,
                page,
                key,
                unchanged: false,
            };
            opening.unchanged = cx.cache.has_passed(&opening.check(), key);
            Ok(opening)
        };
        let pages = pages.into_iter().map(open).collect::<Result<_>>()?;
        Ok(Opened { cx, pages })
    }

    /// The addresses of the pages that have a source.
    fn names(&self) -> impl Iterator<Item = &str> {
        let own = self.pages.iter().filter(|opening| opening.page.is_some());
        own.map(|opening| opening.name.as_str())
    }

    fn unchanged(&self) -> Vec<&str> {
        let old = self.pages.iter().filter(|opening| opening.unchanged);
        old.map(|opening| opening.name.as_str()).collect()
    }

    /// Is there no page to open?
    fn nothing(&self) -> bool {
        self.pages.iter().all(|opening| opening.unchanged)
    }

    /// What all of them depend on.
    fn all(&self) -> String {
        let keys = self
            .pages
            .iter()
            .map(|opening| (&opening.name, opening.key));
        format!("{:?}", keys.collect::<Vec<_>>())
    }

    fn count_unchanged(&self, report: &mut Report) -> Result<()> {
        for opening in self.pages.iter().filter(|opening| opening.unchanged) {
            let count = self.cx.cache.value(&opening.count()).unwrap_or(0);
            let count = usize::try_from(count)?;
            report.checked += count;
            report.unchanged += count;
        }
        Ok(())
    }

    /// The place of what a check has found.
    fn at(&self, check: &serde_json::Value) -> String {
        let name = check["page"].as_str().unwrap_or_default();
        let opening = self.pages.iter().find(|opening| opening.name == name);
        match (check["at"].as_str(), opening.and_then(|o| o.page)) {
            (Some(file), _) => file.to_owned(),
            (None, Some(page)) => place(page, check).to_string(),
            (None, None) => name.to_owned(),
        }
    }

    fn remember(&self, counts: &HashMap<String, Count>) {
        let cache = self.cx.cache;
        for opening in &self.pages {
            // A page that only a check of the whole book has opened has not
            // passed its own.
            match counts.get(&opening.name) {
                Some(count) if count.wrong => cache.failed(&opening.check()),
                Some(count) if !opening.unchanged => {
                    cache.passed(&opening.check(), opening.key);
                    cache.passed(&opening.count(), count.checks);
                }
                _ => {}
            }
        }
    }
}

impl std::fmt::Display for Opened<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let new = self.pages.iter().filter(|opening| !opening.unchanged);
        write!(f, "opening {} of {} pages", new.count(), self.pages.len())
    }
}

/// What was checked on a page.
#[derive(Debug, Default)]
struct Count {
    checks: u64,
    wrong: bool,
}

/// Reads what the checks have printed.
fn read(
    cx: &Context<'_>,
    opened: &Opened<'_>,
    whole_book: &WholeBook<'_>,
    output: &str,
    report: &mut Report,
) -> HashMap<String, Count> {
    let mut counts: HashMap<String, Count> = HashMap::new();
    // A script or a style is wrong once, on however many pages.
    let mut told = HashSet::new();
    for line in output.lines() {
        let Ok(check) = serde_json::from_str::<serde_json::Value>(line) else {
            continue;
        };
        if let Some(seconds) = check["seconds"].as_object() {
            timings(cx, seconds, report);
            continue;
        }
        let name = check["page"].as_str().unwrap_or_default();
        let what = check["check"].as_str().unwrap_or_default();
        if let Some(note) = check["note"].as_str() {
            report.passed_at_last(opened.at(&check), format!("{what}: {note}"));
            continue;
        }
        report.checked += 1;
        let message = check["wrong"].as_str();
        match check["files"].as_array() {
            Some(files) if message.is_none() => {
                whole_book.remember(what, files);
            }
            Some(_) => {}
            None => {
                let count = counts.entry(name.to_owned()).or_default();
                count.checks += 1;
                count.wrong |= message.is_some();
            }
        }
        let Some(message) = message else { continue };
        let at = opened.at(&check);
        let own_file = check["at"].is_string();
        if !own_file || told.insert((at.clone(), message.to_owned())) {
            report.fail_at(at, format!("{what}: {message}"));
        }
    }
    counts
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

/// The scripts and styles that book.toml adds to mdBook's own, as JSON.
fn own(project: &Project) -> Result<String> {
    let mut files = Vec::new();
    for kind in ["additional-css", "additional-js"] {
        let key = format!("output.html.{kind}");
        let list = project.config.get::<Vec<String>>(&key);
        let list = list.with_context(|| format!("book.toml: {key}"))?;
        files.extend(list.unwrap_or_default());
    }
    Ok(serde_json::to_string(&files)?)
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
