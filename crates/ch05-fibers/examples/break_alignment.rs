//! Break it, chapter 5: one word too many on a new stack, so that functions on
//! it are entered 8 bytes off. Most of them do not mind. Then the same program
//! with that word left out.
//!
//! Linux on x86-64. The fault is in a child process, which is this program
//! again.

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod quiet;

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod linux {
    use ch05_fibers::s1_stack_swap::{first_words, swap};
    use ch05_fibers::stack::Stack;
    use std::arch::x86_64::{_mm_set1_ps, _mm_store_ps};
    use std::hint::black_box;
    use std::io;
    use std::mem::MaybeUninit;
    use std::os::unix::process::ExitStatusExt;
    use std::process::Command;
    use std::ptr;

    /// Where both sides have stopped.
    struct Visit {
        home: *mut u8,
        there: *mut u8,
    }

    // ANCHOR: prepare
    /// Puts the first words onto a stack: below its high end, or, with a gap,
    /// one word further down.
    fn prepare(stack: &Stack, visit: *mut Visit, gap: bool) -> *mut u8 {
        let words = first_words(stack, arrive, visit.cast());
        let end = match gap {
            true => stack.top().wrapping_sub(8), // the bug
            false => stack.top(),
        };
        let start = end.cast::<*mut u8>().wrapping_sub(words.len());
        for (index, word) in words.into_iter().enumerate() {
            // SAFETY: a few words at the high end of our stack.
            unsafe { start.wrapping_add(index).write(word) };
        }
        start.cast()
    }
    // ANCHOR_END: prepare

    /// Four numbers that are stored by one instruction.
    #[repr(align(16))]
    struct Four([f32; 4]);

    /// Stores into a local, at an address that the compiler knows to be a
    /// multiple of 16: it has laid out the frame.
    #[inline(never)]
    fn store() -> f32 {
        let mut four = MaybeUninit::<Four>::uninit();
        let address = black_box(four.as_mut_ptr()).cast::<f32>();
        println!("  a local of 16 bytes, at ...{:x}", address.addr() & 15);
        // SAFETY: every x86-64 has SSE.
        let value = unsafe { _mm_set1_ps(black_box(1.5)) };
        // SAFETY: to a local. That it is aligned is what this is about.
        unsafe { _mm_store_ps(address, value) };
        // SAFETY: stored a moment ago, all of it.
        unsafe { four.assume_init_ref() }.0[3]
    }

    extern "C" fn arrive(visit: *mut u8) -> ! {
        println!("  stored: {}", store());
        let visit = visit.cast::<Visit>();
        // SAFETY: `child` waits for us with it.
        let home = unsafe { (*visit).home };
        // SAFETY: as above.
        let save = unsafe { &raw mut (*visit).there };
        // SAFETY: home has stopped in `swap`.
        unsafe { swap(save, home) };
        unreachable!("this stack is not resumed again");
    }

    /// In the child: the visit.
    pub fn child(gap: bool) -> io::Result<()> {
        report_faults();
        let stack = Stack::new(64 * 1024)?;
        let (home, there) = (ptr::null_mut(), ptr::null_mut());
        let mut visit = Visit { home, there };
        let there = prepare(&stack, &raw mut visit, gap);
        // SAFETY: prepared above. If the processor is right about it, that is:
        // with the gap there is undefined behaviour, on purpose.
        unsafe { swap(&raw mut visit.home, there) };
        Ok(())
    }

    /// Says what the instruction was, and lets it fault again.
    fn report_faults() {
        extern "C" fn handle(
            _: libc::c_int,
            info: *mut libc::siginfo_t,
            context: *mut libc::c_void,
        ) {
            let context = context.cast::<libc::ucontext_t>();
            // SAFETY: the kernel has filled both in.
            let registers = unsafe { &(*context).uc_mcontext.gregs };
            let at = registers[libc::REG_RIP as usize] as *const [u8; 3];
            // SAFETY: the instruction that has just been tried.
            let bytes = unsafe { at.read_unaligned() };
            let name = match bytes {
                [0x0f, 0x29, _] => "movaps, a store of 16 aligned bytes",
                [0x66, 0x0f, 0x29 | 0x7f] => "a store of 16 aligned bytes",
                _ => "another one",
            };
            // SAFETY: as above.
            let about = unsafe { &*info };
            // SAFETY: for this signal, that is the field.
            let address = unsafe { about.si_addr() }.addr();
            // Not what a handler may do in general; here nothing else runs.
            println!("  the instruction: {name}");
            println!("  the address that the kernel names: {address:#x}");
            // SAFETY: takes two numbers.
            unsafe { libc::signal(libc::SIGSEGV, libc::SIG_DFL) };
        }
        // SAFETY: all zeroes is a valid value.
        let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
        let handle: extern "C" fn(_, _, _) = handle;
        action.sa_sigaction = handle as *const () as usize;
        action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
        // SAFETY: the handler reads what it is given and prints.
        unsafe {
            libc::sigaction(libc::SIGSEGV, &action, ptr::null_mut());
        }
    }

    /// By this variable, a child knows that it is one, and of which kind.
    pub const GAP: &str = "CH05_GAP";

    /// What the child has printed, and how it has ended.
    pub fn run(gap: bool) -> io::Result<String> {
        let mut child = Command::new(std::env::current_exe()?);
        if cfg!(test) {
            child.args(["child", "--exact", "--nocapture"]);
        }
        child.env(GAP, if gap { "with" } else { "without" });
        let output = child.output()?;
        let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
        text += &match output.status.signal() {
            Some(libc::SIGSEGV) => "  ended by SIGSEGV\n".into(),
            Some(other) => format!("  ended by signal {other}\n"),
            None => format!("  ended with {}\n", output.status),
        };
        Ok(text)
    }

    /// The high ends of both stacks, from their memory.
    pub fn picture() -> io::Result<String> {
        let stacks = [Stack::new(64 * 1024)?, Stack::new(64 * 1024)?];
        let mut visit = Visit {
            home: ptr::null_mut(),
            there: ptr::null_mut(),
        };
        let visit = &raw mut visit;
        for (stack, gap) in stacks.iter().zip([true, false]) {
            prepare(stack, visit, gap);
        }
        let enter = first_words(&stacks[0], arrive, visit.cast())[6];
        let mut text = String::from("below the end   with gap     without\n");
        for below in [8, 16, 24, 32, 40] {
            let name = |stack: &Stack| {
                let place = stack.top().wrapping_sub(below);
                // SAFETY: the stack is longer than that.
                let word = unsafe { place.cast::<*mut u8>().read() };
                match word {
                    _ if word == enter => "enter",
                    _ if word == visit.cast() => "argument",
                    _ if word.is_null() => "0",
                    _ => "function",
                }
            };
            let [with, without] = stacks.each_ref().map(name);
            text += &format!("{below:>13}   {with:<12} {without}\n");
        }
        // `ret` pops `enter`, and its `call` pushes one word.
        text += "rsp on entry    end - 16     end - 8\n";
        Ok(text)
    }
}

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
fn main() -> std::io::Result<()> {
    quiet::end_on_closed_pipes();
    if let Ok(gap) = std::env::var(linux::GAP) {
        return linux::child(gap == "with");
    }
    print!("with a gap above the first words:\n{}", linux::run(true)?);
    print!("without:\n{}", linux::run(false)?);
    print!("{}", linux::picture()?);
    Ok(())
}

#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
fn main() {
    println!("this program is for Linux on x86-64 only");
}

/// The child.
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
#[test]
fn child() -> std::io::Result<()> {
    match std::env::var(linux::GAP) {
        Ok(gap) => linux::child(gap == "with"),
        Err(_) => Ok(()),
    }
}

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
#[test]
fn runs() -> std::io::Result<()> {
    let with = linux::run(true)?;
    assert!(with.contains("at ...8\n"), "{with}");
    assert!(with.contains("a store of 16 aligned bytes\n"), "{with}");
    assert!(with.ends_with("ended by SIGSEGV\n"), "{with}");
    let without = linux::run(false)?;
    assert!(without.contains("at ...0\n  stored: 1.5\n"), "{without}");
    assert!(!without.contains("SIGSEGV"), "{without}");
    let text = linux::picture()?;
    assert!(text.contains(" 8   0            enter\n"), "{text}");
    assert!(text.contains("16   enter        0\n"), "{text}");
    let _ = main;
    Ok(())
}

#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
#[test]
fn runs() {
    main();
}
