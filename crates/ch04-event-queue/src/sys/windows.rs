//! The backend for Windows: a completion port that reports readiness.
//!
//! Windows reports *completion*: hand over a buffer, and learn when it has been
//! used. There are three ways to offer *readiness* instead.
//!
//! - Documented and old: `WSAEventSelect` ties a socket to an event object, and
//!   a thread can wait for 64 of those. More sockets need more threads.
//! - Documented and incomplete: a `WSARecv` of no bytes completes when there is
//!   something to read. Nothing like it exists for room to write: there the
//!   library has to take the bytes, own them until they are sent, and report
//!   their errors later, which programs for the other systems don't expect.
//!   And a listener has to provide the next socket before its client comes.
//! - Undocumented and widespread: ask AFD, the driver below Winsock (see
//!   `afd.rs`). One call serves both directions, TCP and UDP, listeners and
//!   connections that are being made, without a thread or a buffer of the
//!   program's. The question itself must stay in place until it is answered.
//!
//! This is the third way: with it, a program behaves as it does elsewhere. mio
//! chose it for the same reason. (Since 2021, `ProcessSocketNotifications` is
//! the documented way, on Windows 11.)
//!
//! AFD answers a question once, and at once if the answer is yes:
//! level-triggered and one-shot. It becomes edge-triggered by *when it is asked
//! again*: an event that was reported is asked for again only after an
//! operation in its direction has said `WouldBlock`. So a socket that is not
//! drained stays silent here even if something new comes; a program that drains
//! does not notice.

use super::afd::{self, Afd, Operation};
use super::winsock::base_of;
use super::{Queue, Wake};
use crate::interest::Interest;
use crate::token::Token;
use std::cell::UnsafeCell;
use std::fmt;
use std::io;
use std::os::windows::io::{
    AsRawHandle, FromRawHandle, OwnedHandle, RawSocket,
};
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use windows_sys::Win32::Foundation::{INVALID_HANDLE_VALUE, WAIT_TIMEOUT};
use windows_sys::Win32::Networking::WinSock::SOCKET;
use windows_sys::Win32::System::IO::{
    CreateIoCompletionPort, GetQueuedCompletionStatusEx, OVERLAPPED_ENTRY,
    PostQueuedCompletionStatus,
};
use windows_sys::Win32::System::Threading::INFINITE;

mod event;
pub(super) mod registration;

use event::{FINAL, flags_of};

pub(crate) use super::winsock::{connect, only_v6};
pub(crate) use event::Event;
pub(crate) use std::os::windows::io::AsRawSocket as AsRaw;

/// At most how many packets are taken out of the port at once.
const BATCH: usize = 128;

/// The key of a packet from a waker. AFD's packets have zero.
const FROM_WAKER: usize = 1;

/// At most how long a queue that is dropped waits for its last packets.
const LAST_PACKETS: Duration = Duration::from_secs(1);

/// Ignores poisoning: no code here leaves state half changed when it panics.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

// ANCHOR: windows_selector
/// The queue, shared by all its handles, sockets and wakers.
#[derive(Clone, Debug)]
pub(crate) struct Selector(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    afd: Afd,
    /// Sockets that AFD is to be asked about before the next wait.
    to_ask: Mutex<Vec<Arc<Socket>>>,
    /// How many packets are in the port or on their way. Each owns what it
    /// points to.
    packets: AtomicUsize,
    port: OwnedHandle,
}

// ANCHOR_END: windows_selector

impl Queue for Selector {
    const REFUSES_DOUBLES: bool = false;

    fn new() -> io::Result<Self> {
        let none = ptr::null_mut();
        // SAFETY: without a handle to associate, this makes a new port.
        let port =
            unsafe { CreateIoCompletionPort(INVALID_HANDLE_VALUE, none, 0, 0) };
        if port.is_null() {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the system has just opened it, and nothing else owns it.
        let port = unsafe { OwnedHandle::from_raw_handle(port) };
        Ok(Self(Arc::new(Shared {
            afd: Afd::open(&port)?,
            to_ask: Mutex::default(),
            packets: AtomicUsize::new(0),
            port,
        })))
    }

    fn try_clone(&self) -> io::Result<Self> {
        Ok(self.clone())
    }

    // ANCHOR: windows_wait
    fn wait(
        &self,
        events: &mut Vec<Event>,
        timeout: Option<Duration>,
    ) -> io::Result<()> {
        events.clear();
        let start = Instant::now();
        loop {
            self.0.ask_all(events);
            if !events.is_empty() {
                return Ok(());
            }
            let left = timeout.map(|all| all.saturating_sub(start.elapsed()));
            // What came may be of no interest any longer: then wait again.
            let is_over = self.0.take(events, left)? == 0;
            let is_over = is_over && left.is_some_and(|left| left.is_zero());
            if is_over || !events.is_empty() {
                return Ok(());
            }
        }
    }
    // ANCHOR_END: windows_wait
}

impl Shared {
    // ANCHOR: windows_take
    /// Takes packets out of the port, and turns those of interest into events.
    /// Returns how many packets there were.
    fn take(
        &self,
        events: &mut Vec<Event>,
        timeout: Option<Duration>,
    ) -> io::Result<usize> {
        let mut packets = [NO_PACKET; BATCH];
        let room = events.capacity().min(BATCH) as u32;
        let (mut count, time) = (0, milliseconds(timeout));
        let (port, first) = (self.port.as_raw_handle(), packets.as_mut_ptr());
        // SAFETY: the system writes at most `room` packets, for which there is
        // room, and a number to `count`.
        let done = unsafe {
            GetQueuedCompletionStatusEx(port, first, room, &mut count, time, 0)
        };
        if done == 0 {
            return match io::Error::last_os_error() {
                error if is_timeout(&error) => Ok(0),
                error => Err(error),
            };
        }
        let packets = &packets[..count as usize];
        events.extend(packets.iter().filter_map(|packet| {
            // SAFETY: it has just come out of the port.
            unsafe { self.event_of(packet) }
        }));
        Ok(packets.len())
    }
    // ANCHOR_END: windows_take

    // ANCHOR: windows_event_of
    /// The event of a packet, if it is still of interest.
    ///
    /// # Safety
    ///
    /// The packet was taken out of this port, and is passed here once.
    unsafe fn event_of(&self, packet: &OVERLAPPED_ENTRY) -> Option<Event> {
        // Relaxed: only read when no other handle is left.
        self.packets.fetch_sub(1, Ordering::Relaxed);
        if packet.lpCompletionKey == FROM_WAKER {
            let waker = packet.lpOverlapped.cast_const().cast::<Wakeup>();
            // SAFETY: `Waker::wake` put this pointer in, and it is taken out
            // once.
            return Some(unsafe { Arc::from_raw(waker) }.event());
        }
        let socket = packet.lpOverlapped.cast_const().cast::<Socket>();
        // SAFETY: `Socket::ask` put this pointer in, and it is taken out once.
        let socket = unsafe { Arc::from_raw(socket) };
        let event = socket.answered();
        lock(&self.to_ask).push(socket);
        event
    }
    // ANCHOR_END: windows_event_of
}

impl Shared {
    /// Asks AFD about all sockets whose packet has come. If that fails, it is
    /// an event: the program will see the reason as soon as it uses the socket.
    fn ask_all(&self, events: &mut Vec<Event>) {
        let mut to_ask = lock(&self.to_ask);
        while events.len() < events.capacity() {
            let Some(socket) = to_ask.pop() else { return };
            let mut state = lock(&socket.state);
            state.phase = Phase::Idle;
            if socket.ask(self, &mut state).is_err() {
                let flags = std::mem::take(&mut state.wanted);
                let token = state.token;
                events.push(Event { token, flags });
            }
        }
    }
}

impl Drop for Shared {
    /// Sockets and wakers own the queue, so all of them are gone, and all
    /// questions are cancelled. Their packets own memory: take them out.
    fn drop(&mut self) {
        let start = Instant::now();
        let mut events = Vec::with_capacity(BATCH);
        // Relaxed: other handles counted before they released the queue.
        while self.packets.load(Ordering::Relaxed) > 0 {
            // If one never comes, its memory is leaked: better than a kernel
            // that writes to freed memory.
            if start.elapsed() > LAST_PACKETS {
                return;
            }
            events.clear();
            let a_while = Some(Duration::from_millis(100));
            if self.take(&mut events, a_while).is_err() {
                return;
            }
        }
    }
}

const NO_PACKET: OVERLAPPED_ENTRY = OVERLAPPED_ENTRY {
    lpCompletionKey: 0,
    lpOverlapped: ptr::null_mut(),
    Internal: 0,
    dwNumberOfBytesTransferred: 0,
};

fn is_timeout(error: &io::Error) -> bool {
    error.raw_os_error() == Some(WAIT_TIMEOUT as i32)
}

/// Whole milliseconds, rounded up; the longest possible if it does not fit.
fn milliseconds(timeout: Option<Duration>) -> u32 {
    let Some(timeout) = timeout else {
        return INFINITE;
    };
    let millis = timeout.as_nanos().div_ceil(1_000_000);
    u32::try_from(millis).unwrap_or(INFINITE).min(INFINITE - 1)
}

// ANCHOR: windows_socket
/// What the queue knows about one socket. AFD may still write to it when the
/// socket is long gone; the pending packet keeps it alive.
#[repr(C)] // the operation first: the packet carries its address
struct Socket {
    /// Belongs to AFD while the phase is `Asked` or `Cancelled`, and otherwise
    /// to the thread that holds the lock.
    operation: UnsafeCell<Operation>,
    base: SOCKET,
    state: Mutex<State>,
}

struct State {
    token: Token,
    /// All that the program asked for.
    interest: u32,
    /// The part that was not reported since an operation last said
    /// `WouldBlock`: each direction has its own operations.
    wanted: u32,
    /// The part of `FINAL` that was reported.
    told: u32,
    phase: Phase,
    /// Deregistered: nothing is reported any longer.
    is_gone: bool,
}

// ANCHOR_END: windows_socket

// ANCHOR: windows_phase
/// Where the operation is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Not under way.
    Idle,
    /// Its packet has been taken out; AFD is asked again before the next wait.
    ToAsk,
    /// At AFD, with this question.
    Asked(u32),
    /// At AFD, but the answer does not matter: another question will follow.
    Cancelled,
}
// ANCHOR_END: windows_phase

// SAFETY: only the operation is not `Send` by itself. It is not tied to a
// thread: it belongs to the holder of the lock or to the kernel (see its
// field).
unsafe impl Send for Socket {}
// SAFETY: only the holder of the lock uses the operation, so one thread at a
// time; the phase says when it is the kernel's.
unsafe impl Sync for Socket {}

impl Socket {
    // ANCHOR: windows_ask
    /// Makes sure that AFD is asked about all that is wanted.
    fn ask(
        self: &Arc<Self>,
        shared: &Shared,
        state: &mut State,
    ) -> io::Result<()> {
        let wanted = if state.is_gone { 0 } else { state.wanted };
        match state.phase {
            Phase::Asked(asked) if asked & wanted == wanted && wanted != 0 => {}
            Phase::Asked(_) => {
                state.phase = Phase::Cancelled;
                shared.afd.cancel(self.operation.get());
            }
            Phase::ToAsk | Phase::Cancelled => {} // soon
            Phase::Idle if wanted == 0 => {}
            Phase::Idle => {
                let owner = Arc::into_raw(Arc::clone(self));
                let operation = owner.cast_mut().cast::<Operation>();
                // Relaxed: see `event_of`. Before the packet can be taken out.
                shared.packets.fetch_add(1, Ordering::Relaxed);
                // SAFETY: it is not under way (the phase), and stays in place
                // (the packet owns an `Arc`) and untouched (the phase).
                let asked =
                    unsafe { shared.afd.ask(self.base, wanted, operation) };
                if let Err(error) = asked {
                    // SAFETY: there will be no packet that takes it.
                    drop(unsafe { Arc::from_raw(owner) });
                    shared.packets.fetch_sub(1, Ordering::Relaxed);
                    return Err(error);
                }
                state.phase = Phase::Asked(wanted);
            }
        }
        Ok(())
    }
    // ANCHOR_END: windows_ask

    // ANCHOR: windows_answered
    /// The packet has come: what should be reported?
    fn answered(&self) -> Option<Event> {
        let mut state = lock(&self.state);
        state.phase = Phase::ToAsk;
        // SAFETY: AFD is done with it, and this thread holds the lock.
        let answer = unsafe { &*self.operation.get() }.answer();
        // An error is an event, too: see `ask_all`.
        let flags = answer.unwrap_or(state.wanted);
        state.is_gone |= flags & afd::LOCAL_CLOSE != 0;
        let flags = flags & state.wanted;
        if state.is_gone || flags == 0 {
            return None;
        }
        state.wanted &= !flags; // only once: this is the edge
        state.told |= flags & FINAL;
        let token = state.token;
        Some(Event { token, flags })
    }
    // ANCHOR_END: windows_answered
}

impl fmt::Debug for Socket {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Socket").finish_non_exhaustive()
    }
}

impl Socket {
    fn new(
        socket: RawSocket,
        token: Token,
        interest: Interest,
    ) -> io::Result<Arc<Self>> {
        let interest = flags_of(interest);
        Ok(Arc::new(Self {
            operation: UnsafeCell::new(Operation::new()),
            base: base_of(socket)?,
            state: Mutex::new(State {
                token,
                interest,
                wanted: interest,
                told: 0,
                phase: Phase::Idle,
                is_gone: false,
            }),
        }))
    }
}

/// A packet that we post to the port, at most one at a time: it stands for all
/// wakes that follow.
#[derive(Debug)]
pub(crate) struct Waker {
    queue: Selector,
    wakeup: Arc<Wakeup>,
}

#[derive(Debug)]
struct Wakeup {
    token: Token,
    is_in_port: AtomicBool,
}

impl Wake for Waker {
    type Queue = Selector;

    fn new(queue: &Selector, token: Token) -> io::Result<Self> {
        let (queue, is_in_port) = (queue.clone(), AtomicBool::new(false));
        let wakeup = Arc::new(Wakeup { token, is_in_port });
        Ok(Self { queue, wakeup })
    }

    // ANCHOR: windows_wake
    fn wake(&self) -> io::Result<()> {
        // Release, for `event`: the woken thread sees what was done before this
        // call, even if the packet in the port is another call's.
        if self.wakeup.is_in_port.swap(true, Ordering::AcqRel) {
            return Ok(());
        }
        let shared = &self.queue.0;
        let owner = Arc::into_raw(Arc::clone(&self.wakeup));
        let (port, packet) = (shared.port.as_raw_handle(), owner.cast());
        // Relaxed: see `event_of`. Before the packet can be taken out.
        shared.packets.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the system passes the pointer on, and does not follow it.
        let done =
            unsafe { PostQueuedCompletionStatus(port, 0, FROM_WAKER, packet) };
        if done != 0 {
            return Ok(());
        }
        let error = io::Error::last_os_error();
        // SAFETY: there will be no packet that takes it.
        drop(unsafe { Arc::from_raw(owner) });
        shared.packets.fetch_sub(1, Ordering::Relaxed);
        self.wakeup.is_in_port.store(false, Ordering::Release);
        Err(error)
    }
    // ANCHOR_END: windows_wake
}

impl Wakeup {
    /// The packet has been taken out. From here on, a wake posts a new one.
    fn event(&self) -> Event {
        // Acquire: the release in `wake`.
        self.is_in_port.swap(false, Ordering::AcqRel);
        let (token, flags) = (self.token, afd::RECEIVE);
        Event { token, flags }
    }
}
