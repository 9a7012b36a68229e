//! The tests of exercise `little`, for the stub and for the solution.

use super::Book;
use ch01_concurrency::s1_workshop::{
    Arrivals, Happening, Job, Random, Time, Way, Workshop,
};

/// What really happened in a workshop, by the simulator's log.
fn true_book(seed: u64) -> Book {
    let mut random = Random::new(seed);
    let arrivals = match random.below(3) {
        0 => Arrivals::AtOnce,
        1 => Arrivals::Random(Time::secs(25)),
        _ => Arrivals::Groups(5, Time::secs(40)),
    };
    let workers = 1 + random.below(4) as usize;
    let way = [Way::Wait, Way::Switch, Way::Steal][random.below(3) as usize];
    let jobs = arrivals.of(&Job::poster(), 40, seed);
    let run = Workshop::new(workers, way).run(&jobs);
    let (mut inside, mut now) = (vec![(0, 0)], 0);
    for event in &run.log {
        match event.what {
            Happening::Arrives { .. } => now += 1,
            Happening::Done { .. } => now -= 1,
            _ => continue,
        }
        inside.push((event.at.0, now));
    }
    let stays = run.stays.iter();
    let posters = stays.map(|stay| (stay.arrived.0, stay.done.0)).collect();
    Book { posters, inside }
}

/// Three posters, few enough for mental arithmetic.
fn small() -> Book {
    Book {
        posters: vec![(0, 4), (2, 6), (2, 10)],
        inside: vec![(0, 1), (2, 3), (4, 2), (6, 1), (10, 0)],
    }
}

#[test]
fn three_posters() {
    let book = small();
    let wrong = "exercise little: L is 16 posters times ms in 10 ms";
    assert_eq!(book.in_system(), 1.6, "{wrong}");
    let wrong = "exercise little: λ is 3 posters in 10 ms";
    assert_eq!(book.arrival_rate(), 0.3, "{wrong}");
    let wrong = "exercise little: W is 16 ms for 3 posters";
    assert_eq!(book.stay(), 16.0 / 3.0, "{wrong}");
    let wrong = "exercise little: this book is honest";
    assert!(book.is_honest(), "{wrong}");
}

#[test]
fn the_law_holds_for_what_really_happened() {
    for seed in 0..100 {
        let book = true_book(seed);
        let (left, right) =
            (book.in_system(), book.arrival_rate() * book.stay());
        let wrong = "exercise little: L and λW differ";
        assert!((left - right).abs() < 1e-9 * left, "{wrong} in {seed}");
        let wrong = "exercise little: an honest book is called a lie";
        assert!(book.is_honest(), "{wrong} in {seed}");
    }
}

/// One of the two is altered, by as little as a millisecond.
#[test]
fn lies_are_found() {
    for seed in 0..100 {
        let mut random = Random::new(seed);
        let mut list = true_book(seed);
        let poster = random.below(list.posters.len() as u64) as usize;
        list.posters[poster].1 -= 1 + random.below(1_000);
        let wrong = "exercise little: a poster did not leave that early";
        assert!(!list.is_honest(), "{wrong} in {seed}");

        let mut list = true_book(seed);
        list.posters.pop();
        let wrong = "exercise little: a poster is missing in the list";
        assert!(!list.is_honest(), "{wrong} in {seed}");

        let mut notebook = true_book(seed);
        let lines = notebook.inside.array_windows().enumerate();
        let lines = lines.filter(|(_, [now, next])| now.0 < next.0);
        let longest = lines.max_by_key(|(_, [now, next])| next.0 - now.0);
        let (line, _) = longest.expect("time has passed");
        notebook.inside[line].1 += 1;
        let wrong = "exercise little: there were fewer posters inside";
        assert!(!notebook.is_honest(), "{wrong} in {seed}");
    }
}
