//! Chapter 4: one event, several threads. How many of them wake up depends on
//! how they wait. Linux only.

use std::error::Error;
use testing::println;

#[cfg(target_os = "linux")]
mod linux {
    use ch04_event_queue::errno::check;
    use ch04_event_queue::ffi::{self, EpollEvent};
    use std::fs::File;
    use std::io::{self, Write};
    use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
    use std::thread;
    use std::time::Duration;

    /// How many threads wait.
    const HERD: usize = 4;

    const LEVEL: u32 = ffi::EPOLLIN;

    /// No wait is longer, in milliseconds, should the stop not come.
    const LIMIT: i32 = 10_000;

    /// The event that the threads wait for, and the one that ends their wait.
    const EVENT: u64 = 0;
    const STOP: u64 = 1;

    /// How many threads are woken by one event? Thread `n` waits on queue
    /// `n`, or on the only one. None of them does anything about the event.
    fn stampede(queues: usize, flags: u32) -> io::Result<usize> {
        let (target, stop) = (counter()?, counter()?);
        let queues = (0..queues)
            .map(|_| {
                queue_with([(&target, flags, EVENT), (&stop, LEVEL, STOP)])
            })
            .collect::<io::Result<Vec<_>>>()?;
        thread::scope(|scope| {
            let herd: Vec<_> = (0..HERD)
                .map(|n| &queues[n % queues.len()])
                .map(|queue| scope.spawn(move || is_woken(queue)))
                .collect();
            thread::sleep(Duration::from_millis(150)); // all asleep by now
            let event = happens(&target);
            // Whoever the kernel wakes has left its wait by now.
            thread::sleep(Duration::from_millis(150));
            happens(&stop)?;
            event?;
            let mut woken = 0;
            for thread in herd {
                let is_woken = thread.join().expect("it does not panic")?;
                woken += usize::from(is_woken);
            }
            Ok(woken)
        })
    }

    pub fn run() -> io::Result<String> {
        let edge = LEVEL | ffi::EPOLLET;
        let once = LEVEL | ffi::EPOLLONESHOT;
        let exclusive = LEVEL | ffi::EPOLLEXCLUSIVE;
        let one_queue = 1;
        let one_each = HERD;
        Ok(format!(
            "{HERD} threads, 1 event\n\
             one queue, level: {} woken\n\
             one queue, edge: {} woken\n\
             one queue, one-shot: {} woken\n\
             a queue each, level: {} woken\n\
             a queue each, edge: {} woken\n\
             a queue each, exclusive: {} woken",
            stampede(one_queue, LEVEL)?,
            stampede(one_queue, edge)?,
            stampede(one_queue, once)?,
            stampede(one_each, LEVEL)?,
            stampede(one_each, edge)?,
            stampede(one_each, exclusive)?,
        ))
    }

    /// An eventfd: readable once something was written to it.
    fn counter() -> io::Result<File> {
        let fd = check(ffi::eventfd(0, ffi::EFD_CLOEXEC))?;
        // SAFETY: the kernel has just opened it for us.
        Ok(File::from(unsafe { OwnedFd::from_raw_fd(fd) }))
    }

    /// One event.
    fn happens(mut counter: &File) -> io::Result<()> {
        counter.write_all(&1_u64.to_ne_bytes())
    }

    /// A queue in which each of these counters is registered, with its flags
    /// and its data.
    fn queue_with(entries: [(&File, u32, u64); 2]) -> io::Result<OwnedFd> {
        let fd = check(ffi::epoll_create1(ffi::EPOLL_CLOEXEC))?;
        // SAFETY: the kernel has just opened it for us.
        let queue = unsafe { OwnedFd::from_raw_fd(fd) };
        for (counter, events, data) in entries {
            let mut event = EpollEvent { events, data };
            let (add, counter) = (ffi::EPOLL_CTL_ADD, counter.as_raw_fd());
            // SAFETY: the kernel copies the event before the call returns.
            check(unsafe { ffi::epoll_ctl(fd, add, counter, &mut event) })?;
        }
        Ok(queue)
    }

    /// Waits once. Was the event there, or only the stop?
    fn is_woken(queue: &OwnedFd) -> io::Result<bool> {
        let mut events = [EpollEvent { events: 0, data: 0 }; 2];
        let (queue, first) = (queue.as_raw_fd(), events.as_mut_ptr());
        let count = loop {
            // SAFETY: the kernel writes at most two events, and here are two.
            match check(unsafe { ffi::epoll_wait(queue, first, 2, LIMIT) }) {
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                result => break result? as usize,
            }
        };
        Ok(events[..count].iter().any(|event| event.data == EVENT))
    }
}

#[cfg(target_os = "linux")]
fn run() -> Result<String, Box<dyn Error>> {
    Ok(linux::run()?)
}

#[cfg(not(target_os = "linux"))]
fn run() -> Result<String, Box<dyn Error>> {
    Ok("this program is for Linux only".to_string())
}

fn main() -> Result<(), Box<dyn Error>> {
    println!("{}", run()?);
    Ok(())
}

#[test]
fn runs() -> Result<(), Box<dyn Error>> {
    let output = run()?;
    let woken: Vec<usize> = output
        .lines()
        .filter_map(|line| line.strip_suffix(" woken")?.rsplit(' ').next())
        .map(str::parse)
        .collect::<Result<_, _>>()?;
    if cfg!(target_os = "linux") {
        let &[level, edge, once, each, each_edge, exclusive] = &woken[..]
        else {
            panic!("{output}");
        };
        assert_eq!([level, edge, once], [4, 1, 1], "{output}");
        assert_eq!([each, each_edge], [4, 4], "{output}");
        // The kernel promises at least one. On a busy machine, a thread that
        // falls asleep late can find its queue ready, too.
        assert!((1..=4).contains(&exclusive), "{output}");
    } else {
        assert!(woken.is_empty(), "{output}");
    }
    Ok(())
}
