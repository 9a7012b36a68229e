//! The tests of exercise `graceful`, for the stub and the solution.

use super::serve;
use ch10_runtime::net::{TcpListener, TcpStream};
use ch10_runtime::shutdown::{Shutdown, Unfinished};
use ch10_runtime::{Runtime, spawn, time};
use std::net::SocketAddr;
use std::time::Duration;
use testing::within_a_minute;

const FAR: Duration = Duration::from_secs(30);

/// Starts the server, and runs a scene with its address.
fn scene(work: Duration, scene: impl AsyncFnOnce(Shutdown, SocketAddr)) {
    let runtime = Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let shutdown = Shutdown::new();
        drop(spawn(serve(listener, shutdown.token(), work)));
        scene(shutdown, address).await;
    });
}

/// A client whose first request was answered, so the server knows it.
async fn client(address: SocketAddr) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.expect("a server");
    ask(&mut stream).await;
    assert_eq!(answer(&mut stream).await, Some(b'?'), "exercise graceful");
    stream
}

async fn ask(stream: &mut TcpStream) {
    stream
        .write_all(b"?")
        .await
        .expect("exercise graceful: room");
}

/// The answer, or `None` if the server hangs up.
async fn answer(stream: &mut TcpStream) -> Option<u8> {
    let mut answer = [0];
    match stream.read(&mut answer).await {
        Ok(1) => Some(answer[0]),
        _ => None,
    }
}

#[test]
fn a_request_in_flight_is_answered() {
    within_a_minute(|| {
        scene(Duration::from_millis(300), async |shutdown, address| {
            let mut stream = client(address).await;
            ask(&mut stream).await;
            // The server has read it by then, and works on it.
            time::sleep(Duration::from_millis(100)).await;
            let finished = shutdown.finish(time::sleep(FAR)).await;
            assert_eq!(finished, Ok(()), "exercise graceful: it is finished");
            let answer = answer(&mut stream).await;
            assert_eq!(answer, Some(b'?'), "exercise graceful: no answer");
        });
    });
}

#[test]
fn a_request_that_takes_too_long_is_counted() {
    within_a_minute(|| {
        scene(Duration::from_secs(2), async |shutdown, address| {
            let mut stream =
                TcpStream::connect(address).await.expect("a server");
            ask(&mut stream).await;
            time::sleep(Duration::from_millis(100)).await;
            let soon = time::sleep(Duration::from_millis(50));
            let finished = shutdown.finish(soon).await;
            let late = Err(Unfinished { in_flight: 1 });
            assert_eq!(finished, late, "exercise graceful: one is late");
        });
    });
}

/// Guard: what is idle holds nothing up, and hears of the end.
#[test]
fn an_idle_connection_ends_at_once() {
    within_a_minute(|| {
        scene(Duration::ZERO, async |shutdown, address| {
            let mut stream = client(address).await;
            let finished = shutdown.finish(time::sleep(FAR)).await;
            assert_eq!(finished, Ok(()), "exercise graceful: it is idle");
            let heard = answer(&mut stream).await;
            assert_eq!(heard, None, "exercise graceful: it hears the end");
        });
    });
}

/// Guard: after the end nobody is let in.
#[test]
fn a_new_client_is_not_served() {
    within_a_minute(|| {
        scene(Duration::ZERO, async |shutdown, address| {
            drop(client(address).await);
            let finished = shutdown.finish(time::sleep(FAR)).await;
            assert_eq!(finished, Ok(()), "exercise graceful: it is finished");
            let Ok(mut late) = TcpStream::connect(address).await else {
                return; // refused: that is an answer, too
            };
            let _ = late.write_all(b"?").await;
            let heard = answer(&mut late).await;
            assert_eq!(heard, None, "exercise graceful: it was served");
        });
    });
}
