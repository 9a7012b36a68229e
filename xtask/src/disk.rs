//! Room on the disk. A compiler or a program that finds none fails with an
//! error that looks like many others.

use std::path::Path;

/// With less than this, in bytes, the next build may fail: one chapter's test
/// programs take more.
const ROOM: u64 = 1 << 30;

/// If there is little room for new files in `folder`, a clause that says so.
/// `None` as well where the system does not tell.
pub fn nearly_full(folder: &Path) -> Option<String> {
    let left = left(folder)?;
    let megabytes = left / 1_000_000;
    (left < ROOM).then(|| {
        format!(
            "the disk of {} has only {megabytes} MB left",
            folder.display()
        )
    })
}

#[cfg(unix)]
fn left(folder: &Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(folder).ok()?;
    disk.f_bavail.checked_mul(disk.f_frsize)
}

#[cfg(not(unix))]
fn left(_: &Path) -> Option<u64> {
    None
}
