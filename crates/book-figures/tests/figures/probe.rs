//! The code that the probe's figure shows. Nothing compiles it: the figure is
//! a fixture, and its recording was written by hand.

// ANCHOR: probe
fn probe() {
    assert_eq!(write(b"ab"), 2);
}
// ANCHOR_END: probe
