//! The kernel's two lists as a model to work on: prints every state that a
//! registered socket can be in, one JSON object a line. The figure of that name
//! is recorded from it. Linux only.
//! `cargo run --example two_lists -- level|edge|one-shot`.

use std::error::Error;
use testing::print;

#[cfg(target_os = "linux")]
mod explore;
#[cfg(target_os = "linux")]
mod kernel;

#[cfg(target_os = "linux")]
fn run(which: &str) -> Result<String, Box<dyn Error>> {
    use kernel::Mode;

    let mode = Mode::named(which).ok_or_else(|| {
        let names = Mode::ALL.map(Mode::name).join(", ");
        format!("there is no {which:?}; there are: {names}")
    })?;
    let states = explore::states(mode, |seen| seen)?;
    Ok(states.iter().map(line).collect())
}

#[cfg(not(target_os = "linux"))]
fn run(_which: &str) -> Result<String, Box<dyn Error>> {
    Ok("this program is for Linux only\n".to_string())
}

/// A state as JSON. Nothing in it needs more escapes than Rust's.
#[cfg(target_os = "linux")]
fn line(state: &explore::State) -> String {
    let seen = &state.seen;
    let open = |is: bool| if is { "open" } else { "closed" }.to_owned();
    let entry = seen.entry;
    // What this program has not put there would be news.
    let number = entry.map_or("none", |(registered, ..)| match registered {
        true => "original",
        false => "another",
    });
    let none = || "none".to_owned();
    let values = [
        ("original", open(seen.original)),
        ("duplicate", open(seen.duplicate)),
        ("unread", seen.unread.map_or_else(none, |n| n.to_string())),
        (
            "peer",
            if seen.ended { "ended" } else { "sends" }.to_owned(),
        ),
        ("number", number.to_owned()),
        ("events", entry.map_or_else(none, |e| kernel::flags(e.1))),
        ("data", entry.map_or_else(none, |e| e.2.to_string())),
        ("report", kernel::words(seen.report)),
    ];
    let values = values.map(|(name, value)| format!("{name:?}: {value:?}"));
    let mut moves = Vec::new();
    for (action, (outcome, to)) in kernel::Action::ALL.iter().zip(&state.moves)
    {
        let answer = match outcome {
            kernel::Outcome::Done(answer) => answer.as_str(),
            kernel::Outcome::Barred(why) => why,
        };
        let to = to.map_or_else(String::new, |to| format!(", \"to\": {to}"));
        let name = action.name();
        moves.push(format!("{name:?}: {{\"answer\": {answer:?}{to}}}"));
    }
    format!(
        "{{\"values\": {{{}}}, \"moves\": {{{}}}}}\n",
        values.join(", "),
        moves.join(", ")
    )
}

fn main() -> Result<(), Box<dyn Error>> {
    let which = std::env::args().nth(1);
    print!("{}", run(which.as_deref().unwrap_or("edge"))?);
    Ok(())
}

#[cfg(target_os = "linux")]
#[test]
fn each_mode_has_the_states_that_tell_it_from_the_others()
-> Result<(), Box<dyn Error>> {
    let silent = |line: &&str| {
        let waits = !line.contains("\"unread\": \"0\"")
            && !line.contains("\"unread\": \"none\"");
        let registered = line.contains("\"number\": \"original\"");
        waits && registered && line.contains("\"report\": \"nothing\"")
    };
    let count = |which| -> Result<(usize, usize, usize), Box<dyn Error>> {
        let text = run(which)?;
        let silent: Vec<&str> = text.lines().filter(silent).collect();
        let spent = silent
            .iter()
            .filter(|l| l.contains("\"events\": \"ONESHOT\""));
        Ok((text.lines().count(), silent.len(), spent.count()))
    };
    let (level, edge, once) =
        (count("level")?, count("edge")?, count("one-shot")?);
    // Level-triggered bytes never wait in silence.
    assert!(level.0 > 20 && level.1 == 0, "{level:?}");
    assert!(edge.0 > level.0 && edge.1 > 0 && edge.2 == 0, "{edge:?}");
    assert!(once.1 > 0 && once.2 == once.1, "{once:?}");
    assert!(run("twice").is_err());
    Ok(())
}

#[cfg(not(target_os = "linux"))]
#[test]
fn runs() -> Result<(), Box<dyn Error>> {
    assert_eq!(run("edge")?, "this program is for Linux only\n");
    Ok(())
}
