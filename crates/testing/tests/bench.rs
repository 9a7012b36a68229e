//! Arguments, turns and rows, without a clock.

use testing::bench::{Arguments, Rounds, Row, grouped, in_turns};

fn parse(words: &[&str]) -> Result<Arguments, String> {
    let words = words.iter().map(|word| (*word).to_owned());
    Arguments::parse(words, &["--keep"]).map_err(|why| why.to_string())
}

#[test]
fn without_arguments_everything_is_measured() {
    let arguments = parse(&["--bench"]).unwrap();
    assert!(!arguments.quick && !arguments.has("--keep"));
    assert_eq!((arguments.only.clone(), arguments.iterations), (None, 1));
    assert!(arguments.wants("any"));
}

#[test]
fn each_argument_is_understood() {
    let arguments = parse(&[
        "--quick",
        "--keep",
        "--group",
        "a",
        "--only",
        "b",
        "c d",
        "--iterations",
        "12",
    ]);
    let arguments = arguments.unwrap();
    assert!(arguments.quick && arguments.has("--keep"));
    assert!(arguments.wants("a") && !arguments.wants("b"));
    assert_eq!(arguments.only, Some(("b".into(), "c d".into())));
    assert_eq!(arguments.iterations, 12);
}

#[test]
fn what_is_wrong_is_named() {
    for (words, part) in [
        (&["--fast"][..], "\"--fast\": known are --quick"),
        (&["--group"], "the group is missing"),
        (&["--only", "ours"], "the case is missing"),
        (&["--iterations", "-3"], "\"-3\" is not a number"),
    ] {
        let why = parse(words).expect_err("it is wrong");
        assert!(why.contains(part), "{words:?}: {why}");
    }
    let none = Arguments::parse(["--keep".to_owned()], &[]);
    assert!(none.is_err(), "a flag that this benchmark does not have");
}

#[test]
fn each_round_begins_with_another_peer_and_warming_up_does_not_count() {
    let (mut order, mut time) = (String::new(), 0.0);
    let rounds = Rounds {
        warm_up: 1,
        counted: 2,
    };
    let all = in_turns(["a", "b", "c"], rounds, |peer| {
        order += peer;
        time += 1.0;
        Ok((*peer != "c").then_some(time))
    });
    assert_eq!(order, "abcbcacab");
    let expected = [("a", vec![6.0, 8.0]), ("b", vec![4.0, 9.0])];
    let mut all = all.unwrap();
    assert_eq!(all.pop(), Some(("c", vec![])));
    assert_eq!(all, expected);
}

#[test]
fn an_error_ends_the_rounds() {
    let mut calls = 0;
    let done = in_turns([1, 2, 3], Rounds::counted(5), |peer| {
        calls += 1;
        if *peer == 2 {
            Err("no more".into())
        } else {
            Ok(None)
        }
    });
    assert_eq!(done.unwrap_err().to_string(), "no more");
    assert_eq!(calls, 2);
}

const ROW: Row<'_> = Row {
    group: "a \"group\"",
    peer: "ours",
    case: "10 / 1",
    unit: "ns",
    per_iteration: 2,
};

#[test]
fn a_row_is_a_line_of_json_with_the_median() {
    assert_eq!(
        ROW.json(&[3.0, 100.0, 1.256]).unwrap(),
        "{\"group\": \"a \\\"group\\\"\", \"peer\": \"ours\", \
         \"case\": \"10 / 1\", \"unit\": \"ns\", \"median\": 3.00, \
         \"min\": 1.26, \"max\": 100.00, \"rounds\": 3, \"per_iteration\": 2}"
    );
}

#[test]
fn nothing_measured_is_an_error_and_so_is_what_is_no_number() {
    assert!(ROW.json(&[]).is_err());
    assert!(ROW.json(&[1.0, f64::NAN]).is_err());
    assert!(ROW.json(&[f64::INFINITY]).is_err());
}

#[test]
fn thousands_are_set_apart() {
    let all = [0, 7, 999, 1_000, 12_345, 1_000_000].map(grouped);
    assert_eq!(all, ["0", "7", "999", "1,000", "12,345", "1,000,000"]);
}
