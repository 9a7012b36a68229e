//! What sockets are used for, as scenes that check every byte.
//!
//! `tests/net` plays them on the system's sockets, `tests/faults` on ones whose
//! calls are short, blocked or interrupted as a seed decides.

use crate::rt::net::{TcpListener, TcpStream, UdpSocket};
use crate::rt::spawn;
use futures_lite::{AsyncReadExt as _, AsyncWriteExt as _, future};
use std::io::{IoSlice, IoSliceMut};
use std::net::Shutdown;
use std::pin::{Pin, pin};

/// A scene, to be played in a runtime.
pub type Scene = fn() -> Pin<Box<dyn Future<Output = ()>>>;

/// All of them.
pub const SCENES: [(&str, Scene); 9] = [
    ("echo", || Box::pin(echo())),
    ("both ways", || Box::pin(both_ways())),
    ("half-close", || Box::pin(half_close())),
    ("two tasks", || Box::pin(two_tasks())),
    ("vectored", || Box::pin(vectored())),
    ("peek", || Box::pin(peek())),
    ("datagrams", || Box::pin(datagrams())),
    ("traits", || Box::pin(traits())),
    ("much for a slow reader", || Box::pin(slow_reader())),
];

/// Bytes in which a lost or doubled one is seen.
pub fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at % 251) as u8).collect()
}

/// Both ends of a new connection.
pub async fn pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (client, server) =
        future::zip(TcpStream::connect(address), listener.accept()).await;
    (client.unwrap(), server.unwrap().0)
}

async fn echo() {
    const CLIENTS: usize = 20;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = spawn(async move {
        let mut connections = Vec::new();
        for _ in 0..CLIENTS {
            let (stream, _) = listener.accept().await.unwrap();
            connections.push(spawn(serve(stream)));
        }
        let mut bytes = 0;
        for connection in connections {
            bytes += connection.await.unwrap();
        }
        bytes
    });
    let mut clients = Vec::new();
    for number in 0..CLIENTS {
        clients.push(spawn(async move {
            let mut stream = TcpStream::connect(address).await.unwrap();
            for round in 0..10 {
                let message = pattern(1 + 97 * round + number);
                stream.write_all(&message).await.unwrap();
                let mut reply = vec![0; message.len()];
                stream.read_exact(&mut reply).await.unwrap();
                assert!(reply == message, "client {number}, round {round}");
            }
        }));
    }
    for client in clients {
        client.await.unwrap();
    }
    let all = |number| (0..10).map(move |round| 1 + 97 * round + number);
    let sent: usize = (0..CLIENTS).flat_map(all).sum();
    assert_eq!(server.await.unwrap(), sent);
}

/// Echoes until the end; how many bytes there were.
async fn serve(mut stream: TcpStream) -> usize {
    let (mut buffer, mut all) = ([0; 512], 0);
    loop {
        let read = stream.read(&mut buffer).await.unwrap();
        if read == 0 {
            return all;
        }
        stream.write_all(&buffer[..read]).await.unwrap();
        all += read;
    }
}

async fn both_ways() {
    let (mut one, mut other) = pair().await;
    let bytes = pattern(1_000_000);
    let (one, other) = future::zip(
        pin!(halves(&mut one, &bytes)),
        pin!(halves(&mut other, &bytes)),
    )
    .await;
    assert!(one == bytes && other == bytes);
}

/// Writes and reads at the same time.
async fn halves(stream: &mut TcpStream, bytes: &[u8]) -> Vec<u8> {
    let (mut read, mut write) = stream.split();
    let mut received = vec![0; bytes.len()];
    let (sent, got) =
        future::zip(write.write_all(bytes), read.read_exact(&mut received))
            .await;
    sent.unwrap();
    got.unwrap();
    received
}

async fn half_close() {
    let (mut client, mut server) = pair().await;
    let question = pattern(70_000);
    let serve = async {
        let mut received = Vec::new();
        let mut buffer = [0; 4096];
        loop {
            match server.read(&mut buffer).await.unwrap() {
                0 => break,
                read => received.extend_from_slice(&buffer[..read]),
            }
        }
        // The client's writing is over, its reading is not.
        server.write_all(b"that was all").await.unwrap();
        server.shutdown(Shutdown::Write).unwrap();
        // The end is there for good.
        assert_eq!(server.read(&mut buffer).await.unwrap(), 0);
        assert_eq!(server.read(&mut buffer).await.unwrap(), 0);
        received
    };
    let ask = async {
        client.write_all(&question).await.unwrap();
        client.shutdown(Shutdown::Write).unwrap();
        let mut reply = Vec::new();
        client.read_to_end(&mut reply).await.unwrap();
        reply
    };
    let (received, reply) = future::zip(serve, ask).await;
    assert!(received == question);
    assert_eq!(reply, b"that was all");
}

async fn two_tasks() {
    let (client, server) = pair().await;
    let (mut read, mut write) = client.into_split();
    let bytes = pattern(300_000);
    let sent = bytes.clone();
    let writer = spawn(async move {
        write.write_all(&sent).await.unwrap();
        write // dropped by the task that asks for it
    });
    let echo = spawn(serve(server));
    let mut received = vec![0; bytes.len()];
    read.read_exact(&mut received).await.unwrap();
    assert!(received == bytes);
    let write = writer.await.unwrap();
    let mut whole = read.reunite(write).unwrap();
    whole.write_all(b"once more").await.unwrap();
    let mut again = [0; 9];
    whole.read_exact(&mut again).await.unwrap();
    assert_eq!(&again, b"once more");
    let (_, write) = whole.into_split();
    drop(write); // ends the writing, though the other half was dropped first
    assert_eq!(echo.await.unwrap(), bytes.len() + 9);
}

async fn vectored() {
    let (mut one, mut other) = pair().await;
    let bytes = pattern(50_000);
    let send = async {
        let mut sent = 0;
        while sent < bytes.len() {
            let left = &bytes[sent..];
            let (head, tail) = left.split_at(left.len() / 2);
            let slices = [IoSlice::new(head), IoSlice::new(tail)];
            sent += one.write_vectored(&slices).await.unwrap();
        }
        one.close().await.unwrap();
    };
    let receive = async {
        let mut received = Vec::new();
        loop {
            let (mut head, mut tail) = ([0; 7], [0; 1000]);
            let mut slices =
                [IoSliceMut::new(&mut head), IoSliceMut::new(&mut tail)];
            let read = other.read_vectored(&mut slices).await.unwrap();
            if read == 0 {
                return received;
            }
            let bytes: Vec<u8> = head.into_iter().chain(tail).collect();
            received.extend_from_slice(&bytes[..read]);
        }
    };
    let ((), received) = future::zip(send, receive).await;
    assert!(received == bytes);
}

async fn peek() {
    let (mut one, mut other) = pair().await;
    one.write_all(b"look").await.unwrap();
    let mut seen = [0; 10];
    let length = other.peek(&mut seen).await.unwrap();
    assert!(length > 0 && b"look".starts_with(&seen[..length]));
    let mut read = [0; 4];
    other.read_exact(&mut read).await.unwrap();
    assert_eq!(&read, b"look");
}

async fn datagrams() {
    let one = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let other = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let (here, there) =
        (one.local_addr().unwrap(), other.local_addr().unwrap());
    for number in 0..50_u8 {
        one.send_to(&[number, 1, 2], there).await.unwrap();
        let mut room = [0; 10];
        let (length, from) = other.recv_from(&mut room).await.unwrap();
        assert_eq!((&room[..length], from), (&[number, 1, 2][..], here));
        other.send_to(&room[..1], from).await.unwrap();
        let (length, from) = one.recv_from(&mut room).await.unwrap();
        assert_eq!((&room[..length], from), (&[number][..], there));
    }
    one.connect(there).await.unwrap();
    other.connect(here).await.unwrap();
    one.send(b"connected").await.unwrap();
    let mut room = [0; 20];
    assert_eq!(other.recv(&mut room).await.unwrap(), 9);
}

/// What is written for `futures-io` runs on these sockets.
async fn traits() {
    async fn copy(
        mut from: impl futures_lite::AsyncRead + Unpin,
        mut to: impl futures_lite::AsyncWrite + Unpin,
    ) -> u64 {
        let copied = futures_lite::io::copy(&mut from, &mut to).await.unwrap();
        to.close().await.unwrap();
        copied
    }
    let (mut client, entry) = pair().await;
    let (exit, mut server) = pair().await;
    let proxy = spawn(copy(entry, exit));
    let bytes = pattern(200_000);
    let sent = bytes.clone();
    let sender = spawn(async move {
        client.write_all(&sent).await.unwrap();
        client.close().await.unwrap();
        client
    });
    let mut received = Vec::new();
    server.read_to_end(&mut received).await.unwrap();
    assert!(received == bytes);
    assert_eq!(proxy.await.unwrap(), bytes.len() as u64);
    drop(sender.await.unwrap());
}

/// The writer has to wait for room again and again.
async fn slow_reader() {
    let (mut one, mut other) = pair().await;
    let bytes = pattern(4_000_000);
    let send = async {
        one.write_all(&bytes).await.unwrap();
        one.shutdown(Shutdown::Write).unwrap();
    };
    let receive = async {
        let (mut received, mut room) = (Vec::new(), vec![0; 10_000]);
        loop {
            match other.read(&mut room).await.unwrap() {
                0 => return received,
                read => received.extend_from_slice(&room[..read]),
            }
            future::yield_now().await;
        }
    };
    let ((), received) = future::zip(send, receive).await;
    assert!(received == bytes);
}
