//! The lock file of a starter: what it needs of the workspace's.

use std::collections::{BTreeSet, VecDeque};

use anyhow::{Context as _, Result};
use cargo_metadata::Package;
use toml_edit::{Array, DocumentMut, Item, Table};

/// The lock file's entries that the starter needs.
pub fn needed(lock: &str, closure: &[&Package]) -> Result<String> {
    let mut lock: DocumentMut = lock.parse().context("Cargo.lock")?;
    let packages = lock["package"]
        .as_array_of_tables()
        .context("Cargo.lock has no packages")?
        .clone();
    let text = |table: &Table, key: &str| {
        table
            .get(key)
            .and_then(Item::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let mut wanted: VecDeque<String> =
        closure.iter().map(|p| p.name.to_string()).collect();
    let mut kept: BTreeSet<(String, String)> = BTreeSet::new();
    // A dependency is named "name", or "name version" where there are several.
    while let Some(spec) = wanted.pop_front() {
        let mut parts = spec.split(' ');
        let (name, version) = (parts.next(), parts.next());
        for table in &packages {
            let own = (text(table, "name"), text(table, "version"));
            if Some(own.0.as_str()) != name
                || version.is_some_and(|version| own.1 != version)
                || !kept.insert(own)
            {
                continue;
            }
            let needs = table.get("dependencies").and_then(Item::as_array);
            for need in needs.into_iter().flatten() {
                wanted.extend(need.as_str().map(str::to_owned));
            }
        }
    }
    let all = lock["package"]
        .as_array_of_tables_mut()
        .context("Cargo.lock has no packages")?;
    all.retain(|table| {
        kept.contains(&(text(table, "name"), text(table, "version")))
    });
    // "name version" is written where two versions are in the file. With
    // fewer packages one name may do; cargo insists on the shortest form.
    let names: Vec<String> = all.iter().map(|t| text(t, "name")).collect();
    for table in all.iter_mut() {
        let needs = table.get_mut("dependencies").and_then(Item::as_array_mut);
        for need in needs.into_iter().flat_map(Array::iter_mut) {
            let spec = need.as_str().unwrap_or_default();
            let name = spec.split(' ').next().unwrap_or_default();
            if names.iter().filter(|other| *other == name).count() == 1 {
                let decor = need.decor().clone();
                *need = name.into();
                *need.decor_mut() = decor;
            }
        }
    }
    Ok(lock.to_string())
}
