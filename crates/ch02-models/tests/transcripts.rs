//! All five models say the same, in the same order, and take as long as their
//! three timers together.

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
        assert!(took >= Duration::from_millis(350), "{took:?}");
        assert!(took < Duration::from_secs(20), "{took:?}");
    });
}

#[test]
fn no_line_comes_before_its_timer() {
    in_each(|model| {
        within_a_minute(move || {
            let start = Instant::now();
            let log = Log::with_listener(move |line| {
                let least = match line {
                    "errand: 200 ms are over" => 200,
                    "errand: 100 ms are over" => 300,
                    "errand: 50 ms are over" => 350,
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
        assert_eq!(sum, 50 * 350, "{}", model.name);
        assert_eq!(lines, 50 * 3, "{}", model.name);
        // One after the other, it would be 17.5 seconds.
        assert!(took < Duration::from_secs(10), "{} {took:?}", model.name);
    });
}

#[test]
fn a_crowd_of_none_is_done() {
    for model in MODELS {
        let sum = within_a_minute(move || (model.crowd)(&Log::new(), 0));
        assert_eq!(sum, 0, "{}", model.name);
    }
}
