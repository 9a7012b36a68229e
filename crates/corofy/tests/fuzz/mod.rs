//! Sources that were damaged at random: whatever they hold, the library gives
//! a text or faults, and never panics.

use std::panic::{AssertUnwindSafe, catch_unwind};

use corofy::{Print, expand};

/// A stream of numbers that a seed fixes (xorshift).
#[derive(Debug)]
pub struct Random(pub u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit.max(1) as u64) as usize
    }
}

/// What whole sources are made of.
const CORPUS: [&str; 9] = [
    include_str!("../golden/straight.rs"),
    include_str!("../golden/branches.rs"),
    include_str!("../golden/loops.rs"),
    include_str!("../golden/errors.rs"),
    include_str!("../golden/nested.rs"),
    include_str!("../golden/waker.rs"),
    include_str!("../golden/pinned.rs"),
    include_str!("../golden/held.rs"),
    include_str!("../ui/elsewhere.rs"),
];

/// Pieces that are put into them.
const PIECES: [&str; 64] = [
    ".wait",
    "?",
    "return",
    "break",
    "continue",
    "'a:",
    "loop {",
    "}",
    "{",
    "(",
    ")",
    "[",
    "]",
    "if",
    "else",
    "let",
    "let mut x =",
    "match x {",
    "=>",
    "_",
    "..",
    "..=",
    "|x|",
    "move ||",
    "async {",
    "unsafe {",
    "const {",
    "for x in",
    "while let Some(x) =",
    "if let Ok(x) =",
    "&&",
    "||",
    "&mut",
    "&",
    "*",
    "!",
    "-",
    "=",
    "+=",
    "==",
    "as u32",
    ";",
    ",",
    ".await",
    "ä",
    "\"{x}\"",
    "'x'",
    "b\"\"",
    "println!(",
    "vec![",
    "#[cfg(x)]",
    "#![a]",
    "x",
    "self",
    "Self",
    "r#fn",
    "Some(",
    "S { x, .. }",
    "x @",
    "ref",
    "1..2",
    "fn f() {",
    "static X: u8 =",
    "<T>",
];

/// A source with some damage.
pub fn source(random: &mut Random) -> String {
    if random.below(10) == 0 {
        let soup: Vec<&str> = (0..random.below(40))
            .map(|_| PIECES[random.below(PIECES.len())])
            .collect();
        let shape = ["", "(pinned)"][random.below(2)];
        return format!("#[coroutine{shape}] fn f() {{ {} }}", soup.join(" "));
    }
    let mut text = CORPUS[random.below(CORPUS.len())].to_owned();
    // The other shapes take other ways through the transformer.
    if random.below(3) == 0 {
        text = text.replace("coroutine]", "coroutine(pinned)]");
    }
    for _ in 0..1 + random.below(4) {
        let mut words: Vec<&str> = text.split_inclusive(' ').collect();
        let at = random.below(words.len());
        match random.below(4) {
            0 => _ = words.remove(at),
            1 => words.insert(at, PIECES[random.below(PIECES.len())]),
            2 => words.insert(at, words[random.below(words.len())]),
            _ => {
                let other = random.below(words.len());
                words.swap(at, other);
            }
        }
        text = words.concat();
    }
    text
}

/// Whether the source was transformed; an error if that panicked.
pub fn check(source: &str) -> Result<bool, String> {
    let print = Print { explain: true };
    catch_unwind(AssertUnwindSafe(|| expand(source, print)))
        .map(|result| result.is_ok())
        .map_err(|_| format!("it panicked on:\n{source}"))
}
