//! Wakers of somebody else's that panic: nothing else is kept from waking.

use ch10_runtime::net::{TcpListener, TcpStream};
use ch10_runtime::{Runtime, shutdown::Shutdown, spawn, time};
use std::future::Future as _;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Wake, Waker};
use std::time::Duration;
use testing::within_a_minute;

/// Counts its wakes, and panics.
#[derive(Default)]
struct Panics(AtomicUsize);

impl Wake for Panics {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
        panic!("on purpose, in a waker");
    }
}

/// A connection: both ends.
async fn pair() -> io::Result<(TcpStream, TcpStream)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let client = TcpStream::connect(listener.local_addr()?).await?;
    Ok((client, listener.accept().await?.0))
}

/// Sleepers and a reader with wakers that panic, among others without.
async fn among_others() -> io::Result<usize> {
    let panics = Arc::new(Panics::default());
    let waker = Waker::from(Arc::clone(&panics));
    let mut cx = Context::from_waker(&waker);

    let nap = Duration::from_millis(30);
    let mut bad: Vec<_> = (0..40).map(|_| Box::pin(time::sleep(nap))).collect();
    for sleep in &mut bad {
        assert!(sleep.as_mut().poll(&mut cx).is_pending());
    }
    let good: Vec<_> = (0..40).map(|_| spawn(time::sleep(nap))).collect();

    let (mut bad_client, mut bad_server) = pair().await?;
    let (mut client, mut server) = pair().await?;
    let mut byte = [0];
    let mut read = pin!(bad_server.read(&mut byte));
    assert!(read.as_mut().poll(&mut cx).is_pending());
    let good_read = spawn(async move {
        let mut byte = [0];
        server.read_exact(&mut byte).await.map(|()| byte)
    });
    bad_client.write_all(b"b").await?;
    client.write_all(b"g").await?;
    assert_eq!(good_read.await??, *b"g");
    for sleep in good {
        sleep.await?;
    }
    // What the wakers panicked over is there all the same.
    assert_eq!(read.await?, 1);
    for sleep in bad {
        sleep.await;
    }
    Ok(panics.0.load(Ordering::Relaxed))
}

#[test]
fn they_keep_nothing_else_from_waking_on_one_thread() {
    within_a_minute(|| {
        let runtime = Runtime::new().expect("a runtime");
        let panics = runtime.block_on(among_others()).expect("no error");
        assert!(panics > 0, "no waker has panicked");
    });
}

#[test]
fn they_keep_nothing_else_from_waking_on_three_threads() {
    within_a_minute(|| {
        let runtime = Runtime::builder().threads(3).build();
        let runtime = runtime.expect("a runtime");
        for _ in 0..5 {
            let panics = runtime.block_on(among_others()).expect("no error");
            assert!(panics > 0, "no waker has panicked");
        }
    });
}

#[test]
fn whoever_asks_for_the_end_has_told_all_before_the_panic() {
    let shutdown = Shutdown::new();
    let (one, other) = (shutdown.token(), shutdown.token());
    let (mut one, mut other) = (pin!(one.asked()), pin!(other.asked()));
    let panics = Arc::new(Panics::default());
    let waker = Waker::from(Arc::clone(&panics));
    let mut cx = Context::from_waker(&waker);
    assert!(one.as_mut().poll(&mut cx).is_pending());
    assert!(other.as_mut().poll(&mut cx).is_pending());
    let asking = std::panic::AssertUnwindSafe(|| shutdown.ask());
    assert!(std::panic::catch_unwind(asking).is_err());
    assert_eq!(panics.0.load(Ordering::Relaxed), 2);
}
