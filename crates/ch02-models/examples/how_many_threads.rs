//! Chapter 2: how many threads this machine lets a process have, and which of
//! its limits is the lowest. Linux only.
//!
//! A child process makes them, each with a small stack, and asleep: at most
//! 40,000. It writes a byte for each that has started, so that they are counted
//! even if the child dies: the standard library gives each thread a
//! second small stack, for signals, and panics if that one is refused.

use std::io;

cfg_select! {
    target_os = "linux" => {
        use ch02_models::threads::{limit, mappings};
        use std::io::{Read, Write};
        use std::process::{Command, Stdio};
        use std::sync::mpsc::channel;
        use std::thread;

        const STACK: usize = 64 * 1024;
        const MOST: usize = 40_000;

        /// The child: makes threads until there are enough, or no more.
        // ANCHOR: make_threads
        fn make_threads(most: usize) -> io::Result<()> {
            let mut out = io::stdout().lock();
            let (sender, started) = channel();
            for _ in 0..most {
                let sender = sender.clone();
                let thread = thread::Builder::new().stack_size(STACK);
                thread.spawn(move || {
                    let _ = sender.send(());
                    loop {
                        thread::park();
                    }
                })?;
                let _ = started.recv(); // it runs, and sleeps now
                out.write_all(b"+")?;
                out.flush()?;
            }
            Ok(())
        }
        // ANCHOR_END: make_threads

        /// How many mappings one thread needs, by the difference that 100 make.
        fn mappings_a_thread() -> io::Result<u64> {
            let before = mappings()?;
            let (stop, stopped) = channel::<()>();
            let stopped = std::sync::Arc::new(std::sync::Mutex::new(stopped));
            let (sender, started) = channel();
            let threads: Vec<_> = (0..100)
                .map(|_| {
                    let stopped = std::sync::Arc::clone(&stopped);
                    let sender = sender.clone();
                    let thread = thread::Builder::new().stack_size(STACK);
                    thread.spawn(move || {
                        let _ = sender.send(());
                        let stopped = stopped.lock();
                        // An error: the other end is gone.
                        let _ = stopped.map(|stopped| stopped.recv());
                    })
                })
                .collect::<io::Result<_>>()?;
            for _ in 0..100 {
                let _ = started.recv();
            }
            let more = mappings()?.saturating_sub(before);
            drop(stop);
            for thread in threads {
                thread.join().expect("it does not panic");
            }
            Ok((more as f64 / 100.0).round().max(1.0) as u64)
        }

        /// How many threads were made, and what the child said in the end.
        fn in_a_child(
            mut child: Command,
            most: usize,
        ) -> io::Result<(usize, String)> {
            let mut child = child
                .env("HOW_MANY_THREADS", most.to_string())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()?;
            let mut made = Vec::new();
            if let Some(mut pipe) = child.stdout.take() {
                pipe.read_to_end(&mut made)?;
            }
            let mut said = String::new();
            if let Some(mut pipe) = child.stderr.take() {
                pipe.read_to_string(&mut said)?;
            }
            child.wait()?;
            let count = made.iter().filter(|byte| **byte == b'+').count();
            // Where it panicked is in a line of its own, before the reason.
            let said = said.lines().find(|line| {
                !line.trim().is_empty() && !line.starts_with("thread '")
            });
            let said = said.unwrap_or("nothing stopped it");
            Ok((count, said.to_string()))
        }

        /// Each limit in threads; `None` if there is none.
        fn limits() -> io::Result<Vec<(String, Option<u64>)>> {
            let each = mappings_a_thread()?;
            let maps = limit("/proc/sys/vm/max_map_count");
            // Several places, as control groups of both kinds put it.
            let group = ["/sys/fs/cgroup/pids.max", "/sys/fs/cgroup/pids/pids.max"];
            let mut own = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
            // SAFETY: the kernel writes one `rlimit`, and there is one.
            unsafe { libc::getrlimit(libc::RLIMIT_NPROC, &raw mut own) };
            // SAFETY: takes nothing, and cannot fail.
            let root = unsafe { libc::geteuid() } == 0;
            let bound = !root && own.rlim_cur != libc::RLIM_INFINITY;
            Ok(vec![
                (
                    format!("vm.max_map_count, {each} mappings a thread"),
                    maps.map(|maps| maps / each),
                ),
                ("kernel.pid_max".into(), limit("/proc/sys/kernel/pid_max")),
                (
                    "kernel.threads-max".into(),
                    limit("/proc/sys/kernel/threads-max"),
                ),
                (
                    "RLIMIT_NPROC (not for root)".into(),
                    bound.then_some(own.rlim_cur),
                ),
                (
                    "pids.max of the control group".into(),
                    group.iter().find_map(|file| limit(file)),
                ),
            ])
        }

        fn run(mut out: impl Write) -> io::Result<()> {
            let limits = limits()?;
            let child = Command::new(std::env::current_exe()?);
            let (made, said) = in_a_child(child, MOST)?;
            writeln!(out, "threads made: {made}")?;
            writeln!(out, "then: {said}")?;
            let least = limits.iter().filter_map(|(_, most)| *most).min();
            for (name, most) in &limits {
                let most_text = match most {
                    Some(most) => most.to_string(),
                    None => "none".to_string(),
                };
                let this = most.is_some() && *most == least;
                let mark = if this { "  <- the lowest" } else { "" };
                writeln!(out, "{name:<40} {most_text:>9}{mark}")?;
            }
            Ok(())
        }

        fn main() -> io::Result<()> {
            match std::env::var("HOW_MANY_THREADS") {
                // The threads sleep for ever: they end with the process, which
                // ends now.
                Ok(most) => match make_threads(most.parse().unwrap_or(0)) {
                    Ok(()) => std::process::exit(0),
                    Err(error) => {
                        eprintln!("{error}");
                        std::process::exit(1)
                    }
                },
                Err(_) => run(io::stdout().lock()),
            }
        }

        /// In the harness, this test is the child, too.
        #[test]
        fn runs() {
            if let Ok(most) = std::env::var("HOW_MANY_THREADS") {
                make_threads(most.parse().unwrap()).unwrap();
                std::process::exit(0);
            }
            let Some(child) = testing::this_test_again("runs") else {
                return;
            };
            let (made, said) = in_a_child(child, 200).unwrap();
            assert_eq!((made, said.as_str()), (200, "nothing stopped it"));
            let limits = limits().unwrap();
            assert!(limits.iter().any(|(_, most)| most.is_some()));
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
