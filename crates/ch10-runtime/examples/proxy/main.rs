//! Stage 8 of chapter 10: a TCP proxy whose memory stays flat, however slow a
//! reader is.
//!
//! `TARGET [PORT]` relays to that address until Ctrl-C. Without arguments it
//! relays 64 MiB to a reader that is slow at first, and ends.

use ch10_runtime::net::{TcpListener, TcpStream};
use ch10_runtime::shutdown::Shutdown;
use ch10_runtime::{Runtime, signal, time};
use futures_lite::future;
use relay::relay;
use std::cell::Cell;
use std::env;
use std::error::Error;
use std::io;
use std::net::{Shutdown as Half, SocketAddr};
use std::time::Duration;
use testing::println;

mod pump;
mod relay;

/// How much is sent through.
const LENGTH: u64 = 64 * 1024 * 1024;

/// What the demonstration has seen.
#[derive(Debug)]
struct Seen {
    /// How much the client could send while the reader read nothing.
    stalled_at: u64,
    received: u64,
}

/// Sends [`LENGTH`] bytes through a proxy. The reader begins only when the
/// client has not been able to send for half a second.
async fn demo() -> io::Result<Seen> {
    let target = TcpListener::bind("127.0.0.1:0").await?;
    let proxy = TcpListener::bind("127.0.0.1:0").await?;
    let (target_at, proxy_at) = (target.local_addr()?, proxy.local_addr()?);
    let sent = Cell::new(0);
    let shutdown = Shutdown::new();
    let client = async {
        let mut stream = TcpStream::connect(proxy_at).await?;
        let piece = vec![7; 64 * 1024];
        while sent.get() < LENGTH {
            stream.write_all(&piece).await?;
            sent.set(sent.get() + piece.len() as u64);
        }
        stream.shutdown(Half::Write)?;
        // The end comes back when the reader has closed.
        stream.read(&mut [0; 1]).await
    };
    let reader = async {
        let (mut stream, _) = target.accept().await?;
        let stalled_at = loop {
            let before = sent.get();
            time::sleep(Duration::from_millis(500)).await;
            if before > 0 && before == sent.get() {
                break before;
            }
        };
        let (mut received, mut buffer) = (0, vec![0; 64 * 1024]);
        loop {
            match stream.read(&mut buffer).await? {
                0 => break,
                read => received += read as u64,
            }
        }
        drop(stream);
        Ok(Seen {
            stalled_at,
            received,
        })
    };
    let both = async {
        let (_, seen) = future::try_zip(client, reader).await?;
        shutdown.ask();
        Ok(seen)
    };
    let relayed = relay(&proxy, target_at, shutdown.token());
    Ok(future::try_zip(both, relayed).await?.0)
}

/// Relays until Ctrl-C.
async fn serve(target: SocketAddr, port: u16) -> io::Result<()> {
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    println!("{} to {target}", listener.local_addr()?);
    let shutdown = Shutdown::new();
    let stop = async {
        signal::ctrl_c().await?;
        let limit = time::sleep(Duration::from_secs(5));
        if let Err(unfinished) = shutdown.finish(limit).await {
            println!("{unfinished}");
        }
        Ok(())
    };
    let relayed = relay(&listener, target, shutdown.token());
    future::try_zip(relayed, stop).await?;
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let runtime = Runtime::new()?;
    let mut arguments = env::args().skip(1);
    if let Some(target) = arguments.next() {
        let port = arguments.next().map_or(Ok(0), |port| port.parse())?;
        return Ok(runtime.block_on(serve(target.parse()?, port))?);
    }
    let seen = runtime.block_on(demo())?;
    println!(
        "the client has to wait after {} KiB",
        seen.stalled_at / 1024
    );
    println!("the reader got {} MiB", seen.received / (1024 * 1024));
    Ok(())
}

#[test]
fn runs() {
    testing::within_a_minute(|| {
        let runtime = Runtime::new().expect("a runtime");
        let seen = runtime.block_on(demo()).expect("it is relayed");
        assert!(seen.stalled_at < LENGTH, "nothing made the client wait");
        assert_eq!(seen.received, LENGTH);
    });
}
