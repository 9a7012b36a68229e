//! Exercise `graceful`: a server that finishes what it has begun.
//!
//! 30 minutes.
//!
//! [`serve`] stops when the token says so, but it cuts every connection off,
//! also one whose request is being worked on, and `Shutdown::finish` knows of
//! none. Mend it: no new connection, no new request; a request that has been
//! read is answered; a connection that is idle ends at once; and `finish` waits
//! for all that, or until its deadline.
//!
//! Run: `cargo test --test graceful`
//!
//! Fails until solved: `exercise graceful:`

use ch10_runtime::net::{TcpListener, TcpStream};
use ch10_runtime::shutdown::Token;
use ch10_runtime::{spawn, time};
use std::io;
use std::time::Duration;

/// Answers requests, each of which takes `work`, until the token is asked.
pub async fn serve(listener: TcpListener, token: Token, work: Duration) {
    while let Some(Ok((stream, _))) = token.until(listener.accept()).await {
        let token = token.clone();
        drop(spawn(async move {
            let _ = token.until(connection(stream, work)).await;
        }));
    }
}

/// Reads requests of one byte, and answers each with the same byte.
async fn connection(mut stream: TcpStream, work: Duration) -> io::Result<()> {
    let mut request = [0];
    while stream.read(&mut request).await? == 1 {
        time::sleep(work).await;
        stream.write_all(&request).await?;
    }
    Ok(())
}

#[cfg(test)]
#[path = "../exercises/tests/graceful.rs"]
mod tests;
