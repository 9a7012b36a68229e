//! The differential test: the same body as a coroutine of corofy and as an
//! `async fn` of the compiler must do the same.

mod generate;

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use corofy::{Print, expand};
pub use generate::{Random, body};

const PRELUDE: &str = include_str!("prelude.rs");
const PLAIN: &str = include_str!("plain.rs");
const PINNED: &str = include_str!("pinned.rs");

/// Which bodies are made.
#[derive(Clone, Copy, Debug)]
pub struct Bodies {
    pub seed: u64,
    /// In the shape `pinned`, with borrows held across waits.
    pub pinned: bool,
}

const SUB: &str = "fn sub(guard: Guard, number: u32) -> u32 {
    let first = wn(number % 5, number).wait;
    let local = Guard(77);
    let second = wn(2, first).wait;
    guard.look() ^ local.0 ^ second
}
";

/// What a batch showed.
#[derive(Debug, Default)]
pub struct Outcome {
    pub bodies: usize,
    /// In how many ways they were run: to the end, dropped, panicking.
    pub ways: usize,
    /// Faults, with the whole body.
    pub faults: Vec<String>,
    /// State sizes: ours, the compiler's.
    pub sizes: Vec<(usize, usize)>,
}

/// The seed of a body.
fn seed_of(seed: u64, index: usize) -> u64 {
    let mut random = Random(seed ^ (index as u64).wrapping_mul(0x2545_f491));
    random.next()
}

/// A program that compares the bodies of these numbers.
fn program(what: Bodies, bodies: &[usize]) -> Result<String, String> {
    let (attribute, prelude) = match what.pinned {
        true => ("#[coroutine(pinned)]\n", PINNED),
        false => ("#[coroutine]\n", PLAIN),
    };
    let mut coroutines = format!("{attribute}pub {SUB}");
    let mut real = format!("pub async {}", awaited(SUB));
    let mut main = String::new();
    for &index in bodies {
        let name = format!("b{index}");
        let text = body(&name, seed_of(what.seed, index), what.pinned);
        let _ = write!(coroutines, "{attribute}pub {text}");
        let _ = write!(real, "pub async {}", awaited(&text));
        let count = arguments(&text);
        let list: Vec<String> =
            (0..count).map(|n| format!("arg({n})")).collect();
        let list = list.join(", ");
        let _ = write!(
            main,
            "    ways += compare(\"{name}\", &|| coroutine(ours::{name}({list})), \
             &|| real(theirs::{name}({list})));\n    sizes(\"{name}\", \
             std::mem::size_of_val(&ours::{name}({list})), \
             std::mem::size_of_val(&theirs::{name}({list})));\n"
        );
    }
    let coroutines = expand(&coroutines, Print::default())
        .map_err(|faults| format!("refused: {faults:?}"))?;
    // Spelt so that no tool takes the text for an attribute of this file.
    let allow = |lints: &str| format!("#[{}({lints})]", "allow");
    Ok([
        PRELUDE,
        &prelude.replace("//!", "//"),
        "#[deny(warnings)]\n",
        &allow(
            "dead_code, path_statements, unused_parens, unused_labels, \
             unused_must_use, while_true, unused_comparisons",
        ),
        "\nmod ours { use super::*;\n",
        &coroutines,
        "}\n",
        &allow("unused, unreachable_code, dead_code, path_statements"),
        "\nmod theirs { use super::*;\n",
        &real,
        "}\nfn main() {\n    std::panic::set_hook(Box::new(|_| {}));\n",
        "    let mut ways = 0;\n",
        &main,
        "    println!(\"WAYS {ways}\");\n}\n",
    ]
    .concat())
}

fn awaited(text: &str) -> String {
    text.replace(".wait", ".await").replace(".awaitn", ".waitn")
}

/// How many arguments the function has: its types in parentheses count once.
fn arguments(text: &str) -> usize {
    let list = text.split(" -> ").next().unwrap_or_default();
    let Some((_, list)) = list.split_once('(') else {
        return 0;
    };
    let mut depth = 0;
    let mut count = 0;
    for char in list.chars() {
        match char {
            '(' => depth += 1,
            ')' => depth -= 1,
            ':' if depth == 0 => count += 1,
            _ => {}
        }
    }
    count
}

/// Compiles and runs a batch in `dir`.
pub fn batch(what: Bodies, bodies: &[usize], dir: &Path) -> Outcome {
    let mut outcome = Outcome {
        bodies: bodies.len(),
        ..Outcome::default()
    };
    let shown = |index: usize| {
        let seed = seed_of(what.seed, index);
        let text = body(&format!("b{index}"), seed, what.pinned);
        format!("body {index} of seed {}:\n{text}", what.seed)
    };
    let failed = |index: usize, why: &str| format!("{why}\n{}", shown(index));
    match compiled(what, bodies, dir) {
        Ok(output) => {
            for line in output.split("DIFFERS ").skip(1) {
                let name = line.split(' ').next().unwrap_or_default();
                let index = name[1..].parse().unwrap_or_default();
                let text = line.lines().take(3).collect::<Vec<_>>().join("\n");
                outcome.faults.push(failed(index, &text));
            }
            for line in output.lines() {
                let mut words = line.split(' ');
                match words.next() {
                    Some("WAYS") => outcome.ways = number(words.next()),
                    Some("SIZES") => {
                        words.next();
                        let ours = number(words.next());
                        outcome.sizes.push((ours, number(words.next())));
                    }
                    _ => {}
                }
            }
            if outcome.sizes.len() != bodies.len() {
                outcome.faults.push(format!(
                    "the program of {bodies:?} did not come to its end:\n{output}"
                ));
            }
        }
        // Which body is it?
        Err(why) if bodies.len() == 1 => {
            outcome.faults.push(failed(bodies[0], &why));
        }
        Err(_) => {
            let (left, right) = bodies.split_at(bodies.len() / 2);
            for half in [left, right] {
                let part = batch(what, half, dir);
                outcome.ways += part.ways;
                outcome.faults.extend(part.faults);
                outcome.sizes.extend(part.sizes);
            }
        }
    }
    outcome
}

fn number(word: Option<&str>) -> usize {
    word.and_then(|word| word.parse().ok()).unwrap_or_default()
}

fn compiled(
    what: Bodies,
    bodies: &[usize],
    dir: &Path,
) -> Result<String, String> {
    let name = format!("batch{}", bodies.first().copied().unwrap_or_default());
    let source = dir.join(format!("{name}.rs"));
    let binary = dir.join(&name);
    std::fs::write(&source, program(what, bodies)?)
        .map_err(|error| error.to_string())?;
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc)
        .args(["--edition", "2024", "-C", "debuginfo=0", "-o"])
        .arg(&binary)
        .arg(&source)
        .output()
        .map_err(|error| error.to_string())?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    let output = Command::new(&binary)
        .output()
        .map_err(|error| error.to_string())?;
    let _ = std::fs::remove_file(&binary);
    Ok(String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr))
}

/// The median of our size divided by the compiler's.
pub fn median_ratio(sizes: &[(usize, usize)]) -> f64 {
    let mut ratios: Vec<f64> = sizes
        .iter()
        .map(|&(ours, theirs)| ours as f64 / theirs.max(1) as f64)
        .collect();
    ratios.sort_by(f64::total_cmp);
    ratios.get(ratios.len() / 2).copied().unwrap_or_default()
}
