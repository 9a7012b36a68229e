//! What ends a process is tested in one of its own.

use std::env;
use std::process::{Command, Output};

/// By this variable, a child knows that it is one.
const CHILD: &str = "TESTING_CHILD";

/// Runs `act` in a child process, which is this test program again with the one
/// test `name`, by its path as `cargo test` prints it; and says how the child
/// ended.
///
/// Call it first in the test `name`: in the child, the test runs up to here
/// again. `None` is returned there, if `act` comes back; and where this program
/// is emulated and the kernel cannot start another one: then the emulator
/// reports 127, and nothing has been tested.
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
    Some(output)
}

/// A command that runs this test program again, with the one test `name`.
/// `None` where this program is emulated and the kernel cannot start another
/// one: then nothing can be tested, and it says so.
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
    let program = env::current_exe().expect("this program has a path");
    let mut command = Command::new(program);
    command.args([name, "--exact", "--nocapture"]);
    command
}
