//! Stage 5 of chapter 2: `async` and `await` over the same loop.
//!
//! The compiler makes the state machine of stage 4 out of straight code; what
//! it makes is a future. This file has what drives futures: tasks, a queue of
//! those that have been woken, and a timer that wakes. Chapter 6 opens up what
//! a future is, chapter 8 builds an executor for sockets.
//!
//! It leaves out more threads, a way to cancel a task that was spawned, and a
//! net for panics: one in a task leaves through `block_on`.

use crate::Log;
use crate::archive::{Request, TITLE, fetch, look_up, store};
use crate::s2_callbacks::{Loop, TimerId};
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

/// One errand: look up, fetch, store. Gives the number of bytes stored.
// ANCHOR: s5_errand
pub async fn errand(timers: Timers, title: &'static str, log: Log) -> u64 {
    let number = timers.wait(look_up(title)).await;
    log.say(format!("errand: {title} is number {number}"));
    let text = timers.wait(fetch(number)).await;
    log.say(format!("errand: it begins {text:?}"));
    let bytes = timers.wait(store(number, text)).await;
    log.say(format!("errand: stored {bytes} bytes"));
    bytes
}
// ANCHOR_END: s5_errand

/// One errand, and a main line that carries on meanwhile.
// ANCHOR: s5_run
pub fn run(log: &Log) {
    let executor = Executor::new();
    log.say("main: sends off an errand");
    let errand = errand(executor.timers(), TITLE, log.clone());
    let task = executor.spawn(errand);
    log.say("main: carries on meanwhile");
    let bytes = executor.block_on(task);
    log.say(format!("main: done, {bytes} bytes"));
}
// ANCHOR_END: s5_run

/// That many errands at the same time; gives the sum of their results.
pub fn crowd(log: &Log, count: usize) -> u64 {
    let executor = Executor::new();
    let errands: Vec<_> = (0..count)
        .map(|_| errand(executor.timers(), TITLE, log.clone()))
        .map(|errand| executor.spawn(errand))
        .collect();
    executor.block_on(async {
        let mut sum = 0;
        for errand in errands {
            sum += errand.await;
        }
        sum
    })
}

/// Both outputs. It polls each of the two futures until that one is ready.
// ANCHOR: join
pub async fn join<A: Future, B: Future>(a: A, b: B) -> (A::Output, B::Output) {
    let (mut a, mut b) = (pin!(a), pin!(b));
    let (mut first, mut second) = (None, None);
    poll_fn(move |cx| {
        if first.is_none()
            && let Poll::Ready(output) = a.as_mut().poll(cx)
        {
            first = Some(output);
        }
        if second.is_none()
            && let Poll::Ready(output) = b.as_mut().poll(cx)
        {
            second = Some(output);
        }
        if first.is_none() || second.is_none() {
            return Poll::Pending;
        }
        let both = first.take().zip(second.take());
        both.map_or(Poll::Pending, Poll::Ready)
    })
    .await
}
// ANCHOR_END: join

/// A handle to an executor's timers, for its tasks.
#[derive(Clone, Debug)]
pub struct Timers(Rc<RefCell<Loop>>);

impl Timers {
    /// Ready with the request's result, after its delay.
    // ANCHOR: s5_wait
    pub async fn wait<T>(&self, request: Request<T>) -> T {
        self.sleep(request.delay).await;
        request.result
    }
    // ANCHOR_END: s5_wait

    /// A future that is ready once `delay` is over, counted from now.
    pub fn sleep(&self, delay: Duration) -> Sleep {
        Sleep {
            timers: self.clone(),
            deadline: Loop::deadline_after(delay),
            timer: None,
        }
    }

    /// How many timers are set.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.0.borrow().waiting()
    }

    fn take_back(&self, timer: Option<TimerId>) {
        let taken = timer.map(|timer| self.0.borrow_mut().take(timer));
        // The loop is no longer borrowed: the callback holds a waker, and the
        // drop of a foreign waker may run any code.
        drop(taken);
    }
}

// ANCHOR: sleep
/// Is ready at its deadline, and wakes its task then.
#[derive(Debug)]
pub struct Sleep {
    timers: Timers,
    deadline: Instant,
    /// The timer that will wake the task that polled last.
    timer: Option<TimerId>,
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        // The old timer would wake the task that polled before: perhaps
        // another one.
        let old = self.timer.take();
        self.timers.take_back(old);
        if self.deadline <= Instant::now() {
            return Poll::Ready(());
        }
        let waker = cx.waker().clone();
        let wake = move |_: &mut Loop| waker.wake();
        let timer = self.timers.0.borrow_mut().call_at(self.deadline, wake);
        self.timer = Some(timer);
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        self.timers.take_back(self.timer.take());
    }
}
// ANCHOR_END: sleep

// ANCHOR: ready
/// Which tasks are to be polled, in the order in which they were woken.
#[derive(Debug, Default)]
struct Ready {
    queue: Mutex<Queue>,
    /// Is notified of a new entry while the executor sleeps.
    filled: Condvar,
}

#[derive(Debug, Default)]
struct Queue {
    tasks: VecDeque<usize>,
    /// Whether the executor sleeps: only then is it notified, which takes a
    /// system call.
    asleep: bool,
}
// ANCHOR_END: ready

// ANCHOR: wake
/// What a task's wakers share.
#[derive(Debug)]
struct TaskWaker {
    task: usize,
    /// Whether the task is in the queue: a second entry would be useless.
    queued: AtomicBool,
    ready: Arc<Ready>,
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // The swap also publishes what this thread has done so far: the next
        // poll will see it, even if another thread has queued the task.
        if !self.queued.swap(true, Ordering::AcqRel) {
            let mut queue = self.ready.queue();
            queue.tasks.push_back(self.task);
            if queue.asleep {
                self.ready.filled.notify_one();
            }
        }
    }
}
impl TaskWaker {
    /// The entry is out of the queue, and the poll begins: a wake from here on
    /// makes a new entry.
    fn begin(&self) {
        self.queued.swap(false, Ordering::AcqRel);
    }
}
// ANCHOR_END: wake

impl TaskWaker {
    fn new(task: usize, ready: &Arc<Ready>) -> Arc<Self> {
        Arc::new(Self {
            task,
            queued: AtomicBool::new(false),
            ready: Arc::clone(ready),
        })
    }
}

impl Ready {
    /// No code that holds the lock can panic.
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn pop(&self) -> Option<usize> {
        self.queue().tasks.pop_front()
    }

    // ANCHOR: wait_until
    /// Sleeps until a task is woken or the deadline has passed.
    fn wait_until(&self, deadline: Option<Instant>) {
        let mut queue = self.queue();
        queue.asleep = true;
        while queue.tasks.is_empty() {
            let filled = &self.filled;
            queue = match deadline {
                None => {
                    filled.wait(queue).unwrap_or_else(PoisonError::into_inner)
                }
                Some(deadline) => {
                    let now = Instant::now();
                    let left = deadline.saturating_duration_since(now);
                    if left.is_zero() {
                        break;
                    }
                    let woken = filled.wait_timeout(queue, left);
                    woken.unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
        queue.asleep = false;
    }
    // ANCHOR_END: wait_until
}

// ANCHOR: executor
/// Runs tasks, all on the thread that calls [`Executor::block_on`].
#[derive(Default)]
pub struct Executor {
    timers: Rc<RefCell<Loop>>,
    /// A task's number is its place here. Empty: it is done, or being polled.
    tasks: RefCell<Vec<Option<Running>>>,
    /// The numbers that are free again.
    free: RefCell<Vec<usize>>,
    ready: Arc<Ready>,
    running: Cell<bool>,
}

/// A task that is not done.
struct Running {
    future: Pin<Box<dyn Future<Output = ()>>>,
    waker: Arc<TaskWaker>,
}

/// Stands for the future that [`Executor::block_on`] got.
const MAIN: usize = usize::MAX;
// ANCHOR_END: executor

impl Executor {
    /// One without tasks.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A handle to the timers.
    #[must_use]
    pub fn timers(&self) -> Timers {
        Timers(Rc::clone(&self.timers))
    }

    /// Makes a task of a future. It runs whenever [`Executor::block_on`] does,
    /// whether or not its result is awaited.
    // ANCHOR: spawn
    pub fn spawn<T: 'static>(
        &self,
        future: impl Future<Output = T> + 'static,
    ) -> Task<T> {
        let end = Rc::new(RefCell::new(End::Pending(None)));
        let theirs = Rc::clone(&end);
        let future = Box::pin(async move {
            let value = future.await;
            let before = theirs.replace(End::Done(value));
            if let End::Pending(Some(waker)) = before {
                waker.wake();
            }
        });
        let free = self.free.borrow_mut().pop();
        let mut tasks = self.tasks.borrow_mut();
        let task = free.unwrap_or_else(|| {
            tasks.push(None);
            tasks.len() - 1
        });
        let waker = TaskWaker::new(task, &self.ready);
        tasks[task] = Some(Running {
            future,
            waker: Arc::clone(&waker),
        });
        waker.wake();
        Task(end)
    }
    // ANCHOR_END: spawn

    /// Polls the future and all tasks, whenever they are woken, and sleeps
    /// in between. Returns when the future is ready.
    ///
    /// If nothing will ever wake it, it sleeps for ever.
    ///
    /// # Panics
    ///
    /// If it is called by one of its own tasks, or if a task panics.
    // ANCHOR: block_on
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        let _running = self.enter();
        let mut future = pin!(future);
        let main = TaskWaker::new(MAIN, &self.ready);
        let waker = Waker::from(Arc::clone(&main));
        main.wake_by_ref();
        loop {
            // Only what is queued now: the tasks that these wake will come
            // after the timers.
            let count = self.ready.queue().tasks.len();
            for _ in 0..count {
                let Some(task) = self.ready.pop() else { break };
                if task != MAIN {
                    self.poll_task(task);
                    continue;
                }
                main.begin();
                let mut cx = Context::from_waker(&waker);
                if let Poll::Ready(output) = future.as_mut().poll(&mut cx) {
                    return output;
                }
            }
            let deadline = self.timers.borrow().next_deadline();
            self.ready.wait_until(deadline);
            self.call_due();
        }
    }
    // ANCHOR_END: block_on

    /// Calls what is due, as [`Loop::run_due`] does, but without borrowing the
    /// loop meanwhile: all that these callbacks do is to wake, but a foreign
    /// waker may do anything, such as set a timer.
    fn call_due(&self) {
        let now = Instant::now();
        let mut unused = Loop::new();
        loop {
            let due = self.timers.borrow_mut().next_due(now);
            let Some(callback) = due else { return };
            callback(&mut unused);
        }
    }

    // ANCHOR: poll_task
    fn poll_task(&self, task: usize) {
        // Taken out while it is polled: it may spawn others.
        let taken = self.tasks.borrow_mut()[task].take();
        let Some(mut running) = taken else {
            return; // woken after its end
        };
        running.waker.begin();
        let waker = Waker::from(Arc::clone(&running.waker));
        let mut cx = Context::from_waker(&waker);
        match running.future.as_mut().poll(&mut cx) {
            Poll::Pending => self.tasks.borrow_mut()[task] = Some(running),
            Poll::Ready(()) => self.free.borrow_mut().push(task),
        }
    }
    // ANCHOR_END: poll_task

    fn enter(&self) -> impl Drop {
        struct Entered<'a>(&'a Cell<bool>);
        impl Drop for Entered<'_> {
            fn drop(&mut self) {
                self.0.set(false);
            }
        }
        let nested = self.running.replace(true);
        assert!(!nested, "block_on in a task of the same executor");
        Entered(&self.running)
    }
}

// ANCHOR: handle
/// The handle to a task, ready with its output. Dropping it lets the task run.
pub struct Task<T>(Rc<RefCell<End<T>>>);

enum End<T> {
    /// With the waker of the task that polled last.
    Pending(Option<Waker>),
    Done(T),
    /// The handle has given it away.
    Taken,
}
// ANCHOR_END: handle

// ANCHOR: task
impl<T> Future for Task<T> {
    type Output = T;

    /// # Panics
    ///
    /// After it has given the result away.
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        let waker = cx.waker().clone();
        // What was there before goes at the end, after the borrow.
        let before = self.0.replace(End::Taken);
        match before {
            End::Pending(_) => {
                self.0.replace(End::Pending(Some(waker)));
                Poll::Pending
            }
            End::Done(value) => Poll::Ready(value),
            End::Taken => panic!("polled after its end"),
        }
    }
}
// ANCHOR_END: task

impl<T> fmt::Debug for Task<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match *self.0.borrow() {
            End::Pending(_) => "Task(pending)",
            End::Done(_) => "Task(done)",
            End::Taken => "Task(taken)",
        })
    }
}

impl fmt::Debug for Executor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tasks = self.tasks.borrow();
        let free = self.free.borrow();
        f.debug_struct("Executor")
            .field("tasks", &(tasks.len() - free.len()))
            .field("timers", &self.timers)
            .finish_non_exhaustive()
    }
}
