//! A fiber's control block. It lies at the high end of the fiber's own stack,
//! with the closure below it, so that a fiber that does little touches one page
//! of memory, and making one allocates nothing.
//!
//! ```text
//! top of the slot   (colour: up to 31 lines of the cache are left free)
//!                   Fiber                 the control block
//!                   Packet                first the closure, then its result
//!                   start, its two words  from where the first switch goes on
//!                   frames                down to the guard
//! ```

use crate::join::JoinError;
use crate::runtime::Inner;
use crate::scope::ScopeData;
use crate::switch::{self, StackPointer};
use std::any::Any;
use std::cell::{Cell, UnsafeCell};
use std::mem::ManuallyDrop;
use std::panic::{self, AssertUnwindSafe};
use std::ptr;
use std::time::Instant;

/// What a fiber is doing. One byte: read as it was written, it comes from the
/// processor's store buffer without delay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum State {
    /// In the ready queue, or running.
    Going,
    /// Waits for the end of another fiber. This and the next three end by
    /// `Inner::wake`.
    Joining,
    /// Waits for the end of all fibers of its scope. The one wait that cannot
    /// be cancelled.
    InScope,
    /// Waits for a moment.
    Sleeping,
    /// Waits for a socket.
    OnSocket,
    /// Its outcome is in the packet, until the handle takes it or goes.
    Finished,
    /// In the pool: the slot is nobody's.
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

    pub(crate) fn is_waiting(self) -> bool {
        self.waits().is_some()
    }
}

/// Why a wait has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Woken {
    /// What was waited for has happened.
    Ready,
    /// The deadline is over.
    TimedOut,
}

/// Must the fiber end early?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cancel {
    /// No.
    No,
    /// Yes: when it goes on, it unwinds.
    Asked,
    /// It has begun to unwind. From now on it cannot wait.
    Raised,
}

/// See the top of this file. Shared by reference; whoever writes runs on the
/// same thread.
#[repr(C, align(64))]
pub(crate) struct Fiber {
    // What a switch needs, in one line of the cache.
    /// While it is stopped.
    pub(crate) sp: Cell<StackPointer>,
    /// In the ready queue, or in the pool.
    pub(crate) next: Cell<*const Fiber>,
    pub(crate) state: Cell<State>,
    pub(crate) cancel: Cell<Cancel>,
    /// Is there a handle? If not, the slot is free as soon as it has finished.
    pub(crate) attended: Cell<bool>,
    /// It ended by a panic that nobody has seen yet.
    pub(crate) panicked: Cell<bool>,
    pub(crate) woken: Cell<Woken>,
    /// Is there anything in `timer`?
    pub(crate) has_timer: Cell<bool>,
    pub(crate) runtime: *const Inner,
    /// Who waits in `join`, or null.
    pub(crate) joiner: Cell<*const Fiber>,
    /// A [`Packet`]; here, or in a box if it is large.
    packet: Cell<*mut u8>,
    dispose: Cell<unsafe fn(*mut u8, bool)>,

    pub(crate) bottom: *mut u8,
    pub(crate) id: Cell<u64>,
    pub(crate) name: UnsafeCell<Option<Box<str>>>,
    /// Its entry among the timers, while it has one.
    pub(crate) timer: Cell<Option<(Instant, u64)>>,
    /// In the list of those who wait for the same socket.
    pub(crate) next_waiter: Cell<*const Fiber>,
    /// The scope that waits for it, or null.
    pub(crate) scope: Cell<*const ScopeData>,
}

/// First the closure, then what has become of it. Which, says the state.
#[repr(C)]
union Packet<F, T> {
    closure: ManuallyDrop<F>,
    outcome: ManuallyDrop<Result<T, JoinError>>,
}

/// A packet up to this size lies on the stack.
const INLINE: usize = 1024;

impl<F, T> Packet<F, T> {
    const BOXED: bool = size_of::<Self>() > INLINE || align_of::<Self>() > 64;
}

/// What the stack of a cancelled fiber unwinds by.
struct Unwinding;

/// What is said about a fiber when it is made.
pub(crate) struct Settings<'s> {
    pub(crate) id: u64,
    pub(crate) name: Option<&'s str>,
    pub(crate) scope: *const ScopeData,
}

impl Fiber {
    /// Makes the control block of a slot that is new: a fiber that is none.
    ///
    /// # Safety
    ///
    /// `place` must be in a slot that is the caller's, with `bottom` its low
    /// end, and aligned.
    pub(crate) unsafe fn lay_out<'f>(
        place: *mut Self,
        bottom: *mut u8,
        runtime: *const Inner,
    ) -> &'f Self {
        /// Of a fiber that has no outcome.
        unsafe fn nothing(_: *mut u8, _: bool) {}
        let fiber = Self {
            sp: Cell::new(ptr::null_mut()),
            next: Cell::new(ptr::null()),
            state: Cell::new(State::Free),
            cancel: Cell::new(Cancel::No),
            attended: Cell::new(false),
            panicked: Cell::new(false),
            woken: Cell::new(Woken::Ready),
            has_timer: Cell::new(false),
            runtime,
            joiner: Cell::new(ptr::null()),
            packet: Cell::new(ptr::null_mut()),
            dispose: Cell::new(nothing),
            bottom,
            id: Cell::new(0),
            name: UnsafeCell::new(None),
            timer: Cell::new(None),
            next_waiter: Cell::new(ptr::null()),
            scope: Cell::new(ptr::null()),
        };
        // SAFETY: our caller's promise.
        unsafe { place.write(fiber) };
        // SAFETY: just written, and mapped as long as the runtime is there.
        unsafe { &*place }
    }

    // ANCHOR: make
    /// Makes this a fiber that will call `closure`.
    ///
    /// # Safety
    ///
    /// The slot must be free. What the closure borrows must live until it has
    /// finished.
    #[inline(always)]
    pub(crate) unsafe fn make<F: FnOnce() -> T, T>(
        &self,
        settings: Settings<'_>,
        closure: F,
    ) {
        let closure = ManuallyDrop::new(closure);
        let me = ptr::from_ref(self).cast_mut().cast::<u8>();
        // The frames begin below what lies lowest in the slot.
        let (packet, top) = if Packet::<F, T>::BOXED {
            (Box::into_raw(Box::new(Packet { closure })), me)
        } else {
            let below = me.wrapping_sub(size_of::<Packet<F, T>>());
            let packet = below.map_addr(|address| address & !63);
            let packet = packet.cast::<Packet<F, T>>();
            // SAFETY: within the slot, aligned, and nobody's.
            unsafe { packet.write(Packet { closure }) };
            (packet, packet.cast())
        };
        // SAFETY: the slot is much longer than these few words.
        let sp =
            unsafe { switch::prepare(self.bottom, top, enter::<F, T>, me) };
        self.sp.set(sp);
        self.state.set(State::Going);
        self.cancel.set(Cancel::No);
        self.attended.set(true);
        self.panicked.set(false);
        self.packet.set(packet.cast());
        self.dispose.set(dispose::<F, T>);
        self.id.set(settings.id);
        self.scope.set(settings.scope);
        if let Some(name) = settings.name {
            // SAFETY: nobody holds a reference to the name of what is free.
            unsafe { *self.name.get() = Some(name.into()) };
        }
    }
    // ANCHOR_END: make

    /// Takes the outcome out of the packet.
    ///
    /// # Safety
    ///
    /// The fiber must be finished, its closure have returned a `T`, and the
    /// outcome not been taken yet.
    pub(crate) unsafe fn take_outcome<T>(&self) -> Result<T, JoinError> {
        self.panicked.set(false);
        let outcome = self.packet.get().cast::<Result<T, JoinError>>();
        // SAFETY: written by `run`, at the packet's beginning; taken once,
        // which is the caller's promise.
        unsafe { outcome.read() }
    }

    /// Drops the outcome, unless it was taken, and frees the packet's box.
    ///
    /// # Safety
    ///
    /// Once, of a finished fiber, by who will not touch the packet again.
    #[inline]
    pub(crate) unsafe fn dispose(&self, taken: bool) {
        // SAFETY: the function is that of the packet's type.
        unsafe { (self.dispose.get())(self.packet.get(), taken) }
    }

    #[inline]
    pub(crate) fn name(&self) -> Option<&str> {
        // SAFETY: written when the fiber is made and when its slot becomes
        // free; at neither moment does anybody hold a reference to it.
        unsafe { (*self.name.get()).as_deref() }
    }

    #[inline]
    pub(crate) fn clear_name(&self) {
        if self.name().is_some() {
            // SAFETY: as above: this is the second of those moments.
            unsafe { *self.name.get() = None };
        }
    }

    /// From here on it cannot wait: also not by the short way of `yield_now`,
    /// which does not look at this.
    #[cold]
    pub(crate) fn raise(&self) {
        self.cancel.set(Cancel::Raised);
        // SAFETY: a runtime is there as long as one of its fibers is alive.
        unsafe { &*self.runtime }.close_short_way();
    }

    /// Begins to unwind: the locals are dropped, up to `enter`.
    #[cold]
    pub(crate) fn unwind(&self) -> ! {
        self.raise();
        // Not a panic: no hook, no message.
        panic::resume_unwind(Box::new(Unwinding))
    }
}

// ANCHOR: enter
/// What every fiber begins with, and where its panics end.
unsafe extern "C" fn enter<F: FnOnce() -> T, T>(fiber: *mut u8) -> ! {
    #[cfg(fibers_asan)]
    crate::switch::asan::began();
    // SAFETY: `make` has put this address there.
    let fiber = unsafe { &*fiber.cast::<Fiber>() };
    let packet = fiber.packet.get();
    // SAFETY: until here, the packet holds the closure, at its beginning.
    let closure = unsafe { packet.cast::<F>().read() };
    // SAFETY: the closure is gone, so there is room for the outcome.
    unsafe { fiber.run(closure, packet.cast()) };
    if Packet::<F, T>::BOXED && !fiber.attended.get() {
        // SAFETY: made by `make`, and nothing is in it any more.
        drop(unsafe { Box::from_raw(packet.cast::<Packet<F, T>>()) });
    }
    // SAFETY: this is the fiber that runs, and it has nothing left to do.
    unsafe { Inner::finish(fiber) }
}

impl Fiber {
    /// Calls the closure, and puts the outcome where the handle finds it; if
    /// there is no handle, drops it. Nothing unwinds out of here.
    ///
    /// # Safety
    ///
    /// There must be room for the outcome.
    #[inline(always)]
    unsafe fn run<T>(
        &self,
        closure: impl FnOnce() -> T,
        room: *mut Result<T, JoinError>,
    ) {
        let body = AssertUnwindSafe(|| {
            if self.cancel.get() != Cancel::No {
                // Cancelled before it has begun: the closure is dropped.
                self.raise();
                drop(closure);
                return Err(JoinError::Cancelled);
            }
            let value = closure();
            if !self.attended.get() {
                drop(value); // here, where it may panic
                return Err(JoinError::Cancelled);
            }
            Ok(value)
        });
        let outcome = panic::catch_unwind(body)
            .unwrap_or_else(|payload| Err(self.caught(payload)));
        if self.attended.get() {
            // SAFETY: our caller's promise.
            unsafe { room.write(outcome) };
        } else if let Err(JoinError::Panicked(payload)) = outcome {
            // Nobody is left who could be told, and its destructor may panic.
            let _ = panic::catch_unwind(AssertUnwindSafe(|| drop(payload)))
                .map_err(std::mem::forget);
        }
    }

    /// What a payload says about the end of the fiber.
    #[cold]
    fn caught(&self, payload: Box<dyn Any + Send>) -> JoinError {
        if is_unwinding(&*payload) {
            return JoinError::Cancelled;
        }
        self.panicked.set(true);
        JoinError::Panicked(payload)
    }
}
// ANCHOR_END: enter

/// Is this what [`Fiber::unwind`] unwinds by?
pub(crate) fn is_unwinding(payload: &(dyn Any + Send)) -> bool {
    payload.is::<Unwinding>()
}

/// See [`Fiber::dispose`].
///
/// # Safety
///
/// As there; the packet must be one of these types.
unsafe fn dispose<F, T>(packet: *mut u8, taken: bool) {
    let packet = packet.cast::<Packet<F, T>>();
    // First the box, so that it goes even if the outcome panics.
    let _memory = Packet::<F, T>::BOXED.then(|| {
        // SAFETY: made by `Box::into_raw`, of this type. A union does not drop
        // what it holds.
        unsafe { Box::from_raw(packet) }
    });
    if !taken {
        // SAFETY: it is there, at the beginning, and nobody else takes it.
        drop(unsafe { packet.cast::<Result<T, JoinError>>().read() });
    }
}
