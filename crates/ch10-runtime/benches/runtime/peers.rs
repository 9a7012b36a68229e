//! The peers, and what each has for the same purpose.

use async_io::{Async, Timer};
use ch10_runtime as ours;
use std::future::Future;
use std::io;
use std::net;
use std::time::Instant;

/// Why an `expect` here cannot fail, or should end the program.
pub const RUNS: &str = "it runs to its end";

/// A runtime on this thread.
pub trait Peer {
    const NAME: &'static str;
    fn block_on<T>(future: impl Future<Output = T>) -> T;
    /// A task, and what gives its output.
    fn spawn<T: Send + 'static>(
        future: impl Future<Output = T> + Send + 'static,
    ) -> impl Future<Output = T>;
    /// A task that nothing waits for.
    fn detach(future: impl Future<Output = ()> + Send + 'static);
}

/// One with timers and sockets.
pub trait Reactor: Peer {
    /// Where those come from, if that isn't the peer itself.
    const REACTOR: &'static str = <Self as Peer>::NAME;
    type Listener;
    type Stream: Stream;
    fn sleep_until(at: Instant) -> impl Future<Output = ()> + Send;
    fn listen(listener: net::TcpListener) -> io::Result<Self::Listener>;
    fn accept(
        listener: &Self::Listener,
    ) -> impl Future<Output = io::Result<Self::Stream>>;
}

/// One end of a connection.
pub trait Stream: Send + 'static {
    fn read<'a>(
        &'a mut self,
        bytes: &'a mut [u8],
    ) -> impl Future<Output = io::Result<usize>> + Send;
    fn write_all<'a>(
        &'a mut self,
        bytes: &'a [u8],
    ) -> impl Future<Output = io::Result<()>> + Send;
}

pub struct Ours;

impl Peer for Ours {
    const NAME: &'static str = "ours";

    fn block_on<T>(future: impl Future<Output = T>) -> T {
        ours::Runtime::new().expect(RUNS).block_on(future)
    }

    fn spawn<T: Send + 'static>(
        future: impl Future<Output = T> + Send + 'static,
    ) -> impl Future<Output = T> {
        let task = ours::spawn(future);
        async { task.await.expect(RUNS) }
    }

    fn detach(future: impl Future<Output = ()> + Send + 'static) {
        drop(ours::spawn(future));
    }
}

impl Reactor for Ours {
    type Listener = ours::net::TcpListener;
    type Stream = ours::net::TcpStream;

    fn sleep_until(at: Instant) -> impl Future<Output = ()> + Send {
        ours::time::sleep_until(at)
    }

    fn listen(listener: net::TcpListener) -> io::Result<Self::Listener> {
        ours::net::TcpListener::from_std(listener)
    }

    async fn accept(listener: &Self::Listener) -> io::Result<Self::Stream> {
        Ok(listener.accept().await?.0)
    }
}

impl Stream for ours::net::TcpStream {
    fn read<'a>(
        &'a mut self,
        bytes: &'a mut [u8],
    ) -> impl Future<Output = io::Result<usize>> + Send {
        Self::read(self, bytes)
    }

    fn write_all<'a>(
        &'a mut self,
        bytes: &'a [u8],
    ) -> impl Future<Output = io::Result<()>> + Send {
        Self::write_all(self, bytes)
    }
}

/// Ours, with tasks that stay on their thread.
pub struct Local;

impl Peer for Local {
    const NAME: &'static str = "ours, local";

    fn block_on<T>(future: impl Future<Output = T>) -> T {
        Ours::block_on(future)
    }

    fn spawn<T: Send + 'static>(
        future: impl Future<Output = T> + Send + 'static,
    ) -> impl Future<Output = T> {
        let task = ours::spawn_local(future);
        async { task.await.expect(RUNS) }
    }

    fn detach(future: impl Future<Output = ()> + Send + 'static) {
        drop(ours::spawn_local(future));
    }
}

/// tokio's `current_thread`.
pub struct Tokio;

fn builder() -> tokio::runtime::Builder {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all();
    builder
}

impl Peer for Tokio {
    const NAME: &'static str = "tokio";

    fn block_on<T>(future: impl Future<Output = T>) -> T {
        builder().build().expect(RUNS).block_on(future)
    }

    fn spawn<T: Send + 'static>(
        future: impl Future<Output = T> + Send + 'static,
    ) -> impl Future<Output = T> {
        let task = tokio::spawn(future);
        async { task.await.expect(RUNS) }
    }

    fn detach(future: impl Future<Output = ()> + Send + 'static) {
        drop(tokio::spawn(future));
    }
}

impl Reactor for Tokio {
    type Listener = tokio::net::TcpListener;
    type Stream = tokio::net::TcpStream;

    fn sleep_until(at: Instant) -> impl Future<Output = ()> + Send {
        tokio::time::sleep_until(at.into())
    }

    fn listen(listener: net::TcpListener) -> io::Result<Self::Listener> {
        listener.set_nonblocking(true)?;
        tokio::net::TcpListener::from_std(listener)
    }

    async fn accept(listener: &Self::Listener) -> io::Result<Self::Stream> {
        Ok(listener.accept().await?.0)
    }
}

impl Stream for tokio::net::TcpStream {
    fn read<'a>(
        &'a mut self,
        bytes: &'a mut [u8],
    ) -> impl Future<Output = io::Result<usize>> + Send {
        tokio::io::AsyncReadExt::read(self, bytes)
    }

    fn write_all<'a>(
        &'a mut self,
        bytes: &'a [u8],
    ) -> impl Future<Output = io::Result<()>> + Send {
        tokio::io::AsyncWriteExt::write_all(self, bytes)
    }
}

/// tokio's `LocalSet` on `current_thread`.
pub struct LocalSet;

impl Peer for LocalSet {
    const NAME: &'static str = "tokio, LocalSet";

    fn block_on<T>(future: impl Future<Output = T>) -> T {
        let runtime = builder().build().expect(RUNS);
        tokio::task::LocalSet::new().block_on(&runtime, future)
    }

    fn spawn<T: Send + 'static>(
        future: impl Future<Output = T> + Send + 'static,
    ) -> impl Future<Output = T> {
        let task = tokio::task::spawn_local(future);
        async { task.await.expect(RUNS) }
    }

    fn detach(future: impl Future<Output = ()> + Send + 'static) {
        drop(tokio::task::spawn_local(future));
    }
}

/// tokio's `LocalRuntime`.
pub struct LocalRuntime;

impl Peer for LocalRuntime {
    const NAME: &'static str = "tokio, LocalRuntime";

    fn block_on<T>(future: impl Future<Output = T>) -> T {
        let runtime = builder().build_local(Default::default()).expect(RUNS);
        runtime.block_on(future)
    }

    fn spawn<T: Send + 'static>(
        future: impl Future<Output = T> + Send + 'static,
    ) -> impl Future<Output = T> {
        LocalSet::spawn(future)
    }

    fn detach(future: impl Future<Output = ()> + Send + 'static) {
        LocalSet::detach(future);
    }
}

/// What smol is made of: async-executor on async-io.
pub struct AsyncExecutor;

thread_local! {
    static EXECUTOR: async_executor::LocalExecutor<'static> =
        const { async_executor::LocalExecutor::new() };
}

impl Peer for AsyncExecutor {
    const NAME: &'static str = "async-executor";

    fn block_on<T>(future: impl Future<Output = T>) -> T {
        EXECUTOR.with(|all| async_io::block_on(all.run(future)))
    }

    fn spawn<T: Send + 'static>(
        future: impl Future<Output = T> + Send + 'static,
    ) -> impl Future<Output = T> {
        EXECUTOR.with(|all| all.spawn(future))
    }

    fn detach(future: impl Future<Output = ()> + Send + 'static) {
        EXECUTOR.with(|all| all.spawn(future).detach());
    }
}

impl Reactor for AsyncExecutor {
    const REACTOR: &'static str = "async-io";
    type Listener = Async<net::TcpListener>;
    type Stream = Async<net::TcpStream>;

    async fn sleep_until(at: Instant) {
        Timer::at(at).await;
    }

    fn listen(listener: net::TcpListener) -> io::Result<Self::Listener> {
        Async::new(listener)
    }

    async fn accept(listener: &Self::Listener) -> io::Result<Self::Stream> {
        Ok(listener.accept().await?.0)
    }
}

impl Stream for Async<net::TcpStream> {
    fn read<'a>(
        &'a mut self,
        bytes: &'a mut [u8],
    ) -> impl Future<Output = io::Result<usize>> + Send {
        futures_lite::AsyncReadExt::read(self, bytes)
    }

    fn write_all<'a>(
        &'a mut self,
        bytes: &'a [u8],
    ) -> impl Future<Output = io::Result<()>> + Send {
        futures_lite::AsyncWriteExt::write_all(self, bytes)
    }
}
