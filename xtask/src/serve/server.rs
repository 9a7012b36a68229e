//! The files of a built book over HTTP, on loopback.

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow};
use percent_encoding::percent_decode_str;

use super::shelf::{Shelf, View};
use crate::WrongUse;

/// Where a page asks which book is the newest, and what is wrong with it.
const BUILT: &str = "/__built";

/// What each page of a book that changes runs.
const RELOAD: &str = include_str!("reload.js");

/// A file server for a book; dropped means that it takes no further
/// connections.
///
/// One thread a connection and one request a connection: that is plenty for
/// one reader on loopback, and no request can wait for another.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Serves the book in `folder`, which does not change, on any free port.
    ///
    /// # Errors
    /// When the system has no port.
    pub fn start(folder: &Path) -> Result<Server> {
        Server::new(listen(0)?, Arc::new(Shelf::fixed(folder)))
    }

    /// Serves what is on the shelf.
    ///
    /// # Errors
    /// When the listener has no address.
    pub(super) fn new(
        listener: TcpListener,
        shelf: Arc<Shelf>,
    ) -> Result<Server> {
        let address = listener.local_addr().context("the server's address")?;
        let stop = Arc::new(AtomicBool::new(false));
        let own_stop = Arc::clone(&stop);
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
                let shelf = Arc::clone(&shelf);
                std::thread::spawn(move || {
                    // The browser went away: nothing to be done about it.
                    let _ = answer(stream, &shelf.view());
                });
            }
        });
        Ok(Server {
            address,
            stop,
            thread: Some(thread),
        })
    }

    /// Where it listens.
    pub fn url(&self) -> String {
        format!("http://{}/", self.address)
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

/// Takes a port of 127.0.0.1; 0 takes any free one.
///
/// # Errors
/// [`WrongUse`] when another program has it, or the system keeps it for
/// others.
pub(super) fn listen(port: u16) -> Result<TcpListener> {
    TcpListener::bind(("127.0.0.1", port)).map_err(|error| refused(port, error))
}

fn refused(port: u16, error: io::Error) -> anyhow::Error {
    let reason = match error.kind() {
        io::ErrorKind::AddrInUse => "is taken",
        io::ErrorKind::PermissionDenied => {
            "is not for you: the system keeps it for other programs or for \
             the administrator"
        }
        _ => return anyhow!("port {port}: {error}"),
    };
    WrongUse(format!(
        "port {port} {reason}; name another with --port, or 0 for any free one"
    ))
    .into()
}

/// No browser's request head is longer.
const HEAD: usize = 16 * 1024;

fn answer(mut stream: TcpStream, view: &View) -> io::Result<()> {
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
    let (status, kind, content) = find(view, &url);
    let kept = status == "200" && kind != HTML && names_its_content(&url);
    let keep = if kept { KEEP } else { FORGET };
    send(&mut stream, status, kind, keep, &content, body)
}

/// A page is another one after the next build, under the same name.
const FORGET: &str = "no-store";

/// A style or script never is: a browser need not ask for it on each page.
const KEEP: &str = "max-age=86400, immutable";

/// Does the name have a hash in it, as mdBook writes it: `book-609e4cb8.js`?
fn names_its_content(url: &str) -> bool {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let name = path.rsplit('/').next().unwrap_or_default();
    let Some((_, rest)) = name.rsplit_once('-') else {
        return false;
    };
    let hash = rest.split('.').next().unwrap_or_default();
    hash.len() >= 8 && hash.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The status, the type and the content of what an address names.
fn find(view: &View, url: &str) -> (&'static str, &'static str, Vec<u8>) {
    if url == BUILT && view.version.is_some() {
        let built = serde_json::json!({
            "version": view.version,
            "error": view.error,
        });
        return ("200", JSON, built.to_string().into_bytes());
    }
    let Some(current) = &view.current else {
        return ("503", HTML, with_reload(view, no_book(view).into_bytes()));
    };
    let Some(path) = resolve(url) else {
        return ("400", TEXT, b"no such path".to_vec());
    };
    let mut file = current.folder().join(&path);
    if file.is_dir() {
        file.push("index.html");
    }
    let mut status = "200";
    if !file.is_file() {
        // A page that was read from the book before this one may ask for its
        // styles and scripts only now. Their names tell their contents.
        let old = view.previous.as_ref().map(|old| old.folder().join(&path));
        let asset = |file: &PathBuf| file.is_file() && !is_page(file);
        file = old.filter(asset).unwrap_or_else(|| {
            status = "404";
            current.folder().join("404.html")
        });
    }
    let Ok(content) = std::fs::read(&file) else {
        return ("404", TEXT, b"not found".to_vec());
    };
    let content = if is_page(&file) {
        with_reload(view, content)
    } else {
        content
    };
    (status, content_type(&file), content)
}

fn is_page(file: &Path) -> bool {
    content_type(file) == HTML
}

/// A page that knows its version, and reloads when there is another.
fn with_reload(view: &View, mut page: Vec<u8>) -> Vec<u8> {
    if let Some(version) = &view.version {
        let script =
            format!("<script data-version=\"{version}\">\n{RELOAD}</script>\n");
        page.extend_from_slice(script.as_bytes());
    }
    page
}

/// What stands in the place of every page until a first build works.
fn no_book(view: &View) -> String {
    let (title, text) = match &view.error {
        Some(error) => ("The book cannot be built", error.as_str()),
        None => ("The book is being built", ""),
    };
    let text = text
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <title>{title}</title>\n\
         <body style=\"font: 16px/1.5 sans-serif; margin: 2em\">\n\
         <h1>{title}</h1>\n\
         <pre id=\"built-error\" style=\"white-space: pre-wrap\">{text}</pre>\n\
         <p>This page reloads by itself when there is a book.</p>\n"
    )
}

const TEXT: &str = "text/plain; charset=utf-8";
const HTML: &str = "text/html; charset=utf-8";
const JSON: &str = "application/json";

fn reply(
    stream: &mut TcpStream,
    status: &str,
    kind: &str,
    content: &[u8],
    body: bool,
) -> io::Result<()> {
    send(stream, status, kind, FORGET, content, body)
}

fn send(
    stream: &mut TcpStream,
    status: &str,
    kind: &str,
    keep: &str,
    content: &[u8],
    body: bool,
) -> io::Result<()> {
    let head = format!(
        "HTTP/1.1 {status} .\r\nContent-Type: {kind}\r\nContent-Length: {}\
         \r\nCache-Control: {keep}\r\nConnection: close\r\n\r\n",
        content.len()
    );
    let mut bytes = head.into_bytes();
    if body {
        bytes.extend_from_slice(content);
    }
    stream.write_all(&bytes)
}

/// The file that an address names, relative to the book and never outside
/// it.
fn resolve(url: &str) -> Option<PathBuf> {
    let path = url.split(['?', '#']).next()?;
    let path = percent_decode_str(path).decode_utf8().ok()?;
    let mut file = PathBuf::new();
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
        Some("html") => HTML,
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("json") => JSON,
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
        let server = Server::start(&folder).unwrap();
        let page = get(&server, "/");
        assert!(page.ends_with("<p>hello"), "{page}");
        assert!(get(&server, "/a.css?x=1").contains("text/css"));
        assert!(get(&server, "/none").starts_with("HTTP/1.1 404"));
        for path in ["/../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt"]
        {
            let reply = get(&server, path);
            assert!(!reply.contains("secret"), "{path}: {reply}");
        }
    }

    #[test]
    fn what_has_a_hash_in_its_name_is_kept_and_nothing_else() {
        let outer = tempfile::tempdir().unwrap();
        let folder = outer.path();
        for name in ["a.css", "a-609e4cb8.min.js", "b-609e4cb8.html"] {
            std::fs::write(folder.join(name), "").unwrap();
        }
        let server = Server::start(folder).unwrap();
        let kept = |path| get(&server, path).contains("immutable");
        assert!(kept("/a-609e4cb8.min.js"));
        for path in ["/a.css", "/b-609e4cb8.html", "/none-609e4cb8.js"] {
            assert!(!kept(path), "{path}");
        }
    }

    #[test]
    fn a_page_of_the_book_before_finds_its_styles() {
        let outer = tempfile::tempdir().unwrap();
        let shelf = Shelf::changing(outer.path().join("served")).unwrap();
        let book = |style: &'static str| {
            move |folder: &Path| {
                std::fs::create_dir_all(folder)?;
                std::fs::write(folder.join(style), "p {}")?;
                let page = folder.join(style).with_extension("html");
                Ok(std::fs::write(page, "<p>")?)
            }
        };
        let status = |url: &str| find(&shelf.view(), url).0;
        assert_eq!(status("/a-1.css"), "503");
        shelf.build(book("a-1.css")).unwrap();
        assert_eq!(status("/a-1.css"), "200");
        shelf.build(book("a-2.css")).unwrap();
        assert_eq!(status("/a-1.css"), "200");
        assert_eq!(status("/a-2.css"), "200");
        // A page that is gone is gone.
        assert_eq!(status("/a-1.html"), "404");
    }

    #[test]
    fn a_port_that_cannot_be_had_is_wrong_use() {
        let taken = listen(0).unwrap();
        let port = taken.local_addr().unwrap().port();
        let denied = io::Error::from(io::ErrorKind::PermissionDenied);
        for (error, says) in [
            (listen(port).unwrap_err(), "is taken; name another"),
            (refused(80, denied), "port 80 is not for you"),
        ] {
            assert!(error.downcast_ref::<WrongUse>().is_some(), "{error:#}");
            assert!(error.to_string().contains(says), "{error:#}");
        }
    }
}
