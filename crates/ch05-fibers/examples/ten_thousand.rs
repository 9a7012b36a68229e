//! Ten thousand fibers, each with a connection: one thread that serves them
//! all. Run by `cargo run --release --example ten_thousand [CONNECTIONS]`.
//!
//! The clients are in a child process, which is this program again: so each
//! process needs one end of the connections only. The clients are fibers, too.

mod quiet;

use ch05_fibers::net::{TcpListener, TcpStream};
use ch05_fibers::{Runtime, s5_net, scope, sleep, spawn, yield_now};
use std::cell::Cell;
use std::error::Error;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

type Outcome<T> = Result<T, Box<dyn Error>>;

/// At once, no more are about to connect: the system keeps that many for a
/// server that is busy.
const AT_ONCE: usize = 100;

/// The child: connects that many times, says something on every connection when
/// all are open, and counts those that hear it back.
fn clients(server: SocketAddr, count: usize) -> io::Result<usize> {
    let (opening, open, right) = (Cell::new(0), Cell::new(0), Cell::new(0));
    let client = |number: usize| -> io::Result<()> {
        while opening.get() == AT_ONCE {
            yield_now();
        }
        opening.set(opening.get() + 1);
        let stream = TcpStream::connect(server);
        opening.set(opening.get() - 1);
        open.set(open.get() + 1);
        let mut stream = stream?;
        while open.get() < count {
            sleep(Duration::from_millis(20));
        }
        let words = number.to_le_bytes();
        stream.write_all(&words)?;
        let mut answer = [0; 8];
        stream.read_exact(&mut answer)?;
        right.set(right.get() + usize::from(answer == words));
        Ok(())
    };
    // SAFETY: this code and std break none of the five promises.
    unsafe { Runtime::new() }.run(|| {
        scope(|scope| {
            let client = &client;
            let all: Vec<_> = (0..count)
                .map(|number| scope.spawn(move || client(number)))
                .collect();
            for one in all {
                one.join().unwrap_or_else(|panic| panic.resume())?;
            }
            Ok(right.get())
        })
    })
}

/// Serves until the child has ended; returns what the child has printed, how
/// many fibers there were at once, and the memory for each, in bytes.
fn serve(count: usize) -> Outcome<(String, usize, usize)> {
    // SAFETY: this code and std break none of the five promises.
    let mut runtime = unsafe { Runtime::new() };
    let before = memory();
    let (mut child, most, used) = runtime.run(|| -> Outcome<_> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0).into())?;
        let child = start(listener.local_addr()?, count)?;
        let most = std::rc::Rc::new(Cell::new((0, 0)));
        let talking = std::rc::Rc::new(Cell::new(0));
        let done = std::rc::Rc::new(Cell::new(false));
        let (counter, over) = (talking.clone(), done.clone());
        let seen = most.clone();
        spawn(move || -> io::Result<()> {
            loop {
                let (stream, _) = listener.accept()?;
                let (talking, over) = (counter.clone(), over.clone());
                talking.set(talking.get() + 1);
                if talking.get() > seen.get().0 {
                    seen.set((talking.get(), memory()));
                }
                spawn(move || {
                    let result = s5_net::echo(stream);
                    talking.set(talking.get() - 1);
                    over.set(talking.get() == 0);
                    result
                });
            }
        });
        while !done.get() {
            sleep(Duration::from_millis(5));
        }
        let (most, memory) = most.get();
        Ok((child, most, memory))
    })?;
    let mut printed = String::new();
    let output = child.stdout.take().ok_or("the child has no output")?;
    BufReader::new(output).read_line(&mut printed)?;
    child.wait()?;
    let each = used.saturating_sub(before) / most.max(1);
    Ok((printed, most, each))
}

fn start(server: SocketAddr, count: usize) -> io::Result<Child> {
    Command::new(std::env::current_exe()?)
        .args(["clients", &server.to_string(), &count.to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
}

/// Resident memory, in bytes; zero where there is no `/proc`.
fn memory() -> usize {
    let status = std::fs::read_to_string("/proc/self/statm");
    let pages = status.ok().and_then(|text| {
        let pages = text.split_whitespace().nth(1)?;
        pages.parse::<usize>().ok()
    });
    pages.unwrap_or(0) * 4096
}

fn main() -> Outcome<()> {
    quiet::end_on_closed_pipes();
    delay_server::raise_descriptor_limit()?;
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [first, server, count] = &arguments[..]
        && first == "clients"
    {
        let right = clients(server.parse()?, count.parse()?)?;
        println!("{right}");
        return Ok(());
    }
    let count = match arguments.first() {
        None => 10_000,
        Some(text) => text
            .parse()
            .map_err(|_| format!("{text:?} is no number of connections"))?,
    };
    let (printed, most, each) = serve(count)?;
    println!("connections that got their own words: {}", printed.trim());
    println!("fibers at once: {most}");
    println!("memory for each, in bytes: {each}");
    Ok(())
}

#[test]
fn runs() -> Outcome<()> {
    let server = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = server.local_addr()?;
    // Threads as the server: the child's half, in this process.
    std::thread::spawn(move || {
        for stream in server.incoming().flatten() {
            std::thread::spawn(move || {
                let mut words = [0; 8];
                let _ = (&stream).read_exact(&mut words);
                let _ = (&stream).write_all(&words);
            });
        }
    });
    assert_eq!(clients(address, 30)?, 30);
    Ok(())
}
