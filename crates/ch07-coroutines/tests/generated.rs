//! What the book shows as corofy's output is corofy's output, and does what
//! the macro's does.

mod support;

use ch07_coroutines::{Http, s2_coroutine, s2_generated, spin_on};
use delay_server::DelayServer;
use support::within_a_minute;

/// The items of a file: no comments, no marks, no lints, one way to format.
fn items(source: &str) -> String {
    let mut file = syn::parse_file(source).expect("it is Rust");
    file.attrs.clear(); // what the file says of itself
    for item in &mut file.items {
        if let syn::Item::Fn(function) = item {
            function.attrs.retain(|attr| attr.path().is_ident("doc"));
        }
    }
    prettyplease::unparse(&file)
}

#[test]
fn the_printed_machine_is_what_corofy_prints() {
    let source = include_str!("../src/s2_coroutine.rs");
    let printed = corofy::expand(source, corofy::Print::default());
    let printed = printed.expect("it has no fault");
    let shown = include_str!("../src/s2_generated.rs");
    assert_eq!(items(shown), items(&printed));
}

#[test]
fn the_printed_origins_are_lines_of_the_source() {
    let source = include_str!("../src/s2_coroutine.rs");
    let shown = include_str!("../src/s2_generated.rs");
    let mut waits = 0;
    for line in shown
        .lines()
        .filter_map(|l| l.trim().strip_prefix("// line "))
    {
        let (number, what) = line.split_once(": ").expect("a place and a text");
        let number: usize = number.parse().expect("a number");
        let origin = source
            .lines()
            .nth(number - 1)
            .expect("there is such a line");
        if what.ends_with(".wait") {
            assert!(origin.contains(what), "{origin}");
            waits += 1;
        }
    }
    assert_eq!(waits, 2);
}

#[test]
fn the_printed_machine_runs_like_the_macros() {
    within_a_minute(|| {
        let server = DelayServer::start().expect("a free port");
        let http = Http::new(server.addr());
        let by_macro = s2_coroutine::greeting(http.clone());
        let printed = s2_generated::greeting(http);
        assert_eq!(size_of_val(&by_macro), size_of_val(&printed));
        let by_macro = spin_on(by_macro).expect("it replies");
        assert_eq!(spin_on(printed).expect("it replies"), by_macro);
    });
}
