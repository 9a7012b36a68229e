//! The calls of a program on the simulated network: what they find, and what
//! goes wrong with them.

use super::{CAPACITY, Listener, Network, Number, Packet, Side};
use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;

impl Network {
    fn side(&mut self, number: Number) -> io::Result<&mut Side> {
        let side = self.sides.get_mut(&number);
        side.ok_or_else(|| ErrorKind::NotConnected.into())
    }

    /// A fault in place of the call, if one is due.
    fn before(&mut self, number: Number, may_break: bool) -> io::Result<()> {
        let weather = self.weather;
        self.counts.calls += 1;
        if self.happens(weather.interrupted) {
            self.counts.interrupted += 1;
            return Err(ErrorKind::Interrupted.into());
        }
        let known = self.tokens.contains_key(&number);
        if known && self.happens(weather.would_block) {
            self.counts.would_block += 1;
            self.happened.insert(number); // the event that is owed
            return Err(ErrorKind::WouldBlock.into());
        }
        let odds = u64::from(weather.reset);
        if may_break && odds > 0 && self.below(4_096) < odds {
            self.counts.reset += 1;
            let side = self.side(number)?;
            side.break_off();
            if let Some(peer) = side.peer {
                self.send(number, peer, Packet::Reset);
            }
            self.happened.insert(number);
        }
        Ok(())
    }

    /// How much of `length` is asked for.
    fn part(&mut self, length: usize) -> usize {
        let odds = self.weather.short;
        if length > 1 && self.happens(odds) {
            self.counts.short += 1;
            return 1 + self.below(length as u64 - 1) as usize;
        }
        length
    }

    /// Reads; `takes` unless it only looks. How many bytes, and how many were
    /// asked for.
    pub(crate) fn read(
        &mut self,
        number: Number,
        bytes: &mut [u8],
        takes: bool,
    ) -> io::Result<(usize, usize)> {
        self.before(number, true)?;
        // A short read is one of less than there is.
        let there = self.side(number)?.arrived.len().min(bytes.len());
        let part = self.part(there);
        let asked = if part < there { part } else { bytes.len() };
        let side = self.side(number)?;
        if side.reset {
            return Err(ErrorKind::ConnectionReset.into());
        }
        if side.arrived.is_empty() && !side.ended && asked > 0 {
            return Err(ErrorKind::WouldBlock.into());
        }
        let was_full = side.kept() >= CAPACITY;
        let read = asked.min(side.arrived.len());
        for (place, byte) in bytes.iter_mut().zip(side.arrived.range(..read)) {
            *place = *byte;
        }
        if takes {
            side.arrived.drain(..read);
            let peer = side.peer;
            self.happened.extend(peer.filter(|_| was_full));
        }
        Ok((read, asked))
    }

    /// Writes: how many bytes, and how many were asked for.
    pub(crate) fn write(
        &mut self,
        number: Number,
        bytes: &[u8],
    ) -> io::Result<(usize, usize)> {
        self.before(number, true)?;
        let asked = self.part(bytes.len());
        let side = self.side(number)?;
        if side.reset || side.finished {
            return Err(ErrorKind::BrokenPipe.into());
        }
        let peer = side.peer.ok_or(ErrorKind::NotConnected)?;
        let room = self.sides.get(&number).map_or(0, |side| self.room(side));
        if room == 0 && asked > 0 {
            return Err(ErrorKind::WouldBlock.into());
        }
        let written = asked.min(room);
        if let Some(peer) = self.sides.get_mut(&peer) {
            peer.coming += written;
        }
        let packet = Packet::Bytes(bytes[..written].to_vec());
        self.send(number, peer, packet);
        Ok((written, asked))
    }

    pub(crate) fn finish(&mut self, number: Number) -> io::Result<()> {
        let side = self.side(number)?;
        if side.reset {
            return Err(ErrorKind::NotConnected.into());
        }
        if !std::mem::replace(&mut side.finished, true)
            && let Some(peer) = side.peer
        {
            self.send(number, peer, Packet::End);
        }
        self.happened.insert(number);
        Ok(())
    }

    pub(crate) fn listen(&mut self, at: SocketAddr) -> io::Result<Number> {
        let here = match at.port() {
            0 => self.address(),
            _ => at,
        };
        if self.listeners.values().any(|other| other.here == here) {
            return Err(ErrorKind::AddrInUse.into());
        }
        let number = self.number();
        let backlog = VecDeque::new();
        self.listeners.insert(number, Listener { here, backlog });
        Ok(number)
    }

    pub(crate) fn connect(&mut self, there: SocketAddr) -> Number {
        let (number, here) = (self.number(), self.address());
        self.sides.insert(number, Side::new(here, there));
        self.send(number, number, Packet::Connect);
        number
    }

    pub(crate) fn accept(
        &mut self,
        number: Number,
    ) -> io::Result<(Number, SocketAddr)> {
        let odds = self.weather.no_room;
        if self.happens(odds) {
            self.counts.no_room += 1;
            return Err(io::Error::from_raw_os_error(NO_ROOM));
        }
        self.before(number, false)?;
        let listener = self.listeners.get_mut(&number);
        let next = listener.and_then(|listener| listener.backlog.pop_front());
        let next = next.ok_or(ErrorKind::WouldBlock)?;
        Ok((next, self.side(next)?.there))
    }

    /// Is it connected? The error if that failed; `None`: not yet.
    pub(crate) fn connected(&self, number: Number) -> Option<io::Result<()>> {
        let side = self.sides.get(&number)?;
        match (side.connected, side.refused) {
            (_, true) => Some(Err(ErrorKind::ConnectionRefused.into())),
            (true, false) => Some(Ok(())),
            (false, false) => None,
        }
    }

    pub(crate) fn here(&self, number: Number) -> io::Result<SocketAddr> {
        let listener = self.listeners.get(&number).map(|l| l.here);
        let here = listener.or(self.sides.get(&number).map(|side| side.here));
        here.ok_or_else(|| ErrorKind::NotConnected.into())
    }

    pub(crate) fn there(&self, number: Number) -> io::Result<SocketAddr> {
        let side = self.sides.get(&number);
        let there = side.filter(|side| side.connected).map(|side| side.there);
        there.ok_or_else(|| ErrorKind::NotConnected.into())
    }

    pub(crate) fn register(&mut self, number: Number, token: usize) {
        self.tokens.insert(number, token);
        self.happened.insert(number);
    }

    pub(crate) fn deregister(&mut self, number: Number) {
        self.tokens.remove(&number);
        self.happened.remove(&number);
    }

    /// The program has closed it.
    pub(crate) fn close(&mut self, number: Number) {
        self.deregister(number);
        if let Some(listener) = self.listeners.remove(&number) {
            for waiting in listener.backlog {
                self.close_side(waiting, true);
            }
        }
        self.close_side(number, false);
    }

    fn close_side(&mut self, number: Number, breaks: bool) {
        let Some(side) = self.sides.remove(&number) else {
            return;
        };
        let Some(peer) = side.peer.filter(|_| !side.reset) else {
            return;
        };
        if breaks || !side.arrived.is_empty() {
            self.send(number, peer, Packet::Reset);
        } else if !side.finished {
            self.send(number, peer, Packet::End);
        }
        self.happened.insert(peer); // it need not wait for room any more
    }
}

/// The process has no descriptor left.
#[cfg(unix)]
const NO_ROOM: i32 = libc::EMFILE;
#[cfg(not(unix))]
const NO_ROOM: i32 = 10_024; // WSAEMFILE
