//! What a fiber that stands still has touched: the kernel's count, in a child
//! process, which starts with nothing.

use super::Result;
use super::peers::Peer;
use std::fs;
use std::process::Command;

/// Memory that this process has touched, in bytes.
fn touched() -> Result<usize> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().next());
    Ok(kib.ok_or("no VmRSS")?.parse::<usize>()? * 1024)
}

/// The child: has so many standing still, and prints what they have touched.
pub fn child(peer: &Peer, count: usize) -> Result<()> {
    let before = touched()?;
    let mut after = Ok(before);
    (peer.keep)(count, &mut || after = touched());
    println!("{}", after? - before);
    Ok(())
}

/// Bytes for each; `None` if the peer cannot have so many.
pub fn measure(peer: &Peer, count: usize) -> Result<Option<f64>> {
    if count > peer.most {
        return Ok(None);
    }
    let case = match count {
        100_000 => "100,000",
        10_000 => "10,000",
        _ => "1,000",
    };
    let output = Command::new(std::env::current_exe()?)
        .args(["--keep", "--group", "memory", "--only", peer.name, case])
        .output()?;
    let text = String::from_utf8(output.stdout)?;
    let Ok(bytes) = text.trim().parse::<usize>() else {
        let why = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{} {case}: {why}", peer.name).into());
    };
    Ok(Some(bytes as f64 / count as f64))
}
