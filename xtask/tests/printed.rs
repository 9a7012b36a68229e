//! The book as a PDF.

mod support;

use std::path::{Path, PathBuf};

use support::Book;

/// The first page offers a PDF only where there is one.
#[test]
fn a_printed_book_offers_itself() {
    let mut book = Book::good();
    book.set(support::PAGE, "# Introduction\n\n{{#pdf}}\n");
    let slot = support::laid_out(&book);
    let folder = slot.root.join("target/book");
    let first = || support::read_text(&folder.join("introduction.html"));
    let ran = slot.tool(&["book"]);
    assert_eq!(ran.code(), Some(0), "{ran}");
    assert!(!first().contains(".pdf"), "{}", first());

    let mut without = slot.command(&["book", "--pdf"]);
    let cargo = std::env::var_os("CARGO").map(PathBuf::from);
    let tools = cargo.as_deref().and_then(Path::parent);
    without
        .env_remove("CHROMIUM")
        .env("PATH", tools.expect("cargo tells its tests where it is"));
    let ran = support::run(&mut without, support::LIMIT);
    assert_eq!(ran.code(), Some(2), "{ran}");
    assert!(ran.stderr.contains("--pdf needs chromium"), "{ran}");

    if support::chromium().is_none() {
        support::say(format_args!("not tested: there is no Chromium"));
        return;
    }
    let ran = slot.tool(&["book", "--pdf"]);
    assert_eq!(ran.code(), Some(0), "{ran}");
    let pdf = support::read(&folder.join("a-small-good-book.pdf"));
    assert!(pdf.starts_with(b"%PDF-"), "{ran}");
    // A sheet for each page, and one for the contents.
    let sheets = pdf.windows(11).filter(|part| part == b"/Type /Page");
    assert!(sheets.count() >= 5, "{ran}");
    assert!(first().contains("href=\"a-small-good-book.pdf\""));
    let whole = support::read_text(&folder.join("print.html"));
    let contents = "<li><a href=\"#counting\">Counting</a>";
    assert!(whole.contains(contents), "{whole}");
}
