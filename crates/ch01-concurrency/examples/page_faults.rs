//! Memory that was asked for and memory that exists: how often the processor
//! stops at an address that is not in the page table yet.

use std::io;

#[cfg(target_os = "linux")]
mod linux {
    use std::fs;
    use std::io;
    use std::mem;
    use std::ptr;

    /// How much is mapped: 64 MiB.
    pub const SIZE: usize = 64 << 20;

    /// Memory of our own, which goes back to the kernel in the end.
    #[derive(Debug)]
    pub struct Mapping {
        start: *mut u8,
        page: usize,
    }

    impl Mapping {
        // ANCHOR: mapping
        /// Asks for memory in pages of the usual size. With the kernel's
        /// "huge" pages, one fault would fill in 512 of them.
        pub fn new() -> io::Result<Self> {
            let access = libc::PROT_READ | libc::PROT_WRITE;
            let kind = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
            let any = ptr::null_mut();
            // SAFETY: the kernel chooses a place that was free.
            let at = unsafe { libc::mmap(any, SIZE, access, kind, -1, 0) };
            if at == libc::MAP_FAILED {
                return Err(io::Error::last_os_error());
            }
            // SAFETY: asks for a number; there is nothing to uphold.
            let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) } as usize;
            let start = at.cast();
            let mapping = Self { start, page };
            // SAFETY: it is ours, and its contents stay. A kernel without huge
            // pages refuses, which is as good.
            unsafe { libc::madvise(at, SIZE, libc::MADV_NOHUGEPAGE) };
            Ok(mapping)
        }

        // ANCHOR_END: mapping

        /// The first byte of each page.
        fn pages(&self) -> impl Iterator<Item = *mut u8> {
            (0..self.count())
                .map(|page| self.start.wrapping_add(page * self.page))
        }

        // ANCHOR: touch
        /// Reads a byte of each page. Returns their sum.
        pub fn read(&self) -> u64 {
            // SAFETY: each is in the mapping, which lives as long as `self`.
            let read = |at: *mut u8| unsafe { ptr::read_volatile(at) };
            self.pages().map(read).map(u64::from).sum()
        }

        /// Writes a byte of each page.
        pub fn write(&mut self) {
            for at in self.pages() {
                // SAFETY: each is in the mapping, which is borrowed mutably.
                unsafe { ptr::write_volatile(at, 1) };
            }
        }
        // ANCHOR_END: touch
    }

    impl Mapping {
        pub fn count(&self) -> usize {
            SIZE / self.page
        }
    }

    impl Drop for Mapping {
        fn drop(&mut self) {
            // SAFETY: it is ours, and not used after this.
            unsafe { libc::munmap(self.start.cast(), SIZE) };
        }
    }

    // ANCHOR: counted
    /// How many page faults this thread has had that needed no disk.
    pub fn faults() -> io::Result<usize> {
        // SAFETY: all zeroes is a valid `rusage`.
        let mut usage: libc::rusage = unsafe { mem::zeroed() };
        // SAFETY: the kernel writes one `rusage`, and there is one.
        let done = unsafe { libc::getrusage(libc::RUSAGE_THREAD, &mut usage) };
        if done == -1 {
            return Err(io::Error::last_os_error());
        }
        Ok(usage.ru_minflt as usize)
    }
    // ANCHOR_END: counted

    /// How much memory this process has, in MiB.
    fn resident() -> io::Result<f64> {
        let status = fs::read_to_string("/proc/self/status")?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = line.and_then(|line| line.split_whitespace().next());
        let kib: Option<f64> = kib.and_then(|kib| kib.parse().ok());
        kib.map(|kib| kib / 1024.0)
            .ok_or_else(|| io::Error::other("no VmRSS in /proc/self/status"))
    }

    pub fn run(mut out: impl io::Write) -> io::Result<Vec<usize>> {
        let mut all = Vec::new();
        let mut line = |what: &str, step: &mut dyn FnMut()| {
            let memory = resident()?;
            let before = faults()?;
            step();
            let new = faults()? - before;
            all.push(new);
            let memory = resident()? - memory;
            writeln!(out, "{what:<24} {new:>6} faults {memory:>+6.0} MiB")
        };
        let mut mapping = Err(io::ErrorKind::NotFound.into());
        line("64 MiB are mapped", &mut || mapping = Mapping::new())?;
        let mut mapping = mapping?;
        let mut sum = 0;
        line("a byte a page is read", &mut || sum = mapping.read())?;
        line("a byte a page is written", &mut || mapping.write())?;
        line("and again", &mut || mapping.write())?;
        writeln!(out, "all {} pages held {sum}", mapping.count())?;
        Ok(all)
    }
}

#[cfg(target_os = "linux")]
use linux::run;

#[cfg(not(target_os = "linux"))]
fn run(mut out: impl io::Write) -> io::Result<()> {
    writeln!(out, "this program is for Linux only")
}

fn main() -> io::Result<()> {
    run(io::stdout().lock()).map(drop)
}

/// Each page is missing once when it is read (then it is a page of zeroes that
/// all share) and once when it is written.
#[cfg(target_os = "linux")]
#[test]
fn runs() {
    let mut out = Vec::new();
    let faults = run(&mut out).unwrap();
    let pages = linux::Mapping::new().unwrap().count();
    let [mapped, read, written, again] = faults[..] else {
        panic!("four steps");
    };
    assert!(read + written >= pages, "{faults:?}");
    // A few of its own: the stack grows, code is run for the first time.
    assert!(mapped < pages / 10, "{faults:?}");
    assert!(again < pages / 10, "{faults:?}");
    let out = String::from_utf8(out).unwrap();
    assert!(out.ends_with(" pages held 0\n"), "{out}");
}

#[cfg(not(target_os = "linux"))]
#[test]
fn runs() {
    main().unwrap();
}
