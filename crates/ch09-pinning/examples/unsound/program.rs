//! The program of stage 3 and of stage 5: two reports, side by side. Which
//! `report` and which `run_all` it means is said by who includes it.

use crate::{Later, report, run_all};

// ANCHOR: program
/// Two reports at once. The second word of the second is `last`.
pub fn two_reports(last: &'static str) -> Vec<String> {
    let fog = report([Later::new("fog", 1)]);
    let wind = report([Later::new("wind ", 0), Later::new(last, 2)]);
    run_all(vec![fog, wind])
}
// ANCHOR_END: program
