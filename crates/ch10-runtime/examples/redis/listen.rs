//! Accepts clients, who share one store.

use super::store::Store;
use super::{connection, resp};
use ch10_runtime::net::TcpListener;
use ch10_runtime::shutdown::Token;
use ch10_runtime::{spawn_local, time};
use std::cell::RefCell;
use std::io;
use std::rc::Rc;

/// What all keys and values may take, in bytes.
const STORE: usize = 64 * 1024 * 1024;

/// Serves clients until it's asked to end. Returns how many it accepted.
///
/// # Errors
///
/// Those of the listener.
// ANCHOR: listen
pub async fn listen(listener: &TcpListener, token: Token) -> io::Result<u64> {
    let store = Rc::new(RefCell::new(Store::new(STORE)));
    let mut clients = 0;
    while let Some(accepted) = token.until(listener.accept()).await {
        let (stream, _) = accepted?;
        let (store, token) = (Rc::clone(&store), token.clone());
        let in_flight = token.in_flight();
        // A client that hangs up is no reason to stop.
        spawn_local(async move {
            let limits = resp::Limits::default();
            let serve = async {
                stream.set_nodelay(true)?;
                connection::serve(stream, &store, limits, time::now).await
            };
            let _broken = token.until(serve).await;
            drop(in_flight);
        });
        clients += 1;
    }
    Ok(clients)
}
// ANCHOR_END: listen
