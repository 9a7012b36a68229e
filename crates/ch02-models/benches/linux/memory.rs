//! What a waiting task holds.
//!
//! For those that live on the heap an allocator of our own counts every byte
//! that was asked for and not given back. For threads the kernel says how much
//! address space and memory the process has; its own stacks for them come on
//! top, and are a group by themselves. Each measurement is a child process: it
//! starts with nothing.

use super::peers::{PEERS, Peer};
use super::{CASES, goes, print};
use ch02_models::threads::{Memory, kernel_stacks};
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};
use testing::bench::{Result, again, grouped};

/// Bytes that are allocated now. Relaxed: a number, which nothing follows from.
static ALLOCATED: AtomicUsize = AtomicUsize::new(0);

struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

// SAFETY: what it returns is what the system's allocator does.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATED.fetch_add(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller keeps the promises that `alloc` asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        ALLOCATED.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller got it from `alloc`, which got it from there.
        unsafe { System.dealloc(place, layout) }
    }

    unsafe fn realloc(
        &self,
        place: *mut u8,
        layout: Layout,
        size: usize,
    ) -> *mut u8 {
        ALLOCATED.fetch_add(size, Ordering::Relaxed);
        ALLOCATED.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: `place` came from `alloc`, which got it from `System` with
        // this layout; that the new size is valid is the caller's promise.
        unsafe { System.realloc(place, layout, size) }
    }
}

/// Bytes a task: on the heap, of address space, of memory, and of the kernel.
struct Held([f64; 4]);

/// The child: has that many tasks waiting, and prints what they hold.
pub fn child(peer: &Peer, count: usize) -> Result<()> {
    let (memory, kernel) = (Memory::now()?, kernel_stacks()?);
    let heap = ALLOCATED.load(Ordering::Relaxed);
    let mut held = None;
    (peer.keep)(count, &mut || {
        let heap = ALLOCATED.load(Ordering::Relaxed) - heap;
        held = Some((heap, Memory::now(), kernel_stacks()));
    });
    let (heap, now, stacks) = held.ok_or("no task waited")?;
    let (now, stacks) = (now?, stacks?);
    println!(
        "{heap} {} {} {}",
        now.reserved - memory.reserved,
        now.touched - memory.touched,
        stacks.saturating_sub(kernel)
    );
    Ok(())
}

fn measure(peer: &Peer, count: usize) -> Result<Held> {
    let text = again(&["--keep", "--only", peer.name, &grouped(count)])?;
    let mut numbers = [0.0; 4];
    let mut words = text.split_whitespace();
    for number in &mut numbers {
        let word = words.next().ok_or_else(|| format!("{text:?}"))?;
        *number = word.parse::<f64>()? / count as f64;
    }
    Ok(Held(numbers))
}

/// The groups `reserved`, `touched` and `kernel`.
pub fn compare(quick: bool) -> Result<()> {
    let rounds = if quick { 1 } else { 3 };
    let mut lines: [Vec<_>; 3] = Default::default();
    for count in CASES {
        for peer in PEERS.iter().filter(|peer| goes(peer, count)) {
            let mut figures: [Vec<f64>; 3] = Default::default();
            for _ in 0..rounds {
                let Held([heap, reserved, touched, kernel]) =
                    measure(peer, count)?;
                let of_peer = if peer.threads {
                    [reserved, touched, kernel]
                } else {
                    // Each byte that was asked for is in use.
                    [heap, heap, 0.0]
                };
                for (figures, figure) in figures.iter_mut().zip(of_peer) {
                    figures.push(figure);
                }
            }
            for (lines, figures) in lines.iter_mut().zip(figures) {
                lines.push((peer, count, figures));
            }
        }
    }
    let groups = ["reserved", "touched", "kernel"];
    for (group, lines) in groups.into_iter().zip(lines) {
        for (peer, count, figures) in lines {
            // What the kernel has for all processes is too rough for ten.
            if group != "kernel" || (peer.threads && count >= 1_000) {
                print(group, peer, count, "B", &figures)?;
            }
        }
    }
    Ok(())
}
