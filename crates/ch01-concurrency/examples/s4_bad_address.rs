//! Stage 4 of chapter 1: addresses that must not be used. The program starts
//! itself again for each, and says what the child died of.

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
            Bad, Crash, crash, die_if_asked, this_program,
        };

        // ANCHOR: report
        fn report(
            mut out: impl io::Write,
            bad: Bad,
            crash: &Crash,
        ) -> io::Result<()> {
            let which = match crash.names_the_address() {
                true => "the one that was used".into(),
                false => format!("{:#x}, another one", crash.told.address),
            };
            writeln!(out, "{}", bad.name())?;
            writeln!(out, "  kernel     {}", crash.kernel_says())?;
            writeln!(out, "  address    {which}")?;
            if let Some(why) = crash.processor_says() {
                writeln!(out, "  processor  {why}")?;
            }
            writeln!(out, "  the child  ended {}", crash.ended())
        }
        // ANCHOR_END: report

        fn main() -> io::Result<()> {
            if die_if_asked() {
                return Ok(());
            }
            for bad in Bad::ALL {
                let crash = crash(this_program()?, bad)?;
                report(io::stdout(), bad, &crash)?;
            }
            Ok(())
        }

        /// What a child of the test below runs; otherwise it does nothing.
        #[test]
        fn child() {
            die_if_asked();
        }

        #[test]
        fn runs() {
            let mut out = Vec::new();
            for bad in Bad::ALL {
                let mut program = this_program().unwrap();
                program.args(["--exact", "child", "--nocapture"]);
                let crash = crash(program, bad).unwrap();
                report(&mut out, bad, &crash).unwrap();
            }
            let out = String::from_utf8(out).unwrap();
            for part in ["  kernel  ", "ended "] {
                let count = out.matches(part).count();
                assert_eq!(count, Bad::ALL.len(), "{out}");
            }
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
