//! Stage 6 of chapter 10: hyper, as it is, on the runtime of this chapter.
//!
//! `--serve [PORT]` serves until Ctrl-C, HTTP/1 and HTTP/2 on one port, 8080
//! unless told otherwise. Without it, hyper's own client asks a few times and
//! it ends.

use ch10_runtime::net::{TcpListener, TcpStream};
use ch10_runtime::shutdown::Shutdown;
use ch10_runtime::{Runtime, signal, spawn};
use futures_lite::future;
use hello::{Limits, Served, serve};
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Bytes;
use hyper::{Request, client};
use hyper_rt::{Io, Tasks};
use std::env;
use std::error::Error;
use std::io;
use testing::println;

#[path = "support/hello.rs"]
mod hello;
#[path = "support/hyper_rt.rs"]
mod hyper_rt;
#[path = "support/prefix.rs"]
mod prefix;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

// ANCHOR: until
/// Serves until Ctrl-C, and finishes what is in flight then.
async fn until_ctrl_c(port: u16) -> io::Result<Served> {
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    println!("http://{}/", listener.local_addr()?);
    let shutdown = Shutdown::new();
    let served = serve(listener, &shutdown, Limits::default());
    let stop = async {
        signal::ctrl_c().await?;
        shutdown.ask();
        Ok(())
    };
    Ok(future::try_zip(served, stop).await?.0)
}
// ANCHOR_END: until

/// Asks for `path` over HTTP/1, `times` times on one connection.
async fn ask(
    stream: TcpStream,
    path: &str,
    times: usize,
) -> Result<Vec<String>> {
    let (mut sender, connection) =
        client::conn::http1::handshake(Io(stream)).await?;
    let connection = spawn(connection);
    let mut replies = Vec::new();
    for _ in 0..times {
        let request = Request::get(path)
            .header("Host", "localhost")
            .body(Empty::<Bytes>::new())?;
        let response = sender.send_request(request).await?;
        let body = response.into_body().collect().await?.to_bytes();
        replies.push(String::from_utf8(body.into())?);
    }
    drop(sender);
    connection.await??;
    Ok(replies)
}

/// The same by HTTP/2: all at once, and still on one connection.
async fn ask_http2(stream: TcpStream, times: usize) -> Result<usize> {
    let (sender, connection) =
        client::conn::http2::handshake(Tasks, Io(stream)).await?;
    let connection = spawn(connection);
    let requests = (0..times).map(|_| {
        let mut sender = sender.clone();
        async move {
            let request = Request::get("http://localhost/sleep/100")
                .body(Empty::<Bytes>::new())?;
            let response = sender.send_request(request).await?;
            response.into_body().collect().await?;
            Result::Ok(())
        }
    });
    let replies = futures_util::future::try_join_all(requests).await?;
    drop(sender);
    connection.await??;
    Ok(replies.len())
}

/// A server, and hyper's own client of it: the replies over HTTP/1, how many
/// there were over HTTP/2, and how it ended.
async fn demo() -> Result<(Vec<String>, usize, Served)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let shutdown = Shutdown::new();
    let clients = async {
        let replies = ask(TcpStream::connect(address).await?, "/", 3).await?;
        let http2 = ask_http2(TcpStream::connect(address).await?, 100).await?;
        shutdown.ask();
        Ok((replies, http2))
    };
    let served = async {
        let served = serve(listener, &shutdown, Limits::default()).await?;
        Result::Ok(served)
    };
    let ((replies, http2), served) = future::try_zip(clients, served).await?;
    Ok((replies, http2, served))
}

fn main() -> Result<()> {
    let runtime = Runtime::new()?;
    let mut arguments = env::args().skip(1);
    if arguments.next().as_deref() == Some("--serve") {
        let port = arguments.next().and_then(|port| port.parse().ok());
        let served = runtime.block_on(until_ctrl_c(port.unwrap_or(8080)))?;
        println!("{} connections", served.connections);
        served.finished?;
        return Ok(());
    }
    let (replies, http2, served) = runtime.block_on(demo())?;
    for reply in replies {
        println!("{}", reply.trim_end());
    }
    println!("{http2} replies at once over HTTP/2");
    println!("{} connections, all finished", served.connections);
    served.finished?;
    Ok(())
}

#[test]
fn runs() {
    testing::within_a_minute(|| {
        let runtime = Runtime::new().expect("a runtime");
        let (replies, http2, served) =
            runtime.block_on(demo()).expect("it is served");
        assert_eq!(replies, ["Hello from a runtime built by hand.\n"; 3]);
        assert_eq!(http2, 100);
        assert_eq!(served.connections, 2);
        assert_eq!(served.finished, Ok(()));
    });
}
