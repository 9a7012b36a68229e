//! Chapter 2: what a switch costs. A thread sends a byte through a pipe and
//! sleeps until it comes back through another one: from a second thread of the
//! same process, then from another process. All of them share one core, so each
//! way ends with a switch. In the second measurement both sides read a table
//! after each switch: the two threads the same one, each process its own. Linux
//! only.

use std::io;

cfg_select! {
    target_os = "linux" => {
        use ch02_models::threads::share_one_core;
        use std::fs::File;
        use std::hint::black_box;
        use std::io::{PipeReader, Read, Write, pipe};
        use std::os::fd::AsFd;
        use std::process::{Command, Stdio};
        use std::sync::Arc;
        use std::thread;
        use std::time::Instant;

        const ROUNDS: usize = 300;
        const TRIPS: u32 = 50;
        const TABLE: usize = 384 * 1024;

        /// Reads the table, a byte of each cache line.
        // ANCHOR: ping_pong
        fn work(table: &[u8]) {
            let sum: u32 = table.iter().step_by(64).map(|b| u32::from(*b)).sum();
            black_box(sum);
        }

        /// Sends each byte back, until there are no more.
        fn echo(
            mut from: impl Read,
            mut to: impl Write,
            table: &[u8],
        ) -> io::Result<()> {
            let mut byte = [0];
            while from.read(&mut byte)? == 1 {
                work(table);
                to.write_all(&byte)?;
            }
            Ok(())
        }

        /// The time for one way, in µs: a write, one switch, a read, the work.
        fn time(
            mut to: impl Write,
            from: &mut PipeReader,
            table: &[u8],
        ) -> io::Result<f64> {
            let mut byte = [0];
            let start = Instant::now();
            for _ in 0..TRIPS {
                to.write_all(&byte)?;
                from.read_exact(&mut byte)?;
                work(table);
            }
            let ways = f64::from(2 * TRIPS);
            Ok(start.elapsed().as_secs_f64() * 1e6 / ways)
        }
        // ANCHOR_END: ping_pong

        /// To another thread and to another process, in turns: the least of many
        /// short rounds of each, as other programs can only add to it.
        fn measure(mut child: Command, size: usize) -> io::Result<[f64; 2]> {
            let ours = Arc::new(vec![1; size]);
            let (their_input, mut to_thread) = pipe()?;
            let (mut from_thread, their_output) = pipe()?;
            let table = Arc::clone(&ours);
            let thread =
                thread::spawn(move || echo(their_input, their_output, &table));

            let (their_input, mut to_process) = pipe()?;
            let (mut from_process, their_output) = pipe()?;
            child.env("SWITCH_COST", size.to_string());
            // By standard error: a test harness writes to standard output.
            child.stdin(their_input).stdout(Stdio::null()).stderr(their_output);
            let mut process = child.spawn()?;
            drop(child); // and with it our copies of the child's ends

            let mut least = [f64::INFINITY; 2];
            for _ in 0..ROUNDS {
                let took = time(&mut to_thread, &mut from_thread, &ours)?;
                least[0] = least[0].min(took);
                let took = time(&mut to_process, &mut from_process, &ours)?;
                least[1] = least[1].min(took);
            }
            drop((to_thread, to_process)); // no more bytes: both end
            thread.join().expect("it does not panic")?;
            process.wait()?;
            Ok(least)
        }

        /// Where this program is the other process: its whole life.
        fn be_the_child_if_asked() -> io::Result<()> {
            let Ok(size) = std::env::var("SWITCH_COST") else {
                return Ok(());
            };
            let table = vec![1; size.parse().unwrap_or(0)];
            let from = File::from(io::stdin().as_fd().try_clone_to_owned()?);
            let to = File::from(io::stderr().as_fd().try_clone_to_owned()?);
            let ended = echo(from, to, &table);
            std::process::exit(i32::from(ended.is_err()))
        }

        fn main() -> io::Result<()> {
            be_the_child_if_asked()?;
            share_one_core()?;
            let program = std::env::current_exe()?;
            let mut out = io::stdout().lock();
            writeln!(out, "to another …               thread    process")?;
            for (work, size) in [
                ("a byte, and a switch", 0),
                ("and read 384 KiB", TABLE),
            ] {
                let child = Command::new(&program);
                let [thread, process] = measure(child, size)?;
                writeln!(out, "{work:<23} {thread:>6.2} µs {process:>7.2} µs")?;
            }
            Ok(())
        }

        #[test]
        fn runs() {
            be_the_child_if_asked().unwrap();
            share_one_core().unwrap();
            let Some(child) = testing::this_test_again("runs") else {
                return;
            };
            let least = measure(child, 4096).unwrap();
            // Neither can be cheaper than a system call is.
            assert!(least.iter().all(|us| *us > 0.1), "{least:?}");
        }
    }
    _ => {
        use testing::println;

        fn main() -> io::Result<()> {
            println!("this program is for Linux only");
            Ok(())
        }

        #[test]
        fn runs() {
            main().unwrap();
        }
    }
}
