//! The channel for one value: values, wakers and ends.

use ch06_futures::raw_waker::{Call, Record};
use ch06_futures::{Closed, CountWakes, Receiver, block_on, one_shot};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, RawWaker, RawWakerVTable, Wake, Waker};
use std::thread;
use testing::within_a_minute;

fn counting() -> (Arc<CountWakes>, Waker) {
    let wakes = Arc::new(CountWakes::default());
    let waker = Waker::from(Arc::clone(&wakes));
    (wakes, waker)
}

fn poll<T>(
    receiver: &mut Receiver<T>,
    waker: &Waker,
) -> Poll<Result<T, Closed>> {
    Pin::new(receiver).poll(&mut Context::from_waker(waker))
}

#[test]
fn the_latest_waker_is_woken_once() {
    let (first, waker) = counting();
    let (sender, mut receiver) = one_shot();
    assert_eq!(poll(&mut receiver, &waker), Poll::Pending);
    let (second, waker) = counting();
    assert_eq!(poll(&mut receiver, &waker), Poll::Pending);
    assert_eq!(sender.send(1), Ok(()));
    assert_eq!((first.count(), second.count()), (0, 1));
    assert_eq!(poll(&mut receiver, &waker), Poll::Ready(Ok(1)));
    assert_eq!(poll(&mut receiver, &waker), Poll::Ready(Err(Closed)));
    assert_eq!(second.count(), 1);
}

#[test]
fn a_dropped_sender_wakes_and_closes() {
    let (wakes, waker) = counting();
    let (sender, mut receiver) = one_shot::<u32>();
    assert_eq!(poll(&mut receiver, &waker), Poll::Pending);
    drop(sender);
    assert_eq!(wakes.count(), 1);
    assert_eq!(poll(&mut receiver, &waker), Poll::Ready(Err(Closed)));
}

#[test]
fn a_dropped_receiver_gives_the_value_back_and_drops_the_waker() {
    let record = Arc::new(Record::default());
    let (sender, mut receiver) = one_shot();
    assert_eq!(poll(&mut receiver, &record.waker()), Poll::Pending);
    assert_eq!(record.take(), [Call::Clone, Call::Drop]);
    drop(receiver);
    assert_eq!(record.take(), [Call::Drop]);
    assert_eq!(sender.send(7), Err(7));
    assert_eq!(Arc::strong_count(&record), 1);
}

#[test]
fn a_value_that_nobody_takes_is_dropped_with_the_receiver() {
    let value = Arc::new(());
    let (sender, receiver) = one_shot();
    sender
        .send(Arc::clone(&value))
        .expect("the receiver is there");
    assert_eq!(Arc::strong_count(&value), 2);
    drop(receiver);
    assert_eq!(Arc::strong_count(&value), 1);
}

#[test]
fn a_replaced_waker_may_drop_the_sender() {
    struct Owns {
        _sender: ch06_futures::Sender<u32>,
    }
    impl Wake for Owns {
        fn wake(self: Arc<Self>) {}
    }
    within_a_minute(|| {
        let (_sender, mut receiver) = one_shot();
        let owner = Waker::from(Arc::new(Owns { _sender }));
        assert_eq!(poll(&mut receiver, &owner), Poll::Pending);
        drop(owner);
        // The stored clone is the last one: with it, the sender goes.
        let (wakes, waker) = counting();
        assert_eq!(poll(&mut receiver, &waker), Poll::Pending);
        assert_eq!(wakes.count(), 1);
        assert_eq!(poll(&mut receiver, &waker), Poll::Ready(Err(Closed)));
    });
}

#[test]
fn a_waker_whose_clone_panics_leaves_the_channel_as_it_was() {
    const PANICS: RawWakerVTable =
        RawWakerVTable::new(|_| panic!("by the waker"), |_| {}, |_| {}, |_| {});
    let raw = RawWaker::new(std::ptr::null(), &PANICS);
    // SAFETY: no function of the table uses the pointer, and there is nothing
    // to release.
    let panics = unsafe { Waker::from_raw(raw) };
    let (sender, mut receiver) = one_shot();
    let outcome =
        catch_unwind(AssertUnwindSafe(|| poll(&mut receiver, &panics)));
    assert!(outcome.is_err());
    let (wakes, waker) = counting();
    assert_eq!(poll(&mut receiver, &waker), Poll::Pending);
    assert_eq!(sender.send(3), Ok(()));
    assert_eq!(wakes.count(), 1);
    assert_eq!(poll(&mut receiver, &waker), Poll::Ready(Ok(3)));
}

#[test]
fn a_wait_clones_once_and_wakes_once() {
    let record = Arc::new(Record::default());
    let waker = record.waker();
    let (sender, mut receiver) = one_shot();
    for _ in 0..3 {
        assert_eq!(poll(&mut receiver, &waker), Poll::Pending);
    }
    assert_eq!(sender.send(1), Ok(()));
    assert_eq!(poll(&mut receiver, &waker), Poll::Ready(Ok(1)));
    assert_eq!(record.take(), [Call::Clone, Call::Wake]);
}

#[test]
fn ten_thousand_answers_from_another_thread() {
    within_a_minute(|| {
        let (queue, senders) = std::sync::mpsc::channel();
        let answering = thread::spawn(move || {
            for (number, sender) in senders.into_iter().enumerate() {
                let sender: ch06_futures::Sender<usize> = sender;
                sender.send(number).expect("the receiver is there");
            }
        });
        for number in 0..10_000 {
            let (sender, receiver) = one_shot();
            queue.send(sender).expect("the thread is there");
            assert_eq!(block_on(receiver), Ok(number));
        }
        drop(queue);
        answering.join().expect("it does not panic");
    });
}
