//! Stage 4 of chapter 1 on Unix: a signal, and what comes with it.

use super::told::Told;
use std::io;
use std::mem;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::ptr;
use std::sync::atomic::{AtomicU64, Ordering};

/// Where the child writes its report: standard error, a pipe to the parent.
const PIPE: libc::c_int = 2;

/// The address that is about to be used. Relaxed everywhere: it is written and
/// read by the same thread, in this order.
static ASKED: AtomicU64 = AtomicU64::new(0);

/// `Ok` unless `answer` is -1; then what `errno` says.
fn check(answer: libc::c_int) -> io::Result<()> {
    match answer {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

fn page_size() -> usize {
    // SAFETY: asks for a number; there is nothing to uphold.
    let size = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    // Every Unix has an answer to this.
    usize::try_from(size).expect("pages have a size")
}

/// A page of our own that may not be read, written or run.
pub fn forbidden_page() -> io::Result<usize> {
    let flags = libc::MAP_PRIVATE | libc::MAP_ANON;
    let (size, any) = (page_size(), ptr::null_mut());
    // SAFETY: the kernel chooses a place that was free.
    let page = unsafe { libc::mmap(any, size, libc::PROT_NONE, flags, -1, 0) };
    if page == libc::MAP_FAILED {
        return Err(io::Error::last_os_error());
    }
    Ok(page.addr())
}

/// Keeps the kernel from writing this process to disk when it dies.
pub fn leave_no_core() -> io::Result<()> {
    let none = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: the kernel reads one `rlimit`, and there is one.
    check(unsafe { libc::setrlimit(libc::RLIMIT_CORE, &none) })
}

// ANCHOR: handler
/// Has the kernel call [`tell`] before it ends this process, and not on the
/// thread's stack: that may be what is broken.
pub fn report_what_happens(address: usize) -> io::Result<()> {
    ASKED.store(address as u64, Ordering::Relaxed);
    // Leaked: the handler may be needed until the process ends.
    let stack = vec![0_u8; libc::SIGSTKSZ.max(64 * 1024)].leak();
    let stack = libc::stack_t {
        ss_sp: stack.as_mut_ptr().cast(),
        ss_flags: 0,
        ss_size: stack.len(),
    };
    // SAFETY: the memory is never freed, and only the handler uses it.
    check(unsafe { libc::sigaltstack(&stack, ptr::null_mut()) })?;
    // SAFETY: all zeroes is a valid `sigaction`: nothing is masked.
    let mut action: libc::sigaction = unsafe { mem::zeroed() };
    action.sa_sigaction = tell as *const () as libc::sighandler_t;
    action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
    for signal in [libc::SIGSEGV, libc::SIGBUS] {
        // SAFETY: `tell` has the signature that SA_SIGINFO asks for, and does
        // only what a handler may do.
        check(unsafe { libc::sigaction(signal, &action, ptr::null_mut()) })?;
    }
    Ok(())
}

// ANCHOR_END: handler

// ANCHOR: tell
/// Writes what the kernel says into the pipe, and lets the process die of the
/// same signal: back in the program, the instruction is executed *again*.
extern "C" fn tell(
    signal: libc::c_int,
    info: *mut libc::siginfo_t,
    context: *mut libc::c_void,
) {
    let asked = ASKED.load(Ordering::Relaxed);
    let report = read(signal, info, context).report(asked);
    let size = size_of_val(&report);
    // SAFETY: `write` may be called in a handler, and the bytes are there. A
    // pipe takes that few in one piece. The parent notices a failure.
    unsafe { libc::write(PIPE, report.as_ptr().cast(), size) };
    // SAFETY: `signal` may be called in a handler.
    unsafe { libc::signal(signal, libc::SIG_DFL) };
}
// ANCHOR_END: tell

fn read(
    signal: libc::c_int,
    info: *mut libc::siginfo_t,
    context: *mut libc::c_void,
) -> Told {
    // SAFETY: with SA_SIGINFO, the kernel hands over a valid `siginfo_t`.
    let info = unsafe { &*info };
    // SAFETY: both signals have an address.
    let address = unsafe { info.si_addr() };
    let (trap, error) = registers(context);
    Told {
        what: signal as u64,
        why: info.si_code as u64,
        address: address.addr() as u64,
        trap,
        error,
    }
}

/// The number of the exception and its error code.
#[cfg(all(
    target_os = "linux",
    target_arch = "x86_64",
    target_pointer_width = "64"
))]
fn registers(context: *mut libc::c_void) -> (u64, u64) {
    let context: *mut libc::ucontext_t = context.cast();
    // SAFETY: with SA_SIGINFO, the kernel hands over a valid `ucontext_t`.
    let gregs = unsafe { &(*context).uc_mcontext.gregs };
    let register = |index: libc::c_int| gregs[index as usize] as u64;
    (register(libc::REG_TRAPNO), register(libc::REG_ERR))
}

#[cfg(not(all(
    target_os = "linux",
    target_arch = "x86_64",
    target_pointer_width = "64"
)))]
fn registers(_context: *mut libc::c_void) -> (u64, u64) {
    (0, 0)
}

// ANCHOR: kernel_says
/// The signal and the kernel's reason for it.
///
/// Why a non-canonical address comes with `SI_KERNEL` and address 0: the
/// processor rejects it before it looks into any page table. That is not a page
/// fault but a violation of general protection, which has many other causes and
/// no register that holds an address. So the kernel does not know the address,
/// and reports only that the signal came from the kernel itself.
pub fn kernel_says(told: Told) -> String {
    let signal = signal_name(told.what as libc::c_int);
    let why = match told.why as libc::c_int {
        // Nothing is mapped there; that is not allowed there; the alignment is
        // wrong; there is no such memory. POSIX gives the names, and the
        // systems that we build for agree on the numbers.
        1 if signal == "SIGSEGV" => "SEGV_MAPERR",
        2 if signal == "SIGSEGV" => "SEGV_ACCERR",
        1 if signal == "SIGBUS" => "BUS_ADRALN",
        2 if signal == "SIGBUS" => "BUS_ADRERR",
        #[cfg(target_os = "linux")]
        libc::SI_KERNEL => "SI_KERNEL",
        code => return format!("{signal}, code {code}"),
    };
    format!("{signal}, {why}")
}
// ANCHOR_END: kernel_says

fn signal_name(signal: libc::c_int) -> String {
    match signal {
        libc::SIGSEGV => "SIGSEGV".into(),
        libc::SIGBUS => "SIGBUS".into(),
        signal => format!("signal {signal}"),
    }
}

pub fn ended(status: ExitStatus) -> String {
    match (status.signal(), status.code()) {
        (Some(signal), _) => {
            let core = if status.core_dumped() { ", core" } else { "" };
            format!("by {}{core}", signal_name(signal))
        }
        (None, Some(code)) => format!("with code {code}"),
        (None, None) => "in an unknown way".into(),
    }
}
