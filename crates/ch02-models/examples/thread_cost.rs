//! Chapter 2: what a thread costs that only sleeps: address space, memory, and
//! the time to make it. Linux only.

use std::io;

cfg_select! {
    target_os = "linux" => {
        use ch02_models::threads::{Memory, kernel_stacks, one_arena};
        use std::hint::black_box;
        use std::sync::Arc;
        use std::sync::Barrier;
        use std::thread;
        use std::time::Instant;

        const COUNT: usize = 1_000;

        // ANCHOR: use_stack
        /// Writes to 256 KiB of the stack, as deep calls would.
        #[inline(never)]
        fn use_stack() {
            let mut room = [0_u8; 256 * 1024];
            for byte in black_box(&mut room).iter_mut().step_by(4096) {
                *byte = 1;
            }
        }
        // ANCHOR_END: use_stack

        /// What each of a thousand threads has: when it has started, and when
        /// it has used some of its stack. Then the time to make one, in µs.
        // ANCHOR: thread_cost
        fn measure() -> io::Result<(Memory, Memory, u64, f64)> {
            let (at, went_on) = (Memory::now()?, kernel_stacks()?);
            let barrier = Arc::new(Barrier::new(COUNT + 1));
            let start = Instant::now();
            let threads: Vec<_> = (0..COUNT)
                .map(|_| {
                    let barrier = Arc::clone(&barrier);
                    thread::spawn(move || {
                        barrier.wait(); // all have started
                        barrier.wait(); // it was measured
                        use_stack();
                        barrier.wait();
                        barrier.wait();
                    })
                })
                .collect();
            let made = start.elapsed().as_secs_f64() * 1e6 / COUNT as f64;
            barrier.wait();
            let idle = Memory::now()?.since(at, COUNT);
            let kernel = kernel_stacks()?.saturating_sub(went_on);
            barrier.wait();
            barrier.wait();
            let used = Memory::now()?.since(at, COUNT);
            barrier.wait();
            for thread in threads {
                thread.join().expect("it does not panic");
            }
            Ok((idle, used, kernel / COUNT as u64, made))
        }
        // ANCHOR_END: thread_cost

        fn run(mut out: impl io::Write) -> io::Result<()> {
            one_arena();
            let (idle, used, kernel, made) = measure()?;
            let kib = |bytes: u64| bytes as f64 / 1024.0;
            let (reserved, touched) = (kib(idle.reserved), kib(idle.touched));
            let used = kib(used.touched);
            writeln!(out, "each of {COUNT} threads")?;
            writeln!(out, "  reserves         {reserved:>8.1} KiB")?;
            writeln!(out, "  touches, idle    {touched:>8.1} KiB")?;
            writeln!(out, "  touches, used    {used:>8.1} KiB")?;
            writeln!(out, "  in the kernel    {:>8.1} KiB", kib(kernel))?;
            writeln!(out, "  takes to make    {made:>8.1} µs")
        }
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

#[cfg(target_os = "linux")]
#[test]
fn runs() {
    let (idle, used, _, made) = measure().unwrap();
    assert!(idle.reserved >= 2 << 20, "{idle:?}: std asks for 2 MiB");
    // It touches far less than that. (An emulator needs some for itself.)
    assert!(idle.touched < idle.reserved / 4, "{idle:?}");
    assert!(
        used.touched >= idle.touched + (200 << 10),
        "{idle:?} {used:?}"
    );
    assert!(made > 0.0);
}

#[cfg(not(target_os = "linux"))]
#[test]
fn runs() {
    main().unwrap();
}
