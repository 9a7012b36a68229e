//! Other people's crates on this runtime: they know of no runtime, and only
//! need somebody who polls.

use ch10_runtime::{Runtime, spawn, spawn_local, time};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;
use testing::within_a_minute;

#[allow(dead_code, reason = "HTTP/1 spawns nothing")]
#[path = "../examples/support/hyper_rt.rs"]
mod hyper_rt;

fn block_on<T>(threads: usize, future: impl Future<Output = T>) -> T {
    let runtime = Runtime::builder().threads(threads).build();
    runtime.expect("a runtime").block_on(future)
}

#[test]
fn futures_util_joins_selects_and_buffers() {
    use futures_util::stream::{FuturesUnordered, StreamExt as _};
    use futures_util::{FutureExt as _, future};
    within_a_minute(|| {
        block_on(2, async {
            let slow = |n: u64| async move {
                time::sleep(Duration::from_millis(n)).await;
                n
            };
            assert_eq!(future::join(slow(2), slow(1)).await, (2, 1));
            let all: Vec<_> =
                [30, 10, 20].map(slow).into_iter().collect::<Vec<_>>();
            assert_eq!(future::join_all(all).await, [30, 10, 20]);
            let unordered: FuturesUnordered<_> =
                (1..=20).map(|n| spawn(slow(n))).collect();
            let sum = unordered
                .map(Result::unwrap)
                .fold(0, |sum, n| async move { sum + n });
            assert_eq!(sum.await, 210);
            let mut never = future::pending::<()>().fuse();
            let mut first = Box::pin(slow(1).fuse());
            let chosen = futures_util::select! {
                () = never => 0,
                n = first => n,
            };
            assert_eq!(chosen, 1);
        });
    });
}

#[test]
fn futures_lite_races_and_zips() {
    use futures_lite::{StreamExt as _, future, stream};
    within_a_minute(|| {
        block_on(1, async {
            let never = future::pending::<u8>();
            let soon = async {
                time::sleep(Duration::from_millis(1)).await;
                7
            };
            assert_eq!(future::or(never, soon).await, 7);
            let sum = stream::iter(1..=4).fold(0, |sum, n| sum + n).await;
            assert_eq!(sum, 10);
        });
    });
}

#[test]
fn async_channel_carries_between_tasks_of_several_threads() {
    within_a_minute(|| {
        block_on(3, async {
            let (sender, receiver) = async_channel::bounded(4);
            let senders: Vec<_> = (0..8)
                .map(|_| {
                    let sender = sender.clone();
                    spawn(async move {
                        for n in 0..1000_u64 {
                            sender.send(n).await.unwrap();
                        }
                    })
                })
                .collect();
            drop(sender);
            let receivers: Vec<_> = (0..3)
                .map(|_| {
                    let receiver = receiver.clone();
                    spawn(async move {
                        let mut sum = 0;
                        while let Ok(n) = receiver.recv().await {
                            sum += n;
                        }
                        sum
                    })
                })
                .collect();
            for sender in senders {
                sender.await.unwrap();
            }
            let mut sum = 0;
            for receiver in receivers {
                sum += receiver.await.unwrap();
            }
            assert_eq!(sum, 8 * 999 * 1000 / 2);
        });
    });
}

#[test]
fn async_lock_excludes_and_counts() {
    use async_lock::{Barrier, Mutex, Semaphore};
    within_a_minute(|| {
        block_on(3, async {
            let (sum, barrier) = (Mutex::new(0), Barrier::new(10));
            let scene = Arc::new((sum, barrier, Semaphore::new(2)));
            let tasks: Vec<_> = (0..10)
                .map(|_| {
                    let scene = Arc::clone(&scene);
                    spawn(async move {
                        let (sum, barrier, permits) = &*scene;
                        barrier.wait().await;
                        for _ in 0..100 {
                            let _permit = permits.acquire().await;
                            let mut sum = sum.lock().await;
                            let old = *sum;
                            ch10_runtime::yield_now().await;
                            *sum = old + 1;
                        }
                    })
                })
                .collect();
            for task in tasks {
                task.await.unwrap();
            }
            assert_eq!(*scene.0.lock().await, 1000);
        });
    });
}

#[test]
fn tower_s_services_and_layers_are_called() {
    use tower::{Service as _, ServiceExt as _, service_fn};
    within_a_minute(|| {
        block_on(1, async {
            let double = service_fn(|n: u32| async move {
                time::sleep(Duration::from_millis(1)).await;
                Ok::<_, std::convert::Infallible>(2 * n)
            });
            let mut service = double
                .map_request(|text: &str| text.len() as u32)
                .map_response(|n| n + 1);
            let ready = service.ready().await.unwrap();
            assert_eq!(ready.call("four").await.unwrap(), 9);
            assert_eq!(service.oneshot("").await.unwrap(), 1);
        });
    });
}

#[test]
fn axum_routes_what_hyper_reads_from_our_sockets() {
    use axum::extract::{Path, State};
    use axum::routing::{get, post};
    use ch10_runtime::net::{TcpListener, TcpStream};
    use futures_lite::AsyncReadExt as _;
    use hyper::body::{Bytes, Incoming};
    use hyper::{Request, server::conn::http1, service::service_fn};
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tower::ServiceExt as _;
    within_a_minute(|| {
        let greet = async |Path(name): Path<String>| {
            time::sleep(Duration::from_millis(1)).await;
            format!("hello, {name}")
        };
        let add = async |State(sum): State<Arc<AtomicUsize>>, body: Bytes| {
            let more = body.len();
            (sum.fetch_add(more, Ordering::Relaxed) + more).to_string()
        };
        let router = axum::Router::new()
            .route("/hello/{name}", get(greet))
            .route("/add", post(add))
            .with_state(Arc::new(AtomicUsize::new(0)));
        block_on(2, async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let addr = listener.local_addr().unwrap();
            let server = spawn(async move {
                let (stream, _) = listener.accept().await.unwrap();
                // All of the adapter: a router is called by one clone each.
                let service = service_fn(move |request: Request<Incoming>| {
                    router.clone().oneshot(request)
                });
                let served = http1::Builder::new()
                    .serve_connection(hyper_rt::Io(stream), service);
                served.await.unwrap();
            });
            let mut client = TcpStream::connect(addr).await.unwrap();
            let add = "POST /add HTTP/1.1\r\nHost: a\r\n\
                       Content-Length: 5\r\n\r\n";
            let requests = format!(
                "GET /hello/world HTTP/1.1\r\nHost: a\r\n\r\n\
                 {add}12345{add}67890\
                 GET /none HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
            );
            client.write_all(requests.as_bytes()).await.unwrap();
            let mut text = String::new();
            client.read_to_string(&mut text).await.unwrap();
            let bodies: Vec<_> = text
                .split("HTTP/1.1 ")
                .skip(1)
                .map(|answer| {
                    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
                    (&head[..3], body)
                })
                .collect();
            let expected =
                [("200", "hello, world"), ("200", "5"), ("200", "10")];
            assert_eq!(bodies[..3], expected);
            assert_eq!(bodies[3..], [("404", "")]);
            server.await.unwrap();
        });
    });
}

#[test]
fn an_executor_within_a_task_is_a_future_like_any_other() {
    within_a_minute(|| {
        block_on(1, async {
            let inner = Rc::new(smol::LocalExecutor::new());
            let task = inner.spawn(async {
                time::sleep(Duration::from_millis(1)).await;
                5
            });
            let outer = {
                let inner = Rc::clone(&inner);
                spawn_local(async move { inner.run(task).await })
            };
            assert_eq!(outer.await.unwrap(), 5);
        });
    });
}

#[test]
fn sockets_of_async_io_bring_their_own_reactor_and_work() {
    use futures_lite::{AsyncReadExt as _, AsyncWriteExt as _};
    within_a_minute(|| {
        block_on(1, async {
            let listener = smol::net::TcpListener::bind("127.0.0.1:0").await;
            let listener = listener.unwrap();
            let addr = listener.local_addr().unwrap();
            let server = spawn(async move {
                let (mut stream, _) = listener.accept().await.unwrap();
                stream.write_all(b"from another reactor").await.unwrap();
            });
            let ours = ch10_runtime::net::TcpStream::connect(addr).await;
            let mut text = String::new();
            ours.unwrap().read_to_string(&mut text).await.unwrap();
            server.await.unwrap();
            assert_eq!(text, "from another reactor");
        });
    });
}
