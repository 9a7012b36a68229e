//! What was wrong once.

#![cfg(target_os = "linux")]

mod common;

use common::{Client, LONG, eventually, watchdog};
use delay_server::DelayServer;

/// The bytes that the kernel keeps to be sent from a port of 127.0.0.1.
fn bytes_to_send(port: u16) -> u64 {
    // proc(5): local address, remote address, state, tx_queue:rx_queue.
    let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
    let local = format!("0100007F:{port:04X}");
    let kept = |line: &str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let queues = fields.get(4).filter(|_| fields[1] == local)?;
        u64::from_str_radix(queues.split(':').next()?, 16).ok()
    };
    table.lines().filter_map(kept).sum()
}

/// A thousand clients that did not read made the kernel keep 2 GB, all that
/// it allows for TCP, and every other connection of the machine stalled.
#[test]
fn the_kernel_keeps_little_for_a_client_that_does_not_read() {
    let _dog = watchdog();
    let server = DelayServer::start().unwrap();
    let mut client = Client::new(server.addr());
    client.get("/0/m?size=67108864");
    server.wait_for_requests(1, LONG).unwrap();
    eventually("the buffers are full", || {
        let now = server.wake_ups();
        std::thread::sleep(std::time::Duration::from_millis(300));
        server.wake_ups() == now
    });
    let kept = bytes_to_send(server.addr().port());
    assert!((1..=512 * 1024).contains(&kept), "{kept} bytes");
    assert_eq!(client.reply().body.len(), 64 << 20);
}
