//! What one wait costs as the number of idle descriptors grows: `poll` is
//! handed the whole list at each call, `epoll` was told once.

use std::io;

// ANCHOR: main
#[cfg(target_os = "linux")]
fn run(mut out: impl io::Write) -> io::Result<()> {
    use ch03_raw_syscalls::waiting::wait_cost;

    writeln!(out, "{:>7} {:>12} {:>12}", "idle", "poll", "epoll")?;
    for idle in [10, 100, 1_000, 10_000] {
        match wait_cost(idle, 51) {
            Ok(cost) => {
                let (poll, epoll) = (cost.poll, cost.epoll);
                let (poll, epoll) = (poll.as_nanos(), epoll.as_nanos());
                writeln!(out, "{idle:>7} {poll:>9} ns {epoll:>9} ns")?;
            }
            // A limit of the system, such as that of open descriptors.
            Err(error) => writeln!(out, "{idle:>7} not here: {error}")?,
        }
    }
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn run(mut out: impl io::Write) -> io::Result<()> {
    writeln!(out, "this program is for Linux only")
}

fn main() -> io::Result<()> {
    run(io::stdout().lock())
}
// ANCHOR_END: main

#[test]
fn runs() {
    let mut output = Vec::new();
    run(&mut output).unwrap();
    let output = String::from_utf8(output).unwrap();
    let lines = if cfg!(target_os = "linux") { 5 } else { 1 };
    assert_eq!(output.lines().count(), lines, "{output}");
}
