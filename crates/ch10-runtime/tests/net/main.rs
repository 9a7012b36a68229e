//! Sockets of the runtime, on those of the system.

mod scenes;
#[cfg(unix)]
mod system;
#[cfg(unix)]
mod unix;

use ch10_runtime as rt;
use ch10_runtime::net::{TcpListener, TcpStream, UdpSocket, lookup_host};
use ch10_runtime::{Runtime, cut, spawn};
use futures_lite::future;
use std::future::poll_fn;
use std::io::{ErrorKind, Read as _, Write as _};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use testing::within_a_minute;

/// Runs a future in a runtime of one thread, within a minute.
#[track_caller]
fn run<F: Future<Output = T>, T: Send + 'static>(
    test: impl FnOnce() -> F + Send + 'static,
) -> T {
    within_a_minute(|| Runtime::new().unwrap().block_on(test()))
}

#[test]
fn every_scene_plays_on_the_systems_sockets() {
    for (name, scene) in scenes::SCENES {
        println!("{name}");
        run(scene);
    }
}

/// Counts how often it is woken.
#[derive(Default)]
struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

impl Count {
    fn new() -> (Arc<Self>, Waker) {
        let count = Arc::new(Self::default());
        let waker = Waker::from(Arc::clone(&count));
        (count, waker)
    }

    fn wakes(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

/// Polls once with this waker; it must be pending.
fn poll_with(waker: &Waker, future: impl Future + Unpin) {
    let mut future = future;
    let polled = pin!(&mut future).poll(&mut Context::from_waker(waker));
    assert!(polled.is_pending());
}

#[test]
fn of_two_wakers_the_latest_is_woken_and_no_other() {
    run(async || {
        let (mut one, mut other) = scenes::pair().await;
        let ((first, first_waker), (second, second_waker)) =
            (Count::new(), Count::new());
        let mut bytes = [0; 4];
        let mut read = pin!(other.read(&mut bytes));
        poll_with(&first_waker, read.as_mut());
        poll_with(&second_waker, read.as_mut());
        drop(first_waker);
        assert_eq!(Arc::strong_count(&first), 1, "its waker was let go");
        one.write_all(b"now!").await.unwrap();
        while second.wakes() == 0 {
            future::yield_now().await;
        }
        assert_eq!((first.wakes(), second.wakes()), (0, 1));
        assert_eq!(read.await.unwrap(), 4);
    });
}

#[test]
fn a_read_that_is_dropped_takes_its_waker_back() {
    run(async || {
        let (_one, mut other) = scenes::pair().await;
        let (count, waker) = Count::new();
        let mut bytes = [0; 4];
        {
            let mut read = Box::pin(other.read(&mut bytes));
            poll_with(&waker, read.as_mut());
            assert_eq!(Arc::strong_count(&count), 3);
        }
        assert_eq!(Arc::strong_count(&count), 2);
    });
}

#[test]
fn a_future_that_is_dropped_late_leaves_the_waker_of_the_next_one() {
    run(async || {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        let (count, waker) = Count::new();
        let (mut bytes, mut more) = ([0; 4], [0; 4]);
        let mut early = Box::pin(socket.recv(&mut bytes));
        poll_with(&waker, early.as_mut());
        let mut late = Box::pin(socket.recv(&mut more));
        poll_with(&waker, late.as_mut());
        drop(early);
        socket.send_to(b"hi", address).await.unwrap();
        while count.wakes() == 0 {
            future::yield_now().await;
        }
        assert_eq!(late.await.unwrap(), 2);
    });
}

#[test]
fn a_dropped_socket_lets_go_of_what_waits_for_it() {
    run(async || {
        let (_one, other) = scenes::pair().await;
        let (count, waker) = Count::new();
        let mut read = Box::pin(async move {
            let mut other = other;
            other.read(&mut [0; 4]).await
        });
        poll_with(&waker, read.as_mut());
        drop(waker);
        assert_eq!(Arc::strong_count(&count), 2);
        drop(read);
        assert_eq!((Arc::strong_count(&count), count.wakes()), (1, 0));
    });
}

#[test]
fn sockets_outlive_their_runtime_and_report_that_it_is_gone() {
    within_a_minute(|| {
        let runtime = Runtime::new().unwrap();
        let (mut one, mut other) = runtime.block_on(scenes::pair());
        let (count, waker) = Count::new();
        let mut bytes = [0; 4];
        {
            let mut read = pin!(other.read(&mut bytes));
            poll_with(&waker, read.as_mut());
            drop(runtime);
            assert_eq!(count.wakes(), 1);
            let error = future::block_on(read).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::BrokenPipe);
        }
        let error = future::block_on(one.write(b"x")).unwrap_err();
        assert_eq!(error.to_string(), "the runtime is gone");
        // Their connection is there still.
        let (mut one, mut other) = (one.into_std(), other.into_std());
        one.write_all(b"std").unwrap();
        other.set_nonblocking(false).unwrap();
        other.read_exact(&mut bytes[..3]).unwrap();
        assert_eq!(&bytes[..3], b"std");
    });
}

#[test]
fn a_socket_that_is_made_outside_of_a_runtime_is_refused() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let error = TcpListener::from_std(listener).unwrap_err();
    assert!(error.to_string().contains("runtime"), "{error}");
    // A name would be looked up on the pool of a runtime.
    for address in ["127.0.0.1:1", "localhost:1"] {
        let connected = future::block_on(TcpStream::connect(address));
        let error = connected.unwrap_err();
        assert!(error.to_string().contains("runtime"), "{address}: {error}");
    }
}

#[test]
fn the_end_of_a_connection_is_read_by_whoever_waits() {
    run(async || {
        let (one, mut other) = scenes::pair().await;
        let reader = spawn(async move { other.read(&mut [0; 4]).await });
        future::yield_now().await;
        drop(one);
        assert_eq!(reader.await.unwrap().unwrap(), 0);
    });
}

#[test]
fn a_port_where_nothing_listens_refuses() {
    run(async || {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        let error = TcpStream::connect(address).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
    });
}

#[test]
fn of_several_addresses_the_first_that_answers_is_taken() {
    run(async || {
        let closed = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let dead = closed.local_addr().unwrap();
        drop(closed);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let alive = listener.local_addr().unwrap();
        let both = [dead, alive];
        let stream = TcpStream::connect(&both[..]).await.unwrap();
        assert_eq!(stream.peer_addr().unwrap(), alive);
        let none: [std::net::SocketAddr; 0] = [];
        let error = TcpStream::connect(&none[..]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
    });
}

#[test]
fn names_are_looked_up_and_addresses_are_not() {
    run(async || {
        let literal = lookup_host("127.0.0.1:80").await.unwrap();
        assert_eq!(literal, ["127.0.0.1:80".parse().unwrap()]);
        let literal = lookup_host(("::1", 80)).await.unwrap();
        assert_eq!(literal, ["[::1]:80".parse().unwrap()]);
        let local = lookup_host("localhost:80").await.unwrap();
        assert!(local.iter().all(|address| address.ip().is_loopback()));
        assert!(!local.is_empty());
        assert!(lookup_host("no port").await.is_err());
    });
}

#[test]
fn writing_to_what_was_broken_off_is_an_error_and_no_signal() {
    run(async || {
        let (mut one, other) = scenes::pair().await;
        drop(other);
        let error = loop {
            if let Err(error) = one.write(&[0; 4096]).await {
                break error;
            }
        };
        let kinds = [ErrorKind::BrokenPipe, ErrorKind::ConnectionReset];
        assert!(kinds.contains(&error.kind()), "{error}");
    });
}

#[test]
fn a_cut_read_has_read_nothing() {
    run(async || {
        let (mut one, mut other) = scenes::pair().await;
        for round in 0..10_u8 {
            let mut bytes = [0; 8];
            let cut = cut::after(1, other.read(&mut bytes)).await;
            assert!(cut.done().is_none(), "nothing was sent yet");
            one.write_all(&[round]).await.unwrap();
            assert_eq!(other.read(&mut bytes).await.unwrap(), 1);
            assert_eq!(bytes[0], round);
        }
    });
}

#[test]
fn a_cut_accept_has_accepted_nothing() {
    run(async || {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        assert!(cut::after(1, listener.accept()).await.done().is_none());
        let client = TcpStream::connect(address).await.unwrap();
        let (_, peer) = listener.accept().await.unwrap();
        assert_eq!(peer, client.local_addr().unwrap());
    });
}

#[test]
fn a_cut_connect_breaks_off_and_the_next_one_works() {
    run(async || {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        for _ in 0..20 {
            drop(cut::after(1, TcpStream::connect(address)).await);
        }
        let client = async {
            let mut client = TcpStream::connect(address).await.unwrap();
            client.write_all(b"y").await.unwrap();
            client
        };
        // Whatever was connected has ended before.
        let server = async {
            loop {
                let (mut server, peer) = listener.accept().await.unwrap();
                if server.read(&mut [0; 1]).await.is_ok_and(|read| read > 0) {
                    return peer;
                }
            }
        };
        let (client, peer) = future::zip(client, server).await;
        assert_eq!(client.local_addr().unwrap(), peer);
    });
}

#[test]
fn sockets_are_dropped_on_other_threads_while_events_come_for_them() {
    run(async || {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, dropper) = std::sync::mpsc::channel::<TcpStream>();
        let dropper = thread::spawn(move || dropper.into_iter().count());
        for _ in 0..300 {
            let mut client = TcpStream::connect(address).await.unwrap();
            let (mut server, _) = listener.accept().await.unwrap();
            // An event for the client is on its way when it is dropped.
            server.write_all(b"event").await.unwrap();
            drop(cut::after(1, client.read(&mut [0; 1])).await);
            sender.send(client).unwrap();
            future::yield_now().await;
        }
        drop(sender);
        assert_eq!(dropper.join().unwrap(), 300);
    });
}

#[test]
fn poll_accept_says_everything() {
    run(async || {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let accept = poll_fn(|cx| listener.poll_accept(cx));
        let (client, accepted) =
            future::zip(TcpStream::connect(address), accept).await;
        let (_, peer) = accepted.unwrap();
        assert_eq!(peer, client.unwrap().local_addr().unwrap());
        let polled =
            poll_fn(|cx| Poll::Ready(listener.poll_accept(cx).is_pending()));
        assert!(polled.await);
    });
}

#[test]
fn halves_of_two_connections_do_not_become_one() {
    run(async || {
        let (one, other) = scenes::pair().await;
        let (read, _write) = one.into_split();
        let (_read, write) = other.into_split();
        let refused = read.reunite(write).unwrap_err();
        assert!(refused.to_string().contains("two connections"));
    });
}
