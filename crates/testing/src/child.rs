//! What ends a process is tested in one of its own.

use std::env;
use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, Output};

/// By this variable, a child knows that it is one.
const CHILD: &str = "TESTING_CHILD";

/// How a test says that it could test nothing; the reason follows.
const NOT_TESTED: &str = "not tested: ";

/// Runs `act` in a child process, which is this test program again with the one
/// test `name`, by its path as `cargo test` prints it; and says how the child
/// ended.
///
/// Call it first in the test `name`: in the child, the test runs up to here
/// again. `None` is returned there, if `act` comes back; and where this program
/// is emulated and no other can be started: then the emulator reports 127, and
/// nothing has been tested.
///
/// # Panics
///
/// When the program that runs cannot be found or started once more.
pub fn in_a_child(name: &str, act: impl FnOnce()) -> Option<Output> {
    if env::var_os(CHILD).is_some() {
        act();
        return None;
    }
    let output = again(name)
        .env(CHILD, "1")
        .env("RUST_BACKTRACE", "1")
        // A process that ends early does not free everything.
        .env(
            "ASAN_OPTIONS",
            "detect_leaks=0:detect_stack_use_after_return=0",
        )
        .output()
        .expect("it has been started once");
    if output.status.code() == Some(127) {
        eprintln!("not tested: this emulator cannot start a child");
        return None;
    }
    // That the child could test nothing is for the reader of this test.
    let said = String::from_utf8_lossy(&output.stderr);
    for line in said.lines().filter(|line| line.starts_with(NOT_TESTED)) {
        eprintln!("{line}");
    }
    Some(output)
}

/// A command that runs this test program again, with the one test `name`.
/// `None` where this program is emulated and no other can be started: then
/// nothing can be tested, and it says so.
///
/// # Panics
///
/// When the program that runs cannot be found.
pub fn this_test_again(name: &str) -> Option<Command> {
    let list = again(name).arg("--list").output();
    let listed = list.is_ok_and(|list| {
        let tests = String::from_utf8_lossy(&list.stdout).into_owned();
        tests.contains(&format!("{name}: test"))
    });
    if !listed {
        eprintln!("not tested: this emulator cannot start a child");
        return None;
    }
    Some(again(name))
}

fn again(name: &str) -> Command {
    let mut command = this_program();
    command.args([name, "--exact", "--nocapture"]);
    command
}

/// A command that runs this program again, by the emulator of its processor if
/// cargo was told to run it by one.
///
/// # Panics
///
/// When the program that runs cannot be found.
pub fn this_program() -> Command {
    let program = env::current_exe().expect("this program has a path");
    program_of_this_platform(&program)
}

/// A command that runs another program of the platform that this one is for.
pub fn program_of_this_platform(program: &Path) -> Command {
    let Some(emulator) = env::vars_os().filter_map(text).find_map(emulator)
    else {
        return Command::new(program);
    };
    let mut words = emulator.split_whitespace();
    let mut command = Command::new(words.next().unwrap_or_default());
    command.args(words).arg(program);
    command
}

/// A variable that is text; others are none of cargo's.
fn text((name, value): (OsString, OsString)) -> Option<(String, String)> {
    Some((name.into_string().ok()?, value.into_string().ok()?))
}

/// What a variable tells cargo to run programs of this platform by, if that is
/// an emulator of the processor. (Wine starts programs of Windows by itself.)
fn emulator((name, runner): (String, String)) -> Option<String> {
    let target = name.strip_prefix("CARGO_TARGET_")?;
    let target = target.strip_suffix("_RUNNER")?;
    let (arch, os) = (env::consts::ARCH, env::consts::OS);
    let is_this = target.starts_with(&arch.to_uppercase())
        && target.contains(&os.to_uppercase());
    let first = runner.split_whitespace().next()?;
    let program = Path::new(first).file_name()?.to_str()?;
    (is_this && program.starts_with("qemu-")).then_some(runner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_emulator_of_this_platform_counts() {
        let (arch, os) = (env::consts::ARCH, env::consts::OS);
        let name = format!("CARGO_TARGET_{arch}_UNKNOWN_{os}_RUNNER");
        let of = |name: &str, value: &str| {
            emulator((name.to_uppercase(), value.to_owned()))
        };
        let qemu = "/usr/bin/qemu-any -L /folder";
        assert_eq!(of(&name, qemu).as_deref(), Some(qemu));
        assert_eq!(of(&name, "valgrind --quiet"), None);
        assert_eq!(of(&name, " "), None);
        assert_eq!(of("CARGO_TARGET_OTHER_UNKNOWN_RUNNER", qemu), None);
        assert_eq!(of("PATH", qemu), None);
    }
}
