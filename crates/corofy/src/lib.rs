#![doc = include_str!("../README.md")]

use proc_macro2::{LexError, TokenStream, TokenTree};

pub use corofy_macros::coroutine;
pub use corofy_transform::{Options, Origin, Shape};

/// How a file is printed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Print {
    /// Put beside each arm what it comes from.
    pub explain: bool,
}

/// A fault in the source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// What is wrong, and what to do instead.
    pub message: String,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}: {}", self.line, self.column, self.message)
    }
}

impl std::error::Error for Fault {}

/// Transforms each coroutine of a source file, and formats the file.
///
/// Comments other than documentation are not kept.
///
/// # Errors
/// The faults in the order of the source: what is no Rust, and what a
/// coroutine cannot hold.
pub fn expand(source: &str, print: Print) -> Result<String, Vec<Fault>> {
    deep(source)?;
    let mut file = syn::parse_file(source).map_err(faults)?;
    corofy_transform::file(&mut file, print.explain).map_err(faults)?;
    let text = prettyplease::unparse(&file);
    Ok(commented(&text))
}

/// Refuses brackets in brackets that would use up the stack.
fn deep(source: &str) -> Result<(), Vec<Fault>> {
    const MOST: usize = 64;
    let lexed: TokenStream = source
        .parse()
        .map_err(|error: LexError| faults(error.into()))?;
    let mut open = vec![lexed.into_iter()];
    while let Some(innermost) = open.last_mut() {
        match innermost.next() {
            Some(TokenTree::Group(group)) if open.len() > MOST => {
                let text = format!(
                    "more than {MOST} brackets in brackets: give the inner \
                     part a name"
                );
                return Err(faults(syn::Error::new(group.span(), text)));
            }
            Some(TokenTree::Group(group)) => {
                open.push(group.stream().into_iter());
            }
            Some(_) => {}
            None => _ = open.pop(),
        }
    }
    Ok(())
}

fn faults(error: syn::Error) -> Vec<Fault> {
    let mut faults: Vec<Fault> = error
        .into_iter()
        .map(|error| {
            let start = error.span().start();
            Fault {
                line: start.line,
                column: start.column + 1,
                message: error.to_string(),
            }
        })
        .collect();
    faults.sort_by_key(|fault| (fault.line, fault.column));
    faults
}

/// The comments, which came as documentation, as plain ones.
fn commented(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.lines() {
        match line.split_once("///@ ") {
            Some((indent, origin)) if indent.trim().is_empty() => {
                out.push_str(indent);
                out.push_str("// ");
                out.push_str(origin);
            }
            _ => out.push_str(line),
        }
        out.push('\n');
    }
    out
}
