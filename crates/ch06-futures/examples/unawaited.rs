//! Which calls that are never awaited the compiler warns of.

use ch06_futures::asked;
use std::io;
use testing::println;

const SOURCE: &str = include_str!("../src/asked/unawaited.rs");

/// The lines that call, and whether the compiler warns there.
fn calls() -> io::Result<Vec<(&'static str, bool)>> {
    let output = asked::rustc(SOURCE, &["--error-format=short"])?;
    let said = String::from_utf8_lossy(&output.stderr);
    // As "<anon>:10:5: warning: …".
    let warned: Vec<usize> = said
        .lines()
        .filter(|line| line.contains("warning: unused"))
        .filter_map(|line| line.split(':').nth(1)?.parse().ok())
        .collect();
    let lines = SOURCE.lines().enumerate();
    Ok(lines
        .filter(|(_, line)| line.contains("greet(\""))
        .map(|(index, line)| (line.trim(), warned.contains(&(index + 1))))
        .collect())
}

fn main() -> io::Result<()> {
    for (line, warned) in calls()? {
        println!("{}  {line}", if warned { "warned" } else { "silent" });
    }
    Ok(())
}

#[test]
fn only_the_bare_call_is_noticed() -> io::Result<()> {
    let calls = match calls() {
        // Wine starts programs of Windows only.
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            eprintln!("not tested: no rustc can be started here");
            return Ok(());
        }
        calls => calls?,
    };
    let warned: Vec<_> = calls.iter().map(|call| call.1).collect();
    assert_eq!(warned, [true, false, false]);
    Ok(())
}
