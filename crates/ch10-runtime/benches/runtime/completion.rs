//! Runtimes on completion: monoio and compio, both on io_uring (where a system
//! refuses that, they use epoll). A read there takes the buffer and gives it
//! back, so their server is a program of its own.

use crate::Measured;
use crate::memory::in_use;
use crate::network::{self, REPLY, Serve};
use crate::peers::{Peer, RUNS};
use crate::tasks;
use crate::together::Once;
use futures_lite::future::yield_now;
use std::future::Future;
use std::io;
use std::marker::PhantomData;
use std::net;
use testing::bench::Result;

/// A runtime whose sockets want buffers that they own for a while.
trait Completion: Peer {
    type Listener;
    type Stream: Owning;
    fn listen(listener: net::TcpListener) -> io::Result<Self::Listener>;
    fn accept(
        listener: &Self::Listener,
    ) -> impl Future<Output = io::Result<Self::Stream>>;
    /// A task of this thread.
    fn spawn_local(
        future: impl Future<Output = ()> + 'static,
    ) -> impl Future<Output = ()>;
}

/// One end of a connection.
trait Owning: 'static {
    /// What was read is the whole content of the buffer that comes back.
    fn read(
        &mut self,
        buffer: Vec<u8>,
    ) -> impl Future<Output = (io::Result<usize>, Vec<u8>)>;
    fn write_all(
        &mut self,
        bytes: Vec<u8>,
    ) -> impl Future<Output = (io::Result<()>, Vec<u8>)>;
}

async fn echo(mut stream: impl Owning) {
    let mut buffer = Vec::with_capacity(network::BUFFER);
    loop {
        let read;
        (read, buffer) = stream.read(buffer).await;
        let Ok(1..) = read else { return };
        let written;
        (written, buffer) = stream.write_all(buffer).await;
        if written.is_err() {
            return;
        }
        buffer.clear();
    }
}

async fn hello(mut stream: impl Owning) {
    let mut buffer = Vec::with_capacity(network::BUFFER);
    let mut request = Vec::with_capacity(network::BUFFER);
    let mut reply = REPLY.to_vec();
    loop {
        let read;
        (read, buffer) = stream.read(buffer).await;
        let Ok(1..) = read else { return };
        request.append(&mut buffer);
        if request.ends_with(b"\r\n\r\n") {
            request.clear();
            let written;
            (written, reply) = stream.write_all(reply).await;
            if written.is_err() {
                return;
            }
        }
    }
}

fn serve<P: Completion, F: Future<Output = ()> + 'static>(
    listener: net::TcpListener,
    conversation: fn(P::Stream) -> F,
) -> io::Result<()> {
    P::block_on(async {
        let listener = P::listen(listener)?;
        let mut tasks = Vec::new();
        for _ in 0..network::CONNECTIONS {
            let stream = P::accept(&listener).await?;
            tasks.push(P::spawn_local(conversation(stream)));
        }
        for task in tasks {
            task.await;
        }
        Ok(())
    })
}

fn idle<P: Completion>(connections: usize) -> Result<f64> {
    let listener = net::TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    P::block_on(async {
        let listener = P::listen(listener)?;
        let mut clients = Vec::with_capacity(connections);
        let mut tasks = Vec::with_capacity(connections);
        let before = in_use();
        for _ in 0..connections {
            clients.push(net::TcpStream::connect(address)?);
            let stream = P::accept(&listener).await?;
            tasks.push(P::spawn_local(echo(stream)));
        }
        // A task yields until all of them wait: the root of monoio, when it
        // yields, is polled again before any task.
        P::spawn_local(async {
            for _ in 0..10 {
                yield_now().await;
            }
        })
        .await;
        let bytes = in_use() - before;
        drop(clients);
        for task in tasks {
            task.await;
        }
        Ok(bytes as f64 / connections as f64)
    })
}

/// Such a runtime as a server.
struct Owned<P>(PhantomData<P>);

impl<P: Completion> Serve for Owned<P> {
    const NAME: &'static str = P::NAME;

    fn echo(listener: net::TcpListener) -> io::Result<()> {
        serve::<P, _>(listener, echo)
    }

    fn hello(listener: net::TcpListener) -> io::Result<()> {
        serve::<P, _>(listener, hello)
    }

    fn idle(connections: usize) -> Result<f64> {
        idle::<P>(connections)
    }
}

/// Their rows.
pub fn rows() -> Vec<Measured> {
    let mut all = tasks::rows::<Monoio>();
    // Its root yields until all tasks have run: for ever, see `idle`.
    all.retain(|row| row.case != tasks::SPAWN_AND_RUN);
    all.extend(tasks::rows::<Compio>());
    all.extend(network::rows::<Owned<Monoio>>());
    all.extend(network::rows::<Owned<Compio>>());
    all
}

/// The peers of [`network::latency`].
pub fn at_a_pace() -> [(&'static str, Once); 2] {
    [
        network::at_a_pace::<Owned<Monoio>>(),
        network::at_a_pace::<Owned<Compio>>(),
    ]
}

/// monoio. It catches no panics, and its tasks cannot be cancelled.
struct Monoio;

impl Peer for Monoio {
    const NAME: &'static str = "monoio";

    fn block_on<T>(future: impl Future<Output = T>) -> T {
        let builder = monoio::RuntimeBuilder::<monoio::FusionDriver>::new();
        builder.build().expect(RUNS).block_on(future)
    }

    fn spawn<T: Send + 'static>(
        future: impl Future<Output = T> + Send + 'static,
    ) -> impl Future<Output = T> {
        monoio::spawn(future)
    }

    fn detach(future: impl Future<Output = ()> + Send + 'static) {
        drop(monoio::spawn(future));
    }
}

impl Completion for Monoio {
    type Listener = monoio::net::TcpListener;
    type Stream = monoio::net::TcpStream;

    fn listen(listener: net::TcpListener) -> io::Result<Self::Listener> {
        monoio::net::TcpListener::from_std(listener)
    }

    async fn accept(listener: &Self::Listener) -> io::Result<Self::Stream> {
        Ok(listener.accept().await?.0)
    }

    fn spawn_local(
        future: impl Future<Output = ()> + 'static,
    ) -> impl Future<Output = ()> {
        monoio::spawn(future)
    }
}

impl Owning for monoio::net::TcpStream {
    fn read(
        &mut self,
        buffer: Vec<u8>,
    ) -> impl Future<Output = (io::Result<usize>, Vec<u8>)> {
        monoio::io::AsyncReadRent::read(self, buffer)
    }

    async fn write_all(&mut self, bytes: Vec<u8>) -> (io::Result<()>, Vec<u8>) {
        let all = monoio::io::AsyncWriteRentExt::write_all(self, bytes);
        let (written, bytes) = all.await;
        (written.map(drop), bytes)
    }
}

/// compio.
struct Compio;

impl Peer for Compio {
    const NAME: &'static str = "compio";

    fn block_on<T>(future: impl Future<Output = T>) -> T {
        compio::runtime::Runtime::new()
            .expect(RUNS)
            .block_on(future)
    }

    fn spawn<T: Send + 'static>(
        future: impl Future<Output = T> + Send + 'static,
    ) -> impl Future<Output = T> {
        let task = compio::runtime::spawn(future);
        async { task.await.expect(RUNS) }
    }

    fn detach(future: impl Future<Output = ()> + Send + 'static) {
        compio::runtime::spawn(future).detach();
    }
}

impl Completion for Compio {
    type Listener = compio::net::TcpListener;
    type Stream = compio::net::TcpStream;

    fn listen(listener: net::TcpListener) -> io::Result<Self::Listener> {
        compio::net::TcpListener::from_std(listener)
    }

    async fn accept(listener: &Self::Listener) -> io::Result<Self::Stream> {
        Ok(listener.accept().await?.0)
    }

    fn spawn_local(
        future: impl Future<Output = ()> + 'static,
    ) -> impl Future<Output = ()> {
        let task = compio::runtime::spawn(future);
        async { task.await.expect(RUNS) }
    }
}

impl Owning for compio::net::TcpStream {
    async fn read(&mut self, buffer: Vec<u8>) -> (io::Result<usize>, Vec<u8>) {
        let done = compio::io::AsyncRead::read(self, buffer).await;
        (done.0, done.1)
    }

    async fn write_all(&mut self, bytes: Vec<u8>) -> (io::Result<()>, Vec<u8>) {
        let done = compio::io::AsyncWriteExt::write_all(self, bytes).await;
        (done.0, done.1)
    }
}
