//! What goes wrong in the simulated network, and how often it did.

// ANCHOR: weather
/// How likely each fault is, in 256ths of the calls.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Weather {
    /// A read or write of fewer bytes than there could be.
    pub(crate) short: u8,
    /// `WouldBlock`, though it could go on; an event comes later.
    pub(crate) would_block: u8,
    /// `Interrupted`.
    pub(crate) interrupted: u8,
    /// An accept without a descriptor left.
    pub(crate) no_room: u8,
    /// A connection that breaks off; this one in 4,096ths.
    pub(crate) reset: u16,
    /// How long a packet is on its way, at most, in microseconds.
    pub(crate) latency: u64,
}
// ANCHOR_END: weather

impl Weather {
    /// Nothing goes wrong, and nothing takes time.
    pub(crate) const FAIR: Self = Self {
        short: 0,
        would_block: 0,
        interrupted: 0,
        no_room: 0,
        reset: 0,
        latency: 0,
    };
    /// Whatever a program has to bear without an error. It takes no time.
    pub(crate) const STORM: Self = Self {
        short: 90,
        would_block: 60,
        interrupted: 40,
        no_room: 40,
        reset: 0,
        latency: 0,
    };
    /// The same with packets that take up to 3 ms.
    pub(crate) const SLOW: Self = Self {
        latency: 3_000,
        ..Self::STORM
    };
    /// The same, and connections break off.
    pub(crate) const BREAKING: Self = Self {
        reset: 40,
        ..Self::SLOW
    };
}

/// What has happened, so that a test can say that something has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) calls: usize,
    pub(crate) short: usize,
    pub(crate) would_block: usize,
    pub(crate) interrupted: usize,
    pub(crate) no_room: usize,
    pub(crate) reset: usize,
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, more: Self) {
        self.calls += more.calls;
        self.short += more.short;
        self.would_block += more.would_block;
        self.interrupted += more.interrupted;
        self.no_room += more.no_room;
        self.reset += more.reset;
    }
}
