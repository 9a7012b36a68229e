//! Stage 4 of chapter 1: the same instruction with an address that it must not
//! use, in a process that dies of it.
//!
//! What finds out that an address is bad? Not the program, which only runs one
//! more instruction, and not the kernel, which does not watch it. The processor
//! does, when it looks the address up in the page table: it stops in the middle
//! of the instruction (an *exception*), enters the kernel, and says why. The
//! kernel either mends the cause, and the instruction runs again as if nothing
//! had happened; or it tells the program, by a signal on Unix and by a
//! structured exception on Windows. A program without an answer to that ends.
//!
//! So the program starts itself once more. The child records what the kernel
//! says, writes it into a pipe to the parent, and then dies as it would have
//! done anyway. The parent has two witnesses: the pipe, and the way in which
//! the child ended.
//!
//! What differs between systems is in one file each, below `s4_bad_address/`.
//!
//! Left out: how a program could live on (it cannot tell what is broken).

use crate::s3_peek::{peek, poke};
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

// `lib.rs` leaves this stage out elsewhere; this is for a list there that names
// more systems.
#[cfg(not(any(unix, windows)))]
compile_error!(
    "stage 4 of chapter 1 is told of a bad address by a signal on Unix and by \
     a structured exception on Windows; this target has neither"
);

/// A system's file is complete if this compiles: a page that must not be
/// touched, how the child hears of it and dies, and both in words.
const _: fn() -> io::Result<usize> = system::forbidden_page;
const _: fn(usize) -> io::Result<()> = system::report_what_happens;
const _: fn() -> io::Result<()> = system::leave_no_core;
const _: fn(Told) -> String = system::kernel_says;
const _: fn(ExitStatus) -> String = system::ended;

/// The variable that tells a child what to do.
const TASK: &str = "CH01_BAD_ADDRESS";

// ANCHOR: bad
/// An address that must not be used, or not in this way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bad {
    /// Where another run of this program had a variable.
    Yesterday,
    /// Address 8: the first page is never mapped, to catch null pointers.
    Null,
    /// A page that is ours, with no permissions.
    NoAccess,
    /// Our own code, which may be read and run. Here it is *written*.
    OwnCode,
    /// An address in the upper half of memory, which is the kernel's.
    Kernel,
    /// In neither half: bits 47 to 63 of an address on x86-64 must be equal
    /// (56 to 63 with five levels of page tables), and here they aren't.
    NonCanonical,
}
// ANCHOR_END: bad

impl Bad {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Yesterday,
        Self::Null,
        Self::NoAccess,
        Self::OwnCode,
        Self::Kernel,
        Self::NonCanonical,
    ];

    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Yesterday => "from another run",
            Self::Null => "near null",
            Self::NoAccess => "forbidden page",
            Self::OwnCode => "own code, written",
            Self::Kernel => "the kernel's",
            Self::NonCanonical => "non-canonical",
        }
    }

    /// Whether this one is written to.
    pub fn is_write(self) -> bool {
        self == Self::OwnCode
    }

    /// Such an address, made in this process.
    fn address(self) -> io::Result<usize> {
        match self {
            Self::Yesterday => address_from_another_run(),
            Self::Null => Ok(8),
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

/// The task of a process that only says where its variable is.
const YESTERDAY: &str = "yesterday";

/// How much memory that variable has. So much that this process, which has
/// less, is unlikely to have anything at the same place, even on a system that
/// gives every run the same addresses.
const MUCH: usize = 64 << 20;

/// Runs this program, with its arguments, to its end; it leaves an address.
fn address_from_another_run() -> io::Result<usize> {
    let mut program = this_program()?;
    program.args(env::args_os().skip(1)).env(TASK, YESTERDAY);
    let output = program.stdin(Stdio::null()).output()?;
    let words = String::from_utf8_lossy(&output.stderr);
    let mut words = words.split_whitespace();
    let address = words.rfind(|word| word.starts_with("0x"));
    let number =
        address.and_then(|hex| usize::from_str_radix(&hex[2..], 16).ok());
    number.ok_or_else(|| io::Error::other("yesterday left no address"))
}

/// Says where a variable of this process is.
fn leave_an_address() {
    let variable = vec![0_u64; MUCH / size_of::<u64>()];
    let middle = &variable[variable.len() / 2];
    eprintln!("{middle:p}");
}

/// What the kernel told the child, and how the child ended.
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
    /// Whether the kernel named the address that the child used.
    pub fn names_the_address(&self) -> bool {
        self.told.address == self.asked
    }

    /// What the kernel said, in words.
    pub fn kernel_says(&self) -> String {
        system::kernel_says(self.told)
    }

    /// What the processor told the kernel, where the kernel passes it on.
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
            format!("page fault: {page}, {access}, {ring}")
        }
        number => format!("exception {number}, error {error:#x}"),
    }
}
// ANCHOR_END: trap

/// A command that runs this program again.
///
/// Where cargo starts programs through a runner (an emulator, say), a variable
/// names it, and the child needs the same one.
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

/// Runs `program`, which must call [`die_if_asked`], and has it use a bad
/// address.
///
/// # Errors
///
/// If the child cannot be started, or ends without a report.
// ANCHOR: crash
pub fn crash(mut program: Command, bad: Bad) -> io::Result<Crash> {
    let (mut told, telling) = io::pipe()?;
    program.env(TASK, bad.name());
    program.stdin(Stdio::null()).stdout(Stdio::null());
    program.stderr(telling); // the child writes its report there
    let mut child = program.spawn()?;
    drop(program); // it holds the pipe open, and we read to its end

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
/// Dies of a bad address if this process was started for that; otherwise
/// returns `false`. A program calls this first.
pub fn die_if_asked() -> bool {
    let Ok(task) = env::var(TASK) else {
        return false;
    };
    if task == YESTERDAY {
        leave_an_address();
        return true;
    }
    let bad = Bad::ALL.into_iter().find(|bad| bad.name() == task);
    let done = bad.ok_or(io::ErrorKind::InvalidInput.into()).and_then(die);
    // Only reached if the address was not that bad after all.
    eprintln!("still alive: {task}, {done:?}");
    true
}

/// Uses a bad address, once a handler is there to report what happens.
fn die(bad: Bad) -> io::Result<u64> {
    let address = bad.address()?;
    system::leave_no_core()?;
    system::report_what_happens(address)?;
    if bad.is_write() {
        // SAFETY: none, and that is the point: this ends the process before
        // the write is done, so nothing can come of it.
        unsafe { poke(std::ptr::without_provenance_mut(address), 0) };
        return Ok(0);
    }
    // SAFETY: none here either: this ends the process before the read is done,
    // so no value comes out of it.
    Ok(unsafe { peek(std::ptr::without_provenance(address)) })
}
// ANCHOR_END: die_if_asked

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_codes_in_words() {
        assert_eq!(trap(14, 0b100), "page fault: absent, read, user");
        assert_eq!(trap(14, 0b111), "page fault: protected, write, user");
        let fetch = trap(14, 0b1_0101);
        assert_eq!(fetch, "page fault: protected, run, user");
        assert_eq!(trap(14, 0), "page fault: absent, read, kernel");
        assert_eq!(trap(13, 0), "general protection");
        assert_eq!(trap(6, 0), "exception 6, error 0x0");
    }
}
