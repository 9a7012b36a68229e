//! The thread of a server: waits for sockets and times, and drives the
//! connection concerned. Only this thread touches a socket; with the handle in
//! `server.rs` it shares the record of requests, and a socket whose end is the
//! order to stop.

use crate::connection::{Connection, Context};
use crate::limits::{ACCEPT_PAUSE, HANGUP_PAUSE, TURN};
use crate::record::Shared;
use crate::sys::{Event, Interest, Poller, Wait as _};
use std::collections::{BTreeSet, HashMap};
use std::io::{self, ErrorKind};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

/// The token of the listener. Connections count up from 1 and never get here.
const LISTENER: u64 = u64::MAX;
/// The token of the socket whose end is the order to stop.
const STOP: u64 = u64::MAX - 1;

/// How long to do nothing after a wait has failed. The only known reason is a
/// lack of memory in the kernel.
const WAIT_FAILED_PAUSE: Duration = Duration::from_millis(10);

/// Whether new connections are accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Accepting {
    /// The listener is in the poller's set.
    Listening,
    /// It is not, until this time or the end of a connection: an accept has
    /// failed, most likely because no descriptor is left. The clients wait in
    /// the kernel's queue; if the listener were still in the set, it would be
    /// reported again and again.
    Paused(Instant),
}

/// All that the server's thread owns.
#[derive(Debug)]
pub(crate) struct Reactor {
    poller: Poller,
    listener: TcpListener,
    /// Held so that it stays in the poller's set; never read from.
    _stop: TcpStream,
    accepting: Accepting,
    connections: HashMap<u64, Connection>,
    /// Each connection's time is here once or not at all, and the listener's
    /// while it is paused.
    timers: BTreeSet<(Instant, u64)>,
    /// The number of the newest connection.
    newest: u64,
    shared: Arc<Shared>,
    /// Memory for one chunk, in or out.
    chunk: Vec<u8>,
}

impl Reactor {
    /// A reactor for a listener. When the other end of `stop` ends,
    /// [`run`](Self::run) returns.
    pub(crate) fn new(
        listener: TcpListener,
        stop: TcpStream,
        shared: Arc<Shared>,
    ) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        let mut poller = Poller::new()?;
        poller.set(&stop, STOP, Interest::NONE, Interest::READ)?;
        poller.set(&listener, LISTENER, Interest::NONE, Interest::READ)?;
        Ok(Self {
            poller,
            listener,
            _stop: stop,
            accepting: Accepting::Listening,
            connections: HashMap::new(),
            timers: BTreeSet::new(),
            newest: 0,
            shared,
            chunk: Vec::new(),
        })
    }

    /// Serves until it is told to stop. Then everything is dropped: every
    /// connection is closed, whatever its state.
    pub(crate) fn run(mut self) {
        let mut events: Vec<Event> = Vec::new();
        loop {
            let first = self.timers.first();
            let timeout = first
                .map(|(due, _)| due.saturating_duration_since(Instant::now()));
            if self.poller.wait(&mut events, timeout).is_err() {
                thread::sleep(WAIT_FAILED_PAUSE);
            }
            self.shared.count_wake_up();
            for event in &events {
                match event.token {
                    STOP => return,
                    LISTENER => self.accept(),
                    id => self.on_event(id, *event),
                }
            }
            self.on_timers();
        }
    }

    /// Accepts what is there, up to a turn.
    fn accept(&mut self) {
        if self.accepting != Accepting::Listening {
            return;
        }
        for _ in 0..TURN {
            match self.listener.accept() {
                Ok((stream, _)) => self.welcome(stream),
                Err(e) => match e.kind() {
                    ErrorKind::WouldBlock => return,
                    // The client has gone before its turn came.
                    ErrorKind::ConnectionAborted
                    | ErrorKind::ConnectionReset
                    | ErrorKind::Interrupted => {}
                    // No descriptor or no memory for it (EMFILE, ENFILE,
                    // ENOBUFS, ENOMEM), or a network error that Linux reports
                    // here: trying again at once would not help.
                    _ => return self.pause_accepting(),
                },
            }
        }
    }

    /// Makes a connection of an accepted socket. One that is broken already
    /// is dropped.
    fn welcome(&mut self, stream: TcpStream) {
        self.newest += 1;
        let id = self.newest;
        self.shared.connection_opened();
        let ready = stream
            .set_nonblocking(true)
            .and_then(|()| stream.set_nodelay(true));
        if ready.is_err() {
            return self.shared.connection_closed();
        }
        self.connections.insert(id, Connection::new(stream, id));
        self.settle(id);
    }

    /// Takes the listener out of the set for a while.
    fn pause_accepting(&mut self) {
        let until = Instant::now() + ACCEPT_PAUSE;
        let (old, new) = (Interest::READ, Interest::NONE);
        if self.poller.set(&self.listener, LISTENER, old, new).is_ok() {
            self.accepting = Accepting::Paused(until);
            self.timers.insert((until, LISTENER));
        }
    }

    /// Puts the listener back into the set.
    fn resume_accepting(&mut self) {
        let Accepting::Paused(until) = self.accepting else {
            return;
        };
        self.timers.remove(&(until, LISTENER));
        self.accepting = Accepting::Listening;
        let (old, new) = (Interest::NONE, Interest::READ);
        if self.poller.set(&self.listener, LISTENER, old, new).is_err() {
            // No memory for it now: later.
            let until = Instant::now() + ACCEPT_PAUSE;
            self.accepting = Accepting::Paused(until);
            self.timers.insert((until, LISTENER));
        }
    }

    /// A socket of a connection has something to report.
    fn on_event(&mut self, id: u64, event: Event) {
        // It may be gone: dropped while an earlier event was served.
        let Some(connection) = self.connections.get_mut(&id) else {
            return;
        };
        let (shared, chunk) = (&*self.shared, &mut self.chunk);
        let mut context = Context { shared, chunk };
        let mut progress = false;
        if event.readable && connection.interest.read {
            progress |= connection.read(&mut context);
        }
        progress |= connection.drive(&mut context);
        if event.hangup && !progress && !connection.is_closed() {
            connection.parked = Some(Instant::now() + HANGUP_PAUSE);
        }
        self.settle(id);
    }

    /// Drives those connections whose time has come.
    fn on_timers(&mut self) {
        let now = Instant::now();
        while let Some(&(due, id)) = self.timers.first()
            && due <= now
        {
            self.timers.pop_first();
            if id == LISTENER {
                self.resume_accepting();
                continue;
            }
            // Each timer belongs to a connection that is there.
            let Some(connection) = self.connections.get_mut(&id) else {
                continue;
            };
            connection.timer = None;
            connection.parked = connection.parked.filter(|until| *until > now);
            let (shared, chunk) = (&*self.shared, &mut self.chunk);
            connection.drive(&mut Context { shared, chunk });
            self.settle(id);
        }
    }

    /// Tells the poller and the timers what a connection waits for now, and
    /// drops the connection when it is over.
    fn settle(&mut self, id: u64) {
        let Some(connection) = self.connections.get_mut(&id) else {
            return;
        };
        let (old, new) = (connection.interest, connection.wanted_interest());
        let set = self.poller.set(&connection.stream, id, old, new);
        if set.is_ok() {
            connection.interest = new;
        }
        let timer = connection.wanted_timer();
        if timer != connection.timer {
            if let Some(due) = connection.timer.take() {
                self.timers.remove(&(due, id));
            }
            connection.timer = timer;
            self.timers.extend(timer.map(|due| (due, id)));
        }
        if connection.is_closed() || set.is_err() {
            self.remove(id);
        }
    }

    /// Drops a connection.
    fn remove(&mut self, id: u64) {
        let Some(connection) = self.connections.remove(&id) else {
            return;
        };
        if let Some(due) = connection.timer {
            self.timers.remove(&(due, id));
        }
        if connection.interest != Interest::NONE {
            // It failed to change before; the close takes it out of the
            // kernel's set, and an event of an unknown token is ignored.
            let (old, new) = (connection.interest, Interest::NONE);
            let _ = self.poller.set(&connection.stream, id, old, new);
        }
        drop(connection);
        self.shared.connection_closed();
        self.resume_accepting();
    }
}
