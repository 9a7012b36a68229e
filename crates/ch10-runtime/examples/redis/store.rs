//! The keys and their values, and when each one ends. It has no clock: whoever
//! calls says what time it is.

use std::collections::{BTreeSet, HashMap};
use std::time::{Duration, Instant};

/// What each key costs beside its bytes, about: two table entries.
const PER_KEY: usize = 128;

/// All keys of the server.
#[derive(Debug)]
pub struct Store {
    entries: HashMap<Vec<u8>, Entry>,
    /// The keys that end, by when they do.
    deadlines: BTreeSet<(Instant, Vec<u8>)>,
    /// Bytes of keys and values, with what they cost.
    held: usize,
    limit: usize,
}

#[derive(Debug)]
struct Entry {
    value: Vec<u8>,
    deadline: Option<Instant>,
}

/// The store is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;

impl Store {
    /// One that holds at most `limit` bytes.
    pub fn new(limit: usize) -> Self {
        Self {
            entries: HashMap::new(),
            deadlines: BTreeSet::new(),
            held: 0,
            limit,
        }
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// How many bytes they take, about.
    pub fn held(&self) -> usize {
        self.held
    }

    /// Forgets what has ended by `now`.
    pub fn expire(&mut self, now: Instant) {
        while let Some((deadline, _)) = self.deadlines.first() {
            if *deadline > now {
                break;
            }
            if let Some((_, key)) = self.deadlines.pop_first() {
                self.remove(&key);
            }
        }
    }

    /// The value of a key.
    pub fn get(&self, key: &[u8]) -> Option<&[u8]> {
        self.entries.get(key).map(|entry| &entry.value[..])
    }

    /// Sets a value, and when it ends, if it does.
    ///
    /// # Errors
    ///
    /// [`Full`]; the key is as it was.
    pub fn set(
        &mut self,
        key: &[u8],
        value: Vec<u8>,
        deadline: Option<Instant>,
    ) -> Result<(), Full> {
        let size = key.len() + value.len() + PER_KEY;
        let old = self.size_of(key);
        if self.held - old + size > self.limit {
            return Err(Full);
        }
        self.remove(key);
        self.held += size;
        if let Some(deadline) = deadline {
            self.deadlines.insert((deadline, key.to_vec()));
        }
        self.entries.insert(key.to_vec(), Entry { value, deadline });
        Ok(())
    }

    /// Removes a key. Was there one?
    pub fn remove(&mut self, key: &[u8]) -> bool {
        self.held -= self.size_of(key);
        let Some(entry) = self.entries.remove(key) else {
            return false;
        };
        if let Some(deadline) = entry.deadline {
            self.deadlines.remove(&(deadline, key.to_vec()));
        }
        true
    }

    /// When a key ends: `None` if there is none, `Some(None)` if it stays.
    pub fn deadline(&self, key: &[u8]) -> Option<Option<Instant>> {
        self.entries.get(key).map(|entry| entry.deadline)
    }

    /// Lets a key end `after` this long. Is there one?
    pub fn end(&mut self, key: &[u8], now: Instant, after: Duration) -> bool {
        let Some(entry) = self.entries.get_mut(key) else {
            return false;
        };
        if let Some(old) = entry.deadline {
            self.deadlines.remove(&(old, key.to_vec()));
        }
        // Beyond the clock is never.
        entry.deadline = now.checked_add(after);
        if let Some(new) = entry.deadline {
            self.deadlines.insert((new, key.to_vec()));
        }
        true
    }

    fn size_of(&self, key: &[u8]) -> usize {
        match self.entries.get(key) {
            Some(entry) => key.len() + entry.value.len() + PER_KEY,
            None => 0,
        }
    }
}
