//! Break it: the loop that asks again and again burns a whole core. And what
//! a pause in the loop does about it.

#[cfg(unix)]
mod unix {
    use ch07_coroutines::cpu_time::thread_time;
    use ch07_coroutines::{Counted, Future, Http, PollState, join_all};
    use delay_server::DelayServer;
    use std::io;
    use std::thread;
    use std::time::{Duration, Instant};
    use testing::println;

    /// What a run took.
    pub struct Cost {
        pub took: Duration,
        pub busy: Duration,
        pub rounds: u64,
    }

    // ANCHOR: run
    /// `spin_on`, in which a pause can take the place of the hint to the
    /// processor.
    fn run<F: Future>(mut future: F, pause: Option<Duration>) -> F::Output {
        loop {
            if let PollState::Ready(output) = future.poll() {
                return output;
            }
            match pause {
                Some(pause) => thread::sleep(pause),
                None => std::hint::spin_loop(),
            }
        }
    }
    // ANCHOR_END: run

    // ANCHOR: measure
    /// That many `requests` at once, each of which takes 300 ms.
    pub fn measure(
        requests: usize,
        pause: Option<Duration>,
    ) -> io::Result<Cost> {
        let server = DelayServer::start()?;
        let http = Http::new(server.addr());
        let all = join_all((0..requests).map(|_| http.get("/300/hello")));
        let (start, before) = (Instant::now(), thread_time()?);
        let (replies, rounds) = run(Counted::new(all), pause);
        let (took, after) = (start.elapsed(), thread_time()?);
        for reply in replies {
            reply?;
        }
        let busy = after - before;
        Ok(Cost { took, busy, rounds })
    }
    // ANCHOR_END: measure

    pub fn main() -> io::Result<()> {
        println!("requests  pause      took  processor   rounds");
        for (requests, pause) in [
            (1, None),
            (1, Some(1)),
            (1, Some(100)),
            (200, None),
            (200, Some(1)),
        ] {
            let name = pause.map_or("none".to_owned(), |ms| format!("{ms} ms"));
            let pause = pause.map(Duration::from_millis);
            let Cost { took, busy, rounds } = measure(requests, pause)?;
            println!(
                "{requests:>8}  {name:<6}{:>6} ms  {:>6} ms {rounds:>8}",
                took.as_millis(),
                busy.as_millis(),
            );
        }
        Ok(())
    }
}

#[cfg(unix)]
fn main() -> std::io::Result<()> {
    unix::main()
}

#[cfg(not(unix))]
fn main() {
    println!("this reads a clock that only Unix systems have");
}

#[cfg(unix)]
#[test]
fn runs() -> std::io::Result<()> {
    use std::time::Duration;
    let busy = unix::measure(1, None)?;
    let paused = unix::measure(1, Some(Duration::from_millis(100)))?;
    assert!(busy.took >= Duration::from_millis(300));
    // A busy machine takes the processor away from the loop, and what it takes
    // away is not counted. Ten to one leaves room for that.
    assert!(busy.busy > paused.busy * 10);
    assert!(busy.rounds > paused.rounds * 10);
    // A pause may be longer than asked for, and never shorter.
    let pauses = paused.took.as_millis() as u64 / 100;
    assert!(paused.rounds <= pauses + 1, "{} rounds", paused.rounds);
    Ok(())
}
