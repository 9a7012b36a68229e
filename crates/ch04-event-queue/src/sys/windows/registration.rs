//! What a source remembers of the queue that it is in.

use super::super::Register;
use super::event::flags_of;
use super::{AsRaw, Phase, Selector, Socket, lock};
use crate::interest::Interest;
use crate::token::Token;
use std::io;
use std::sync::Arc;

/// The queue that the source is in, and the queue's record of the socket.
#[derive(Debug, Default)]
pub(crate) struct Registration(Option<(Selector, Arc<Socket>)>);

impl Register for Registration {
    type Queue = Selector;

    fn register(
        &mut self,
        queue: &Selector,
        socket: &impl AsRaw,
        token: Token,
        interest: Interest,
    ) -> io::Result<()> {
        let socket = Socket::new(socket.as_raw_socket(), token, interest)?;
        socket.ask(&queue.0, &mut lock(&socket.state))?;
        self.0 = Some((queue.clone(), socket));
        Ok(())
    }

    fn reregister(
        &mut self,
        queue: &Selector,
        _: &impl AsRaw,
        token: Token,
        interest: Interest,
    ) -> io::Result<()> {
        let Some(socket) = self.socket_in(queue) else {
            return Err(io::ErrorKind::NotFound.into());
        };
        let mut state = lock(&socket.state);
        state.token = token;
        state.interest = flags_of(interest);
        (state.wanted, state.told) = (state.interest, 0);
        socket.ask(&queue.0, &mut state)
    }

    fn deregister(
        &mut self,
        queue: &Selector,
        _: &impl AsRaw,
    ) -> io::Result<()> {
        let Some(socket) = self.socket_in(queue).cloned() else {
            return Err(io::ErrorKind::NotFound.into());
        };
        self.0 = None;
        let mut state = lock(&socket.state);
        state.is_gone = true;
        socket.ask(&queue.0, &mut state) // cancels
    }

    // ANCHOR: windows_io
    fn io<R>(
        &self,
        for_what: Interest,
        operation: impl FnOnce() -> io::Result<R>,
    ) -> io::Result<R> {
        let result = operation();
        if let Err(error) = &result
            && error.kind() == io::ErrorKind::WouldBlock
        {
            self.ask_again(for_what);
        }
        result
    }
    // ANCHOR_END: windows_io

    // ANCHOR: windows_io_of_datagrams
    /// An error that is the result of one datagram (it was too long for the
    /// buffer; an earlier one found nobody at its port) is taken with it, and a
    /// program may stop reading there. mio asks after `WouldBlock` only.
    fn io_of_datagrams<R>(
        &self,
        for_what: Interest,
        operation: impl FnOnce() -> io::Result<R>,
    ) -> io::Result<R> {
        let result = operation();
        if result.is_err() {
            self.ask_again(for_what);
        }
        result
    }
    // ANCHOR_END: windows_io_of_datagrams
}

impl Registration {
    /// The queue's record of the socket, if it is in this queue: it may be in
    /// one that the program has dropped.
    fn socket_in(&self, queue: &Selector) -> Option<&Arc<Socket>> {
        let (own, socket) = self.0.as_ref()?;
        Arc::ptr_eq(&own.0, &queue.0).then_some(socket)
    }

    /// Asks again about what the operation would have had to wait for, if the
    /// program wants to know, and has not heard the final word on it. What has
    /// not been answered yet stays asked. (mio asks about both directions, and
    /// is told again and again about the one that is ready.)
    fn ask_again(&self, for_what: Interest) {
        let Some((queue, socket)) = &self.0 else {
            return;
        };
        let mut state = lock(&socket.state);
        let again = flags_of(for_what) & state.interest;
        state.wanted |= again & !state.told;
        if socket.ask(&queue.0, &mut state).is_err() {
            // The operation's own result must reach the program. The question
            // is put once more before the next wait, and if that fails again,
            // there is an event.
            state.phase = Phase::ToAsk;
            drop(state); // `ask_all` takes the two locks in the other order
            lock(&queue.0.to_ask).push(Arc::clone(socket));
        }
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        if let Some((queue, socket)) = self.0.take() {
            let mut state = lock(&socket.state);
            state.is_gone = true;
            // This only cancels, which cannot fail.
            let _ = socket.ask(&queue.0, &mut state);
        }
    }
}
