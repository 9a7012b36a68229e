//! The server as a program: `delay-server --addr 127.0.0.1:8080`.
//!
//! It runs until it is killed. Wrong arguments and an address that cannot be
//! listened on are one line on standard error, and exit code 2.

use delay_server::DelayServer;
use lexopt::{Arg, Parser, ValueExt};
use std::io::{self, Write};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::thread;

const USAGE: &str = "\
A slow HTTP server: GET /{delay in ms}/{message} is answered after that time.

Usage: delay-server [--addr IP:PORT]

  --addr IP:PORT  where to listen; port 0 takes a free one
                  [default: 127.0.0.1:8080]
  --help          prints this
  --version       prints the version
";

/// What the arguments ask for.
enum Task {
    Print(String),
    Serve(SocketAddr),
}

fn main() -> ExitCode {
    let result = match arguments() {
        Ok(Task::Print(text)) => print(&text),
        Ok(Task::Serve(addr)) => serve(addr),
        Err(error) => Err(format!("{error}; see delay-server --help")),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // If standard error is closed, nothing can be reported.
            let _ = writeln!(io::stderr(), "delay-server: {error}");
            ExitCode::from(2)
        }
    }
}

fn arguments() -> Result<Task, lexopt::Error> {
    let mut addr = SocketAddr::from(([127, 0, 0, 1], 8080));
    let mut parser = Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Long("addr") => {
                let value = parser.value()?.string()?;
                addr = value.parse().map_err(|_| {
                    format!(
                        "--addr is {value:?}; write IP:PORT, for example \
                         127.0.0.1:8080"
                    )
                })?;
            }
            Arg::Short('h') | Arg::Long("help") => {
                return Ok(Task::Print(USAGE.to_owned()));
            }
            Arg::Short('V') | Arg::Long("version") => {
                let version = env!("CARGO_PKG_VERSION");
                return Ok(Task::Print(format!("delay-server {version}\n")));
            }
            _ => return Err(argument.unexpected()),
        }
    }
    Ok(Task::Serve(addr))
}

fn print(text: &str) -> Result<(), String> {
    let mut stdout = io::stdout().lock();
    stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush())
        .map_err(|e| format!("cannot write to standard output: {e}"))
}

fn serve(addr: SocketAddr) -> Result<(), String> {
    // Where the limit stays as it is, the server makes do with it.
    let _ = delay_server::raise_descriptor_limit();
    let server = DelayServer::builder()
        .addr(addr)
        .record_limit(0)
        .start()
        .map_err(|e| format!("cannot listen on {addr}: {e}"))?;
    print(&format!("listening on {}\n", server.url()))?;
    loop {
        thread::park();
    }
}
