//! All five models say the same, in the same order, and take as long as their
//! three timers together.

use ch02_models::archive::ERRAND;
use ch02_models::{Log, MODELS, Model, TRANSCRIPT};
use std::thread;
use std::time::{Duration, Instant};
use testing::within_a_minute;

/// The models do not know of each other: they may wait at the same time.
fn in_each(test: impl Fn(Model) + Copy + Send) {
    thread::scope(|scope| {
        for model in MODELS {
            scope.spawn(move || test(model));
        }
    });
}

#[test]
fn the_five_transcripts_are_equal() {
    in_each(|model| {
        let (lines, took) = within_a_minute(move || {
            let log = Log::new();
            let start = Instant::now();
            (model.run)(&log);
            (log.lines(), start.elapsed())
        });
        assert_eq!(lines, TRANSCRIPT, "{}", model.name);
        assert!(took >= ERRAND, "{took:?}");
        assert!(took < Duration::from_secs(20), "{took:?}");
    });
}

#[test]
fn no_line_comes_before_its_timer() {
    in_each(|model| {
        within_a_minute(move || {
            let start = Instant::now();
            let log = Log::with_listener(move |line| {
                let place = TRANSCRIPT.iter().position(|known| *known == line);
                let least = match place {
                    Some(2) => 30,
                    Some(3) => 30 + 120,
                    Some(4) => 30 + 120 + 60,
                    _ => return,
                };
                let least = Duration::from_millis(least);
                assert!(start.elapsed() >= least, "{line}");
            });
            (model.run)(&log);
        });
    });
}

#[test]
fn many_errands_take_as_long_as_one() {
    in_each(|model| {
        let (sum, lines, took) = within_a_minute(move || {
            let log = Log::new();
            let start = Instant::now();
            let sum = (model.crowd)(&log, 50);
            (sum, log.lines().len(), start.elapsed())
        });
        assert_eq!(sum, 50 * 16, "{}", model.name);
        assert_eq!(lines, 50 * 3, "{}", model.name);
        // One after the other, it would be 10.5 seconds.
        assert!(took < Duration::from_secs(7), "{} {took:?}", model.name);
    });
}

#[test]
fn a_crowd_of_none_is_done() {
    for model in MODELS {
        let sum = within_a_minute(move || (model.crowd)(&Log::new(), 0));
        assert_eq!(sum, 0, "{}", model.name);
    }
}
