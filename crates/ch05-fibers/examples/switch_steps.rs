//! One switch to a fiber and one back, instruction by instruction: what the
//! registers and the words of both stacks are after each. Recorded from the
//! crate's own switch, by single steps of a child process. Prints the events of
//! a figure: a JSON object a line.
//!
//! Linux on x86-64.

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod quiet;

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
#[path = "switch_steps/recorder.rs"]
mod linux;

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
fn main() -> std::io::Result<()> {
    quiet::end_on_closed_pipes();
    match linux::record(std::io::stdout()) {
        // The rest is not read.
        Err(e) if e.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
fn main() {
    println!("this program is for Linux on x86-64 only");
}

/// The same instructions, in the same order, in every build.
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
#[test]
fn runs() -> std::io::Result<()> {
    let mut text = Vec::new();
    linux::record(&mut text)?;
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 20, "{text}");
    for (number, line) in lines.iter().enumerate() {
        // Eight on the side that leaves, two on the one that continues.
        let lane = match number {
            0..8 | 18.. => "{\"lane\": \"home\"",
            _ => "{\"lane\": \"fiber\"",
        };
        assert!(line.starts_with(lane), "{number}: {line}");
    }
    // Back where it began, with what belongs to it.
    let home = [
        ("rsp", "home stack"),
        ("rbp", "home's rbp"),
        ("rbx", "home's rbx"),
    ];
    for (register, value) in home {
        let row = format!("{{\"at\": \"{register}\", \"value\": \"{value}\"");
        assert!(lines[19].contains(&row), "{row} {}", lines[19]);
    }
    main()
}

#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
#[test]
fn runs() {
    main();
}
