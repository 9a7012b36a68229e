//! One connection: reads, lets the commands run, writes. It is at home on any
//! stream of `futures-io`, and on any runtime.

use super::commands::{self, Outcome};
use super::resp::{Limits, Parser, Reply};
use super::store::Store;
use futures_lite::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use std::cell::RefCell;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Poll, ready};
use std::time::Instant;

/// How many bytes are read at once.
const READ: usize = 16 * 1024;

/// Replies are collected up to this many bytes, and then written before the
/// next command runs: a client that doesn't read is a client that waits.
const REPLIES: usize = 64 * 1024;

/// Serves one client until it leaves or breaks the protocol. Returns how many
/// commands it ran.
///
/// # Errors
///
/// Those of the stream.
pub async fn serve<S>(
    mut stream: S,
    store: &RefCell<Store>,
    limits: Limits,
    now: impl Fn() -> Instant,
) -> io::Result<u64>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    // ANCHOR: body
    let mut parser = Parser::new(limits);
    let (mut input, mut replies) = (Vec::new(), Vec::new());
    let mut ran = 0;
    while read(&mut stream, &mut input).await? > 0 {
        let mut rest = &input[..];
        loop {
            let command = match parser.next(&mut rest) {
                Ok(Some(command)) => command,
                Ok(None) => break,
                Err(error) => {
                    Reply::Error(format!("ERR {error}")).write(&mut replies);
                    return end(stream, &replies, ran).await;
                }
            };
            ran += 1;
            let outcome =
                commands::run(&command, &mut store.borrow_mut(), now());
            let (Outcome::Reply(reply) | Outcome::Last(reply)) = &outcome;
            reply.write(&mut replies);
            let is_last = matches!(outcome, Outcome::Last(_));
            drop((command, outcome)); // nothing waits with them
            if is_last {
                return end(stream, &replies, ran).await;
            }
            if replies.len() >= REPLIES {
                stream.write_all(&replies).await?;
                replies.clear();
            }
        }
        let used = input.len() - rest.len();
        input.drain(..used);
        stream.write_all(&replies).await?;
        shrink(&mut input, &mut replies);
    }
    Ok(ran)
    // ANCHOR_END: body
}

/// The last replies, and the end.
async fn end<S>(mut stream: S, replies: &[u8], ran: u64) -> io::Result<u64>
where
    S: AsyncWrite + Unpin,
{
    stream.write_all(replies).await?;
    stream.close().await?;
    Ok(ran)
}

/// A client that is idle keeps no memory that it needed once; a command of
/// which only a part is there stays in `input`.
fn shrink(input: &mut Vec<u8>, replies: &mut Vec<u8>) {
    *replies = Vec::new();
    if input.is_empty() {
        *input = Vec::new();
    }
}

/// Appends what can be read. 0: the end.
///
/// The room to read into is on the stack of one poll: a connection that waits
/// for its next command doesn't hold it.
async fn read<S>(stream: &mut S, input: &mut Vec<u8>) -> io::Result<usize>
where
    S: AsyncRead + Unpin,
{
    poll_fn(|cx| {
        let mut bytes = [0; READ];
        let stream = Pin::new(&mut *stream);
        let read = ready!(stream.poll_read(cx, &mut bytes))?;
        input.extend_from_slice(&bytes[..read]);
        Poll::Ready(Ok(read))
    })
    .await
}
