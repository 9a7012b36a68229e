//! A small Redis on the runtime of this chapter, for redis-cli and
//! redis-benchmark.
//!
//! `--serve [PORT]` serves until Ctrl-C, on 6380 unless told otherwise.
//! Without it, a client of its own pipelines a few commands and it ends.

use ch10_runtime::net::{TcpListener, TcpStream};
use ch10_runtime::shutdown::Shutdown;
use ch10_runtime::{Runtime, signal, time};
use futures_lite::future;
use listen::listen;
use std::env;
use std::io;
use std::time::Duration;
use testing::println;

mod commands;
mod connection;
mod listen;
mod resp;
mod store;

/// Serves until Ctrl-C.
async fn serve(port: u16) -> io::Result<()> {
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    println!("redis-cli -p {}", listener.local_addr()?.port());
    let shutdown = Shutdown::new();
    let clients = listen(&listener, shutdown.token());
    let stop = async {
        signal::ctrl_c().await?;
        shutdown
            .finish(time::sleep(Duration::from_secs(5)))
            .await
            .ok();
        Ok(())
    };
    let (clients, ()) = future::try_zip(clients, stop).await?;
    println!("{clients} clients");
    Ok(())
}

/// A few commands in one write, and all of their replies.
async fn demo() -> io::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let shutdown = Shutdown::new();
    let client = async {
        let mut stream = TcpStream::connect(address).await?;
        let commands = b"SET greeting hello\r\nGET greeting\r\n\
                         INCR visits\r\nINCR visits\r\nQUIT\r\n";
        stream.write_all(commands).await?;
        let (mut replies, mut bytes) = (Vec::new(), [0; 256]);
        loop {
            match stream.read(&mut bytes).await? {
                0 => break,
                read => replies.extend_from_slice(&bytes[..read]),
            }
        }
        shutdown.ask();
        Ok(String::from_utf8_lossy(&replies).into_owned())
    };
    let listen = listen(&listener, shutdown.token());
    Ok(future::try_zip(client, listen).await?.0)
}

fn main() -> io::Result<()> {
    let runtime = Runtime::new()?;
    let mut arguments = env::args().skip(1);
    if arguments.next().as_deref() == Some("--serve") {
        let port = arguments.next().and_then(|port| port.parse().ok());
        return runtime.block_on(serve(port.unwrap_or(6380)));
    }
    let replies = runtime.block_on(demo())?;
    for line in replies.lines() {
        println!("{line}");
    }
    Ok(())
}

#[test]
fn runs() {
    testing::within_a_minute(|| {
        let runtime = Runtime::new().expect("a runtime");
        let replies = runtime.block_on(demo()).expect("it is served");
        assert_eq!(replies, "+OK\r\n$5\r\nhello\r\n:1\r\n:2\r\n+OK\r\n");
    });
}
