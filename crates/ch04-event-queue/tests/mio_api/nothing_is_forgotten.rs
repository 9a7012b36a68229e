//! Reads the source of the mio that the tests are built with, and looks for
//! items that are on none of the lists.

use super::{ELSEWHERE, EVERYWHERE, LEFT_OUT, METHODS, ON_UNIX};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where mio's public items are.
const FILES: [&str; 16] = [
    "lib.rs",
    "poll.rs",
    "interest.rs",
    "token.rs",
    "waker.rs",
    "event/event.rs",
    "event/events.rs",
    "event/source.rs",
    "net/tcp/listener.rs",
    "net/tcp/stream.rs",
    "net/udp.rs",
    "net/uds/datagram.rs",
    "net/uds/listener.rs",
    "net/uds/stream.rs",
    "sys/unix/pipe.rs",
    "sys/unix/sourcefd.rs",
];

#[test]
fn all_of_mios_items_are_on_a_list() {
    let mut items = items(&source_of_mio());
    assert!(items.len() > 100, "only {} found", items.len());
    let known = |item: &str| {
        let left_out = LEFT_OUT.iter().any(|(name, _)| {
            let of_it = item.strip_prefix(name);
            of_it.is_some_and(|r| r.is_empty() || r.starts_with(':'))
        });
        left_out || METHODS.contains(&item) || ELSEWHERE.contains(&item)
    };
    items.retain(|item| !known(item));
    assert!(items.is_empty(), "in mio, and on no list: {items:?}");
}

#[test]
fn all_of_mios_traits_are_on_a_list() {
    let mut pairs = implementations(&source_of_mio());
    assert!(pairs.len() > 50, "only {} found", pairs.len());
    let lists = || EVERYWHERE.iter().chain(ON_UNIX);
    pairs.retain(|(kind, what)| {
        let left_out = LEFT_OUT.iter().any(|(name, _)| {
            kind.trim_start_matches('&') == *name || what.contains(name)
        });
        let listed = lists().any(|(name, bounds)| {
            let mut all = bounds.split(" + ");
            name == kind && all.any(|one| one.starts_with(what))
        });
        // Windows' are on the third list; one is private to a function.
        let elsewhere = what.contains("Socket")
            || kind == "OwnedSocket"
            || kind == "EventDetails";
        !left_out && !listed && !elsewhere
    });
    assert!(pairs.is_empty(), "in mio, and on no list: {pairs:?}");
}

/// The folder of the mio that this crate is tested with.
fn source_of_mio() -> PathBuf {
    let cargo = std::env::var_os("CARGO").expect("cargo sets it");
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--offline"])
        .args(["--filter-platform", "x86_64-unknown-linux-gnu"])
        .current_dir(testing::package_folder())
        .output()
        .expect("cargo runs this test");
    let json = String::from_utf8(output.stdout).expect("it is JSON");
    json.split("\"manifest_path\":\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .map(|path| Path::new(path).parent().expect("it is a file's"))
        .find(|folder| {
            let name = folder.file_name().and_then(|name| name.to_str());
            name.is_some_and(|name| name.starts_with("mio-"))
        })
        .expect("mio is a dependency")
        .join("src")
}

/// The lines of all files, without comments and `pub(crate)`.
fn lines(source: &Path) -> Vec<String> {
    let mut all = Vec::new();
    for file in FILES {
        let text = std::fs::read_to_string(source.join(file));
        let text = text.unwrap_or_else(|why| panic!("{file}: {why}"));
        all.extend(text.lines().map(str::to_owned));
    }
    all.retain(|line| !line.trim_start().starts_with("//"));
    all
}

/// A name at the beginning of `text`.
fn name(text: &str) -> &str {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    text.split(|c| !is_part(c)).next().unwrap_or_default()
}

/// Public items, as `name` or `Type::name`.
fn items(source: &Path) -> BTreeSet<String> {
    let (mut all, mut within) = (BTreeSet::new(), None);
    for line in lines(source) {
        if line.starts_with('}') {
            within = None;
        }
        let line = line.trim_start();
        if let Some(rest) = line.strip_prefix("impl ") {
            // Not of a trait: those are not named `pub`.
            within = Some(name(rest).to_owned());
        }
        let Some(rest) = line.strip_prefix("pub ") else {
            continue;
        };
        let rest = rest.strip_prefix("const fn ").unwrap_or(rest);
        let kinds = ["fn ", "struct ", "enum ", "trait ", "mod ", "const "];
        let found = kinds.iter().find_map(|k| rest.strip_prefix(k));
        let item = name(found.unwrap_or(rest));
        if found.is_none() || item == "as_raw_fd" {
            continue; // `pub use`; a test of mio's that is `pub`
        }
        all.insert(match &within {
            Some(kind) => format!("{kind}::{item}"),
            None => item.to_owned(),
        });
    }
    all
}

/// Implementations of traits, as type and trait.
fn implementations(source: &Path) -> BTreeSet<(String, String)> {
    let mut all = BTreeSet::new();
    for line in lines(source) {
        let Some(rest) = line.trim_start().strip_prefix("impl") else {
            continue;
        };
        let rest = match rest.strip_prefix('<') {
            Some(generic) => generic.split_once('>').expect("it ends").1,
            None => rest,
        };
        let Some((what, kind)) = rest.trim().split_once(" for ") else {
            continue;
        };
        let kind = kind.split([' ', '<', '{']).find(|k| !k.is_empty());
        let kind = kind.unwrap_or_default().replace("&'a", "&");
        let kind = match kind.as_str() {
            "&" | "&'_" => {
                format!("&{}", line.rsplit(' ').nth(1).expect("a type"))
            }
            other => other.to_owned(),
        };
        let what = what.rsplit("::").next().unwrap_or(what);
        all.insert((kind, what.to_owned()));
    }
    all
}
