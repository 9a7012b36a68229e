//! `cargo xtask serve`: the built book on loopback, built again and reloaded
//! when something that it is made of changes.

use std::io::{Read as _, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow};
use notify::{EventKind, RecursiveMode, Watcher as _};
use percent_encoding::percent_decode_str;
use tiny_http::{Header, Method, Request, Response};

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
    let server = Server::start(&project.built_book(), port)?;
    report(build(project));
    println!("serving {}", server.url());
    println!("stop with Ctrl-C");
    if open {
        open_browser(&server.url());
    }
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
        if report(build(project)) {
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

fn build(project: &Project) -> Result<Vec<String>> {
    book::build(project)
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

/// A file server for one folder; dropped means stopped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    builds: Arc<Builds>,
    http: Arc<Http>,
    thread: Option<JoinHandle<()>>,
}

struct Http(tiny_http::Server);

impl std::fmt::Debug for Http {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Http").field(&self.0.server_addr()).finish()
    }
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
        let http = tiny_http::Server::http(("127.0.0.1", port))
            .map_err(|error| taken(port, &*error))?;
        let address = http
            .server_addr()
            .to_ip()
            .context("the server has no address")?;
        let http = Arc::new(Http(http));
        let builds = Arc::new(Builds::default());
        let folder = folder.to_owned();
        let (own_http, own_builds) = (Arc::clone(&http), Arc::clone(&builds));
        let thread = std::thread::spawn(move || {
            for request in own_http.0.incoming_requests() {
                if request.url() == EVENTS {
                    let builds = Arc::clone(&own_builds);
                    std::thread::spawn(move || events(request, &builds));
                } else {
                    // The browser went away: nothing to be done about it.
                    let _ = answer(request, &folder);
                }
            }
        });
        Ok(Server {
            address,
            builds,
            http,
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
        self.http.0.unblock();
        if let Some(thread) = self.thread.take() {
            // A panic there has been printed already.
            let _ = thread.join();
        }
    }
}

fn taken(
    port: u16,
    error: &(dyn std::error::Error + Send + Sync + 'static),
) -> anyhow::Error {
    let io = error.downcast_ref::<std::io::Error>();
    match io.map(std::io::Error::kind) {
        Some(std::io::ErrorKind::AddrInUse) => WrongUse(format!(
            "port {port} is taken: name another with --port, or 0 for any \
             free one"
        ))
        .into(),
        _ => anyhow!("port {port}: {error}"),
    }
}

/// Server-sent events: one now, one after each build.
fn events(request: Request, builds: &Builds) {
    let mut writer = request.into_writer();
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\
                Cache-Control: no-store\r\nConnection: close\r\n\r\n";
    if writer.write_all(head.as_bytes()).is_err() {
        return;
    }
    let mut told = None;
    loop {
        let count = {
            let count = builds.count.lock().unwrap_or_else(|e| e.into_inner());
            // The pause ends now and then so that a page that was closed is
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
        let sent = writer
            .write_all(text.as_bytes())
            .and_then(|()| writer.flush());
        if sent.is_err() {
            return;
        }
    }
}

fn answer(request: Request, folder: &Path) -> std::io::Result<()> {
    if !matches!(request.method(), Method::Get | Method::Head) {
        return request.respond(text(405, "only GET and HEAD"));
    }
    let Some(mut file) = resolve(folder, request.url()) else {
        return request.respond(text(400, "no such path"));
    };
    if file.is_dir() {
        file.push("index.html");
    }
    let (status, file) = if file.is_file() {
        (200, file)
    } else {
        (404, folder.join("404.html"))
    };
    let mut body = Vec::new();
    match std::fs::File::open(&file) {
        Ok(mut file) => _ = file.read_to_end(&mut body)?,
        Err(_) => return request.respond(text(404, "not found")),
    }
    let kind = content_type(&file);
    if kind.starts_with("text/html") {
        body.extend_from_slice(RELOAD.as_bytes());
    }
    let mut response = Response::from_data(body).with_status_code(status);
    for (name, value) in [("Content-Type", kind), ("Cache-Control", "no-store")]
    {
        if let Ok(header) = Header::from_bytes(name, value) {
            response.add_header(header);
        }
    }
    request.respond(response)
}

fn text(status: u16, text: &str) -> Response<std::io::Cursor<Vec<u8>>> {
    Response::from_string(text).with_status_code(status)
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
    use std::net::TcpStream;

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
