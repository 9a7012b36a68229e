//! The text of a page between its blocks: headings, images, and how long it is.

use std::collections::HashSet;

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Parser, Tag, TagEnd};

use super::html;
use crate::block::markdown_options;
use crate::page::Page;
use crate::report::Report;

/// Reads the page from end to end. `most` is how many words it may have.
pub fn check(page: &Page, most: usize, report: &mut Report) {
    let mut reader = Reader::new(page, report);
    let parser = Parser::new_ext(&page.text, markdown_options());
    for (event, range) in parser.into_offset_iter() {
        reader.event(&event, page.line_at(range.start));
    }
    let words = reader.words;
    if reader.last_level.is_none() {
        report.fail(&page.place(1), "a page begins with its `# ` heading");
    }
    if words > most {
        report.fail(
            &page.place(1),
            format!(
                "the page has {words} words; at most {most} are allowed: split \
                 it"
            ),
        );
    }
}

struct Reader<'a> {
    page: &'a Page,
    report: &'a mut Report,
    words: usize,
    code: bool,
    definitions: bool,
    /// The heading that is being read: its level, its line, its text.
    heading: Option<(HeadingLevel, usize, String)>,
    last_level: Option<HeadingLevel>,
    titles: HashSet<String>,
    /// The image that is being read: its line, its alternative text.
    image: Option<(usize, String)>,
}

impl<'a> Reader<'a> {
    fn new(page: &'a Page, report: &'a mut Report) -> Reader<'a> {
        Reader {
            page,
            report,
            words: 0,
            code: false,
            definitions: false,
            heading: None,
            last_level: None,
            titles: HashSet::new(),
            image: None,
        }
    }

    fn event(&mut self, event: &Event<'_>, line: usize) {
        match event {
            Event::Start(Tag::CodeBlock(kind)) => {
                self.code = true;
                if matches!(kind, CodeBlockKind::Indented) {
                    self.report.fail(
                        &self.page.place(line),
                        "an indented block has no class: put a fence around it",
                    );
                }
            }
            Event::End(TagEnd::CodeBlock) => self.code = false,
            Event::Start(Tag::DefinitionList) => self.definitions = true,
            Event::End(TagEnd::DefinitionList) => self.definitions = false,
            Event::Start(Tag::Heading { level, .. }) => {
                self.heading = Some((*level, line, String::new()));
            }
            Event::End(TagEnd::Heading(_)) => self.heading_ends(),
            Event::Start(Tag::Image { .. }) => {
                self.image = Some((line, String::new()));
            }
            Event::End(TagEnd::Image) => self.image_ends(),
            Event::Text(text) | Event::Code(text) if !self.code => {
                self.text(text);
            }
            Event::Html(html) | Event::InlineHtml(html) => {
                html::check(self.page, line, html, self.report);
            }
            _ => {}
        }
    }

    fn text(&mut self, text: &str) {
        // Definitions are looked up, and not read from end to end.
        if !self.definitions {
            self.words += text.split_whitespace().count();
        }
        if let Some((_, _, title)) = &mut self.heading {
            title.push_str(text);
        }
        if let Some((_, alternative)) = &mut self.image {
            alternative.push_str(text);
        }
    }

    fn heading_ends(&mut self) {
        let Some((level, line, text)) = self.heading.take() else {
            return;
        };
        self.report.checked += 1;
        let place = self.page.place(line);
        let depth = level as usize;
        let before = self.last_level.map_or(0, |level| level as usize);
        if before == 0 && depth != 1 {
            self.report
                .fail(&place, "a page begins with its `# ` heading");
        } else if before > 0 && depth == 1 {
            self.report.fail(&place, "a page has one `# ` heading");
        } else if depth > before + 1 {
            self.report.fail(&place, "a heading skips a level");
        }
        if !self.titles.insert(text.clone()) {
            let message = format!("the page has two headings {text:?}");
            self.report.fail(&place, message);
        }
        self.last_level = Some(level);
    }

    fn image_ends(&mut self) {
        let Some((line, text)) = self.image.take() else {
            return;
        };
        self.report.checked += 1;
        if text.trim().is_empty() {
            let place = self.page.place(line);
            self.report.fail(&place, "an image needs alternative text");
        }
    }
}
