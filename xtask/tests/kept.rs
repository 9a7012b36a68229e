//! What has passed is kept as long as all that it depends on, and no longer: the
//! stages that read texts, the built book, and what the browser opens.

mod support;

use support::{LIMIT, Ran, exits, good};

/// The stages that read the texts and the sources, and the built book.
const READ: [&str; 5] = ["lint", "house", "listings", "book", "links"];

/// Which of them have read nothing again.
fn kept(ran: &Ran) -> Vec<&'static str> {
    exits(ran, 0);
    let unchanged = |stage: &&str| {
        let line = ran.stdout.lines().find(|line| line.starts_with(*stage));
        line.unwrap_or_else(|| panic!("no {stage}: {ran}"))
            .contains("of them unchanged")
    };
    READ.into_iter().filter(unchanged).collect()
}

#[test]
fn what_is_read_is_read_again_when_it_has_changed() {
    let slot = good();
    let command = || slot.command(&[&["test"], &READ[..]].concat());
    let test = || support::run(&mut command(), LIMIT);
    let append = |path: &str, text: &str| {
        let path = slot.root.join(path);
        let old = support::read_text(&path);
        support::write(&path, format!("{old}{text}").as_bytes());
    };
    // Each page is counted, whether it was built just now or before.
    let all = ["lint", "house", "listings", "links"];
    assert!(kept(&test()).is_empty());
    assert_eq!(kept(&test()), all);
    // A page, whose text no rule for the code reads.
    append("book/introduction.md", "\nOne more sentence.\n");
    assert_eq!(kept(&test()), ["house"]);
    assert_eq!(kept(&test()), all);
    // A source.
    append("crates/tally/src/lib.rs", "\n// Counted.\n");
    assert!(kept(&test()).is_empty());
    // A setting of mdBook's that the environment has.
    let mut other = command();
    other.env("MDBOOK_OUTPUT__HTML__SITE_URL", "/elsewhere/");
    assert_eq!(kept(&support::run(&mut other, LIMIT)), ["house"]);
    assert_eq!(kept(&test()), ["house"]);
    assert_eq!(kept(&test()), all);
    // What lies beside the pages and is copied into the book.
    let picture = slot.root.join("book/picture.svg");
    support::write(&picture, b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>");
    append("book/introduction.md", "\n![A picture](picture.svg)\n");
    assert_eq!(kept(&test()), ["house"]);
    std::fs::remove_file(&picture).unwrap_or_else(|e| panic!("{e}"));
    let ran = test();
    exits(&ran, 1);
    assert!(ran.stdout.contains("there is no picture.svg"), "{ran}");
    // A failure is not remembered as something that has passed.
    exits(&test(), 1);
}

#[test]
fn a_built_book_that_was_changed_is_built_again() {
    let slot = good();
    let test = || slot.tool(&[&["test"], &READ[..]].concat());
    assert!(kept(&test()).is_empty());
    let page = slot.target.join("xtask/book/introduction.html");
    let built = support::read_text(&page);
    support::write(&page, b"<main></main>");
    assert_eq!(kept(&test()), ["lint", "house", "listings", "links"]);
    assert_eq!(support::read_text(&page), built);
    std::fs::remove_file(&page).unwrap_or_else(|e| panic!("{e}"));
    exits(&test(), 0);
    assert_eq!(support::read_text(&page), built);
}

/// A run that cannot store what has passed still tells what it found: on a full
/// disk that is all one gets.
#[test]
fn a_record_that_cannot_be_written_costs_nothing_else() {
    let slot = good();
    let record = slot.target.join("xtask/passed.json");
    let _ = std::fs::remove_file(&record);
    std::fs::create_dir_all(&record).unwrap_or_else(|e| panic!("{e}"));
    let ran = slot.tool(&["test", "lint"]);
    std::fs::remove_dir(&record).unwrap_or_else(|e| panic!("{e}"));
    exits(&ran, 0);
    for told in ["will not know what passed", "passed.json", "\n1 passed"] {
        assert!(ran.stdout.contains(told), "{told}: {ran}");
    }
}

/// A page that is edited is opened again; and so is what the checks of the whole
/// book have looked at, and nothing else.
#[test]
fn the_browser_opens_what_has_changed() {
    let scripts = support::own_folder().join("browser");
    if support::browser(&scripts).is_none() {
        support::say(format_args!("not tested: needs a browser"));
        let strict = std::env::var_os("CI").is_some_and(|ci| ci == "true");
        assert!(!strict, "CI=true: there is no browser");
        return;
    }
    let slot = good();
    let counts = |ran: &Ran| {
        let line = ran.stdout.lines().find(|line| line.starts_with("browser"));
        let line = line.unwrap_or_else(|| panic!("{ran}"));
        let before = |words: &str| {
            let (before, _) = line.split_once(words)?;
            before.split_whitespace().last()?.parse::<usize>().ok()
        };
        (
            before(" checked"),
            before(" of them unchanged").unwrap_or(0),
        )
    };
    let test = |code| {
        let ran = slot.tool(&["test", "browser"]);
        exits(&ran, code);
        counts(&ran)
    };
    let (all, unchanged) = test(0);
    let all = all.unwrap_or(0);
    assert!(all > 100 && unchanged == 0, "{unchanged} of {all}");
    assert_eq!(test(0), (Some(all), all));
    let page = slot.root.join("book/ch01-demo/again.md");
    let old = support::read_text(&page);
    support::write(&page, format!("{old}\nOne more sentence.\n").as_bytes());
    let (again, unchanged) = test(0);
    assert_eq!(again, Some(all));
    assert!(
        unchanged > all / 2 && unchanged < all,
        "{unchanged} of {all}"
    );
    // No page has changed, but what has to be found.
    let searches = slot.root.join("book/searches.toml");
    let old = support::read_text(&searches);
    let wrong = "zqxjkvbwqz = \"introduction.md\"\n";
    support::write(&searches, format!("{old}{wrong}").as_bytes());
    test(1);
}
