//! Break it: a guard of a mutex that is held across an await, so that the
//! thread waits for itself. Then the same program with the guard let go.

use ch10_runtime::dump::State;
use ch10_runtime::{Handle, Runtime, spawn_local, time};
use std::io;
use std::rc::Rc;
use std::sync::{Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;
use std::time::Duration;
use testing::println;

type Account = Rc<Mutex<u32>>;

fn lock(account: &Mutex<u32>) -> MutexGuard<'_, u32> {
    account.lock().unwrap_or_else(PoisonError::into_inner)
}

// ANCHOR: held
#[expect(clippy::await_holding_lock, reason = "that is the bug")]
async fn pay_held(account: Account) {
    let mut guard = lock(&account);
    time::sleep(Duration::from_millis(20)).await; // asks the bank
    *guard += 1;
}
// ANCHOR_END: held

// ANCHOR: let_go
async fn pay(account: Account) {
    time::sleep(Duration::from_millis(20)).await; // asks the bank
    *lock(&account) += 1;
}
// ANCHOR_END: let_go

// ANCHOR: two
/// Two payments at once, on one thread.
fn two<F>(pay: fn(Account) -> F, tell: &mpsc::Sender<Handle>) -> io::Result<u32>
where
    F: Future<Output = ()> + 'static,
{
    let runtime = Runtime::new()?;
    let _ = tell.send(runtime.handle().clone());
    runtime.block_on(async {
        let account = Account::default();
        for task in [(); 2].map(|()| spawn_local(pay(Rc::clone(&account)))) {
            task.await?;
        }
        Ok(*lock(&account))
    })
}
// ANCHOR_END: two

// ANCHOR: watch
/// The sum, or what another thread sees when there is none after half a second.
fn watch<F>(pay: fn(Account) -> F) -> Result<u32, Vec<State>>
where
    F: Future<Output = ()> + 'static,
{
    let (tell, handle) = mpsc::channel();
    let (give, sum) = mpsc::channel();
    thread::spawn(move || give.send(two(pay, &tell).expect("a runtime")));
    let handle = handle.recv().expect("a handle");
    sum.recv_timeout(Duration::from_millis(500)).map_err(|_| {
        let tasks = handle.dump().tasks;
        tasks.into_iter().map(|task| task.state).collect()
    })
}
// ANCHOR_END: watch

fn main() {
    println!("held:   {:?}", watch(pay_held));
    println!("let go: {:?}", watch(pay));
}

#[test]
fn the_thread_waits_for_a_guard_that_it_holds_itself() {
    testing::within_a_minute(|| {
        let states = watch(pay_held).expect_err("it hangs");
        let running = |state: &&State| **state == State::Running;
        assert_eq!(states.iter().filter(running).count(), 1, "{states:?}");
    });
}
