//! Many connections on one thread for a while: does anything grow?
//!
//! `cargo run --release -p ch10-runtime --example connections --
//! --connections 18000 --seconds 60`. Without arguments that is 1,000 connections for 5 seconds. The
//! clients are a child process, which is this program again, so that each
//! process needs one end of the connections only. Numbers are read from
//! `/proc`, so it is for Linux only.

use ch10_runtime::net::{TcpListener, TcpStream};
use ch10_runtime::{Runtime, spawn, spawn_blocking};
use std::error::Error;
use std::net::SocketAddr;
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use std::{env, fs, io, thread};
use testing::println;

type Outcome<T> = Result<T, Box<dyn Error>>;

/// What a client says, again and again, and gets back.
const MESSAGE: [u8; 32] = *b"is anybody there? yes, all of us";

/// Echoes that were answered.
static ECHOES: AtomicUsize = AtomicUsize::new(0);

/// With this in its environment, the program is the clients: their number and
/// the server's address.
const CLIENTS: &str = "CONNECTIONS_CLIENTS";

/// What the arguments ask for.
#[derive(Clone, Copy, Debug)]
struct Load {
    connections: usize,
    time: Duration,
}

impl Load {
    fn of(arguments: &[String]) -> Outcome<Self> {
        let mut load = Self {
            connections: 1_000,
            time: Duration::from_secs(5),
        };
        for pair in arguments.chunks(2) {
            match pair {
                [name, value] if name == "--connections" => {
                    load.connections = value.parse()?;
                }
                [name, value] if name == "--seconds" => {
                    load.time = Duration::from_secs(value.parse()?);
                }
                other => return Err(format!("{other:?}?").into()),
            }
        }
        Ok(load)
    }
}

/// Descriptors that are open, and memory in KiB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Usage {
    descriptors: usize,
    memory: usize,
}

impl Usage {
    fn now() -> Outcome<Self> {
        let descriptors = fs::read_dir("/proc/self/fd")?.count();
        let status = fs::read_to_string("/proc/self/status")?;
        let line = status.lines().find(|line| line.starts_with("VmRSS:"));
        let number = line.and_then(|line| line.split_whitespace().nth(1));
        let memory = number.ok_or("no VmRSS")?.parse()?;
        Ok(Self {
            descriptors,
            memory,
        })
    }
}

async fn echo(mut stream: TcpStream) -> io::Result<()> {
    let mut buffer = [0; 64];
    loop {
        match stream.read(&mut buffer).await? {
            0 => return Ok(()),
            read => stream.write_all(&buffer[..read]).await?,
        }
        ECHOES.fetch_add(1, Ordering::Relaxed);
    }
}

/// Says the message and waits for it, again and again, until the server ends.
async fn client(address: SocketAddr) -> io::Result<()> {
    let mut stream = TcpStream::connect(address).await?;
    let mut reply = [0; MESSAGE.len()];
    loop {
        stream.write_all(&MESSAGE).await?;
        stream.read_exact(&mut reply).await?;
        assert_eq!(reply, MESSAGE);
    }
}

/// The child: so many clients, until it is killed.
fn clients(address: SocketAddr, count: usize) -> Outcome<()> {
    Runtime::new()?.block_on(async {
        let clients: Vec<_> =
            (0..count).map(|_| spawn(client(address))).collect();
        for client in clients {
            client.await??;
        }
        Ok(())
    })
}

/// Waits on the pool: other tasks go on.
async fn pause(time: Duration) -> Outcome<()> {
    Ok(spawn_blocking(move || thread::sleep(time)).await?)
}

/// Accepts so many, serves them for a while, and says what was used.
async fn serve(load: Load) -> Outcome<()> {
    let before = Usage::now()?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let mut child = start_clients(listener.local_addr()?, load.connections)?;
    let mut tasks = Vec::with_capacity(load.connections);
    for _ in 0..load.connections {
        let (stream, _) = listener.accept().await?;
        tasks.push(spawn(echo(stream)));
    }
    println!("{} connections on one thread", load.connections);
    // Buffers have grown to what they need after a quarter of the time.
    let quarter = load.time / 4;
    pause(quarter).await?;
    let early = Usage::now()?;
    let (count, start) = (ECHOES.load(Ordering::Relaxed), Instant::now());
    pause(3 * quarter).await?;
    let late = Usage::now()?;
    let echoes = ECHOES.load(Ordering::Relaxed) - count;
    let each = echoes as f64 / start.elapsed().as_secs_f64();
    println!("{each:.0} echoes a second");
    println!(
        "descriptors: {} and {}",
        early.descriptors, late.descriptors
    );
    println!("memory: {} and {} KiB", early.memory, late.memory);
    child.kill()?;
    child.wait()?;
    for task in tasks {
        // A connection that was broken off is an error, and an end.
        let _ = task.await?;
    }
    drop(listener);
    let after = Usage::now()?;
    println!("afterwards: {} descriptors", after.descriptors);
    if late.descriptors != early.descriptors
        || after.descriptors > before.descriptors
    {
        return Err("descriptors are left".into());
    }
    // A page here or there is the allocator's. The test lasts a second, in
    // which code is still being loaded.
    let allowed = early.memory + early.memory / 100 + 256;
    if late.memory > allowed && !cfg!(test) {
        return Err("memory grows".into());
    }
    println!("nothing has grown");
    Ok(())
}

fn start_clients(address: SocketAddr, count: usize) -> io::Result<Child> {
    let mut child = testing::this_program();
    if cfg!(test) {
        child.args(["the_clients", "--exact"]);
    }
    child.env(CLIENTS, format!("{count} {address}"));
    child.stdin(Stdio::null()).stdout(Stdio::null()).spawn()
}

/// If this process is to be the clients, it is from now on.
fn be_the_clients() -> Option<Outcome<()>> {
    let wanted = env::var(CLIENTS).ok()?;
    let (count, address) = wanted.split_once(' ')?;
    let (count, address) = (count.parse().ok()?, address.parse().ok()?);
    Some(clients(address, count))
}

fn main() -> Outcome<()> {
    if let Some(ended) = be_the_clients() {
        return ended;
    }
    let arguments: Vec<String> = env::args().skip(1).collect();
    let load = Load::of(&arguments)?;
    Runtime::new()?.block_on(serve(load))
}

/// The child of the other test; by itself it does nothing.
#[test]
fn the_clients() {
    // It is killed, or its connections are broken off.
    let _ = be_the_clients();
}

#[cfg(target_os = "linux")]
#[test]
fn a_hundred_connections_leave_nothing() {
    testing::within_a_minute(|| {
        let load = Load {
            connections: 100,
            time: Duration::from_secs(1),
        };
        let runtime = Runtime::new().expect("a runtime");
        runtime.block_on(serve(load)).expect("nothing has grown");
        assert!(ECHOES.load(Ordering::Relaxed) >= 100);
    });
}
