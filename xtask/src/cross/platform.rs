//! The platforms that the tool knows: what each is called, and what builds
//! and runs its programs on another machine.

use std::path::Path;

use anyhow::Result;
use toml_edit::DocumentMut;

use crate::process::environment;
use crate::unknown;

/// A platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Platform {
    /// What compilers call it.
    pub triple: &'static str,
    /// What readers call it.
    pub name: &'static str,
    /// What links its programs on other machines, if anything can.
    pub linker: Option<&'static str>,
    /// What runs its programs on other machines.
    pub emulator: Emulator,
    /// Debian's packages with the two.
    pub packages: &'static [&'static str],
}

/// What runs programs of another platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Emulator {
    /// qemu-user: another processor, and this kernel.
    Qemu {
        /// Its name.
        program: &'static str,
        /// Where the platform's own libraries are.
        libraries: &'static str,
    },
    /// Wine: this processor, and the calls of Windows.
    Wine,
    /// libkqueue: this machine, and the event queue of macOS and the BSDs.
    Kqueue,
    /// Nothing that one could have here.
    None,
}

/// What the tool calls kqueue on Linux: no compiler has a name for it.
const KQUEUE: &str = "kqueue";

/// All of them, in the order in which a page names them.
pub const PLATFORMS: &[Platform] = &[
    Platform {
        triple: "x86_64-unknown-linux-gnu",
        name: "Linux x86-64",
        linker: Some("x86_64-linux-gnu-gcc"),
        emulator: Emulator::Qemu {
            program: "qemu-x86_64",
            libraries: "/usr/x86_64-linux-gnu",
        },
        packages: &[
            "gcc-x86-64-linux-gnu",
            "libc6-dev-amd64-cross",
            "qemu-user",
        ],
    },
    Platform {
        triple: "aarch64-unknown-linux-gnu",
        name: "Linux arm64",
        linker: Some("aarch64-linux-gnu-gcc"),
        emulator: Emulator::Qemu {
            program: "qemu-aarch64",
            libraries: "/usr/aarch64-linux-gnu",
        },
        packages: &[
            "gcc-aarch64-linux-gnu",
            "libc6-dev-arm64-cross",
            "qemu-user",
        ],
    },
    Platform {
        triple: "riscv64gc-unknown-linux-gnu",
        name: "Linux riscv64",
        linker: Some("riscv64-linux-gnu-gcc"),
        emulator: Emulator::Qemu {
            program: "qemu-riscv64",
            libraries: "/usr/riscv64-linux-gnu",
        },
        packages: &[
            "gcc-riscv64-linux-gnu",
            "libc6-dev-riscv64-cross",
            "qemu-user",
        ],
    },
    Platform {
        triple: "x86_64-pc-windows-gnu",
        name: "Windows x86-64",
        linker: Some("x86_64-w64-mingw32-gcc"),
        emulator: Emulator::Wine,
        packages: &["gcc-mingw-w64-x86-64-win32", "wine64"],
    },
    Platform {
        triple: KQUEUE,
        name: "Linux with kqueue",
        linker: None,
        emulator: Emulator::Kqueue,
        packages: super::kqueue::PACKAGES,
    },
    only_built("x86_64-pc-windows-msvc", "Windows x86-64 (MSVC)"),
    only_built("aarch64-apple-darwin", "macOS arm64"),
    only_built("x86_64-apple-darwin", "macOS x86-64"),
    only_built("x86_64-unknown-freebsd", "FreeBSD x86-64"),
];

/// A platform whose programs only its own machines link and run.
const fn only_built(triple: &'static str, name: &'static str) -> Platform {
    Platform {
        triple,
        name,
        linker: None,
        emulator: Emulator::None,
        packages: &[],
    }
}

impl Platform {
    /// The platform that compilers call `triple`.
    ///
    /// # Errors
    /// Wrong use, with the known ones, when it is none of them.
    pub fn find(triple: &str) -> Result<Platform> {
        let mut all = PLATFORMS.iter().copied();
        all.find(|platform| platform.triple == triple)
            .ok_or_else(|| {
                let known = PLATFORMS.iter().map(|platform| platform.triple);
                unknown("target", triple, known)
            })
    }

    /// What the compiler is told to compile for, on a machine of `host`.
    pub fn target<'a>(&self, host: &'a str) -> &'a str {
        match self.emulator {
            Emulator::Kqueue => host,
            _ => self.triple,
        }
    }

    /// Is it one of Apple's?
    pub fn is_apple(&self) -> bool {
        self.triple.contains("-apple-")
    }

    /// The variable by which cargo is told `what` about it.
    pub fn variable(&self, what: &str) -> String {
        variable(self.triple, what)
    }

    /// Has the user told cargo the `linker` or `runner` of this platform: by a
    /// variable, or in one of the files that count for the project in `root`?
    pub fn is_configured(&self, root: &Path, what: &str) -> bool {
        if std::env::var_os(self.variable(&what.to_uppercase())).is_some() {
            return true;
        }
        let own =
            ["config.toml", "config"].map(|n| root.join(".cargo").join(n));
        own.into_iter()
            .chain(environment::configurations(root))
            .filter_map(|file| std::fs::read_to_string(file).ok())
            .any(|text| names(&text, self.triple, what))
    }
}

/// The variable by which cargo is told `what` about a target.
pub fn variable(triple: &str, what: &str) -> String {
    let triple = triple.replace('-', "_").to_uppercase();
    format!("CARGO_TARGET_{triple}_{what}")
}

/// Does a configuration of cargo's say `what` of the target?
fn names(configuration: &str, triple: &str, what: &str) -> bool {
    let Ok(document) = configuration.parse::<DocumentMut>() else {
        // cargo says what is wrong with it.
        return false;
    };
    let target = document.get("target").and_then(|all| all.get(triple));
    target.is_some_and(|target| target.get(what).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_triple_is_a_part_of_variables() {
        let arm = Platform::find("aarch64-unknown-linux-gnu").unwrap();
        assert_eq!(
            arm.variable("RUNNER"),
            "CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER"
        );
    }

    #[test]
    fn an_unknown_triple_is_answered_by_the_known_ones() {
        let error = Platform::find("aarch64-linux-gnu").unwrap_err();
        let text = error.to_string();
        assert!(text.contains("did you mean aarch64-unknown-linux-gnu?"));
        assert!(text.contains("x86_64-pc-windows-gnu"), "{text}");
    }

    #[test]
    fn a_configuration_may_name_a_runner() {
        let text = "[target.riscv64gc-unknown-linux-gnu]\nrunner = 'qemu'\n";
        let riscv = "riscv64gc-unknown-linux-gnu";
        assert!(names(text, riscv, "runner"));
        assert!(!names(text, riscv, "linker"));
        assert!(!names(text, "aarch64-unknown-linux-gnu", "runner"));
        assert!(!names("not [toml", riscv, "runner"));
    }

    #[test]
    fn kqueue_is_this_machine_to_a_compiler() {
        let host = "x86_64-unknown-linux-gnu";
        let target = |name| Platform::find(name).unwrap().target(host);
        assert_eq!(target("kqueue"), host);
        assert_eq!(target("aarch64-apple-darwin"), "aarch64-apple-darwin");
    }

    #[test]
    fn what_links_can_be_installed() {
        let own = |platform: &&Platform| platform.triple != KQUEUE;
        for platform in PLATFORMS.iter().filter(own) {
            let links = platform.linker.is_some();
            assert_eq!(links, !platform.packages.is_empty(), "{platform:?}");
            let runs = platform.emulator != Emulator::None;
            assert_eq!(links, runs, "{platform:?}");
        }
    }
}
