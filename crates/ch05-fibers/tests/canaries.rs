//! A canary in every register that a function must leave as it was: it is there
//! again after a thousand switches, while other fibers keep others there. In
//! debug and release builds; the assembly does not depend on the optimiser.

mod support;

use ch05_fibers::{spawn, yield_now};
use std::arch::naked_asm;
use std::cell::Cell;
use std::rc::Rc;
use support::runtime;
use testing::within_a_minute;

/// Calls `call` with canaries in all callee-saved registers, made from `seed`.
/// Returns the bits in which any of them has changed: zero if none has.
///
/// # Safety
///
/// `call` must not unwind: there is nothing here to unwind by.
#[cfg(all(unix, target_arch = "x86_64"))]
#[unsafe(naked)]
unsafe extern "C" fn guarded(call: extern "C" fn(), seed: u64) -> u64 {
    naked_asm!(
        "push rbx", // our caller's
        "push rbp",
        "push r12",
        "push r13",
        "push r14",
        "push r15",
        "push rsi", // the seed; and now the stack is aligned
        "lea rbx, [rsi + 1]",
        "lea rbp, [rsi + 2]",
        "lea r12, [rsi + 3]",
        "lea r13, [rsi + 4]",
        "lea r14, [rsi + 5]",
        "lea r15, [rsi + 6]",
        "call rdi",
        "pop rsi",
        "lea rax, [rsi + 1]", // all changes are gathered in rax
        "xor rax, rbx",
        "lea rcx, [rsi + 2]",
        "xor rcx, rbp",
        "or rax, rcx",
        "lea rcx, [rsi + 3]",
        "xor rcx, r12",
        "or rax, rcx",
        "lea rcx, [rsi + 4]",
        "xor rcx, r13",
        "or rax, rcx",
        "lea rcx, [rsi + 5]",
        "xor rcx, r14",
        "or rax, rcx",
        "lea rcx, [rsi + 6]",
        "xor rcx, r15",
        "or rax, rcx",
        "pop r15",
        "pop r14",
        "pop r13",
        "pop r12",
        "pop rbp",
        "pop rbx",
        "ret",
    );
}

/// The same on Windows: with rdi, rsi and the vector registers from xmm6 on.
///
/// # Safety
///
/// As above.
#[cfg(all(windows, target_arch = "x86_64"))]
#[unsafe(naked)]
unsafe extern "C" fn guarded(call: extern "C" fn(), seed: u64) -> u64 {
    naked_asm!(
        "push rbx",
        "push rbp",
        "push rdi",
        "push rsi",
        "push r12",
        "push r13",
        "push r14",
        "push r15",
        // 32 bytes that the callee may use, the seed, ten vectors; aligned.
        "sub rsp, 216",
        "movaps [rsp + 48], xmm6",
        "movaps [rsp + 64], xmm7",
        "movaps [rsp + 80], xmm8",
        "movaps [rsp + 96], xmm9",
        "movaps [rsp + 112], xmm10",
        "movaps [rsp + 128], xmm11",
        "movaps [rsp + 144], xmm12",
        "movaps [rsp + 160], xmm13",
        "movaps [rsp + 176], xmm14",
        "movaps [rsp + 192], xmm15",
        "mov [rsp + 32], rdx",
        "lea rbx, [rdx + 1]",
        "lea rbp, [rdx + 2]",
        "lea rdi, [rdx + 3]",
        "lea rsi, [rdx + 4]",
        "lea r12, [rdx + 5]",
        "lea r13, [rdx + 6]",
        "lea r14, [rdx + 7]",
        "lea r15, [rdx + 8]",
        "movq xmm6, rbx",
        "movq xmm7, rbp",
        "movq xmm8, rdi",
        "movq xmm9, rsi",
        "movq xmm10, r12",
        "movq xmm11, r13",
        "movq xmm12, r14",
        "movq xmm13, r15",
        "movq xmm14, rbx",
        "movq xmm15, rbp",
        "call rcx",
        "mov rdx, [rsp + 32]",
        "lea rax, [rdx + 1]",
        "xor rax, rbx",
        "lea rcx, [rdx + 2]",
        "xor rcx, rbp",
        "or rax, rcx",
        "lea rcx, [rdx + 3]",
        "xor rcx, rdi",
        "or rax, rcx",
        "lea rcx, [rdx + 4]",
        "xor rcx, rsi",
        "or rax, rcx",
        "lea rcx, [rdx + 5]",
        "xor rcx, r12",
        "or rax, rcx",
        "lea rcx, [rdx + 6]",
        "xor rcx, r13",
        "or rax, rcx",
        "lea rcx, [rdx + 7]",
        "xor rcx, r14",
        "or rax, rcx",
        "lea rcx, [rdx + 8]",
        "xor rcx, r15",
        "or rax, rcx",
        // The others are right, or it is wrong already: compare with them.
        "movq rcx, xmm6",
        "xor rcx, rbx",
        "or rax, rcx",
        "movq rcx, xmm7",
        "xor rcx, rbp",
        "or rax, rcx",
        "movq rcx, xmm8",
        "xor rcx, rdi",
        "or rax, rcx",
        "movq rcx, xmm9",
        "xor rcx, rsi",
        "or rax, rcx",
        "movq rcx, xmm10",
        "xor rcx, r12",
        "or rax, rcx",
        "movq rcx, xmm11",
        "xor rcx, r13",
        "or rax, rcx",
        "movq rcx, xmm12",
        "xor rcx, r14",
        "or rax, rcx",
        "movq rcx, xmm13",
        "xor rcx, r15",
        "or rax, rcx",
        "movq rcx, xmm14",
        "xor rcx, rbx",
        "or rax, rcx",
        "movq rcx, xmm15",
        "xor rcx, rbp",
        "or rax, rcx",
        "movaps xmm6, [rsp + 48]",
        "movaps xmm7, [rsp + 64]",
        "movaps xmm8, [rsp + 80]",
        "movaps xmm9, [rsp + 96]",
        "movaps xmm10, [rsp + 112]",
        "movaps xmm11, [rsp + 128]",
        "movaps xmm12, [rsp + 144]",
        "movaps xmm13, [rsp + 160]",
        "movaps xmm14, [rsp + 176]",
        "movaps xmm15, [rsp + 192]",
        "add rsp, 216",
        "pop r15",
        "pop r14",
        "pop r13",
        "pop r12",
        "pop rsi",
        "pop rdi",
        "pop rbp",
        "pop rbx",
        "ret",
    );
}

/// The same on 64-bit Arm: x19 to x29, and the low halves of v8 to v15.
///
/// # Safety
///
/// As above.
#[cfg(all(unix, target_arch = "aarch64"))]
#[unsafe(naked)]
unsafe extern "C" fn guarded(call: extern "C" fn(), seed: u64) -> u64 {
    naked_asm!(
        "stp x29, x30, [sp, #-176]!",
        "stp x19, x20, [sp, #16]",
        "stp x21, x22, [sp, #32]",
        "stp x23, x24, [sp, #48]",
        "stp x25, x26, [sp, #64]",
        "stp x27, x28, [sp, #80]",
        "stp d8, d9, [sp, #96]",
        "stp d10, d11, [sp, #112]",
        "stp d12, d13, [sp, #128]",
        "stp d14, d15, [sp, #144]",
        "str x1, [sp, #160]", // the seed
        "add x19, x1, #1",
        "add x20, x1, #2",
        "add x21, x1, #3",
        "add x22, x1, #4",
        "add x23, x1, #5",
        "add x24, x1, #6",
        "add x25, x1, #7",
        "add x26, x1, #8",
        "add x27, x1, #9",
        "add x28, x1, #10",
        "add x29, x1, #11",
        "fmov d8, x19",
        "fmov d9, x20",
        "fmov d10, x21",
        "fmov d11, x22",
        "fmov d12, x23",
        "fmov d13, x24",
        "fmov d14, x25",
        "fmov d15, x26",
        "blr x0",
        "ldr x1, [sp, #160]",
        "add x2, x1, #1", // all changes are gathered in x0
        "eor x0, x2, x19",
        "add x2, x1, #2",
        "eor x2, x2, x20",
        "orr x0, x0, x2",
        "add x2, x1, #3",
        "eor x2, x2, x21",
        "orr x0, x0, x2",
        "add x2, x1, #4",
        "eor x2, x2, x22",
        "orr x0, x0, x2",
        "add x2, x1, #5",
        "eor x2, x2, x23",
        "orr x0, x0, x2",
        "add x2, x1, #6",
        "eor x2, x2, x24",
        "orr x0, x0, x2",
        "add x2, x1, #7",
        "eor x2, x2, x25",
        "orr x0, x0, x2",
        "add x2, x1, #8",
        "eor x2, x2, x26",
        "orr x0, x0, x2",
        "add x2, x1, #9",
        "eor x2, x2, x27",
        "orr x0, x0, x2",
        "add x2, x1, #10",
        "eor x2, x2, x28",
        "orr x0, x0, x2",
        "add x2, x1, #11",
        "eor x2, x2, x29",
        "orr x0, x0, x2",
        "fmov x2, d8", // those above are right, or it is wrong already
        "eor x2, x2, x19",
        "orr x0, x0, x2",
        "fmov x2, d9",
        "eor x2, x2, x20",
        "orr x0, x0, x2",
        "fmov x2, d10",
        "eor x2, x2, x21",
        "orr x0, x0, x2",
        "fmov x2, d11",
        "eor x2, x2, x22",
        "orr x0, x0, x2",
        "fmov x2, d12",
        "eor x2, x2, x23",
        "orr x0, x0, x2",
        "fmov x2, d13",
        "eor x2, x2, x24",
        "orr x0, x0, x2",
        "fmov x2, d14",
        "eor x2, x2, x25",
        "orr x0, x0, x2",
        "fmov x2, d15",
        "eor x2, x2, x26",
        "orr x0, x0, x2",
        "ldp d14, d15, [sp, #144]",
        "ldp d12, d13, [sp, #128]",
        "ldp d10, d11, [sp, #112]",
        "ldp d8, d9, [sp, #96]",
        "ldp x27, x28, [sp, #80]",
        "ldp x25, x26, [sp, #64]",
        "ldp x23, x24, [sp, #48]",
        "ldp x21, x22, [sp, #32]",
        "ldp x19, x20, [sp, #16]",
        "ldp x29, x30, [sp], #176",
        "ret",
    );
}

/// The same on 64-bit RISC-V: s0 to s11, and fs0 to fs11. `.irp` repeats lines,
/// once for each of the numbers.
///
/// # Safety
///
/// As above.
#[cfg(all(unix, target_arch = "riscv64"))]
#[unsafe(naked)]
unsafe extern "C" fn guarded(call: extern "C" fn(), seed: u64) -> u64 {
    naked_asm!(
        ".option push",
        ".option arch, +d", // as in `s1_stack_swap`
        "addi sp, sp, -208",
        "sd ra, 192(sp)",
        "sd a1, 200(sp)", // the seed
        ".irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11",
        "sd s\\n, 8 * \\n(sp)", // our caller's
        "fsd fs\\n, 96 + 8 * \\n(sp)",
        "addi s\\n, a1, 1 + \\n",
        "fmv.d.x fs\\n, s\\n",
        ".endr",
        "jalr a0",
        "ld a1, 200(sp)",
        "li a0, 0", // all changes are gathered in a0
        ".irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11",
        "addi t0, a1, 1 + \\n",
        "xor t1, t0, s\\n",
        "or a0, a0, t1",
        "fmv.x.d t1, fs\\n",
        "xor t1, t0, t1",
        "or a0, a0, t1",
        "ld s\\n, 8 * \\n(sp)",
        "fld fs\\n, 96 + 8 * \\n(sp)",
        ".endr",
        "ld ra, 192(sp)",
        "addi sp, sp, 208",
        "ret",
        ".option pop",
    );
}

/// Functions that break their promise, each for one register and by the
/// instruction that is its name.
macro_rules! dishonest {
    ($($instruction:literal)*) => {
        [$({
            #[unsafe(naked)]
            extern "C" fn breaks_its_promise() {
                cfg_select! {
                    target_arch = "riscv64" => naked_asm!(
                        ".option push",
                        ".option arch, +d",
                        $instruction,
                        "ret",
                        ".option pop",
                    ),
                    _ => naked_asm!($instruction, "ret"),
                }
            }
            ($instruction, breaks_its_promise as extern "C" fn())
        }),*]
    };
}

type Dishonest = (&'static str, extern "C" fn());

#[cfg(all(unix, target_arch = "x86_64"))]
const DISHONEST: [Dishonest; 6] = dishonest! {
    "not rbx" "not rbp" "not r12" "not r13" "not r14" "not r15"
};

#[cfg(all(windows, target_arch = "x86_64"))]
const DISHONEST: [Dishonest; 18] = dishonest! {
    "not rbx" "not rbp" "not rdi" "not rsi" "not r12" "not r13" "not r14"
    "not r15" "xorps xmm6, xmm6" "xorps xmm7, xmm7" "xorps xmm8, xmm8"
    "xorps xmm9, xmm9" "xorps xmm10, xmm10" "xorps xmm11, xmm11"
    "xorps xmm12, xmm12" "xorps xmm13, xmm13" "xorps xmm14, xmm14"
    "xorps xmm15, xmm15"
};

#[cfg(all(unix, target_arch = "aarch64"))]
const DISHONEST: [Dishonest; 19] = dishonest! {
    "mvn x19, x19" "mvn x20, x20" "mvn x21, x21" "mvn x22, x22" "mvn x23, x23"
    "mvn x24, x24" "mvn x25, x25" "mvn x26, x26" "mvn x27, x27" "mvn x28, x28"
    "mvn x29, x29" "fneg d8, d8" "fneg d9, d9" "fneg d10, d10" "fneg d11, d11"
    "fneg d12, d12" "fneg d13, d13" "fneg d14, d14" "fneg d15, d15"
};

#[cfg(all(unix, target_arch = "riscv64"))]
const DISHONEST: [Dishonest; 24] = dishonest! {
    "not s0, s0" "not s1, s1" "not s2, s2" "not s3, s3" "not s4, s4"
    "not s5, s5" "not s6, s6" "not s7, s7" "not s8, s8" "not s9, s9"
    "not s10, s10" "not s11, s11" "fneg.d fs0, fs0" "fneg.d fs1, fs1"
    "fneg.d fs2, fs2" "fneg.d fs3, fs3" "fneg.d fs4, fs4" "fneg.d fs5, fs5"
    "fneg.d fs6, fs6" "fneg.d fs7, fs7" "fneg.d fs8, fs8" "fneg.d fs9, fs9"
    "fneg.d fs10, fs10" "fneg.d fs11, fs11"
};

extern "C" fn yields() {
    yield_now();
}

extern "C" fn yields_and_joins() {
    let inner = spawn(|| {
        yield_now();
        7_u64
    });
    assert_eq!(inner.join().ok(), Some(7));
}

/// An honest call changes none of them: else the test would say nothing.
extern "C" fn does_nothing() {}

/// A dishonest one does, and is caught.
#[test]
fn the_guard_notices() {
    // SAFETY: it does not unwind.
    assert_eq!(unsafe { guarded(does_nothing, 0x5555_0000) }, 0);
    for (instruction, call) in DISHONEST {
        // SAFETY: it does not unwind, and what it destroys is restored.
        let bits = unsafe { guarded(call, 0x5555_0000) };
        assert_ne!(bits, 0, "{instruction}");
    }
}

#[test]
fn canaries_survive_a_thousand_switches() {
    within_a_minute(|| {
        let changed = Rc::new(Cell::new(0));
        let theirs = Rc::clone(&changed);
        runtime().run(move || {
            let all: Vec<_> = (1..=5_u64)
                .map(|fiber| {
                    let changed = Rc::clone(&theirs);
                    spawn(move || {
                        for turn in 0..1_000 {
                            let seed = fiber << 48 | turn << 16;
                            let call = match turn % 10 {
                                9 => yields_and_joins,
                                _ => yields,
                            };
                            // SAFETY: neither unwinds: no fiber is cancelled.
                            let bits = unsafe { guarded(call, seed) };
                            changed.set(changed.get() | bits);
                        }
                    })
                })
                .collect();
            for one in all {
                one.join().expect("it does not panic");
            }
        });
        assert_eq!(changed.get(), 0, "{:#x}", changed.get());
    });
}

/// The stack pointer when a function begins.
#[unsafe(naked)]
extern "C" fn stack_pointer() -> usize {
    cfg_select! {
        target_arch = "x86_64" => naked_asm!("mov rax, rsp", "ret"),
        target_arch = "aarch64" => naked_asm!("mov x0, sp", "ret"),
        target_arch = "riscv64" => naked_asm!("mv a0, sp", "ret"),
    }
}

/// On x86-64, Unix and Windows, eight below a multiple of 16, and elsewhere a
/// multiple: the compiler lays frames out accordingly, and passes on what the first
/// function of the stack has found.
#[test]
fn functions_find_the_stack_pointer_as_the_abi_says() {
    let found = runtime().run(|| {
        let fiber = spawn(|| {
            let first = stack_pointer();
            yield_now();
            [first, stack_pointer()]
        });
        fiber.join()
    });
    let found = found.expect("it does not panic");
    let right = if cfg!(target_arch = "x86_64") { 8 } else { 0 };
    assert_eq!(found.map(|address| address % 16), [right; 2]);
}
