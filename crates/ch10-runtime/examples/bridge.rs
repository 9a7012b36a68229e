//! Why runtimes do not mix, and what does.
//!
//! One future that needs no runtime runs on three of them. One that needs
//! tokio's panics on ours; a bridge lets it run, and lets ours run there.

use ch10_runtime::net::TcpListener;
use ch10_runtime::{Handle, Runtime, time};
use futures_lite::future;
use std::error::Error;
use std::future::Future;
use std::panic::{self, AssertUnwindSafe};
use std::pin::Pin;
use std::sync::{Arc, mpsc};
use std::task::{Context, Poll};
use std::thread;
use std::time::Duration;
use testing::println;
use tokio::runtime;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

// ANCHOR: neutral
/// Adds up numbers that come through a channel, behind a lock. What wakes it is
/// its own other half, so it is at home on every runtime.
async fn neutral() -> u32 {
    let sum = Arc::new(async_lock::Mutex::new(0));
    let (sender, receiver) = async_channel::bounded(1);
    let send = async {
        for number in 1..=10 {
            sender.send(number).await.ok();
        }
        sender.close();
    };
    let receive = async {
        while let Ok(number) = receiver.recv().await {
            *sum.lock().await += number;
        }
    };
    future::zip(send, receive).await;
    *sum.lock().await
}
// ANCHOR_END: neutral

/// Runs a future on tokio, on a runtime of its own.
fn on_tokio<F: Future>(future: F) -> Result<F::Output> {
    let tokio = runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    Ok(tokio.block_on(future))
}

/// Its output on ours, on tokio and on smol.
fn three() -> Result<[u32; 3]> {
    let ours = Runtime::new()?.block_on(neutral());
    Ok([ours, on_tokio(neutral())?, smol::block_on(neutral())])
}

/// The text of the panic of `call`.
fn panic_of(call: impl FnOnce()) -> String {
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    let caught = panic::catch_unwind(AssertUnwindSafe(call));
    panic::set_hook(hook);
    match caught {
        Ok(()) => "no panic".to_owned(),
        Err(panic) => match panic.downcast::<String>() {
            Ok(text) => *text,
            Err(other) => match other.downcast::<&str>() {
                Ok(text) => (*text).to_owned(),
                Err(_) => "a panic without a text".to_owned(),
            },
        },
    }
}

/// What tokio's timer says on our runtime.
fn tokio_here() -> Result<String> {
    let runtime = Runtime::new()?;
    Ok(panic_of(|| {
        runtime.block_on(async {
            tokio::time::sleep(Duration::from_millis(1)).await;
        });
    }))
}

/// What our listener says on tokio's.
fn ours_there() -> Result<String> {
    let listener = on_tokio(TcpListener::bind("127.0.0.1:0"))?;
    match listener {
        Ok(_) => Ok("no error".to_owned()),
        Err(error) => Ok(error.to_string()),
    }
}

// ANCHOR: enter
/// Polls `future` inside tokio's context, on whatever runtime polls this.
struct Entered<F> {
    tokio: runtime::Handle,
    /// `None` once it is dropped.
    future: Option<Pin<Box<F>>>,
}

impl<F: Future> Future for Entered<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = &mut *self;
        let _inside = this.tokio.enter();
        match &mut this.future {
            Some(future) => future.as_mut().poll(cx),
            None => Poll::Pending,
        }
    }
}

impl<F> Drop for Entered<F> {
    fn drop(&mut self) {
        // A destructor may look for tokio, too: to spawn a task, say.
        let _inside = self.tokio.enter();
        self.future = None;
    }
}
// ANCHOR_END: enter

// ANCHOR: across
/// tokio's timer awaited on our runtime, while a thread turns tokio's reactor.
fn across() -> Result<&'static str> {
    let tokio = runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let handle = tokio.handle().clone();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let reactor = thread::spawn(move || tokio.block_on(stopped).ok());
    let future = async {
        tokio::time::sleep(Duration::from_millis(10)).await;
        "tokio's timer was awaited here"
    };
    let future = Entered {
        tokio: handle,
        future: Some(Box::pin(future)),
    };
    let output = Runtime::new()?.block_on(future);
    drop(stop);
    reactor.join().map_err(|_| "the reactor panicked")?;
    Ok(output)
}

// ANCHOR_END: across

// ANCHOR: back
/// Our timer awaited on tokio: the work runs here, its handle is awaited there.
fn back() -> Result<&'static str> {
    let (sender, receiver) = mpsc::channel();
    let (stop, stopped) = async_channel::bounded::<()>(1);
    let ours = thread::spawn(move || {
        let runtime = Runtime::new()?;
        sender.send(runtime.handle().clone()).ok();
        runtime.block_on(stopped.recv()).ok();
        std::io::Result::Ok(())
    });
    let handle: Handle = receiver.recv()?;
    let output = on_tokio(async move {
        let task = handle.spawn(async {
            time::sleep(Duration::from_millis(10)).await;
            "our timer was awaited there"
        });
        task.await
    })??;
    drop(stop);
    ours.join().map_err(|_| "our runtime panicked")??;
    Ok(output)
}
// ANCHOR_END: back

fn main() -> Result<()> {
    println!("on ours, tokio and smol: {:?}", three()?);
    println!("tokio's timer here: {}", tokio_here()?);
    println!("our listener there: {}", ours_there()?);
    println!("across the bridge: {}", across()?);
    println!("and back: {}", back()?);
    Ok(())
}

#[test]
fn runs() {
    testing::within_a_minute(|| {
        assert_eq!(three().expect("runtimes"), [55; 3]);
        let panic = tokio_here().expect("a runtime");
        assert_eq!(
            panic,
            "there is no reactor running, must be called from the context of \
             a Tokio 1.x runtime"
        );
        let error = ours_there().expect("a runtime");
        let none = Handle::try_current().expect_err("none here");
        assert_eq!(error, none.to_string());
        let output = across().expect("both runtimes");
        assert_eq!(output, "tokio's timer was awaited here");
        let output = back().expect("both runtimes");
        assert_eq!(output, "our timer was awaited there");
    });
}
