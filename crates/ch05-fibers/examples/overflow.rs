//! A fiber whose stack overflows: its guard stops it, and a handler says who it
//! was. In a child process, which is this program again.

use ch05_fibers::{Builder, Runtime, spawn, yield_now};
use std::hint::black_box;
use std::io;
use std::process::Command;

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
    Runtime::new()
        .run(|| {
            spawn(|| {
                loop {
                    yield_now(); // a neighbour, who is not harmed
                }
            });
            let deep = Builder::new().name("deep").spawn(|| recurse(0));
            deep.map(|fiber| fiber.join())
        })
        .ok();
}
// ANCHOR_END: overflow

/// A frame that is larger than the guard: does it jump over it?
fn large_frame() {
    #[inline(never)]
    fn step() -> u8 {
        let room = black_box([1_u8; 40 * 1024]);
        let below = black_box([2_u8; 40 * 1024]);
        black_box(&room)[0] + black_box(&below)[0]
    }
    Runtime::new().run(|| spawn(step).join()).ok();
}

/// Not an overflow, and no fiber: whoever was there before has to deal with it.
fn other_fault() {
    Runtime::new().run(|| {
        let nowhere = black_box(std::ptr::without_provenance::<u64>(8));
        // SAFETY: there is none: this is to fault.
        unsafe { nowhere.read_volatile() };
    });
}

/// What the child has said, and how it has ended.
fn run(how: &str) -> io::Result<(String, bool)> {
    let program = std::env::current_exe()?;
    let output = Command::new(program).arg(how).output()?;
    let said = String::from_utf8_lossy(&output.stderr).trim().to_string();
    Ok((said, output.status.success()))
}

fn main() -> io::Result<()> {
    match std::env::args().nth(1).as_deref() {
        Some("overflow") => overflow(),
        Some("large-frame") => large_frame(),
        Some("other-fault") => other_fault(),
        _ => {
            for how in ["overflow", "large-frame"] {
                let (said, success) = run(how)?;
                let end = if success { "well" } else { "by force" };
                println!("{how}: {said}\n  the child has ended {end}");
            }
        }
    }
    Ok(())
}

/// The children are this program; in a test they would be the test program. So
/// `tests/overflow.rs` runs them.
#[test]
fn runs() -> io::Result<()> {
    let _ = (run, overflow, large_frame, other_fault);
    let mut program = std::env::current_exe()?;
    program.pop();
    program.pop();
    assert!(program.join("examples").is_dir());
    Ok(())
}
