//! On what something was measured or recorded. A number without this means
//! nothing.

use std::ffi::OsStr;
use std::time::SystemTime;

use book_figures::Provenance;
use sha2::{Digest as _, Sha256};

use crate::process;

/// A hash over a text that was measured or recorded.
pub fn digest(text: &str) -> String {
    let hash = Sha256::digest(text.as_bytes());
    let start = hash.iter().take(8);
    start.map(|byte| format!("{byte:02x}")).collect()
}

/// This machine, now.
pub fn here(command: &str) -> Provenance {
    let cores = std::thread::available_parallelism().map_or(1, |n| n.get());
    let usual = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    Provenance {
        command: command.to_owned(),
        machine: format!("{}, {cores} cores", processor()),
        kernel: kernel(),
        rustc: rustc(&usual),
        date: day(SystemTime::now()),
    }
}

fn processor() -> String {
    let named =
        std::fs::read_to_string("/proc/cpuinfo")
            .ok()
            .and_then(|text| {
                text.lines()
                    .find_map(|line| {
                        line.strip_prefix("model name")?.split_once(':')
                    })
                    .map(|(_, name)| name.trim().to_owned())
            });
    let arch = std::env::consts::ARCH.replace("x86_64", "x86-64");
    match named {
        Some(name) => format!("{name} ({arch})"),
        None => arch,
    }
}

#[cfg(unix)]
fn kernel() -> String {
    let name = rustix::system::uname();
    // Of "6.18.44-build" the first two numbers tell what the kernel can do.
    let release = name.release().to_string_lossy();
    let version: Vec<&str> = release.split(['.', '-']).take(2).collect();
    format!("{} {}", name.sysname().to_string_lossy(), version.join("."))
}

#[cfg(not(unix))]
fn kernel() -> String {
    std::env::consts::OS.to_owned()
}

/// A day, as in 2026-11-30.
pub fn day(time: SystemTime) -> String {
    let time = humantime::format_rfc3339_seconds(time).to_string();
    time.chars().take(10).collect()
}

/// A compiler's name and version.
pub fn rustc(rustc: &OsStr) -> String {
    let output = process::command(rustc).arg("--version").output();
    let text = output
        .map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
        .unwrap_or_default();
    text.split_whitespace()
        .take(2)
        .collect::<Vec<_>>()
        .join(" ")
}
