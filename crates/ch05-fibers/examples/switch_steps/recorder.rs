//! Steps a child process through the switch, and gives the numbers in its
//! registers and on its stacks their names.

mod traced;

use std::io::{self, Write};
use traced::{Registers, Traced};

/// The instructions of the switch: how their bytes begin, and their line in
/// the source. One that is not here does not belong to the switch.
const INSTRUCTIONS: [(&[u8], &str, &str); 10] = [
    (
        &[0x48, 0x8d, 0x05],
        "lea rax, [rip + 2f]",
        "The address of label 2, where this side continues later.",
    ),
    (
        &[0x48, 0x89, 0x44, 0x24, 0xf8],
        "mov [rsp - 8], rax",
        "It is kept on this side's own stack, below what is in use.",
    ),
    (
        &[0x48, 0x89, 0x6c, 0x24, 0xf0],
        "mov [rsp - 16], rbp",
        "So is rbp, which the compiler does not let us declare.",
    ),
    (
        &[0x48, 0x89, 0x5c, 0x24, 0xe8],
        "mov [rsp - 24], rbx",
        "And rbx. All other registers the compiler has saved, if it \
         needed them.",
    ),
    (
        &[0x48, 0x89, 0x27],
        "mov [rdi], rsp",
        "The stack pointer is all that has to be remembered of this side.",
    ),
    (
        &[0x48, 0x89, 0xf4],
        "mov rsp, rsi",
        "From here on, the stack is the other one.",
    ),
    (
        &[0x48, 0x8b, 0x46, 0xf8],
        "mov rax, [rsi - 8]",
        "The other side has stored on its own stack where it continues.",
    ),
    (
        &[0xff, 0xe0],
        "jmp rax",
        "The other side continues, just after its own jump.",
    ),
    (
        &[0x48, 0x8b, 0x6c, 0x24, 0xf0],
        "mov rbp, [rsp - 16]",
        "It takes its rbp from its own stack.",
    ),
    (
        &[0x48, 0x8b, 0x5c, 0x24, 0xe8],
        "mov rbx, [rsp - 24]",
        "Its rbx as well: all that the compiler relies on is as it was.",
    ),
];

const BEGIN: usize = 0;
const JUMP: usize = 7;
const END: usize = 9;

/// Which instruction of the switch comes next, if it is one.
fn next(traced: &Traced, rip: u64) -> Option<usize> {
    let words = [traced.word(rip), traced.word(rip + 8)];
    let bytes: Vec<u8> =
        words.iter().flat_map(|word| word.to_le_bytes()).collect();
    let found = INSTRUCTIONS
        .iter()
        .position(|(begin, ..)| bytes.starts_with(begin))?;
    // `lea rax, [rip + …]` is an instruction of many functions.
    let next = &bytes[7..12];
    (found != BEGIN || next == INSTRUCTIONS[1].0).then_some(found)
}

/// One side: which words below its stack pointer have been stored.
#[derive(Clone, Copy)]
struct Side {
    name: &'static str,
    /// The stack pointer at which it stops; zero if it is not known yet.
    rsp: u64,
    label: u64,
    marks: [u64; 2],
    stored: [bool; 3],
}

/// What is known of the whole, to give numbers their names.
struct Scene {
    sides: [Side; 2],
    pair: u64,
    /// Which of the two stack pointers has been stored.
    saved: [bool; 2],
}

impl Scene {
    fn name(&self, value: u64) -> String {
        for side in &self.sides {
            let name = side.name;
            match value {
                _ if value == side.rsp => return format!("{name} stack"),
                _ if value == side.label => return format!("{name}'s 2:"),
                _ if value == side.marks[0] => {
                    return format!("{name}'s rbx");
                }
                _ if value == side.marks[1] => {
                    return format!("{name}'s rbp");
                }
                _ => {}
            }
        }
        match value {
            _ if value == self.pair => "&home".into(),
            _ if value == self.pair + 8 => "&fiber".into(),
            _ => "anything".into(),
        }
    }

    fn row(&self, at: &str, value: u64, known: bool, means: &str) -> String {
        let name = match known {
            true => self.name(value),
            false => "anything".into(),
        };
        row(at, &name, means)
    }

    /// The words below a side's stack pointer.
    fn words(&self, traced: &Traced, side: usize) -> String {
        let Side { rsp, stored, .. } = self.sides[side];
        let means = ["its rip", "its rbp", "its rbx"];
        let rows = BELOW.iter().zip(means).zip(stored);
        let rows: Vec<String> = rows
            .map(|((&below, means), stored)| {
                let value = traced.word(rsp - below);
                self.row(&below_stack(below), value, stored, means)
            })
            .collect();
        format!("[{}]", rows.join(", "))
    }

    /// `jumped`: whether it is another instruction than the next in the code
    /// that comes now.
    fn registers(&self, now: &Registers, jumped: bool) -> String {
        let means = [
            "the stack",
            "the next instruction",
            "of the side that runs",
            "of the side that runs",
            "save: where to store rsp",
            "to: the other stack",
            "",
        ];
        let rows: Vec<String> = REGISTERS
            .iter()
            .zip(means)
            .map(|(&name, means)| match name {
                "rip" if !jumped => row(name, "next line", means),
                _ => self.row(name, register(now, name), true, means),
            })
            .collect();
        format!("[{}]", rows.join(", "))
    }

    /// Where an operand is: a register, a word of a stack, a stored pointer.
    /// The first is the name of what is shown of it.
    fn place(
        &self,
        operand: &str,
        now: &Registers,
    ) -> Option<(&'static str, String)> {
        if let Some(name) = REGISTERS.iter().find(|name| **name == operand) {
            return Some(("registers", name.to_string()));
        }
        let inside = operand.strip_prefix('[')?.strip_suffix(']')?;
        let (base, below) = match inside.split_once(" - ") {
            Some((base, below)) => (base, below.parse().ok()?),
            None => (inside, 0),
        };
        let address = register(now, base) - below;
        for (name, at) in [("home", self.pair), ("fiber", self.pair + 8)] {
            if address == at {
                return Some(("saved", name.to_string()));
            }
        }
        self.sides.iter().find_map(|side| {
            let below = BELOW.iter().find(|b| side.rsp - **b == address)?;
            Some((side.name, below_stack(*below)))
        })
    }

    /// What an instruction copies, as it is told by its operands. `now` is
    /// before it.
    fn copies(&self, text: &str, now: &Registers) -> io::Result<String> {
        let (to, from) = match text.split_once(' ') {
            Some(("mov", both)) => both.split_once(", ").unwrap_or((both, "")),
            Some(("jmp", target)) => ("rip", target),
            _ => return Ok(String::new()),
        };
        let [from, to] = [from, to].map(|operand| self.place(operand, now));
        let (Some(from), Some(to)) = (from, to) else {
            return Err(io::Error::other(format!(
                "from where to where: {text}"
            )));
        };
        let spot = |(id, at): (&str, String)| format!("[\"{id}\", \"{at}\"]");
        let (from, to) = (spot(from), spot(to));
        Ok(format!(", \"moves\": [{{\"from\": {from}, \"to\": {to}}}]"))
    }

    fn saved(&self, traced: &Traced) -> String {
        let rows: Vec<String> = [("home", 0), ("fiber", 1)]
            .into_iter()
            .map(|(at, index)| {
                let value = traced.word(self.pair + 8 * index as u64);
                self.row(at, value, self.saved[index], "")
            })
            .collect();
        format!("[{}]", rows.join(", "))
    }
}

fn row(at: &str, value: &str, means: &str) -> String {
    format!(
        "{{\"at\": \"{at}\", \"value\": \"{value}\", \
         \"means\": \"{means}\"}}"
    )
}

/// The registers that are shown.
const REGISTERS: [&str; 7] = ["rsp", "rip", "rbp", "rbx", "rdi", "rsi", "rax"];

fn register(now: &Registers, name: &str) -> u64 {
    match name {
        "rsp" => now.rsp,
        "rip" => now.rip,
        "rbp" => now.rbp,
        "rbx" => now.rbx,
        "rdi" => now.rdi,
        "rsi" => now.rsi,
        "rax" => now.rax,
        _ => unreachable!("the switch uses no {name}"),
    }
}

/// The words of a stack that are shown: how far below its pointer.
const BELOW: [u64; 3] = [8, 16, 24];

fn below_stack(bytes: u64) -> String {
    format!("−{bytes}")
}

/// Continues until the switch begins; returns the registers there.
fn find(traced: &Traced) -> io::Result<Registers> {
    for _ in 0..1_000_000 {
        let now = traced.registers()?;
        if next(traced, now.rip) == Some(BEGIN) {
            return Ok(now);
        }
        traced.step()?;
    }
    Err(io::Error::other("the switch does not come"))
}

/// Prints the events.
pub fn record(mut out: impl Write) -> io::Result<()> {
    let traced = Traced::start()?;
    let begin = find(&traced)?;
    let label = |now: &Registers| {
        let offset = (traced.word(now.rip + 3) & 0xffff_ffff) as u32 as i32;
        now.rip + 7 + i64::from(offset) as u64
    };
    let home = Side {
        name: "home",
        rsp: begin.rsp,
        label: label(&begin),
        marks: [begin.rbx, begin.rbp],
        stored: [false; 3],
    };
    // The fiber has stopped once before: all of it is there.
    let rsp = begin.rsi;
    let fiber = Side {
        name: "fiber",
        rsp,
        label: traced.word(rsp - 8),
        marks: [traced.word(rsp - 24), traced.word(rsp - 16)],
        stored: [true; 3],
    };
    let mut scene = Scene {
        sides: [home, fiber],
        pair: begin.rdi,
        saved: [false, true],
    };
    // To the fiber, and back.
    for me in [0, 1] {
        let mut running = me;
        find(&traced)?;
        let mut expected = BEGIN;
        loop {
            let before = traced.registers()?;
            if next(&traced, before.rip) != Some(expected) {
                let text = format!("no {:?}", INSTRUCTIONS[expected].1);
                return Err(io::Error::other(text));
            }
            traced.step()?;
            match expected {
                1..=3 => scene.sides[running].stored[expected - 1] = true,
                4 => scene.saved[running] = true,
                _ => {}
            }
            let copies = scene.copies(INSTRUCTIONS[expected].1, &before)?;
            print(&mut out, &scene, &traced, running, expected, &copies)?;
            if expected == JUMP {
                running = 1 - running;
            }
            if expected == END {
                break;
            }
            expected += 1;
        }
    }
    Ok(())
}

/// One event: an instruction that has just been run.
fn print(
    out: &mut impl Write,
    scene: &Scene,
    traced: &Traced,
    side: usize,
    instruction: usize,
    copies: &str,
) -> io::Result<()> {
    let (_, text, detail) = INSTRUCTIONS[instruction];
    let now = traced.registers()?;
    let lane = scene.sides[side].name;
    let key = match (instruction, side) {
        (4 | 5, 0) | (END, _) => ", \"key\": true",
        _ => "",
    };
    writeln!(
        out,
        "{{\"lane\": \"{lane}\", \"kind\": \"work\", \
         \"text\": \"{text}\", \"detail\": \"{detail}\", \
         \"at\": \"{text}\"{key}{copies}, \"state\": {{\
         \"registers\": {}, \"home\": {}, \"fiber\": {}, \
         \"saved\": {}}}}}",
        scene.registers(&now, instruction == JUMP),
        scene.words(traced, 0),
        scene.words(traced, 1),
        scene.saved(traced),
    )
}
