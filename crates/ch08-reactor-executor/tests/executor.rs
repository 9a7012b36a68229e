//! The executor: in which order it polls, how often, and what becomes of
//! tasks that panic, of handles that are dropped, and of an executor's tasks.

use ch08_reactor_executor::executor::JOBS_BETWEEN_LOOKS;
use ch08_reactor_executor::{
    Executor, Future, JoinError, Park, Parker, PollState, Slot, Unpark, Waker,
    YieldNow, one_thread, parked, s2_waker, yield_now,
};
use std::cell::{Cell, RefCell};
use std::io;
use std::rc::Rc;
use std::sync::{Arc, mpsc};
use std::thread;
use testing::within_a_minute;

/// A future of a closure.
struct PollFn<F>(F);

impl<T, F: FnMut(&Waker) -> PollState<T>> Future for PollFn<F> {
    type Output = T;

    fn poll(&mut self, waker: &Waker) -> PollState<T> {
        (self.0)(waker)
    }
}

fn poll_fn<T, F: FnMut(&Waker) -> PollState<T>>(f: F) -> PollFn<F> {
    PollFn(f)
}

/// Ready when the slot is.
fn event(slot: &Arc<Slot>) -> impl Future<Output = ()> + Send + use<> {
    let slot = Arc::clone(slot);
    poll_fn(move |waker| match slot.poll_ready(waker) {
        Ok(false) => PollState::NotReady,
        _ => PollState::Ready(()),
    })
}

/// Yields so many times.
fn yields(times: u32) -> impl Future<Output = ()> {
    let (mut left, mut now) = (times, YieldNow::default());
    poll_fn(move |waker| {
        while left > 0 {
            if !now.poll(waker).is_ready() {
                return PollState::NotReady;
            }
            (left, now) = (left - 1, yield_now());
        }
        PollState::Ready(())
    })
}

#[test]
fn the_loop_of_stage_2_does_not_sleep_over_a_wake_during_a_poll() {
    within_a_minute(|| {
        let mut queue = ch04_event_queue::Poll::new().unwrap();
        let registry = queue.registry().try_clone().unwrap();
        let wakers = s2_waker::Wakers::new(registry);
        let tasks = [2, 3].map(yields);
        let polls = s2_waker::run(&mut queue, &wakers, tasks).unwrap();
        assert_eq!(polls, 3 + 4);
    });
}

/// Counts how often the executor looks what has happened outside.
struct Looks(u32);

impl Park for Looks {
    fn unparker(&self) -> Arc<dyn Unpark> {
        Arc::new(Parker::new())
    }

    fn park(&mut self) -> io::Result<()> {
        unreachable!("there is always something to do")
    }

    fn look(&mut self) -> io::Result<()> {
        self.0 += 1;
        Ok(())
    }
}

#[test]
fn short_calls_of_block_on_do_not_hide_the_sockets() {
    within_a_minute(|| {
        let mut executor = Executor::new(Looks(0));
        for _ in 0..10 * JOBS_BETWEEN_LOOKS {
            let one_job = poll_fn(|_| PollState::Ready(()));
            executor.block_on(one_job).expect("it can look");
        }
        // It looks before the next job.
        assert_eq!(executor.park().0, 9);
    });
}

#[test]
fn block_on_gives_a_value_and_does_not_wait_for_the_tasks() {
    within_a_minute(|| {
        let mut executor = parked();
        let never = Arc::new(Slot::new());
        let task = executor.spawn(event(&never));
        let answer = executor.block_on(poll_fn(|_| PollState::Ready(42)));
        assert_eq!(answer.expect("it can park"), 42);
        assert_eq!(executor.tasks(), 1);
        never.set_ready();
        let done = executor.block_on(task).expect("it can park");
        assert!(done.is_ok(), "the task goes on with the next call");
        assert_eq!(executor.tasks(), 0);
    });
}

#[test]
fn tasks_take_turns_in_the_order_of_their_wakes() {
    within_a_minute(|| {
        let mut executor = parked();
        let log = Rc::new(RefCell::new(String::new()));
        let tasks = ['a', 'b', 'c'].map(|name| {
            let (log, mut left) = (Rc::clone(&log), 3);
            executor.spawn(poll_fn(move |waker| {
                log.borrow_mut().push(name);
                left -= 1;
                if left == 0 {
                    return PollState::Ready(());
                }
                waker.wake_by_ref();
                PollState::NotReady
            }))
        });
        for task in tasks {
            let done = executor.block_on(task).expect("it can park");
            assert!(done.is_ok());
        }
        assert_eq!(*log.borrow(), "abcabcabc");
    });
}

#[test]
fn many_wakes_before_a_turn_are_one_poll() {
    within_a_minute(|| {
        let mut executor = parked();
        let polls = Rc::new(Cell::new(0));
        let (counted, kept) = (Rc::clone(&polls), Rc::new(RefCell::new(None)));
        let keep = Rc::clone(&kept);
        let task = executor.spawn(poll_fn(move |waker| {
            counted.set(counted.get() + 1);
            *keep.borrow_mut() = Some(waker.clone());
            match counted.get() {
                2 => PollState::Ready(()),
                _ => PollState::NotReady,
            }
        }));
        executor.block_on(yields(2)).expect("it can park");
        assert_eq!(polls.get(), 1, "it has had its first poll");
        let waker: Waker = kept.borrow_mut().take().expect("it was polled");
        for _ in 0..1000 {
            waker.wake_by_ref();
        }
        executor
            .block_on(task)
            .expect("it can park")
            .expect("it ends");
        assert_eq!(polls.get(), 2);
        executor.block_on(yields(2)).expect("it can park");
        assert_eq!(polls.get(), 2, "no wake is left over");
        waker.wake(); // of a task that has ended
        executor.block_on(yields(2)).expect("it can park");
        assert_eq!(polls.get(), 2);
    });
}

#[test]
fn a_wake_during_a_poll_is_one_more_poll() {
    within_a_minute(|| {
        let mut executor = parked();
        let mut polls = 0;
        let answer = executor.block_on(poll_fn(move |waker| {
            polls += 1;
            waker.wake_by_ref(); // while it is polled
            if polls == 5 {
                return PollState::Ready(polls);
            }
            PollState::NotReady
        }));
        assert_eq!(answer.expect("it can park"), 5);
    });
}

#[test]
fn any_thread_can_spawn_while_the_executor_sleeps() {
    within_a_minute(|| {
        let (mut executor, _reactor) = one_thread().expect("a queue");
        let spawner = executor.spawner();
        let done = Arc::new(Slot::new());
        let told = Arc::clone(&done);
        let other = thread::spawn(move || {
            let tasks: Vec<_> = (0..100)
                .map(|number| {
                    let spawner = spawner.clone();
                    thread::spawn(move || {
                        spawner
                            .spawn(poll_fn(move |_| PollState::Ready(number)))
                    })
                })
                .map(|thread| thread.join().expect("it only spawns"))
                .collect();
            let mut here = parked();
            let sum: u32 = tasks
                .into_iter()
                .map(|task| here.block_on(task).expect("it can park"))
                .map(|output| output.expect("it ends"))
                .sum();
            told.set_ready();
            sum
        });
        executor.block_on(event(&done)).expect("it can park");
        assert_eq!(other.join().expect("it does not panic"), 4950);
    });
}

#[test]
fn a_future_that_is_not_send_can_be_made_where_it_runs() {
    within_a_minute(|| {
        let mut executor = parked();
        let task = executor.spawner().spawn_with(|| {
            let shared = Rc::new(5); // not `Send`
            poll_fn(move |_| PollState::Ready(*shared))
        });
        let output = executor.block_on(task).expect("it can park");
        assert_eq!(output.expect("it ends"), 5);
        let failed = executor.spawner().spawn_with(|| -> YieldNow {
            panic!("while it is made");
        });
        let output = executor.block_on(failed).expect("it can park");
        assert!(matches!(output, Err(JoinError::Panicked(_))));
    });
}

/// Panics when it is dropped.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("while it is dropped");
    }
}

#[test]
fn a_task_that_panics_costs_the_others_nothing() {
    within_a_minute(|| {
        let mut executor = parked();
        let panics = executor.spawn(poll_fn(|_| -> PollState<()> {
            panic!("on purpose");
        }));
        let bomb = Bomb;
        let explodes = executor.spawn(poll_fn(move |_| {
            let _ = &bomb;
            PollState::Ready(1)
        }));
        let works = executor.spawn(yields(10));
        let output = executor.block_on(panics).expect("it can park");
        let Err(JoinError::Panicked(payload)) = output else {
            panic!("it has panicked");
        };
        assert_eq!(payload.downcast_ref(), Some(&"on purpose"));
        let output = executor.block_on(explodes).expect("it can park");
        assert_eq!(output.expect("its output was there"), 1);
        executor
            .block_on(works)
            .expect("it can park")
            .expect("it ends");
        assert_eq!(executor.tasks(), 0);
    });
}

#[test]
fn a_handle_that_is_dropped_lets_its_task_run_on() {
    within_a_minute(|| {
        let mut executor = parked();
        let done = Rc::new(Cell::new(false));
        let told = Rc::clone(&done);
        let mut turns = yields(3);
        drop(executor.spawn(poll_fn(move |waker| {
            let polled = turns.poll(waker);
            told.set(polled.is_ready());
            polled
        })));
        executor.block_on(yields(10)).expect("it can park");
        assert!(done.get());
        assert_eq!(executor.tasks(), 0);
    });
}

#[test]
fn tasks_are_dropped_with_their_executor_and_their_handles_say_so() {
    within_a_minute(|| {
        let never = Arc::new(Slot::new());
        let mut executor = parked();
        let spawner = executor.spawner();
        let polled = executor.spawn(event(&never));
        executor.block_on(yields(2)).expect("it can park");
        let unpolled = spawner.spawn(event(&never));
        drop(executor);
        let late = spawner.spawn(event(&never));
        never.set_ready(); // wakes a task that is gone
        let mut other = parked();
        for handle in [polled, unpolled, late] {
            let output = other.block_on(handle).expect("it can park");
            assert!(matches!(output, Err(JoinError::Dropped)));
        }
    });
}

#[test]
fn the_future_of_block_on_may_borrow() {
    within_a_minute(|| {
        let mut executor = parked();
        let mut numbers = vec![1, 2];
        let pushed = executor.block_on(poll_fn(|_| {
            numbers.push(3);
            PollState::Ready(numbers.len())
        }));
        assert_eq!(pushed.expect("it can park"), 3);
        assert_eq!(numbers, [1, 2, 3]);
    });
}

#[test]
fn a_waker_outlives_its_executor_without_harm() {
    within_a_minute(|| {
        let (sender, receiver) = mpsc::channel();
        let mut executor = parked();
        let keep = poll_fn(move |waker| {
            sender.send(waker.clone()).expect("it is received");
            PollState::<()>::NotReady
        });
        drop(executor.spawn(keep));
        executor.block_on(yields(2)).expect("it can park");
        let waker = receiver.recv().expect("it was polled");
        let firing = thread::spawn(move || {
            for _ in 0..1000 {
                waker.wake_by_ref();
            }
        });
        drop(executor);
        firing.join().expect("it does not panic");
    });
}

#[test]
fn the_bound_between_looks_is_the_documented_one() {
    assert_eq!(JOBS_BETWEEN_LOOKS, 64); // the page says so
}
