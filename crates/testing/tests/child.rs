//! Children that end in each of the three ways.

use testing::{in_a_child, within_a_minute};

#[test]
fn a_child_that_aborts_is_seen_to_and_its_last_words_are_kept() {
    within_a_minute(|| {
        let name = "a_child_that_aborts_is_seen_to_and_its_last_words_are_kept";
        let output = in_a_child(name, || {
            eprintln!("last words");
            std::process::abort();
        });
        let Some(output) = output else { return };
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{said}");
        assert!(said.contains("last words"), "{said}");
    });
}

#[test]
fn a_child_that_comes_back_has_passed() {
    within_a_minute(|| {
        let name = "a_child_that_comes_back_has_passed";
        let Some(output) = in_a_child(name, || println!("done")) else {
            return;
        };
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{said}");
        assert!(said.contains("done"), "{said}");
        assert!(said.contains("1 passed"), "{said}");
    });
}

#[test]
fn a_child_that_panics_has_failed() {
    within_a_minute(|| {
        let name = "a_child_that_panics_has_failed";
        let Some(output) = in_a_child(name, || panic!("on purpose")) else {
            return;
        };
        assert_eq!(output.status.code(), Some(101));
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains("on purpose"), "{said}");
    });
}
