//! What needs a process of its own: limits and signals.

use ch10_runtime::net::{TcpListener, TcpStream};
use ch10_runtime::{Runtime, signal, spawn};
use std::net;
use std::thread;
use std::time::Duration;
use testing::in_a_child;

#[track_caller]
fn passes(name: &str, act: impl FnOnce()) {
    let Some(output) = in_a_child(name, act) else {
        return;
    };
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}");
}

/// How many descriptors this process may have open.
fn limit_descriptors(most: libc::rlim_t) {
    let limit = libc::rlimit {
        rlim_cur: most,
        rlim_max: most,
    };
    // SAFETY: the kernel reads the limit, which is there.
    let done = unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &limit) };
    assert_eq!(done, 0);
}

#[test]
fn accept_outlives_a_lack_of_descriptors() {
    passes("system::accept_outlives_a_lack_of_descriptors", || {
        let runtime = Runtime::new().unwrap();
        runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            limit_descriptors(40);
            // All that there are, and then so many free again that the
            // clients' can be made and the accepted ones cannot.
            let mut all = Vec::new();
            while let Ok(socket) = net::UdpSocket::bind("127.0.0.1:0") {
                all.push(socket);
            }
            all.truncate(all.len() - 3);
            let clients: Vec<_> = (0..3)
                .map(|_| net::TcpStream::connect(address).unwrap())
                .collect();
            let acceptor = spawn(async move {
                let mut accepted = Vec::new();
                for _ in 0..3 {
                    accepted.push(listener.accept().await.unwrap());
                }
                accepted
            });
            let helper = thread::spawn(move || {
                thread::sleep(Duration::from_millis(500));
                drop(all);
            });
            let accepted = acceptor.await.unwrap();
            assert_eq!(accepted.len(), clients.len());
            helper.join().unwrap();
        });
    });
}

#[test]
fn ctrl_c_wakes_all_that_wait_for_it_and_ends_nothing() {
    let name = "system::ctrl_c_wakes_all_that_wait_for_it_and_ends_nothing";
    passes(name, || {
        let runtime = Runtime::new().unwrap();
        runtime.block_on(async {
            let (mut one, mut other) = super::scenes::pair().await;
            for _ in 0..3 {
                let waiting: Vec<_> =
                    (0..4).map(|_| spawn(signal::ctrl_c())).collect();
                // All of them wait when a byte has come and gone.
                one.write_all(b"x").await.unwrap();
                other.read_exact(&mut [0; 1]).await.unwrap();
                ch10_runtime::yield_now().await;
                // SAFETY: it sends a signal to this thread.
                assert_eq!(unsafe { libc::raise(libc::SIGINT) }, 0);
                for waiting in waiting {
                    waiting.await.unwrap().unwrap();
                }
            }
        });
    });
}

#[test]
fn a_signal_that_comes_before_the_call_does_not_count() {
    let name = "system::a_signal_that_comes_before_the_call_does_not_count";
    passes(name, || {
        let runtime = Runtime::new().unwrap();
        runtime.block_on(async {
            let first = spawn(signal::ctrl_c());
            ch10_runtime::yield_now().await;
            // SAFETY: it sends a signal to this thread.
            assert_eq!(unsafe { libc::raise(libc::SIGINT) }, 0);
            first.await.unwrap().unwrap();
            let second = ch10_runtime::cut::after(1, signal::ctrl_c()).await;
            assert!(second.done().is_none());
        });
    });
}

#[test]
fn a_dropped_socket_leaves_no_descriptor() {
    passes("system::a_dropped_socket_leaves_no_descriptor", || {
        limit_descriptors(60);
        let runtime = Runtime::new().unwrap();
        runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            // More of them than there are descriptors.
            for _ in 0..200 {
                let client = TcpStream::connect(address).await.unwrap();
                let (server, _) = listener.accept().await.unwrap();
                let (read, write) = server.into_split();
                drop((read, client, write));
                let cut = ch10_runtime::cut::after(1, listener.accept());
                drop(cut.await);
            }
        });
    });
}
