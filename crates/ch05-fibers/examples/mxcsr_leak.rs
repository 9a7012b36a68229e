//! One fiber changes how results are rounded, and all others compute with it:
//! the control words of floating point are the thread's. With
//! `keep_float_environment` each fiber has its own.

mod quiet;

use ch05_fibers::{Runtime, RuntimeBuilder, spawn, yield_now};

cfg_select! {
    target_arch = "x86_64" => {
        // ANCHOR: round_up
        /// From now on, results that do not fit are rounded up.
        fn round_up() {
            use std::arch::asm;
            let mut mxcsr = 0_u32;
            let place = &raw mut mxcsr;
            // SAFETY: stores four bytes there.
            unsafe { asm!("stmxcsr [{}]", in(reg) place, options(nostack)) };
            // SAFETY: these four bytes, of which two bits are the direction.
            unsafe { *place |= 0b10 << 13 };
            // SAFETY: for the compiler this is undefined behaviour: it may
            // compute as if results were always rounded to the nearest. The
            // sums below are made by instructions that it does not know.
            unsafe { asm!("ldmxcsr [{}]", in(reg) place, options(nostack)) };
        }

        /// One third, by the processor and not by the compiler.
        fn third() -> f64 {
            let mut number = 1.0_f64;
            // SAFETY: divides in a register.
            unsafe {
                std::arch::asm!(
                    "divsd {number}, {three}",
                    number = inout(xmm_reg) number,
                    three = in(xmm_reg) 3.0_f64,
                    options(nostack, nomem),
                );
            }
            number
        }
        // ANCHOR_END: round_up
    }
    target_arch = "aarch64" => {
        fn round_up() {
            // SAFETY: as on x86-64. Bits 22 and 23 are the direction; 01: up.
            unsafe {
                std::arch::asm!(
                    "mrs {0}, fpcr",
                    "orr {0}, {0}, #0x400000",
                    "msr fpcr, {0}",
                    out(reg) _,
                    options(nostack),
                );
            }
        }

        fn third() -> f64 {
            let mut number = 1.0_f64;
            // SAFETY: divides in a register.
            unsafe {
                std::arch::asm!(
                    "fdiv {number:d}, {number:d}, {three:d}",
                    number = inout(vreg) number,
                    three = in(vreg) 3.0_f64,
                    options(nostack, nomem),
                );
            }
            number
        }
    }
    target_arch = "riscv64" => {
        fn round_up() {
            // SAFETY: as on x86-64. 3 is the direction: up.
            unsafe { std::arch::asm!("fsrmi 3", options(nostack)) };
        }

        fn third() -> f64 {
            let mut number = 1.0_f64;
            // SAFETY: divides in a register, and rounds as is set.
            unsafe {
                std::arch::asm!(
                    "fdiv.d {number}, {number}, {three}",
                    number = inout(freg) number,
                    three = in(freg) 3.0_f64,
                    options(nostack, nomem),
                );
            }
            number
        }
    }
}

// ANCHOR: compare
/// A third, as an innocent fiber computes it, before and after another fiber
/// has changed the rounding.
fn before_and_after(builder: RuntimeBuilder) -> (f64, f64) {
    // SAFETY: this code and std break none of the five promises.
    let mut runtime = unsafe { builder.build() };
    runtime.run(|| {
        let innocent = spawn(|| {
            let before = third();
            yield_now(); // here the other one runs
            (before, third())
        });
        spawn(round_up);
        innocent.join().expect("it does not panic")
    })
}
// ANCHOR_END: compare

fn say(how: &str, (before, after): (f64, f64)) {
    let same = match before == after {
        true => "the same",
        false => "not the same",
    };
    println!("{how}:  1 / 3 is {before:.20}");
    println!("             and then {after:.20}, {same}");
}

fn main() {
    quiet::end_on_closed_pipes();
    let mut leaking = (0.0, 0.0);
    let kept =
        before_and_after(Runtime::builder().keep_float_environment(true));
    // On a thread of its own, for it leaves the change behind.
    std::thread::scope(|scope| {
        let thread = scope.spawn(|| before_and_after(Runtime::builder()));
        leaking = thread.join().expect("it does not panic");
    });
    say("by default", leaking);
    say("kept apart", kept);
}

#[test]
fn runs() {
    let thread = std::thread::spawn(|| before_and_after(Runtime::builder()));
    let (before, after) = thread.join().unwrap();
    assert!(before < after, "{before:?} {after:?}");
    let (before, after) =
        before_and_after(Runtime::builder().keep_float_environment(true));
    assert_eq!(before.to_bits(), after.to_bits());
    assert_eq!(before.to_bits(), third().to_bits(), "home is kept, too");
}
