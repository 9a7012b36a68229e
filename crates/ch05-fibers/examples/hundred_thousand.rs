//! A hundred thousand fibers at once, each on a guarded stack of 64 KiB: what
//! they reserve, what they touch, and how many mappings it takes. Linux only.

#[cfg(target_os = "linux")]
mod quiet;

use std::error::Error;

#[cfg(target_os = "linux")]
mod linux {
    use ch05_fibers::stack::{Arena, GuardKind};
    use ch05_fibers::{Runtime, spawn, yield_now};
    use std::cell::Cell;
    use std::fs;
    use std::io;
    use std::rc::Rc;

    /// What the kernel says of this process.
    #[derive(Debug)]
    pub struct Memory {
        /// Addresses that it has reserved, in bytes.
        pub reserved: usize,
        /// Memory that it has touched, in bytes.
        pub touched: usize,
        /// Entries in its list of mappings.
        pub mappings: usize,
    }

    impl Memory {
        fn now() -> io::Result<Self> {
            let status = fs::read_to_string("/proc/self/status")?;
            let bytes = |name: &str| {
                let mut lines = status.lines();
                let line = lines.find_map(|line| line.strip_prefix(name));
                let kib = line.and_then(|line| line.split_whitespace().next());
                let kib = kib.and_then(|kib| kib.parse::<usize>().ok());
                let kib = kib.ok_or_else(|| io::Error::other(name.to_owned()));
                Ok::<_, io::Error>(kib? * 1024)
            };
            Ok(Self {
                reserved: bytes("VmSize:")?,
                touched: bytes("VmRSS:")?,
                mappings: fs::read_to_string("/proc/self/maps")?
                    .lines()
                    .count(),
            })
        }
    }

    // ANCHOR: hundred_thousand
    /// What `count` fibers that have begun and wait have cost.
    pub fn cost(count: usize) -> io::Result<Memory> {
        // SAFETY: this code and std break none of the five promises.
        unsafe { Runtime::new() }.run(|| {
            let before = Memory::now()?;
            let go = Rc::new(Cell::new(false));
            let fibers: Vec<_> = (0..count)
                .map(|_| {
                    let go = Rc::clone(&go);
                    spawn(move || {
                        while !go.get() {
                            yield_now();
                        }
                    })
                })
                .collect();
            yield_now(); // all of them begin
            let after = Memory::now()?;
            go.set(true);
            for fiber in fibers {
                fiber.join().unwrap_or_else(|error| error.resume());
            }
            Ok(Memory {
                reserved: after.reserved - before.reserved,
                touched: after.touched - before.touched,
                mappings: after.mappings - before.mappings,
            })
        })
    }
    // ANCHOR_END: hundred_thousand

    /// How guards are made here, in words.
    pub fn guards() -> &'static str {
        match Arena::guard_kind() {
            GuardKind::Advised => "a mark in the page table",
            _ => "a mapping each",
        }
    }
}

#[cfg(target_os = "linux")]
fn main() -> Result<(), Box<dyn Error>> {
    quiet::end_on_closed_pipes();
    const COUNT: usize = 100_000;
    println!("guards:    {}", linux::guards());
    let memory = linux::cost(COUNT)?;
    println!("fibers:    {COUNT}");
    println!("reserved:  {} bytes each", memory.reserved / COUNT);
    println!("touched:   {} bytes each", memory.touched / COUNT);
    println!("mappings:  {} for all of them", memory.mappings);
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn main() -> Result<(), Box<dyn Error>> {
    println!("this program is for Linux only");
    Ok(())
}

/// Few enough for a kernel that makes a mapping for each guard.
#[cfg(target_os = "linux")]
#[test]
fn runs() -> Result<(), Box<dyn Error>> {
    let count = 2_000;
    let memory = linux::cost(count)?;
    assert!(memory.touched / count >= 2_048, "{memory:?}");
    assert!(memory.touched / count < 3 * 4_096, "{memory:?}");
    assert!(memory.reserved / count >= 64 * 1024, "{memory:?}");
    assert!(!linux::guards().is_empty());
    let _ = main;
    Ok(())
}

#[cfg(not(target_os = "linux"))]
#[test]
fn runs() -> Result<(), Box<dyn Error>> {
    main()
}
