//! Asks the compiler for the layout of the state machine that it makes of
//! `src/asked/errand.rs`.

use ch06_futures::asked;
use std::io;
use testing::println;

const SOURCE: &str = include_str!("../src/asked/errand.rs");
/// What the compiler calls it.
const BODY: &str = "{async fn body of errand()}";

/// All layouts that the compiler prints.
fn ask_the_compiler() -> io::Result<String> {
    let output = asked::rustc(SOURCE, &["-Zprint-type-sizes"])?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The lines about our type, without what stands before each.
fn about_errand(all: &str) -> impl Iterator<Item = &str> {
    all.lines()
        .filter_map(|line| line.strip_prefix("print-type-size "))
        .skip_while(|line| !line.starts_with(&format!("type: `{BODY}`")))
        .enumerate()
        .take_while(|(index, line)| *index == 0 || !line.starts_with("type:"))
        .map(|(_, line)| line.trim())
}

/// A variant or a field: "local `.sum`: 8 bytes, …" is ("sum", 8).
fn named(line: &str) -> Option<(&str, u32)> {
    let (_, name) = line.split_once('`')?;
    let (name, rest) = name.split_once("`: ")?;
    let (size, _) = rest.split_once(" bytes")?;
    Some((name.trim_start_matches('.'), size.parse().ok()?))
}

/// The whole and each variant: its size, and what it holds.
fn variants(all: &str) -> Vec<(&str, u32, Vec<String>)> {
    let mut variants = Vec::new();
    for line in about_errand(all) {
        let Some((name, size)) = named(line) else {
            continue; // padding, or the discriminant
        };
        if !line.starts_with("upvar") && !line.starts_with("local") {
            variants.push((name, size, Vec::new()));
        } else if let Some((_, _, fields)) = variants.last_mut() {
            let argument = if line.starts_with("upvar") {
                "arg "
            } else {
                ""
            };
            fields.push(format!("{argument}{name} {size}"));
        }
    }
    variants
}

fn main() -> io::Result<()> {
    let all = ask_the_compiler()?;
    for (name, size, fields) in variants(&all) {
        let name = if name == BODY { "the whole" } else { name };
        let line = format!("{name:<10}{size:>3}  {}", fields.join(", "));
        println!("{}", line.trim_end());
    }
    Ok(())
}

#[test]
fn the_variants_are_the_stops() -> io::Result<()> {
    let all = ask_the_compiler()?;
    let variants = variants(&all);
    let fields = |name| {
        let found = variants.iter().find(|variant| variant.0 == name);
        found.unwrap_or_else(|| panic!("{name}: {all}")).2.join(" ")
    };
    assert!(fields("Unresumed").contains("name"));
    assert!(fields("Suspend0").contains("first"));
    assert!(!fields("Suspend0").contains("second"));
    assert!(fields("Suspend1").contains("second"));
    assert!(!fields("Suspend1").contains("first"));
    assert!(!fields("Returned").contains("sum"));
    Ok(())
}
