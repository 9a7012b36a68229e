//! Stage 5 of chapter 5: an echo server and an HTTP server, written as straight
//! code, and their clients, all on one thread.

mod quiet;

use ch05_fibers::net::{TcpListener, TcpStream};
use ch05_fibers::{Runtime, s5_net, scope, spawn};
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr};
use std::time::{Duration, Instant};

// ANCHOR: main
fn main() -> io::Result<()> {
    quiet::end_on_closed_pipes();
    // SAFETY: this code and std break none of the five promises.
    unsafe { Runtime::new() }.run(|| {
        let echo = start(s5_net::echo)?;
        let hello = start(s5_net::hello)?;
        let said = talk(echo, "three words back\n")?;
        print!("echo:    {said}");
        let reply = talk(hello, "GET / HTTP/1.1\r\nConnection: close\r\n\r\n")?;
        print!("http:    {}", reply.lines().next().unwrap_or("")); // the status
        println!(", {}", reply.lines().last().unwrap_or(""));
        println!("clients: {} of 100 got their own words", many(echo, 100)?);
        println!("silence: {}", wait_in_vain(echo)?);
        Ok(())
    })
}

/// Starts a server in a fiber; returns where it listens.
fn start(talk: fn(TcpStream) -> io::Result<()>) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0).into())?;
    let address = listener.local_addr()?;
    spawn(move || s5_net::serve(&listener, talk));
    Ok(address)
}

/// Says something, and returns all that comes back.
fn talk(address: SocketAddr, words: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.write_all(words.as_bytes())?;
    stream.shutdown(Shutdown::Write)?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}
// ANCHOR_END: main

// ANCHOR: many
/// `count` clients at once; returns how many got back what they had said.
fn many(address: SocketAddr, count: usize) -> io::Result<usize> {
    scope(|scope| {
        let client = |number: usize| {
            scope.spawn(move || {
                let words = format!("client {number}");
                Ok(talk(address, &words)? == words)
            })
        };
        let clients: Vec<_> = (0..count).map(client).collect();
        let results = clients.into_iter().map(|client| match client.join() {
            Ok(result) => result.map(usize::from),
            Err(panic) => panic.resume(),
        });
        results.sum()
    })
}

/// A server that is not asked does not answer; a deadline ends the wait.
fn wait_in_vain(address: SocketAddr) -> io::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    let time = Duration::from_millis(50);
    stream.set_deadline(Some(Instant::now() + time));
    match stream.read(&mut [0; 16]) {
        Err(e) if e.kind() == io::ErrorKind::TimedOut => {
            Ok(format!("no answer after {} ms", time.as_millis()))
        }
        other => Ok(format!("{other:?}")),
    }
}
// ANCHOR_END: many

#[test]
fn runs() -> io::Result<()> {
    // SAFETY: this code and std break none of the five promises.
    unsafe { Runtime::new() }.run(|| {
        let echo = start(s5_net::echo)?;
        assert_eq!(talk(echo, "words")?, "words");
        assert_eq!(many(echo, 20)?, 20);
        assert_eq!(wait_in_vain(echo)?, "no answer after 50 ms");
        let hello = start(s5_net::hello)?;
        // Two requests at once, the second of which is the last.
        let two = "GET / HTTP/1.1\r\n\r\nGET / HTTP/1.0\r\n\r\n";
        let replies = talk(hello, two)?;
        assert_eq!(replies.matches("Hello from a fiber!\n").count(), 2);
        assert_eq!(replies.matches("Connection: close").count(), 1);
        io::Result::Ok(())
    })?;
    main()
}
