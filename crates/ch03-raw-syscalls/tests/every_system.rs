//! What holds on every system, for every way to write.

mod support;

use ch03_raw_syscalls::{Stopped, descriptor_of, write_all, write_all_by};
use std::error::Error;
use std::fs::{self, File};
use std::io::{self, ErrorKind};
use support::{pattern, read_slowly, ways};
use testing::within_a_minute;

const TEXT: &str = "plain, accentué, 日本語, 🦀\r\n\0 and all 256 bytes";

#[test]
fn every_way_puts_the_same_bytes_into_a_pipe() {
    within_a_minute(|| {
        for (way, write) in ways() {
            let (reader, writer) = io::pipe().unwrap();
            let count = write(descriptor_of(&writer), TEXT.as_bytes());
            assert_eq!(count.unwrap(), TEXT.len(), "{way}");
            drop(writer);
            let arrived = io::read_to_string(reader).unwrap();
            assert_eq!(arrived, TEXT, "{way}");
        }
    });
}

#[test]
fn every_way_puts_the_same_bytes_into_a_file() {
    let bytes = pattern(100_000);
    for (way, write) in ways() {
        let name = format!("ch03-{}-{way}", std::process::id());
        let path = std::env::temp_dir().join(name);
        let file = File::create_new(&path).unwrap();
        // Two writes: the second continues where the first stopped.
        for half in bytes.chunks(50_000) {
            let count = write(descriptor_of(&file), half).unwrap();
            assert_eq!(count, half.len(), "{way}");
        }
        let stored = fs::read(&path).unwrap();
        fs::remove_file(&path).unwrap();
        assert!(stored == bytes, "{way}");
    }
}

#[test]
fn writing_nothing_to_a_file_is_fine() {
    let path = std::env::temp_dir();
    let path = path.join(format!("ch03-{}-nothing", std::process::id()));
    let file = File::create_new(&path).unwrap();
    for (way, write) in ways() {
        assert_eq!(write(descriptor_of(&file), b"").unwrap(), 0, "{way}");
    }
    assert_eq!(fs::read(&path).unwrap(), b"");
    fs::remove_file(&path).unwrap();
}

#[test]
fn a_closed_reader_is_a_broken_pipe() {
    within_a_minute(|| {
        for (way, write) in ways() {
            let (reader, writer) = io::pipe().unwrap();
            drop(reader);
            // On Unix a signal would end the program here, had Rust's runtime
            // not set it to be ignored before `main`.
            let error = write(descriptor_of(&writer), b"?").unwrap_err();
            assert_eq!(error.kind(), ErrorKind::BrokenPipe, "{way}");
        }
    });
}

#[test]
fn every_way_reports_the_same_error() {
    within_a_minute(|| {
        let mut codes = Vec::new();
        for (_, write) in ways() {
            let (reader, writer) = io::pipe().unwrap();
            drop(reader);
            let error = write(descriptor_of(&writer), b"?").unwrap_err();
            codes.push(error.raw_os_error().unwrap());
        }
        codes.dedup();
        assert_eq!(codes.len(), 1, "{codes:?}");
    });
}

#[test]
fn a_mebibyte_goes_through_a_pipe_to_a_slow_reader() {
    within_a_minute(|| {
        let bytes = pattern(1 << 20);
        let (reader, writer) = io::pipe().unwrap();
        let arriving = read_slowly(reader);
        write_all(&writer, &bytes).unwrap();
        drop(writer);
        assert!(arriving.join().unwrap() == bytes);
    });
}

#[test]
fn a_reader_that_leaves_early_stops_write_all() {
    within_a_minute(|| {
        let (reader, writer) = io::pipe().unwrap();
        drop(reader);
        let stopped = write_all(&writer, b"hello").unwrap_err();
        assert_eq!(stopped.written, 0);
        assert_eq!(stopped.error.kind(), ErrorKind::BrokenPipe);
    });
}

/// What `write` answers, attempt by attempt.
fn scripted(
    answers: Vec<io::Result<usize>>,
    bytes: &[u8],
) -> (Vec<u8>, usize, Result<(), Stopped>) {
    let (mut arrived, mut attempts) = (Vec::new(), 0);
    let mut answers = answers.into_iter();
    let result = write_all_by(
        |rest| {
            attempts += 1;
            let answer = answers.next().unwrap_or(Ok(rest.len()));
            if let Ok(count) = answer {
                arrived.extend(rest.iter().take(count));
            }
            answer
        },
        bytes,
    );
    (arrived, attempts, result)
}

fn error(kind: ErrorKind) -> io::Result<usize> {
    Err(kind.into())
}

#[test]
fn short_writes_and_signals_are_mended() {
    let interrupted = || error(ErrorKind::Interrupted);
    let answers = vec![Ok(1), interrupted(), interrupted(), Ok(2)];
    let (arrived, attempts, result) = scripted(answers, b"abcdef");
    assert_eq!(arrived, b"abcdef");
    assert_eq!(attempts, 5);
    assert!(result.is_ok());
}

#[test]
fn nothing_to_write_makes_no_attempt() {
    let (_, attempts, result) = scripted(vec![Ok(0)], b"");
    assert_eq!(attempts, 0);
    assert!(result.is_ok());
}

#[test]
fn other_errors_say_how_much_went_out() {
    for kind in [ErrorKind::WouldBlock, ErrorKind::BrokenPipe] {
        let answers = vec![Ok(2), Ok(1), error(kind)];
        let (arrived, attempts, result) = scripted(answers, b"abcdef");
        let stopped = result.unwrap_err();
        assert_eq!((stopped.written, stopped.error.kind()), (3, kind));
        assert_eq!(arrived, b"abc");
        assert_eq!(attempts, 3, "no attempt after an error");
    }
}

#[test]
fn no_progress_is_an_error_and_no_endless_loop() {
    let (arrived, _, result) = scripted(vec![Ok(2), Ok(0)], b"abcdef");
    let stopped = result.unwrap_err();
    assert_eq!(stopped.written, 2);
    assert_eq!(stopped.error.kind(), ErrorKind::WriteZero);
    assert_eq!(arrived, b"ab");
}

#[test]
fn a_writer_that_claims_too_much_is_not_believed() {
    let (_, attempts, result) = scripted(vec![Ok(2), Ok(5)], b"abcdef");
    assert_eq!(result.unwrap_err().written, 2);
    assert_eq!(attempts, 2);
}

#[test]
fn stopped_tells_both_facts_and_becomes_an_io_error() {
    let answers = vec![Ok(2), error(ErrorKind::WouldBlock)];
    let stopped = scripted(answers, b"abcdef").2.unwrap_err();
    let text = stopped.to_string();
    assert!(text.starts_with("stopped after 2 bytes: "), "{text}");
    assert!(stopped.source().is_some());
    assert_eq!(io::Error::from(stopped).kind(), ErrorKind::WouldBlock);
}
