//! What `examples/unawaited.rs` has the compiler look at.

async fn greet(name: &str) -> usize {
    name.len()
}

/// Calls whose futures never run.
pub async fn calls() {
    // ANCHOR: calls
    greet("Ada");
    let _ = greet("Bob");
    let all = [greet("Cleo"), greet("Dan")];
    drop(all);
    // ANCHOR_END: calls
}
