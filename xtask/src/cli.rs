//! The command line: what can be asked for, and the exit code.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Parser, Subcommand};

use crate::cross::{self, Cross};
use crate::project::Project;
use crate::stages::{self, STAGES, Selection, Wishes};
use crate::{
    WrongUse, bench, book, chromium, exercise, figure, serve, starter,
};

/// Builds the book, tests everything in it, and hands out chapters.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    /// The project's folder [default: the one around the current folder]
    #[arg(long, global = true, hide = true, value_name = "DIR")]
    root: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Build the book, serve it on 127.0.0.1, reload pages that change
    Serve {
        /// The port to listen on; 0 takes any free one
        #[arg(long, default_value_t = 3000, value_name = "N")]
        port: u16,
        /// Open the book in the browser
        #[arg(long)]
        open: bool,
    },
    /// Build the book, ready to deploy
    Book {
        /// Print it, too: a PDF that the first page offers. Needs Chromium
        #[arg(long)]
        pdf: bool,
    },
    /// Run all checks, or the named stages and chapters
    #[command(after_help = stage_help())]
    Test(Tests),
    /// Get what another platform needs
    Cross {
        #[command(subcommand)]
        what: CrossCommand,
    },
    /// Copy a chapter into a stand-alone workspace
    New {
        /// The chapter
        chapter: String,
        /// The folder to write: new, or empty
        dir: PathBuf,
    },
    /// List the exercises, or run one and say what is still failing
    Exercise {
        /// CHAPTER/EXERCISE, or EXERCISE alone where that is clear
        id: Option<String>,
    },
    /// Record figures again from real runs
    Record {
        /// The figure [default: all]
        figure: Option<String>,
        /// Rewrite the recording even if only its times differ
        #[arg(long)]
        force: bool,
    },
    /// Measure chapters beside their production peers, and store the tables
    Bench {
        /// The chapter [default: all that measure anything]
        chapter: Option<String>,
        /// One iteration each, nothing stored: do the benchmarks run?
        #[arg(long)]
        quick: bool,
    },
    /// What mdBook runs: JSON in, JSON out
    #[command(hide = true)]
    Preprocess {
        #[command(subcommand)]
        question: Option<Question>,
    },
}

#[derive(Debug, Args)]
struct Tests {
    /// Stages, chapters, or both [default: everything]
    #[arg(value_name = "STAGE or CHAPTER")]
    what: Vec<String>,
    /// Rewrite the recorded outputs of console blocks
    #[arg(long)]
    bless: bool,
    /// Stop at the first stage that fails
    #[arg(long, conflicts_with = "keep_going")]
    fail_fast: bool,
    /// Do not run what failed once more when nothing else does
    #[arg(long)]
    once: bool,
    /// Say which tests take longest
    #[arg(long)]
    timings: bool,
    /// Run every stage, whatever fails (the default)
    #[arg(long)]
    keep_going: bool,
    /// Test for another platform, by an emulator
    #[arg(long, value_name = "TRIPLE", conflicts_with = "bless")]
    target: Option<String>,
    /// Store what has run where, for the status of the chapters
    #[arg(long)]
    record: bool,
}

#[derive(Debug, Subcommand)]
enum CrossCommand {
    /// Get the standard library, the linker and the emulator of a platform
    Setup {
        /// The platform, as compilers call it
        #[arg(value_name = "TRIPLE")]
        triple: String,
    },
}

#[derive(Debug, Subcommand)]
enum Question {
    /// Is a renderer supported? All are
    Supports { renderer: String },
}

/// Is there a command of this name?
pub fn knows(command: &str) -> bool {
    let cli = <Cli as clap::CommandFactory>::command();
    cli.get_subcommands()
        .any(|known| known.get_name() == command)
}

fn stage_help() -> String {
    let mut text = "Stages:\n".to_owned();
    for stage in STAGES {
        text += &format!("  {:<13} {}\n", stage.name, stage.about);
    }
    text
}

/// Runs the command line. Exit codes: 0 is well, 1 a failure, 2 wrong use.
pub fn run() -> ExitCode {
    // clap answers wrong use with a message and exit code 2 by itself.
    let cli = Cli::parse();
    match execute(cli) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("error: {error:#}");
            let wrong_use = error.downcast_ref::<WrongUse>().is_some();
            ExitCode::from(if wrong_use { 2 } else { 1 })
        }
    }
}

/// Builds the book to deploy, and says where it is.
fn build(project: &Project, pdf: bool) -> Result<bool> {
    let folder = project.built_book();
    let pdf = pdf.then(|| project.pdf_name());
    let chromium = chromium::find();
    if pdf.is_some() && chromium.is_none() {
        let needs = format!("--pdf needs {}", chromium::MISSING);
        return Err(WrongUse(needs).into());
    }
    let warnings = book::build(project, &folder, pdf.as_deref())?;
    for warning in &warnings {
        eprintln!("warning: {warning}");
    }
    println!("{}", folder.join("index.html").display());
    if let (Some(name), Some(chromium)) = (pdf, chromium) {
        chromium::print(&chromium, &folder, &name)?;
        println!("{}", folder.join(name).display());
    }
    Ok(warnings.is_empty())
}

fn execute(cli: Cli) -> Result<bool> {
    let start = match cli.root {
        Some(folder) => std::path::absolute(folder)?,
        None => std::env::current_dir()?,
    };
    let find = || Project::find(&start);
    match cli.command {
        Command::Serve { port, open } => serve::serve(&find()?, port, open),
        Command::Book { pdf } => build(&find()?, pdf),
        Command::Test(tests) => test(&find()?, &tests),
        Command::Cross {
            what: CrossCommand::Setup { triple },
        } => cross::setup(&find()?, &triple).map(|()| true),
        Command::New { chapter, dir } => {
            let project = find()?;
            let made = starter::write(&project, &chapter, &dir)?;
            println!("{}", made.next_steps(&dir));
            Ok(true)
        }
        Command::Exercise { id } => exercise::command(&find()?, id.as_deref()),
        Command::Record { figure, force } => {
            figure::record::command(&find()?, figure.as_deref(), force)
        }
        Command::Bench { chapter, quick } => {
            bench::command(&find()?, chapter.as_deref(), quick)
        }
        Command::Preprocess { question } => match question {
            Some(Question::Supports { renderer: _ }) => Ok(true),
            None => book::preprocess_stdin().map(|()| true),
        },
    }
}

fn test(project: &Project, tests: &Tests) -> Result<bool> {
    let selection = Selection::parse(project, &tests.what)?;
    for (asked, option, stage) in [
        (tests.bless, "--bless", "console"),
        (tests.record, "--record", "crates"),
    ] {
        if asked && selection.stages != [stage] {
            return Err(WrongUse(format!(
                "{option} is for the {stage} stage: \
                 cargo xtask test {stage} {option}"
            ))
            .into());
        }
    }
    let cross = match &tests.target {
        Some(triple) => {
            selection.for_another_target()?;
            Some(Cross::find(project, triple)?)
        }
        None => None,
    };
    let wishes = Wishes {
        bless: tests.bless,
        fail_fast: tests.fail_fast,
        once: tests.once,
        timings: tests.timings,
        cross: cross.as_ref(),
        record: tests.record,
    };
    // Until the last program has run.
    let _session = cross.as_ref().map(Cross::start).transpose()?;
    stages::run(project, &selection, wishes)
}
