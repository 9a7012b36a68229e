//! Stage 3 of chapter 1: a read that the compiler leaves out, and one that it
//! cannot. Build it with and without `--release`.
//!
//! `plain` has undefined behaviour, on purpose: it is handed two `&mut` to the
//! same memory, at two addresses. Do not copy it.

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
        use ch01_concurrency::s3_dereference::dereference;
        use std::fs::File;
        use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
        use std::ptr;

        /// How much is mapped.
        const PAGE: usize = 4096;

        // ANCHOR: three_reads
        /// Writes 1 here and 2 there; reads here.
        #[inline(never)]
        fn plain(here: &mut u64, there: &mut u64) -> u64 {
            *here = 1;
            *there = 2;
            *here // nobody else may write here, so this is 1 without reading
        }

        /// The same; the read is the processor's own instruction.
        #[inline(never)]
        fn opaque(here: &mut u64, there: &mut u64) -> u64 {
            *here = 1;
            *there = 2;
            // SAFETY: a reference may be read.
            unsafe { dereference(here) }
        }
        // ANCHOR_END: three_reads

        // ANCHOR: twice
        /// One page of memory at two addresses: two entries of the page table
        /// that name the same page.
        fn one_page_twice() -> io::Result<[*mut u64; 2]> {
            // SAFETY: the name is a string that ends with a zero.
            let fd = unsafe { libc::memfd_create(c"page".as_ptr(), 0) };
            if fd == -1 {
                return Err(io::Error::last_os_error());
            }
            // SAFETY: the kernel just opened it for us.
            let memory = unsafe { OwnedFd::from_raw_fd(fd) };
            let memory = File::from(memory);
            memory.set_len(PAGE as u64)?;
            Ok([map(&memory)?, map(&memory)?])
        }

        /// Maps the page wherever there is room. It stays mapped to the end.
        fn map(memory: &File) -> io::Result<*mut u64> {
            let access = libc::PROT_READ | libc::PROT_WRITE;
            let (any, kind) = (ptr::null_mut(), libc::MAP_SHARED);
            let fd = memory.as_raw_fd();
            // SAFETY: the kernel chooses a place that was free.
            let at = unsafe { libc::mmap(any, PAGE, access, kind, fd, 0) };
            if at == libc::MAP_FAILED {
                return Err(io::Error::last_os_error());
            }
            Ok(at.cast())
        }
        // ANCHOR_END: twice

        fn run(mut out: impl io::Write) -> io::Result<[u64; 3]> {
            let answer = 42;
            let address: *const u64 = &answer;
            // SAFETY: a reference may be read.
            let read = unsafe { dereference(address) };
            writeln!(out, "a variable on the stack: {read}")?;
            let digits = format!("{address:p}").len() - 2;
            let bits = usize::BITS;
            writeln!(
                out,
                "its address has {digits} hexadecimal digits of {}, ends in {}",
                bits / 4,
                if address.addr().is_multiple_of(8) { "0 or 8" } else { "?" },
            )?;

            let [here, there] = one_page_twice()?;
            let differ = if here == there { "the same" } else { "two" };
            writeln!(out, "one page of memory at {differ} addresses")?;
            let both = || {
                // SAFETY: it is mapped. That nobody else has it is *not* true,
                // and that is the point.
                let here = unsafe { &mut *here };
                // SAFETY: it is mapped, too. That nobody else has it is *not*
                // true here either: it is the same memory.
                let there = unsafe { &mut *there };
                (here, there)
            };
            let (a, b) = both();
            let plain = plain(a, b);
            writeln!(out, "write 1 here, 2 there, read here:   {plain}")?;
            let (a, b) = both();
            let opaque = opaque(a, b);
            writeln!(out, "the same, read by the instruction:  {opaque}")?;
            Ok([read, plain, opaque])
        }

        #[test]
        fn runs() {
            let mut out = Vec::new();
            let [read, plain, opaque] = run(&mut out).unwrap();
            // The optimiser may leave out the plain read, and need not.
            assert_eq!((read, opaque), (42, 2));
            assert!(plain == 1 || plain == 2, "{plain}");
            assert_eq!(String::from_utf8(out).unwrap().lines().count(), 5);
        }
    }
    _ => {
        fn run(mut out: impl io::Write) -> io::Result<()> {
            writeln!(out, "this program is for Linux only")
        }

        #[test]
        fn runs() {
            let mut out = Vec::new();
            run(&mut out).unwrap();
            assert_eq!(out, b"this program is for Linux only\n");
        }
    }
}

fn main() -> io::Result<()> {
    run(io::stdout().lock()).map(drop)
}
