//! Chapter 1: two threads that never give way, on one core. Both make progress.
//! Linux only.

use std::error::Error;
use testing::println;

#[cfg(target_os = "linux")]
mod linux {
    use ch01_concurrency::cores::{allowed, stay_on};
    use std::io;
    use std::mem::MaybeUninit;
    use std::sync::Barrier;
    use std::thread;
    use std::time::{Duration, Instant};

    const TIME: Duration = Duration::from_millis(1_000);

    /// What the kernel has counted for a thread.
    #[derive(Debug)]
    pub struct Account {
        /// The part of the time for which it had the core, from 0 to 1.
        pub share: f64,
        /// How often it had to wait for something.
        pub gave_up: i64,
        /// How often the kernel took the core away from it.
        pub taken_off: i64,
    }

    // ANCHOR: preempted
    /// Two threads on one core. Neither makes a system call while it computes.
    pub fn two_on_one_core() -> io::Result<Vec<Account>> {
        let core = allowed()?[0]; // there is at least one
        let together = Barrier::new(2);
        let compute = || {
            stay_on(core)?;
            together.wait();
            let before = account()?;
            let start = Instant::now();
            while start.elapsed() < TIME {
                std::hint::spin_loop();
            }
            Ok(since(&before, &account()?, start.elapsed()))
        };
        thread::scope(|scope| {
            let threads = [scope.spawn(compute), scope.spawn(compute)];
            let all = threads.into_iter().map(|t| t.join().expect("no panic"));
            all.collect()
        })
    }
    // ANCHOR_END: preempted

    fn since(
        before: &libc::rusage,
        after: &libc::rusage,
        wall: Duration,
    ) -> Account {
        let used = processor_time(after).saturating_sub(processor_time(before));
        Account {
            share: used.as_secs_f64() / wall.as_secs_f64(),
            gave_up: after.ru_nvcsw - before.ru_nvcsw,
            taken_off: after.ru_nivcsw - before.ru_nivcsw,
        }
    }

    fn processor_time(usage: &libc::rusage) -> Duration {
        let [user, system] = [usage.ru_utime, usage.ru_stime].map(|time| {
            // Neither is ever negative, and microseconds are below a million.
            Duration::new(time.tv_sec as u64, time.tv_usec as u32 * 1_000)
        });
        user + system
    }

    /// The kernel's account of this thread.
    fn account() -> io::Result<libc::rusage> {
        let mut usage = MaybeUninit::uninit();
        // SAFETY: the kernel writes a whole structure into the room for one.
        let result =
            unsafe { libc::getrusage(libc::RUSAGE_THREAD, usage.as_mut_ptr()) };
        if result == -1 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the call has succeeded, so it was written.
        Ok(unsafe { usage.assume_init() })
    }
}

#[cfg(target_os = "linux")]
fn main() -> Result<(), Box<dyn Error>> {
    println!("thread    share of the core   gave it up   was taken off");
    for (name, account) in
        ["first", "second"].iter().zip(linux::two_on_one_core()?)
    {
        println!(
            "{name:<8}  {:>15.0} %   {:>10}   {:>13}",
            account.share * 100.0,
            account.gave_up,
            account.taken_off,
        );
    }
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn main() -> Result<(), Box<dyn Error>> {
    println!("this program is for Linux only");
    Ok(())
}

/// Both make progress, though neither gives way.
#[cfg(target_os = "linux")]
#[test]
fn runs() -> Result<(), Box<dyn Error>> {
    let accounts = linux::two_on_one_core()?;
    assert_eq!(accounts.len(), 2);
    for account in &accounts {
        assert!(account.share > 0.0, "{accounts:?}");
    }
    // One core has no more than itself to give; the clocks' grain is a tick.
    let sum: f64 = accounts.iter().map(|account| account.share).sum();
    assert!(sum < 1.1, "{accounts:?}");
    // For one of them to run, the kernel has to take the other off.
    assert!(accounts.iter().any(|a| a.taken_off > 0), "{accounts:?}");
    Ok(())
}

#[cfg(not(target_os = "linux"))]
#[test]
fn runs() -> Result<(), Box<dyn Error>> {
    main()
}
