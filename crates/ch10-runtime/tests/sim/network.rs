//! The network of the simulation: connections in memory, whose packets take
//! their time and whose calls fail, as the seed decides.
//!
//! It is as TCP and an edge-triggered queue have it: each side has a buffer of
//! bounded length, an end is one direction's, a reset is both's, and an event
//! says what is ready when it is fetched. It leaves out lost packets, which
//! TCP hides.

mod calls;
mod weather;

use crate::kernel::elapsed;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

pub(crate) use weather::{Counts, Weather};

/// How many bytes a side keeps that were not read, those that are on their
/// way among them.
pub(crate) const CAPACITY: usize = 20_000;

/// A socket's number. None is that of a descriptor of this process.
pub(crate) type Number = i32;

const FIRST_NUMBER: Number = 1_000_000;

/// One side of a connection.
#[derive(Debug)]
struct Side {
    here: SocketAddr,
    there: SocketAddr,
    /// The other side; `None` while it is being connected.
    peer: Option<Number>,
    connected: bool,
    refused: bool,
    /// Bytes that have arrived and were not read.
    arrived: VecDeque<u8>,
    /// How many are on their way.
    coming: usize,
    /// The other side sends no more, and all of it has arrived.
    ended: bool,
    /// This side sends no more.
    finished: bool,
    reset: bool,
}

#[derive(Debug)]
struct Listener {
    here: SocketAddr,
    backlog: VecDeque<Number>,
}

/// What is on its way to a socket.
#[derive(Debug)]
enum Packet {
    Connect,
    Accepted,
    Refused,
    Bytes(Vec<u8>),
    End,
    Reset,
}

#[derive(Debug)]
struct Sent {
    from: Number,
    to: Number,
    packet: Packet,
}

#[derive(Debug)]
pub(crate) struct Network {
    random: u64,
    weather: Weather,
    counts: Counts,
    sides: BTreeMap<Number, Side>,
    listeners: BTreeMap<Number, Listener>,
    /// By arrival; of those that arrive together, in the order of sending.
    packets: BTreeMap<(Duration, u64), Sent>,
    sent: u64,
    /// When the latest packet to a socket arrives: none overtakes it.
    latest: BTreeMap<Number, Duration>,
    /// By which token the queue knows a socket.
    tokens: BTreeMap<Number, usize>,
    /// The next wait says what is ready on these.
    happened: BTreeSet<Number>,
    next_number: Number,
    next_port: u16,
}

thread_local! {
    static NETWORK: RefCell<Network> = RefCell::new(Network::new(0));
}

/// Does something with the network of this thread.
pub(crate) fn with<T>(use_it: impl FnOnce(&mut Network) -> T) -> T {
    NETWORK.with_borrow_mut(use_it)
}

/// A new network, in fair weather until [`set_weather`].
pub(crate) fn begin(seed: u64) {
    with(|network| *network = Network::new(seed));
}

/// From now on, these faults.
pub(crate) fn set_weather(weather: Weather) {
    with(|network| network.weather = weather);
}

/// What has happened since [`begin`].
pub(crate) fn counts() -> Counts {
    with(|network| network.counts)
}

/// A number below `bound`, which isn't 0, for a program that has to choose.
pub(crate) fn below(bound: usize) -> usize {
    with(|network| network.below(bound as u64) as usize)
}

/// What is ready on a socket.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ready {
    pub(crate) token: usize,
    pub(crate) readable: bool,
    pub(crate) writable: bool,
    pub(crate) read_closed: bool,
    pub(crate) write_closed: bool,
    pub(crate) error: bool,
}

impl Network {
    fn new(seed: u64) -> Self {
        Self {
            random: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1,
            weather: Weather::FAIR,
            counts: Counts::default(),
            sides: BTreeMap::new(),
            listeners: BTreeMap::new(),
            packets: BTreeMap::new(),
            sent: 0,
            latest: BTreeMap::new(),
            tokens: BTreeMap::new(),
            happened: BTreeSet::new(),
            next_number: FIRST_NUMBER,
            next_port: 40_000,
        }
    }

    /// xorshift.
    fn below(&mut self, bound: u64) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        (self.random >> 11) % bound
    }

    fn happens(&mut self, odds: u8) -> bool {
        odds > 0 && self.below(256) < u64::from(odds)
    }

    fn number(&mut self) -> Number {
        self.next_number += 1;
        self.next_number
    }

    fn address(&mut self) -> SocketAddr {
        self.next_port += 1;
        (Ipv4Addr::LOCALHOST, self.next_port).into()
    }
}

/// Packets, and the time that they take.
impl Network {
    fn send(&mut self, from: Number, to: Number, packet: Packet) {
        let micros = match self.weather.latency {
            0 => 0,
            most => self.below(most + 1),
        };
        let arrives = elapsed() + Duration::from_micros(micros);
        let latest = self.latest.entry(to).or_default();
        *latest = arrives.max(*latest);
        self.sent += 1;
        let when = (*latest, self.sent);
        self.packets.insert(when, Sent { from, to, packet });
    }

    /// How long until something happens here; `None` is never.
    pub(crate) fn next(&self) -> Option<Duration> {
        if !self.happened.is_empty() {
            return Some(Duration::ZERO);
        }
        let (arrival, _) = self.packets.keys().next()?;
        Some(arrival.saturating_sub(elapsed()))
    }

    /// A wait may end for no reason.
    pub(crate) fn interrupts_wait(&mut self) -> bool {
        let odds = self.weather.interrupted;
        let happens = self.happens(odds);
        self.counts.interrupted += usize::from(happens);
        happens
    }

    /// What is ready, once everything that is due has arrived.
    pub(crate) fn events(&mut self) -> Vec<Ready> {
        while let Some(first) = self.packets.first_entry() {
            if first.key().0 > elapsed() {
                break;
            }
            let sent = first.remove();
            self.arrive(sent);
        }
        let happened = std::mem::take(&mut self.happened);
        let ready = happened.into_iter().filter_map(|n| self.ready(n));
        ready.collect()
    }

    fn arrive(&mut self, Sent { from, to, packet }: Sent) {
        if let Packet::Connect = packet {
            return self.arrive_at_listener(from);
        }
        let is_reset = matches!(packet, Packet::Reset);
        let Some(side) = self.sides.get_mut(&to) else {
            // It was closed before: what is sent there is answered by a reset.
            if matches!(packet, Packet::Bytes(_)) {
                self.send(to, from, Packet::Reset);
            }
            return;
        };
        match packet {
            Packet::Accepted => side.connected = true,
            Packet::Refused => side.refused = true,
            Packet::Bytes(bytes) => {
                side.coming -= bytes.len();
                if !side.reset {
                    side.arrived.extend(bytes);
                }
            }
            Packet::End => side.ended = true,
            Packet::Connect | Packet::Reset => {}
        }
        if is_reset {
            side.break_off();
        }
        self.happened.insert(to);
    }

    fn arrive_at_listener(&mut self, from: Number) {
        let Some(client) = self.sides.get(&from) else {
            return;
        };
        let (there, here) = (client.here, client.there);
        let found = self.listeners.iter_mut().find(|(_, l)| l.here == here);
        let Some((&listener, _)) = found else {
            return self.send(from, from, Packet::Refused);
        };
        let mut side = Side::new(here, there);
        (side.peer, side.connected) = (Some(from), true);
        let number = self.number();
        self.sides.insert(number, side);
        if let Some(client) = self.sides.get_mut(&from) {
            client.peer = Some(number);
        }
        if let Some(listener) = self.listeners.get_mut(&listener) {
            listener.backlog.push_back(number);
        }
        self.happened.insert(listener);
        self.send(number, from, Packet::Accepted);
    }

    fn ready(&self, number: Number) -> Option<Ready> {
        let token = *self.tokens.get(&number)?;
        if let Some(listener) = self.listeners.get(&number) {
            return Some(Ready {
                token,
                readable: !listener.backlog.is_empty(),
                writable: false,
                read_closed: false,
                write_closed: false,
                error: false,
            });
        }
        let side = self.sides.get(&number)?;
        let broken = side.reset || side.refused;
        let room = side.connected && self.room(side) > 0;
        Some(Ready {
            token,
            readable: !side.arrived.is_empty() || side.ended || broken,
            writable: room || broken,
            read_closed: side.ended || broken,
            write_closed: (side.ended && side.finished) || broken,
            error: broken,
        })
    }

    /// How many bytes `side` may send.
    fn room(&self, side: &Side) -> usize {
        let peer = side.peer.and_then(|peer| self.sides.get(&peer));
        peer.map_or(CAPACITY, |peer| CAPACITY - peer.kept())
    }
}

impl Side {
    fn new(here: SocketAddr, there: SocketAddr) -> Self {
        Self {
            here,
            there,
            peer: None,
            connected: false,
            refused: false,
            arrived: VecDeque::new(),
            coming: 0,
            ended: false,
            finished: false,
            reset: false,
        }
    }

    fn break_off(&mut self) {
        self.reset = true;
        self.arrived.clear();
    }

    fn kept(&self) -> usize {
        self.arrived.len() + self.coming
    }
}
