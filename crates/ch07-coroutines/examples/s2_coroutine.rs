//! Stage 2 of chapter 7: the coroutine of stage 1, by macro, beside it.

use ch07_coroutines::{
    Counted, Future, Http, s1_by_hand, s2_coroutine, spin_on,
};
use delay_server::DelayServer;
use std::io;
use std::time::Instant;
use testing::println;

// ANCHOR: run
fn run<F>(name: &str, coroutine: F) -> io::Result<String>
where
    F: Future<Output = io::Result<String>>,
{
    let size = size_of_val(&coroutine);
    let start = Instant::now();
    let (output, polls) = spin_on(Counted::new(coroutine));
    let took = start.elapsed().as_millis();
    println!("{name:<9}{size:>4} bytes, {took} ms, {polls} polls: {output:?}");
    output
}
// ANCHOR_END: run

fn main() -> io::Result<()> {
    let server = DelayServer::start()?;
    let http = Http::new(server.addr());
    run("by hand", s1_by_hand::greeting(http.clone()))?;
    run("by macro", s2_coroutine::greeting(http))?;
    Ok(())
}

#[test]
fn runs() -> io::Result<()> {
    let server = DelayServer::start()?;
    let http = Http::new(server.addr());
    let by_hand = run("by hand", s1_by_hand::greeting(http.clone()))?;
    let by_macro = run("by macro", s2_coroutine::greeting(http))?;
    assert_eq!(by_hand, by_macro);
    let targets = server.requests().into_iter().map(|request| request.target);
    let expected = ["/200/Ada", "/100/hello-Ada"];
    assert_eq!(targets.collect::<Vec<_>>(), [expected, expected].concat());
    Ok(())
}
