//! Stage 4 of chapter 1: the same instruction with an address that it must not
//! use, in a process that may die of it.
//!
//! Who finds out that an address is bad? Not the program, which only runs one
//! more instruction, and not the kernel, which does not watch it. The processor
//! does, when it looks the address up in the page table: it stops in the middle
//! of the instruction (an *exception*), enters the kernel, and says why. The
//! kernel either mends the cause (then the instruction runs again, and nobody
//! has noticed) or tells the program: by a signal on Unix, by a structured
//! exception on Windows. A program that has no answer to that ends.
//!
//! So the program starts itself once more. The child takes down what the
//! kernel tells it, hands that to the parent through a pipe, and then dies as
//! it would have without us. The parent has two witnesses: the pipe, and the
//! way in which the child ended.
//!
//! What differs between systems is in one file each, below `s4_bad_address/`.
//!
//! Left out: how a program could live on (it cannot tell what is broken).

use crate::s3_dereference::{dereference, store};
use std::env;
use std::ffi::OsString;
use std::io::{self, Read};
use std::process::{Command, ExitStatus, Stdio};

mod told;

pub use told::Told;

#[cfg(unix)]
mod unix;
#[cfg(unix)]
use unix as system;

#[cfg(windows)]
mod windows;
#[cfg(windows)]
use windows as system;

// Elsewhere the crate does without this stage; this is for a list in `lib.rs`
// that names more.
#[cfg(not(any(unix, windows)))]
compile_error!(
    "stage 4 of chapter 1 is told of a bad address by a signal on Unix and by \
     a structured exception on Windows; this target has neither"
);

/// A system's file is complete if this compiles: two pages that must not be
/// used, how the child hears of it and dies, and both in words.
const _: fn() -> io::Result<usize> = system::forbidden_page;
const _: fn() -> io::Result<usize> = system::unmapped_page;
const _: fn(usize) -> io::Result<()> = system::take_down_what_happens;
const _: fn() -> io::Result<()> = system::leave_no_core;
const _: fn(Told) -> String = system::kernel_says;
const _: fn(ExitStatus) -> String = system::ended;

/// The variable that tells a child what to do.
const TASK: &str = "CH01_BAD_ADDRESS";

// ANCHOR: bad
/// An address that must not be used, or not in this way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bad {
    /// Address 8: the first page is never mapped, so that null pointers hurt.
    Null,
    /// A page that was ours and was given back.
    Unmapped,
    /// A page that is ours, and nobody may touch.
    NoAccess,
    /// Our own code, which may be read and run, and is *written* here.
    OwnCode,
    /// The upper half of memory, which is the kernel's.
    Kernel,
    /// Neither half: bits 47 to 63 of an address on x86-64 must be equal (56
    /// to 63 with five levels of page tables), and here they are not.
    NonCanonical,
}
// ANCHOR_END: bad

impl Bad {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Null,
        Self::Unmapped,
        Self::NoAccess,
        Self::OwnCode,
        Self::Kernel,
        Self::NonCanonical,
    ];

    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Null => "read near null",
            Self::Unmapped => "read an unmapped page",
            Self::NoAccess => "read a forbidden page",
            Self::OwnCode => "write to own code",
            Self::Kernel => "read the kernel",
            Self::NonCanonical => "read a non-canonical address",
        }
    }

    /// Whether this one is written to.
    pub fn is_write(self) -> bool {
        self == Self::OwnCode
    }

    /// Such an address, made in this process.
    fn address(self) -> io::Result<usize> {
        match self {
            Self::Null => Ok(8),
            Self::Unmapped => system::unmapped_page(),
            Self::NoAccess => system::forbidden_page(),
            Self::OwnCode => {
                let code: fn() -> bool = die_if_asked;
                Ok(code as usize & !7)
            }
            // The end of the last page but one: no kernel that we know of has
            // anything there.
            Self::Kernel => Ok(usize::MAX - 0xfff - 7),
            Self::NonCanonical => Ok(0x0123_4567_89ab_cde8),
        }
    }
}

/// What the child was told by the kernel, and how it ended.
#[derive(Clone, Copy, Debug)]
pub struct Crash {
    /// The address that the child used.
    pub asked: u64,
    /// What the kernel told it.
    pub told: Told,
    /// How the child ended, as the kernel told the parent.
    pub status: ExitStatus,
}

impl Crash {
    /// Whether the kernel named the address that the child had used.
    pub fn names_the_address(&self) -> bool {
        self.told.address == self.asked
    }

    /// What the kernel said, in words.
    pub fn kernel_says(&self) -> String {
        system::kernel_says(self.told)
    }

    /// What the processor said to the kernel, where the kernel passes it on.
    pub fn processor_says(&self) -> Option<String> {
        (self.told.trap != 0).then(|| trap(self.told.trap, self.told.error))
    }

    /// How the child ended, in words.
    pub fn ended(&self) -> String {
        system::ended(self.status)
    }
}

// ANCHOR: trap
/// The processor's reason, from the number of its exception and the error code
/// that it leaves on the kernel's stack (x86-64).
fn trap(number: u64, error: u64) -> String {
    let page_fault = |bit: u32| error >> bit & 1 == 1;
    match number {
        13 => "general protection".into(),
        14 => {
            let page = if page_fault(0) { "protected" } else { "absent" };
            let access = match (page_fault(1), page_fault(4)) {
                (_, true) => "run",
                (true, _) => "write",
                (false, _) => "read",
            };
            let ring = if page_fault(2) { "user" } else { "kernel" };
            format!("page fault: {page}, {access}, {ring} mode")
        }
        number => format!("exception {number}, error {error:#x}"),
    }
}
// ANCHOR_END: trap

/// A command that runs this program again.
///
/// Where cargo starts programs through a runner (an emulator, say), it is told
/// so in a variable, and the child needs the same one.
///
/// # Errors
///
/// If the system does not know where this program is.
pub fn this_program() -> io::Result<Command> {
    let program = env::current_exe()?;
    let arch = env::consts::ARCH.to_uppercase();
    let is_runner = |(name, value): (OsString, OsString)| {
        let name = name.into_string().ok()?;
        let target = name.strip_prefix("CARGO_TARGET_")?;
        let target = target.strip_suffix("_RUNNER")?;
        // Wine starts Windows programs by itself.
        let here = target.starts_with(&arch) && !cfg!(windows);
        here.then(|| value.into_string().ok())?
    };
    let Some(runner) = env::vars_os().find_map(is_runner) else {
        return Ok(Command::new(program));
    };
    let mut words = runner.split_whitespace();
    let Some(first) = words.next() else {
        return Ok(Command::new(program));
    };
    let mut command = Command::new(first);
    command.args(words).arg(program);
    Ok(command)
}

// ANCHOR: crash
/// Runs `program`, which must call [`die_if_asked`], and has it use a bad
/// address.
///
/// # Errors
///
/// If the child cannot be started, or ends without having told anything.
pub fn crash(mut program: Command, bad: Bad) -> io::Result<Crash> {
    let (mut told, telling) = io::pipe()?;
    program.env(TASK, bad.name());
    program.stdin(Stdio::null()).stdout(Stdio::null());
    program.stderr(telling); // all that the child writes there is its report
    let mut child = program.spawn()?;
    drop(program); // its copy of the pipe, or we would never see the end

    let mut report = Vec::new();
    told.read_to_end(&mut report)?;
    let status = child.wait()?;
    let (asked, told) = Told::read(&report).ok_or_else(|| {
        let report = String::from_utf8_lossy(&report);
        io::Error::other(format!("the child ended by {status}: {report}"))
    })?;
    Ok(Crash {
        asked,
        told,
        status,
    })
}
// ANCHOR_END: crash

// ANCHOR: die_if_asked
/// Dies of a bad address if this process was started for that; otherwise says
/// `false`. To be called first thing in a program.
pub fn die_if_asked() -> bool {
    let Ok(task) = env::var(TASK) else {
        return false;
    };
    let bad = Bad::ALL.into_iter().find(|bad| bad.name() == task);
    let done = bad.ok_or(io::ErrorKind::InvalidInput.into()).and_then(die);
    // Only reached if the address was not so bad after all.
    eprintln!("still alive: {task}, {done:?}");
    true
}

/// Uses a bad address, once somebody is there to take down what happens.
fn die(bad: Bad) -> io::Result<u64> {
    let address = bad.address()?;
    system::leave_no_core()?;
    system::take_down_what_happens(address)?;
    if bad.is_write() {
        // SAFETY: there is none, and that is the point: this ends the process
        // before the write is done, so nothing can come of it.
        unsafe { store(std::ptr::without_provenance_mut(address), 0) };
        return Ok(0);
    }
    // SAFETY: there is none here either: this ends the process before the read
    // is done, so nobody gets to see a value.
    Ok(unsafe { dereference(std::ptr::without_provenance(address)) })
}
// ANCHOR_END: die_if_asked

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_codes_in_words() {
        assert_eq!(trap(14, 0b100), "page fault: absent, read, user mode");
        assert_eq!(trap(14, 0b111), "page fault: protected, write, user mode");
        let fetch = trap(14, 0b1_0101);
        assert_eq!(fetch, "page fault: protected, run, user mode");
        assert_eq!(trap(14, 0), "page fault: absent, read, kernel mode");
        assert_eq!(trap(13, 0), "general protection");
        assert_eq!(trap(6, 0), "exception 6, error 0x0");
    }
}
