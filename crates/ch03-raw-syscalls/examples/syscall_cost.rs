//! What a system call costs, compared with an ordinary function call and with
//! the clock, which we can read without entering the kernel (the vDSO).

use std::io;

cfg_select! {
    all(
        target_os = "linux",
        any(
            target_arch = "x86_64",
            target_arch = "aarch64",
            target_arch = "riscv64",
        ),
    ) => {
        use ch03_raw_syscalls::s1_raw::syscall3;
        use std::hint::black_box;
        use std::time::Instant;

        // ANCHOR: calls
        #[inline(never)]
        fn add(a: u64, b: u64) -> u64 {
            a + b
        }

        fn getppid() -> isize {
            let number = libc::SYS_getppid as usize;
            // SAFETY: `getppid` takes no argument and reads no memory.
            unsafe { syscall3(number, 0, 0, 0) }
        }

        fn clock_by_call() -> isize {
            let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
            let number = libc::SYS_clock_gettime as usize;
            let clock = libc::CLOCK_MONOTONIC as usize;
            let place = (&raw mut time).expose_provenance();
            // SAFETY: the kernel writes one `timespec`, and there is one.
            unsafe { syscall3(number, clock, place, 0) }
        }
        // ANCHOR_END: calls

        // ANCHOR: measure
        /// The median of 101 rounds, in nanoseconds per call.
        fn nanos<T>(mut call: impl FnMut() -> T) -> f64 {
            const CALLS: u32 = 1_000;
            let mut rounds = [0.0; 101].map(|_: f64| {
                let start = Instant::now();
                for _ in 0..CALLS {
                    black_box(call());
                }
                start.elapsed().as_secs_f64() * 1e9 / f64::from(CALLS)
            });
            rounds.sort_unstable_by(f64::total_cmp);
            rounds[rounds.len() / 2]
        }

        fn run(mut out: impl io::Write) -> io::Result<()> {
            let mut line = |what, nanos| {
                writeln!(out, "{what:<28} {nanos:>7.1} ns")
            };
            line("a function call", nanos(|| add(black_box(1), black_box(2))))?;
            line("the clock, through the vDSO", nanos(Instant::now))?;
            line("the clock, by a system call", nanos(clock_by_call))?;
            line("getppid, by a system call", nanos(getppid))
        }
        // ANCHOR_END: measure
    }
    _ => {
        fn run(mut out: impl io::Write) -> io::Result<()> {
            writeln!(out, "this program is for Linux only")
        }
    }
}

fn main() -> io::Result<()> {
    run(io::stdout().lock())
}

#[test]
fn runs() {
    let mut output = Vec::new();
    run(&mut output).unwrap();
    let output = String::from_utf8(output).unwrap();
    let lines = if cfg!(target_os = "linux") { 4 } else { 1 };
    assert_eq!(output.lines().count(), lines, "{output}");
}
