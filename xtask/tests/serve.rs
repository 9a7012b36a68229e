//! `cargo xtask serve` as readers and browsers meet it: what a page is while
//! the book is built again, how every tab hears of it, how it ends.

mod support;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use support::{Book, Killed, Slot};

const PAGE: &str = "book/introduction.md";

#[track_caller]
fn good() -> Slot {
    let slot = Slot::any();
    slot.lay_out(&Book::good());
    slot
}

/// Replaces a text that stands in a file of the book.
#[track_caller]
fn edit(slot: &Slot, path: &str, old: &str, new: &str) {
    let path = slot.root.join(path);
    let text = support::read_text(&path);
    assert!(text.contains(old), "{}: no {old:?}", path.display());
    support::write(&path, text.replace(old, new).as_bytes());
}

#[test]
fn a_taken_port_is_wrong_use() {
    let slot = good();
    let taken = TcpListener::bind(("127.0.0.1", 0))
        .unwrap_or_else(|error| panic!("no port: {error}"));
    let port = taken
        .local_addr()
        .unwrap_or_else(|error| panic!("no address: {error}"))
        .port()
        .to_string();
    let ran = slot.tool(&["serve", "--port", &port]);
    assert_eq!(ran.code(), Some(2), "{ran}");
    assert_eq!(ran.stderr.lines().count(), 1, "{ran}");
    for says in [
        &format!("port {port} is taken"),
        "--port",
        "0 for any free one",
    ] {
        assert!(ran.stderr.contains(says), "no {says:?}: {ran}");
    }
}

#[test]
fn a_served_page_follows_its_sources() {
    let slot = good();
    let server = Server::start(&slot);
    let page = server.get("introduction.html");
    assert!(page.starts_with("HTTP/1.1 200"), "{page}");
    assert!(page.contains("Nothing in it is wrong"), "{page}");
    assert!(server.get("none.html").starts_with("HTTP/1.1 404"));

    let first = server.version();
    edit(&slot, PAGE, "Nothing in it is wrong", "All in it is right");
    server.wait_for("introduction.html", "All in it is right");
    assert_ne!(
        first,
        server.version(),
        "pages see by this that they reload"
    );

    // A listing of the page.
    edit(
        &slot,
        "crates/ch01-demo/src/s1_count.rs",
        "(1..=from)",
        "(1..from + 1)",
    );
    server.wait_for("ch01-demo/index.html", "(1..from + 1)");
    // A page that is wrong for a while: the last good one stays.
    let wrong = "\n\n{{#solution none.rs}}\n\nMost of it";
    edit(&slot, PAGE, "All in it", wrong);
    server.wait_for_error("introduction.md:5: cannot include book/none.rs");
    let page = server.get("introduction.html");
    assert!(page.contains("All in it is right"), "{page}");
    // The pages say so, too.
    let built = server.get("__built");
    assert!(
        built.contains("introduction.md:5: cannot include"),
        "{built}"
    );
    edit(&slot, PAGE, wrong, "Once more all");
    server.wait_for("introduction.html", "Once more all is right");
}

/// A page follows its source in less than this. It takes half a second on an
/// idle machine.
const FOLLOWS: Duration = Duration::from_secs(30);

#[test]
fn a_page_is_the_old_one_or_the_new_one() {
    let slot = good();
    let server = Server::start(&slot);
    let page = server.get("introduction.html");
    let (_, rest) = page.split_once("css/general").expect("a style sheet");
    let name = rest.split('"').next().unwrap_or_default();
    let style = format!("css/general{name}");
    let mut asked = 0;
    for round in 0..3 {
        let mark = format!("Round {round}.");
        let path = slot.root.join(PAGE);
        let text = format!("# Introduction\n\n{mark}\n");
        support::write(&path, text.as_bytes());
        let started = Instant::now();
        loop {
            let page = server.get("introduction.html");
            assert!(page.starts_with("HTTP/1.1 200"), "{page}");
            assert!(page.contains("</html>"), "not whole: {page}");
            let style = server.get(&style);
            assert!(style.starts_with("HTTP/1.1 200"), "{style}");
            asked += 1;
            if page.contains(&mark) {
                break;
            }
            assert!(started.elapsed() < FOLLOWS, "no {mark:?}: {page}");
        }
    }
    assert!(asked > 3, "no request fell into a build: {asked}");
}

#[test]
fn a_first_build_that_fails_is_a_page_that_reloads() {
    let slot = Slot::any();
    let mut book = Book::good();
    book.set(PAGE, "# Introduction\n\n{{#solution <none>.rs}}\n");
    slot.lay_out(&book);
    let server = Server::start(&slot);
    for page in ["", "introduction.html", "ch01-demo/index.html"] {
        let page = server.get(page);
        assert!(page.starts_with("HTTP/1.1 503"), "{page}");
        for text in [
            "The book cannot be built",
            "introduction.md:3: cannot include book/&lt;none&gt;.rs",
            "/__built",
        ] {
            assert!(page.contains(text), "no {text:?}: {page}");
        }
    }
    let broken = server.version();
    edit(&slot, PAGE, "{{#solution <none>.rs}}", "Mended.");
    server.wait_for("introduction.html", "Mended.");
    assert_ne!(broken, server.version());
}

/// More tabs than a browser opens connections to a server.
#[test]
fn twenty_tabs_reload() {
    let scripts = support::own_folder().join("browser");
    let Some(chromium) = support::browser(&scripts) else {
        support::say(format_args!("not tested: tabs need Chromium and Node"));
        return;
    };
    let slot = good();
    let server = Server::start(&slot);
    let mut command = Command::new("node");
    command
        .arg(scripts.join("reload.mjs"))
        .arg(format!("http://{}/introduction.html", server.address))
        .arg(slot.root.join(PAGE))
        .env("CHROMIUM", chromium);
    let ran = support::run(&mut command, Duration::from_secs(200));
    assert!(ran.success(), "{ran}");
    assert_eq!(ran.stdout.trim(), "20 tabs reloaded", "{ran}");
}

/// Does this process ignore SIGINT, and with it each one that it starts? Other
/// systems than Linux don't say so in a file.
#[cfg(unix)]
fn interrupts_are_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status");
    let status = status.unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|hex| u64::from_str_radix(hex.trim(), 16).ok());
    // proc_pid_status(5): one bit a signal, and SIGINT is number 2.
    mask.is_some_and(|mask| mask & (1 << (2 - 1)) != 0)
}

/// Ctrl-C, and the port is free again.
#[cfg(unix)]
#[test]
fn ctrl_c_ends_it() {
    let slot = good();
    let mut server = Server::start(&slot);
    server.get("introduction.html");
    let process = server.process.0.id().to_string();
    // Started in the background of a script, everything ignores Ctrl-C.
    let signal = if interrupts_are_ignored() {
        "-TERM"
    } else {
        "-INT"
    };
    let ran = Command::new("kill").args([signal, &process]).status();
    assert!(ran.is_ok_and(|status| status.success()), "kill {signal}");
    let started = Instant::now();
    while let Ok(None) = server.process.0.try_wait() {
        assert!(started.elapsed() < FOLLOWS, "it does not end");
        std::thread::sleep(Duration::from_millis(5));
    }
    let errors = Vec::from_iter(server.errors.iter());
    assert_eq!(errors, [] as [&str; 0]);
    // No connection is left, so nothing else can hold it.
    TcpStream::connect(&server.address).expect_err("it still listens");
}

/// A running `serve`, which ends with its test.
#[derive(Debug)]
struct Server {
    address: String,
    /// Held, not read: a program whose output nobody takes ends.
    _output: mpsc::Receiver<String>,
    errors: mpsc::Receiver<String>,
    /// Held: it ends with its test.
    #[cfg_attr(
        not(unix),
        allow(dead_code, reason = "no signal is sent there")
    )]
    process: Killed,
}

impl Server {
    #[track_caller]
    fn start(slot: &Slot) -> Server {
        let mut command = slot.command(&["serve", "--port", "0"]);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let child = command.spawn().unwrap_or_else(|e| panic!("serve: {e}"));
        let mut process = Killed(child);
        let output = lines(process.0.stdout.take());
        let errors = lines(process.0.stderr.take());
        let line = output.recv_timeout(FOLLOWS).unwrap_or_else(|_| {
            panic!(
                "it does not say where: {:?}",
                Vec::from_iter(errors.try_iter())
            )
        });
        let address = line
            .strip_prefix("serving http://")
            .and_then(|rest| rest.strip_suffix('/'))
            .unwrap_or_else(|| panic!("no address: {line}"));
        Server {
            address: address.to_owned(),
            _output: output,
            errors,
            process,
        }
    }

    #[track_caller]
    fn request(&self, path: &str) -> std::io::Result<TcpStream> {
        let mut stream = TcpStream::connect(&self.address)?;
        stream.set_read_timeout(Some(FOLLOWS))?;
        let head = format!("GET /{path} HTTP/1.1\r\nHost: localhost\r\n");
        write!(stream, "{head}Connection: close\r\n\r\n")?;
        Ok(stream)
    }

    /// The answer to a request, as it came.
    #[track_caller]
    fn get(&self, path: &str) -> String {
        let mut answer = String::new();
        let read = self
            .request(path)
            .and_then(|mut stream| stream.read_to_string(&mut answer));
        read.unwrap_or_else(|error| panic!("{path}: {error}: {answer}"));
        answer
    }

    /// The name of the newest book, as pages ask for it.
    #[track_caller]
    fn version(&self) -> String {
        let answer = self.get("__built");
        let version = answer.split_once("\"version\":\"");
        let version = version.and_then(|(_, rest)| rest.split('"').next());
        version
            .unwrap_or_else(|| panic!("no version: {answer}"))
            .to_owned()
    }

    #[track_caller]
    fn wait_for(&self, path: &str, text: &str) {
        let started = Instant::now();
        let mut page = String::new();
        while started.elapsed() < FOLLOWS {
            page = self.get(path);
            if page.contains(text) {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("{path} does not come to have {text:?}: {page}");
    }

    #[track_caller]
    fn wait_for_error(&self, text: &str) {
        let started = Instant::now();
        let mut seen = Vec::new();
        while let Some(left) = FOLLOWS.checked_sub(started.elapsed()) {
            let Ok(line) = self.errors.recv_timeout(left) else {
                break;
            };
            if line.contains(text) {
                return;
            }
            seen.push(line);
        }
        panic!("serve does not say {text:?}, but: {seen:?}");
    }
}

/// The lines of a stream as they come.
fn lines(
    stream: Option<impl std::io::Read + Send + 'static>,
) -> mpsc::Receiver<String> {
    let (sender, lines) = mpsc::channel();
    std::thread::spawn(move || {
        let stream = stream.into_iter().flat_map(|s| BufReader::new(s).lines());
        for line in stream.map_while(Result::ok) {
            if sender.send(line).is_err() {
                break;
            }
        }
    });
    lines
}
