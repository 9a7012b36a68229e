//! The scenarios that need sockets, descriptors or a lock.

use super::scenarios::{Scenario, runtime};
use ch10_runtime::cut;
use ch10_runtime::dump::State;
use ch10_runtime::net::{TcpListener, UnixStream};
use ch10_runtime::{spawn, yield_now};
use std::cell::Cell;
use std::collections::VecDeque;
use std::fs::File;
use std::future::poll_fn;
use std::io::Write;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker};
use std::thread;
use std::time::Duration;

/// All that may run beside others.
pub const SCENARIOS: [Scenario; 3] = [
    ("driver_skipped", driver_skipped),
    ("bytes_lost", bytes_lost),
    ("futurelock", futurelock),
];

/// This one takes all descriptors, so it needs a process of its own.
pub const ALONE: [Scenario; 1] = [("accept_gives_up", accept_gives_up)];

/// One task is always ready; another one waits for a byte.
fn driver_skipped() {
    runtime().block_on(async {
        let (ours, mut theirs) =
            std::os::unix::net::UnixStream::pair().expect("a pair");
        let mut ours = UnixStream::from_std(ours).expect("it registers");
        let heard = Arc::new(AtomicBool::new(false));
        let say = Arc::clone(&heard);
        let reads = spawn(async move {
            let read = ours.read(&mut [0; 1]).await;
            say.store(true, Ordering::SeqCst);
            read
        });
        yield_now().await; // it waits now
        theirs.write_all(b"x").expect("there is room");
        for round in 0_u32.. {
            if heard.load(Ordering::SeqCst) {
                break;
            }
            assert!(round < 100_000, "nothing asks for events");
            yield_now().await;
        }
        assert_eq!(reads.await.expect("an output").expect("a byte"), 1);
    });
}

/// There is no descriptor left just when a client comes; later there are.
fn accept_gives_up() {
    let limit = libc::rlimit {
        rlim_cur: 64,
        rlim_max: 64,
    };
    // SAFETY: it only reads the structure.
    let set = unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit) };
    assert_eq!(set, 0);
    runtime().block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let mut hoard = Vec::new();
        let (say, told) = std::sync::mpsc::channel::<Vec<File>>();
        let frees = thread::spawn(move || {
            let hoard = told.recv();
            thread::sleep(Duration::from_millis(50));
            drop(hoard);
        });
        while let Ok(file) = File::open("/dev/null") {
            hoard.push(file);
        }
        drop(hoard.pop()); // one for the client
        let client = std::net::TcpStream::connect(address);
        let client = client.expect("it is in the backlog");
        say.send(hoard).expect("the thread waits");
        let (_, from) = listener.accept().await.expect("the server lives");
        assert_eq!(from, client.local_addr().expect("an address"));
        frees.join().expect("it does not panic");
    });
}

/// Frames of a byte that says how long it is, and as many bytes.
struct Frames {
    stream: UnixStream,
    have: Vec<u8>,
}

impl Frames {
    async fn next(&mut self) -> Vec<u8> {
        let have: &mut Vec<u8> = &mut self.have;
        loop {
            if let Some((&len, rest)) = have.split_first()
                && rest.len() >= usize::from(len)
            {
                let frame = rest[..usize::from(len)].to_vec();
                have.drain(..=usize::from(len));
                return frame;
            }
            let mut some = [0; 2];
            let read = self.stream.read(&mut some).await.expect("bytes");
            assert_ne!(read, 0, "it has ended");
            have.extend(&some[..read]);
        }
    }
}

/// A frame comes in pieces while the future that reads it is given up.
fn bytes_lost() {
    runtime().block_on(async {
        let cuts = cut::each(async |polls| {
            let (stream, mut theirs) = UnixStream::pair().expect("a pair");
            let writes = spawn(async move {
                for byte in *b"\x05hello" {
                    theirs.write_all(&[byte]).await.expect("room");
                    for _ in 0..300 {
                        yield_now().await; // the byte is heard of meanwhile
                    }
                }
                theirs
            });
            let mut frames = Frames {
                stream,
                have: Vec::new(),
            };
            let first = cut::after(polls, frames.next()).await.done();
            let was_cut = first.is_none();
            let frame = match first {
                Some(frame) => frame,
                None => frames.next().await,
            };
            assert_eq!(frame, b"hello");
            drop(writes.await.expect("an output"));
            was_cut
        });
        assert!(cuts.await > 3, "it was never cut in the midst");
    });
}

/// A lock that is handed to those who wait, in their order.
#[derive(Clone, Default)]
struct Lock(Rc<Turns>);

#[derive(Default)]
struct Turns {
    next: Cell<u64>,
    /// Whose turn it is, and who comes then.
    queue: Mutex<VecDeque<(u64, Option<Waker>)>>,
}

/// A place in the queue; the first place is the lock.
struct Place(Rc<Turns>, u64);

impl Lock {
    async fn lock(&self) -> Place {
        let number = self.0.next.get();
        self.0.next.set(number + 1);
        let place = Place(Rc::clone(&self.0), number);
        let last = (number, None);
        self.0.queue.lock().expect("no panic").push_back(last);
        poll_fn(|cx| {
            let mut queue = place.0.queue.lock().expect("no panic");
            if queue[0].0 == number {
                return Poll::Ready(());
            }
            let mine = queue.iter_mut().find(|(other, _)| *other == number);
            mine.expect("it is in the queue").1 = Some(cx.waker().clone());
            Poll::Pending
        })
        .await;
        place
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut queue = self.0.queue.lock().expect("no panic");
        queue.retain(|(number, _)| *number != self.1);
        let next = queue.front_mut().and_then(|(_, waker)| waker.take());
        drop(queue);
        next.into_iter().for_each(Waker::wake);
    }
}

/// A request waits for a lock, gives up after a while, and asks once more.
fn futurelock() {
    let runtime = runtime();
    let lock = Lock::default();
    let busy = lock.clone();
    let other = runtime.spawn_local(async move {
        let held = busy.lock().await;
        for _ in 0..10 {
            yield_now().await;
        }
        drop(held);
    });
    let request = runtime.spawn_local(async move {
        let mut first = Box::pin(lock.lock());
        let soon = cut::after(1, &mut first).await.done();
        assert!(soon.is_none(), "the other one has it");
        // It has waited for long enough. Another attempt, later:
        drop(first);
        drop(lock.lock().await);
    });
    let (id, handle) = (request.id(), runtime.handle().clone());
    let done = Arc::new(AtomicBool::new(false));
    let is_done = Arc::clone(&done);
    let watches = thread::spawn(move || {
        let mut in_vain = 0;
        while !is_done.load(Ordering::SeqCst) && in_vain < 10 {
            thread::sleep(Duration::from_millis(20));
            let dump = handle.dump();
            let waits = dump.task(id).is_some_and(|task| {
                task.state == State::Waiting && task.waits_for.is_empty()
            });
            in_vain = if waits { in_vain + 1 } else { 0 };
            if in_vain == 10 {
                eprintln!("{dump}");
                std::process::exit(1);
            }
        }
    });
    runtime.block_on(async {
        request.await.expect("an output");
        other.await.expect("an output");
    });
    done.store(true, Ordering::SeqCst);
    watches.join().expect("it does not panic");
}
