//! A fiber whose stack overflows: its guard stops it, and a handler says which one it
//! was. In a child process, which is this program again.

mod quiet;

use ch05_fibers::{Builder, Runtime, spawn, yield_now};
use std::hint::black_box;
use std::io;
use std::process::ExitStatus;

// ANCHOR: overflow
/// Calls itself, and lets others run in between, for ever.
fn recurse(depth: u64) -> u64 {
    let room = black_box([depth; 16]);
    yield_now();
    match black_box(depth) {
        u64::MAX => 0,
        _ => recurse(depth + 1) + room[0],
    }
}

fn overflow() {
    // SAFETY: this code and std break none of the five promises.
    unsafe { Runtime::new() }
        .run(|| {
            spawn(|| {
                loop {
                    yield_now(); // a neighbour, which is not harmed
                }
            });
            let deep = Builder::new().name("deep").spawn(|| recurse(0));
            deep.map(|fiber| fiber.join())
        })
        .ok();
}
// ANCHOR_END: overflow

/// For RISC-V the compiler makes no stack probes: there such a frame does jump over
/// the guard, and may harm a neighbour before anything is noticed.
const PROBED: bool = !cfg!(target_arch = "riscv64");

/// A frame that is larger than the guard: does it jump over it?
fn large_frame() {
    #[inline(never)]
    fn step() -> u8 {
        let room = black_box([1_u8; 80 * 1024]);
        let below = black_box([2_u8; 80 * 1024]);
        black_box(&room)[0] + black_box(&below)[0]
    }
    // SAFETY: this code and std break none of the five promises.
    unsafe { Runtime::new() }.run(|| spawn(step).join()).ok();
}

/// Not an overflow: the handler that was there before has to deal with it.
fn other_fault() {
    // SAFETY: this code and std break none of the five promises.
    unsafe { Runtime::new() }.run(|| {
        let nowhere = black_box(std::ptr::without_provenance::<u64>(8));
        // SAFETY: there is none: this is to fault.
        unsafe { nowhere.read_volatile() };
    });
}

/// By this variable, the child knows what it is to do.
const HOW: &str = "CH05_OVERFLOW";

/// What the child has said, and how it has ended.
fn run(how: &str) -> io::Result<(String, ExitStatus)> {
    let mut child = testing::this_program();
    if cfg!(test) {
        child.args(["tests::child", "--exact", "--nocapture"]);
    }
    let output = child.env(HOW, how).output()?;
    let said = String::from_utf8_lossy(&output.stderr).trim().to_string();
    Ok((said, output.status))
}

/// In the child: does it. `false` if this is not the child.
fn child() -> bool {
    match std::env::var(HOW).as_deref() {
        Ok("overflow") => overflow(),
        Ok("large-frame") => large_frame(),
        Ok("other-fault") => other_fault(),
        _ => return false,
    }
    true
}

fn main() -> io::Result<()> {
    quiet::end_on_closed_pipes();
    if child() {
        return Ok(());
    }
    for how in ["overflow", "large-frame"] {
        if how == "large-frame" && !PROBED {
            println!("{how}: not here, where nothing probes it");
            continue;
        }
        let (said, status) = run(how)?;
        let end = if status.success() {
            "has ended well"
        } else {
            "was killed"
        };
        println!("{how}: {said}\n  the child {end}");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `None` where only this program is emulated, and the kernel cannot start
    /// another one: then the emulator reports 127, and nothing has been tested.
    fn ended(how: &str) -> Option<(String, ExitStatus)> {
        let (said, status) = run(how).unwrap();
        if status.code() == Some(127) {
            eprintln!("not tested: this emulator cannot start a child");
            return None;
        }
        assert!(!status.success(), "{said}");
        Some((said, status))
    }

    /// The child.
    #[test]
    fn child() {
        super::child();
    }

    #[test]
    fn runs() {
        let overflow = "fiber 'deep' (3) has overflowed its stack of 64 KiB";
        if let Some((said, _status)) = ended("overflow") {
            assert!(said.lines().any(|line| line == overflow), "{said}");
            #[cfg(unix)]
            {
                use std::os::unix::process::ExitStatusExt;
                assert_eq!(_status.signal(), Some(libc::SIGABRT));
            }
        }
        let overflow = "fiber 2 has overflowed its stack of 64 KiB";
        if !PROBED {
            eprintln!("not tested: a large frame, which nothing probes here");
        } else if let Some((said, _)) = ended("large-frame") {
            assert!(said.lines().any(|line| line == overflow), "{said}");
        }
        let _ = main;
    }

    #[test]
    fn other_faults_are_passed_on() {
        let Some((said, _status)) = ended("other-fault") else {
            return;
        };
        assert!(!said.contains("overflowed"), "{said}");
        #[cfg(unix)]
        {
            use std::os::unix::process::ExitStatusExt;
            let known = [Some(libc::SIGSEGV), Some(libc::SIGBUS)];
            assert!(known.contains(&_status.signal()), "{said}");
        }
    }
}
