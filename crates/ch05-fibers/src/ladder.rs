//! The same switch six times, each of a different cost.
//!
//! Every rung does the same: it leaves one stack and continues on another. They
//! differ in who saves the registers, and in how the processor is told where to
//! continue. Only for measuring: the crate itself uses what `switch` has. x86-64 with the
//! System V calling convention (Linux, macOS, the BSDs).

use crate::stack::Stack;
use std::arch::{asm, naked_asm};

/// Where the two sides of a rung have stopped: their stack pointers.
#[derive(Debug, Default)]
#[repr(C)]
pub struct Pair {
    /// The side that calls [`Rung::resume`], while the other one runs.
    pub home: usize,
    /// The side that calls [`Rung::suspend`], while it is stopped.
    pub fiber: usize,
}

/// What the fiber's side of a rung begins with.
pub type Entry = extern "C" fn(*mut Pair) -> !;

/// One way to switch.
pub trait Rung {
    /// For the table.
    const NAME: &str;

    /// Prepares the stack that ends at `top`, a multiple of 16, so that the
    /// first [`resume`](Self::resume) enters `entry(pair)`.
    ///
    /// # Safety
    ///
    /// The 128 bytes below `top` must be the caller's to write.
    unsafe fn prepare(top: *mut usize, entry: Entry, pair: *mut Pair) -> usize;

    /// Goes to the fiber, and comes back when it suspends.
    ///
    /// # Safety
    ///
    /// `pair.fiber` must be from [`prepare`](Self::prepare) or from
    /// [`suspend`](Self::suspend) of the same rung.
    unsafe fn resume(pair: *mut Pair);

    /// Goes back to the side that resumed.
    ///
    /// # Safety
    ///
    /// Only on the stack that was entered by [`resume`](Self::resume) of the
    /// same rung and pair.
    unsafe fn suspend(pair: *mut Pair);
}

/// Writes `words` below `top`, the last one highest; returns where they begin.
///
/// # Safety
///
/// There must be room for them.
unsafe fn lay(top: *mut usize, words: &[usize]) -> usize {
    // SAFETY: the room below `top` is the caller's promise.
    let start = unsafe { top.sub(words.len()) };
    // SAFETY: as above; the words lie elsewhere.
    unsafe { start.copy_from_nonoverlapping(words.as_ptr(), words.len()) };
    start.addr()
}

/// What a prepared stack is entered by: calls `rbx(r12)`. A `call`, so that
/// the function finds the stack as after every call.
#[unsafe(naked)]
extern "C" fn enter() -> ! {
    naked_asm!(
        "mov rdi, r12", // the argument
        "call rbx",     // the function: it does not come back
        "ud2",          // if it does, stop here
    );
}

/// The words from which the six registers are loaded, in the order of the
/// pops, and the address after them. When that is popped, too, the stack is
/// empty, and aligned.
fn six(entry: Entry, pair: *mut Pair) -> [usize; 7] {
    let function = entry as *const () as usize;
    let enter = enter as *const () as usize;
    // r15, r14, r13, r12, rbx, rbp, and the address to go to.
    [0, 0, 0, pair.expose_provenance(), function, 0, enter]
}

macro_rules! symmetric {
    ($rung:ident, $name:literal, $prepare:expr, $switch:path) => {
        impl Rung for $rung {
            const NAME: &str = $name;

            unsafe fn prepare(
                top: *mut usize,
                entry: Entry,
                pair: *mut Pair,
            ) -> usize {
                let words = $prepare(entry, pair);
                // SAFETY: at most 128 bytes, which is the caller's promise.
                unsafe { lay(top, &words) }
            }

            #[inline(always)]
            unsafe fn resume(pair: *mut Pair) {
                // SAFETY: the caller's `pair` is valid.
                let save = unsafe { &raw mut (*pair).home };
                // SAFETY: as above.
                let to = unsafe { (*pair).fiber };
                // SAFETY: what `to` must be is the caller's promise.
                unsafe { $switch(save, to) };
            }

            #[inline(always)]
            unsafe fn suspend(pair: *mut Pair) {
                // SAFETY: the caller's `pair` is valid.
                let save = unsafe { &raw mut (*pair).fiber };
                // SAFETY: as above.
                let to = unsafe { (*pair).home };
                // SAFETY: the side that resumed has stored it there.
                unsafe { $switch(save, to) };
            }
        }
    };
}

/// As in many books: save six registers, change stacks, `ret`.
#[derive(Debug)]
pub struct NakedRet;

// ANCHOR: naked_ret
/// Saves six registers here, loads six there, and returns there.
#[unsafe(naked)]
unsafe extern "C" fn naked_ret(save: *mut usize, to: usize) {
    // register   on entry
    // rdi        save: where this stack's pointer is kept
    // rsi        to: the other stack's pointer
    naked_asm!(
        "push rbp", // the six registers that belong to our caller
        "push rbx",
        "push r12",
        "push r13",
        "push r14",
        "push r15",
        "mov [rdi], rsp", // stopped here
        "mov rsp, rsi",   // continue there
        "pop r15",
        "pop r14",
        "pop r13",
        "pop r12",
        "pop rbx",
        "pop rbp",
        "ret", // to the caller over there
    );
}
// ANCHOR_END: naked_ret
symmetric!(NakedRet, "naked, six registers, ret", six, naked_ret);

/// The same, but for the last instruction.
#[derive(Debug)]
pub struct NakedJmp;

// ANCHOR: naked_jmp
/// Saves six registers here, loads six there, and jumps there.
#[unsafe(naked)]
unsafe extern "C" fn naked_jmp(save: *mut usize, to: usize) {
    naked_asm!(
        "push rbp",
        "push rbx",
        "push r12",
        "push r13",
        "push r14",
        "push r15",
        "mov [rdi], rsp",
        "mov rsp, rsi",
        "pop r15",
        "pop r14",
        "pop r13",
        "pop r12",
        "pop rbx",
        "pop rbp",
        "pop rax", // what `ret` would have done, without
        "jmp rax", // the prediction that goes with it
    );
}
// ANCHOR_END: naked_jmp
symmetric!(NakedJmp, "naked, six registers, jmp", six, naked_jmp);

/// The one before, with the two control words of floating point.
#[derive(Debug)]
pub struct NakedFloat;

/// As [`naked_jmp`], with MXCSR and the x87 control word.
#[unsafe(naked)]
unsafe extern "C" fn naked_float(save: *mut usize, to: usize) {
    naked_asm!(
        "push rbp",
        "push rbx",
        "push r12",
        "push r13",
        "push r14",
        "push r15",
        "sub rsp, 8",
        "stmxcsr [rsp]",    // rounding and exceptions of SSE
        "fnstcw [rsp + 4]", // rounding, precision, exceptions of x87
        "mov [rdi], rsp",
        "mov rsp, rsi",
        "ldmxcsr [rsp]",
        "fldcw [rsp + 4]",
        "add rsp, 8",
        "pop r15",
        "pop r14",
        "pop r13",
        "pop r12",
        "pop rbx",
        "pop rbp",
        "pop rax",
        "jmp rax",
    );
}

/// As [`six`], below them the control words that every program begins with.
fn seven(entry: Entry, pair: *mut Pair) -> [usize; 8] {
    let [a, b, c, d, e, f, g] = six(entry, pair);
    [0x037f_0000_1f80, a, b, c, d, e, f, g]
}
symmetric!(
    NakedFloat,
    "naked, six registers, MXCSR and x87, jmp",
    seven,
    naked_float
);

/// Inlined: the compiler saves what it needs.
#[derive(Debug)]
pub struct InlineJmp;

// ANCHOR: inline_jmp
/// Suspends this stack and resumes that one. Inlined, so that the compiler saves what it
/// needs of the registers that are declared, and nothing else.
#[inline(always)]
unsafe fn inline_jmp(save: *mut usize, to: usize) {
    // SAFETY: every register is an output, or kept on this stack (rbx and
    // rbp, which may not be outputs); `to` is where such a block, or
    // `prepare`, has left another stack.
    unsafe {
        asm!(
            "push rbp",
            "push rbx",
            "lea  rax, [rip + 2f]", // where to continue later
            "push rax",
            "mov  [rdi], rsp",
            "mov  rsp, rsi",
            "pop  rax",
            "jmp  rax",
            "2:",
            "pop  rbx",
            "pop  rbp",
            inout("rdi") save => _,
            inout("rsi") to => _,
            out("r12") _, out("r13") _, out("r14") _, out("r15") _,
            clobber_abi("sysv64"),
        );
    }
}
// ANCHOR_END: inline_jmp

fn one(entry: Entry, pair: *mut Pair) -> [usize; 3] {
    let function = entry as *const () as usize;
    let enter = enter_popping as *const () as usize;
    [enter, pair.expose_provenance(), function]
}

/// What a prepared stack of the inlined rungs is entered by: the argument and
/// the function lie on it.
#[unsafe(naked)]
extern "C" fn enter_popping() -> ! {
    naked_asm!(
        "pop rdi",  // the argument
        "pop rax",  // the function
        "call rax", // it never returns
        "ud2",
    );
}
symmetric!(InlineJmp, "inlined, jmp", one, inline_jmp);

/// Inlined, and each `call` meets its `ret`.
#[derive(Debug)]
pub struct InlinePaired;

impl Rung for InlinePaired {
    const NAME: &str = "inlined, call and ret";

    unsafe fn prepare(top: *mut usize, entry: Entry, pair: *mut Pair) -> usize {
        let function = entry as *const () as usize;
        let enter = enter_swapping as *const () as usize;
        let words = [enter, pair.expose_provenance(), function];
        // SAFETY: 32 bytes, which is the caller's promise.
        unsafe { lay(top, &words) }
    }

    // ANCHOR: inline_paired
    #[inline(always)]
    unsafe fn resume(pair: *mut Pair) {
        // SAFETY: the caller's `pair` is valid, and not shared.
        let sp = unsafe { &mut (*pair).fiber };
        // SAFETY: as above; the fiber's side changes the stacks, and returns
        // just after our `call`.
        unsafe {
            asm!(
                "push rbp",
                "push rbx",
                "call [rdi]", // where the fiber has stopped; see below
                "pop  rbx",
                "pop  rbp",
                inout("rdi") *sp => *sp,
                out("r12") _, out("r13") _, out("r14") _, out("r15") _,
                clobber_abi("sysv64"),
            );
        }
    }

    #[inline(always)]
    unsafe fn suspend(pair: *mut Pair) {
        // SAFETY: the caller's `pair` is valid, and not shared.
        let sp = unsafe { &mut (*pair).home };
        // SAFETY: as above; `home` is where the `call` in `resume` has stored
        // its return address.
        unsafe {
            asm!(
                "push rbp",
                "push rbx",
                "lea  rax, [rip + 2f]",
                "push rax",       // where to continue later
                "xchg rsp, rdi",  // their stack, and ours to be kept
                "ret",            // just after the `call` in `resume`
                "2:",
                "xchg rsp, rdi",  // our stack, and theirs to be kept
                "pop  rax",       // where we are already
                "pop  rbx",
                "pop  rbp",
                inout("rdi") *sp => *sp,
                out("r12") _, out("r13") _, out("r14") _, out("r15") _,
                clobber_abi("sysv64"),
            );
        }
    }
    // ANCHOR_END: inline_paired
}

/// What a prepared stack of [`InlinePaired`] is entered by: it was called on
/// the stack of the side that resumes.
#[unsafe(naked)]
extern "C" fn enter_swapping() -> ! {
    naked_asm!(
        "xchg rsp, rdi", // this stack; theirs is kept
        "pop rax",       // where we are already
        "mov rdx, rdi",
        "pop rdi",        // the argument
        "mov [rdi], rdx", // its first word: `home`
        "pop rax",        // the function
        "call rax",
        "ud2",
    );
}

/// What the crate has: [`switch`](crate::switch::switch).
#[derive(Debug)]
pub struct Crate;

impl Rung for Crate {
    const NAME: &str = "this crate: inlined, jmp, no push";

    unsafe fn prepare(top: *mut usize, entry: Entry, pair: *mut Pair) -> usize {
        // SAFETY: both pass one pointer, in the same register.
        let entry = unsafe {
            std::mem::transmute::<Entry, crate::switch::Entry>(entry)
        };
        let top = top.cast();
        // SAFETY: there are 128 bytes below `top`, which is more than it
        // writes.
        let sp =
            unsafe { crate::switch::prepare(top, top, entry, pair.cast()) };
        sp.expose_provenance()
    }

    #[inline(always)]
    unsafe fn resume(pair: *mut Pair) {
        // SAFETY: the caller's `pair` is valid.
        let save = unsafe { &raw mut (*pair).home };
        // SAFETY: as above.
        let to = unsafe { (*pair).fiber };
        let to = std::ptr::with_exposed_provenance_mut(to);
        // SAFETY: what `to` must be is the caller's promise.
        unsafe { crate::switch::switch(save.cast(), to) };
    }

    #[inline(always)]
    unsafe fn suspend(pair: *mut Pair) {
        // SAFETY: the caller's `pair` is valid.
        let save = unsafe { &raw mut (*pair).fiber };
        // SAFETY: as above.
        let to = unsafe { (*pair).home };
        let to = std::ptr::with_exposed_provenance_mut(to);
        // SAFETY: the side that resumed has stored it there.
        unsafe { crate::switch::switch(save.cast(), to) };
    }
}

/// A stack with a fiber of one rung on it, which suspends for ever.
#[derive(Debug)]
pub struct Loop {
    pair: Box<Pair>,
    _stack: Stack,
}

impl Loop {
    /// Prepares one. A `deep` one suspends in a function that its entry calls.
    ///
    /// # Panics
    ///
    /// If there is no memory for its stack.
    pub fn new<R: Rung>(deep: bool) -> Self {
        let stack = Stack::new(64 * 1024).expect("no memory for a stack");
        let mut pair = Box::new(Pair::default());
        let top = stack.top().cast::<usize>();
        let entry = if deep { in_a_call::<R> } else { flatly::<R> };
        // SAFETY: the stack is 64 KiB and ends at `top`.
        pair.fiber = unsafe { R::prepare(top, entry, &raw mut *pair) };
        Self {
            pair,
            _stack: stack,
        }
    }

    /// Resumes it, and comes back when it suspends: `count` times, rounded up
    /// to a multiple of four.
    ///
    /// # Safety
    ///
    /// The rung must be the one that it was made for.
    pub unsafe fn rounds<R: Rung>(&mut self, count: usize) {
        let pair = &raw mut *self.pair;
        // Four at a time: the counter of the loop goes through memory, since a
        // switch keeps no register, and is not to be what is measured.
        for _ in 0..count.div_ceil(4) {
            // SAFETY: prepared by `new`, then suspended by the loops below.
            unsafe { R::resume(pair) };
            // SAFETY: as above.
            unsafe { R::resume(pair) };
            // SAFETY: as above.
            unsafe { R::resume(pair) };
            // SAFETY: as above.
            unsafe { R::resume(pair) };
        }
    }
}

extern "C" fn flatly<R: Rung>(pair: *mut Pair) -> ! {
    loop {
        // SAFETY: this runs on the stack that `resume` has entered.
        unsafe { R::suspend(pair) };
    }
}

/// One call, and not three: of a function that calls itself three times the
/// optimiser makes one that does not.
extern "C" fn in_a_call<R: Rung>(pair: *mut Pair) -> ! {
    #[inline(never)]
    fn inner<R: Rung>(pair: *mut Pair, number: usize) -> usize {
        // SAFETY: this runs on the stack that `resume` has entered.
        unsafe { R::suspend(pair) };
        number
    }
    loop {
        std::hint::black_box(inner::<R>(pair, std::hint::black_box(3)));
    }
}
