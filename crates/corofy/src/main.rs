//! The program: prints a file with its coroutines as state machines.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use corofy::{Print, expand};

const USAGE: &str = "usage: corofy FILE [-o OUT] [--explain]";

/// What the command line asks for.
struct Arguments {
    file: PathBuf,
    out: Option<PathBuf>,
    print: Print,
}

fn arguments() -> Result<Option<Arguments>, lexopt::Error> {
    use lexopt::Arg::{Long, Short, Value};
    let mut file: Option<OsString> = None;
    let mut out = None;
    let mut print = Print::default();
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Short('o') => out = Some(parser.value()?.into()),
            Long("explain") => print.explain = true,
            Short('h') | Long("help") => return Ok(None),
            Value(value) if file.is_none() => file = Some(value),
            _ => return Err(argument.unexpected()),
        }
    }
    let file = file.ok_or("no FILE is given")?.into();
    Ok(Some(Arguments { file, out, print }))
}

fn main() -> ExitCode {
    match arguments() {
        Ok(Some(arguments)) => run(&arguments),
        Ok(None) => {
            println!("{USAGE}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("corofy: {error}\n{USAGE}");
            ExitCode::from(2)
        }
    }
}

fn run(arguments: &Arguments) -> ExitCode {
    let name = arguments.file.display();
    let source = match std::fs::read_to_string(&arguments.file) {
        Ok(source) => source,
        Err(error) => {
            eprintln!("corofy: {name}: {error}");
            return ExitCode::FAILURE;
        }
    };
    let text = match expand(&source, arguments.print) {
        Ok(text) => text,
        Err(faults) => {
            for fault in faults {
                eprintln!("{name}:{fault}");
            }
            return ExitCode::FAILURE;
        }
    };
    let written = match &arguments.out {
        Some(out) => std::fs::write(out, text)
            .map_err(|error| format!("{}: {error}", out.display())),
        None => print(&text).map_err(|error| error.to_string()),
    };
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("corofy: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Prints; a reader that has seen enough, as `head` has, is no fault.
fn print(text: &str) -> std::io::Result<()> {
    use std::io::Write as _;
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}
