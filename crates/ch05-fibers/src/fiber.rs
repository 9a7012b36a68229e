//! A fiber's control block. It lies at the high end of the fiber's own stack,
//! with the closure below it, so that a fiber that does little touches one page
//! of memory, and making one allocates nothing.
//!
//! ```text
//! top of the slot   (colour: up to 31 lines of the cache are left free)
//!                   Fiber                 the control block
//!                   Packet                first the closure, then its result
//!                   start, its two words  where the first switch jumps to
//!                   frames                down to the guard
//! ```

use crate::error::JoinError;
use crate::scheduler::Scheduler;
use crate::state::{Cancel, State, Woken};
use crate::switch::{self, Entry, StackPointer};
use crate::timers::TimerKey;
use std::any::Any;
use std::cell::{Cell, UnsafeCell};
use std::mem::ManuallyDrop;
use std::panic::{self, AssertUnwindSafe};
use std::ptr;

/// See the top of this file. Shared by reference, on one thread.
// ANCHOR: control_block
#[repr(C, align(64))]
pub(crate) struct Fiber {
    /// The stack pointer, while the fiber is stopped.
    pub(crate) sp: Cell<StackPointer>,
    /// The next free slot, while this one is in the pool.
    pub(crate) next: Cell<*const Fiber>,
    state: Cell<State>,
    cancel: Cell<Cancel>,
    /// Is there a handle? If not, the slot is free once the fiber has finished.
    attended: Cell<bool>,
    /// It has panicked, and the panic has not been handed to anyone yet.
    pub(crate) panicked: Cell<bool>,
    /// Is its packet or its name on the heap?
    on_heap: Cell<bool>,
    woken: Cell<Woken>,
    /// Is there anything in `timer`?
    has_timer: Cell<bool>,
    pub(crate) scheduler: *const Scheduler,
    /// The fiber that waits in `join` for this one, or null.
    pub(crate) joiner: Cell<*const Fiber>,
    /// The closure, later its result: on this stack, or boxed if it is large.
    packet: Cell<*mut u8>,
    /// Drops the result, whose type it knows.
    dispose: Cell<unsafe fn(*mut u8, bool)>,
    bottom: *mut u8,
    id: Cell<u64>,
    name: UnsafeCell<Option<Box<str>>>,
    /// Its entry among the timers, if it waits with a deadline.
    timer: Cell<Option<TimerKey>>,
    /// The next fiber that waits for the same socket.
    pub(crate) next_waiter: Cell<*const Fiber>,
    /// The scope that waits for it, or null.
    scope: Cell<*const ScopeData>,
}
// ANCHOR_END: control_block

/// Two lines of the cache, as the chapter says.
const _: () = assert!(size_of::<Fiber>() == 128);

// ANCHOR: scope_data
/// What a scope and its fibers share. It lies in the frame of `scope`.
#[derive(Debug)]
pub(crate) struct ScopeData {
    /// How many of its fibers have not finished.
    pub(crate) running: Cell<usize>,
    /// One of them has panicked and was not joined.
    pub(crate) panicked: Cell<bool>,
    /// The fiber that called `scope`, and waits for them.
    pub(crate) owner: *const Fiber,
}
// ANCHOR_END: scope_data

/// First the closure, then what has become of it. The state says which.
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

/// Settings of a new fiber.
pub(crate) struct Settings<'s> {
    pub(crate) id: u64,
    pub(crate) name: Option<&'s str>,
    pub(crate) scope: *const ScopeData,
}

impl Fiber {
    /// Makes the control block of a new slot, which has no fiber yet.
    ///
    /// # Safety
    ///
    /// `place` must be in a slot that is the caller's, with `bottom` its low
    /// end, and aligned.
    pub(crate) unsafe fn lay_out<'f>(
        place: *mut Self,
        bottom: *mut u8,
        scheduler: *const Scheduler,
    ) -> &'f Self {
        /// For a fiber that has no outcome.
        unsafe fn nothing(_: *mut u8, _: bool) {}
        let fiber = Self {
            sp: Cell::new(ptr::null_mut()),
            next: Cell::new(ptr::null()),
            state: Cell::new(State::Free),
            cancel: Cell::new(Cancel::No),
            attended: Cell::new(false),
            panicked: Cell::new(false),
            on_heap: Cell::new(false),
            woken: Cell::new(Woken::Ready),
            has_timer: Cell::new(false),
            scheduler,
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
        // SAFETY: aligned, and in a slot that is the caller's.
        unsafe { place.write(fiber) };
        // SAFETY: just written, and mapped as long as the runtime is there.
        unsafe { &*place }
    }

    /// Makes this a fiber that will call `closure`.
    ///
    /// # Safety
    ///
    /// The slot must be free. What the closure borrows must live until it has
    /// finished. `begin` must [`call`](Self::call) it as this `F` and `T`.
    // ANCHOR: make
    #[inline(always)]
    pub(crate) unsafe fn make<F: FnOnce() -> T, T>(
        &self,
        settings: Settings<'_>,
        closure: F,
        begin: Entry,
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
            // SAFETY: within the slot, aligned, and not in use.
            unsafe { packet.write(Packet { closure }) };
            (packet, packet.cast())
        };
        // SAFETY: the slot is much longer than these few words.
        let sp = unsafe { switch::prepare(self.bottom, top, begin, me) };
        self.sp.set(sp);
        self.state.set(State::Going);
        self.cancel.set(Cancel::No);
        self.attended.set(true);
        self.panicked.set(false);
        self.on_heap
            .set(Packet::<F, T>::BOXED || settings.name.is_some());
        self.packet.set(packet.cast());
        self.dispose.set(dispose::<F, T>);
        self.id.set(settings.id);
        self.scope.set(settings.scope);
        if let Some(name) = settings.name {
            // SAFETY: the slot was free, so no reference to its name is left.
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
    #[inline(always)]
    pub(crate) unsafe fn take_outcome<T>(&self) -> Result<T, JoinError> {
        let outcome = self.packet.get().cast::<Result<T, JoinError>>();
        // SAFETY: written by `run`, at the packet's beginning; taken once,
        // which is the caller's promise.
        unsafe { outcome.read() }
    }

    /// Drops the outcome, unless it was taken, and frees the packet's box.
    ///
    /// # Safety
    ///
    /// Once, of a finished fiber, by code that will not touch the packet again.
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
    pub(crate) fn id(&self) -> u64 {
        self.id.get()
    }

    /// The scope that waits for it, or null.
    #[inline]
    pub(crate) fn scope(&self) -> *const ScopeData {
        self.scope.get()
    }
}

/// What it is doing, and what takes it from one state to the next.
impl Fiber {
    #[inline]
    pub(crate) fn state(&self) -> State {
        self.state.get()
    }

    /// It has neither finished, nor is its slot free.
    pub(crate) fn is_alive(&self) -> bool {
        !matches!(self.state.get(), State::Finished | State::Free)
    }

    #[inline]
    pub(crate) fn is_finished(&self) -> bool {
        self.state.get() == State::Finished
    }

    /// It runs, and is about to wait for this.
    #[inline]
    pub(crate) fn begin_wait(&self, what: State) {
        debug_assert!(what.is_waiting() && self.state.get() == State::Going);
        self.state.set(what);
    }

    /// It waits, and is about to be put into the ready queue.
    #[inline]
    pub(crate) fn end_wait(&self, woken: Woken) {
        debug_assert!(self.state.get().is_waiting());
        self.woken.set(woken);
        self.state.set(State::Going);
    }

    /// Why its last wait has ended.
    #[inline]
    pub(crate) fn woken(&self) -> Woken {
        self.woken.get()
    }

    /// It has an entry among the timers.
    pub(crate) fn set_timer(&self, key: TimerKey) {
        self.timer.set(Some(key));
        self.has_timer.set(true);
    }

    /// Its entry among the timers, which has to be removed there.
    #[inline]
    pub(crate) fn take_timer(&self) -> Option<TimerKey> {
        if self.has_timer.replace(false) {
            self.timer.take()
        } else {
            None
        }
    }

    /// It runs no more, and its outcome is in the packet.
    #[inline]
    pub(crate) fn finish(&self) {
        debug_assert_eq!(self.state.get(), State::Going);
        self.state.set(State::Finished);
    }

    /// Its slot belongs to no fiber any more.
    #[inline]
    pub(crate) fn free(&self) {
        if self.on_heap.get() {
            self.clear_name();
        }
        self.state.set(State::Free);
    }

    #[cold]
    #[inline(never)]
    fn clear_name(&self) {
        // SAFETY: no reference to the name is left: those that ask for it have a
        // handle, or are the fiber itself.
        unsafe { *self.name.get() = None };
    }

    /// Is anything of it on the heap? If not, and its outcome is taken, nothing
    /// is left to be [disposed of](Self::dispose).
    #[inline]
    pub(crate) fn is_on_heap(&self) -> bool {
        self.on_heap.get()
    }

    /// Is there a handle?
    #[inline]
    pub(crate) fn is_attended(&self) -> bool {
        self.attended.get()
    }

    /// There is no handle any more, and it has not finished.
    #[inline]
    pub(crate) fn detach(&self) {
        debug_assert!(!self.is_finished());
        self.attended.set(false);
    }

    #[inline]
    pub(crate) fn cancel(&self) -> Cancel {
        self.cancel.get()
    }

    /// It is to unwind when it is resumed. Returns whether that is new.
    pub(crate) fn ask_to_cancel(&self) -> bool {
        let new = self.cancel.get() == Cancel::No;
        if new {
            self.cancel.set(Cancel::Asked);
        }
        new
    }

    /// It begins to unwind.
    pub(crate) fn set_raised(&self) {
        self.cancel.set(Cancel::Raised);
    }
}

/// Begins to unwind: the locals are dropped, up to [`Fiber::call`].
#[cold]
pub(crate) fn unwind() -> ! {
    // Not a panic: no hook, no message.
    panic::resume_unwind(Box::new(Unwinding))
}

// ANCHOR: call
impl Fiber {
    /// What every fiber does, and where its panics end.
    ///
    /// # Safety
    ///
    /// Once, on the fiber's own stack; it must have been made with this `F`.
    #[inline(always)]
    pub(crate) unsafe fn call<F: FnOnce() -> T, T>(&self) {
        let packet = self.packet.get();
        // SAFETY: until here, the packet holds the closure, at its beginning.
        let closure = unsafe { packet.cast::<F>().read() };
        // SAFETY: the closure is gone, so there is room for the outcome.
        unsafe { self.run(closure, packet.cast()) };
        if Packet::<F, T>::BOXED && !self.attended.get() {
            // SAFETY: made by `make`, and nothing is in it any more.
            drop(unsafe { Box::from_raw(packet.cast::<Packet<F, T>>()) });
        }
    }

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
                // Cancelled before it has begun.
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
            // SAFETY: there is room, which is our caller's promise.
            unsafe { room.write(outcome) };
        } else if let Err(JoinError::Panicked(payload)) = outcome {
            // No handle is left to pass it to, and its destructor may panic.
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
// ANCHOR_END: call

/// Is this what [`unwind`] unwinds by?
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
        // SAFETY: it is there, at the beginning, and nothing else takes it.
        drop(unsafe { packet.cast::<Result<T, JoinError>>().read() });
    }
}

// ANCHOR: colour
/// Where the control block of a slot is: at its high end, but not in all slots
/// at the same place of the page. The nearest cache chooses a place by the
/// offset within the page, so equal offsets would compete for the same few.
pub(crate) fn control_block(top: *mut u8) -> *mut Fiber {
    const COLOURS: usize = 32;
    const LINE: usize = 64;
    // Neighbours have different page numbers.
    let colour = (top.addr() / 4096) % COLOURS;
    top.wrapping_sub(size_of::<Fiber>() + colour * LINE).cast()
}
// ANCHOR_END: colour

/// "fiber 'name' (3)", or "fiber 3" if it has no name.
pub(crate) fn describe(fiber: &Fiber) -> String {
    match fiber.name() {
        Some(name) => format!("fiber '{name}' ({})", fiber.id()),
        None => format!("fiber {}", fiber.id()),
    }
}
