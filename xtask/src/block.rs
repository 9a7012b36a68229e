//! The fenced blocks of a page: what each is, and how it is checked.

use std::borrow::Cow;
use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

use crate::page::{Page, Place};

/// How the book's markdown is parsed: mdBook's own set of extensions.
pub fn markdown_options() -> Options {
    Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_HEADING_ATTRIBUTES
        | Options::ENABLE_DEFINITION_LIST
        | Options::ENABLE_GFM
}

/// Words that may follow `rust` on a fence.
pub const RUST_WORDS: &[&str] = &[
    "ignore",
    "no_run",
    "compile_fail",
    "listing",
    "noplayground",
    "editable",
];

/// Words that may follow `console` on a fence: where it holds.
pub const CONSOLE_WORDS: &[&str] =
    &["linux", "macos", "windows", "unix", "x86_64", "aarch64"];

/// What a block is, by the first word on its fence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Rust: a snippet, a `compile_fail` block, or a program.
    Rust,
    /// Commands with their output.
    Console,
    /// What the program above it prints.
    Output,
    /// A language that is only parsed: TOML or JSON.
    Data,
    /// Anything else: it needs a reason why nothing checks it.
    Other,
    /// A fence without a word.
    Untagged,
}

/// One fenced block.
#[derive(Clone, Debug)]
pub struct Block {
    /// The words on the fence.
    pub words: Vec<String>,
    /// The line of the opening fence in the expanded page, counted from 1.
    pub line: usize,
    /// From the opening to the closing fence, in bytes of the expanded page.
    pub range: Range<usize>,
    /// The contents as markdown gives them: without quotation marks.
    pub code: String,
    /// The comments just above: `<!-- key: value -->`.
    pub notes: Vec<(String, String)>,
}

impl Block {
    /// What the block is.
    pub fn kind(&self) -> Kind {
        match self.words.first().map(String::as_str) {
            None => Kind::Untagged,
            Some("rust") => Kind::Rust,
            Some("console") => Kind::Console,
            Some("output") => Kind::Output,
            Some("toml" | "json") => Kind::Data,
            Some(_) => Kind::Other,
        }
    }

    /// Is `word` on the fence?
    pub fn has(&self, word: &str) -> bool {
        self.words.iter().any(|own| own == word)
    }

    /// The value of the comment `<!-- key: value -->` above the block.
    pub fn note(&self, key: &str) -> Option<&str> {
        self.notes
            .iter()
            .find(|(own, _)| own == key)
            .map(|(_, value)| value.as_str())
    }

    /// All values of the comments `<!-- key: value -->` above the block.
    pub fn all_notes(&self, key: &str) -> impl Iterator<Item = &str> {
        self.notes
            .iter()
            .filter(move |(own, _)| own == key)
            .map(|(_, value)| value.as_str())
    }

    /// The error codes on the fence, such as E0382.
    pub fn error_codes(&self) -> Vec<&str> {
        self.words
            .iter()
            .map(String::as_str)
            .filter(|word| is_error_code(word))
            .collect()
    }

    /// The exit code that the console block's command must have: the number of
    /// `exit=N` on the fence, else 0.
    pub fn exit_code(&self) -> i32 {
        self.words
            .iter()
            .find_map(|word| word.strip_prefix("exit="))
            .and_then(|number| number.parse().ok())
            .unwrap_or(0)
    }

    /// A Rust block that must compile by itself.
    pub fn is_snippet(&self) -> bool {
        self.kind() == Kind::Rust
            && !self.has("ignore")
            && !self.has("compile_fail")
            && !self.has("listing")
    }

    /// A Rust block that must not compile.
    pub fn is_compile_fail(&self) -> bool {
        self.kind() == Kind::Rust && self.has("compile_fail")
    }

    /// A snippet with a `fn main` of its own.
    pub fn is_program(&self) -> bool {
        self.is_snippet()
            && syn::parse_file(&self.source()).is_ok_and(|file| {
                file.items.iter().any(|item| {
                    matches!(item, syn::Item::Fn(f) if f.sig.ident == "main")
                })
            })
    }

    /// The Rust code with its hidden lines uncovered, line for line.
    pub fn source(&self) -> String {
        self.code
            .lines()
            .map(|line| format!("{}\n", uncovered(line)))
            .collect()
    }

    /// The lines that a reader sees.
    pub fn visible(&self) -> impl Iterator<Item = (usize, &str)> {
        let rust = self.kind() == Kind::Rust;
        self.code
            .lines()
            .enumerate()
            .filter(move |(_, line)| !rust || !is_hidden(line))
            .map(|(index, line)| (index + 1, line))
    }

    /// The width of a line as it is shown, in columns.
    pub fn width(&self, line: &str) -> usize {
        let marks = match self.kind() {
            Kind::Console => samples(line).len() * "[~]".len(),
            // The one that says that the next is shown.
            Kind::Rust if line.trim_start().starts_with("##") => 1,
            _ => 0,
        };
        line.chars().count() - marks
    }

    /// The place of the opening fence.
    pub fn place(&self, page: &Page) -> Place {
        page.place(self.line)
    }

    /// A name for a file made of the block, unlike that of any other block of
    /// the book. It stays the same when blocks below change, and skeptic, which
    /// knows few characters, leaves it as it is.
    pub fn file_name(&self, page: &Page) -> String {
        let place = self.place(page);
        let path = place.file.with_extension("");
        let path = path.to_string_lossy().to_lowercase();
        let words = path.split(|c: char| !c.is_ascii_alphanumeric());
        let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
        format!("{}_{}", words.join("_"), place.line)
    }

    /// The place of a line of the code, counted from 1.
    pub fn place_of(&self, page: &Page, line: usize) -> Place {
        page.place(self.line + line)
    }
}

/// Where `[~a sample]` stands in the output of a console block.
pub fn samples(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for (start, _) in text.match_indices("[~") {
        let Some(length) = text[start..].find([']', '\n']) else {
            continue;
        };
        let end = start + length + 1;
        if text[..end].ends_with(']') {
            found.push(start..end);
        }
    }
    found
}

/// Is this the form of a compiler's error code?
pub fn is_error_code(word: &str) -> bool {
    word.len() == 5
        && word.starts_with('E')
        && word[1..].bytes().all(|byte| byte.is_ascii_digit())
}

/// rustdoc's rule: a line is hidden when it starts with `# ` or is `#` alone.
/// `##` stands for a `#` that is shown.
fn is_hidden(line: &str) -> bool {
    let line = line.trim();
    line == "#" || line.starts_with("# ")
}

fn uncovered(line: &str) -> String {
    let start = line.trim_start();
    let indent = &line[..line.len() - start.len()];
    if start.trim_end() == "#" {
        indent.to_owned()
    } else if let Some(rest) = start.strip_prefix("# ") {
        format!("{indent}{rest}")
    } else if let Some(rest) = start.strip_prefix("##") {
        format!("{indent}#{rest}")
    } else {
        line.to_owned()
    }
}

/// The line as it must stand in a Rust block for the reader to see it as it is:
/// what [`uncovered`] undoes.
pub fn shown_as_is(line: &str) -> Cow<'_, str> {
    let start = line.trim_start();
    if start == "#" || start.starts_with("# ") || start.starts_with("##") {
        let indent = &line[..line.len() - start.len()];
        Cow::Owned(format!("{indent}#{start}"))
    } else {
        Cow::Borrowed(line)
    }
}

/// A fenced block that is open at a line, while a page is read line by line.
#[derive(Debug)]
pub struct Fence {
    mark: char,
    length: usize,
    /// Is the block's first word `rust`?
    pub rust: bool,
}

impl Fence {
    /// What is open after a line.
    pub fn after(open: Option<Fence>, line: &str) -> Option<Fence> {
        let line = line.trim_start_matches([' ', '>', '\t']);
        let Some(mark) = line.chars().next().filter(|c| "`~".contains(*c))
        else {
            return open;
        };
        let rest = line.trim_start_matches(mark);
        let length = line.len() - rest.len();
        match open {
            Some(fence) => {
                let closes = fence.mark == mark
                    && length >= fence.length
                    && rest.trim().is_empty();
                (!closes).then_some(fence)
            }
            None if length < 3 => None,
            None => Some(Fence {
                mark,
                length,
                rust: words(rest).first().is_some_and(|word| word == "rust"),
            }),
        }
    }
}

/// All fenced blocks of a page, in order.
pub fn blocks(page: &Page) -> Vec<Block> {
    let mut found = Vec::new();
    let mut open: Option<Block> = None;
    let parser = Parser::new_ext(&page.text, markdown_options());
    for (event, range) in parser.into_offset_iter() {
        match event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => {
                open = Some(Block {
                    words: words(&info),
                    line: page.line_at(range.start),
                    notes: notes_above(&page.text[..range.start]),
                    range,
                    code: String::new(),
                });
            }
            Event::Text(text) => {
                if let Some(block) = &mut open {
                    block.code.push_str(&text);
                }
            }
            Event::End(TagEnd::CodeBlock) => found.extend(open.take()),
            _ => {}
        }
    }
    found
}

fn words(info: &str) -> Vec<String> {
    info.split([',', ' ', '\t'])
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// The comments that stand directly above a block.
fn notes_above(before: &str) -> Vec<(String, String)> {
    let mut notes = Vec::new();
    for line in before.lines().rev().skip_while(|line| line.trim() == ">") {
        let line = line.trim_start_matches(['>', ' ']);
        let Some(inner) = line
            .trim()
            .strip_prefix("<!--")
            .and_then(|rest| rest.strip_suffix("-->"))
        else {
            break;
        };
        if let Some((key, value)) = inner.split_once(':') {
            notes.push((key.trim().to_owned(), value.trim().to_owned()));
        }
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn page(text: &str) -> Page {
        Page::expand(Path::new("."), Path::new("p.md"), text)
    }

    #[test]
    fn blocks_know_their_line_words_and_notes() {
        let page = page(
            "text\n\n<!-- unchecked: needs gdb -->\n<!-- listing: a | B -->\n\
             ```rust,compile_fail,E0382\n# hidden\nlet x;\n```\n\n\
             > ```console\n> $ true\n> ```\n",
        );
        let blocks = blocks(&page);
        assert_eq!(blocks.len(), 2);
        assert_eq!(blocks[0].line, 5);
        assert_eq!(blocks[0].error_codes(), ["E0382"]);
        assert_eq!(blocks[0].note("unchecked"), Some("needs gdb"));
        assert_eq!(blocks[0].note("listing"), Some("a | B"));
        assert_eq!(blocks[0].source(), "hidden\nlet x;\n");
        assert_eq!(blocks[0].visible().collect::<Vec<_>>(), [(2, "let x;")]);
        assert_eq!(blocks[1].kind(), Kind::Console);
        assert_eq!(blocks[1].code, "$ true\n");
        assert_eq!(blocks[1].line, 10);
    }

    #[test]
    fn programs_have_a_main_of_their_own() {
        let page = page(
            "```rust\nfn main() {}\n```\n\n```rust\n// fn main()\nlet x = 1;\n\
             ```\n\n```rust,no_run\n# fn main() {}\n```\n",
        );
        let programs: Vec<bool> =
            blocks(&page).iter().map(Block::is_program).collect();
        assert_eq!(programs, [true, false, true]);
    }

    #[test]
    fn attributes_are_not_hidden_lines() {
        assert_eq!(uncovered("#[test]"), "#[test]");
        assert_eq!(uncovered("  ## x"), "  # x");
        assert_eq!(uncovered("#"), "");
    }

    #[test]
    fn a_line_of_a_file_is_shown_as_it_is() {
        for line in ["# x", "  ## x", "#", "##", "###x", "#[test]", "x # y"] {
            assert_eq!(uncovered(&shown_as_is(line)), line);
            assert!(!is_hidden(&shown_as_is(line)), "{line}");
        }
    }

    #[test]
    fn fences_are_followed_line_by_line() {
        let mut open = None;
        let mut rust = Vec::new();
        let text = "> ````rust,no_run\n> ```\n> ````\n`code`\n~~~text\n```\n\
                    ~~~\n```rust\n";
        for line in text.lines() {
            open = Fence::after(open, line);
            rust.push(open.as_ref().map(|fence| fence.rust));
        }
        let (yes, no) = (Some(true), Some(false));
        assert_eq!(rust, [yes, yes, None, None, no, no, None, yes]);
    }
}
