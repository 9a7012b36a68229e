//! The raw waker: what each entry does to the count. Miri and the address
//! sanitizer look on.

use ch06_futures::raw_waker::{Call, Record};
use std::sync::Arc;
use std::thread;

#[test]
fn every_waker_owns_one_count() {
    let record = Arc::new(Record::default());
    let waker = record.waker();
    assert_eq!(Arc::strong_count(&record), 2);
    let second = waker.clone();
    assert_eq!(Arc::strong_count(&record), 3);
    assert!(second.will_wake(&waker));
    second.wake_by_ref();
    assert_eq!(Arc::strong_count(&record), 3);
    second.wake();
    assert_eq!(Arc::strong_count(&record), 2);
    drop(waker);
    assert_eq!(Arc::strong_count(&record), 1);
    let expected = [Call::Clone, Call::WakeByRef, Call::Wake, Call::Drop];
    assert_eq!(record.take(), expected);
}

#[test]
fn a_waker_outlives_all_else_and_crosses_threads() {
    let record = Arc::new(Record::default());
    let weak = Arc::downgrade(&record);
    let waker = record.waker();
    drop(record);
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let waker = waker.clone();
            thread::spawn(move || {
                waker.wake_by_ref();
                waker.wake();
            })
        })
        .collect();
    for thread in threads {
        thread.join().expect("it does not panic");
    }
    let record = weak.upgrade().expect("the first waker owns it");
    assert_eq!(record.take().len(), 12);
    drop(record);
    drop(waker);
    assert!(
        weak.upgrade().is_none(),
        "the last waker was the last owner"
    );
}
