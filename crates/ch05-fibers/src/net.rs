//! TCP for fibers: calls that look as if they blocked, and suspend only the fiber
//! that makes them.
//!
//! Each call tries first. When that would block, the fiber waits until the
//! event queue of chapter 4 has news, and tries again. So the calls can be used
//! outside fibers, too, as long as they need not wait; if they do, they fail
//! with an error of the kind [`Other`](ErrorKind::Other), whose message says
//! so.
//!
//! Left out: names of hosts (looking them up blocks the thread), UDP, and
//! everything else that is not needed to show how it is done.

use crate::driver::{Direction, Waiters};
use crate::error::CannotWait;
use crate::scheduler::{Owner, Scheduler};
use crate::state::{State, Woken};
use ch04_event_queue::event::Source;
use ch04_event_queue::net as queued;
use std::cell::Cell;
use std::fmt;
use std::io::{self, ErrorKind, IoSlice, IoSliceMut, Read, Write};
use std::net::{Shutdown, SocketAddr};
use std::rc::Rc;
use std::time::Instant;

/// A socket, the runtime in whose queue it is, and until when it waits.
struct Waiting<S> {
    socket: S,
    waiters: Rc<Waiters>,
    scheduler: Owner,
    deadline: Cell<Option<Instant>>,
}

impl<S: Source> Waiting<S> {
    /// Registers it with the runtime that runs.
    fn new(socket: S) -> io::Result<Self> {
        let scheduler = Scheduler::current().ok_or(CannotWait::NotHere)?.keep();
        Self::with(scheduler, socket)
    }

    /// Registers it with this runtime.
    fn with(scheduler: Owner, mut socket: S) -> io::Result<Self> {
        let waiters = scheduler.driver.register(&mut socket)?;
        Ok(Self {
            socket,
            waiters,
            scheduler,
            deadline: Cell::new(None),
        })
    }
}

impl<S> Waiting<S> {
    /// Tries `operation` until it does not block, and waits in between.
    // ANCHOR: retry
    fn retry<T>(
        &self,
        direction: Direction,
        mut operation: impl FnMut(&S) -> io::Result<T>,
    ) -> io::Result<T> {
        loop {
            match operation(&self.socket) {
                Err(e) if e.kind() == ErrorKind::WouldBlock => {
                    self.wait(direction)?;
                }
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                result => return self.scheduler.counted(result),
            }
        }
    }

    /// Stops the fiber until the socket has news.
    fn wait(&self, direction: Direction) -> io::Result<()> {
        let scheduler = &self.scheduler;
        let me = scheduler.here().ok_or(CannotWait::NotHere)?;
        self.waiters.add(direction, me);
        let waiting = scheduler.driver.waiting(); // counts us until dropped
        let woken = scheduler.wait(State::OnSocket, self.deadline.get());
        drop(waiting);
        self.waiters.remove(direction, me);
        let woken = woken?;
        scheduler.unwind_if_cancelled();
        match woken {
            Woken::Ready => Ok(()),
            Woken::TimedOut => Err(ErrorKind::TimedOut.into()),
        }
    }
    // ANCHOR_END: retry
}

impl<S> Drop for Waiting<S> {
    fn drop(&mut self) {
        self.scheduler.driver.forget(&self.waiters);
    }
}

/// A port at which connections are accepted. Made in a fiber, and used in
/// fibers of the same runtime.
///
/// ```
/// use ch05_fibers::net::{TcpListener, TcpStream};
/// use ch05_fibers::{Runtime, spawn};
/// use std::io::{Read, Write};
///
/// // SAFETY: this code and std break none of the five promises.
/// let mut runtime = unsafe { Runtime::new() };
/// runtime.run(|| -> std::io::Result<()> {
///     let listener = TcpListener::bind(([127, 0, 0, 1], 0).into())?;
///     let address = listener.local_addr()?;
///     spawn(move || -> std::io::Result<()> {
///         let (mut stream, _) = listener.accept()?;
///         stream.write_all(b"hello")
///     });
///     let mut text = String::new();
///     TcpStream::connect(address)?.read_to_string(&mut text)?;
///     assert_eq!(text, "hello");
///     Ok(())
/// })?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct TcpListener {
    inner: Waiting<queued::TcpListener>,
}

impl TcpListener {
    /// Listens at `address`; port 0 is one that is free.
    ///
    /// # Errors
    ///
    /// `AddrInUse` if another socket listens there, `AddrNotAvailable` if the
    /// address is not this machine's, `PermissionDenied` for ports of the
    /// system; too many open files; `Other` outside
    /// [`Runtime::run`](crate::Runtime::run).
    pub fn bind(address: SocketAddr) -> io::Result<Self> {
        let inner = Waiting::new(queued::TcpListener::bind(address)?)?;
        Ok(Self { inner })
    }

    /// Waits for a connection.
    ///
    /// # Errors
    ///
    /// - `TimedOut`: the deadline has passed;
    /// - `Other`: it would have to wait, and the caller is no fiber of the same
    ///   runtime, or unwinds;
    /// - too many open files, or too little memory: the connection stays where
    ///   it is, and the next call fails at once, too, so a server sleeps a
    ///   moment and tries again;
    /// - `ConnectionAborted` and other errors of a connection that was gone
    ///   before it was accepted: the next one may be fine.
    pub fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        let accept = queued::TcpListener::accept;
        let (stream, address) = self.inner.retry(Direction::Read, accept)?;
        let scheduler = self.inner.scheduler.clone();
        let inner = Waiting::with(scheduler, stream)?;
        Ok((TcpStream { inner }, address))
    }

    /// Until when [`accept`](Self::accept) waits; `None` is for ever, as in the
    /// beginning.
    pub fn set_deadline(&self, deadline: Option<Instant>) {
        self.inner.deadline.set(deadline);
    }

    /// Where it listens.
    ///
    /// # Errors
    ///
    /// None on an open socket, unless the system has no memory for the answer.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.inner.socket.local_addr()
    }
}

/// A TCP connection. Made in a fiber, and used in fibers of the same runtime:
/// by several of them if need be, through references, of which one may read
/// while another one writes.
pub struct TcpStream {
    inner: Waiting<queued::TcpStream>,
}

impl TcpStream {
    /// Connects to `address`, however long that takes.
    ///
    /// # Errors
    ///
    /// `ConnectionRefused` if nothing listens there, `HostUnreachable`,
    /// `NetworkUnreachable`; `TimedOut` when the system has given up; too many
    /// open files; `Other` if the caller is no fiber.
    pub fn connect(address: SocketAddr) -> io::Result<Self> {
        Self::connect_until(address, None)
    }

    // ANCHOR: connect
    /// Connects to `address`, until `deadline` at most, which then is the
    /// connection's.
    ///
    /// # Errors
    ///
    /// As for [`connect`](Self::connect); `TimedOut`.
    pub fn connect_until(
        address: SocketAddr,
        deadline: Option<Instant>,
    ) -> io::Result<Self> {
        let inner = Waiting::new(queued::TcpStream::connect(address)?)?;
        inner.deadline.set(deadline);
        // Once it is writable, it has been decided.
        inner.wait(Direction::Write)?;
        inner.retry(Direction::Write, |socket| {
            if let Some(error) = socket.take_error()? {
                return Err(error);
            }
            match socket.peer_addr() {
                Err(e) if e.kind() == ErrorKind::NotConnected => {
                    Err(ErrorKind::WouldBlock.into())
                }
                result => result,
            }
        })?;
        Ok(Self { inner })
    }
    // ANCHOR_END: connect

    /// Until when reading and writing wait; `None` is for ever, as in the
    /// beginning. A deadline, and no timeout for each call: so it can be that
    /// of a whole request.
    pub fn set_deadline(&self, deadline: Option<Instant>) {
        self.inner.deadline.set(deadline);
    }

    /// The address of the other side.
    ///
    /// # Errors
    ///
    /// `NotConnected` once the other side has reset the connection.
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.inner.socket.peer_addr()
    }

    /// The address of this side.
    ///
    /// # Errors
    ///
    /// None on an open socket, unless the system has no memory for the answer.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.inner.socket.local_addr()
    }

    /// Ends one direction, or both.
    ///
    /// # Errors
    ///
    /// `NotConnected` once the other side has reset the connection.
    pub fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        self.inner.socket.shutdown(how)
    }

    /// Sets whether small pieces are sent at once.
    ///
    /// # Errors
    ///
    /// `InvalidInput` on some systems once the other side has reset the
    /// connection; none on Linux.
    pub fn set_nodelay(&self, nodelay: bool) -> io::Result<()> {
        self.inner.socket.set_nodelay(nodelay)
    }
}

/// Errors: `TimedOut` after the deadline; `ConnectionReset` and `BrokenPipe` if
/// the other side is gone; `Other` if it would have to wait and the caller is
/// no fiber of the same runtime, or unwinds.
// ANCHOR: read_write
impl Read for &TcpStream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.inner
            .retry(Direction::Read, |mut socket| socket.read(buffer))
    }

    fn read_vectored(
        &mut self,
        buffers: &mut [IoSliceMut<'_>],
    ) -> io::Result<usize> {
        self.inner
            .retry(Direction::Read, |mut socket| socket.read_vectored(buffers))
    }
}

/// Errors: as for reading.
impl Write for &TcpStream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.inner
            .retry(Direction::Write, |mut socket| socket.write(bytes))
    }

    fn write_vectored(&mut self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        self.inner
            .retry(Direction::Write, |mut socket| socket.write_vectored(parts))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(()) // nothing is kept back
    }
}
// ANCHOR_END: read_write

impl Read for TcpStream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        (&*self).read(buffer)
    }

    fn read_vectored(
        &mut self,
        buffers: &mut [IoSliceMut<'_>],
    ) -> io::Result<usize> {
        (&*self).read_vectored(buffers)
    }
}

impl Write for TcpStream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        (&*self).write(bytes)
    }

    fn write_vectored(&mut self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        (&*self).write_vectored(parts)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl fmt::Debug for TcpListener {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let socket = &self.inner.socket;
        out.debug_tuple("TcpListener").field(socket).finish()
    }
}

impl fmt::Debug for TcpStream {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let socket = &self.inner.socket;
        out.debug_tuple("TcpStream").field(socket).finish()
    }
}
