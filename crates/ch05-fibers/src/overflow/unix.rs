//! By `SIGSEGV` (on macOS `SIGBUS`), on the thread's alternate signal stack.

use super::Message;
use std::cell::OnceCell;
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::OnceLock;

/// What was there before us, for faults that are not ours.
static BEFORE: [OnceLock<libc::sigaction>; 2] =
    [OnceLock::new(), OnceLock::new()];
const SIGNALS: [libc::c_int; 2] = [libc::SIGSEGV, libc::SIGBUS];

thread_local! {
    /// Of threads that have none: the standard library gives one to those that
    /// it starts.
    static STACK: OnceCell<AlternateStack> = const { OnceCell::new() };
}

/// Once a process, the handler; once a thread, a stack for it.
pub(crate) fn install() {
    static ONCE: OnceLock<()> = OnceLock::new();
    ONCE.get_or_init(|| {
        for (signal, before) in SIGNALS.into_iter().zip(&BEFORE) {
            let new = MaybeUninit::<libc::sigaction>::zeroed();
            // SAFETY: zeroes are a valid value of this structure of numbers: no
            // handler, an empty mask, no flags.
            let mut new = unsafe { new.assume_init() };
            let handle: extern "C" fn(_, _, _) = handle;
            new.sa_sigaction = handle as *const () as usize;
            new.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
            let mut old = MaybeUninit::zeroed();
            // SAFETY: the handler does only what a handler may.
            unsafe { libc::sigaction(signal, &new, old.as_mut_ptr()) };
            // SAFETY: filled in by the call; if that has failed, it is still
            // zeroes, which are a valid value.
            let _ = before.set(unsafe { old.assume_init() });
        }
    });
    let _ = STACK.try_with(|stack| {
        stack.get_or_init(AlternateStack::new);
    });
}

/// Runs on the alternate stack, after a fault.
// ANCHOR: overflow_handler
extern "C" fn handle(
    signal: libc::c_int,
    info: *mut libc::siginfo_t,
    context: *mut libc::c_void,
) {
    // SAFETY: the kernel has filled it in.
    let about = unsafe { &*info };
    // SAFETY: for these signals, that is the field.
    let address = unsafe { about.si_addr() }.addr();
    if let Some(message) = Message::about(address) {
        let bytes = message.bytes();
        // SAFETY: a handler may call it, and the bytes are a local.
        unsafe { libc::write(2, bytes.as_ptr().cast(), bytes.len()) };
        // SAFETY: it takes nothing, and a handler may call it.
        unsafe { libc::abort() };
    }
    pass_on(signal, info, context);
}
// ANCHOR_END: overflow_handler

/// Not our fault: to the handler that was there before.
fn pass_on(
    signal: libc::c_int,
    info: *mut libc::siginfo_t,
    context: *mut libc::c_void,
) {
    let index = usize::from(signal == SIGNALS[1]);
    let before = BEFORE[index].get();
    let address = before.map_or(libc::SIG_DFL, |old| old.sa_sigaction);
    match (address, before) {
        // A fault cannot be ignored: back from here, the instruction would
        // fault again, for ever. The kernel, too, ends a program that asks it
        // to ignore one.
        (libc::SIG_IGN | libc::SIG_DFL, _) | (_, None) => {
            // Back from here, the instruction faults again, and then it counts.
            // SAFETY: takes two numbers.
            unsafe { libc::signal(signal, libc::SIG_DFL) };
        }
        (_, Some(old)) if old.sa_flags & libc::SA_SIGINFO != 0 => {
            type Handler = extern "C" fn(
                libc::c_int,
                *mut libc::siginfo_t,
                *mut libc::c_void,
            );
            // SAFETY: that is what the flag says.
            let old: Handler = unsafe { std::mem::transmute(address) };
            old(signal, info, context);
        }
        _ => {
            // SAFETY: without the flag, a handler takes the number only.
            let old: extern "C" fn(libc::c_int) =
                unsafe { std::mem::transmute(address) };
            old(signal);
        }
    }
}

/// A thread's stack for handlers, if we had to provide it.
struct AlternateStack(Option<Box<[u8]>>);

impl AlternateStack {
    fn new() -> Self {
        let mut now = MaybeUninit::<libc::stack_t>::zeroed();
        // SAFETY: asks, and changes nothing.
        unsafe { libc::sigaltstack(ptr::null(), now.as_mut_ptr()) };
        // SAFETY: filled in; zeroes are valid, too.
        let now = unsafe { now.assume_init() };
        if now.ss_flags & libc::SS_DISABLE == 0 {
            return Self(None);
        }
        let mut memory = vec![0; libc::SIGSTKSZ.max(32 * 1024)];
        let stack = libc::stack_t {
            ss_sp: memory.as_mut_ptr().cast(),
            ss_flags: 0,
            ss_size: memory.len(),
        };
        // SAFETY: the memory is ours until `drop` takes it back.
        unsafe { libc::sigaltstack(&stack, ptr::null_mut()) };
        Self(Some(memory.into()))
    }
}

impl Drop for AlternateStack {
    fn drop(&mut self) {
        let Some(memory) = self.0.take() else { return };
        let none = libc::stack_t {
            ss_sp: ptr::null_mut(),
            ss_flags: libc::SS_DISABLE,
            ss_size: memory.len(),
        };
        // SAFETY: no handler runs on it: this is not a handler.
        unsafe { libc::sigaltstack(&none, ptr::null_mut()) };
    }
}
