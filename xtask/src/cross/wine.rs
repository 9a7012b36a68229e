//! Wine without a display, in a prefix of its own below cargo's folder.

use std::ffi::OsString;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};

use super::{version, which};
use crate::process;
use crate::workbench::write_if_changed;

/// To make a prefix takes half a minute.
const LIMIT: Duration = Duration::from_secs(300);

/// What is asked of the program that keeps Wine up, and its answer.
const READY: &str = "is-up";

/// From this version on, Wine has all that the standard library imports.
const COMPLETE: u32 = 9;

/// Wine, as it is found on this machine.
#[derive(Clone, Debug)]
pub struct Wine {
    program: PathBuf,
    folder: PathBuf,
    version: String,
}

impl Wine {
    /// Finds Wine. Debian keeps the 64-bit program out of the way.
    pub fn find(folder: PathBuf) -> Option<Wine> {
        let names = ["/usr/lib/wine/wine64", "wine64", "wine"];
        let program = names.iter().find_map(|name| which(name))?;
        let version = version(&program)?;
        Some(Wine {
            program,
            folder,
            version,
        })
    }

    /// The program, which is the runner.
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// Its name and version.
    pub fn version(&self) -> String {
        format!("Wine {}", self.version)
    }

    /// What its environment has to be: no messages, no display, none of the
    /// packages that it offers to download, and the stand-in's folder in the
    /// path. `None` takes a variable away.
    pub fn environment(&self) -> Vec<(&'static str, Option<OsString>)> {
        vec![
            ("WINEPREFIX", Some(self.folder.join("prefix").into())),
            ("WINEPATH", Some(self.stand_in().into())),
            ("WINEDEBUG", Some("-all".into())),
            ("WINEDLLOVERRIDES", Some("mscoree,mshtml=".into())),
            ("DISPLAY", None),
        ]
    }

    /// Makes what is missing, and keeps Wine's server and services up for as
    /// long as the result lives. They would else be started by the first
    /// program and outlive it.
    ///
    /// # Errors
    /// When Wine does not come up.
    pub fn start(&self, compiler: &Path) -> Result<Session> {
        self.make_stand_in(compiler)?;
        std::fs::create_dir_all(self.folder.join("prefix"))?;
        let mut command = Command::new(&self.program);
        for (name, value) in self.environment() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        // It ends when its input does, however this tool ends.
        let mut keeper = command
            .arg("cmd.exe")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("Wine does not start")?;
        let input = keeper.stdin.as_mut().context("Wine's input")?;
        write!(input, "@echo {READY}\r\n").context("Wine's input")?;
        let output = keeper.stdout.take().context("Wine's output")?;
        let (tell, answer) = mpsc::channel();
        std::thread::spawn(move || {
            let lines = BufReader::new(output).lines();
            for line in lines.map_while(Result::ok) {
                // The command itself is repeated, and is no answer.
                if line.trim_end().ends_with(READY) && !line.contains("@echo") {
                    // Nobody waits any more if it took too long.
                    let _ = tell.send(());
                }
            }
        });
        let session = Session(keeper);
        match answer.recv_timeout(LIMIT) {
            Ok(()) => Ok(session),
            Err(_) => bail!(
                "Wine does not come up ({} is its prefix)",
                self.folder.join("prefix").display()
            ),
        }
    }

    /// Where the library lies that an old Wine lacks.
    fn stand_in(&self) -> PathBuf {
        self.folder.join("libraries")
    }

    /// Builds that library if this Wine needs it.
    fn make_stand_in(&self, compiler: &Path) -> Result<()> {
        let folder = self.stand_in();
        let library = folder.join("bcryptprimitives.dll");
        if !is_incomplete(&self.version) || library.is_file() {
            return Ok(());
        }
        let source = folder.join("bcryptprimitives.c");
        let text = include_str!("bcryptprimitives.c");
        write_if_changed(&source, text.as_bytes())?;
        let unfinished = folder.join("unfinished.dll");
        let mut command = process::command(compiler);
        command
            .args(["-O2", "-shared", "-nostdlib", "-Wl,-e,DllMain", "-o"])
            .args([&unfinished, &source])
            .args(["-ladvapi32", "-lkernel32"]);
        let done = process::run(&mut command, LIMIT)?;
        ensure!(
            done.success(),
            "{} {}:\n{}",
            compiler.display(),
            done.ending(),
            done.output
        );
        std::fs::rename(&unfinished, &library)?;
        Ok(())
    }
}

/// Wine's server and services, as long as this lives.
#[derive(Debug)]
pub struct Session(Child);

impl Drop for Session {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        // What it was for is over. If it cannot be waited for, it is gone.
        let _ = self.0.wait();
    }
}

/// Does Wine of this version lack the library?
fn is_incomplete(version: &str) -> bool {
    let major = version
        .split('.')
        .next()
        .and_then(|n| n.parse::<u32>().ok());
    major.is_some_and(|major| major < COMPLETE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wine_is_complete_from_version_9_on() {
        assert!(is_incomplete("8.0"));
        assert!(!is_incomplete("9.0"));
        assert!(!is_incomplete("10.12"));
    }
}
