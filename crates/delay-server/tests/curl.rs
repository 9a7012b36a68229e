//! A client that we have not written: curl.

mod common;

use common::watchdog;
use delay_server::DelayServer;
use std::process::Command;
use std::time::{Duration, Instant};

/// Curl waits a second for a 100 that does not come.
const A_SECOND: Duration = Duration::from_secs(1);

/// What curl prints, or `None` where there is no curl.
fn curl(arguments: &[&str]) -> Option<String> {
    let mut command = Command::new("curl");
    command.args(["--silent", "--show-error", "--max-time", "30"]);
    // A proxy of the environment is none of our business.
    command.args(["--noproxy", "*"]);
    match command.args(arguments).output() {
        Ok(output) => {
            let error = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{arguments:?}: {error}");
            Some(String::from_utf8(output.stdout).unwrap())
        }
        Err(e) if std::env::var("CI").is_ok_and(|ci| ci == "true") => {
            panic!("needs curl, and CI=true: {e}");
        }
        Err(e) => {
            println!("skipped: needs curl: {e}");
            None
        }
    }
}

#[test]
fn a_get_waits_for_its_delay() {
    let _dog = watchdog();
    let server = DelayServer::start().unwrap();
    let start = Instant::now();
    let url = format!("{}/120/hello", server.url());
    let Some(text) = curl(&[&url]) else { return };
    assert!(start.elapsed() >= Duration::from_millis(120));
    assert_eq!(text, "hello");
}

#[test]
fn two_urls_share_a_connection() {
    let _dog = watchdog();
    let server = DelayServer::start().unwrap();
    let [a, b] = ["/10/a", "/10/b"].map(|t| format!("{}{t}", server.url()));
    let format = "%{num_connects},";
    let Some(text) = curl(&["--write-out", format, &a, &b]) else {
        return;
    };
    assert_eq!(text, "a1,b0,");
    assert_eq!(server.connections_accepted(), 1);
}

#[test]
fn http_1_0_and_connection_close_do_not() {
    let _dog = watchdog();
    let server = DelayServer::start().unwrap();
    let [a, b] = ["/0/a", "/0/b"].map(|t| format!("{}{t}", server.url()));
    let Some(text) = curl(&["--http1.0", &a, &b]) else {
        return;
    };
    assert_eq!(text, "ab");
    let close = "Connection: close";
    let Some(text) = curl(&["--header", close, &a, &b]) else {
        return;
    };
    assert_eq!(text, "ab");
    assert_eq!(server.connections_accepted(), 4);
}

#[test]
fn a_head_has_the_length_and_no_body() {
    let _dog = watchdog();
    let server = DelayServer::start().unwrap();
    let url = format!("{}/0/hello", server.url());
    let Some(text) = curl(&["--head", &url, &url]) else {
        return;
    };
    assert_eq!(text.matches("HTTP/1.1 200 OK\r\n").count(), 2);
    assert_eq!(text.matches("Content-Length: 5\r\n").count(), 2);
    assert!(!text.contains("hello"), "{text}");
    assert_eq!(server.connections_accepted(), 1);
}

#[test]
fn percent_encoding_is_undone() {
    let _dog = watchdog();
    let server = DelayServer::start().unwrap();
    let url = format!("{}/0/a%20b%2Fgr%C3%BC%C3%9Fe", server.url());
    let Some(text) = curl(&[&url]) else { return };
    assert_eq!(text, "a b/grüße");
}

#[test]
fn a_post_is_405_small_or_large_or_chunked() {
    let _dog = watchdog();
    let server = DelayServer::start().unwrap();
    let url = format!("{}/0/hello", server.url());
    // From a megabyte on curl sends `Expect: 100-continue` first.
    let path = std::env::temp_dir();
    let path = path.join(format!("delay-server-{}", std::process::id()));
    std::fs::write(&path, vec![b'x'; 3 << 20]).unwrap();
    let file = format!("@{}", path.display());
    let format = "\n%{http_code} %{header{Allow}}";
    let chunked = "Transfer-Encoding: chunked";
    for data in ["a=b", &file] {
        for header in ["X: y", chunked] {
            let post = ["--data-binary", data, "--header", header];
            let post = [&post[..], &["--write-out", format, &url]].concat();
            let start = Instant::now();
            let Some(mut text) = curl(&post) else { return };
            let mut quick = start.elapsed() < A_SECOND;
            for _ in 0..10 {
                if quick {
                    break;
                }
                // A busy machine, perhaps; but not each time.
                let start = Instant::now();
                text = curl(&post).expect("it was there");
                quick = start.elapsed() < A_SECOND;
            }
            let reason = "the method is \"POST\"; allowed: GET, HEAD\n";
            assert!(text.starts_with(reason), "{text}");
            assert!(text.contains("\n405"), "{text}");
            assert!(quick, "{data} {header}");
        }
    }
    std::fs::remove_file(&path).unwrap();
}

#[test]
fn faults_are_what_curl_calls_them() {
    let _dog = watchdog();
    let server = DelayServer::start().unwrap();
    let url = format!("{}/0/hello", server.url());
    if curl(&[&url]).is_none() {
        return;
    }
    // curl(1): 18 partial file, 28 operation timeout, 56 receive failed.
    for (fault, code) in
        [("close-in-the-middle", 18), ("never", 28), ("reset", 56)]
    {
        let output = Command::new("curl")
            .args(["--silent", "--noproxy", "*", "--max-time", "1"])
            .arg(format!("{url}?fault={fault}"))
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(code), "{fault}");
    }
    let slow = format!("{url}?fault=byte-by-byte");
    assert_eq!(curl(&[&slow]).unwrap(), "hello");
}
