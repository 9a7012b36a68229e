//! Stage 3 of chapter 1: a value that changes behind the compiler's back, read
//! through a reference and by an instruction. Build it with and without
//! `--release`.
//!
//! `by_reference` has undefined behaviour, on purpose: a `&u64` promises that
//! nothing changes the value while it is in use. Do not copy it.

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
        use ch01_concurrency::s3_peek::peek;
        use std::fs::File;
        use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
        use std::os::unix::fs::FileExt;
        use std::ptr;

        /// How much is mapped.
        const PAGE: usize = 4096;

        // ANCHOR: page
        /// A page of memory that is also the first page of a file.
        fn page_of(file: &File) -> io::Result<*const u64> {
            file.set_len(PAGE as u64)?;
            let (any, shared) = (ptr::null_mut(), libc::MAP_SHARED);
            let (read, fd) = (libc::PROT_READ, file.as_raw_fd());
            // SAFETY: the kernel chooses a place that was free.
            let at = unsafe { libc::mmap(any, PAGE, read, shared, fd, 0) };
            if at == libc::MAP_FAILED {
                return Err(io::Error::last_os_error());
            }
            Ok(at.cast_const().cast()) // it stays mapped to the end
        }
        // ANCHOR_END: page

        /// A file without a name, which is in memory only.
        fn file_in_memory() -> io::Result<File> {
            // SAFETY: the name is a string that ends with a zero.
            let fd = unsafe { libc::memfd_create(c"page".as_ptr(), 0) };
            if fd == -1 {
                return Err(io::Error::last_os_error());
            }
            // SAFETY: the kernel just opened it for us.
            Ok(File::from(unsafe { OwnedFd::from_raw_fd(fd) }))
        }

        // ANCHOR: two_reads
        /// Reads, has the value changed, and reads again.
        #[inline(never)]
        fn by_reference(value: &u64, change: &dyn Fn()) -> [u64; 2] {
            let before = *value;
            change();
            [before, *value] // behind a `&u64` nothing changes: read once
        }

        /// The same; each read is one instruction of the processor. The eight
        /// bytes must be mapped, and stay so.
        #[inline(never)]
        unsafe fn by_instruction(
            value: *const u64,
            change: &dyn Fn(),
        ) -> [u64; 2] {
            // SAFETY: they are mapped, says our caller.
            let before = unsafe { peek(value) };
            change();
            // SAFETY: they still are.
            [before, unsafe { peek(value) }]
        }
        // ANCHOR_END: two_reads

        fn run(mut out: impl io::Write) -> io::Result<[[u64; 2]; 2]> {
            let file = file_in_memory()?;
            let page = page_of(&file)?;
            let write = |value: u64| {
                let all = file.write_all_at(&value.to_ne_bytes(), 0);
                all.expect("there is room for one page");
            };
            write(1);
            // SAFETY: it is mapped. That nothing changes the value is *not*
            // true, and that is the point.
            let reference = unsafe { &*page };
            let by_reference = by_reference(reference, &|| write(2));
            write(1);
            // SAFETY: the page stays mapped to the end of the program.
            let by_instruction = unsafe { by_instruction(page, &|| write(2)) };
            for (how, [before, after]) in [
                ("by reference:  ", by_reference),
                ("by instruction:", by_instruction),
            ] {
                writeln!(out, "{how} {before}, then {after}")?;
            }
            Ok([by_reference, by_instruction])
        }

        #[test]
        fn runs() {
            let mut out = Vec::new();
            let [by_reference, by_instruction] = run(&mut out).unwrap();
            assert_eq!(by_instruction, [1, 2]);
            // The optimiser may leave out the second read, and need not.
            assert!([[1, 1], [1, 2]].contains(&by_reference));
            assert_eq!(String::from_utf8(out).unwrap().lines().count(), 2);
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
