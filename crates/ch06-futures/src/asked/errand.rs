//! What `examples/layout.rs` has the compiler lay out.

// ANCHOR: errand
/// Stops twice.
pub async fn errand(name: [u8; 16]) -> u64 {
    let mut sum = 0;
    {
        let first: [u64; 4] = [1; 4];
        pause().await; // stop 0
        sum += first.iter().sum::<u64>();
    }
    {
        let second: [u64; 4] = [2; 4];
        pause().await; // stop 1
        sum += second.iter().sum::<u64>();
    }
    sum + u64::from(name[0])
}
// ANCHOR_END: errand

async fn pause() {
    std::future::pending::<()>().await;
}

/// Has the compiler make it.
pub fn made() -> usize {
    size_of_val(&errand([0; 16]))
}
