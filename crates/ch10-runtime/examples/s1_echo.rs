//! Stage 1 of chapter 10: an echo server and a hundred clients, a task for each
//! connection, all on one thread.

use ch10_runtime::net::{TcpListener, TcpStream};
use ch10_runtime::{Runtime, spawn_local};
use futures_lite::{AsyncReadExt as _, AsyncWriteExt as _};
use std::cell::Cell;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use testing::println;

const CLIENTS: usize = 100;

// ANCHOR: server
async fn echo(mut stream: TcpStream, sum: Rc<Cell<usize>>) -> io::Result<()> {
    let mut bytes = [0; 1024];
    loop {
        let length = stream.read(&mut bytes).await?;
        if length == 0 {
            return Ok(()); // the client has nothing more to say
        }
        stream.write_all(&bytes[..length]).await?;
        sum.set(sum.get() + length);
    }
}

async fn serve(listener: TcpListener, sum: Rc<Cell<usize>>) -> io::Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        spawn_local(echo(stream, Rc::clone(&sum)));
    }
}
// ANCHOR_END: server

// ANCHOR: client
async fn ask(addr: SocketAddr, number: usize) -> io::Result<String> {
    let mut stream = TcpStream::connect(addr).await?;
    let text = format!("hello {number}");
    stream.write_all(text.as_bytes()).await?;
    stream.close().await?; // we have said all, and still listen
    let mut reply = String::new();
    stream.read_to_string(&mut reply).await?;
    Ok(reply)
}
// ANCHOR_END: client

/// The replies, and how many bytes the server has sent.
fn run() -> io::Result<(Vec<String>, usize)> {
    // ANCHOR: run
    let runtime = Runtime::new()?;
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let addr = listener.local_addr()?;
        let sum = Rc::new(Cell::new(0));
        spawn_local(serve(listener, Rc::clone(&sum)));

        let clients: Vec<_> = (0..CLIENTS)
            .map(|number| spawn_local(ask(addr, number)))
            .collect();
        let mut replies = Vec::new();
        for client in clients {
            replies.push(client.await??);
        }
        Ok((replies, sum.get()))
    })
    // ANCHOR_END: run
}

fn main() -> io::Result<()> {
    let (replies, sum) = run()?;
    println!("{} replies, {sum} bytes", replies.len());
    println!("the last one: {:?}", replies[replies.len() - 1]);
    Ok(())
}

#[test]
fn every_client_gets_its_own_words_back() {
    testing::within_a_minute(|| {
        let (replies, sum) = run().expect("it is answered");
        let sent: Vec<_> = (0..CLIENTS)
            .map(|number| format!("hello {number}"))
            .collect();
        assert_eq!(replies, sent);
        assert_eq!(sum, sent.concat().len());
    });
}
