//! hyper's client, which sends bodies and compares what comes back.

use super::hyper_rt::{Io, Tasks};
use futures_lite::{AsyncRead, AsyncWrite, future};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::{Request, client};

/// Sends each body to `/echo`, one after the other, and compares what comes
/// back. Returns how many that were.
///
/// # Errors
///
/// The first of the connection's.
pub async fn ask<S>(
    stream: S,
    http2: bool,
    bodies: &[Bytes],
) -> hyper::Result<usize>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let mut echoed = 0;
    let request = |body: &Bytes| {
        let request = Request::post("http://here/echo").header("Host", "here");
        request.body(Full::new(body.clone())).expect("a request")
    };
    // The connection is polled beside the requests; it ends when they do.
    macro_rules! exchange {
        ($sender:ident, $connection:ident) => {{
            let requests = async {
                for body in bodies {
                    let reply = $sender.send_request(request(body)).await?;
                    let reply = reply.into_body().collect().await?;
                    assert!(reply.to_bytes() == *body);
                    echoed += 1;
                }
                drop($sender);
                hyper::Result::Ok(())
            };
            let (asked, ended) = future::zip(requests, $connection).await;
            asked.and(ended)?;
        }};
    }
    let io = Io(stream);
    if http2 {
        let (mut sender, connection) =
            client::conn::http2::handshake(Tasks, io).await?;
        exchange!(sender, connection);
    } else {
        let (mut sender, connection) =
            client::conn::http1::handshake(io).await?;
        exchange!(sender, connection);
    }
    Ok(echoed)
}
