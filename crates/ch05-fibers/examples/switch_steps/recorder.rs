//! Steps a child process through the switch, and gives the numbers in its
//! registers and on its stacks their names.

use ch05_fibers::stack::Stack;
use ch05_fibers::switch::{prepare, switch};
use std::arch::naked_asm;
use std::io::{self, Write};
use std::ptr;

/// Where both sides have stopped.
#[repr(C)]
pub struct Sides {
    home: *mut u8,
    fiber: *mut u8,
}

// ANCHOR: sides
/// To the fiber, until it comes back.
#[inline(never)]
extern "C" fn resume(sides: &mut Sides) {
    // SAFETY: the fiber was prepared, or has stopped in `suspend`.
    unsafe { switch(&raw mut sides.home, sides.fiber) };
}

/// Back to home, until it resumes.
#[inline(never)]
extern "C" fn suspend(sides: &mut Sides) {
    // SAFETY: home has stopped in `resume`.
    unsafe { switch(&raw mut sides.fiber, sides.home) };
}
// ANCHOR_END: sides

/// Calls `resume` with two values in rbx and rbp that can be told from
/// others.
#[unsafe(naked)]
extern "C" fn resume_with_marks(sides: &mut Sides) {
    naked_asm!(
        "push rbx",
        "push rbp",
        "sub rsp, 8",
        "mov ebx, 0x11",
        "mov ebp, 0x22",
        "call {resume}",
        "add rsp, 8",
        "pop rbp",
        "pop rbx",
        "ret",
        resume = sym resume,
    );
}

/// The same for the fiber, with others.
#[unsafe(naked)]
extern "C" fn suspend_with_marks(sides: &mut Sides) {
    naked_asm!(
        "push rbx",
        "push rbp",
        "sub rsp, 8",
        "mov ebx, 0x33",
        "mov ebp, 0x44",
        "call {suspend}",
        "add rsp, 8",
        "pop rbp",
        "pop rbx",
        "ret",
        suspend = sym suspend,
    );
}

unsafe extern "C" fn fiber(sides: *mut u8) -> ! {
    // SAFETY: `child` has put it there, and waits for us.
    let sides = unsafe { &mut *sides.cast::<Sides>() };
    loop {
        suspend_with_marks(sides);
    }
}

/// Both sides, ready: the fiber has run once, and has stopped.
struct Ready {
    sides: Box<Sides>,
    _stack: Stack,
}

fn ready() -> io::Result<Ready> {
    let stack = Stack::new(64 * 1024)?;
    let (home, there) = (ptr::null_mut(), ptr::null_mut());
    let mut sides = Box::new(Sides { home, fiber: there });
    let (bottom, top) = (stack.bottom(), stack.top());
    let argument = (&raw mut *sides).cast();
    // SAFETY: both ends of a stack that is not in use.
    sides.fiber = unsafe { prepare(bottom, top, fiber, argument) };
    resume_with_marks(&mut sides);
    Ok(Ready {
        sides,
        _stack: stack,
    })
}

/// The child: stops for the recorder, and goes to the fiber once more. It
/// is a copy of this process, made by `fork`, which has one thread only; so
/// it does nothing that could need another one.
fn child(ready: &mut Ready) -> ! {
    // SAFETY: takes numbers.
    unsafe { libc::ptrace(libc::PTRACE_TRACEME, 0, 0, 0) };
    // SAFETY: stops this process until the recorder continues it.
    unsafe { libc::raise(libc::SIGSTOP) };
    resume_with_marks(&mut ready.sides);
    // SAFETY: ends the process at once.
    unsafe { libc::_exit(0) };
}

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

/// A traced child.
struct Traced(libc::pid_t);

impl Traced {
    fn start() -> io::Result<Self> {
        let mut ready = ready()?;
        // SAFETY: the child does what a child of several threads may.
        let child = unsafe { libc::fork() };
        if child == 0 {
            self::child(&mut ready);
        }
        check(child.into())?;
        let traced = Self(child);
        match traced.wait()? {
            Some(libc::SIGSTOP) => Ok(traced),
            other => Err(io::Error::other(format!("stop by {other:?}"))),
        }
    }

    fn go_on(&self, how: libc::c_uint) -> io::Result<()> {
        // SAFETY: takes numbers; the child is stopped.
        check(unsafe { libc::ptrace(how, self.0, 0, 0) })
    }

    /// The signal that it has stopped by; `None` if it has ended.
    fn wait(&self) -> io::Result<Option<libc::c_int>> {
        let mut status = 0;
        // SAFETY: writes a number.
        let result = unsafe { libc::waitpid(self.0, &mut status, 0) };
        check(result.into())?;
        let stopped = libc::WIFSTOPPED(status);
        Ok(stopped.then(|| libc::WSTOPSIG(status)))
    }

    fn step(&self) -> io::Result<()> {
        self.go_on(libc::PTRACE_SINGLESTEP)?;
        match self.wait()? {
            Some(libc::SIGTRAP) => Ok(()),
            other => Err(io::Error::other(format!("stop by {other:?}"))),
        }
    }

    fn registers(&self) -> io::Result<libc::user_regs_struct> {
        // SAFETY: a structure of numbers.
        let mut registers: libc::user_regs_struct =
            unsafe { std::mem::zeroed() };
        let place = &raw mut registers;
        // SAFETY: fills in the structure.
        check(unsafe { libc::ptrace(libc::PTRACE_GETREGS, self.0, 0, place) })?;
        Ok(registers)
    }

    fn word(&self, address: u64) -> u64 {
        // SAFETY: reads the child's memory; if that fails, it is minus one,
        // which is no word that is known.
        let word =
            unsafe { libc::ptrace(libc::PTRACE_PEEKDATA, self.0, address, 0) };
        word as u64
    }

    /// Which instruction of the switch comes next, if it is one.
    fn next(&self, rip: u64) -> Option<usize> {
        let words = [self.word(rip), self.word(rip + 8)];
        let bytes: Vec<u8> =
            words.iter().flat_map(|word| word.to_le_bytes()).collect();
        let found = INSTRUCTIONS
            .iter()
            .position(|(begin, ..)| bytes.starts_with(begin))?;
        // `lea rax, [rip + …]` is an instruction of many functions.
        let next = &bytes[7..12];
        (found != BEGIN || next == INSTRUCTIONS[1].0).then_some(found)
    }
}

impl Drop for Traced {
    fn drop(&mut self) {
        // SAFETY: our own child, which has not been waited for.
        unsafe { libc::kill(self.0, libc::SIGKILL) };
        let _ = self.wait();
    }
}

fn check(result: libc::c_long) -> io::Result<()> {
    match result {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
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
                _ if value == side.label => {
                    return format!("label 2, {name}");
                }
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
            _ if value == self.pair => "place for home".into(),
            _ if value == self.pair + 8 => "place for fiber".into(),
            _ => "(anything)".into(),
        }
    }

    fn row(&self, at: &str, value: u64, known: bool, means: &str) -> String {
        let name = match known {
            true => self.name(value),
            false => "(anything)".into(),
        };
        format!(
            "{{\"at\": \"{at}\", \"value\": \"{name}\", \
             \"means\": \"{means}\"}}"
        )
    }

    /// The words below a side's stack pointer.
    fn words(&self, traced: &Traced, side: usize) -> String {
        let Side { rsp, stored, .. } = self.sides[side];
        let means = ["where it continues", "its rbp", "its rbx"];
        let rows = [8, 16, 24].iter().zip(means).zip(stored);
        let rows: Vec<String> = rows
            .map(|((below, means), stored)| {
                let value = traced.word(rsp - below);
                let at = format!("stack - {below}");
                self.row(&at, value, stored, means)
            })
            .collect();
        format!("[{}]", rows.join(", "))
    }

    fn registers(&self, now: &libc::user_regs_struct) -> String {
        let rows = [
            ("rsp", now.rsp, "the stack"),
            ("rbp", now.rbp, "of the side that runs"),
            ("rbx", now.rbx, "of the side that runs"),
            ("rdi", now.rdi, "save: where to store rsp"),
            ("rsi", now.rsi, "to: the other stack"),
            ("rax", now.rax, ""),
        ];
        let rows =
            rows.map(|(at, value, means)| self.row(at, value, true, means));
        format!("[{}]", rows.join(", "))
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

/// Continues until the switch begins; returns the registers there.
fn find(traced: &Traced) -> io::Result<libc::user_regs_struct> {
    for _ in 0..1_000_000 {
        let now = traced.registers()?;
        if traced.next(now.rip) == Some(BEGIN) {
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
    let label = |now: &libc::user_regs_struct| {
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
            let rip = traced.registers()?.rip;
            if traced.next(rip) != Some(expected) {
                let text = format!("no {:?}", INSTRUCTIONS[expected].1);
                return Err(io::Error::other(text));
            }
            traced.step()?;
            match expected {
                1..=3 => scene.sides[running].stored[expected - 1] = true,
                4 => scene.saved[running] = true,
                _ => {}
            }
            print(&mut out, &scene, &traced, running, expected)?;
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
) -> io::Result<()> {
    let (_, text, detail) = INSTRUCTIONS[instruction];
    let now = traced.registers()?;
    let [lane, other] = match side {
        0 => ["home", "fiber"],
        _ => ["fiber", "home"],
    };
    let (kind, to) = match (instruction, side) {
        (JUMP, 0) => ("call", format!(", \"to\": \"{other}\"")),
        (JUMP, _) => ("return", format!(", \"to\": \"{other}\"")),
        _ => ("work", String::new()),
    };
    let key = match (instruction, side) {
        (4, 0) | (END, _) => ", \"key\": true",
        _ => "",
    };
    writeln!(
        out,
        "{{\"lane\": \"{lane}\"{to}, \"kind\": \"{kind}\", \
         \"text\": \"{text}\", \"detail\": \"{detail}\", \
         \"at\": \"{text}\"{key}, \"state\": {{\
         \"registers\": {}, \"home\": {}, \"fiber\": {}, \
         \"saved\": {}}}}}",
        scene.registers(&now),
        scene.words(traced, 0),
        scene.words(traced, 1),
        scene.saved(traced),
    )
}
