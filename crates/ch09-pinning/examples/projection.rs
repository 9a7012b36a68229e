//! Projection by hand and by pin-project-lite: the same machine twice.

use ch07_coroutines::Later;
use ch09_pinning::future::{Future, PollState, spin_on};
use ch09_pinning::projection::Counted;
use ch09_pinning::s5_pinned::{Report, report};
use std::pin::Pin;
use testing::println;

// ANCHOR: lite
pin_project_lite::pin_project! {
    /// Gives the inner future's output, and how many polls it took.
    pub struct Counted2<F> {
        #[pin]
        future: F,
        polls: u64,
    }
}

impl<F: Future> Future for Counted2<F> {
    type Output = (F::Output, u64);

    fn poll(self: Pin<&mut Self>) -> PollState<Self::Output> {
        let this = self.project();
        *this.polls += 1;
        this.future.poll().map(|output| (output, *this.polls))
    }
}
// ANCHOR_END: lite

fn wind() -> Report {
    report([Later::new("wind ", 1), Later::new("NW", 2)])
}

/// Of each: output, polls, and bytes beyond the future's own.
fn rows() -> [(&'static str, (String, u64), usize); 2] {
    let beyond = |whole: usize| whole - size_of::<Report>();
    let (future, polls) = (wind(), 0);
    [
        (
            "by hand",
            spin_on(Counted::new(wind())),
            beyond(size_of::<Counted<Report>>()),
        ),
        (
            "by macro",
            spin_on(Counted2 { future, polls }),
            beyond(size_of::<Counted2<Report>>()),
        ),
    ]
}

fn main() {
    for (name, (text, polls), bytes) in rows() {
        println!("{name:<8}  {text}, {polls} polls, {bytes} bytes more");
    }
}

#[test]
fn runs() {
    for (name, output, bytes) in rows() {
        assert_eq!(output, ("wind NW".to_owned(), 4), "{name}");
        assert_eq!(bytes, 8, "{name}");
    }
}
