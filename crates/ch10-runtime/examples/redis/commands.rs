//! What each command does: a command and a store in, a reply out. No I/O.

use super::resp::{Command, Reply, number};
use super::store::{Full, Store};
use std::time::{Duration, Instant};

/// What comes of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The connection stays.
    Reply(Reply),
    /// It's closed after this one.
    Last(Reply),
}

// ANCHOR: run
/// Does what `command` says. `now` is the time for keys that expire.
pub fn run(command: &Command, store: &mut Store, now: Instant) -> Outcome {
    store.expire(now);
    let words: Vec<&[u8]> = command.iter().map(Vec::as_slice).collect();
    let (name, arguments) = words.split_first().unwrap_or((&EMPTY, &[]));
    let reply = match (&name.to_ascii_uppercase()[..], arguments) {
        (b"PING", []) => Reply::Status("PONG"),
        (b"PING" | b"ECHO", [text]) => Reply::Bulk(text.to_vec()),
        (b"GET", [key]) => bulk(store.get(key)),
        (b"SET", [key, value, options @ ..]) => {
            set(store, now, key, value, options)
        }
        (b"DEL", [_, ..]) => count(arguments, |key| store.remove(key)),
        (b"EXISTS", [_, ..]) => {
            count(arguments, |key| store.get(key).is_some())
        }
        (b"INCR", [key]) => incr(store, key),
        (b"EXPIRE", [key, seconds]) => expire(store, now, key, seconds),
        (b"TTL", [key]) => ttl(store, now, key),
        (b"INFO", [] | [_]) => info(store),
        (b"CONFIG", [get, name]) if get.eq_ignore_ascii_case(b"GET") => {
            config(name)
        }
        (b"COMMAND", _) => Reply::Array(Vec::new()),
        (b"SELECT", [b"0"]) => Reply::Status("OK"),
        (b"SELECT", [_]) => error("DB index is out of range"),
        (b"QUIT", []) => return Outcome::Last(Reply::Status("OK")),
        (known, _) if KNOWN.contains(&known) => {
            error("wrong number of arguments")
        }
        (unknown, _) => error(&format!("unknown command '{}'", shown(unknown))),
    };
    Outcome::Reply(reply)
}
// ANCHOR_END: run

/// The name, if a command has no words. (The parser passes over such ones.)
const EMPTY: &[u8] = b"";

/// What `run` knows, for those who give it the wrong arguments.
const KNOWN: [&[u8]; 13] = [
    b"PING", b"ECHO", b"GET", b"SET", b"DEL", b"EXISTS", b"INCR", b"EXPIRE",
    b"TTL", b"INFO", b"CONFIG", b"SELECT", b"QUIT",
];

/// The beginning of what a client sent, as text.
fn shown(bytes: &[u8]) -> String {
    String::from_utf8_lossy(&bytes[..bytes.len().min(64)]).into_owned()
}

fn error(why: &str) -> Reply {
    Reply::Error(format!("ERR {why}"))
}

fn bulk(value: Option<&[u8]>) -> Reply {
    value.map_or(Reply::Nil, |value| Reply::Bulk(value.to_vec()))
}

fn count(keys: &[&[u8]], mut counts: impl FnMut(&[u8]) -> bool) -> Reply {
    let number = keys.iter().filter(|key| counts(key)).count();
    Reply::Integer(i64::try_from(number).unwrap_or(i64::MAX))
}

fn full(_: Full) -> Reply {
    let why = "OOM command not allowed when used memory > 'maxmemory'.";
    Reply::Error(why.to_owned())
}

/// `EX seconds` or `PX milliseconds`, and `NX`: only if the key is new.
fn set(
    store: &mut Store,
    now: Instant,
    key: &[u8],
    value: &[u8],
    mut options: &[&[u8]],
) -> Reply {
    let (mut only_new, mut after) = (false, None);
    while let [option, rest @ ..] = options {
        options = rest;
        let unit = match &option.to_ascii_uppercase()[..] {
            b"NX" => {
                only_new = true;
                continue;
            }
            b"EX" => 1_000,
            b"PX" => 1,
            _ => return error("syntax error"),
        };
        let [amount, rest @ ..] = options else {
            return error("syntax error");
        };
        options = rest;
        let Some(amount) = number(amount) else {
            return error("value is not an integer or out of range");
        };
        let millis = amount.checked_mul(unit).filter(|millis| *millis > 0);
        let Some(millis) = millis else {
            return error("invalid expire time in 'set' command");
        };
        if after.replace(millis.unsigned_abs()).is_some() {
            return error("syntax error");
        }
    }
    if only_new && store.get(key).is_some() {
        return Reply::Nil;
    }
    let after = after.map(Duration::from_millis);
    // Beyond the clock is never.
    let deadline = after.and_then(|after| now.checked_add(after));
    let set = store.set(key, value.to_vec(), deadline);
    set.map_or_else(full, |()| Reply::Status("OK"))
}

fn incr(store: &mut Store, key: &[u8]) -> Reply {
    let old = store.get(key).map_or(Some(0), number);
    let Some(new) = old.and_then(|old| old.checked_add(1)) else {
        return error("value is not an integer or out of range");
    };
    let deadline = store.deadline(key).flatten();
    let set = store.set(key, new.to_string().into_bytes(), deadline);
    set.map_or_else(full, |()| Reply::Integer(new))
}

fn expire(
    store: &mut Store,
    now: Instant,
    key: &[u8],
    seconds: &[u8],
) -> Reply {
    let Some(seconds) = number(seconds) else {
        return error("value is not an integer or out of range");
    };
    let found = match u64::try_from(seconds) {
        Ok(1..) => {
            let after = Duration::from_secs(seconds.unsigned_abs());
            store.end(key, now, after)
        }
        // Zero, or in the past.
        _ => store.remove(key),
    };
    Reply::Integer(i64::from(found))
}

/// Whole seconds, rounded up; -1: it stays; -2: there is no such key.
fn ttl(store: &Store, now: Instant, key: &[u8]) -> Reply {
    Reply::Integer(match store.deadline(key) {
        None => -2,
        Some(None) => -1,
        Some(Some(deadline)) => {
            let left = deadline.saturating_duration_since(now);
            let seconds = left.as_millis().div_ceil(1_000);
            i64::try_from(seconds).unwrap_or(i64::MAX)
        }
    })
}

fn info(store: &Store) -> Reply {
    let (keys, held) = (store.len(), store.held());
    let text = format!(
        "# Server\r\nredis_mode:standalone\r\n\
         # Memory\r\nused_memory:{held}\r\n\
         # Keyspace\r\ndb0:keys={keys}\r\n"
    );
    Reply::Bulk(text.into_bytes())
}

/// There is nothing to configure, but redis-benchmark asks for these.
fn config(name: &[u8]) -> Reply {
    let value: &[u8] = match &name.to_ascii_lowercase()[..] {
        b"save" => b"",
        b"appendonly" => b"no",
        _ => return Reply::Array(Vec::new()),
    };
    let pair = [name, value].map(|text| Reply::Bulk(text.to_vec()));
    Reply::Array(pair.into())
}
