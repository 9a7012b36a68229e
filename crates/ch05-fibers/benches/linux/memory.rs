//! What a suspended fiber has touched: the kernel's count, in a child
//! process, which starts with nothing.

use super::peers::Peer;
use std::fs;
use testing::bench::{Result, again, grouped};

/// Memory that this process has touched, in bytes.
fn touched() -> Result<usize> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().next());
    Ok(kib.ok_or("no VmRSS")?.parse::<usize>()? * 1024)
}

/// The child: has that many suspended, and prints what they have touched.
pub fn child(peer: &Peer, count: usize) -> Result<()> {
    let before = touched()?;
    let mut after = Ok(before);
    (peer.keep)(count, &mut || after = touched());
    println!("{}", after? - before);
    Ok(())
}

/// Bytes for each; `None` if the peer cannot have that many.
pub fn measure(peer: &Peer, count: usize) -> Result<Option<f64>> {
    if count > peer.most {
        return Ok(None);
    }
    let case = grouped(count);
    let text =
        again(&["--keep", "--group", "memory", "--only", peer.name, &case])?;
    Ok(Some(text.trim().parse::<f64>()? / count as f64))
}
