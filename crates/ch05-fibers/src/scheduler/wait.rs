//! How a fiber waits, what wakes it, and how it is cancelled meanwhile.

use super::Scheduler;
use crate::error::{CannotWait, give_up};
use crate::fiber::{Fiber, ScopeData};
use crate::state::{Cancel, State, Woken};
use std::ptr;
use std::time::Instant;

impl Scheduler {
    /// Stops the running fiber until it is woken or `deadline` has passed.
    ///
    /// # Errors
    ///
    /// If it cannot wait, and then nothing has happened.
    // ANCHOR: wait
    #[inline(always)]
    pub(crate) fn wait(
        &self,
        what: State,
        deadline: Option<Instant>,
    ) -> Result<Woken, CannotWait> {
        let me = self.here().ok_or(CannotWait::NotHere)?;
        self.check_unwinding(me, what)?;
        me.begin_wait(what);
        if let Some(deadline) = deadline {
            me.set_timer(self.timers.insert(deadline, me));
        }
        self.leave(me); // returns when the fiber has been woken
        self.keep_from_yielding(me);
        Ok(me.woken())
    }
    // ANCHOR_END: wait

    /// Refuses a wait in the middle of unwinding. The one exception is a scope,
    /// which has caught the unwinding and passes it on when its fibers have
    /// ended.
    #[inline(always)]
    fn check_unwinding(
        &self,
        me: &Fiber,
        what: State,
    ) -> Result<(), CannotWait> {
        if self.is_unwinding(me) && what != State::InScope {
            self.count_futile();
            return Err(CannotWait::Unwinding);
        }
        Ok(())
    }

    /// A fiber that continues to unwind after it has waited for a scope: the
    /// others have opened the short way of `yield_now`, which it must not take.
    #[inline(always)]
    fn keep_from_yielding(&self, me: &Fiber) {
        if self.cancelled.get() > 0 && me.cancel() == Cancel::Raised {
            self.close_short_way();
        }
    }

    /// Marks the running fiber as unwinding, if it is cancelled and about to
    /// unwind by something else: it must not wait once more on the way.
    pub(crate) fn raise_if_cancelled(&self) {
        if let Some(me) = self.here()
            && me.cancel() == Cancel::Asked
        {
            self.raise(me);
        }
    }

    /// After a wait that took place: unwinds if that is why it has ended.
    #[inline(always)]
    pub(crate) fn unwind_if_cancelled(&self) {
        if self.cancelled.get() > 0 {
            self.unwind_if_asked();
        }
    }

    #[cold]
    #[inline(never)]
    fn unwind_if_asked(&self) {
        if let Some(me) = self.here()
            && me.cancel() == Cancel::Asked
        {
            self.unwind(me);
        }
    }

    /// Ends a fiber's wait. A fiber that does not wait is left alone.
    // ANCHOR: wake
    #[inline]
    pub(crate) fn wake(&self, fiber: &Fiber, woken: Woken) {
        if !fiber.state().is_waiting() {
            return;
        }
        if let Some(key) = fiber.take_timer() {
            self.timers.remove(key);
        }
        fiber.end_wait(woken);
        self.ready.push(fiber, fiber.sp.get());
    }
    // ANCHOR_END: wake

    /// The fiber, if there is one and it waits for this, which has no deadline:
    /// it waits no more, and has to be put into the queue.
    #[inline(always)]
    pub(super) fn waiting_for(
        &self,
        what: State,
        fiber: *const Fiber,
    ) -> Option<&Fiber> {
        // SAFETY: null, or a fiber that waits and so has not ended; one that
        // does not wait any more has taken its name back (`joiner`).
        let fiber = unsafe { fiber.as_ref() }?;
        if fiber.state() != what {
            return None;
        }
        fiber.end_wait(Woken::Ready);
        Some(fiber)
    }

    /// Waits for the end of `fiber`, which has not ended.
    ///
    /// # Errors
    ///
    /// If the caller cannot wait.
    #[inline(always)]
    pub(crate) fn wait_for_end(&self, fiber: &Fiber) -> Result<(), CannotWait> {
        loop {
            fiber.joiner.set(self.running());
            let result = self.wait(State::Joining, None);
            fiber.joiner.set(ptr::null());
            result?;
            self.unwind_if_cancelled();
            if fiber.is_finished() {
                return Ok(());
            }
        }
    }

    /// Waits until a fiber of the scope ends, or the caller is cancelled, which
    /// cancels the scope's fibers.
    // ANCHOR: wait_for_scope
    pub(crate) fn wait_for_scope(&self, scope: &ScopeData) {
        // Also if its body has caught the unwinding, and gone on.
        let cancelled = |me: &Fiber| me.cancel() != Cancel::No;
        if self.here().is_some_and(cancelled) {
            self.cancel_scope(scope);
        }
        if self.wait(State::InScope, None).is_err() {
            // Another library has switched stacks in the middle of the scope:
            // against the contract of `Runtime::new`. What its fibers borrow
            // would be gone with it.
            give_up("a scope ends outside the fiber in which it began");
        }
    }
    // ANCHOR_END: wait_for_scope

    /// Cancels the fibers of one scope.
    pub(crate) fn cancel_scope(&self, scope: &ScopeData) {
        self.cancel(|fiber| ptr::eq(fiber.scope(), scope));
    }

    /// Cancels all fibers.
    pub(super) fn cancel_all(&self) {
        self.cancel(|_| true);
    }

    fn cancel(&self, which: impl Fn(&Fiber) -> bool) {
        for fiber in self.fibers().filter(|fiber| which(fiber)) {
            if fiber.ask_to_cancel() {
                self.cancelled.set(self.cancelled.get() + 1);
            }
            self.wake(fiber, Woken::Ready);
        }
    }
}
