//! For Unix only: descriptors as sources, and their errors.
#![cfg(unix)]

mod support;

use ch04_event_queue::net::{TcpListener, TcpStream, UdpSocket};
use ch04_event_queue::unix::SourceFd;
use ch04_event_queue::{Interest, Token, Waker};
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, AsRawFd, FromRawFd, IntoRawFd, OwnedFd, RawFd};
use std::os::unix::net::UnixStream;
use support::{
    BOTH, LOCAL, QUIET, SOON, connection, queue, register, tokens, until,
};
use testing::within_a_minute;

/// A pair of Unix sockets, the first in non-blocking mode.
fn pair() -> (UnixStream, UnixStream) {
    let (here, there) = UnixStream::pair().unwrap();
    here.set_nonblocking(true).unwrap();
    (here, there)
}

#[track_caller]
fn os_error<T>(result: io::Result<T>) -> Option<i32> {
    result.err().and_then(|error| error.raw_os_error())
}

#[test]
fn a_unix_socket_is_a_source_by_its_descriptor() {
    within_a_minute(|| {
        let (mut poll, mut events) = queue();
        let (mut here, mut there) = pair();
        let fd = here.as_raw_fd();
        let mut source = SourceFd(&fd);
        register(&poll, &mut source, 1, Interest::READABLE);
        for _ in 0..2 {
            there.write_all(b"x").unwrap();
            assert_eq!(tokens(&mut poll, &mut events, SOON), [1]);
            here.read_exact(&mut [0]).unwrap();
        }
        let registry = poll.registry();
        registry.reregister(&mut source, Token(2), BOTH).unwrap();
        until(&mut poll, &mut events, 2, |event| event.is_writable());
        poll.registry().deregister(&mut source).unwrap();
        there.write_all(b"x").unwrap();
        assert!(tokens(&mut poll, &mut events, QUIET).is_empty());
    });
}

#[test]
fn a_descriptor_can_be_in_two_queues() {
    within_a_minute(|| {
        let (mut one, mut events) = queue();
        let (mut two, _) = queue();
        let (here, mut there) = pair();
        let fd = here.as_raw_fd();
        register(&one, &mut SourceFd(&fd), 1, Interest::READABLE);
        register(&two, &mut SourceFd(&fd), 2, Interest::READABLE);
        there.write_all(b"x").unwrap();
        assert_eq!(tokens(&mut one, &mut events, SOON), [1]);
        assert_eq!(tokens(&mut two, &mut events, SOON), [2]);
    });
}

#[test]
#[cfg_attr(event_queue_kqueue, ignore = "libkqueue: no end for a writer")]
fn the_two_ends_of_a_pipe_notice_when_the_other_is_gone() {
    within_a_minute(|| {
        let (mut poll, mut events) = queue();
        let (reader, writer) = io::pipe().unwrap();
        let fd = reader.as_raw_fd();
        register(&poll, &mut SourceFd(&fd), 1, Interest::READABLE);
        drop(writer);
        until(&mut poll, &mut events, 1, |event| event.is_read_closed());
        drop(reader);

        let (reader, writer) = io::pipe().unwrap();
        let fd = writer.as_raw_fd();
        register(&poll, &mut SourceFd(&fd), 2, Interest::WRITABLE);
        until(&mut poll, &mut events, 2, |event| event.is_writable());
        drop(reader);
        until(&mut poll, &mut events, 2, |event| event.is_write_closed());
    });
}

#[test]
#[cfg_attr(event_queue_kqueue, ignore = "libkqueue: no queue in a queue")]
fn a_queue_is_a_source_for_another_queue() {
    within_a_minute(|| {
        let (mut outer, mut events) = queue();
        let (mut inner, mut inner_events) = queue();
        let fd = inner.as_raw_fd();
        assert_eq!(fd, inner.registry().as_raw_fd());
        assert_eq!(fd, inner.registry().as_fd().as_raw_fd());
        register(&outer, &mut SourceFd(&fd), 1, Interest::READABLE);
        let waker = Waker::new(inner.registry(), Token(2)).unwrap();
        waker.wake().unwrap();
        assert_eq!(tokens(&mut outer, &mut events, SOON), [1]);
        assert_eq!(tokens(&mut inner, &mut inner_events, SOON), [2]);
    });
}

#[test]
#[cfg_attr(event_queue_kqueue, ignore = "libkqueue: no error in receipts")]
fn what_is_no_descriptor_is_an_error() {
    let (poll, _) = queue();
    let never: RawFd = 1 << 28; // more than any system allows
    let mut source = SourceFd(&never);
    let added = poll.registry().register(&mut source, Token(0), BOTH);
    assert_eq!(os_error(added), Some(libc::EBADF));
    let changed = poll.registry().reregister(&mut source, Token(0), BOTH);
    assert_eq!(os_error(changed), Some(libc::EBADF));
    let removed = poll.registry().deregister(&mut source);
    assert_eq!(os_error(removed), Some(libc::EBADF));
}

#[test]
fn programs_that_are_started_inherit_nothing() {
    #[track_caller]
    fn is_ours_alone(what: &impl AsRawFd) {
        let fd = what.as_raw_fd();
        // SAFETY: asks for the flags of a descriptor.
        let flags = unsafe { libc::fcntl(fd, libc::F_GETFD) };
        assert_eq!(flags & libc::FD_CLOEXEC, libc::FD_CLOEXEC);
    }
    let (poll, _) = queue();
    is_ours_alone(&poll);
    is_ours_alone(&poll.registry().try_clone().unwrap());
    let listener = TcpListener::bind(LOCAL).unwrap();
    is_ours_alone(&listener);
    let address = listener.local_addr().unwrap();
    is_ours_alone(&TcpStream::connect(address).unwrap());
    is_ours_alone(&UdpSocket::bind(LOCAL).unwrap());
}

#[test]
fn nothing_blocks() {
    #[track_caller]
    fn is_nonblocking(what: &impl AsRawFd) {
        let fd = what.as_raw_fd();
        // SAFETY: asks for the flags of a descriptor.
        let flags = unsafe { libc::fcntl(fd, libc::F_GETFL) };
        assert_eq!(flags & libc::O_NONBLOCK, libc::O_NONBLOCK);
    }
    within_a_minute(|| {
        let (mut poll, mut events) = queue();
        let mut listener = TcpListener::bind(LOCAL).unwrap();
        is_nonblocking(&listener);
        let address = listener.local_addr().unwrap();
        let stream = TcpStream::connect(address).unwrap();
        is_nonblocking(&stream);
        register(&poll, &mut listener, 0, Interest::READABLE);
        until(&mut poll, &mut events, 0, |event| event.is_readable());
        is_nonblocking(&listener.accept().unwrap().0);
        is_nonblocking(&UdpSocket::bind(LOCAL).unwrap());
    });
}

#[test]
fn sockets_are_made_of_descriptors() {
    let (here, mut there) = connection();
    let fd = here.as_fd().as_raw_fd();
    assert_eq!(fd, here.as_raw_fd());
    let raw = here.into_raw_fd();
    assert_eq!(raw, fd);
    // SAFETY: `into_raw_fd` has just handed it over.
    let here = unsafe { TcpStream::from_raw_fd(raw) };
    let mut here = TcpStream::from(OwnedFd::from(here));
    here.write_all(b"x").unwrap();
    there.read_exact(&mut [0]).unwrap();
    let listener = TcpListener::bind(LOCAL).unwrap();
    let address = listener.local_addr().unwrap();
    let listener = TcpListener::from(OwnedFd::from(listener));
    assert_eq!(listener.local_addr().unwrap(), address);
    let socket = UdpSocket::bind(LOCAL).unwrap();
    let address = socket.local_addr().unwrap();
    let socket = UdpSocket::from(OwnedFd::from(socket));
    assert_eq!(socket.local_addr().unwrap(), address);
}

/// What is true of epoll, and not of every kqueue.
#[cfg(all(target_os = "linux", not(event_queue_kqueue)))]
mod epoll {
    use super::support::kind;
    use super::*;
    use ch04_event_queue::{Events, Poll};
    use std::fs::File;
    use std::io::ErrorKind;
    use std::time::Duration;

    #[test]
    fn a_regular_file_is_refused() {
        let (poll, _) = queue();
        let file = File::open(std::env::current_exe().unwrap()).unwrap();
        let fd = file.as_raw_fd();
        let added =
            poll.registry().register(&mut SourceFd(&fd), Token(0), BOTH);
        let error = added.unwrap_err();
        assert_eq!(error.raw_os_error(), Some(libc::EPERM));
        assert_eq!(error.kind(), ErrorKind::PermissionDenied);
    }

    #[test]
    fn a_descriptor_twice_in_a_queue_is_refused() {
        let (poll, _) = queue();
        let (here, _there) = pair();
        let fd = here.as_raw_fd();
        register(&poll, &mut SourceFd(&fd), 1, BOTH);
        let twice =
            poll.registry().register(&mut SourceFd(&fd), Token(2), BOTH);
        let error = twice.unwrap_err();
        assert_eq!(error.raw_os_error(), Some(libc::EEXIST));
        assert_eq!(error.kind(), ErrorKind::AlreadyExists);
    }

    #[test]
    fn a_descriptor_that_is_not_in_the_queue_is_not_found() {
        let (poll, _) = queue();
        let (here, _there) = pair();
        let fd = here.as_raw_fd();
        let mut source = SourceFd(&fd);
        let changed = poll.registry().reregister(&mut source, Token(2), BOTH);
        assert_eq!(kind(changed), ErrorKind::NotFound);
        let removed = poll.registry().deregister(&mut source);
        assert_eq!(os_error(removed), Some(libc::ENOENT));
    }

    #[test]
    fn no_room_for_events_is_an_error() {
        let mut poll = Poll::new().unwrap();
        let mut none = Events::with_capacity(0);
        let result = poll.poll(&mut none, Some(Duration::ZERO));
        assert_eq!(kind(result), ErrorKind::InvalidInput);
    }

    #[test]
    fn a_dup_keeps_the_old_registration_alive() {
        within_a_minute(|| {
            let (mut poll, mut events) = queue();
            let (mut here, mut there) = connection();
            let twin = here.as_fd().try_clone_to_owned().unwrap();
            register(&poll, &mut here, 1, Interest::READABLE);
            drop(here);
            there.write_all(b"x").unwrap();
            assert_eq!(tokens(&mut poll, &mut events, SOON), [1]);
            let mut twin = TcpStream::from(twin);
            let registry = poll.registry();
            let removed = registry.deregister(&mut SourceFd(&twin.as_raw_fd()));
            assert_eq!(kind(removed), ErrorKind::NotFound);
            // It can be registered under another number: then both report.
            register(&poll, &mut twin, 2, Interest::READABLE);
            there.write_all(b"x").unwrap();
            assert_eq!(tokens(&mut poll, &mut events, SOON), [1, 2]);
            drop(twin);
            assert!(tokens(&mut poll, &mut events, QUIET).is_empty());
        });
    }

    #[test]
    fn urgent_data_has_its_own_interest() {
        within_a_minute(|| {
            let (mut poll, mut events) = queue();
            let (mut here, there) = connection();
            register(&poll, &mut here, 1, Interest::PRIORITY);
            let (fd, byte) = (there.as_raw_fd(), *b"!");
            let (from, flags) = (byte.as_ptr().cast(), libc::MSG_OOB);
            // SAFETY: the kernel reads one byte, and there is one.
            let sent = unsafe { libc::send(fd, from, 1, flags) };
            assert_eq!(sent, 1);
            until(&mut poll, &mut events, 1, |event| {
                event.is_priority() && event.is_readable()
            });
        });
    }

    #[test]
    fn events_without_number_are_read_in_place() {
        assert_eq!(
            size_of::<ch04_event_queue::event::Event>(),
            size_of::<libc::epoll_event>(),
        );
    }
}
