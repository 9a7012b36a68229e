//! A packet arrives, and a thread waits for it: in a call that blocks, by asking
//! again and again, and on an event queue. What the kernel counted.
//!
//! The packet takes the loopback device, so no network card takes part: no
//! wire, no copy by the card (DMA), and no hardware interrupt. What is left is
//! the second half of the way, which is the same for a card: the kernel
//! postpones the work (NET_RX), does it at the next opportunity, finds the
//! socket, and wakes whatever waits there. To see the first half, look at the
//! line of a real card in `/proc/interrupts` while something arrives.

use std::io;

#[cfg(target_os = "linux")]
mod linux {
    use ch01_concurrency::s2_threads::processor_time;
    use std::fs;
    use std::io::{self, ErrorKind};
    use std::mem;
    use std::net::{Ipv4Addr, UdpSocket};
    use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
    use std::sync::mpsc::channel;
    use std::thread;
    use std::time::{Duration, Instant};

    /// For how long nothing comes.
    const PAUSE: Duration = Duration::from_millis(5);

    /// How many packets each way waits for. The table has the medians.
    const ROUNDS: usize = 51;

    // ANCHOR: ways
    /// The call returns when there is something.
    pub fn block(kernel: &mut Kernel<'_>, room: &mut [u8]) -> io::Result<()> {
        kernel.recv(room)
    }

    /// The call returns at once, and is made until there is something.
    pub fn ask_again(
        kernel: &mut Kernel<'_>,
        room: &mut [u8],
    ) -> io::Result<()> {
        kernel.set_nonblocking()?;
        loop {
            match kernel.recv(room) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                result => return result,
            }
        }
    }

    /// One call waits for any of many sockets, and another one reads.
    pub fn queue(kernel: &mut Kernel<'_>, room: &mut [u8]) -> io::Result<()> {
        kernel.set_nonblocking()?;
        let queue = kernel.new_queue()?;
        kernel.register(&queue)?;
        kernel.wait(&queue)?;
        kernel.recv(room)
    }
    // ANCHOR_END: ways

    /// A socket, and how many system calls were made for it.
    #[derive(Debug)]
    pub struct Kernel<'a> {
        socket: &'a UdpSocket,
        calls: u64,
    }

    impl Kernel<'_> {
        fn recv(&mut self, room: &mut [u8]) -> io::Result<()> {
            self.calls += 1;
            self.socket.recv(room).map(drop)
        }

        fn set_nonblocking(&mut self) -> io::Result<()> {
            self.calls += 1;
            self.socket.set_nonblocking(true)
        }

        fn new_queue(&mut self) -> io::Result<OwnedFd> {
            self.calls += 1;
            let flags = libc::EPOLL_CLOEXEC;
            // SAFETY: asks for a descriptor; there is nothing to uphold.
            let fd = check(unsafe { libc::epoll_create1(flags) })?;
            // SAFETY: the kernel just opened it for us.
            Ok(unsafe { OwnedFd::from_raw_fd(fd) })
        }

        fn register(&mut self, queue: &OwnedFd) -> io::Result<()> {
            self.calls += 1;
            let mut event = libc::epoll_event {
                events: libc::EPOLLIN as u32,
                u64: 0,
            };
            let (queue, socket) = (queue.as_raw_fd(), self.socket.as_raw_fd());
            let add = libc::EPOLL_CTL_ADD;
            // SAFETY: both are borrowed, and the kernel reads one event.
            check(unsafe { libc::epoll_ctl(queue, add, socket, &mut event) })?;
            Ok(())
        }

        fn wait(&mut self, queue: &OwnedFd) -> io::Result<()> {
            let mut event = libc::epoll_event { events: 0, u64: 0 };
            let queue = queue.as_raw_fd();
            loop {
                self.calls += 1;
                // SAFETY: the queue is borrowed; there is room for one event.
                let done =
                    unsafe { libc::epoll_wait(queue, &mut event, 1, -1) };
                match check(done) {
                    // A signal came, and no packet.
                    Err(error) if error.kind() == ErrorKind::Interrupted => {}
                    result => return result.map(drop),
                }
            }
        }
    }

    fn check(answer: libc::c_int) -> io::Result<libc::c_int> {
        match answer {
            -1 => Err(io::Error::last_os_error()),
            answer => Ok(answer),
        }
    }

    /// How often this thread slept, by getrusage.
    fn sleeps() -> io::Result<i64> {
        // SAFETY: all zeroes is a valid `rusage`.
        let mut usage: libc::rusage = unsafe { mem::zeroed() };
        // SAFETY: the kernel writes one `rusage`, and there is one.
        check(unsafe { libc::getrusage(libc::RUSAGE_THREAD, &mut usage) })?;
        #[allow(
            clippy::useless_conversion,
            reason = "it has 32 bits on some systems"
        )]
        Ok(usage.ru_nvcsw.into())
    }

    /// How often the kernel's network code ran for incoming packets, on all
    /// cores. `None` where a container does not show it.
    fn net_rx() -> Option<u64> {
        let table = fs::read_to_string("/proc/softirqs").ok()?;
        let line = table.lines().find(|line| line.contains("NET_RX:"))?;
        let cores = line.split_whitespace().skip(1);
        Some(cores.filter_map(|count| count.parse::<u64>().ok()).sum())
    }

    /// What was counted while a thread waited for one packet.
    #[derive(Debug)]
    pub struct Counted {
        pub calls: u64,
        pub sleeps: i64,
        pub busy: Duration,
        pub net_rx: Option<u64>,
        pub after: Duration,
    }

    pub type Wait = fn(&mut Kernel<'_>, &mut [u8]) -> io::Result<()>;

    pub fn count(wait: Wait) -> io::Result<Counted> {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = socket.local_addr()?;
        let (ready, go) = channel();
        let sender = thread::spawn(move || -> io::Result<Instant> {
            let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
            // An error here only means that the receiver has failed.
            let _ = go.recv();
            thread::sleep(PAUSE);
            let sent = Instant::now();
            socket.send_to(b"hello", address)?;
            Ok(sent)
        });
        let mut room = [0; 16];
        let mut kernel = Kernel {
            socket: &socket,
            calls: 0,
        };
        let rx = net_rx();
        // This fails only if the sender has failed; `join` says why.
        let _ = ready.send(());
        let (slept, used) = (sleeps()?, processor_time());
        wait(&mut kernel, &mut room)?;
        let (woken, busy) = (Instant::now(), processor_time() - used);
        let sleeps = sleeps()? - slept;
        let rx = net_rx().zip(rx).map(|(after, before)| after - before);
        let sent = sender.join().expect("it returns its errors")?;
        if !room.starts_with(b"hello") {
            return Err(ErrorKind::InvalidData.into());
        }
        Ok(Counted {
            calls: kernel.calls,
            sleeps,
            busy,
            net_rx: rx,
            after: woken.saturating_duration_since(sent),
        })
    }

    /// Each number's median, over all rounds.
    fn medians(wait: Wait) -> io::Result<Counted> {
        let rounds: io::Result<Vec<_>> =
            (0..ROUNDS).map(|_| count(wait)).collect();
        let rounds = rounds?;
        Ok(Counted {
            calls: median(rounds.iter().map(|round| round.calls)),
            sleeps: median(rounds.iter().map(|round| round.sleeps)),
            busy: median(rounds.iter().map(|round| round.busy)),
            net_rx: median(rounds.iter().map(|round| round.net_rx)),
            after: median(rounds.iter().map(|round| round.after)),
        })
    }

    fn median<T: Ord>(numbers: impl Iterator<Item = T>) -> T {
        let mut numbers: Vec<T> = numbers.collect();
        numbers.sort_unstable();
        numbers.swap_remove(numbers.len() / 2)
    }

    pub const WAYS: [(&str, Wait); 3] = [
        ("block", block),
        ("ask again", ask_again),
        ("event queue", queue),
    ];

    pub fn run(mut out: impl io::Write) -> io::Result<Vec<Counted>> {
        writeln!(
            out,
            "way           calls  sleeps  on a core   NET_RX   data after"
        )?;
        let mut all = Vec::new();
        for (name, wait) in WAYS {
            let counted = medians(wait)?;
            let rx = counted.net_rx.map_or("?".into(), |rx| rx.to_string());
            writeln!(
                out,
                "{name:<11} {:>7} {:>7} {:>7.2} ms {rx:>8} {:>9} µs",
                counted.calls,
                counted.sleeps,
                counted.busy.as_secs_f64() * 1e3,
                counted.after.as_micros(),
            )?;
            all.push(counted);
        }
        Ok(all)
    }
}

#[cfg(target_os = "linux")]
use linux::run;

#[cfg(not(target_os = "linux"))]
fn run(mut out: impl io::Write) -> io::Result<()> {
    writeln!(out, "this program is for Linux only")
}

fn main() -> io::Result<()> {
    run(io::stdout().lock()).map(drop)
}

#[cfg(target_os = "linux")]
#[test]
fn runs() {
    let counted = run(io::sink()).unwrap();
    let [block, ask_again, queue] = &counted[..] else {
        panic!("three ways");
    };
    assert_eq!((block.calls, queue.calls), (1, 5));
    assert!(ask_again.calls > 10, "{ask_again:?}");
}

#[cfg(not(target_os = "linux"))]
#[test]
fn runs() {
    main().unwrap();
}
