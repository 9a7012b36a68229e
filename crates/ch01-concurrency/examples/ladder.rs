//! How long is a wait? From a read of memory to a thread that has to be woken.
//! Build it with `--release`. Linux only.

#[cfg(target_os = "linux")]
use std::io;

#[cfg(target_os = "linux")]
mod linux {
    use ch01_concurrency::cores::{allowed, stay_on};
    use ch01_concurrency::s1_workshop::Random;
    use std::hint::black_box;
    use std::io::{self, Read, Write};
    use std::ptr;
    use std::thread;
    use std::time::{Duration, Instant};

    /// A cache line: what a cache takes from memory at a time.
    #[derive(Clone, Copy)]
    #[repr(align(64))]
    struct Line {
        next: usize,
    }

    // ANCHOR: read
    /// One read, if each must wait for the one before: it says which line is
    /// next, in a random order.
    fn read(lines: usize, reads: u32) -> Duration {
        let mut chain: Vec<Line> =
            (0..lines).map(|next| Line { next }).collect();
        let mut random = Random::new(1);
        for line in (1..lines).rev() {
            // Never itself, so that the chain is one circle through all lines.
            let other = random.below(line as u64) as usize;
            (chain[line].next, chain[other].next) =
                (chain[other].next, chain[line].next);
        }
        let mut at = 0;
        let start = Instant::now();
        for _ in 0..reads {
            at = chain[at].next;
        }
        black_box(at);
        start.elapsed() / reads
    }
    // ANCHOR_END: read

    fn system_call(calls: u32) -> Duration {
        let start = Instant::now();
        for _ in 0..calls {
            // SAFETY: asks for a number; there is nothing to uphold.
            black_box(unsafe { libc::syscall(libc::SYS_getppid) });
        }
        start.elapsed() / calls
    }

    /// The first write to a page.
    fn page_fault(pages: u32) -> io::Result<Duration> {
        let size = pages as usize * 4096;
        let access = libc::PROT_READ | libc::PROT_WRITE;
        let kind = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
        let any = ptr::null_mut();
        // SAFETY: the kernel chooses a place that was free.
        let at = unsafe { libc::mmap(any, size, access, kind, -1, 0) };
        if at == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: it is ours. A kernel without huge pages says no, and that is
        // as good.
        unsafe { libc::madvise(at, size, libc::MADV_NOHUGEPAGE) };
        let start = Instant::now();
        for page in 0..pages as usize {
            let byte = at.cast::<u8>().wrapping_add(page * 4096);
            // SAFETY: it is in the mapping, which nothing else uses.
            unsafe { ptr::write_volatile(byte, 1) };
        }
        let took = start.elapsed() / pages;
        // SAFETY: it is ours, and not used after this.
        unsafe { libc::munmap(at, size) };
        Ok(took)
    }

    // ANCHOR: switch
    /// From a write of one thread to the return of another thread's read. Both
    /// send a byte to and fro; each thread stays on its core.
    fn switch([here, there]: [usize; 2], rounds: u32) -> io::Result<Duration> {
        let (mut to_me, mut from_other) = io::pipe()?;
        let (mut to_other, mut from_me) = io::pipe()?;
        thread::scope(|scope| {
            let other = scope.spawn(move || {
                stay_on(there)?;
                let mut byte = [0];
                for _ in 0..rounds {
                    to_other.read_exact(&mut byte)?;
                    from_other.write_all(&byte)?;
                }
                Ok(())
            });
            let me = scope.spawn(move || {
                stay_on(here)?;
                let mut byte = [0];
                let start = Instant::now();
                for _ in 0..rounds {
                    from_me.write_all(&byte)?;
                    to_me.read_exact(&mut byte)?;
                }
                Ok(start.elapsed() / (2 * rounds))
            });
            let took = me.join().expect("it returns its errors");
            other.join().expect("it returns its errors").and(took)
        })
    }
    // ANCHOR_END: switch

    /// The least of several tries: what else the machine does can only add.
    fn best(
        mut measure: impl FnMut() -> io::Result<Duration>,
    ) -> io::Result<Duration> {
        let mut least = measure()?;
        for _ in 0..4 {
            least = least.min(measure()?);
        }
        Ok(least)
    }

    pub fn run(mut out: impl io::Write, scale: u32) -> io::Result<Vec<f64>> {
        let cores = allowed()?;
        let (first, last) = (cores[0], cores[cores.len() - 1]);
        let lines = 4_000 * scale as usize; // 256 MB if the scale is 1,000
        let rows = [
            ("a read from the nearest cache", {
                best(|| Ok(read(100, 1_000 * scale)))?
            }),
            ("a read from memory", best(|| Ok(read(lines, 500 * scale)))?),
            ("a system call", best(|| Ok(system_call(200 * scale)))?),
            ("a page fault", best(|| page_fault(4 * scale))?),
            ("a switch to another thread", {
                best(|| switch([first, first], 10 * scale))?
            }),
            ("waking a thread on another core", {
                best(|| switch([first, last], 2 * scale))?
            }),
        ];
        let mut all = Vec::new();
        for (what, took) in rows {
            let nanos = took.as_secs_f64() * 1e9;
            writeln!(out, "{what:<32} {nanos:>8.0} ns")?;
            all.push(nanos);
        }
        Ok(all)
    }
}

#[cfg(target_os = "linux")]
fn main() -> io::Result<()> {
    linux::run(io::stdout().lock(), 1_000).map(drop)
}

#[cfg(not(target_os = "linux"))]
fn main() {
    testing::println!("this program is for Linux only");
}

#[cfg(target_os = "linux")]
#[test]
fn runs() {
    let mut out = Vec::new();
    let all = linux::run(&mut out, 10).unwrap();
    assert_eq!(all.len(), 6);
    // Each makes system calls, and none takes less on any machine.
    assert!(all[4] > 50.0 && all[5] > 50.0, "{all:?}");
    assert_eq!(String::from_utf8(out).unwrap().lines().count(), 6);
}

#[cfg(not(target_os = "linux"))]
#[test]
fn runs() {
    main();
}
