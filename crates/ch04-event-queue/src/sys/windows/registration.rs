//! What a source remembers of the queue that it is in.

use super::super::Register;
use super::event::flags_of;
use super::{AsRaw, Selector, Socket, lock};
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
        let socket = Socket::new(socket.as_raw_socket(), token, interest);
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
        let Some((_, socket)) = &self.0 else {
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
        let Some((_, socket)) = self.0.take() else {
            return Err(io::ErrorKind::NotFound.into());
        };
        let mut state = lock(&socket.state);
        state.is_gone = true;
        socket.ask(&queue.0, &mut state) // cancels
    }

    // ANCHOR: windows_io
    fn io<R>(
        &self,
        operation: impl FnOnce() -> io::Result<R>,
    ) -> io::Result<R> {
        let result = operation();
        if let Err(error) = &result
            && error.kind() == io::ErrorKind::WouldBlock
            && let Some((queue, socket)) = &self.0
        {
            let mut state = lock(&socket.state);
            state.wanted = state.interest & !state.told;
            socket.ask(&queue.0, &mut state)?;
        }
        result
    }
    // ANCHOR_END: windows_io
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
