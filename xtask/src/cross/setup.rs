//! `cargo xtask cross setup TRIPLE`: gets what a platform needs. The standard
//! library comes from rustup where that has it, and is else built by the
//! distribution's own compiler; linkers and emulators are Debian's packages.

use std::process::Command;
use std::time::Duration;

use anyhow::{Result, ensure};

use super::apple::Apple;
use super::distribution::{self, Distribution};
use super::kqueue::Kqueue;
use super::platform::Emulator;
use super::{Cross, Platform, compiler, has_standard_library, which};
use crate::project::Project;
use crate::{WrongUse, process};

/// To fetch packages takes minutes.
const LIMIT: Duration = Duration::from_secs(1200);

/// Gets what is missing, and says what is there in the end.
///
/// # Errors
/// Wrong use when the platform is unknown, and when packages are missing that
/// only root can install: which. Else what failed.
pub fn setup(project: &Project, triple: &str) -> Result<()> {
    let platform = Platform::find(triple)?;
    let usual = compiler();
    let is_here = project.host() == platform.triple;
    let triple = platform.target(project.host());
    let has_std = has_standard_library(&usual, triple)? || from_rustup(triple)?;
    let mut packages: Vec<&str> = Vec::new();
    if !is_here {
        packages.extend(platform.packages);
    }
    if !has_std {
        packages.extend(distribution::PACKAGES);
    }
    install(&packages)?;
    let folder = project.work_folder("cross");
    std::fs::create_dir_all(&folder)?;
    if !has_std && Distribution::find(&folder, triple).is_none() {
        println!(
            "building the standard library of {triple}, which takes minutes"
        );
        Distribution::build(&folder, triple)?;
    }
    if platform.is_apple() && Apple::find(&folder, &usual).is_none() {
        println!("fetching the list of what macOS offers, 100 MB, by pip");
        if let Err(error) = Apple::fetch(&folder, &usual) {
            println!("without it, nothing is linked: {error:#}");
        }
    }
    if platform.emulator == Emulator::Kqueue && Kqueue::find(&folder).is_none()
    {
        println!("fetching libkqueue");
        Kqueue::fetch(&folder)?;
    }
    let cross = Cross::find(project, platform.triple)?;
    // The first start makes what Wine needs.
    drop(cross.start()?);
    println!("{}", ready(&cross));
    Ok(())
}

/// What can be done now.
fn ready(cross: &Cross) -> String {
    let Platform { name, triple, .. } = cross.platform;
    let with = &cross.rustc;
    let how = match cross.runner() {
        Some(runner) => format!("its programs run by {runner}"),
        None if cross.runs() => "its programs run here".to_owned(),
        None => {
            let only = cross.only();
            format!("nothing here runs its programs: they are only {only}")
        }
    };
    format!(
        "{name} is ready: {with}, {how}\n\
         cargo xtask test --target {triple}"
    )
}

/// Lets rustup add the target to the toolchain in use. Says whether the
/// compiler has it then: there may be no rustup, or no network.
fn from_rustup(triple: &str) -> Result<bool> {
    if which("rustup").is_none() {
        return Ok(false);
    }
    let mut command = process::command("rustup");
    let done = process::run(command.args(["target", "add", triple]), LIMIT)?;
    if !done.success() {
        println!("rustup does not have it: {}", done.output.trim());
    }
    has_standard_library(&compiler(), triple)
}

/// Installs the packages that are not there.
fn install(packages: &[&str]) -> Result<()> {
    if packages.is_empty() {
        return Ok(());
    }
    let missing: Vec<&str> = if which("dpkg-query").is_some() {
        let missing = packages.iter().filter(|name| !is_installed(name));
        missing.copied().collect()
    } else {
        return Err(WrongUse(format!(
            "this is not Debian: install what its packages {} hold",
            packages.join(", ")
        ))
        .into());
    };
    if missing.is_empty() {
        return Ok(());
    }
    let install = ["install", "--yes", "--no-install-recommends"];
    if !is_root() {
        return Err(WrongUse(format!(
            "only root installs packages: apt-get {} {}",
            install.join(" "),
            missing.join(" ")
        ))
        .into());
    }
    println!("installing {}", missing.join(", "));
    apt(&["update"])?;
    apt(&[&install[..], &missing[..]].concat())
}

fn apt(arguments: &[&str]) -> Result<()> {
    let mut command = Command::new("apt-get");
    command
        .env("DEBIAN_FRONTEND", "noninteractive")
        .args(["-qq", "-o", "DPkg::Lock::Timeout=600"])
        .args(arguments);
    let done = process::run(&mut command, LIMIT)?;
    ensure!(
        done.success(),
        "apt-get {} {}:\n{}",
        arguments.join(" "),
        done.ending(),
        done.output
    );
    Ok(())
}

fn is_installed(package: &str) -> bool {
    let mut command = process::command("dpkg-query");
    command.args(["--show", "--showformat=${Status}", package]);
    let status = command.output();
    status
        .is_ok_and(|status| status.stdout.starts_with(b"install ok installed"))
}

#[cfg(unix)]
fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

#[cfg(not(unix))]
fn is_root() -> bool {
    false
}
