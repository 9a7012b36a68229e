//! Sockets: fibers against the clients of others.

mod support;

use ch05_fibers::net::{TcpListener, TcpStream};
use ch05_fibers::{Builder, Runtime, s5_net, scope, sleep, spawn, yield_now};
use delay_server::DelayServer;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr};
use std::process::Command;
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};
use support::{Dropped, built, runtime};
use testing::{in_a_child, within_a_minute};

type Talk = fn(TcpStream) -> io::Result<()>;

fn any_port() -> SocketAddr {
    (Ipv4Addr::LOCALHOST, 0).into()
}

/// Runs a server on a thread of its own, until `client` has returned.
fn with_server<T: Send + 'static>(
    talk: Talk,
    client: impl FnOnce(SocketAddr) -> T + Send + 'static,
) -> T {
    within_a_minute(move || {
        let (address, known) = channel();
        let (over, is_over) = channel::<()>();
        let server = thread::spawn(move || {
            runtime().run(|| {
                let listener = TcpListener::bind(any_port()).unwrap();
                address.send(listener.local_addr().unwrap()).unwrap();
                spawn(move || s5_net::serve(&listener, talk));
                while is_over.try_recv()
                    == Err(std::sync::mpsc::TryRecvError::Empty)
                {
                    sleep(Duration::from_millis(2));
                }
            });
        });
        let result = client(known.recv().unwrap());
        drop(over);
        server.join().unwrap();
        result
    })
}

#[test]
fn the_delay_servers_client_gets_its_greeting() {
    with_server(s5_net::hello, |address| {
        let patience = Duration::from_secs(20);
        for path in ["/", "/again"] {
            let reply = delay_server::get(address, path, patience).unwrap();
            assert_eq!(reply.status, 200);
            assert_eq!(reply.text(), "Hello from a fiber!\n");
        }
    });
}

#[test]
fn a_request_may_come_byte_by_byte() {
    let reply = with_server(s5_net::hello, |address| {
        let mut client = std::net::TcpStream::connect(address).unwrap();
        client.set_nodelay(true).unwrap();
        for byte in b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n" {
            client.write_all(&[*byte]).unwrap();
            thread::sleep(Duration::from_millis(1));
        }
        let mut reply = String::new();
        client.read_to_string(&mut reply).unwrap();
        reply
    });
    assert!(reply.starts_with("HTTP/1.1 200 OK\r\n"), "{reply}");
    assert!(reply.ends_with("\r\n\r\nHello from a fiber!\n"), "{reply}");
}

/// Drops a connection so that the other side gets a reset, and no orderly end.
#[cfg(unix)]
fn reset(client: std::net::TcpStream) {
    use std::os::fd::AsRawFd;
    let at_once = libc::linger {
        l_onoff: 1,
        l_linger: 0,
    };
    let (fd, length) = (client.as_raw_fd(), size_of_val(&at_once));
    // SAFETY: the kernel reads one `linger`, and there is one.
    let result = unsafe {
        libc::setsockopt(
            fd,
            libc::SOL_SOCKET,
            libc::SO_LINGER,
            (&raw const at_once).cast(),
            length as libc::socklen_t,
        )
    };
    assert_eq!(result, 0, "{}", io::Error::last_os_error());
}

/// A client that goes in the middle ends one fiber, and no other.
#[cfg(unix)]
#[test]
fn a_reset_ends_its_own_fiber_only() {
    with_server(s5_net::echo, |address| {
        let connect = || std::net::TcpStream::connect(address).unwrap();
        let mut steady = connect();
        for _ in 0..20 {
            let mut rude = connect();
            rude.write_all(&[7; 5_000]).unwrap();
            reset(rude);
            let mut room = [0; 5];
            steady.write_all(b"hello").unwrap();
            steady.read_exact(&mut room).unwrap();
            assert_eq!(&room, b"hello");
        }
    });
}

#[test]
fn curl_gets_its_greeting_twice_on_one_connection() {
    let version = Command::new("curl").arg("--version").output();
    if version.is_err() {
        return; // not installed here
    }
    let output = with_server(s5_net::hello, |address| {
        let url = format!("http://{address}/");
        Command::new("curl")
            .args(["--silent", "--show-error", "--max-time", "20"])
            .args(["--noproxy", "*"])
            .args(["--write-out", "%{http_code} %{num_connects}\n"])
            .args([&url, &url])
            .output()
            .unwrap()
    });
    let text = String::from_utf8_lossy(&output.stdout);
    let expected = "Hello from a fiber!\n200 1\nHello from a fiber!\n200 0\n";
    assert_eq!(text, expected, "{output:?}");
}

#[test]
fn the_echo_comes_back_to_a_blocking_client() {
    let (said, heard) = with_server(s5_net::echo, |address| {
        let mut stream = std::net::TcpStream::connect(address).unwrap();
        // More than the buffers of both sides hold.
        let said: Vec<u8> =
            (0..3_000_000_u32).map(|n| (n % 251) as u8).collect();
        let mut writer = stream.try_clone().unwrap();
        let copy = said.clone();
        let writing = thread::spawn(move || {
            writer.write_all(&copy).unwrap();
            writer.shutdown(Shutdown::Write).unwrap();
        });
        let mut heard = Vec::new();
        stream.read_to_end(&mut heard).unwrap();
        writing.join().unwrap();
        (said, heard)
    });
    assert!(said == heard, "{} of {} bytes", heard.len(), said.len());
}

/// A fiber asks a slow server; others run meanwhile.
#[test]
fn many_slow_answers_take_as_long_as_one() {
    within_a_minute(|| {
        let server = DelayServer::start().unwrap();
        let address = server.addr();
        let start = Instant::now();
        let replies = runtime().run(|| {
            scope(|scope| {
                let ask = |number| {
                    scope.spawn(move || -> io::Result<String> {
                        let mut stream = TcpStream::connect(address)?;
                        let request = format!(
                            "GET /300/fiber-{number} HTTP/1.1\r\n\
                             Host: x\r\nConnection: close\r\n\r\n"
                        );
                        stream.write_all(request.as_bytes())?;
                        let mut reply = String::new();
                        stream.read_to_string(&mut reply)?;
                        Ok(reply)
                    })
                };
                let fibers: Vec<_> = (0..50).map(ask).collect();
                let replies = fibers.into_iter().map(|fiber| fiber.join());
                replies
                    .map(|reply| reply.unwrap().unwrap())
                    .collect::<Vec<_>>()
            })
        });
        for (number, reply) in replies.iter().enumerate() {
            assert!(reply.ends_with(&format!("fiber-{number}")), "{reply}");
        }
        let time = start.elapsed();
        assert!(time >= Duration::from_millis(300));
        // One after the other, they would take 15 s.
        assert!(time < Duration::from_secs(10), "{time:?}");
    });
}

#[test]
fn a_deadline_ends_each_wait() {
    within_a_minute(|| {
        runtime().run(|| {
            let listener = TcpListener::bind(any_port()).unwrap();
            let in_20_ms = || Some(Instant::now() + Duration::from_millis(20));
            let timed_out = |error: io::Error| {
                assert_eq!(error.kind(), ErrorKind::TimedOut);
            };
            let start = Instant::now();
            listener.set_deadline(in_20_ms());
            timed_out(listener.accept().map(drop).unwrap_err());
            let address = listener.local_addr().unwrap();
            let mut stream = TcpStream::connect(address).unwrap();
            stream.set_deadline(in_20_ms());
            timed_out(stream.read(&mut [0; 8]).unwrap_err());
            // The other end is not read, so there is no more room.
            stream.set_deadline(in_20_ms());
            let everything = vec![0; 1 << 25];
            timed_out(stream.write_all(&everything).unwrap_err());
            assert!(start.elapsed() >= Duration::from_millis(60));
            // And again without.
            listener.set_deadline(None);
            listener.accept().unwrap();
        });
    });
}

#[test]
fn two_fibers_read_and_write_one_connection() {
    within_a_minute(|| {
        runtime().run(|| {
            let listener = TcpListener::bind(any_port()).unwrap();
            let address = listener.local_addr().unwrap();
            spawn(move || {
                let (stream, _) = listener.accept().unwrap();
                s5_net::echo(stream)
            });
            let stream = TcpStream::connect(address).unwrap();
            let bytes = vec![7; 2_000_000];
            scope(|scope| {
                let (stream, bytes) = (&stream, &bytes);
                scope.spawn(move || {
                    let mut writer = stream;
                    writer.write_all(bytes).unwrap();
                    stream.shutdown(Shutdown::Write).unwrap();
                });
                let mut heard = Vec::new();
                let mut reader = stream;
                reader.read_to_end(&mut heard).unwrap();
                assert!(heard == *bytes);
            });
        });
    });
}

#[test]
fn nobody_listens() {
    within_a_minute(|| {
        runtime().run(|| {
            let listener = TcpListener::bind(any_port()).unwrap();
            let address = listener.local_addr().unwrap();
            drop(listener);
            let error = TcpStream::connect(address).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
        });
    });
}

/// A fiber that waits for a socket is cancelled like any other.
#[test]
fn waiting_for_a_socket_is_unwound() {
    within_a_minute(|| {
        let dropped = Dropped::default();
        let mut runtime = runtime();
        runtime.run(|| {
            let local = dropped.local();
            let listener = TcpListener::bind(any_port()).unwrap();
            spawn(move || {
                let _local = local;
                let _ = listener.accept();
            });
            yield_now();
        });
        assert_eq!(dropped.count(), 0);
        drop(runtime);
        assert_eq!(dropped.count(), 1);
    });
}

#[test]
fn sockets_outside_of_their_runtime_do_not_wait() {
    within_a_minute(|| {
        let error = TcpListener::bind(any_port()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Other);
        let mut runtime = runtime();
        let listener = runtime.run(|| TcpListener::bind(any_port()).unwrap());
        let error = listener.accept().map(drop).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Other);
        drop(runtime);
        let error = listener.accept().map(drop).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Other);
    });
}

/// A fiber that only yields does not keep sockets from being served.
#[test]
fn sockets_have_their_turn_among_fibers_that_only_yield() {
    within_a_minute(|| {
        runtime().run(|| {
            spawn(|| {
                loop {
                    yield_now();
                }
            });
            let listener = TcpListener::bind(any_port()).unwrap();
            let address = listener.local_addr().unwrap();
            spawn(move || s5_net::serve(&listener, s5_net::echo));
            let mut stream = TcpStream::connect(address).unwrap();
            stream.write_all(b"x").unwrap();
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            assert_eq!(&byte, b"x");
        });
    });
}

/// Every descriptor of the process is taken while a client waits to be accepted.
/// The server is still there when some are free again, and serves it.
#[cfg(unix)]
#[test]
fn a_server_outlives_a_time_without_descriptors() {
    let name = "a_server_outlives_a_time_without_descriptors";
    let output = in_a_child(name, || {
        let few = libc::rlimit {
            rlim_cur: 64,
            rlim_max: 64,
        };
        // SAFETY: reads the limit.
        let set = unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &few) };
        assert_eq!(set, 0);
        runtime().run(|| {
            let listener = TcpListener::bind(any_port()).unwrap();
            // The kernel accepts it already, into the listener's queue.
            let address = listener.local_addr().unwrap();
            let mut client = std::net::TcpStream::connect(address).unwrap();
            client.write_all(b"hello").unwrap();
            client.shutdown(Shutdown::Write).unwrap();
            client.set_nonblocking(true).unwrap();
            let mut taken = Vec::new();
            let error = loop {
                match std::fs::File::open("/dev/null") {
                    Ok(file) => taken.push(file),
                    Err(error) => break error,
                }
            };
            assert_eq!(error.raw_os_error(), Some(libc::EMFILE));
            let server = spawn(move || s5_net::serve(&listener, s5_net::echo));
            // Several of its naps.
            sleep(Duration::from_millis(50));
            assert!(!server.is_finished());
            let mut answer = Vec::new();
            let error = client.read_to_end(&mut answer).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::WouldBlock);
            drop(taken);
            while let Err(error) = client.read_to_end(&mut answer) {
                assert_eq!(error.kind(), ErrorKind::WouldBlock);
                sleep(Duration::from_millis(1));
            }
            assert_eq!(answer, b"hello");
            assert!(!server.is_finished());
        });
        eprintln!("served");
    });
    if let Some(output) = output {
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
        assert!(said.contains("served"), "{said}");
    }
}

/// There is no stack for the fiber of a client, which is turned away. The server
/// is still there when there are stacks again, and serves the next one.
#[cfg(all(target_os = "linux", not(any(fibers_asan, fibers_valgrind))))]
#[test]
fn a_server_outlives_a_time_without_stacks() {
    let name = "a_server_outlives_a_time_without_stacks";
    let output = in_a_child(name, || {
        // There is room for some dozens of these.
        if !support::limit_addresses(1 << 46) {
            return eprintln!("not tested: this emulator sets no such limit");
        }
        let terabyte = Runtime::builder().stack_size(1 << 40);
        built(terabyte).run(|| {
            let listener = TcpListener::bind(any_port()).unwrap();
            let address = listener.local_addr().unwrap();
            let server = spawn(move || s5_net::serve(&listener, s5_net::echo));
            let hello = || -> io::Result<String> {
                let mut stream = TcpStream::connect(address)?;
                stream.write_all(b"hello")?;
                stream.shutdown(Shutdown::Write)?;
                let mut answer = String::new();
                stream.read_to_string(&mut answer)?;
                Ok(answer)
            };
            let mut taken = Vec::new();
            let error = loop {
                match Builder::new().spawn(yield_now) {
                    Ok(fiber) => taken.push(fiber),
                    Err(error) => break error,
                }
            };
            assert_eq!(error.kind(), ErrorKind::OutOfMemory);
            // A handle keeps the stack of its fiber.
            assert_ne!(hello().ok().as_deref(), Some("hello"));
            assert!(!server.is_finished());
            drop(taken);
            assert_eq!(hello().unwrap(), "hello");
            assert!(!server.is_finished());
        });
        eprintln!("served");
    });
    if let Some(output) = output {
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
        let emulated = said.contains("not tested: ");
        assert!(emulated || said.contains("served"), "{said}");
    }
}
