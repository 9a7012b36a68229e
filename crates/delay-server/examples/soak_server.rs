//! Ten thousand idle connections, and what they cost. Run it with
//! `cargo run --release -p delay-server --example soak_server [CONNECTIONS]`.
//!
//! The server runs in a child process, which is this program again, so that
//! each process needs only one end of every connection, and the child's memory
//! and processor time are the server's. Both are read from `/proc`, so they are
//! printed on Linux only. Takes a few seconds.

use delay_server::DelayServer;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};
use testing::println;

fn main() -> ExitCode {
    let argument = std::env::args().nth(1);
    let result = match argument.as_deref() {
        Some("serve") => serve(),
        None => soak(10_000),
        Some(count) => match count.parse() {
            Ok(count) => soak(count),
            Err(_) => {
                eprintln!("soak: {count:?} is not a number of connections");
                return ExitCode::from(2);
            }
        },
    };
    if let Err(error) = result {
        eprintln!("soak: {error}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

/// The child: prints its address and serves until its input ends.
fn serve() -> io::Result<()> {
    delay_server::raise_descriptor_limit()?;
    let server = DelayServer::builder().record_limit(0).start()?;
    println!("{}", server.addr());
    io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

/// The parent: opens the connections and measures.
fn soak(count: usize) -> io::Result<()> {
    delay_server::raise_descriptor_limit()?;
    let mut child = Command::new(std::env::current_exe()?)
        .arg("serve")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let result = address_of(&mut child)
        .and_then(|addr| measure(addr, child.id(), count, io::stdout()));
    // The end of its input ends the child, whatever has happened.
    drop(child.stdin.take());
    let status = child.wait()?;
    result?;
    if !status.success() {
        return Err(io::Error::other(format!("the server: {status}")));
    }
    Ok(())
}

/// Where the child listens: its first line.
fn address_of(child: &mut Child) -> io::Result<SocketAddr> {
    let mut line = String::new();
    let stdout = child.stdout.take();
    let stdout = stdout.ok_or_else(|| io::Error::other("no output"))?;
    BufReader::new(stdout).read_line(&mut line)?;
    line.trim().parse().map_err(io::Error::other)
}

/// Opens `count` connections to the server at `addr`, which is in process
/// `server`, and writes to `out` what they cost.
fn measure(
    addr: SocketAddr,
    server: u32,
    count: usize,
    mut out: impl Write,
) -> io::Result<()> {
    writeln!(out, "{count} idle connections")?;
    let mut client = TcpStream::connect(addr)?;
    client.set_nodelay(true)?;
    client.set_read_timeout(Some(Duration::from_secs(30)))?;
    let (median, longest) = latencies(&mut client)?;
    writeln!(
        out,
        "before them, a request: median {median:?}, most {longest:?}"
    )?;

    let memory = memory(server);
    let start = Instant::now();
    let mut idle = Vec::with_capacity(count);
    for _ in 0..count {
        idle.push(TcpStream::connect(addr)?);
    }
    // The last one is accepted after all others.
    if let Some(last) = idle.last_mut() {
        ask(last, "/0/last")?;
    }
    writeln!(out, "opened in {:?}", start.elapsed())?;
    if let (Some(before), Some(now)) = (memory, self::memory(server)) {
        let each = now.saturating_sub(before) / count.max(1) as u64;
        writeln!(out, "memory of the server: {each} bytes a connection")?;
    }
    let (median, longest) = latencies(&mut client)?;
    writeln!(
        out,
        "a request and its answer: median {median:?}, most {longest:?}"
    )?;
    let before = cpu_time(server);
    std::thread::sleep(Duration::from_secs(1));
    if let (Some(before), Some(now)) = (before, cpu_time(server)) {
        writeln!(out, "processor time in an idle second: {:?}", now - before)?;
    }
    let start = Instant::now();
    for connection in &mut idle {
        connection.write_all(request("/200/m").as_bytes())?;
    }
    for connection in &mut idle {
        read_answer(connection)?;
    }
    writeln!(out, "all at once, 200 ms each: {:?}", start.elapsed())?;
    Ok(())
}

/// The median and the longest time of 200 requests on one connection.
fn latencies(client: &mut TcpStream) -> io::Result<(Duration, Duration)> {
    let mut times = Vec::new();
    for _ in 0..200 {
        let start = Instant::now();
        ask(client, "/0/m")?;
        times.push(start.elapsed());
    }
    times.sort();
    Ok((times[100], times[199]))
}

fn request(target: &str) -> String {
    format!("GET {target} HTTP/1.1\r\nHost: soak\r\n\r\n")
}

fn ask(client: &mut TcpStream, target: &str) -> io::Result<()> {
    client.write_all(request(target).as_bytes())?;
    read_answer(client)
}

/// Reads one answer, which is short and comes alone.
fn read_answer(client: &mut TcpStream) -> io::Result<()> {
    let mut answer = [0; 1024];
    let n = client.read(&mut answer)?;
    if !answer[..n].starts_with(b"HTTP/1.1 200 OK\r\n") {
        return Err(io::Error::other("not a 200"));
    }
    Ok(())
}

/// The resident memory of a process in bytes.
fn memory(process: u32) -> Option<u64> {
    let path = format!("/proc/{process}/status");
    let status = std::fs::read_to_string(path).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    let kilobytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes * 1024)
}

/// The processor time of a process so far.
fn cpu_time(process: u32) -> Option<Duration> {
    let path = format!("/proc/{process}/stat");
    let stat = std::fs::read_to_string(path).ok()?;
    // proc(5): utime and stime are fields 14 and 15, in hundredths of a
    // second; the fields from 3 on follow the closing parenthesis.
    let (_, fields) = stat.rsplit_once(") ")?;
    let mut fields = fields.split(' ').skip(11);
    let mut ticks = || fields.next()?.parse::<u64>().ok();
    Some(Duration::from_millis(10 * (ticks()? + ticks()?)))
}

#[test]
fn runs() -> io::Result<()> {
    // Few connections, and the server in this process: how much memory it
    // takes is not looked at here.
    let server = DelayServer::start()?;
    let mut output = Vec::new();
    measure(server.addr(), std::process::id(), 20, &mut output)?;
    let output = String::from_utf8_lossy(&output);
    assert!(output.starts_with("20 idle connections\n"), "{output}");
    assert!(output.contains("all at once, 200 ms each: "), "{output}");
    Ok(())
}
