//! Accepts connections, and connects each one to the same place.

use super::pump::both;
use ch10_runtime::net::{TcpListener, TcpStream};
use ch10_runtime::shutdown::Token;
use ch10_runtime::spawn;
use std::io;
use std::net::SocketAddr;

// ANCHOR: relay
/// Relays connections to `target` until it is asked to end. Returns how many.
///
/// # Errors
///
/// Those of the listener. What goes wrong in a connection ends that one.
pub async fn relay(
    listener: &TcpListener,
    target: SocketAddr,
    token: Token,
) -> io::Result<u64> {
    let mut connections = 0;
    while let Some(accepted) = token.until(listener.accept()).await {
        let (client, _) = accepted?;
        let in_flight = token.in_flight();
        spawn(async move {
            let _broken = connect(client, target).await;
            drop(in_flight);
        });
        connections += 1;
    }
    Ok(connections)
}
// ANCHOR_END: relay

// ANCHOR: connect
async fn connect(
    client: TcpStream,
    target: SocketAddr,
) -> io::Result<(u64, u64)> {
    let server = TcpStream::connect(target).await?;
    // A small piece isn't held back until the one before has arrived.
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    both(client.into_split(), server.into_split()).await
}
// ANCHOR_END: connect
