//! Renders a figure as a page of its own:
//!
//! `cargo run -p book-figures --example render -- DEFINITION RECORDING ROOT`
//!
//! The definition is a file of TOML, the recording one of JSON, and `ROOT` is
//! the folder of the files whose code the figure shows. The page goes to
//! standard output; without arguments it is that of a fixture of the tests.

use std::error::Error;
use std::io::Write as _;
use std::path::Path;

use book_figures::code::{Part, extent};
use book_figures::definition::Code;
use book_figures::{Definition, Figure};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let page = match &arguments[..] {
        [definition, recording, root] => page(definition, recording, root)?,
        [] => fixture()?,
        _ => return Err("render DEFINITION RECORDING ROOT".into()),
    };
    writeln!(std::io::stdout(), "{page}")?;
    Ok(())
}

fn fixture() -> Result<String, Box<dyn Error>> {
    // Asked for now: a checkout may be moved with its target folder.
    let own = std::env::var("CARGO_MANIFEST_DIR")?;
    let fixtures = format!("{own}/tests/figures");
    let file = |ending| format!("{fixtures}/probe.{ending}");
    page(&file("toml"), &file("json"), &fixtures)
}

/// A whole page of HTML.
fn page(
    definition: &str,
    recording: &str,
    root: &str,
) -> Result<String, Box<dyn Error>> {
    let defined = std::fs::read_to_string(definition)?;
    let parsed = Definition::parse(definition, &defined)?;
    let mut code = Vec::new();
    for run in &parsed.run {
        let parts = run.code.iter().map(|code| part(Path::new(root), code));
        code.push(parts.collect::<Result<Vec<_>, _>>()?);
    }
    let recorded = std::fs::read_to_string(recording)?;
    let name = Path::new(definition).file_stem().unwrap_or_default();
    let figure = Figure::recorded(
        &name.to_string_lossy(),
        parsed,
        (recording, &recorded),
        code,
    )?;
    figure.check_sources((recording, &recorded))?;
    let html = figure.html(recording)?;
    let all = |files: &[(&str, &str)]| -> String {
        files.iter().map(|(_, text)| *text).collect()
    };
    let (css, js) = (all(book_figures::CSS), all(book_figures::JS));
    Ok(format!(
        "<!DOCTYPE html>\n<html lang=\"en\" class=\"js\">\n<title>{name}</title>\n\
         <style>{css}</style>\n<main>{html}</main>\n<script>{js}</script>\n</html>",
        name = name.display(),
    ))
}

/// The code that the definition names: an item, or what stands between the
/// comments `ANCHOR: NAME` and `ANCHOR_END: NAME`.
fn part(root: &Path, code: &Code) -> Result<Part, Box<dyn Error>> {
    let text = std::fs::read_to_string(root.join(&code.file))?;
    let (first, last) = match (&code.anchor, &code.item) {
        (Some(anchor), _) => {
            let line = |word: &str| {
                let mark = format!("{word}: {anchor}");
                text.lines().position(|line| line.ends_with(&mark))
            };
            match (line("ANCHOR"), line("ANCHOR_END")) {
                // From the line after the first to the one before the last.
                (Some(first), Some(last)) => (first + 2, last),
                _ => return Err(format!("no anchor {anchor:?}").into()),
            }
        }
        (None, Some(item)) => extent(&text, item)?,
        (None, None) => (1, usize::MAX),
    };
    let lines = text
        .lines()
        .enumerate()
        .map(|(n, line)| (n + 1, line.into()));
    let inside = lines.filter(|(n, _)| (first..=last).contains(n));
    Ok(Part::new(code.file.display().to_string(), inside))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_page_has_the_figure_its_code_and_its_look() {
        let page = super::fixture().expect("a page");
        assert!(
            page.contains("<figure class=\"recorded\" id=\"figure-probe\"")
        );
        assert!(page.contains("assert_eq!(write(b\"ab\"), 2);"), "{page}");
        assert!(page.contains(".fig-svg") && page.contains("customElements"));
    }
}
