//! Reading what libtest prints. Its JSON output is not stable.

/// One `test result:` line.
#[derive(Debug)]
pub struct TestResult {
    /// How many tests passed.
    pub passed: usize,
    /// How many failed.
    pub failed: usize,
    /// How many tests were left out, as their source says.
    pub ignored: usize,
    /// How long the tests ran.
    pub seconds: f64,
}

/// The `test result:` lines.
pub fn results(output: &str) -> impl Iterator<Item = TestResult> {
    output.lines().filter_map(|line| {
        let (_, counts) = line.split_once("test result: ")?;
        let count = |what: &str| {
            counts
                .split([';', '.'])
                .find_map(|part| part.trim().strip_suffix(what))
                .and_then(|number| number.trim().parse().ok())
                .unwrap_or(0)
        };
        let seconds = counts
            .rsplit_once("finished in ")
            .and_then(|(_, time)| time.trim().strip_suffix('s'))
            .and_then(|time| time.parse().ok());
        Some(TestResult {
            passed: count("passed"),
            failed: count("failed"),
            ignored: count("ignored"),
            seconds: seconds.unwrap_or(0.0),
        })
    })
}

/// The failed tests of one test program: name, and what the test printed.
pub fn failures(output: &str) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    // With `--show-output`, what passed comes first.
    let mut passed = false;
    for line in output.lines() {
        passed = match line {
            "successes:" => true,
            "failures:" => false,
            _ => passed,
        };
        if passed {
            continue;
        }
        let name = line
            .strip_prefix("---- ")
            .and_then(|rest| rest.strip_suffix(" stdout ----"));
        if let Some(name) = name {
            found.push((name.to_owned(), String::new()));
        } else if line == "failures:" || line.starts_with("test result:") {
            // The list of names follows: no test prints this line by itself.
            if !found.is_empty() {
                break;
            }
        } else if let Some((_, message)) = found.last_mut() {
            message.push_str(line);
            message.push('\n');
        }
    }
    found
}

/// The tests of one program that its source leaves out, with the reasons.
pub fn ignored(output: &str) -> Vec<(String, String)> {
    let lines = output.lines();
    lines
        .filter_map(|line| {
            let rest = line.strip_prefix("test ")?;
            let (test, why) = rest.split_once(" ... ignored, ")?;
            Some((test.to_owned(), why.to_owned()))
        })
        .collect()
}

/// How a test says that it could test nothing, and why.
const LEFT_OUT: [&str; 2] = ["not tested: ", "skipped: "];

/// The tests of one program that passed because they could test nothing on
/// this machine, with the reasons. Needs `--show-output`.
pub fn left_out(output: &str) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    let mut test = None;
    for line in output.lines() {
        let name = line
            .strip_prefix("---- ")
            .and_then(|rest| rest.strip_suffix(" stdout ----"));
        if name.is_some() {
            test = name;
        } else if line == "failures:" {
            // What has failed is told as such.
            break;
        } else if let Some(name) = test
            && let Some(why) =
                LEFT_OUT.iter().find_map(|l| line.strip_prefix(l))
        {
            found.push((name.to_owned(), why.to_owned()));
            // A test is counted once, whatever it leaves out.
            test = None;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn result_lines_are_counted() {
        let output = "test result: FAILED. 10 passed; 2 failed; 1 ignored; 0 \
                      measured; 0 filtered out; finished in 0.25s\nother\n";
        let results: Vec<_> = results(output).collect();
        assert_eq!(results.len(), 1);
        assert_eq!((results[0].passed, results[0].failed), (10, 2));
        assert_eq!((results[0].ignored, results[0].seconds), (1, 0.25));
    }

    #[test]
    fn a_test_may_be_left_out_for_a_reason() {
        let output = "test a ... ok\ntest b ... ignored, no kernel\n\
                      test src/lib.rs - c (line 3) ... ignored\n";
        let b = ("b".to_owned(), "no kernel".to_owned());
        assert_eq!(ignored(output), [b]);
    }

    /// What `--show-output` prints, when one test of three has failed.
    const SHOWN: &str = "running 3 tests\n\nsuccesses:\n\n---- a stdout ----\n\
        not tested: no kernel\nnot tested: no memory\n\n---- c stdout ----\n\
        well\n\nsuccesses:\n    a\n    c\n\nfailures:\n\n---- b stdout ----\n\
        skipped: needs luck\n\nfailures:\n    b\n\ntest result: FAILED. 2 \
        passed; 1 failed; finished\n";

    #[test]
    fn a_passed_test_may_say_that_it_tested_nothing() {
        let a = ("a".to_owned(), "no kernel".to_owned());
        assert_eq!(left_out(SHOWN), [a]);
    }

    #[test]
    fn the_output_of_passed_tests_is_no_failure() {
        let b = ("b".to_owned(), "skipped: needs luck\n\n".to_owned());
        assert_eq!(failures(SHOWN), [b]);
    }

    #[test]
    fn failures_have_their_output() {
        let output = "running 2 tests\nF.\nfailures:\n\n---- a stdout ----\n\
                      said a\n\nfailures:\n    a\n\ntest result: FAILED. 1 \
                      passed; 1 failed; finished\n";
        assert_eq!(
            failures(output),
            [("a".to_owned(), "said a\n\n".to_owned())]
        );
    }
}
