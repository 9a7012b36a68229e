//! The handle of a server: start, ask what has happened, stop.

use crate::limits::{RECORD_LIMIT, SEND_BUFFER};
use crate::reactor::Reactor;
use crate::record::Shared;
use crate::request::Request;
use crate::sys;
use std::io;
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

/// A server that runs on a thread of its own until it is dropped.
///
/// Dropping it closes every connection, whatever its state, and waits for the
/// thread. That takes milliseconds, since the thread blocks only in one wait,
/// which the drop ends.
///
/// ```
/// use delay_server::DelayServer;
/// use std::io::{Read, Write};
/// use std::net::TcpStream;
///
/// let server = DelayServer::start()?;
/// let mut stream = TcpStream::connect(server.addr())?;
/// stream.write_all(
///     b"GET /10/hi HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
/// )?;
/// let mut answer = String::new();
/// stream.read_to_string(&mut answer)?;
/// assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"));
/// assert!(answer.ends_with("\r\n\r\nhi"));
/// assert_eq!(server.requests()[0].target, "/10/hi");
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct DelayServer {
    addr: SocketAddr,
    shared: Arc<Shared>,
    /// Its end is the thread's order to stop. An end, unlike a message,
    /// cannot fail to be sent.
    stop: TcpStream,
    /// Taken by the drop only.
    thread: Option<thread::JoinHandle<()>>,
}

/// The options of a server; from [`DelayServer::builder`].
#[derive(Clone, Debug)]
pub struct Builder {
    addr: SocketAddr,
    record_limit: usize,
}

impl Builder {
    /// Sets the address to listen on. The default is 127.0.0.1 and port 0; for
    /// port 0, the system chooses a free one.
    pub fn addr(mut self, addr: SocketAddr) -> Self {
        self.addr = addr;
        self
    }

    /// Sets how many requests to keep for [`DelayServer::requests`]. The
    /// default is [`RECORD_LIMIT`]. The first ones are kept; those after them
    /// are only counted.
    pub fn record_limit(mut self, requests: usize) -> Self {
        self.record_limit = requests;
        self
    }

    /// Starts the server. Once this returns, clients can connect.
    ///
    /// # Errors
    ///
    /// Those of binding the address, such as `AddrInUse`, and those of a
    /// system that has no descriptors, memory or threads left.
    pub fn start(self) -> io::Result<DelayServer> {
        let listener = TcpListener::bind(self.addr)?;
        sys::lengthen_backlog(&listener)?;
        sys::limit_send_buffers(&listener, SEND_BUFFER)?;
        let addr = listener.local_addr()?;
        let (stop, stopped) = stop_pair()?;
        let shared = Arc::new(Shared::new(self.record_limit));
        let reactor = Reactor::new(listener, stopped, Arc::clone(&shared))?;
        let thread = thread::Builder::new()
            .name("delay-server".into())
            .spawn(|| reactor.run())?;
        Ok(DelayServer {
            addr,
            shared,
            stop,
            thread: Some(thread),
        })
    }
}

impl DelayServer {
    /// Starts a server on 127.0.0.1 and a free port.
    ///
    /// # Errors
    ///
    /// Those of [`Builder::start`].
    pub fn start() -> io::Result<Self> {
        Self::builder().start()
    }

    /// The options, at their defaults.
    ///
    /// ```
    /// use delay_server::DelayServer;
    /// let server = DelayServer::builder()
    ///     .addr("[::1]:0".parse().expect("an address"))
    ///     .record_limit(100)
    ///     .start();
    /// # drop(server); // there may be no IPv6 here
    /// ```
    pub fn builder() -> Builder {
        Builder {
            addr: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            record_limit: RECORD_LIMIT,
        }
    }

    /// The address that the server listens on, with the real port.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The URL of the server without a slash at its end, to be followed by a
    /// target: `http://127.0.0.1:40959`.
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// The requests that have been read so far, in that order: all whose head
    /// was understood, whatever the answer. At most as many as
    /// [`Builder::record_limit`] says.
    pub fn requests(&self) -> Vec<Request> {
        self.shared.lock().requests.clone()
    }

    /// How many requests have been read so far, kept or not.
    pub fn request_count(&self) -> usize {
        self.shared.lock().request_count
    }

    /// Waits until `count` requests have been read, and returns those that are
    /// kept.
    ///
    /// # Errors
    ///
    /// `TimedOut` if fewer were read within `timeout`; the message says how
    /// many.
    pub fn wait_for_requests(
        &self,
        count: usize,
        timeout: Duration,
    ) -> io::Result<Vec<Request>> {
        let record = self.shared.wait_for_requests(count, timeout);
        if record.request_count < count {
            let got = record.request_count;
            return Err(io::Error::new(
                io::ErrorKind::TimedOut,
                format!("{got} of {count} requests within {timeout:?}"),
            ));
        }
        Ok(record.requests.clone())
    }

    /// How many connections have been accepted so far.
    pub fn connections_accepted(&self) -> usize {
        self.shared.lock().accepted
    }

    /// How many connections are open now, as the server sees it.
    pub fn connections_open(&self) -> usize {
        self.shared.lock().open
    }

    /// How often the server's thread has woken up so far. Tests check that this
    /// doesn't grow while nothing happens, that is, that nothing spins.
    pub fn wake_ups(&self) -> u64 {
        self.shared.lock().wake_ups
    }
}

impl Drop for DelayServer {
    fn drop(&mut self) {
        // Fails only when it has ended already.
        let _ = self.stop.shutdown(Shutdown::Both);
        if let Some(thread) = self.thread.take() {
            // A panic of the thread was printed when it happened, and a drop
            // must not panic.
            let _ = thread.join();
        }
    }
}

/// The two ends of a connection with ourselves: a pair of sockets, even on
/// systems without `socketpair`.
fn stop_pair() -> io::Result<(TcpStream, TcpStream)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let ours = TcpStream::connect(listener.local_addr()?)?;
    loop {
        let (theirs, peer) = listener.accept()?;
        // Any program may connect to an open port, but only we are our peer.
        if peer == ours.local_addr()? {
            return Ok((ours, theirs));
        }
    }
}
