//! How large futures are.

use ch06_futures::sizes::{
    argument, boxed, local_across, local_before, nothing, passed, passed_on,
    reference, through,
};
use testing::println;

/// The table: what, and how many bytes.
fn rows() -> [(&'static str, usize); 9] {
    let buffer = [0; 1024];
    [
        ("nothing", size_of_val(&nothing())),
        ("local_before", size_of_val(&local_before())),
        ("local_across", size_of_val(&local_across())),
        ("argument", size_of_val(&argument(buffer))),
        ("passed", size_of_val(&passed(buffer))),
        ("through", size_of_val(&through(argument(buffer)))),
        ("reference", size_of_val(&reference(&buffer))),
        ("boxed", size_of_val(&boxed(Box::new(buffer)))),
        ("passed_on", size_of_val(&passed_on(buffer))),
    ]
}

fn main() {
    for (name, size) in rows() {
        println!("{name:<14}{size:>6} bytes");
    }
}

#[test]
fn what_was_borrowed_keeps_its_place_until_its_block_ends() {
    use ch06_futures::yield_now;
    use std::hint::black_box;
    struct Kibibyte([u8; 1024]);
    impl Drop for Kibibyte {
        fn drop(&mut self) {}
    }
    async fn without_braces() {
        let buffer = [0_u8; 1024];
        black_box(&buffer);
        yield_now().await;
    }
    async fn dropped() {
        let buffer = Kibibyte([0; 1024]);
        black_box(&buffer.0);
        drop(buffer);
        yield_now().await;
    }
    async fn moved_away() {
        let buffer = [0_u8; 1024];
        let _ = black_box(buffer);
        yield_now().await;
    }
    let across = size_of_val(&local_across());
    assert_eq!(size_of_val(&without_braces()), across);
    assert!(size_of_val(&dropped()) >= across);
    assert_eq!(size_of_val(&moved_away()), size_of_val(&local_before()));
}

#[test]
fn a_wrapper_that_boxes_its_argument_still_has_room_for_it() {
    async fn boxes<F: Future>(future: F) -> F::Output {
        Box::pin(future).await
    }
    let one = || boxes(argument([0; 1024]));
    let inner = size_of_val(&argument([0; 1024]));
    assert!(size_of_val(&one()) >= inner);
    assert!(size_of_val(&through(one())) >= 2 * inner);
    let handed_in = through(Box::pin(argument([0; 1024])));
    assert!(size_of_val(&handed_in) < 64);
}

#[test]
fn what_lives_across_a_wait_is_stored() {
    let sizes = rows().map(|row| row.1);
    let [nothing, before, across, argument, passed, through, ..] = sizes;
    let [.., reference, boxed, passed_on] = sizes;
    assert!(nothing < 8);
    assert!(before < 8);
    assert!((1024..2048).contains(&across));
    // A compiler may one day store each once. Today it is twice, as the page
    // says: then the page must change.
    assert!((2048..2064).contains(&argument));
    assert!((3072..3100).contains(&passed));
    assert!((4096..4120).contains(&through));
    assert!(reference < 64);
    assert!(boxed < 64);
    assert_eq!(passed_on, argument);
}
