//! Other platforms than this machine's: `cargo xtask test --target TRIPLE`
//! builds for one and runs its programs by an emulator; `cargo xtask cross
//! setup TRIPLE` gets what that needs.
//!
//! What the user has told cargo, a linker or a runner, is used as it is. Else
//! the tool looks for them itself, and says what is missing.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};
use cargo_metadata::Package;

use crate::project::Project;
use crate::{WrongUse, process};

mod apple;
mod distribution;
pub mod kqueue;
pub mod no_link;
mod platform;
pub mod record;
mod setup;
mod wine;

use apple::Apple;
use distribution::Distribution;
use kqueue::Kqueue;
pub use platform::{PLATFORMS, Platform};
use record::Done;
pub use setup::setup;
use wine::{Session, Wine};

/// A platform for which this machine can build.
#[derive(Debug)]
pub struct Cross {
    /// Which.
    pub platform: Platform,
    /// How its programs run.
    pub how: How,
    /// What the compiler is told to compile for.
    triple: String,
    /// What links them, if the tool has to say so.
    linker: Option<PathBuf>,
    /// The compiler with its standard library, if it isn't the usual one.
    distribution: Option<Distribution>,
    target: PathBuf,
    root: PathBuf,
    /// A folder of the tool's own.
    folder: PathBuf,
    /// The compiler's name and version.
    pub rustc: String,
    /// All that decides what is built and how it runs.
    pub settings: String,
}

/// How the programs of a platform run on this machine.
#[derive(Clone, Debug)]
pub enum How {
    /// As all others do: it is this machine's own.
    Here,
    /// By what cargo is configured with.
    Configured,
    /// By qemu-user, with the platform's own libraries.
    Qemu {
        /// Where it is.
        program: PathBuf,
        /// Its name and version.
        version: String,
        /// Where the libraries are.
        libraries: &'static str,
    },
    /// By Wine.
    Wine(Wine),
    /// Here, with libkqueue and what the compiler is told of it.
    Kqueue(Kqueue, OsString),
    /// They don't: they are only built and linked.
    Linked(Apple),
    /// They don't: they are only built, and not linked.
    Built,
}

/// What a platform needs, and what of it is not here.
#[derive(Debug, Default)]
struct Missing(Vec<String>);

impl Missing {
    fn note(&mut self, what: impl Into<String>) {
        self.0.push(what.into());
    }
}

impl Cross {
    /// Finds what is needed to build for `triple` and to run its programs.
    ///
    /// # Errors
    /// Wrong use when the platform is unknown, or when something is missing:
    /// what, and how to get it.
    pub fn find(project: &Project, triple: &str) -> Result<Cross> {
        let platform = Platform::find(triple)?;
        let mut missing = Missing::default();
        let cross = Cross::look(project, platform, &mut missing)?;
        if missing.0.is_empty() {
            return Ok(cross);
        }
        let all = missing.0.join(", ");
        let how = format!("cargo xtask cross setup {triple}");
        Err(WrongUse(format!("{triple} needs {all}: {how}")).into())
    }

    fn look(
        project: &Project,
        platform: Platform,
        missing: &mut Missing,
    ) -> Result<Cross> {
        let folder = project.work_folder("cross");
        let usual = compiler();
        let triple = platform.target(project.host());
        let is_here = project.host() == triple;
        let has_std = has_standard_library(&usual, triple)?;
        let distribution = if has_std {
            None
        } else {
            let found = Distribution::find(&folder, triple);
            if found.is_none() {
                missing.note("its standard library");
            }
            found
        };
        let root = &project.root;
        let configured = |what: &str| platform.is_configured(root, what);
        let mut linker = None;
        if !is_here
            && !configured("linker")
            && let Some(name) = platform.linker
        {
            linker = which(name);
            if linker.is_none() {
                missing.note(name);
            }
        }
        let how = if platform.emulator == platform::Emulator::Kqueue {
            kqueue(project, &folder, missing)
        } else if is_here {
            How::Here
        } else if configured("runner") {
            How::Configured
        } else {
            runner(platform, &folder, missing)
        };
        let target = match (&distribution, &how) {
            // Both compilers in one folder would replace each other's work,
            // and so would both settings of everything.
            (Some(_), _) => folder.join("target"),
            (_, How::Kqueue(..)) => folder.join("kqueue/target"),
            _ => project.target(),
        };
        let compiler = match &distribution {
            Some(distribution) => distribution.rustc(),
            None => usual,
        };
        let how = match how {
            How::Built if platform.is_apple() && !configured("linker") => {
                let found = Apple::find(&folder, &compiler);
                found.map_or(How::Built, How::Linked)
            }
            how => how,
        };
        let mut cross = Cross {
            platform,
            how,
            linker,
            distribution,
            target,
            root: project.root.clone(),
            triple: triple.to_owned(),
            folder,
            rustc: crate::provenance::rustc(&compiler),
            settings: String::new(),
        };
        let environment = cross.environment();
        let Cross { how, rustc, .. } = &cross;
        let triple = platform.triple;
        cross.settings = format!("{triple} {rustc} {how:?} {environment:?}");
        Ok(cross)
    }

    /// A cargo command, such as `test`, for the platform.
    pub fn cargo(&self, verb: &str) -> Command {
        let mut command = process::cargo(&self.root, &self.target);
        if let Some(distribution) = &self.distribution {
            command = process::command(distribution.cargo());
            command.current_dir(&self.root);
            command.env("CARGO_TARGET_DIR", &self.target);
        }
        command.args([verb, "--locked", "--target", &self.triple]);
        for (name, value) in self.environment() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command
    }

    fn environment(&self) -> Vec<(String, Option<OsString>)> {
        let mut found: Vec<(String, Option<OsString>)> = Vec::new();
        let mut set = |name: String, value: &OsStr| {
            found.push((name, Some(value.to_owned())));
        };
        if let Some(linker) = &self.linker {
            set(self.platform.variable("LINKER"), linker.as_os_str());
        }
        if let Some(distribution) = &self.distribution {
            for (name, value) in distribution.environment(&self.platform) {
                set(name, &value);
            }
        }
        match &self.how {
            How::Here | How::Configured => {}
            How::Qemu {
                program, libraries, ..
            } => {
                set(self.platform.variable("RUNNER"), program.as_os_str());
                // Not as an argument: what a program starts needs it, too.
                set("QEMU_LD_PREFIX".to_owned(), OsStr::new(libraries));
            }
            How::Wine(wine) => {
                let program = wine.program().as_os_str();
                set(self.platform.variable("RUNNER"), program);
                let own = wine.environment();
                found.extend(own.into_iter().map(|(n, v)| (n.to_owned(), v)));
            }
            How::Kqueue(_, flags) => {
                let name = platform::variable(&self.triple, "RUSTFLAGS");
                let mut all = std::env::var_os(&name).unwrap_or_default();
                all.push(" ");
                all.push(flags);
                set(name, &all);
            }
            How::Linked(apple) => {
                set(self.platform.variable("LINKER"), apple.linker());
                set("SDKROOT".to_owned(), apple.kit());
            }
            How::Built => {
                if let Ok(this) = std::env::current_exe() {
                    set(self.platform.variable("LINKER"), this.as_os_str());
                }
                set(no_link::ASKED.to_owned(), OsStr::new("1"));
                // The compiler asks for Apple's headers and libraries; nothing
                // is looked up in them.
                set("SDKROOT".to_owned(), self.folder.as_os_str());
            }
        }
        found
    }

    /// Gets ready for programs to run, for as long as the result lives.
    ///
    /// # Errors
    /// When Wine does not come up.
    pub fn start(&self) -> Result<Option<Session>> {
        std::fs::create_dir_all(&self.folder)?;
        let How::Wine(wine) = &self.how else {
            return Ok(None);
        };
        let usual = self.platform.linker.and_then(which);
        let compiler = self.linker.clone().or(usual);
        let compiler = compiler.context("a C compiler for Windows")?;
        wine.start(&compiler).map(Some)
    }

    /// By what the programs run, as a reader is told: nothing is said of this
    /// machine's own.
    pub fn runner(&self) -> Option<String> {
        match &self.how {
            How::Here | How::Linked(_) | How::Built => None,
            How::Configured => Some("a configured runner".to_owned()),
            How::Qemu { version, .. } => Some(version.clone()),
            How::Wine(wine) => Some(wine.version()),
            How::Kqueue(kqueue, _) => {
                Some(format!("libkqueue {}", kqueue.version))
            }
        }
    }

    /// Do its programs run here?
    pub fn runs(&self) -> bool {
        !matches!(self.how, How::Linked(_) | How::Built)
    }

    /// What is done with its programs instead, as a reader is told.
    pub fn only(&self) -> &'static str {
        match self.how {
            How::Linked(_) => "built and linked",
            _ => "built",
        }
    }

    /// What is recorded of it.
    pub fn done(&self) -> Done {
        match self.how {
            How::Linked(_) => Done::Linked,
            How::Built => Done::Built,
            _ => Done::Run,
        }
    }

    /// Does something stand between its programs and this machine? Then they
    /// are slow.
    pub fn is_emulated(&self) -> bool {
        !matches!(self.how, How::Here | How::Kqueue(..))
    }

    /// Is there anything of the package on the platform?
    pub fn has(&self, package: &Package) -> bool {
        let is_kqueue = matches!(self.how, How::Kqueue(..));
        !is_kqueue || kqueue::setting(package).is_some()
    }

    /// What the test programs are told.
    pub fn test_arguments(&self) -> &'static [&'static str] {
        match self.how {
            // libkqueue mixes up what several threads do.
            How::Kqueue(..) => &["--test-threads=1"],
            _ => &[],
        }
    }
}

/// The compiler that cargo uses unless it is told otherwise.
fn compiler() -> OsString {
    std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into())
}

/// What a compiler says when it is asked with one argument or two.
fn asked(compiler: &OsStr, arguments: &[&str]) -> Result<String> {
    let shown = compiler.to_string_lossy().into_owned();
    let output = process::command(compiler)
        .args(arguments)
        .output()
        .with_context(|| shown)?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// The platform that the compiler itself runs on.
///
/// # Errors
/// When it doesn't say.
pub fn host() -> Result<String> {
    let text = asked(&compiler(), &["-vV"])?;
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("rustc -vV names no host")?.to_owned())
}

/// Does the compiler have the standard library of `triple`?
fn has_standard_library(compiler: &OsStr, triple: &str) -> Result<bool> {
    let root = asked(compiler, &["--print", "sysroot"])?;
    let folder = Path::new(&root).join("lib/rustlib").join(triple);
    Ok(folder.join("lib").is_dir())
}

/// What runs the platform's programs, if it is here.
fn runner(platform: Platform, folder: &Path, missing: &mut Missing) -> How {
    match platform.emulator {
        // Of which the second was found before.
        platform::Emulator::None | platform::Emulator::Kqueue => How::Built,
        platform::Emulator::Qemu { program, libraries } => {
            let name = program;
            let found = which(name).and_then(|path| {
                let version = version(&path)?;
                Some((path, format!("{name} {version}")))
            });
            if found.is_none() {
                missing.note(name);
            }
            if !Path::new(libraries).is_dir() {
                missing.note(format!("the libraries in {libraries}"));
            }
            found.map_or(How::Built, |(program, version)| How::Qemu {
                program,
                version,
                libraries,
            })
        }
        platform::Emulator::Wine => match Wine::find(folder.join("wine")) {
            Some(wine) => How::Wine(wine),
            None => {
                missing.note("Wine");
                How::Built
            }
        },
    }
}

/// libkqueue, if it is here.
fn kqueue(project: &Project, folder: &Path, missing: &mut Missing) -> How {
    if !cfg!(target_os = "linux") {
        missing.note("Linux");
    }
    match Kqueue::find(folder) {
        Some(kqueue) => {
            let flags = kqueue.flags(&project.packages());
            How::Kqueue(kqueue, flags)
        }
        None => {
            missing.note("libkqueue");
            How::Built
        }
    }
}

/// The file of a folder whose name ends so: what another program has fetched.
fn first_file(folder: &Path, ending: &str) -> Result<String> {
    let files = std::fs::read_dir(folder)?;
    let mut names =
        files.filter_map(|file| file.ok()?.file_name().into_string().ok());
    let found = names.find(|name| name.ends_with(ending));
    found.with_context(|| format!("no file *{ending} was fetched"))
}

/// Where a program is: a path that is there, or a name on the search path.
fn which(name: &str) -> Option<PathBuf> {
    let given = Path::new(name);
    if given.is_absolute() {
        return given.is_file().then(|| given.to_owned());
    }
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
}

/// The version that a program tells: the first number in what it prints.
fn version(program: &Path) -> Option<String> {
    let text = asked(program.as_os_str(), &["--version"]).ok()?;
    first_number(&text)
}

/// The first word, or part of a word behind a hyphen, that begins with a
/// digit.
fn first_number(text: &str) -> Option<String> {
    text.split(|c: char| c.is_whitespace() || c == '-')
        .find(|word| word.starts_with(|c: char| c.is_ascii_digit()))
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_found_in_what_programs_say() {
        let qemu = "qemu-aarch64 version 7.2.22 (Debian 1:7.2+dfsg-7)";
        // The name of the program ends with a number, too, but has no version.
        assert_eq!(first_number(qemu).as_deref(), Some("7.2.22"));
        let wine = "wine-8.0 (Debian 8.0~repack-4)";
        assert_eq!(first_number(wine).as_deref(), Some("8.0"));
        assert_eq!(first_number("no version"), None);
    }

    #[test]
    fn a_program_is_found_by_its_path_only_if_it_is_there() {
        assert_eq!(which("/nowhere/at/all"), None);
        assert_eq!(which("no-such-program-anywhere"), None);
    }
}
