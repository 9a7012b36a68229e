//! Nothing takes the processor away from a fiber: one that does not yield keeps
//! the others waiting, for as long as it computes.

mod quiet;

use ch05_fibers::{Runtime, sleep, spawn, yield_now};
use std::time::{Duration, Instant};

/// How long the busy fiber computes.
const BUSY: Duration = Duration::from_millis(200);
/// How long the other one wanted to sleep.
const NAP: Duration = Duration::from_millis(10);

// ANCHOR: late
/// How long a nap takes beside a fiber that computes, and that calls `polite`
/// again and again meanwhile.
fn nap_beside(polite: fn()) -> Duration {
    // SAFETY: this code and std break none of the five promises.
    unsafe { Runtime::new() }.run(|| {
        let napping = spawn(|| {
            let start = Instant::now();
            sleep(NAP);
            start.elapsed()
        });
        let busy = spawn(move || {
            let start = Instant::now();
            while start.elapsed() < BUSY {
                polite();
            }
        });
        busy.join().expect("it does not panic");
        napping.join().expect("it does not panic")
    })
}
// ANCHOR_END: late

fn main() {
    quiet::end_on_closed_pipes();
    let alone = nap_beside(|| ());
    // A busy machine takes the processor away for as long now and then.
    let mut naps = (0..5).map(|_| nap_beside(yield_now));
    let polite = naps.find(|nap| *nap < BUSY).unwrap_or(BUSY);
    println!("a nap of {} ms, beside a fiber that", NAP.as_millis());
    let late = |nap: Duration| match nap >= BUSY {
        true => "as long as the other one computes",
        false => "shorter than that",
    };
    println!("  never yields:         {}", late(alone));
    println!("  yields in its loop:   {}", late(polite));
    println!(
        "measured: {} ms and {} ms",
        alone.as_millis(),
        polite.as_millis()
    );
}

#[test]
fn runs() {
    assert!(nap_beside(|| ()) >= BUSY);
    // On a busy machine the nap may well be longer, but it need not wait for
    // the whole of the other one.
    let naps = (0..10).map(|_| nap_beside(yield_now));
    assert!(naps.min().is_some_and(|nap| (NAP..BUSY).contains(&nap)));
}
