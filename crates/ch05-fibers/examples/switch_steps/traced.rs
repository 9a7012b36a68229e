//! A child process that switches to a fiber and back, and is stepped through it.

use ch05_fibers::stack::Stack;
use ch05_fibers::switch::{prepare, switch};
use std::arch::naked_asm;
use std::io;
use std::ptr;

/// A stopped child's registers.
pub type Registers = libc::user_regs_struct;

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

/// A traced child.
pub struct Traced(libc::pid_t);

impl Traced {
    pub fn start() -> io::Result<Self> {
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

    pub fn step(&self) -> io::Result<()> {
        self.go_on(libc::PTRACE_SINGLESTEP)?;
        match self.wait()? {
            Some(libc::SIGTRAP) => Ok(()),
            other => Err(io::Error::other(format!("stop by {other:?}"))),
        }
    }

    pub fn registers(&self) -> io::Result<Registers> {
        // SAFETY: a structure of numbers.
        let mut registers: Registers = unsafe { std::mem::zeroed() };
        let place = &raw mut registers;
        // SAFETY: fills in the structure.
        check(unsafe { libc::ptrace(libc::PTRACE_GETREGS, self.0, 0, place) })?;
        Ok(registers)
    }

    pub fn word(&self, address: u64) -> u64 {
        // SAFETY: reads the child's memory; if that fails, it is minus one,
        // which is no word that is known.
        let word =
            unsafe { libc::ptrace(libc::PTRACE_PEEKDATA, self.0, address, 0) };
        word as u64
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
