//! A solution of exercise `graceful`.

use ch10_runtime::net::{TcpListener, TcpStream};
use ch10_runtime::shutdown::Token;
use ch10_runtime::{spawn, time};
use std::io;
use std::time::Duration;

/// Answers requests, each of which takes `work`, until the token is asked.
pub async fn serve(listener: TcpListener, token: Token, work: Duration) {
    let accepting = token.in_flight();
    while let Some(Ok((stream, _))) = token.until(listener.accept()).await {
        let (token, in_flight) = (token.clone(), token.in_flight());
        drop(spawn(async move {
            let _ = connection(stream, token, work).await;
            drop(in_flight);
        }));
    }
    drop(accepting); // only now can nothing else come
}

/// Reads requests of one byte, and answers each with the same byte.
async fn connection(
    mut stream: TcpStream,
    token: Token,
    work: Duration,
) -> io::Result<()> {
    let mut request = [0];
    // Only the wait for a request may be cut: nothing is lost with it.
    while let Some(read) = token.until(stream.read(&mut request)).await {
        if read? == 0 {
            break;
        }
        time::sleep(work).await;
        stream.write_all(&request).await?;
    }
    Ok(())
}

#[cfg(test)]
#[path = "../exercises/tests/graceful.rs"]
mod tests;
