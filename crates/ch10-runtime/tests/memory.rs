//! What an idle connection costs: bytes of the heap beside the future of its
//! task, counted by the allocator.

use ch10_runtime::net::{TcpListener, TcpStream};
use ch10_runtime::{Runtime, spawn, yield_now};
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};
use testing::within_a_minute;

/// The system's allocator, with a sum.
struct Counting;

static BYTES: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call is passed on to `System` as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        BYTES.fetch_add(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller keeps `alloc`'s rules, which are `System`'s.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        BYTES.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: what `System` has allocated by `alloc`, with this layout.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// As many as fill the runtime's lists just after these have grown: the count
/// holds for any number.
const CONNECTIONS: usize = 1_000;

/// Echoes until the end.
async fn echo(mut stream: TcpStream) {
    let mut buffer = [0; 64];
    while let Ok(read @ 1..) = stream.read(&mut buffer).await {
        if stream.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
}

#[test]
fn an_idle_connection_takes_at_most_300_bytes_beside_its_future() {
    within_a_minute(|| {
        let runtime = Runtime::new().unwrap();
        let bytes = runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            let mut clients = Vec::with_capacity(CONNECTIONS);
            let mut future = 0;
            let before = BYTES.load(Ordering::Relaxed);
            for _ in 0..CONNECTIONS {
                // std's: they are no cost of the runtime.
                clients.push(std::net::TcpStream::connect(address).unwrap());
                let (stream, _) = listener.accept().await.unwrap();
                let task = echo(stream);
                future = size_of_val(&task);
                drop(spawn(task));
            }
            for _ in 0..10 {
                yield_now().await; // until all of them wait
            }
            let all = BYTES.load(Ordering::Relaxed) - before;
            let each = all / CONNECTIONS;
            println!("{each} bytes a connection, {future} of them its future");
            drop(clients);
            each - future
        });
        // On Windows the queue keeps the question that the kernel is to answer.
        let most = if cfg!(windows) { 400 } else { 300 };
        assert!(bytes <= most, "{bytes} bytes");
        assert!(bytes > 80, "less than its task's header: {bytes} bytes");
    });
}
