//! Break it, chapter 3, once more: a `write` whose block of assembly claims
//! that it touches no memory. Build it with and without `--release`.
//!
//! The second call has undefined behaviour, on purpose: it breaks the promise
//! of `nomem`. Don't copy it.

use std::io;
use testing::println;

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod calls {
    use std::arch::asm;
    use std::hint::black_box;
    use std::io::{self, Read};
    use std::os::fd::{AsRawFd, RawFd};

    /// What both functions send.
    const LINE: [u8; 12] = *b">...........";

    #[inline]
    fn send(fd: RawFd) {
        let mut line = [b'.'; 12];
        line[0] = black_box(b'>');
        // SAFETY: the kernel reads the line, which is there until the call
        // returns; every register that the instruction changes is an output.
        unsafe {
            asm!(
                "syscall",
                inlateout("rax") 1_usize => _,
                in("rdi") fd as usize,
                in("rsi") line.as_ptr().expose_provenance(),
                in("rdx") line.len(),
                lateout("rcx") _,
                lateout("r11") _,
                options(nostack),
            );
        }
    }

    // ANCHOR: nomem
    #[inline]
    fn send_with_nomem(fd: RawFd) {
        let mut line = [b'.'; 12];
        line[0] = black_box(b'>');
        // SAFETY: there is none, and that is the point of this program: the
        // kernel reads the line, and the compiler is told that nothing does.
        unsafe {
            asm!(
                "syscall",
                inlateout("rax") 1_usize => _,
                in("rdi") fd as usize,
                in("rsi") line.as_ptr().expose_provenance(),
                in("rdx") line.len(),
                lateout("rcx") _,
                lateout("r11") _,
                options(nostack, nomem),
            );
        }
    }
    // ANCHOR_END: nomem

    /// Whether the line that is sent is the line that comes out of a pipe.
    pub fn arrives(nomem: bool) -> io::Result<bool> {
        let (mut reader, writer) = io::pipe()?;
        if nomem {
            send_with_nomem(writer.as_raw_fd());
        } else {
            send(writer.as_raw_fd());
        }
        drop(writer); // if nothing was written, the read below ends
        let mut received = [0; LINE.len()];
        reader.read_exact(&mut received)?;
        Ok(received == LINE)
    }
}

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
fn main() -> io::Result<()> {
    println!(
        "without nomem, the line arrives: {}",
        calls::arrives(false)?
    );
    let arrives = calls::arrives(true)?;
    println!("with nomem, the line arrives:    {arrives}");
    Ok(())
}

#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
fn main() -> io::Result<()> {
    println!("this program is for Linux on x86-64 only");
    Ok(())
}

/// The half that is right; `tests/break_clobbers.rs` runs the other.
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
#[test]
fn runs() {
    assert!(calls::arrives(false).unwrap());
}

#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
#[test]
fn runs() {
    main().unwrap();
}
