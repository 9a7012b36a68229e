//! What a process dies of, by two witnesses: what its own handler was told,
//! and what the kernel tells the parent.
#![cfg(all(
    any(unix, windows),
    any(
        target_arch = "x86_64",
        target_arch = "aarch64",
        target_arch = "riscv64"
    )
))]

use ch01_concurrency::s4_bad_address::{
    Bad, Crash, crash, die_if_asked, this_program,
};
use testing::within_a_minute;

/// What a child runs of this program; otherwise it does nothing.
#[test]
fn child() {
    die_if_asked();
}

fn of(bad: Bad) -> Crash {
    within_a_minute(move || {
        let mut program = this_program().unwrap();
        program.args(["--exact", "child", "--nocapture"]);
        crash(program, bad).unwrap()
    })
}

#[cfg(unix)]
mod unix {
    use super::*;
    use std::os::unix::process::ExitStatusExt;

    /// The same signal for the handler and for the parent, and no image of
    /// the process on the disk.
    #[test]
    fn both_witnesses_agree() {
        for bad in Bad::ALL {
            let crash = of(bad);
            let died_of = crash.status.signal().map(|signal| signal as u64);
            assert_eq!(died_of, Some(crash.told.what), "{bad:?}: {crash:?}");
            let memory = [libc::SIGSEGV as u64, libc::SIGBUS as u64];
            assert!(memory.contains(&crash.told.what), "{bad:?}: {crash:?}");
            assert!(!crash.status.core_dumped(), "{bad:?}");
        }
    }

    #[test]
    fn the_address_is_named() {
        for bad in Bad::ALL {
            let crash = of(bad);
            if !matches!(bad, Bad::NonCanonical | Bad::Kernel) {
                assert!(crash.names_the_address(), "{bad:?}: {crash:?}");
            }
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn absent_and_forbidden_are_told_apart() {
    const SEGV_MAPERR: u64 = 1;
    const SEGV_ACCERR: u64 = 2;
    for (bad, why) in [
        (Bad::Yesterday, SEGV_MAPERR),
        (Bad::Null, SEGV_MAPERR),
        (Bad::NoAccess, SEGV_ACCERR),
        (Bad::OwnCode, SEGV_ACCERR),
    ] {
        let crash = of(bad);
        assert_eq!(crash.told.why, why, "{bad:?}: {crash:?}");
    }
}

/// What the processor leaves for the kernel, and the kernel for us.
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
#[test]
fn the_processor_gives_its_reason() {
    for (bad, reason) in [
        (Bad::Null, "page fault: absent, read, user"),
        (Bad::Yesterday, "page fault: absent, read, user"),
        (Bad::NoAccess, "page fault: absent, read, user"),
        (Bad::OwnCode, "page fault: protected, write, user"),
        // Linux says "protected" of every address that is the kernel's, so
        // that no program learns which are mapped.
        (Bad::Kernel, "page fault: protected, read, user"),
        (Bad::NonCanonical, "general protection"),
    ] {
        let crash = of(bad);
        let said = crash.processor_says();
        assert_eq!(said.as_deref(), Some(reason), "{bad:?}: {crash:?}");
    }
    let crash = of(Bad::NonCanonical);
    assert_eq!(crash.told.why as libc::c_int, libc::SI_KERNEL);
    assert_eq!(crash.told.address, 0);
}

#[cfg(windows)]
#[test]
fn the_exception_is_the_exit_code() {
    const ACCESS_VIOLATION: u32 = 0xc000_0005;
    for bad in Bad::ALL {
        let crash = of(bad);
        let code = crash.status.code().map(i32::cast_unsigned);
        assert_eq!(code, Some(ACCESS_VIOLATION), "{bad:?}: {crash:?}");
        assert_eq!(crash.told.what, u64::from(ACCESS_VIOLATION));
        let write = u64::from(bad.is_write());
        assert_eq!(crash.told.why, write, "{bad:?}: {crash:?}");
        if !matches!(bad, Bad::NonCanonical | Bad::Kernel) {
            assert!(crash.names_the_address(), "{bad:?}: {crash:?}");
        }
    }
}

/// A program that does not die says so, and that is an error with its words.
#[test]
fn a_child_that_lives_on_is_an_error() {
    within_a_minute(|| {
        let mut program = this_program().unwrap();
        // It runs no test, so it never comes to the address.
        program.args(["--exact", "no such test"]);
        let error = crash(program, Bad::Null).unwrap_err();
        assert!(error.to_string().contains("the child ended"), "{error}");
    });
}
