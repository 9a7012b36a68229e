//! `cargo xtask bench`: ours and the peers side by side, in one run.
//!
//! A chapter measures itself by its bench targets: programs that run all peers
//! interleaved and print one line of JSON for each measurement,
//!
//! ```text
//! {"group": "wait", "peer": "mio", "case": "10 / 1", "unit": "ns",
//!  "median": 1141.2, "min": 1120.0, "max": 1302.5, "rounds": 31,
//!  "per_iteration": 1}
//! ```
//!
//! and which understand `--quick` (one iteration each) and, to be counted by
//! callgrind, `--group GROUP --only PEER CASE --iterations N`; what cannot be
//! counted, such as memory, is refused there. A peer that is named like a
//! locked package gets its version. The tool stores everything in
//! `benchmarks/CHAPTER.json` beside the pages, from which the tables are made;
//! no number in them is typed.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use book_figures::Provenance;
use cargo_metadata::{Message, Package, TargetKind};
use serde::{Deserialize, Serialize};

use crate::process;
use crate::project::Project;
use crate::provenance;
use crate::workbench::{BUILD_LIMIT, write_if_changed};
use crate::{WrongUse, unknown};

/// A whole bench target takes minutes; more means that it hangs.
const LIMIT: Duration = Duration::from_secs(1800);
/// How many iterations more the second run under callgrind makes, or fewer
/// where one iteration stands for many.
const COUNTED: u64 = 1_000;

/// What `benchmarks/CHAPTER.json` holds.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Benchmarks {
    /// The version of this form.
    pub version: u32,
    /// On what it was measured.
    pub measured: Provenance,
    /// The peers' versions.
    pub versions: BTreeMap<String, String>,
    /// The measurements, in the order in which they were printed.
    pub rows: Vec<Row>,
    /// Over all of the above: a number that somebody types does not fit it.
    #[serde(default)]
    pub digest: String,
}

impl Benchmarks {
    /// What `digest` has to be.
    fn expected_digest(&self) -> Result<String> {
        let text = serde_json::to_string(&(
            self.version,
            &self.measured,
            &self.versions,
            &self.rows,
        ))?;
        Ok(provenance::digest(&text))
    }
}

/// The version of the form that this tool reads and writes.
pub const VERSION: u32 = 1;

/// One measurement.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// Which table it belongs to.
    pub group: String,
    /// Whose it is.
    pub peer: String,
    /// Of what.
    pub case: String,
    /// Of the three numbers.
    pub unit: String,
    /// The middle one of the rounds.
    pub median: f64,
    /// The least.
    pub min: f64,
    /// The most.
    pub max: f64,
    /// How many.
    pub rounds: u32,
    /// For how many of these an iteration of `--only` stands.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub per_iteration: u32,
    /// Instructions in user space for one of them, if they were counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instructions: Option<f64>,
}

fn one() -> u32 {
    1
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes it so")]
fn is_one(number: &u32) -> bool {
    *number == 1
}

/// Where a chapter's measurements are stored.
pub fn file(project: &Project, chapter: &str) -> PathBuf {
    let folder = project.root.join(project.src()).join("benchmarks");
    folder.join(format!("{chapter}.json"))
}

/// Reads a chapter's measurements.
///
/// # Errors
/// When there are none, or not of this version.
pub fn load(project: &Project, chapter: &str) -> Result<Benchmarks> {
    let file = file(project, chapter);
    let text = std::fs::read_to_string(&file).with_context(|| {
        format!(
            "{} is not there: cargo xtask bench {chapter} makes it",
            project.shown(&file)
        )
    })?;
    let benchmarks: Benchmarks =
        serde_json::from_str(&text).with_context(|| project.shown(&file))?;
    ensure!(
        benchmarks.version == VERSION,
        "{} has version {}; this tool reads version {VERSION}",
        project.shown(&file),
        benchmarks.version
    );
    ensure!(
        benchmarks.digest == benchmarks.expected_digest()?,
        "{} was changed by hand: cargo xtask bench {chapter} measures again",
        project.shown(&file)
    );
    for row in &benchmarks.rows {
        ensure!(
            row.min <= row.median && row.median <= row.max && row.rounds > 0,
            "{}: {} {} {}: the median lies between the least and the most",
            project.shown(&file),
            row.group,
            row.peer,
            row.case
        );
    }
    Ok(benchmarks)
}

/// The packages that measure themselves.
pub fn measured(project: &Project) -> Vec<&Package> {
    let mut packages = project.packages();
    packages.retain(|package| {
        package.targets.iter().any(|t| t.is_kind(TargetKind::Bench))
    });
    packages
}

/// `cargo xtask bench [CHAPTER] [--quick]`. With `quick` nothing is stored.
///
/// # Errors
/// Wrong use for a chapter that measures nothing; else what went wrong.
pub fn command(
    project: &Project,
    chapter: Option<&str>,
    quick: bool,
) -> Result<bool> {
    let all = measured(project);
    let chosen: Vec<&Package> = match chapter {
        None => all,
        Some(name) => {
            project.package(name)?;
            let found = all.iter().find(|package| package.name == name);
            let names = all.iter().map(|package| package.name.as_str());
            vec![
                found
                    .ok_or_else(|| unknown("measured chapter", name, names))?,
            ]
        }
    };
    if chosen.is_empty() {
        return Err(WrongUse("no chapter measures anything".to_owned()).into());
    }
    for package in chosen {
        let mut rows = run(project, package, quick)?;
        if quick {
            println!("{}: {} measurements", package.name, rows.len());
            continue;
        }
        count_instructions(project, package, &mut rows)?;
        let command = format!("cargo xtask bench {}", package.name);
        let mut benchmarks = Benchmarks {
            version: VERSION,
            measured: provenance::here(&command),
            versions: versions(project, &rows)?,
            rows,
            digest: String::new(),
        };
        benchmarks.digest = benchmarks.expected_digest()?;
        print(&benchmarks);
        let file = file(project, &package.name);
        let text = serde_json::to_string_pretty(&benchmarks)? + "\n";
        write_if_changed(&file, text.as_bytes())?;
        println!("\nwritten: {}", project.shown(&file));
    }
    Ok(true)
}

/// The versions of those peers that are packages of the lock file. A peer may
/// have a remark after a comma: "polling, edge".
///
/// # Errors
/// When the lock file cannot be read.
pub fn versions(
    project: &Project,
    rows: &[Row],
) -> Result<BTreeMap<String, String>> {
    let lock = std::fs::read_to_string(project.root.join("Cargo.lock"))?;
    let lock: toml_edit::DocumentMut = lock.parse().context("Cargo.lock")?;
    let packages = lock["package"].as_array_of_tables();
    let mut versions = BTreeMap::new();
    for package in packages.into_iter().flatten() {
        let text = |key: &str| package.get(key).and_then(|i| i.as_str());
        let (Some(name), Some(version)) = (text("name"), text("version"))
        else {
            continue;
        };
        for row in rows {
            if row.peer.split(',').next() == Some(name) {
                versions.insert(row.peer.clone(), version.to_owned());
            }
        }
    }
    Ok(versions)
}

/// Runs the package's bench targets; gives the measurements.
///
/// # Errors
/// When one does not build, fails, or prints something else.
pub fn run(
    project: &Project,
    package: &Package,
    quick: bool,
) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for program in programs(project, package)? {
        let mut command = process::command(&program);
        command.current_dir(crate::project::folder(package));
        if quick {
            command.arg("--quick");
        }
        let done = process::run(&mut command, LIMIT)?;
        ensure!(
            done.success(),
            "{} {}:\n{}",
            program.display(),
            done.ending(),
            done.output
        );
        for line in done.output.lines().filter(|line| line.starts_with('{')) {
            let row: Row = serde_json::from_str(line)
                .with_context(|| format!("a measurement: {line}"))?;
            rows.push(row);
        }
    }
    ensure!(!rows.is_empty(), "{} measured nothing", package.name);
    Ok(rows)
}

/// Builds the bench targets; gives the programs.
fn programs(project: &Project, package: &Package) -> Result<Vec<PathBuf>> {
    let mut command = process::cargo(&project.root, &project.target());
    command
        .args(["bench", "--quiet", "--locked", "--no-run", "--benches"])
        .args(["--message-format=json", "--package", &package.name]);
    let built = process::run(&mut command, BUILD_LIMIT)?;
    ensure!(
        built.success(),
        "the benchmarks: cargo {}:\n{}",
        built.ending(),
        built.output
    );
    let mut found = Vec::new();
    for message in Message::parse_stream(built.output.as_bytes()) {
        if let Message::CompilerArtifact(artifact) = message?
            && artifact.target.is_kind(TargetKind::Bench)
            && let Some(program) = artifact.executable
        {
            found.push(program.into_std_path_buf());
        }
    }
    found.sort();
    Ok(found)
}

/// Adds the instruction counts, where valgrind is there. The times of a
/// shared machine differ from run to run; these repeat.
fn count_instructions(
    project: &Project,
    package: &Package,
    rows: &mut [Row],
) -> Result<()> {
    if !process::is_there("valgrind") {
        eprintln!("no valgrind here: instructions are not counted");
        return Ok(());
    }
    for program in programs(project, package)? {
        for row in rows.iter_mut() {
            eprintln!("counting: {} {} {}", row.group, row.peer, row.case);
            let more = (COUNTED / u64::from(row.per_iteration)).max(1);
            let one = collected(&program, row, more)?;
            let two = collected(&program, row, 2 * more)?;
            if let (Some(one), Some(two)) = (one, two)
                && two > one
            {
                let each = (two - one) as f64
                    / more as f64
                    / f64::from(row.per_iteration);
                row.instructions = Some((each * 10.0).round() / 10.0);
            }
        }
    }
    Ok(())
}

/// How many instructions a number of iterations takes, start and end of the
/// program included; `None` if the program does not offer this one.
fn collected(
    program: &std::path::Path,
    row: &Row,
    iterations: u64,
) -> Result<Option<u64>> {
    let mut command = process::command("valgrind");
    command
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(program)
        .args(["--group", &row.group, "--only", &row.peer, &row.case])
        .args(["--iterations", &iterations.to_string()]);
    let done = process::run(&mut command, Duration::from_secs(300))?;
    if !done.success() {
        return Ok(None);
    }
    Ok(done.output.lines().find_map(|line| {
        let (_, count) = line.split_once("Collected :")?;
        count.trim().parse().ok()
    }))
}

fn print(benchmarks: &Benchmarks) {
    for row in &benchmarks.rows {
        let counted = match row.instructions {
            Some(count) => format!("{count:>10.1} instructions"),
            None => String::new(),
        };
        println!(
            "{:<12} {:<14} {:<16} {:>12.1} {} ({:.1} to {:.1}){counted}",
            row.group,
            row.case,
            row.peer,
            row.median,
            row.unit,
            row.min,
            row.max
        );
    }
}
