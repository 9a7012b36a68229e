//! Stage 2 of chapter 5: what lies on a stack, word by word, read back from
//! memory.
//!
//! The picture is made of real memory: each word is read, and named by where it
//! is and by what is there. An address differs from run to run, so what can be
//! recognised is shown by its name.

use crate::s1_stack_swap::{Entry, FIRST, enter, prepare};
use crate::stack::Stack;
use std::fmt::{self, Write as _};

/// One word of a stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// How far below the high end of the stack it begins, in bytes.
    pub below: usize,
    /// What is there: a name if it is known, else the number.
    pub value: String,
    /// What it is for.
    pub meaning: &'static str,
}

/// What the prepared words are for, from low to high, on this platform.
pub const MEANINGS: [&str; FIRST] = cfg_select! {
    all(unix, target_arch = "x86_64") => {
        [
            "r15", "r14", "r13",
            "r12: the argument",
            "rbx: the function",
            "rbp",
            "where `ret` goes first",
        ]
    }
    all(windows, target_arch = "x86_64") => {
        [
            "xmm6", "", "xmm7", "", "xmm8", "", "xmm9", "", "xmm10", "",
            "xmm11", "", "xmm12", "", "xmm13", "", "xmm14", "", "xmm15", "",
            "a gap, for alignment",
            "gs:[0x1478]: the last low end",
            "gs:[0x10]: the low end",
            "gs:[8]: the high end",
            "gs:[0]: no handlers",
            "r15", "r14", "r13",
            "r12: the argument",
            "rsi", "rdi",
            "rbx: the function",
            "rbp",
            "where `ret` goes first",
            "a gap, for alignment", "",
        ]
    }
    target_arch = "riscv64" => {
        [
            "ra: where `ret` goes first",
            "s0",
            "s1: the function",
            "s2: the argument",
            "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11",
            "fs0", "fs1", "fs2", "fs3", "fs4", "fs5", "fs6", "fs7", "fs8",
            "fs9", "fs10", "fs11",
            "a gap, for alignment",
        ]
    }
    _ => {
        [
            "x19: the function",
            "x20: the argument",
            "x21", "x22", "x23", "x24", "x25", "x26", "x27", "x28", "x29",
            "x30: where `ret` goes first",
            "d8", "d9", "d10", "d11", "d12", "d13", "d14", "d15",
        ]
    }
};

// ANCHOR: picture
/// The words of a stack that was prepared for `entry` and `argument`, the
/// highest one first, read from its memory.
pub fn picture(
    stack: &mut Stack,
    entry: Entry,
    argument: *mut u8,
) -> Vec<Word> {
    let low = prepare(stack, entry, argument).cast::<usize>();
    let name = |value: usize| match value {
        0 => "0".into(),
        usize::MAX => "-1".into(),
        _ if value == entry as *const () as usize => "the function".into(),
        _ if value == argument.addr() => "the argument".into(),
        _ if value == stack.top().addr() => "the high end".into(),
        _ if value == stack.bottom().addr() => "the low end".into(),
        _ if value == enter as *const () as usize => "enter".into(),
        _ => String::from("unknown"),
    };
    let mut words: Vec<Word> = (0..FIRST)
        .map(|index| {
            // SAFETY: `prepare` has written that many words there.
            let value = unsafe { low.wrapping_add(index).read() };
            let below = (FIRST - index) * size_of::<usize>();
            let (value, meaning) = (name(value), MEANINGS[index]);
            Word {
                below,
                value,
                meaning,
            }
        })
        .collect();
    words.reverse();
    words
}
// ANCHOR_END: picture

/// The picture as a table.
#[derive(Debug)]
pub struct Table<'p>(pub &'p [Word]);

impl fmt::Display for Table<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "high end of the stack")?;
        for word in self.0 {
            let mut line = String::new();
            write!(line, "  -{:<4} {:<13}", word.below, word.value)?;
            write!(line, " {}", word.meaning)?;
            writeln!(out, "{}", line.trim_end())?;
        }
        writeln!(out, "the first swap goes here")
    }
}
