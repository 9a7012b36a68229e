//! The built books that are being served: the newest one, and the one before
//! it for pages that were asked for before it came.
//!
//! Each build has a folder of its own and is put up in one step, so a request
//! meets the old book or the new one, never one that is half built.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result};

/// What there is to serve.
#[derive(Debug)]
pub struct Shelf {
    /// Where builds go, and what makes this run's versions different from
    /// those of the last one; none for a book that never changes.
    builds: Option<(PathBuf, u128)>,
    next: AtomicU64,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    current: Option<Arc<Build>>,
    previous: Option<Arc<Build>>,
    error: Option<String>,
    /// How many books were put up.
    count: u64,
}

/// One built book. Its folder goes with the last request that reads from it.
#[derive(Debug)]
pub struct Build {
    folder: PathBuf,
    temporary: bool,
}

impl Build {
    /// Where its files are.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

impl Drop for Build {
    fn drop(&mut self) {
        if self.temporary {
            // What cannot be removed goes when `serve` starts again.
            let _ = std::fs::remove_dir_all(&self.folder);
        }
    }
}

/// What a request finds.
#[derive(Debug)]
pub struct View {
    /// The newest book.
    pub current: Option<Arc<Build>>,
    /// The one before it.
    pub previous: Option<Arc<Build>>,
    /// Why the last build failed.
    pub error: Option<String>,
    /// The name of the newest book; none if it never changes.
    pub version: Option<String>,
}

impl Shelf {
    /// A book that was built and stays as it is.
    pub fn fixed(folder: &Path) -> Shelf {
        let book = Build {
            folder: folder.to_owned(),
            temporary: false,
        };
        Shelf {
            builds: None,
            next: AtomicU64::new(0),
            state: Mutex::new(State {
                current: Some(Arc::new(book)),
                ..State::default()
            }),
        }
    }

    /// Books that are built again and again below `folder`, which belongs to
    /// this run alone: what an earlier one left there goes.
    ///
    /// # Errors
    /// When that cannot be removed.
    pub fn changing(folder: PathBuf) -> Result<Shelf> {
        if folder.exists() {
            std::fs::remove_dir_all(&folder)
                .with_context(|| folder.display().to_string())?;
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let run = now.map_or(0, |time| time.as_nanos());
        Ok(Shelf {
            builds: Some((folder, run)),
            next: AtomicU64::new(0),
            state: Mutex::default(),
        })
    }

    /// Builds a book beside those that are served. If that works it is served
    /// from now on, else the error is.
    ///
    /// # Errors
    /// What `build` says of its folder.
    pub fn build<T>(
        &self,
        build: impl FnOnce(&Path) -> Result<T>,
    ) -> Result<T> {
        let (folder, _) = self.builds.as_ref().context("a fixed book")?;
        // Relaxed: only this counter's own order matters.
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let book = Build {
            folder: folder.join(number.to_string()),
            temporary: true,
        };
        let built = build(&book.folder);
        let mut state = self.state();
        let oldest = match &built {
            Ok(_) => {
                state.count += 1;
                state.error = None;
                let old = state.current.replace(Arc::new(book));
                std::mem::replace(&mut state.previous, old)
            }
            Err(error) => {
                state.error = Some(format!("{error:#}"));
                Some(Arc::new(book))
            }
        };
        drop(state);
        // Its files are removed now; no request waits for that.
        drop(oldest);
        built
    }

    /// What is served at this moment.
    pub fn view(&self) -> View {
        let state = self.state();
        View {
            current: state.current.clone(),
            previous: state.previous.clone(),
            error: state.error.clone(),
            version: self
                .builds
                .as_ref()
                .map(|(_, run)| format!("{run}-{}", state.count)),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(folder: &Path, text: &str) -> Result<()> {
        std::fs::create_dir_all(folder)?;
        Ok(std::fs::write(folder.join("a"), text)?)
    }

    fn folder(view: &View) -> &Path {
        view.current.as_ref().unwrap().folder()
    }

    #[test]
    fn a_book_stays_as_long_as_a_request_reads_it() {
        let outer = tempfile::tempdir().unwrap();
        let root = outer.path().join("served");
        let shelf = Shelf::changing(root.clone()).unwrap();
        assert!(shelf.view().current.is_none());
        shelf.build(|folder| write(folder, "first")).unwrap();
        let first = shelf.view();
        for _ in 0..3 {
            shelf
                .build(|new| {
                    // The one that is served is not touched meanwhile.
                    assert!(folder(&shelf.view()).join("a").is_file());
                    write(new, "later")
                })
                .unwrap();
        }
        let read = std::fs::read_to_string(folder(&first).join("a"));
        assert_eq!(read.unwrap(), "first");
        assert_ne!(first.version, shelf.view().version);
        drop(first);
        assert_eq!(std::fs::read_dir(&root).unwrap().count(), 2);
    }

    #[test]
    fn a_build_that_fails_changes_nothing_but_the_error() {
        let outer = tempfile::tempdir().unwrap();
        let root = outer.path().join("served");
        let shelf = Shelf::changing(root.clone()).unwrap();
        let fail = |folder: &Path| -> Result<()> {
            write(folder, "half")?;
            anyhow::bail!("no such page")
        };
        shelf.build(fail).unwrap_err();
        let view = shelf.view();
        assert!(view.current.is_none());
        assert_eq!(view.error.as_deref(), Some("no such page"));
        assert_eq!(std::fs::read_dir(&root).unwrap().count(), 0);

        shelf.build(|folder| write(folder, "good")).unwrap();
        let good = shelf.view();
        assert_eq!(good.error, None);
        assert_ne!(good.version, view.version);
        shelf.build(fail).unwrap_err();
        let view = shelf.view();
        assert_eq!(folder(&view), folder(&good));
        assert_eq!(view.version, good.version);
        assert!(view.error.is_some());
    }
}
