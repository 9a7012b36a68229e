//! How a fiber begins and ends, and where its slot comes from and goes to.

use super::Scheduler;
use crate::fiber::{Fiber, ScopeData, Settings, control_block};
use crate::state::{Cancel, State};
use std::io;
use std::ptr;

impl Scheduler {
    /// Makes a fiber and puts it into the queue. It counts as attended: the
    /// caller makes the handle.
    ///
    /// # Errors
    ///
    /// There is no memory for a stack. The closure is dropped.
    ///
    /// # Safety
    ///
    /// What the closure borrows must live until the fiber has finished.
    // ANCHOR: spawn
    #[inline(always)]
    pub(crate) unsafe fn spawn<F: FnOnce() -> T, T>(
        &self,
        name: Option<&str>,
        scope: *const ScopeData,
        closure: F,
    ) -> io::Result<&Fiber> {
        let fiber = self.free_fiber()?;
        let id = self.spawned.get() + 1;
        self.spawned.set(id);
        let settings = Settings { id, name, scope };
        // SAFETY: it is free, and `begin` is of these types; what the closure
        // borrows is our caller's promise.
        unsafe { fiber.make(settings, closure, begin::<F, T>) };
        self.alive.set(self.alive.get() + 1);
        self.ready.push(fiber, fiber.sp.get());
        Ok(fiber)
    }
    // ANCHOR_END: spawn

    // ANCHOR: free_fiber
    /// Takes a slot from the pool, or a new one.
    #[inline(always)]
    fn free_fiber(&self) -> io::Result<&Fiber> {
        // SAFETY: null, or the control block of a slot that no fiber uses.
        let Some(free) = (unsafe { self.pool.get().as_ref() }) else {
            return self.new_fiber();
        };
        self.pool.set(free.next.get());
        Ok(free)
    }

    #[cold]
    #[inline(never)]
    fn new_fiber(&self) -> io::Result<&Fiber> {
        let slot = self.arena.take()?;
        self.ready.make_room_for(self.arena.slots());
        let place = control_block(slot.top);
        // SAFETY: near the high end of a slot that was taken just now, so no
        // other fiber is there.
        Ok(unsafe { Fiber::lay_out(place, slot.bottom, self) })
    }
    // ANCHOR_END: free_fiber

    // ANCHOR: finish
    /// The end of a fiber: wakes the one that joins it, and leaves for good.
    ///
    /// # Safety
    ///
    /// `me` is the fiber that runs, and if it is attended, its outcome is in
    /// its packet.
    #[inline(always)]
    unsafe fn finish(&self, me: &Fiber) -> ! {
        self.alive.set(self.alive.get() - 1);
        if self.cancelled.get() > 0 && me.cancel() != Cancel::No {
            self.cancelled.set(self.cancelled.get() - 1);
        }
        if !me.scope().is_null() {
            self.leave_scope(me);
        }
        let joiner = self.waiting_for(State::Joining, me.joiner.get());
        if me.is_attended() {
            me.finish();
        } else {
            // Its slot is in the pool from here on, and we still run on it:
            // but no other fiber takes it before we have left.
            self.retire(me);
        }
        if ptr::eq(me, self.main.get()) {
            self.close_short_way();
        }
        match joiner {
            Some(joiner) => self.leave_for(me, joiner),
            None => self.leave(me),
        }
        unreachable!("a finished fiber is not resumed");
    }
    // ANCHOR_END: finish

    /// A fiber of a scope has ended.
    fn leave_scope(&self, fiber: &Fiber) {
        // SAFETY: not null, as `finish` has looked; and the scope does not end
        // before `running` is 0, which counts this fiber until the line below.
        let scope = unsafe { &*fiber.scope() };
        if fiber.panicked.get() && !fiber.is_attended() {
            scope.panicked.set(true);
        }
        scope.running.set(scope.running.get() - 1);
        if scope.running.get() == 0
            && let Some(owner) = self.waiting_for(State::InScope, scope.owner)
        {
            self.ready.push(owner, owner.sp.get());
        }
    }

    /// Into the pool.
    #[inline]
    fn retire(&self, fiber: &Fiber) {
        fiber.free();
        fiber.next.set(self.pool.get());
        self.pool.set(fiber);
    }

    /// Puts the slot of a finished fiber into the pool, whose outcome was taken.
    ///
    /// # Safety
    ///
    /// Once, by the handle of the fiber, on the point of going.
    #[inline]
    pub(crate) unsafe fn release_taken(&self, fiber: &Fiber) {
        if fiber.is_on_heap() {
            // SAFETY: once, as the handle goes; the outcome is taken.
            unsafe { fiber.dispose(true) };
        }
        self.retire(fiber);
    }

    /// Puts the slot of a finished fiber into the pool, and drops its outcome.
    ///
    /// # Safety
    ///
    /// Once, by the handle of the fiber, on the point of going.
    pub(crate) unsafe fn release(&self, fiber: &Fiber) {
        if fiber.panicked.get() {
            // SAFETY: null, or a scope that has not ended: handles of its
            // fibers do not outlive it.
            let scope = unsafe { fiber.scope().as_ref() };
            if let Some(scope) = scope {
                scope.panicked.set(true);
            }
        }
        /// Gives the slot back even if the outcome's destructor panics.
        struct Back<'r>(&'r Scheduler, &'r Fiber);
        impl Drop for Back<'_> {
            fn drop(&mut self) {
                self.0.retire(self.1);
            }
        }
        let _back = Back(self, fiber);
        // SAFETY: once, as the handle goes; nothing has taken the outcome.
        unsafe { fiber.dispose(false) };
    }
}

// ANCHOR: begin
/// The first function of every fiber.
unsafe extern "C" fn begin<F: FnOnce() -> T, T>(fiber: *mut u8) -> ! {
    #[cfg(fibers_asan)]
    crate::switch::asan::began();
    // SAFETY: `Fiber::make` has put its own address there.
    let fiber = unsafe { &*fiber.cast::<Fiber>() };
    // SAFETY: a scheduler is there as long as one of its fibers is alive.
    let scheduler = unsafe { &*fiber.scheduler };
    if fiber.cancel() != Cancel::No {
        scheduler.raise(fiber);
    }
    // SAFETY: this is the first thing that happens on this stack, and `spawn`
    // has made it with these types.
    unsafe { fiber.call::<F, T>() };
    // SAFETY: this is the fiber that runs, and `call` has put the outcome into
    // the packet.
    unsafe { scheduler.finish(fiber) }
}
// ANCHOR_END: begin
