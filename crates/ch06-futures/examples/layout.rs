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

/// What a line says: "local `.sum`: 8 bytes, …" is ("local", "sum", 8), and
/// "padding: 7 bytes" is ("padding", "", 7).
fn parts(line: &str) -> Option<(&str, &str, u32)> {
    let (kind, rest) = line.split_once([' ', ':'])?;
    let (name, size) = match rest.split_once('`') {
        Some((_, rest)) => rest.split_once("`: ")?,
        None => ("", rest.trim_start()),
    };
    let (size, _) = size.split_once(" bytes")?;
    Some((kind, name.trim_start_matches('.'), size.parse().ok()?))
}

/// The whole, or a stop.
struct Variant<'a> {
    name: &'a str,
    size: u32,
    fields: Vec<(String, u32)>,
    padding: u32,
}

/// The whole and each variant: its size, and what it holds.
fn variants(all: &str) -> Vec<Variant<'_>> {
    let mut variants: Vec<Variant<'_>> = Vec::new();
    for line in about_errand(all) {
        let Some((kind, name, size)) = parts(line) else {
            continue;
        };
        match (kind, variants.last_mut()) {
            ("type" | "variant", _) => variants.push(Variant {
                name,
                size,
                fields: Vec::new(),
                padding: 0,
            }),
            ("upvar", Some(variant)) => {
                variant.fields.push((format!("arg {name}"), size));
            }
            ("local", Some(variant)) => {
                variant.fields.push((name.to_string(), size));
            }
            ("padding", Some(variant)) => variant.padding += size,
            _ => {} // the tag: the option counts its byte as padding
        }
    }
    variants
}

fn main() -> io::Result<()> {
    let all = ask_the_compiler()?;
    for Variant {
        name,
        size,
        fields,
        padding,
    } in variants(&all)
    {
        if name == BODY {
            println!("{:<12}{size}", "the whole");
            continue;
        }
        let mut holds: Vec<String> = fields
            .iter()
            .map(|(name, size)| format!("{name} {size}"))
            .collect();
        if padding > 0 {
            holds.push(format!("padding {padding}"));
        }
        println!("{name:<12}{}", holds.join(", "));
    }
    Ok(())
}

#[test]
fn the_variants_are_the_stops() -> io::Result<()> {
    let all = match ask_the_compiler() {
        // Wine starts programs of Windows only.
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            eprintln!("not tested: no rustc can be started here");
            return Ok(());
        }
        all => all?,
    };
    let variants = variants(&all);
    let fields = |name| {
        let found = variants.iter().find(|variant| variant.name == name);
        let found = found.unwrap_or_else(|| panic!("{name}: {all}"));
        let names = found.fields.iter().map(|field| field.0.as_str());
        names.collect::<Vec<_>>().join(" ")
    };
    // A stop's fields and padding are all of it.
    let whole = variants.iter().find(|variant| variant.name == BODY);
    let whole = whole.unwrap_or_else(|| panic!("{all}")).size;
    for stop in variants.iter().filter(|v| v.name.starts_with("Suspend")) {
        let fields: u32 = stop.fields.iter().map(|field| field.1).sum();
        assert_eq!(fields + stop.padding, whole, "{}: {all}", stop.name);
    }
    assert!(fields("Unresumed").contains("name"));
    assert!(fields("Suspend0").contains("first"));
    assert!(!fields("Suspend0").contains("second"));
    assert!(fields("Suspend1").contains("second"));
    assert!(!fields("Suspend1").contains("first"));
    assert!(!fields("Returned").contains("sum"));
    Ok(())
}

#[test]
fn without_the_braces_the_arrays_share_nothing() {
    async fn pause() {
        std::future::pending::<()>().await;
    }
    async fn without(name: [u8; 16]) -> u64 {
        let mut sum = 0;
        let first: [u64; 4] = [1; 4];
        pause().await;
        sum += first.iter().sum::<u64>();
        let second: [u64; 4] = [2; 4];
        pause().await;
        sum += second.iter().sum::<u64>();
        sum + u64::from(name[0])
    }
    let (with, without) = (asked::errand::made(), without([0; 16]));
    assert_eq!(size_of_val(&without), with + size_of::<[u64; 4]>());
}
