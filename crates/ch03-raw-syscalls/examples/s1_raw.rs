//! Stage 1 of chapter 3: one line to standard output, by a raw system call.

use std::io;

// ANCHOR: main
cfg_select! {
    any(
        target_os = "macos",
        all(
            target_os = "linux",
            any(
                target_arch = "x86_64",
                target_arch = "aarch64",
                target_arch = "riscv64",
            ),
        ),
    ) => {
        use ch03_raw_syscalls::s1_raw;
        use std::os::fd::AsFd;

        const LINE: &str = "written by a raw system call\n";

        fn run(out: impl AsFd) -> io::Result<()> {
            // One attempt: a short line fits. Stage 4 does not rely on that.
            s1_raw::write(out.as_fd(), LINE.as_bytes()).map(drop)
        }
    }
    _ => {
        const LINE: &str = "no stable way to call this kernel raw\n";

        fn run(mut out: impl io::Write) -> io::Result<()> {
            out.write_all(LINE.as_bytes())
        }
    }
}

fn main() -> io::Result<()> {
    run(io::stdout())
}
// ANCHOR_END: main

#[test]
fn runs() -> io::Result<()> {
    // Not standard output: a raw write goes past the test harness.
    let (reader, writer) = io::pipe()?;
    run(writer)?;
    assert_eq!(io::read_to_string(reader)?, LINE);
    Ok(())
}
