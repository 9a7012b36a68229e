//! `cargo xtask serve`: the built book on loopback, built again and reloaded
//! when something that it is made of changes.

mod server;
mod shelf;

use std::path::PathBuf;
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use notify::{EventKind, RecursiveMode, Watcher as _};

use crate::book;
use crate::project::Project;
pub use server::Server;
use shelf::Shelf;

/// Serves the book until the program is stopped.
///
/// # Errors
/// [`WrongUse`](crate::WrongUse) when the port cannot be had; else what the
/// file system or the network say.
pub fn serve(project: &Project, port: u16, open: bool) -> Result<bool> {
    // The port first: whether it is free is known at once. It is ours alone,
    // and so is the folder that is named after it.
    let listener = server::listen(port)?;
    let port = listener
        .local_addr()
        .context("the server's address")?
        .port();
    let folder = project.work_folder("served").join(port.to_string());
    let shelf = Arc::new(Shelf::changing(folder)?);
    let server = Server::new(listener, Arc::clone(&shelf))?;
    let (sender, changes) = mpsc::channel();
    let mut watcher = notify::recommended_watcher(
        move |event: notify::Result<notify::Event>| {
            let relevant = event
                .as_ref()
                .is_ok_and(|e| !matches!(e.kind, EventKind::Access(_)));
            if relevant {
                // The receiver lives as long as the program.
                let _ = sender.send(event.map(|e| e.paths).unwrap_or_default());
            }
        },
    )
    .context("watching files")?;
    watcher
        .watch(&project.root, RecursiveMode::NonRecursive)
        .context("watching the project's folder")?;
    for folder in watched(project) {
        watcher
            .watch(&folder, RecursiveMode::Recursive)
            .with_context(|| folder.display().to_string())?;
    }
    // What changes from here on is seen, the pages of the first build too.
    report(shelf.build(|folder| book::build(project, folder, None)));
    println!("serving {}", server.url());
    println!("stop with Ctrl-C");
    if open {
        open_browser(&server.url());
    }
    let made = [project.target(), project.built_book()];
    let starters = crate::starter::archives(project);
    loop {
        let mut paths = changes.recv().context("the watcher stopped")?;
        // Editors write a file in several steps.
        while let Ok(more) = changes.recv_timeout(Duration::from_millis(40)) {
            paths.extend(more);
        }
        paths.retain(|path| {
            !made.iter().any(|folder| path.starts_with(folder))
                && !path.starts_with(&starters)
                && !path.components().any(|part| part.as_os_str() == ".git")
        });
        if paths.is_empty() {
            continue;
        }
        let started = Instant::now();
        if report(shelf.build(|folder| book::build(project, folder, None))) {
            println!("built again in {} ms", started.elapsed().as_millis());
        }
    }
}

/// The folders that the book is made of: its pages, the crates, and what
/// book.toml adds.
fn watched(project: &Project) -> Vec<PathBuf> {
    let mut folders = vec![project.root.join(project.src())];
    for extra in &project.config.build.extra_watch_dirs {
        folders.push(project.root.join(extra));
    }
    for package in project.packages() {
        let folder = crate::project::folder(package).to_owned();
        if !folders.iter().any(|known| folder.starts_with(known)) {
            folders.push(folder);
        }
    }
    folders.retain(|folder| folder.is_dir());
    folders
}

fn report(built: Result<Vec<String>>) -> bool {
    match built {
        Ok(warnings) => {
            for warning in warnings {
                eprintln!("warning: {warning}");
            }
            true
        }
        Err(error) => {
            // A page that is being edited may be wrong for a while; the last
            // good book stays up, and its pages show the error.
            eprintln!("error: {error:#}");
            false
        }
    }
}

fn open_browser(url: &str) {
    let (program, arguments): (&str, &[&str]) = if cfg!(target_os = "macos") {
        ("open", &[])
    } else if cfg!(windows) {
        ("cmd", &["/C", "start", ""])
    } else {
        ("xdg-open", &[])
    };
    let started = std::process::Command::new(program)
        .args(arguments)
        .arg(url)
        .spawn();
    if let Err(error) = started {
        eprintln!("{program} does not start ({error}): open {url} yourself");
    }
}
