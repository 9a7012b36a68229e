//! What a fiber costs: to switch to, to make, and to keep; here, in corosensei
//! and may, by the C library's ucontext, and as a thread. Linux on x86-64 only.
//!
//! ```console
//! $ cargo bench --bench fibers                 # all of it, as JSON
//! $ cargo bench --bench fibers -- --quick      # once each: does it run?
//! $ cargo bench --bench fibers -- \
//!       --group "round trip" --only ours "at once" --iterations 1000
//! ```
//!
//! | group | a case is | its figure is for |
//! |---|---|---|
//! | `round trip` | where the fiber yields: in its first function, or in one that it calls | a switch there and one back |
//! | `ladder` | the same | the same, for the chapter's ways to switch |
//! | `round robin` | how many fibers take turns | a switch to the next one |
//! | `create` | where the stack comes from | make, run, and wait for the end |
//! | `memory` | how many fibers are suspended | what each has touched |
//!
//! `ours` is the bare switch in `round trip`, as corosensei is one, and the
//! whole runtime in all others: its `create` is a spawn and a join. `ours, bare`
//! is what corosensei's is: a closure that runs on a pooled stack. The last
//! form runs one loop, for a tool that counts instructions; what cannot be
//! counted so is refused.

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod linux;

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
fn main() -> std::process::ExitCode {
    testing::bench::main("fibers", &["--keep"], linux::run)
}

#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
fn main() {
    println!("this benchmark is for Linux on x86-64 only");
}
