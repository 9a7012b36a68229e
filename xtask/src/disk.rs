//! Room on the disk. A compiler or a program that finds none fails with an
//! error that looks like many others.

use std::path::Path;

/// With less than this, in bytes, the next build may fail: one chapter's test
/// programs take more.
const ROOM: u64 = 1 << 30;

/// If there is little room for new files in `folder`, a clause that says so.
/// `None` as well where the system does not tell.
pub fn nearly_full(folder: &Path) -> Option<String> {
    tell(left(folder)?, folder)
}

fn tell(left: u64, folder: &Path) -> Option<String> {
    let megabytes = left / 1_000_000;
    let folder = folder.display();
    (left < ROOM)
        .then(|| format!("the disk of {folder} has only {megabytes} MB left"))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn little_room_is_told() {
        let folder = Path::new("target");
        let told = tell(8_000_000, folder);
        assert_eq!(
            told.as_deref(),
            Some("the disk of target has only 8 MB left")
        );
        assert!(tell(ROOM - 1, folder).is_some());
        assert_eq!(tell(ROOM, folder), None);
    }

    #[test]
    #[cfg(unix)]
    fn a_folder_has_a_disk() {
        assert!(left(&std::env::temp_dir()).is_some());
        assert_eq!(left(Path::new("/no/such/folder")), None);
    }
}
