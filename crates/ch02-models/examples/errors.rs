//! Chapter 2: an error on its way back, through callbacks and past promises.
//! Both add up two numbers that come later, as text.

use ch02_models::s3_promises::NoSum;
use ch02_models::{Log, Loop, s2_callbacks, s3_promises};

const CASES: [[&str; 2]; 3] = [["40", "2"], ["forty", "2"], ["40", "two"]];

fn run(log: &Log) {
    for case @ [first, second] in CASES {
        let mut timers = Loop::new();
        let ours = log.clone();
        s2_callbacks::add(&mut timers, case, move |_, sum| {
            let sum = sum.map_err(|error| error.to_string());
            ours.say(format!("callbacks  {first} + {second}: {sum:?}"));
        });
        timers.run();
        let ours = log.clone();
        s3_promises::add(&mut timers, case).finally(move |_, sum| {
            let sum = sum.map_err(|error| match error {
                NoSum::NoNumber(error) => error.to_string(),
                NoSum::Broken => "broken".to_string(),
            });
            ours.say(format!("promises   {first} + {second}: {sum:?}"));
        });
        timers.run();
    }
}

fn main() {
    run(&Log::printing());
}

#[test]
fn runs() {
    let log = Log::new();
    run(&log);
    let mut expected = Vec::new();
    for (case, sum) in [
        ("40 + 2", "Ok(42)"),
        ("forty + 2", "Err(\"invalid digit found in string\")"),
        ("40 + two", "Err(\"invalid digit found in string\")"),
    ] {
        expected.push(format!("callbacks  {case}: {sum}"));
        expected.push(format!("promises   {case}: {sum}"));
    }
    assert_eq!(log.lines(), expected);
}
