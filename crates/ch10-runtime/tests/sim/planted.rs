//! Bugs planted on purpose: a seed finds each, and plays it again.

use super::commands::{Outcome, run as run_command};
use super::redis::{frame, words};
use super::resp::{Limits, Parser};
use super::store::Store;
use super::{exchange, in_time, listener};
use crate::kernel::simulate;
use crate::net::{TcpListener, TcpStream};
use crate::network::{self, Counts, Weather, below};
use crate::programs::{caught, run, search};
use crate::runtime::spawn_local;
use crate::time::{now, sleep};
use crate::yield_now::yield_now;
use std::cell::RefCell;
use std::io;
use std::rc::Rc;
use std::time::Duration;

/// What is wrong with a server.
#[derive(Clone, Copy, Debug)]
enum Bug {
    /// It takes each read for whole commands.
    ReadIsWhole,
    /// It waits between looking at a number and storing the next one.
    WaitsWithin,
}

/// A Redis with that bug.
async fn serve(
    mut stream: TcpStream,
    store: Rc<RefCell<Store>>,
    bug: Bug,
) -> io::Result<()> {
    let mut piece = [0; 16 * 1024];
    let (mut parser, mut input) = (Parser::new(Limits::default()), Vec::new());
    loop {
        match stream.read(&mut piece).await? {
            0 => return Ok(()),
            some => input.extend_from_slice(&piece[..some]),
        }
        let mut rest = &input[..];
        let mut replies = Vec::new();
        while let Ok(Some(command)) = parser.next(&mut rest) {
            let outcome = match (bug, &command[0][..]) {
                (Bug::WaitsWithin, b"INCR") => {
                    incr_with_a_wait(&store, &command).await
                }
                _ => run_command(&command, &mut store.borrow_mut(), now()),
            };
            let (Outcome::Reply(reply) | Outcome::Last(reply)) = outcome;
            reply.write(&mut replies);
        }
        let used = match bug {
            Bug::ReadIsWhole => {
                parser = Parser::new(Limits::default());
                input.len()
            }
            Bug::WaitsWithin => input.len() - rest.len(),
        };
        input.drain(..used);
        stream.write_all(&replies).await?;
    }
}

/// Looks at the number, waits, and stores the one after it.
async fn incr_with_a_wait(
    store: &RefCell<Store>,
    command: &[Vec<u8>],
) -> Outcome {
    let mut seen = Store::new(1_000);
    if let Some(old) = store.borrow().get(&command[1]) {
        seen.set(&command[1], old.to_vec(), None).expect("room");
    }
    yield_now().await; // a line in a log
    let outcome = run_command(&command.to_vec(), &mut seen, now());
    let new = seen.get(&command[1]).unwrap_or_default().to_vec();
    let stored = store.borrow_mut().set(&command[1], new, None);
    stored.expect("room");
    outcome
}

async fn accept(
    listener: TcpListener,
    store: Rc<RefCell<Store>>,
    bug: Bug,
) -> io::Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        drop(spawn_local(serve(stream, Rc::clone(&store), bug)));
    }
}

/// Two clients count to six together, each when it likes.
fn count_to_six(weather: Weather, bug: Bug) {
    network::set_weather(weather);
    run(async {
        let (listener, addr) = listener().await;
        let store = Rc::new(RefCell::new(Store::new(1_000_000)));
        let server = spawn_local(accept(listener, Rc::clone(&store), bug));
        let clients: Vec<_> = (0..2)
            .map(|_| {
                spawn_local(async move {
                    for _ in 0..3 {
                        sleep(Duration::from_millis(below(200) as u64)).await;
                        let command = frame(&words("INCR shared"));
                        let (reply, _) = exchange(addr, &command).await;
                        assert!(!reply.is_empty(), "no reply");
                    }
                })
            })
            .collect();
        for client in clients {
            client.await.expect("every reply");
        }
        server.abort();
        let counted = store.borrow().get(b"shared").map(<[u8]>::to_vec);
        assert_eq!(counted.as_deref(), Some(&b"6"[..]));
    });
}

/// A seed finds it, and every replay is the same to the last choice.
#[track_caller]
fn is_found_and_replayed(weather: Weather, bug: Bug) {
    let found = search(0..1_000, || count_to_six(weather, bug));
    let (seed, text) = found.expect("some seed finds it");
    println!("{bug:?}: seed {seed}: {text}");
    let first = play(seed, weather, bug);
    assert_eq!(first.0.as_ref(), Some(&text));
    assert!(!first.1.is_empty(), "the seed has chosen nothing");
    for _ in 0..3 {
        assert_eq!(play(seed, weather, bug), first);
    }
}

/// What a run's panic says, the choices that led to it, and the faults.
fn play(
    seed: u64,
    weather: Weather,
    bug: Bug,
) -> (Option<String>, Vec<(usize, usize)>, Counts) {
    let run = || caught(|| count_to_six(weather, bug));
    let (text, choices) = simulate(Some(seed), run);
    (text, choices, network::counts())
}

#[test]
fn a_read_that_is_taken_for_a_whole_command_is_found_and_replayed() {
    in_time(|| {
        // In fair weather it never shows.
        let bug = Bug::ReadIsWhole;
        let fair = || count_to_six(Weather::FAIR, bug);
        assert_eq!(search(0..20, fair), None);
        let rarely = Weather {
            short: 2,
            ..Weather::FAIR
        };
        is_found_and_replayed(rarely, bug);
    });
}

#[test]
fn a_wait_between_a_look_and_a_change_is_found_and_replayed() {
    in_time(|| is_found_and_replayed(Weather::FAIR, Bug::WaitsWithin));
}

#[test]
fn the_same_seed_gives_the_same_run_of_a_server_and_others_give_others() {
    in_time(|| {
        let weather = Weather::BREAKING;
        let play = |seed| play(seed, weather, Bug::WaitsWithin);
        let mut runs: Vec<_> = (0..8).map(play).collect();
        assert_eq!(runs, (0..8).map(play).collect::<Vec<_>>());
        runs.sort_by(|one, other| one.1.cmp(&other.1));
        runs.dedup();
        assert_eq!(runs.len(), 8);
    });
}
