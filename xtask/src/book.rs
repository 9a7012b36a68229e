//! Building the book with mdBook as a library, and being its preprocessor.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, Once};

use anyhow::{Context as _, Result};
use mdbook_driver::MDBook;
use mdbook_preprocessor::book::{Book, BookItem};
use mdbook_preprocessor::{Preprocessor, PreprocessorContext};
use tracing::field::{Field, Visit};
use tracing_subscriber::layer::{Context as LayerContext, SubscriberExt as _};

use crate::features;
use crate::page::Page;
use crate::project::{PREPROCESSOR, Project};
use crate::workbench::in_parallel;
use crate::{print_page, search_index};

/// Builds the book into `folder`; gives mdBook's warnings. Its first page
/// offers the PDF `pdf`, if there is to be one.
///
/// # Errors
/// When a page cannot be rendered.
pub fn build(
    project: &Project,
    folder: &Path,
    pdf: Option<&str>,
) -> Result<Vec<String>> {
    let mut book = MDBook::load(&project.root)?;
    book.config.build.build_dir = folder.to_owned();
    // book.toml declares the preprocessor as a command for an installed
    // mdBook. Here it is replaced by itself, without a second process.
    book.with_preprocessor(Features {
        pdf: pdf.map(str::to_owned),
    });
    watch_warnings();
    take_warnings();
    book.build()?;
    let title = book.config.book.title.as_deref().unwrap_or_default();
    print_page::add_contents(&book.book, title, folder)?;
    search_index::shorten(folder)?;
    Ok(take_warnings())
}

/// The preprocessor's protocol: a book as JSON on standard input, the changed
/// book on standard output.
///
/// # Errors
/// When the input is not such a book or a page cannot be changed.
pub fn preprocess_stdin() -> Result<()> {
    let mut input = Vec::new();
    std::io::stdin().read_to_end(&mut input)?;
    let (context, book) = mdbook_preprocessor::parse_input(&input[..])
        .context("this is called by mdBook, with a book on standard input")?;
    let book = Features::default().run(&context, book)?;
    serde_json::to_writer(std::io::stdout().lock(), &book)?;
    Ok(())
}

/// The name of a page's HTML file, relative to the book.
pub fn html_name(page: &Path) -> PathBuf {
    // mdBook renders a folder's README.md as its index.
    if page.file_stem().is_some_and(|stem| stem == "README") {
        page.with_file_name("index.html")
    } else {
        page.with_extension("html")
    }
}

/// The page features as an mdBook preprocessor.
#[derive(Debug, Default)]
struct Features {
    pdf: Option<String>,
}

impl Preprocessor for Features {
    fn name(&self) -> &str {
        PREPROCESSOR
    }

    fn run(&self, context: &PreprocessorContext, book: Book) -> Result<Book> {
        let mut book = book;
        let project = Project::load(&context.root)?;
        let set = features::Features::new(&project)?;
        let set = set.with_pdf(self.pdf.as_deref());
        let mut pages = Vec::new();
        book.for_each_mut(|item| {
            if let Some((path, content)) = page_of(item) {
                pages.push((project.src().join(path), content.clone()));
            }
        });
        let texts = in_parallel(&pages, |(path, raw)| {
            set.apply(&Page::expand(&project.root, path, raw))
        });
        let texts = texts.into_iter().collect::<Result<Vec<_>>>()?;
        let mut texts = texts.into_iter();
        book.for_each_mut(|item| {
            if let Some((_, content)) = page_of(item) {
                *content = texts.next().unwrap_or_default();
            }
        });
        Ok(book)
    }
}

/// The file of an item that is a page, and its text.
fn page_of(item: &mut BookItem) -> Option<(&Path, &mut String)> {
    let BookItem::Chapter(chapter) = item else {
        return None;
    };
    let path = chapter.source_path.as_deref()?;
    Some((path, &mut chapter.content))
}

static WARNINGS: Mutex<Vec<String>> = Mutex::new(Vec::new());

fn take_warnings() -> Vec<String> {
    std::mem::take(&mut *WARNINGS.lock().unwrap_or_else(|e| e.into_inner()))
}

/// mdBook tells of trouble in its log only.
fn watch_warnings() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let subscriber = tracing_subscriber::registry().with(Warnings);
        // Only this function sets one, and only once.
        let _ = tracing::subscriber::set_global_default(subscriber);
    });
}

#[derive(Debug)]
struct Warnings;

impl<S: tracing::Subscriber> tracing_subscriber::Layer<S> for Warnings {
    fn on_event(
        &self,
        event: &tracing::Event<'_>,
        _context: LayerContext<'_, S>,
    ) {
        // Levels are ordered by verbosity: WARN and what is graver.
        if *event.metadata().level() > tracing::Level::WARN {
            return;
        }
        let mut text = Message(String::new());
        event.record(&mut text);
        WARNINGS
            .lock()
            .unwrap_or_else(|e| e.into_inner())
            .push(text.0);
    }
}

struct Message(String);

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        if field.name() == "message" {
            self.0 = format!("{value:?}");
        }
    }
}
