//! Captions of listings. An included listing's caption links the lines that
//! it shows: in the public repository if that is known, else in the whole
//! file, which is folded under the page's first listing from it.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use anyhow::Result;
use book_figures::text::{escape, inline};

use super::{Edits, Feature, Site, extent, fenced, repository};
use crate::block::{Block, Kind, blocks};
use crate::page::{Excerpt, Page};

pub const FEATURE: Feature = Feature { edit };

/// `<!-- listing: slug | caption -->` above a block.
#[derive(Debug)]
pub struct Caption<'a> {
    /// The end of the listing's address: `#listing-slug`.
    pub slug: &'a str,
    /// What the reader sees.
    pub text: &'a str,
}

impl<'a> Caption<'a> {
    /// The caption of a block, if it has one.
    pub fn of(block: &'a Block) -> Option<Caption<'a>> {
        let note = block.note("listing")?;
        let (slug, text) = note.split_once('|').unwrap_or((note, ""));
        Some(Caption {
            slug: slug.trim(),
            text: text.trim(),
        })
    }
}

/// Where a listing was included from.
#[derive(Debug, PartialEq, Eq)]
pub struct Source {
    /// The file, relative to the project's root.
    pub file: PathBuf,
    /// The first line of the file that is shown, counted from 1.
    pub first: usize,
    /// The last one.
    pub last: usize,
}

/// The file from which a block's first included line comes, with the range of
/// lines that come from there.
pub fn source_of(page: &Page, block: &Block) -> Option<Source> {
    let mut lines = (1..=block.code.lines().count())
        .filter_map(|line| block.place_of(page, line).source);
    let (file, first) = lines.next()?;
    let last = lines
        .filter(|(other, _)| *other == file)
        .map(|(_, line)| line)
        .max()
        .unwrap_or(first);
    Some(Source { file, first, last })
}

fn edit(site: &Site<'_>, page: &Page, edits: &mut Edits) -> Result<()> {
    let mut unfolded = HashSet::new();
    for block in blocks(page) {
        let Some(caption) = Caption::of(&block) else {
            continue;
        };
        let extent = extent(page, &block);
        let source = source_of(page, &block);
        let link = match &source {
            Some(source) => format!(" {}", source_link(site, source)),
            None => String::new(),
        };
        edits.insert(
            extent.start,
            format!(
                "<figure class=\"listing\" id=\"listing-{}\">\n\
                 <figcaption><span>{}</span>{link}</figcaption>\n\n",
                caption.slug,
                inline(caption.text),
            ),
        );
        let mut after = "\n\n</figure>\n".to_owned();
        if let Some(source) = source
            && unfolded.insert(source.file.clone())
        {
            after += &whole_file(site, &block, &source.file)?;
        }
        edits.insert(extent.end, after);
    }
    Ok(())
}

fn source_link(site: &Site<'_>, source: &Source) -> String {
    let Source { file, first, last } = source;
    let path = slashed(file);
    let name = escape(&path);
    let lines = if first == last {
        format!("line {first}")
    } else {
        format!("lines {first} to {last}")
    };
    let target = match repository(site.project) {
        Some(url) => format!("{url}/blob/HEAD/{path}#L{first}-L{last}"),
        None => format!("#{}", file_id(file)),
    };
    format!(
        "<a class=\"source\" href=\"{target}\"><code>{name}</code>, \
         {lines}</a>"
    )
}

fn whole_file(site: &Site<'_>, block: &Block, file: &Path) -> Result<String> {
    let whole =
        Excerpt::read(&site.project.root, Path::new(""), &slashed(file))?;
    let code = match block.kind() {
        Kind::Rust => fenced("rust,noplayground", &whole.rust_text()),
        _ => fenced(&block.words[0], &whole.text()),
    };
    Ok(format!(
        "\n<details class=\"whole-file\" id=\"{}\">\n\
         <summary>The whole file: <code>{}</code>, {} lines</summary>\n\n\
         {}\n\n</details>\n",
        file_id(file),
        escape(&slashed(file)),
        // Lines that only mark anchors are not shown, but counted: the
        // captions give the numbers of the file.
        whole.lines.last().map_or(0, |(number, _)| *number),
        code,
    ))
}

fn file_id(file: &Path) -> String {
    let name: String = slashed(file)
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .collect();
    format!("file-{name}")
}

fn slashed(path: &Path) -> String {
    path.to_string_lossy().replace('\\', "/")
}
