//! Samples in the output of a console block: `[~52.3]` stands for any text, and
//! the reader sees `52.3`.

use crate::block::samples;

/// The output as a pattern: a sample is any text, and so are the blanks before
/// it but for one, as a number that lines up in a column may be wider next time.
pub fn without_samples(output: &str) -> String {
    let mut pattern = String::new();
    let mut done = 0;
    for range in samples(output) {
        let before = &output[done..range.start];
        let text = before.trim_end_matches(' ');
        pattern.push_str(text);
        if text.len() < before.len() && !(text.is_empty() && done == 0) {
            pattern.push(' ');
        }
        pattern.push_str("[..]");
        done = range.end;
    }
    pattern + &output[done..]
}

/// The output with its samples taken anew from what the program printed.
pub fn with_samples(output: &str, printed: &str) -> String {
    let mut printed = printed.lines();
    let mut text = String::new();
    for line in output.lines() {
        let ranges = samples(line);
        let renewed = (!ranges.is_empty())
            .then(|| printed.find_map(|real| renew(line, &ranges, real)))
            .flatten();
        text += renewed.as_deref().unwrap_or(line);
        text.push('\n');
    }
    text
}

/// One line with the samples that `real` has in their places, if it fits.
fn renew(
    line: &str,
    samples: &[std::ops::Range<usize>],
    real: &str,
) -> Option<String> {
    let mut new = String::new();
    let mut rest = real;
    let mut done = 0;
    for (index, range) in samples.iter().enumerate() {
        // Blanks that line up columns are as many as they happen to be.
        let before = line[done..range.start].trim_end_matches(' ');
        rest = rest.strip_prefix(before)?;
        new.push_str(before);
        done = range.end;
        let blanks = rest.len() - rest.trim_start_matches(' ').len();
        new.push_str(&rest[..blanks]);
        rest = &rest[blanks..];
        let next = samples.get(index + 1).map(|next| next.start);
        let after = &line[done..next.unwrap_or(line.len())];
        let text = match next {
            Some(_) => after.trim_end_matches(' '),
            None => after,
        };
        let length = match (text.is_empty(), next) {
            (false, _) => rest.find(text)?,
            // Only blanks are between this one and the next.
            (true, Some(_)) => rest.find(' ')?,
            (true, None) => rest.len(),
        };
        new += &format!("[~{}]", &rest[..length]);
        rest = &rest[length..];
    }
    (rest == &line[done..]).then(|| new + rest)
}

/// What is wrong with the samples of a page beside those of a run, and whether
/// that is a failure: a sample stands for a number, and one that is ten times
/// as large or small tells the reader something else.
pub fn ill_chosen(page: &str, run: &str) -> Vec<(bool, String)> {
    let mut found = Vec::new();
    for (page, run) in page.lines().zip(run.lines()) {
        for (old, new) in samples(page).into_iter().zip(samples(run)) {
            let (old, new) = (&page[old], &run[new]);
            match (number(old), number(new)) {
                (Some(old_number), Some(new_number)) => {
                    let (low, high) = if old_number < new_number {
                        (old_number, new_number)
                    } else {
                        (new_number, old_number)
                    };
                    if low > 0.0 && high / low > 10.0 {
                        found.push((
                            false,
                            format!(
                                "the sample is {old}, and the run has {new}"
                            ),
                        ));
                    }
                }
                // Words that say how it is here; elsewhere it may be different.
                (None, None) if old == new => {}
                (None, None) => found.push((
                    false,
                    format!("the sample is {old}, and the run has {new}"),
                )),
                _ => found.push((
                    true,
                    format!(
                        "a sample stands for a number: the page has {old}, the \
                         program {new}. For other text write [..]"
                    ),
                )),
            }
        }
    }
    found
}

/// The first number in a text.
fn number(text: &str) -> Option<f64> {
    let start = text.find(|c: char| c.is_ascii_digit())?;
    let digits: String = text[start..]
        .chars()
        .filter(|c| *c != ',')
        .take_while(|c| c.is_ascii_digit() || *c == '.')
        .collect();
    digits.trim_end_matches('.').parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_any_text_and_are_renewed() {
        let page = "time  [~5.2] ms of [~10] ms\nsame\nlast [~x]\n";
        assert_eq!(
            without_samples(page),
            "time [..] ms of [..] ms\nsame\nlast [..]\n"
        );
        assert_eq!(
            with_samples(page, "time  17 ms of 3 ms\nsame\nlast y z\n"),
            "time  [~17] ms of [~3] ms\nsame\nlast [~y z]\n"
        );
        // A line that does not fit keeps what it has.
        assert_eq!(with_samples("a [~1]\n", "b 2\n"), "a [~1]\n");
    }

    #[test]
    fn columns_may_become_wider_and_narrower() {
        let page = "a   [~20] ms   [~7]  [~8]\n";
        assert_eq!(without_samples(page), "a [..] ms [..] [..]\n");
        assert_eq!(
            with_samples(page, "a 12345 ms  100    9\n"),
            "a [~12345] ms  [~100]    [~9]\n"
        );
        assert_eq!(with_samples("[~1] x\n", "  22 x\n"), "  [~22] x\n");
    }

    #[test]
    fn samples_are_numbers_of_the_right_size() {
        let told = |page, run| -> Vec<bool> {
            let all = ill_chosen(page, run);
            all.into_iter().map(|(hard, _)| hard).collect()
        };
        assert_eq!(told("a [~1,500] b\n", "a [~1600] b\n"), [] as [bool; 0]);
        assert_eq!(told("a [~1.5] b\n", "a [~1600] b\n"), [false]);
        assert_eq!(told("a [~fast] b\n", "a [~1600] b\n"), [true]);
        assert_eq!(told("a [~15] b\n", "a [~slow] b\n"), [true]);
        assert_eq!(told("a [~slow] b\n", "a [~none] b\n"), [false]);
        assert_eq!(told("a [~none] b\n", "a [~none] b\n"), [] as [bool; 0]);
    }
}
