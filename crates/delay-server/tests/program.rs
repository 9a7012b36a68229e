//! The program: its arguments, its one line for each mistake, and what it
//! does when the system gives it no more descriptors.

mod common;

use common::{LONG, command, runner, watchdog};
use delay_server::get;
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

/// The program, which cargo builds for this test: it lies in the folder above.
/// Not where it lay when this was compiled; the checkout may have been moved.
fn program() -> String {
    let this = std::env::current_exe().expect("it is running");
    let folder = this.parent().and_then(Path::parent).expect("target/debug");
    let name = format!("delay-server{}", std::env::consts::EXE_SUFFIX);
    let program = folder.join(name).into_os_string();
    program.into_string().expect("a path in UTF-8")
}

/// A child that does not outlive the test.
struct Server {
    child: Child,
    addr: SocketAddr,
}

impl Server {
    /// Starts a command that runs the program, and reads its address.
    fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let stdout = child.stdout.take().unwrap();
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line).unwrap();
        let addr = line.strip_prefix("listening on http://");
        let addr = addr.expect("a line with the address").trim();
        Self {
            addr: addr.parse().unwrap(),
            child,
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn run(arguments: &[&str]) -> Output {
    command(&program(), arguments).output().unwrap()
}

#[test]
fn it_prints_its_address_and_serves() {
    let _dog = watchdog();
    let server = Server::start(command(&program(), &["--addr", "127.0.0.1:0"]));
    let reply = get(server.addr, "/10/hello", LONG).unwrap();
    assert_eq!((reply.status, reply.text().as_str()), (200, "hello"));
}

#[test]
fn wrong_arguments_are_one_line_and_code_2() {
    let _dog = watchdog();
    let cases: [(&[&str], &str); 6] = [
        (&["--port", "1"], "--port"),
        (&["8080"], "8080"),
        (&["--addr"], "--addr"),
        (
            &["--addr", "here"],
            "write IP:PORT, for example 127.0.0.1:8080",
        ),
        (&["--addr=127.0.0.1:99999"], "write IP:PORT"),
        (&["--addr", "192.0.2.1:0"], "cannot listen on 192.0.2.1:0: "),
    ];
    for (arguments, part) in cases {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(error.starts_with("delay-server: "), "{error}");
        assert!(error.contains(part), "{error}");
        assert_eq!(error.lines().count(), 1, "{error}");
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn a_taken_port_is_one_line_and_code_2() {
    let _dog = watchdog();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = taken.local_addr().unwrap().to_string();
    let output = run(&["--addr", &addr]);
    assert_eq!(output.status.code(), Some(2));
    let error = String::from_utf8(output.stderr).unwrap();
    let start = format!("delay-server: cannot listen on {addr}: ");
    assert!(error.starts_with(&start), "{error}");
    assert_eq!(error.lines().count(), 1, "{error}");
}

#[test]
fn help_and_version_go_to_standard_output() {
    let _dog = watchdog();
    let help = run(&["--help"]);
    assert!(help.status.success());
    let text = String::from_utf8(help.stdout).unwrap();
    assert!(
        text.contains("Usage: delay-server [--addr IP:PORT]"),
        "{text}"
    );
    let version = run(&["--version"]);
    assert!(version.status.success());
    assert!(version.stdout.starts_with(b"delay-server 0."));
}

/// `Ctrl-Z` and `fg`: the wait of a process that was stopped ends early.
#[cfg(unix)]
#[test]
fn a_stop_and_a_continue_do_no_harm() {
    let _dog = watchdog();
    let server = Server::start(command(&program(), &["--addr", "127.0.0.1:0"]));
    let pid = server.child.id().to_string();
    let mut client = common::Client::new(server.addr);
    for signal in ["-STOP", "-CONT", "-STOP", "-CONT"] {
        client.get("/50/m");
        let status = Command::new("kill").args([signal, &pid]).status();
        assert!(status.unwrap().success());
    }
    for _ in 0..4 {
        assert_eq!(client.reply().text(), "m");
    }
}

#[cfg(unix)]
mod descriptors {
    //! A program that may open 40 descriptors, and more clients than that.

    use super::*;
    use common::{Client, eventually};
    use std::thread;
    use std::time::Duration;

    /// Starts the program with that limit, soft and hard.
    fn start() -> Server {
        let program = command(&program(), &["--addr", "127.0.0.1:0"]);
        let mut limited = Command::new("sh");
        limited.args(["-c", "ulimit -n 40 && exec \"$0\" \"$@\""]);
        limited.arg(program.get_program()).args(program.get_args());
        Server::start(limited)
    }

    /// The processor time that a process has used so far, where it can be
    /// told.
    fn cpu_time(server: &Server) -> Option<Duration> {
        let pid = server.child.id();
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // proc(5): utime and stime are fields 14 and 15, in hundredths of a
        // second; the fields from 3 on follow the closing parenthesis.
        let (_, fields) = stat.rsplit_once(") ")?;
        let fields: Vec<&str> = fields.split(' ').collect();
        let ticks = |i: usize| fields[i].parse::<u64>().ok();
        Some(Duration::from_millis(10 * (ticks(11)? + ticks(12)?)))
    }

    #[test]
    fn running_out_of_them_is_survived_without_spinning() {
        let _dog = watchdog();
        let server = start();
        let mut clients: Vec<_> =
            (0..100).map(|_| Client::new(server.addr)).collect();
        // Those that were accepted before are served as ever.
        assert_eq!(clients[0].get("/0/m").reply().text(), "m");
        for client in &mut clients {
            client.get("/0/m");
        }
        clients[0].reply();
        // The last ones wait in the kernel's queue.
        clients[99].expect_silence(Duration::from_millis(200));
        if let Some(before) = cpu_time(&server) {
            let time = Duration::from_secs(1);
            thread::sleep(time);
            let used = cpu_time(&server).unwrap() - before;
            assert!(used < time / 5, "{used:?} of {time:?}");
        }
        // When some go, the others have their turn; and so on to the last.
        for (i, mut client) in clients.into_iter().enumerate().skip(1) {
            assert_eq!(client.reply().text(), "m", "{i}");
        }
        // Within its time limit.
        let reply = get(server.addr, "/0/after", LONG).unwrap();
        assert_eq!(reply.text(), "after");
    }

    #[test]
    fn clients_in_the_queue_that_give_up_do_no_harm() {
        let _dog = watchdog();
        let server = start();
        for _ in 0..5 {
            let clients: Vec<_> =
                (0..80).map(|_| Client::new(server.addr)).collect();
            drop(clients);
        }
        eventually("it answers", || {
            get(server.addr, "/0/m", LONG).is_ok_and(|r| r.status == 200)
        });
    }
}

/// The example `soak_server` with few connections, where it was built.
#[test]
fn the_soak_example_runs() {
    let _dog = watchdog();
    let name = format!("soak_server{}", std::env::consts::EXE_SUFFIX);
    let soak = Path::new(&program()).with_file_name("examples");
    let soak = soak.join(name);
    if !soak.exists() {
        println!("skipped: needs {}; `cargo test` builds it", soak.display());
        return;
    }
    if !runner().is_empty() {
        println!("skipped: an emulated program cannot start itself");
        return;
    }
    let output = Command::new(soak).arg("100").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}{error}");
    assert!(text.starts_with("100 idle connections\n"), "{text}");
    assert!(text.contains("a request and its answer: median "), "{text}");
}
