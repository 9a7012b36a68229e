//! Stage 4 of chapter 1: addresses that must not be used. The program starts
//! itself again for each, and reports what the child died of.

use std::io;

cfg_select! {
    all(
        any(unix, windows),
        any(
            target_arch = "x86_64",
            target_arch = "aarch64",
            target_arch = "riscv64",
        ),
    ) => {
        use ch01_concurrency::s4_bad_address::{
            Bad, crash, die_if_asked, this_program,
        };
        use std::collections::BTreeSet;
        use std::process::Command;

        /// Each address in turn, used by a child that `program` starts.
        fn run(
            mut out: impl io::Write,
            program: impl Fn() -> io::Result<Command>,
        ) -> io::Result<()> {
            writeln!(
                out,
                "address            kernel               named processor"
            )?;
            let mut ends = BTreeSet::new();
            for bad in Bad::ALL {
                let crash = crash(program()?, bad)?;
                let named = if crash.names_the_address() { "yes" } else { "no" };
                let processor = crash.processor_says();
                writeln!(
                    out,
                    "{:<18} {:<20} {named:<5} {}",
                    bad.name(),
                    crash.kernel_says(),
                    processor.as_deref().unwrap_or("?"),
                )?;
                ends.insert(crash.ended());
            }
            for end in ends {
                writeln!(out, "the children ended {end}")?;
            }
            Ok(())
        }

        fn main() -> io::Result<()> {
            if die_if_asked() {
                return Ok(());
            }
            run(io::stdout(), this_program)
        }

        /// What a child of the test below runs; otherwise it does nothing.
        #[test]
        fn child() {
            die_if_asked();
        }

        #[test]
        fn runs() {
            let mut out = Vec::new();
            let program = || {
                let mut program = this_program()?;
                program.args(["--exact", "child", "--nocapture"]);
                Ok(program)
            };
            run(&mut out, program).unwrap();
            let out = String::from_utf8(out).unwrap();
            for bad in Bad::ALL {
                assert_eq!(out.matches(bad.name()).count(), 1, "{out}");
            }
            assert!(out.contains("the children ended "), "{out}");
        }
    }
    _ => {
        use testing::println;

        fn main() {
            println!("this program does not know this processor");
        }

        #[test]
        fn runs() {
            main();
        }
    }
}
