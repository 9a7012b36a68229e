//! `cargo xtask serve`: the built book on loopback, built again and reloaded
//! when something that it is made of changes.

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow};
use notify::{EventKind, RecursiveMode, Watcher as _};
use percent_encoding::percent_decode_str;

use crate::project::Project;
use crate::{WrongUse, book};

/// Where a page hears that the book was built again.
const EVENTS: &str = "/__built";

/// What is added to each page that is served. After the server has gone and
/// come back the book may have changed, so that reloads too.
const RELOAD: &str = r#"<script>
(() => {
  let seen;
  const events = new EventSource("/__built");
  events.onmessage = ({ data }) => {
    if (seen !== undefined && data !== seen) location.reload();
    seen = data;
  };
})();
</script>
"#;

/// Serves the book until the program is stopped.
///
/// # Errors
/// [`WrongUse`] when the port is taken; else what the book, the file system
/// or the network say.
pub fn serve(project: &Project, port: u16, open: bool) -> Result<bool> {
    let served = project.work_folder("served");
    // The port first: whether it is free is known at once.
    let server = Server::start(&served, port)?;
    let (sender, changes) = mpsc::channel();
    let mut watcher = notify::recommended_watcher(
        move |event: notify::Result<notify::Event>| {
            let relevant = event
                .as_ref()
                .is_ok_and(|e| !matches!(e.kind, EventKind::Access(_)));
            if relevant {
                // The receiver lives as long as the program.
                let _ = sender.send(event.map(|e| e.paths).unwrap_or_default());
            }
        },
    )
    .context("watching files")?;
    watcher
        .watch(&project.root, RecursiveMode::NonRecursive)
        .context("watching the project's folder")?;
    for folder in watched(project) {
        watcher
            .watch(&folder, RecursiveMode::Recursive)
            .with_context(|| folder.display().to_string())?;
    }
    // What changes from here on is seen, the pages of the first build too.
    report(book::build(project, &served));
    println!("serving {}", server.url());
    println!("stop with Ctrl-C");
    if open {
        open_browser(&server.url());
    }
    let made = [project.target(), project.built_book()];
    let starters = project.root.join(project.src()).join("starters");
    loop {
        let mut paths = changes.recv().context("the watcher stopped")?;
        // Editors write a file in several steps.
        while let Ok(more) = changes.recv_timeout(Duration::from_millis(40)) {
            paths.extend(more);
        }
        paths.retain(|path| {
            !made.iter().any(|folder| path.starts_with(folder))
                && !path.starts_with(&starters)
                && !path.components().any(|part| part.as_os_str() == ".git")
        });
        if paths.is_empty() {
            continue;
        }
        let started = Instant::now();
        if report(book::build(project, &served)) {
            println!("built again in {} ms", started.elapsed().as_millis());
            server.tell();
        }
    }
}

/// The folders that the book is made of: its pages, the crates, and what
/// book.toml adds.
fn watched(project: &Project) -> Vec<PathBuf> {
    let mut folders = vec![project.root.join(project.src())];
    for extra in &project.config.build.extra_watch_dirs {
        folders.push(project.root.join(extra));
    }
    for package in project.packages() {
        let folder = crate::project::folder(package).to_owned();
        if !folders.iter().any(|known| folder.starts_with(known)) {
            folders.push(folder);
        }
    }
    folders.retain(|folder| folder.is_dir());
    folders
}

fn report(built: Result<Vec<String>>) -> bool {
    match built {
        Ok(warnings) => {
            for warning in warnings {
                eprintln!("warning: {warning}");
            }
            true
        }
        Err(error) => {
            // A page that is being edited may be wrong for a while; the last
            // good book stays up.
            eprintln!("error: {error:#}");
            false
        }
    }
}

fn open_browser(url: &str) {
    let (program, arguments): (&str, &[&str]) = if cfg!(target_os = "macos") {
        ("open", &[])
    } else if cfg!(windows) {
        ("cmd", &["/C", "start", ""])
    } else {
        ("xdg-open", &[])
    };
    let started = std::process::Command::new(program)
        .args(arguments)
        .arg(url)
        .spawn();
    if let Err(error) = started {
        eprintln!("{program} does not start ({error}): open {url} yourself");
    }
}

/// A file server for one folder; dropped means that it takes no further
/// connections.
///
/// One thread a connection and one request a connection: that is plenty for
/// one reader on loopback, and no request can wait for another.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    builds: Arc<Builds>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// How many times the book was built, and who waits for the next time.
#[derive(Debug, Default)]
struct Builds {
    count: Mutex<u64>,
    changed: Condvar,
}

impl Server {
    /// Serves `folder` on 127.0.0.1; port 0 takes a free one.
    ///
    /// # Errors
    /// [`WrongUse`] when the port is taken.
    pub fn start(folder: &Path, port: u16) -> Result<Server> {
        let listener = TcpListener::bind(("127.0.0.1", port))
            .map_err(|error| taken(port, error))?;
        let address = listener.local_addr().context("the server's address")?;
        let builds = Arc::new(Builds::default());
        let stop = Arc::new(AtomicBool::new(false));
        let folder = folder.to_owned();
        let (own_builds, own_stop) = (Arc::clone(&builds), Arc::clone(&stop));
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                // SeqCst: pairs with the store in `drop`; not a hot path.
                if own_stop.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(stream) = stream else {
                    // No descriptor is free, or the caller has hung up.
                    std::thread::sleep(Duration::from_millis(10));
                    continue;
                };
                let (folder, builds) =
                    (folder.clone(), Arc::clone(&own_builds));
                std::thread::spawn(move || {
                    // The browser went away: nothing to be done about it.
                    let _ = answer(stream, &folder, &builds);
                });
            }
        });
        Ok(Server {
            address,
            builds,
            stop,
            thread: Some(thread),
        })
    }

    /// Where it listens.
    pub fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// Tells every open page that the book was built again.
    fn tell(&self) {
        let mut count =
            self.builds.count.lock().unwrap_or_else(|e| e.into_inner());
        *count += 1;
        self.builds.changed.notify_all();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // SeqCst: pairs with the load in the accepting thread.
        self.stop.store(true, Ordering::SeqCst);
        // Wakes the thread out of `accept`.
        if TcpStream::connect(self.address).is_ok()
            && let Some(thread) = self.thread.take()
        {
            // A panic there has been printed already.
            let _ = thread.join();
        }
    }
}

fn taken(port: u16, error: io::Error) -> anyhow::Error {
    if error.kind() == io::ErrorKind::AddrInUse {
        return WrongUse(format!(
            "port {port} is taken: name another with --port, or 0 for any \
             free one"
        ))
        .into();
    }
    anyhow!("port {port}: {error}")
}

/// No browser's request head is longer.
const HEAD: usize = 16 * 1024;

fn answer(
    mut stream: TcpStream,
    folder: &Path,
    builds: &Builds,
) -> io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    stream.set_write_timeout(Some(Duration::from_secs(30)))?;
    let mut head = Vec::new();
    let (method, url) = loop {
        let mut headers = [httparse::EMPTY_HEADER; 64];
        let mut request = httparse::Request::new(&mut headers);
        match request.parse(&head) {
            Ok(httparse::Status::Complete(_)) => {
                let own = |text: Option<&str>| text.unwrap_or("").to_owned();
                break (own(request.method), own(request.path));
            }
            Ok(httparse::Status::Partial) if head.len() < HEAD => {}
            Ok(_) => return reply(&mut stream, "431", TEXT, b"too long", true),
            Err(error) => {
                let text = error.to_string();
                return reply(&mut stream, "400", TEXT, text.as_bytes(), true);
            }
        }
        let mut buffer = [0; 4096];
        match stream.read(&mut buffer)? {
            // A connection that was opened ahead of need and never used.
            0 => return Ok(()),
            count => head.extend_from_slice(&buffer[..count]),
        }
    };
    let body = match method.as_str() {
        "GET" => true,
        "HEAD" => false,
        _ => return reply(&mut stream, "405", TEXT, b"only GET, HEAD", true),
    };
    if url == EVENTS {
        return events(stream, builds);
    }
    let Some(mut file) = resolve(folder, &url) else {
        return reply(&mut stream, "400", TEXT, b"no such path", body);
    };
    if file.is_dir() {
        file.push("index.html");
    }
    let (status, file) = if file.is_file() {
        ("200", file)
    } else {
        ("404", folder.join("404.html"))
    };
    let Ok(mut content) = std::fs::read(&file) else {
        return reply(&mut stream, "404", TEXT, b"not found", body);
    };
    let kind = content_type(&file);
    if kind.starts_with("text/html") {
        content.extend_from_slice(RELOAD.as_bytes());
    }
    reply(&mut stream, status, kind, &content, body)
}

const TEXT: &str = "text/plain; charset=utf-8";

fn reply(
    stream: &mut TcpStream,
    status: &str,
    kind: &str,
    content: &[u8],
    body: bool,
) -> io::Result<()> {
    let head = format!(
        "HTTP/1.1 {status} .\r\nContent-Type: {kind}\r\nContent-Length: {}\
         \r\nCache-Control: no-store\r\nConnection: close\r\n\r\n",
        content.len()
    );
    let mut bytes = head.into_bytes();
    if body {
        bytes.extend_from_slice(content);
    }
    stream.write_all(&bytes)
}

/// Server-sent events: one now, one after each build.
fn events(mut stream: TcpStream, builds: &Builds) -> io::Result<()> {
    stream.write_all(
        b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\
          Cache-Control: no-store\r\nConnection: close\r\n\r\n",
    )?;
    let mut told = None;
    loop {
        let count = {
            let count = builds.count.lock().unwrap_or_else(|e| e.into_inner());
            // The wait ends now and then, so that a page that was closed is
            // noticed by the failing write.
            let (count, _) = builds
                .changed
                .wait_timeout_while(count, Duration::from_secs(15), |count| {
                    told == Some(*count)
                })
                .unwrap_or_else(|e| e.into_inner());
            *count
        };
        let text = if told == Some(count) {
            ":\n\n".to_owned()
        } else {
            format!("data: {count}\n\n")
        };
        told = Some(count);
        stream.write_all(text.as_bytes())?;
    }
}

/// The file that an address names, never outside of the folder.
fn resolve(folder: &Path, url: &str) -> Option<PathBuf> {
    let path = url.split(['?', '#']).next()?;
    let path = percent_decode_str(path).decode_utf8().ok()?;
    let mut file = folder.to_owned();
    for part in path.split('/').filter(|part| !part.is_empty()) {
        if part == ".." || part == "." || part.contains(['\\', ':', '\0']) {
            return None;
        }
        file.push(part);
    }
    Some(file)
}

fn content_type(file: &Path) -> &'static str {
    match file.extension().and_then(|ending| ending.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("json") => "application/json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("woff2") => "font/woff2",
        Some("zip") => "application/zip",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn get(server: &Server, path: &str) -> String {
        let mut stream = TcpStream::connect(server.address).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(10)))
            .unwrap();
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        )
        .unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).unwrap();
        reply
    }

    #[test]
    fn files_are_served_and_nothing_outside_the_folder() {
        let outer = tempfile::tempdir().unwrap();
        let folder = outer.path().join("book");
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(outer.path().join("secret.txt"), "secret").unwrap();
        std::fs::write(folder.join("index.html"), "<p>hello").unwrap();
        std::fs::write(folder.join("a.css"), "p {}").unwrap();
        let server = Server::start(&folder, 0).unwrap();
        let page = get(&server, "/");
        assert!(page.contains("<p>hello") && page.contains(EVENTS), "{page}");
        assert!(get(&server, "/a.css?x=1").contains("text/css"));
        assert!(get(&server, "/none").starts_with("HTTP/1.1 404"));
        for path in ["/../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt"]
        {
            let reply = get(&server, path);
            assert!(!reply.contains("secret"), "{path}: {reply}");
        }
        let second = Server::start(&folder, server.address.port());
        let error = second.unwrap_err();
        assert!(error.downcast_ref::<WrongUse>().is_some(), "{error:#}");
    }
}
