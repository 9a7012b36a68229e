//! An HTTP server made of hyper and this runtime: HTTP/1 and, for clients that
//! begin with it, HTTP/2; it ends gracefully.

use super::hyper_rt::{Io, Tasks, Timers};
use super::prefix::{Prefix, starts_http2};
use ch10_runtime::net::{TcpListener, TcpStream};
use ch10_runtime::shutdown::{Shutdown, Token, Unfinished};
use ch10_runtime::{spawn, time};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt as _, Empty, Full, StreamBody};
use hyper::body::{Bytes, Frame, Incoming};
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use std::convert::Infallible;
use std::error::Error;
use std::io;
use std::pin::pin;
use std::time::Duration;

/// What the server allows.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// For the first byte of a connection; and then, over HTTP/1, for each
    /// head, counted from when the server begins to wait for it.
    pub head: Duration,
    /// For what is in flight when the server is asked to end.
    pub end: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            head: Duration::from_secs(30),
            end: Duration::from_secs(10),
        }
    }
}

/// What has happened when the server has ended.
#[derive(Clone, Copy, Debug)]
pub struct Served {
    /// How many connections were accepted.
    pub connections: u64,
    /// Whether all of them were done in time.
    pub finished: Result<(), Unfinished>,
}

/// Accepts and serves until `shutdown` is asked for; then takes no further
/// connection, lets the requests that are in flight finish, and returns when
/// they have or the time is up.
///
/// # Errors
///
/// Those of the listener.
// ANCHOR: serve
pub async fn serve(
    listener: TcpListener,
    shutdown: &Shutdown,
    limits: Limits,
) -> io::Result<Served> {
    let token = shutdown.token();
    let mut connections = 0;
    while let Some(accepted) = token.until(listener.accept()).await {
        let (stream, _) = accepted?;
        // If it fails, small replies are slower, and that is all.
        let _ = stream.set_nodelay(true);
        connections += 1;
        let (token, in_flight) = (token.clone(), token.in_flight());
        spawn(async move {
            // A client that breaks off ends its own connection only.
            let _broken = connection(stream, &token, limits).await;
            drop(in_flight);
        });
    }
    drop(listener);
    let finished = shutdown.finish(time::sleep(limits.end)).await;
    Ok(Served {
        connections,
        finished,
    })
}
// ANCHOR_END: serve

// ANCHOR: connection
async fn connection(
    stream: TcpStream,
    token: &Token,
    limits: Limits,
) -> Result<(), Box<dyn Error + Send + Sync>> {
    let begun = time::timeout(limits.head, Prefix::read(stream));
    let Some(begun) = token.until(begun).await else {
        return Ok(()); // the server ends, and has read no request
    };
    let stream = begun??;
    match starts_http2(stream.prefix()) {
        true => over_http2(Io(stream), token).await?,
        false => over_http1(Io(stream), token, limits).await?,
    }
    Ok(())
}

async fn over_http1(
    stream: Io<Prefix<TcpStream>>,
    token: &Token,
    limits: Limits,
) -> hyper::Result<()> {
    let connection = http1::Builder::new()
        .timer(Timers)
        .header_read_timeout(limits.head)
        .half_close(true)
        .serve_connection(stream, service_fn(answer));
    let mut connection = pin!(connection);
    if let Some(done) = token.until(connection.as_mut()).await {
        return done;
    }
    connection.as_mut().graceful_shutdown();
    connection.await
}
// ANCHOR_END: connection

/// The same with the other builder, which has no limit on a head.
async fn over_http2(
    stream: Io<Prefix<TcpStream>>,
    token: &Token,
) -> hyper::Result<()> {
    let connection = http2::Builder::new(Tasks)
        .timer(Timers)
        .serve_connection(stream, service_fn(answer));
    let mut connection = pin!(connection);
    if let Some(done) = token.until(connection.as_mut()).await {
        return done;
    }
    connection.as_mut().graceful_shutdown();
    connection.await
}

/// The body of an answer.
type Body = BoxBody<Bytes, hyper::Error>;

fn text(text: impl Into<Bytes>) -> Body {
    Full::new(text.into())
        .map_err(|never| match never {})
        .boxed()
}

// ANCHOR: answer
async fn answer(request: Request<Incoming>) -> hyper::Result<Response<Body>> {
    let path = request.uri().path().to_owned();
    let number = |prefix: &str| path.strip_prefix(prefix)?.parse::<u64>().ok();
    if request.method() == Method::POST && path == "/echo" {
        return Ok(Response::new(request.into_body().boxed()));
    }
    if request.method() == Method::POST && path == "/count" {
        let mut body = request.into_body();
        let mut bytes = 0;
        while let Some(frame) = body.frame().await {
            bytes += frame?.data_ref().map_or(0, Bytes::len);
        }
        return Ok(Response::new(text(bytes.to_string())));
    }
    if path == "/" {
        let hello = "Hello from a runtime built by hand.\n";
        return Ok(Response::new(text(hello)));
    }
    if let Some(bytes) = number("/bytes/") {
        return Ok(Response::new(body_of(bytes)));
    }
    if let Some(millis) = number("/sleep/") {
        time::sleep(Duration::from_millis(millis)).await;
        return Ok(Response::new(text("slept\n")));
    }
    let nothing = Empty::new().map_err(|never| match never {}).boxed();
    let mut response = Response::new(nothing);
    *response.status_mut() = StatusCode::NOT_FOUND;
    Ok(response)
}
// ANCHOR_END: answer

/// How many bytes of a long body are made at once.
const PIECE: u64 = 16 * 1024;

/// A body of this many bytes, made while it is being sent: byte `i` is
/// [`byte`] of `i`.
fn body_of(length: u64) -> Body {
    let pieces = futures_lite::stream::unfold(0, move |begin| async move {
        let end = length.min(begin + PIECE);
        let bytes: Bytes = (begin..end).map(byte).collect();
        let piece = Ok::<_, Infallible>(Frame::data(bytes));
        (begin < end).then_some((piece, end))
    });
    let body = StreamBody::new(pieces);
    body.map_err(|never: Infallible| match never {}).boxed()
}

/// The byte at this place of a long body. Its period isn't that of a buffer.
pub fn byte(place: u64) -> u8 {
    (place % 251) as u8
}
