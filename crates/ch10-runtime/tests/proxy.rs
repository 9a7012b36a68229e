//! The proxy: what each side sees when the other one is slow, ends or breaks.

use ch10_runtime::Runtime;
use ch10_runtime::net;
use ch10_runtime::shutdown::Shutdown;
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Shutdown as Half, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};
use std::time::Duration;
use testing::within_a_minute;

#[path = "../examples/proxy/pump.rs"]
mod pump;
#[path = "../examples/proxy/relay.rs"]
mod relay;

/// A proxy on a thread of its own, and the port that it relays to.
struct Proxy {
    addr: SocketAddr,
    target: TcpListener,
    shutdown: Arc<Shutdown>,
    thread: JoinHandle<u64>,
}

impl Proxy {
    fn start() -> Self {
        let target = TcpListener::bind("127.0.0.1:0").unwrap();
        let target_at = target.local_addr().unwrap();
        let shutdown = Arc::new(Shutdown::new());
        let asked = Arc::clone(&shutdown);
        let (sender, receiver) = mpsc::channel();
        let thread = thread::spawn(move || {
            let runtime = Runtime::new().unwrap();
            runtime.block_on(async {
                let listener = net::TcpListener::bind("127.0.0.1:0").await;
                let listener = listener.unwrap();
                sender.send(listener.local_addr().unwrap()).unwrap();
                let token = asked.token();
                relay::relay(&listener, target_at, token).await.unwrap()
            })
        });
        Self {
            addr: receiver.recv().unwrap(),
            target,
            shutdown,
            thread,
        }
    }

    /// Both ends of a connection through it.
    fn connect(&self) -> (TcpStream, TcpStream) {
        let client = TcpStream::connect(self.addr).unwrap();
        let (server, _) = self.target.accept().unwrap();
        for stream in [&client, &server] {
            let limit = Some(Duration::from_secs(30));
            stream.set_read_timeout(limit).unwrap();
        }
        (client, server)
    }

    fn end(self) -> u64 {
        self.shutdown.ask();
        self.thread.join().unwrap()
    }
}

fn rest(mut stream: &TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).expect("it ends");
    bytes
}

/// Closes with bytes unread: the kernel tells the peer by a reset.
fn reset(stream: TcpStream) {
    let mut byte = [0];
    stream.peek(&mut byte).expect("a byte that stays unread");
    drop(stream);
}

/// Waits for the end of it, in whichever way it comes.
fn ends(mut stream: &TcpStream) {
    loop {
        match stream.read(&mut [0; 1024]) {
            Ok(0) => return,
            Ok(_) => {}
            Err(error) => {
                let kind = error.kind();
                assert_eq!(kind, ErrorKind::ConnectionReset, "{error}");
                return;
            }
        }
    }
}

#[test]
fn bytes_go_both_ways() {
    within_a_minute(|| {
        let proxy = Proxy::start();
        let (mut client, mut server) = proxy.connect();
        client.write_all(b"there").unwrap();
        let mut bytes = [0; 5];
        server.read_exact(&mut bytes).unwrap();
        assert_eq!(&bytes, b"there");
        server.write_all(b"back!").unwrap();
        client.read_exact(&mut bytes).unwrap();
        assert_eq!(&bytes, b"back!");
        drop((client, server));
        assert_eq!(proxy.end(), 1);
    });
}

#[test]
fn the_client_ends_its_writing_and_still_reads() {
    within_a_minute(|| {
        let proxy = Proxy::start();
        let (mut client, mut server) = proxy.connect();
        client.write_all(b"question").unwrap();
        client.shutdown(Half::Write).unwrap();
        assert_eq!(rest(&server), b"question");
        server.write_all(b"answer").unwrap();
        server.shutdown(Half::Write).unwrap();
        assert_eq!(rest(&client), b"answer");
        proxy.end();
    });
}

#[test]
fn the_server_ends_its_writing_and_still_reads() {
    within_a_minute(|| {
        let proxy = Proxy::start();
        let (mut client, server) = proxy.connect();
        server.shutdown(Half::Write).unwrap();
        assert_eq!(rest(&client), b"");
        client.write_all(b"late").unwrap();
        client.shutdown(Half::Write).unwrap();
        assert_eq!(rest(&server), b"late");
        proxy.end();
    });
}

#[test]
fn a_reset_by_the_client_ends_the_server_s_side() {
    within_a_minute(|| {
        let proxy = Proxy::start();
        let (client, mut server) = proxy.connect();
        server.write_all(b"x").unwrap();
        reset(client);
        ends(&server);
        proxy.end();
    });
}

#[test]
fn a_reset_by_the_server_ends_the_client_s_side() {
    within_a_minute(|| {
        let proxy = Proxy::start();
        let (mut client, server) = proxy.connect();
        client.write_all(b"x").unwrap();
        reset(server);
        ends(&client);
        proxy.end();
    });
}

#[test]
fn a_target_that_refuses_ends_the_client_and_not_the_proxy() {
    within_a_minute(|| {
        let mut proxy = Proxy::start();
        let unused = TcpListener::bind("127.0.0.1:0").unwrap();
        let old = std::mem::replace(&mut proxy.target, unused);
        drop(old);
        let client = TcpStream::connect(proxy.addr).unwrap();
        client
            .set_read_timeout(Some(Duration::from_secs(30)))
            .unwrap();
        ends(&client);
        assert_eq!(proxy.end(), 1);
    });
}

/// What this process holds, in bytes.
#[cfg(target_os = "linux")]
fn resident() -> u64 {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages = pages.split(' ').nth(1).unwrap();
    pages.parse::<u64>().unwrap() * 4096
}

#[cfg(target_os = "linux")]
#[test]
fn memory_stays_flat_while_the_reader_reads_nothing() {
    within_a_minute(|| {
        const LENGTH: usize = 256 * 1024 * 1024;
        let proxy = Proxy::start();
        let (mut client, mut server) = proxy.connect();
        let before = resident();
        let (sender, sent) = mpsc::channel();
        let writer = thread::spawn(move || {
            let piece = vec![1; 256 * 1024];
            for _ in 0..LENGTH / piece.len() {
                client.write_all(&piece).unwrap();
                sender.send(piece.len()).unwrap();
            }
        });
        let mut stalled_at = 0;
        while let Ok(bytes) = sent.recv_timeout(Duration::from_millis(500)) {
            stalled_at += bytes;
        }
        assert!(stalled_at < LENGTH, "nothing made the client wait");
        let (mut received, mut piece) = (0, vec![0; 256 * 1024]);
        loop {
            match server.read(&mut piece).unwrap() {
                0 => break,
                read => received += read,
            }
        }
        writer.join().unwrap();
        assert_eq!(received, LENGTH);
        let grown = resident().saturating_sub(before);
        assert!(grown < 32 * 1024 * 1024, "it has grown by {grown} bytes");
        proxy.end();
    });
}
