//! Chapter 10: a program that hangs, and the dump that says why.
//!
//! The server answers lines. The client asks, and waits for the answer.

use ch10_runtime::net::{TcpListener, TcpStream};
use ch10_runtime::{Handle, Runtime, time};
use futures_lite::AsyncBufReadExt;
use futures_lite::io::BufReader;
use std::io;
use std::net::SocketAddr;
use std::thread;
use std::time::Duration;
use testing::println;

// ANCHOR: server
/// Answers each line of each client.
async fn serve(listener: TcpListener) -> io::Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        let answers = Handle::current().spawn_named("answers", answer(stream));
        drop(answers); // it runs by itself
    }
}

async fn answer(stream: TcpStream) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    while stream.read_line(&mut line).await? > 0 {
        stream.get_mut().write_all(line.as_bytes()).await?;
        line.clear();
    }
    Ok(())
}
// ANCHOR_END: server

// ANCHOR: client
/// Asks, and reads the answer.
async fn ask(server: SocketAddr) -> io::Result<String> {
    let mut stream = TcpStream::connect(server).await?;
    stream.write_all(b"are you there?").await?;
    let mut answer = vec![0; 100];
    let length = stream.read(&mut answer).await?;
    answer.truncate(length);
    Ok(String::from_utf8_lossy(&answer).into_owned())
}
// ANCHOR_END: client

// ANCHOR: run
/// Runs both for a second, and looks at them when half of it is over.
fn looked_at() -> io::Result<String> {
    let runtime = Runtime::builder().track_waits(true).build()?;
    let handle = runtime.handle().clone();
    let looks = thread::spawn(move || {
        thread::sleep(Duration::from_millis(500));
        handle.dump().to_string()
    });
    let answer = runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let server = listener.local_addr()?;
        let handle = runtime.handle();
        drop(handle.spawn_named("server", serve(listener)));
        let client = handle.spawn_named("client", ask(server));
        let answer = time::timeout(Duration::from_secs(1), client).await;
        Ok::<_, io::Error>(answer.is_ok())
    })?;
    assert!(!answer, "it hangs");
    looks
        .join()
        .map_err(|_| io::Error::other("the look failed"))
}
// ANCHOR_END: run

fn main() -> io::Result<()> {
    println!("{}", looked_at()?);
    Ok(())
}

#[test]
fn the_dump_shows_that_both_ends_of_a_connection_wait_to_read() {
    testing::within_a_minute(|| {
        let dump = looked_at().expect("sockets");
        let end = |name: &str| {
            let mut lines = dump.lines().skip_while(|l| !l.contains(name));
            // Who it is, and below that what it waits for.
            let line = lines.nth(1);
            let line = line.unwrap_or_else(|| panic!("{name}: {dump}"));
            let (_, socket) = line
                .split_once("to read on ")
                .unwrap_or_else(|| panic!("it does not read: {line}"));
            socket.to_owned()
        };
        let (client, answers) = (end("\"client\""), end("\"answers\""));
        // Only on Unix does the dump know which sockets they are.
        if cfg!(unix) {
            let both = |socket: &str| {
                let (here, there) =
                    socket.split_once(" (from ").expect("two addresses");
                (here.to_owned(), there.trim_end_matches(')').to_owned())
            };
            let (here, there) = both(&answers);
            assert_eq!(both(&client), (there, here), "{dump}");
        } else {
            assert_eq!(client, answers, "{dump}");
        }
        assert!(dump.starts_with("4 waiting, 0 ready, 0 running"), "{dump}");
    });
}
