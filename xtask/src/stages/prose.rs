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
    reader.paragraph_ends();
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
    /// The latest paragraph: its line, its text.
    paragraph: (usize, String),
    /// How deep in lists, and the items of the outermost.
    depth: usize,
    items: usize,
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
            paragraph: (1, String::new()),
            depth: 0,
            items: 0,
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
            Event::Start(Tag::Paragraph) if self.depth == 0 => {
                self.paragraph_ends();
                self.paragraph = (line, String::new());
            }
            Event::SoftBreak => self.paragraph.1.push(' '),
            Event::Start(Tag::List(_)) => {
                self.depth += 1;
                if self.depth == 1 {
                    self.items = 0;
                }
            }
            Event::Start(Tag::Item) if self.depth == 1 => self.items += 1,
            Event::End(TagEnd::List(_)) => {
                self.depth -= 1;
                if self.depth == 0 {
                    self.list_ends();
                }
            }
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
        if self.depth == 0 {
            self.paragraph.1.push_str(text);
        }
        if let Some((_, _, title)) = &mut self.heading {
            title.push_str(text);
        }
        if let Some((_, alternative)) = &mut self.image {
            alternative.push_str(text);
        }
    }

    /// A paragraph that no list followed.
    fn paragraph_ends(&mut self) {
        let (line, text) = std::mem::take(&mut self.paragraph);
        if let Some((number, true)) = announced(&text) {
            self.report.fail(
                &self.page.place(line),
                format!("{number} things to notice, and no list follows"),
            );
        }
    }

    /// The list after a paragraph that says how many there are.
    fn list_ends(&mut self) {
        let (line, text) = std::mem::take(&mut self.paragraph);
        let Some((number, _)) = announced(&text) else {
            return;
        };
        self.report.checked += 1;
        if number != self.items {
            self.report.fail(
                &self.page.place(line),
                format!("{number} are announced, and {} follow", self.items),
            );
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

/// How many items a paragraph announces for the list after it, as in "Three
/// things to notice." or "It rests on four facts:"; and whether it is the
/// first, which needs a list.
fn announced(text: &str) -> Option<(usize, bool)> {
    const NUMBERS: &[&str] = &[
        "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    ];
    let text = text.trim().to_lowercase();
    let open = text.ends_with(':');
    let text = text.trim_end_matches([':', '.']);
    let sentence = text.rsplit(['.', '?', '!', ';']).next()?;
    let words: Vec<&str> = sentence.split_whitespace().collect();
    let mut numbers = words.iter().enumerate().filter_map(|(at, word)| {
        let number = NUMBERS.iter().position(|number| number == word)? + 2;
        Some((at, number))
    });
    let (at, number) = numbers.next()?;
    let noun = words.get(at + 1)?;
    let to_notice =
        words.get(at + 1..at + 4) == Some(&["things", "to", "notice"]);
    if to_notice {
        return Some((number, true));
    }
    // "The two threads take turns:" speaks of something else.
    let before = at.checked_sub(1).map_or("", |before| words[before]);
    let definite = ["the", "these", "those", "of", "its", "all", "both"];
    (open
        && numbers.next().is_none()
        && noun.ends_with('s')
        && !definite.contains(&before))
    .then_some((number, false))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_paragraph_announces() {
        assert_eq!(announced("So. Three things to notice."), Some((3, true)));
        assert_eq!(announced("It rests on four facts:"), Some((4, false)));
        assert_eq!(announced("The two threads take turns:"), None);
        assert_eq!(announced("It has four facts."), None);
        assert_eq!(announced("In two threads and three fibers:"), None);
    }
}
