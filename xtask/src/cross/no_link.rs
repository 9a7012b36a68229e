//! This program in the part of a linker that links nothing.
//!
//! For a platform whose linker is not here, everything can still be compiled
//! and assembled, tests and examples too, which finds a register or an
//! instruction that is not there. cargo calls the linker then; this one writes
//! an empty file where a program should be.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

/// Set while cargo builds for such a platform.
pub const ASKED: &str = "XTASK_LINKS_NOTHING";

/// How linkers of Windows name what they write: `/OUT:FILE`.
const OUT: &str = "/OUT:";

/// Plays the linker if the environment asks for it.
pub fn run_if_asked() -> Option<ExitCode> {
    std::env::var_os(ASKED)?;
    let arguments = std::env::args_os().skip(1).flat_map(from_file);
    let Some(output) = output(arguments) else {
        eprintln!("the linker is not told what to write");
        return Some(ExitCode::FAILURE);
    };
    Some(match std::fs::write(&output, []) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{}: {error}", output.display());
            ExitCode::FAILURE
        }
    })
}

/// A long command line comes in a file, a line an argument: `@FILE`.
fn from_file(argument: OsString) -> Vec<OsString> {
    let name = argument.to_str().and_then(|text| text.strip_prefix('@'));
    let Some(bytes) = name.and_then(|name| std::fs::read(name).ok()) else {
        return vec![argument];
    };
    lines(&bytes).map(OsString::from).collect()
}

/// The lines of such a file. That of a linker of Windows is in UTF-16.
fn lines(bytes: &[u8]) -> impl Iterator<Item = String> {
    let text = match bytes.strip_prefix(&[0xff, 0xfe]) {
        Some(rest) => {
            let (pairs, _) = rest.as_chunks();
            let units = pairs.iter().map(|pair| u16::from_le_bytes(*pair));
            String::from_utf16_lossy(&units.collect::<Vec<u16>>())
        }
        None => String::from_utf8_lossy(bytes).into_owned(),
    };
    let lines: Vec<String> = text
        .lines()
        .map(|line| line.trim_matches('"').to_owned())
        .collect();
    lines.into_iter()
}

/// What the arguments say is to be written.
fn output(mut arguments: impl Iterator<Item = OsString>) -> Option<PathBuf> {
    while let Some(argument) = arguments.next() {
        if argument == "-o" {
            return arguments.next().map(PathBuf::from);
        }
        let text = argument.to_string_lossy();
        if let Some(path) = text.strip_prefix(OUT) {
            return Some(path.into());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(arguments: &[&str]) -> Option<PathBuf> {
        output(arguments.iter().map(OsString::from))
    }

    #[test]
    fn both_ways_to_name_the_output_are_understood() {
        assert_eq!(of(&["-m64", "a.o", "-o", "b"]), Some("b".into()));
        assert_eq!(of(&["/NOLOGO", "/OUT:c.exe", "a.o"]), Some("c.exe".into()));
        assert_eq!(of(&["a.o", "-o"]), None);
    }

    #[test]
    fn a_file_of_arguments_is_read_in_both_encodings() {
        let wide: Vec<u8> = "\u{feff}\"/OUT:c.exe\"\r\na.o"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        let lines = |bytes: &[u8]| super::lines(bytes).collect::<Vec<_>>();
        assert_eq!(lines(&wide), ["/OUT:c.exe", "a.o"]);
        assert_eq!(lines(b"-o\nb\n"), ["-o", "b"]);
    }
}
