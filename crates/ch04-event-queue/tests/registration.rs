//! Where a source takes itself to be, and where it is. Wherever mio recovers,
//! in debug builds or in release builds, so does this crate.

mod support;

use ch04_event_queue::net::TcpStream;
use ch04_event_queue::{Interest, Registry, Token};
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::time::Duration;
use support::{
    BOTH, QUIET, SOON, connection, kind, listener, queue, register, tokens,
    until,
};
use testing::within_a_minute;

const IS_EPOLL: bool = cfg!(all(target_os = "linux", not(event_queue_kqueue)));

/// As in many programs: with a queue of its own, for one use.
fn connect_timeout(
    address: SocketAddr,
    timeout: Duration,
) -> io::Result<TcpStream> {
    let (mut poll, mut events) = queue();
    let mut stream = TcpStream::connect(address)?;
    poll.registry()
        .register(&mut stream, Token(0), Interest::WRITABLE)?;
    poll.poll(&mut events, Some(timeout))?;
    stream.peer_addr()?;
    Ok(stream)
}

#[test]
fn a_queue_that_is_gone_holds_no_source() {
    within_a_minute(|| {
        let (_listener, address) = listener();
        let mut stream = connect_timeout(address, SOON.unwrap()).unwrap();
        let (mut poll, mut events) = queue();
        let missing = poll.registry().reregister(&mut stream, Token(1), BOTH);
        assert_eq!(kind(missing), ErrorKind::NotFound);
        let missing = poll.registry().deregister(&mut stream);
        assert_eq!(kind(missing), ErrorKind::NotFound);
        register(&poll, &mut stream, 1, BOTH);
        until(&mut poll, &mut events, 1, |event| event.is_writable());
        poll.registry().deregister(&mut stream).unwrap();
    });
}

/// As above, but without asking first: registering is enough.
#[test]
fn a_source_of_a_queue_that_is_gone_can_be_registered_at_once() {
    within_a_minute(|| {
        let (_listener, address) = listener();
        let mut stream = connect_timeout(address, SOON.unwrap()).unwrap();
        let (mut poll, mut events) = queue();
        register(&poll, &mut stream, 1, BOTH);
        until(&mut poll, &mut events, 1, |event| event.is_writable());
    });
}

/// The queue exists as long as one registry does.
#[test]
fn a_queue_lives_as_long_as_its_last_registry() {
    within_a_minute(|| {
        let (mut here, _there) = connection();
        let (poll, _) = queue();
        let (other, _) = queue();
        let clone = poll.registry().try_clone().unwrap();
        register(&poll, &mut here, 1, BOTH);
        drop(poll);
        let register = |registry: &Registry, source: &mut TcpStream| {
            registry.register(source, Token(2), BOTH)
        };
        let held = register(other.registry(), &mut here);
        assert_eq!(kind(held), ErrorKind::AlreadyExists);
        clone.reregister(&mut here, Token(3), BOTH).unwrap();
        drop(clone);
        register(other.registry(), &mut here).unwrap();
    });
}

/// A socket that is converted to the standard library's and back leaves its
/// queue on Windows; on Unix it stays in it.
#[test]
fn a_stream_that_was_the_standard_librarys_is_no_stranger() {
    within_a_minute(|| {
        for and_then in ["register", "reregister", "deregister"] {
            let (mut poll, mut events) = queue();
            let (mut here, _there) = connection();
            register(&poll, &mut here, 1, Interest::WRITABLE);
            assert_eq!(tokens(&mut poll, &mut events, SOON), [1]);
            let plain = std::net::TcpStream::from(here);
            let mut here = TcpStream::from_std(plain);
            let registry = poll.registry();
            if cfg!(unix) {
                let done = match and_then {
                    "register" if !IS_EPOLL => Ok(()),
                    "register" => {
                        let twice =
                            registry.register(&mut here, Token(2), BOTH);
                        assert_eq!(kind(twice), ErrorKind::AlreadyExists);
                        Ok(())
                    }
                    "reregister" => {
                        registry.reregister(&mut here, Token(2), BOTH)
                    }
                    _ => registry.deregister(&mut here),
                };
                done.unwrap_or_else(|why| panic!("{and_then}: {why}"));
            } else {
                let missing = registry.deregister(&mut here);
                assert_eq!(kind(missing), ErrorKind::NotFound);
            }
            if and_then != "reregister" {
                let _ = registry.deregister(&mut here);
                assert!(tokens(&mut poll, &mut events, QUIET).is_empty());
                register(&poll, &mut here, 2, BOTH);
            } else if cfg!(windows) {
                register(&poll, &mut here, 2, BOTH);
            }
            until(&mut poll, &mut events, 2, |event| event.is_writable());
        }
    });
}

#[test]
fn what_ends_here_is_an_event_here() {
    within_a_minute(|| {
        if !IS_EPOLL {
            return; // the systems differ in what they report, and when
        }
        let (mut poll, mut events) = queue();
        let (mut here, _there) = connection();
        register(&poll, &mut here, 1, Interest::READABLE);
        assert!(tokens(&mut poll, &mut events, QUIET).is_empty());
        here.shutdown(std::net::Shutdown::Read).unwrap();
        until(&mut poll, &mut events, 1, |event| event.is_read_closed());
    });
}

/// What a machine answers to a datagram that no program receives.
#[test]
#[cfg(all(target_os = "linux", not(event_queue_kqueue)))]
fn a_udp_socket_works_after_an_error() {
    use ch04_event_queue::net::UdpSocket;
    within_a_minute(|| {
        let (mut poll, mut events) = queue();
        let nobody = UdpSocket::bind(support::LOCAL).unwrap();
        let mut here = UdpSocket::bind(support::LOCAL).unwrap();
        here.connect(nobody.local_addr().unwrap()).unwrap();
        let address = nobody.local_addr().unwrap();
        drop(nobody);
        register(&poll, &mut here, 1, BOTH);
        here.send(b"x").unwrap();
        until(&mut poll, &mut events, 1, |event| event.is_write_closed());
        let error = here.take_error().unwrap().expect("nobody was there");
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused);

        let somebody = UdpSocket::bind(address).unwrap();
        here.send(b"y").unwrap();
        let (mut other, mut room) = (somebody, [0; 4]);
        register(&poll, &mut other, 2, Interest::READABLE);
        until(&mut poll, &mut events, 2, |event| event.is_readable());
        assert_eq!(other.recv(&mut room).unwrap(), 1);
        assert_eq!(room[0], b'y');
    });
}

#[cfg(unix)]
mod behind_its_back {
    use super::*;
    use ch04_event_queue::unix::SourceFd;
    use ch04_event_queue::{Events, Poll};
    use std::os::fd::AsRawFd;

    /// A source that takes itself to be in a queue, and is not.
    fn believer() -> ((Poll, Events), TcpStream, std::net::TcpStream) {
        let (poll, events) = queue();
        let (mut here, there) = connection();
        register(&poll, &mut here, 1, BOTH);
        let mut source = SourceFd(&here.as_raw_fd());
        poll.registry().deregister(&mut source).unwrap();
        ((poll, events), here, there)
    }

    #[test]
    fn deregister_sets_it_right() {
        within_a_minute(|| {
            let ((mut poll, mut events), mut here, _there) = believer();
            let missing = poll.registry().deregister(&mut here);
            assert_eq!(kind(missing), ErrorKind::NotFound);
            register(&poll, &mut here, 2, BOTH);
            assert_eq!(tokens(&mut poll, &mut events, SOON), [2]);
        });
    }

    /// kqueue's `reregister` does not mind.
    #[test]
    #[cfg(all(target_os = "linux", not(event_queue_kqueue)))]
    fn reregister_sets_it_right() {
        within_a_minute(|| {
            let ((mut poll, mut events), mut here, _there) = believer();
            let registry = poll.registry();
            let missing = registry.reregister(&mut here, Token(2), BOTH);
            assert_eq!(kind(missing), ErrorKind::NotFound);
            register(&poll, &mut here, 2, BOTH);
            assert_eq!(tokens(&mut poll, &mut events, SOON), [2]);
        });
    }

    /// epoll knows better.
    #[test]
    #[cfg(all(target_os = "linux", not(event_queue_kqueue)))]
    fn register_sets_it_right() {
        within_a_minute(|| {
            let ((mut poll, mut events), mut here, _there) = believer();
            register(&poll, &mut here, 2, BOTH);
            assert_eq!(tokens(&mut poll, &mut events, SOON), [2]);
            let twice = poll.registry().register(&mut here, Token(3), BOTH);
            let error = twice.expect_err("it is there");
            assert_eq!(error.raw_os_error(), Some(libc::EEXIST));
        });
    }

    #[test]
    fn another_queue_takes_it_after_deregister() {
        within_a_minute(|| {
            let ((poll, _), mut here, _there) = believer();
            let (mut other, mut events) = queue();
            let missing = poll.registry().deregister(&mut here);
            assert_eq!(kind(missing), ErrorKind::NotFound);
            register(&other, &mut here, 2, BOTH);
            until(&mut other, &mut events, 2, |event| event.is_writable());
        });
    }
}
