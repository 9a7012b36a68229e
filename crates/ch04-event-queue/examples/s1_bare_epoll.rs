//! Stage 1 of chapter 4: five slow replies, one thread, bare epoll. Linux only.

use std::error::Error;
use testing::println;

// ANCHOR: main
#[cfg(target_os = "linux")]
fn run() -> Result<String, Box<dyn Error>> {
    use ch04_event_queue::s1_bare_epoll::fetch;
    use delay_server::DelayServer;
    use std::time::{Duration, Instant};

    let server = DelayServer::start()?;
    let targets = ["/300/a", "/100/b", "/500/c", "/200/d", "/400/e"];
    let targets = targets.map(String::from);

    let mut output = format!("asked for {}\n", targets.join(", "));
    let start = Instant::now();
    fetch(server.addr(), &targets, |index, reply| {
        let text = String::from_utf8_lossy(reply);
        let body = text.rsplit("\r\n").next().unwrap_or_default();
        output += &format!("{} is answered: {body}\n", targets[index]);
    })?;
    let quick = start.elapsed() < Duration::from_millis(1_500);
    output += &format!("in less than the 1500 ms of all delays: {quick}");
    Ok(output)
}
// ANCHOR_END: main

#[cfg(not(target_os = "linux"))]
fn run() -> Result<String, Box<dyn Error>> {
    Ok("this program is for Linux only".to_string())
}

fn main() -> Result<(), Box<dyn Error>> {
    println!("{}", run()?);
    Ok(())
}

#[test]
fn runs() -> Result<(), Box<dyn Error>> {
    let expected = if cfg!(target_os = "linux") {
        "asked for /300/a, /100/b, /500/c, /200/d, /400/e\n\
         /100/b is answered: b\n\
         /200/d is answered: d\n\
         /300/a is answered: a\n\
         /400/e is answered: e\n\
         /500/c is answered: c\n\
         in less than the 1500 ms of all delays: true"
    } else {
        "this program is for Linux only"
    };
    assert_eq!(run()?, expected);
    Ok(())
}
