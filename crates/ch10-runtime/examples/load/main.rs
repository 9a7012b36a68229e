//! How many polls and system calls a request takes, as the number of
//! connections grows: an echo server on one thread, and clients that write on
//! all connections and then read from all of them.
//!
//! The crate is compiled once more, with a `socket` at its root that counts.
//! Prints a line of JSON for each number, of which the figure `load` is made.

#[allow(dead_code, reason = "the server needs TCP alone")]
mod socket;
#[path = "../../src"]
#[allow(dead_code, unused_imports, reason = "what the library exports")]
mod src {
    pub mod blocking;
    pub mod budget;
    pub mod builder;
    pub mod context;
    pub mod driver;
    pub mod dump;
    pub mod handle;
    pub mod inbox;
    #[path = "driver/os.rs"]
    pub mod kernel;
    pub mod net;
    pub mod panics;
    pub mod readiness;
    pub mod registration;
    pub mod root;
    pub mod run_queue;
    pub mod runtime;
    pub mod slots;
    pub mod sync;
    pub mod task;
    pub mod threads;
    pub mod time;
    pub mod yield_now;
}

// By the names that the files of the crate say.
use src::*;
#[allow(unused_imports, reason = "the crate's files say crate::NAME")]
use {
    src::blocking::spawn_blocking,
    src::builder::Builder,
    src::context::NoRuntime,
    src::handle::{Handle, spawn},
    src::runtime::{Runtime, spawn_local},
    src::task::{JoinError, JoinHandle, TaskId},
    src::yield_now::{YieldNow, yield_now},
};

use net::{TcpListener, TcpStream};
use socket::Calls;
use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::io::{self, Read as _, Write as _};
use std::net::SocketAddr;
use std::pin::pin;
use std::rc::Rc;
use std::thread;
use testing::println;

/// What is counted, from the end of the first round to that of the last one.
#[derive(Debug, Default)]
struct Counted {
    /// How many requests were answered.
    answered: Cell<u32>,
    /// How often the connections' tasks were polled.
    polls: Cell<u32>,
    /// The counts when a round was over.
    looks: RefCell<Vec<(u32, Calls)>>,
}

/// Polls `future`, and counts how often.
async fn count_polls<F: Future>(future: F, counted: &Counted) -> F::Output {
    let mut future = pin!(future);
    poll_fn(|cx| {
        counted.polls.set(counted.polls.get() + 1);
        future.as_mut().poll(cx)
    })
    .await
}

async fn echo(mut stream: TcpStream, answered: impl Fn()) -> io::Result<()> {
    let mut bytes = [0; 64];
    loop {
        let length = stream.read(&mut bytes).await?;
        if length == 0 {
            return Ok(());
        }
        stream.write_all(&bytes[..length]).await?;
        answered();
    }
}

/// Serves so many connections until they end, and looks at the counts after
/// the first round and after the last one.
async fn serve(
    listener: std::net::TcpListener,
    connections: u32,
    rounds: u32,
) -> io::Result<Rc<Counted>> {
    let listener = TcpListener::from_std(listener)?;
    let counted = Rc::new(Counted::default());
    let mut tasks = Vec::new();
    for _ in 0..connections {
        let (stream, _) = listener.accept().await?;
        let counted = Rc::clone(&counted);
        tasks.push(spawn_local(async move {
            let answered = || {
                let count = counted.answered.get() + 1;
                counted.answered.set(count);
                if count == connections || count == connections * rounds {
                    let look = (counted.polls.get(), socket::calls());
                    counted.looks.borrow_mut().push(look);
                }
            };
            count_polls(echo(stream, answered), &counted).await
        }));
    }
    for task in tasks {
        task.await??;
    }
    Ok(counted)
}

/// All clients: they write, and then they read.
fn clients(
    server: SocketAddr,
    connections: u32,
    rounds: u32,
) -> io::Result<()> {
    let mut streams = Vec::new();
    for _ in 0..connections {
        streams.push(std::net::TcpStream::connect(server)?);
    }
    let mut reply = [0; 5];
    for _ in 0..rounds {
        for stream in &mut streams {
            stream.write_all(b"hello")?;
        }
        for stream in &mut streams {
            stream.read_exact(&mut reply)?;
        }
    }
    Ok(())
}

/// Polls and system calls a request, and events a wait.
fn measure(connections: u32, rounds: u32) -> io::Result<[f64; 3]> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    let server = listener.local_addr()?;
    let counted = thread::scope(|scope| {
        let asking = scope.spawn(|| clients(server, connections, rounds));
        let runtime = Runtime::new()?;
        let counted = runtime.block_on(serve(listener, connections, rounds))?;
        asking.join().expect("it does not panic")?;
        io::Result::Ok(counted)
    })?;
    let looks = counted.looks.borrow();
    let [(polls, first), (all_polls, last)] = looks[..] else {
        return Err(io::Error::other("a round is missing"));
    };
    let requests = f64::from(connections * (rounds - 1));
    let waits = f64::from(last.waits - first.waits);
    let transfers = f64::from(last.transfers - first.transfers);
    let others = f64::from(last.others - first.others);
    Ok([
        f64::from(all_polls - polls) / requests,
        (waits + transfers + others) / requests,
        f64::from(last.events - first.events) / waits,
    ])
}

fn main() -> io::Result<()> {
    // A thousand connections have two thousand ends in this process.
    delay_server::raise_descriptor_limit()?;
    for connections in [1, 10, 100, 1_000] {
        // The first one is not counted.
        let rounds = 2_000 / connections.min(400) + 1;
        let mut all: [Vec<String>; 3] = Default::default();
        for _ in 0..5 {
            let measured = measure(connections, rounds)?;
            for (values, value) in all.iter_mut().zip(measured) {
                values.push(format!("{value:.4}"));
            }
        }
        for (series, values) in ["polls", "calls", "events"].iter().zip(all) {
            println!(
                r#"{{"series": "{series}", "case": "{connections}", "values": [{}]}}"#,
                values.join(", ")
            );
        }
    }
    Ok(())
}

#[test]
fn a_request_alone_is_a_poll_and_three_system_calls() {
    testing::within_a_minute(|| {
        let [polls, calls, events] = measure(1, 100).expect("a network");
        // Where calls are slow, as in Wine, the next request may be there
        // before the task looks for it, and nothing waits.
        let (least_polls, least_calls) =
            if cfg!(unix) { (1.0, 3.0) } else { (0.0, 2.0) };
        assert!(polls >= least_polls, "{polls}");
        assert!(calls >= least_calls, "{calls}");
        assert!(events > 0.0, "{events}");
    });
}

#[test]
fn a_batch_of_events_costs_one_wait() {
    testing::within_a_minute(|| {
        let [polls, calls, events] = measure(50, 20).expect("a network");
        assert!(polls >= 1.0, "{polls}");
        assert!(calls >= 2.0, "{calls}");
        assert!(events <= 50.0, "{events}");
    });
}
