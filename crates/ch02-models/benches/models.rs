//! What a task costs in each model of chapter 2: to create, to keep waiting,
//! and to switch to. Linux only.
//!
//! ```console
//! $ cargo bench --bench models                 # all of it, as JSON
//! $ cargo bench --bench models -- --quick      # once each: does it run?
//! $ cargo bench --bench models -- \
//!       --group switch --only async 10 --iterations 1000
//! ```
//!
//! A case is a number of tasks that are there at the same time. `create`: each
//! is created, runs to its first wait, and is ended. `reserved` and `touched`:
//! what a waiting one holds. `switch`: one goes to wait, the next resumes.
//!
//! The last form runs one loop, for a tool that counts instructions. As a case
//! occurs in every group, it needs the group, too, and is refused without it.

#[cfg(target_os = "linux")]
mod linux;

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    testing::bench::main("models", &["--keep"], linux::run)
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("this benchmark is for Linux only");
}
