//! In which states a fiber can be. What takes it from one to the next are the
//! methods of `Fiber`.

/// What a fiber is doing. One byte: read as it was written, it comes from the
/// processor's store buffer without delay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum State {
    /// In the ready queue, or running.
    Going,
    /// Waits for the end of another fiber. This and the next three end by
    /// `Scheduler::wake`; if what is waited for is a fiber's end, also by
    /// `Scheduler::waiting_for`.
    Joining,
    /// Waits for the end of all fibers of its scope. The one wait that cannot
    /// be cancelled.
    InScope,
    /// Waits for a deadline.
    Sleeping,
    /// Waits for a socket.
    OnSocket,
    /// Its outcome is in the packet, until the handle takes it or goes.
    Finished,
    /// In the pool: the slot belongs to no fiber.
    Free,
}

impl State {
    /// What is said of a fiber that waits; `None` if it does not.
    pub(crate) fn waits(self) -> Option<&'static str> {
        match self {
            Self::Going | Self::Finished | Self::Free => None,
            Self::Joining => Some("joins a fiber"),
            Self::InScope => Some("waits for its scope"),
            Self::Sleeping => Some("sleeps"),
            Self::OnSocket => Some("waits for a socket"),
        }
    }

    #[inline]
    pub(crate) fn is_waiting(self) -> bool {
        self.waits().is_some()
    }
}

/// Why a wait has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Woken {
    /// What was waited for has happened.
    Ready,
    /// The deadline has passed.
    TimedOut,
}

/// Must the fiber end early?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cancel {
    /// No.
    No,
    /// Yes: when it is resumed, it unwinds.
    Asked,
    /// It has begun to unwind. From now on it cannot wait.
    Raised,
}
