//! The reactor with real sockets: idle, dying, interrupted, shared by two
//! tasks, and beside a task that never lets go.

use ch08_reactor_executor::executor::JOBS_BETWEEN_LOOKS;
use ch08_reactor_executor::{
    Future, Http, PollState, Reactor, ReactorThread, TcpStream, Waker, on_each,
    one_thread, parked,
};
use delay_server::DelayServer;
use std::cell::Cell;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{self, TcpListener};
use std::rc::Rc;
use std::thread;
use std::time::{Duration, Instant};
use testing::within_a_minute;

struct PollFn<F>(F);

impl<T, F: FnMut(&Waker) -> PollState<T>> Future for PollFn<F> {
    type Output = T;

    fn poll(&mut self, waker: &Waker) -> PollState<T> {
        (self.0)(waker)
    }
}

/// Two ends of a connection.
fn pair() -> (net::TcpStream, net::TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let addr = listener.local_addr().expect("it is bound");
    let here = net::TcpStream::connect(addr).expect("it listens");
    let (there, _) = listener.accept().expect("it has connected");
    (here, there)
}

/// Reads to the end.
fn read_all(
    stream: Rc<TcpStream>,
) -> impl Future<Output = io::Result<Vec<u8>>> {
    let mut all = Vec::new();
    PollFn(move |waker: &Waker| {
        let mut room = [0; 4096];
        loop {
            match stream.poll_read(&mut room, waker) {
                PollState::NotReady => return PollState::NotReady,
                PollState::Ready(Ok(0)) => {
                    return PollState::Ready(Ok(std::mem::take(&mut all)));
                }
                PollState::Ready(Ok(n)) => all.extend_from_slice(&room[..n]),
                PollState::Ready(Err(e)) => return PollState::Ready(Err(e)),
            }
        }
    })
}

/// Writes all of it.
fn write_all(
    stream: Rc<TcpStream>,
    bytes: Vec<u8>,
) -> impl Future<Output = io::Result<()>> {
    let mut sent = 0;
    PollFn(move |waker: &Waker| {
        while sent < bytes.len() {
            match stream.poll_write(&bytes[sent..], waker) {
                PollState::NotReady => return PollState::NotReady,
                PollState::Ready(Ok(n)) => sent += n,
                PollState::Ready(Err(e)) => return PollState::Ready(Err(e)),
            }
        }
        PollState::Ready(Ok(()))
    })
}

#[test]
fn requests_are_answered_on_one_thread_and_on_two() {
    within_a_minute(|| {
        let server = DelayServer::start().expect("a server");
        let (mut executor, reactor) = one_thread().expect("a queue");
        let http = Http::new(server.addr(), &reactor);
        let tasks: Vec<_> = (0..20)
            .map(|n| executor.spawn(http.get(&format!("/{n}/r{n}"))))
            .collect();
        for (n, task) in tasks.into_iter().enumerate() {
            let reply = executor.block_on(task).expect("it can park");
            let reply = reply.expect("it ends").expect("a reply");
            assert_eq!(reply, format!("r{n}"));
        }
        assert_eq!(reactor.sources(), 0, "nothing is registered any more");

        let reactor = ReactorThread::start().expect("a thread");
        let http = Http::new(server.addr(), &reactor.handle());
        let reply = parked().block_on(http.get("/30/Ada"));
        assert_eq!(reply.expect("it can park").expect("a reply"), "Ada");
        assert_eq!(reactor.handle().sources(), 0);
    });
}

#[test]
fn several_executors_share_one_reactor() {
    within_a_minute(|| {
        let server = DelayServer::start().expect("a server");
        let reactor = ReactorThread::start().expect("a thread");
        let handle = reactor.handle();
        let replies = on_each(12, |number| {
            let http = Http::new(server.addr(), &handle);
            http.get(&format!("/20/{number}"))
        });
        for (number, reply) in replies.expect("threads").into_iter().enumerate()
        {
            let reply = reply.expect("a reply");
            assert_eq!(reply, number.to_string());
        }
    });
}

#[test]
fn a_request_that_is_dropped_is_forgotten_and_its_socket_closed() {
    within_a_minute(|| {
        let server = DelayServer::start().expect("a server");
        let (mut executor, reactor) = one_thread().expect("a queue");
        let http = Http::new(server.addr(), &reactor);
        let mut get = http.get("/0/x?fault=never");
        let asked = PollFn(|waker: &Waker| {
            assert!(!get.poll(waker).is_ready());
            match server.request_count() {
                0 => {
                    thread::sleep(Duration::from_millis(1));
                    waker.wake_by_ref();
                    PollState::NotReady
                }
                _ => PollState::Ready(()),
            }
        });
        executor.block_on(asked).expect("it can park");
        assert_eq!(reactor.sources(), 1);
        drop(get);
        assert_eq!(reactor.sources(), 0);
        while server.connections_open() > 0 {
            thread::sleep(Duration::from_millis(1));
        }
    });
}

#[test]
fn one_task_reads_from_a_socket_while_another_one_writes_to_it() {
    within_a_minute(|| {
        let (here, mut there) = pair();
        let (mut executor, reactor) = one_thread().expect("a queue");
        let stream = TcpStream::from_std(here, &reactor).expect("a socket");
        let stream = Rc::new(stream);
        // More than the kernel's buffers hold: the writer has to wait.
        let bytes = vec![7; 16 << 20];
        let reads = executor.spawn(read_all(Rc::clone(&stream)));
        let writes = executor.spawn(write_all(stream, bytes.clone()));
        let peer = thread::spawn(move || {
            // Both tasks wait by now, or will be told that they need not.
            thread::sleep(Duration::from_millis(50));
            let mut got = vec![0; 16 << 20];
            there.read_exact(&mut got).expect("all of it");
            there.write_all(b"thanks").expect("it is open");
            got
        });
        let done = executor.block_on(writes).expect("it can park");
        done.expect("it ends").expect("it is written");
        assert_eq!(peer.join().expect("it does not panic"), bytes);
        let read = executor.block_on(reads).expect("it can park");
        let read = read.expect("it ends").expect("it is read");
        assert_eq!(read, b"thanks");
    });
}

#[test]
fn nothing_wakes_up_while_everything_waits() {
    within_a_minute(|| {
        let (here, mut there) = pair();
        let reactor = ReactorThread::start().expect("a thread");
        let handle = reactor.handle();
        let waiting = thread::spawn(move || {
            let stream = TcpStream::from_std(here, &handle).expect("a socket");
            let mut executor = parked();
            let task = executor.spawn(read_all(Rc::new(stream)));
            let read = executor.block_on(task).expect("it can park");
            let read = read.expect("it ends").expect("it is read");
            (read, executor.counts())
        });
        let handle = reactor.handle();
        while handle.sources() == 0 {
            thread::sleep(Duration::from_millis(1));
        }
        thread::sleep(Duration::from_millis(300)); // it has gone to sleep
        let before = handle.wake_ups();
        thread::sleep(Duration::from_secs(1));
        assert_eq!(handle.wake_ups(), before, "the reactor woke up");
        there.write_all(b"x").expect("it is open");
        drop(there);
        let (read, counts) = waiting.join().expect("it does not panic");
        assert_eq!(read, b"x");
        // First poll, the byte, the end; a spurious one does no harm.
        assert!((2..=6).contains(&counts.polls), "{counts:?}");
    });
}

#[test]
fn a_reactor_that_dies_gives_an_error_and_no_hang() {
    within_a_minute(|| {
        let server = DelayServer::start().expect("a server");
        let reactor = ReactorThread::start().expect("a thread");
        let handle = reactor.handle();
        let addr = server.addr();
        let waiting = thread::spawn(move || {
            let http = Http::new(addr, &handle);
            let reply = parked().block_on(http.get("/0/x?fault=never"));
            let error = reply.expect("it can park").expect_err("no reply");
            // And what would have to wait later gets the same.
            let later = parked().block_on(http.get("/0/y?fault=never"));
            let later = later.expect("it can park").map_err(|e| e.kind());
            (error.kind(), later)
        });
        server
            .wait_for_requests(1, Duration::from_secs(30))
            .expect("it asks");
        drop(reactor);
        let (now, later) = waiting.join().expect("it does not panic");
        assert_eq!(now, ErrorKind::BrokenPipe);
        assert_eq!(later, Err(ErrorKind::BrokenPipe));
    });
}

#[test]
fn a_reactor_that_panics_is_the_same_as_one_that_ends() {
    within_a_minute(|| {
        let (here, _there) = pair();
        let reactor = Reactor::new().expect("a queue");
        let handle = reactor.handle();
        let stream = TcpStream::from_std(here, &handle).expect("a socket");
        let dies = thread::spawn(move || {
            let _reactor = reactor;
            thread::sleep(Duration::from_millis(50));
            panic!("on purpose");
        });
        let read = parked().block_on(read_all(Rc::new(stream)));
        let error = read.expect("it can park").expect_err("nothing came");
        assert_eq!(error.kind(), ErrorKind::BrokenPipe);
        assert!(dies.join().is_err());
    });
}

#[test]
fn a_task_that_is_always_ready_does_not_hide_the_sockets() {
    within_a_minute(|| {
        let (here, mut there) = pair();
        let look = here.try_clone().expect("a descriptor");
        let (mut executor, reactor) = one_thread().expect("a queue");
        let stream = TcpStream::from_std(here, &reactor).expect("a socket");
        let read = executor.spawn(PollFn(move |waker: &Waker| {
            stream.poll_read(&mut [0], waker)
        }));
        // Counts its polls from the one on that finds the byte in the socket.
        let polls = Rc::new(Cell::new(0_u32));
        let count = Rc::clone(&polls);
        drop(executor.spawn(PollFn(move |waker: &Waker| {
            waker.wake_by_ref();
            if count.get() > 0 || look.peek(&mut [0]).is_ok() {
                count.set(count.get() + 1);
            }
            PollState::<()>::NotReady
        })));
        let peer = thread::spawn(move || {
            thread::sleep(Duration::from_millis(50));
            there.write_all(b"x").expect("it is open");
            there
        });
        let read = executor.block_on(read).expect("it can park");
        assert_eq!(read.expect("it ends").expect("it is read"), 1);
        peer.join().expect("it does not panic");
        // The next look finds it. Then the reader has its turn, and then
        // whoever waits for the reader.
        let bound = JOBS_BETWEEN_LOOKS + 3;
        assert!(polls.get() <= bound, "{}", polls.get());
    });
}

#[cfg(unix)]
#[test]
fn a_signal_ends_neither_the_sleep_nor_the_program() {
    extern "C" fn handler(_: libc::c_int) {}
    // SAFETY: all zeros is a `sigaction` without flags.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = handler as *const () as usize;
    // SAFETY: the handler does nothing, which is safe at any moment.
    let set = unsafe {
        libc::sigaction(libc::SIGUSR1, &action, std::ptr::null_mut())
    };
    assert_eq!(set, 0);
    within_a_minute(|| {
        let server = DelayServer::start().expect("a server");
        let (sender, receiver) = std::sync::mpsc::channel();
        let addr = server.addr();
        let start = Instant::now();
        let asking = thread::spawn(move || {
            let (mut executor, reactor) = one_thread().expect("a queue");
            let get = Http::new(addr, &reactor).get("/500/Ada");
            // SAFETY: it has no preconditions.
            sender
                .send(unsafe { libc::pthread_self() })
                .expect("received");
            executor
                .block_on(get)
                .expect("it can park")
                .expect("a reply")
        });
        let thread = receiver.recv().expect("it has begun");
        for _ in 0..10 {
            thread::sleep(Duration::from_millis(20));
            // SAFETY: the thread was not joined, so the name is still its own.
            // One that has ended on a slow machine is not sent anything.
            let _ = unsafe { libc::pthread_kill(thread, libc::SIGUSR1) };
        }
        assert_eq!(asking.join().expect("it does not panic"), "Ada");
        assert!(start.elapsed() >= Duration::from_millis(500));
    });
}
