//! TCP and UDP: what their events report.

mod support;

use ch04_event_queue::net::{TcpListener, TcpStream, UdpSocket};
use ch04_event_queue::{Interest, Token};
use std::io::{ErrorKind, IoSlice, IoSliceMut, Read, Write};
use std::net::{Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr};
use std::time::Duration;
use support::{
    BOTH, LOCAL, QUIET, SOON, connection, drain, kind, listener, queue,
    register, tokens, until, wait,
};
use testing::within_a_minute;

#[test]
fn a_connection_is_begun_and_then_there() {
    within_a_minute(|| {
        let (mut poll, mut events) = queue();
        let (mut listener, address) = listener();
        register(&poll, &mut listener, 0, Interest::READABLE);
        let mut stream = TcpStream::connect(address).unwrap();
        register(&poll, &mut stream, 1, BOTH);
        let (mut accepted, mut connected) = (None, false);
        while accepted.is_none() || !connected {
            wait(&mut poll, &mut events, SOON);
            for event in &events {
                match event.token() {
                    Token(0) => accepted = Some(listener.accept().unwrap()),
                    _ => connected |= event.is_writable(),
                }
            }
        }
        assert!(stream.take_error().unwrap().is_none());
        assert_eq!(stream.peer_addr().unwrap(), address);
        let (_, from) = accepted.unwrap();
        assert_eq!(from, stream.local_addr().unwrap());
        assert_eq!(kind(listener.accept()), ErrorKind::WouldBlock);
    });
}

#[test]
#[cfg_attr(event_queue_kqueue, ignore = "libkqueue: no end for a writer")]
fn a_connection_that_is_refused_says_so() {
    within_a_minute(|| {
        let (mut poll, mut events) = queue();
        let (gone, address) = listener();
        drop(gone);
        let mut stream = match TcpStream::connect(address) {
            Ok(stream) => stream,
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
                return;
            }
        };
        register(&poll, &mut stream, 1, BOTH);
        until(&mut poll, &mut events, 1, |event| event.is_writable());
        let event = events.iter().find(|event| event.is_writable()).unwrap();
        assert!(event.is_write_closed() || event.is_error(), "{event:?}");
        let error = stream.take_error().unwrap().unwrap();
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
        assert!(stream.peer_addr().is_err());
    });
}

#[test]
fn ipv6_works_where_there_is_any() {
    within_a_minute(|| {
        let any = SocketAddr::from((Ipv6Addr::LOCALHOST, 0));
        let Ok(listener) = TcpListener::bind(any) else {
            return; // this machine has none
        };
        let address = listener.local_addr().unwrap();
        let mut stream = TcpStream::connect(address).unwrap();
        let (mut poll, mut events) = queue();
        register(&poll, &mut stream, 0, Interest::WRITABLE);
        until(&mut poll, &mut events, 0, |event| event.is_writable());
        assert_eq!(stream.peer_addr().unwrap(), address);
        let udp = UdpSocket::bind(any).unwrap();
        udp.only_v6().unwrap();
    });
}

#[test]
fn the_end_of_the_peers_side_is_its_own_predicate() {
    within_a_minute(|| {
        let (mut poll, mut events) = queue();
        let (mut here, mut there) = connection();
        register(&poll, &mut here, 0, Interest::READABLE);
        there.write_all(b"bye").unwrap();
        until(&mut poll, &mut events, 0, |event| event.is_readable());
        assert_eq!(drain(&here), (b"bye".to_vec(), false));
        there.shutdown(Shutdown::Write).unwrap();
        until(&mut poll, &mut events, 0, |event| {
            event.is_readable() && event.is_read_closed()
        });
        assert_eq!(drain(&here), (vec![], true));
        // The other direction continues.
        here.write_all(b"and now?").unwrap();
        let mut room = [0; 8];
        there.read_exact(&mut room).unwrap();
        assert_eq!(&room, b"and now?");
    });
}

#[test]
#[cfg_attr(event_queue_kqueue, ignore = "libkqueue: one filter a descriptor")]
fn a_peer_that_is_gone_closes_both_directions() {
    within_a_minute(|| {
        let (mut poll, mut events) = queue();
        let (mut here, there) = connection();
        register(&poll, &mut here, 0, BOTH);
        until(&mut poll, &mut events, 0, |event| event.is_writable());
        assert_eq!(kind((&here).read(&mut [0])), ErrorKind::WouldBlock);
        drop(there);
        until(&mut poll, &mut events, 0, |event| event.is_read_closed());
        assert_eq!(drain(&here), (vec![], true));
        // What is sent now is answered by a reset, sooner or later.
        let error = loop {
            if let Err(error) = (&here).write(b"anybody there?") {
                break error;
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        let kinds = [
            ErrorKind::BrokenPipe,
            ErrorKind::ConnectionReset,
            ErrorKind::ConnectionAborted,
        ];
        assert!(kinds.contains(&error.kind()), "{error:?}");
    });
}

#[test]
fn a_full_socket_is_writable_again_when_there_is_room() {
    within_a_minute(|| {
        let (mut poll, mut events) = queue();
        let (mut here, mut there) = connection();
        register(&poll, &mut here, 0, Interest::WRITABLE);
        until(&mut poll, &mut events, 0, |event| event.is_writable());
        let block = vec![7; 1 << 16];
        let mut sent = 0;
        for round in 0..3 {
            loop {
                match here.write(&block) {
                    Ok(count) => sent += count,
                    Err(error) => {
                        assert_eq!(error.kind(), ErrorKind::WouldBlock);
                        break;
                    }
                }
            }
            // Windows may take any amount. Then only a read on the other side
            // makes room.
            let mut room = vec![0; sent];
            there.read_exact(&mut room).unwrap();
            assert!(room.iter().all(|byte| *byte == 7));
            sent = 0;
            until(&mut poll, &mut events, 0, |event| event.is_writable());
            assert!(round < 3);
        }
    });
}

#[test]
fn pieces_are_gathered_and_scattered() {
    within_a_minute(|| {
        let (mut poll, mut events) = queue();
        let (mut here, mut there) = connection();
        let pieces = [IoSlice::new(b"ab"), IoSlice::new(b"cd")];
        assert_eq!(here.write_vectored(&pieces).unwrap(), 4);
        here.flush().unwrap();
        let mut room = [0; 4];
        there.read_exact(&mut room).unwrap();
        there.write_all(&room).unwrap();
        register(&poll, &mut here, 0, Interest::READABLE);
        until(&mut poll, &mut events, 0, |event| event.is_readable());
        let (mut one, mut two) = ([0; 1], [0; 3]);
        let mut rooms = [IoSliceMut::new(&mut one), IoSliceMut::new(&mut two)];
        assert_eq!(here.read_vectored(&mut rooms).unwrap(), 4);
        assert_eq!((&one, &two), (b"a", b"bcd"));
    });
}

#[test]
fn peek_leaves_it_there() {
    within_a_minute(|| {
        let (mut poll, mut events) = queue();
        let (mut here, mut there) = connection();
        register(&poll, &mut here, 0, Interest::READABLE);
        assert_eq!(kind(here.peek(&mut [0])), ErrorKind::WouldBlock);
        there.write_all(b"x").unwrap();
        until(&mut poll, &mut events, 0, |event| event.is_readable());
        let mut room = [0];
        assert_eq!(here.peek(&mut room).unwrap(), 1);
        assert_eq!(drain(&here).0, b"x");
    });
}

#[test]
fn an_operation_of_your_own_counts() {
    within_a_minute(|| {
        let (mut poll, mut events) = queue();
        let (mut here, mut there) = connection();
        register(&poll, &mut here, 0, Interest::READABLE);
        let blocks = here.try_io(|| {
            Err::<(), _>(std::io::Error::from(ErrorKind::WouldBlock))
        });
        assert_eq!(kind(blocks), ErrorKind::WouldBlock);
        assert_eq!(here.try_io(|| Ok(5)).unwrap(), 5);
        there.write_all(b"x").unwrap();
        until(&mut poll, &mut events, 0, |event| event.is_readable());
    });
}

#[test]
fn options_are_what_they_were_set_to() {
    let (here, _there) = connection();
    here.set_nodelay(true).unwrap();
    assert!(here.nodelay().unwrap());
    here.set_ttl(33).unwrap();
    assert_eq!(here.ttl().unwrap(), 33);
    here.shutdown(Shutdown::Both).unwrap();
    let (listener, address) = listener();
    listener.set_ttl(34).unwrap();
    assert_eq!(listener.ttl().unwrap(), 34);
    assert!(listener.take_error().unwrap().is_none());
    assert_eq!(kind(TcpListener::bind(address)), ErrorKind::AddrInUse);
}

#[test]
fn datagrams_come_whole() {
    within_a_minute(|| {
        let (mut poll, mut events) = queue();
        let mut here = UdpSocket::bind(LOCAL).unwrap();
        let there = UdpSocket::bind(LOCAL).unwrap();
        let address = here.local_addr().unwrap();
        register(&poll, &mut here, 0, Interest::READABLE);
        let mut room = [0; 10];
        assert_eq!(kind(here.recv_from(&mut room)), ErrorKind::WouldBlock);
        for word in ["one", "two", ""] {
            there.send_to(word.as_bytes(), address).unwrap();
        }
        until(&mut poll, &mut events, 0, |event| event.is_readable());
        let from = there.local_addr().unwrap();
        assert_eq!(here.peek_from(&mut room).unwrap(), (3, from));
        let mut words = Vec::new();
        while words.len() < 3 {
            match here.recv_from(&mut room) {
                Ok((length, source)) => {
                    assert_eq!(source, from);
                    words.push(room[..length].to_vec());
                }
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::WouldBlock);
                    wait(&mut poll, &mut events, SOON);
                }
            }
        }
        assert_eq!(words, [b"one".to_vec(), b"two".to_vec(), vec![]]);
        assert_eq!(kind(here.recv_from(&mut room)), ErrorKind::WouldBlock);
        assert!(tokens(&mut poll, &mut events, QUIET).is_empty());
    });
}

#[test]
fn a_datagram_that_is_too_long_leaves_the_socket_armed() {
    within_a_minute(|| {
        let (mut poll, mut events) = queue();
        let mut here = UdpSocket::bind(LOCAL).unwrap();
        let there = UdpSocket::bind(LOCAL).unwrap();
        let address = here.local_addr().unwrap();
        register(&poll, &mut here, 0, Interest::READABLE);
        let mut room = [0; 10];
        for byte in [b'a', b'b', b'c'] {
            there.send_to(&[byte; 1000], address).unwrap();
            until(&mut poll, &mut events, 0, |event| event.is_readable());
            // The program stops here, without having seen `WouldBlock`.
            match here.recv_from(&mut room) {
                Ok((length, _)) => assert_eq!(length, room.len()),
                // On Windows that is an error, and no `WouldBlock`.
                Err(error) => {
                    let expected =
                        cfg!(windows) && error.kind() != ErrorKind::WouldBlock;
                    assert!(expected, "{error}");
                }
            }
            assert_eq!(room, [byte; 10]);
        }
    });
}

#[test]
#[cfg_attr(event_queue_kqueue, ignore = "libkqueue: one filter a descriptor")]
fn a_datagram_that_found_nobody_leaves_the_socket_armed() {
    within_a_minute(|| {
        let (mut poll, mut events) = queue();
        let mut here = UdpSocket::bind(LOCAL).unwrap();
        let gone = UdpSocket::bind(LOCAL).unwrap();
        let nobody = gone.local_addr().unwrap();
        drop(gone);
        here.connect(nobody).unwrap();
        register(&poll, &mut here, 0, Interest::READABLE);
        let mut room = [0; 10];
        assert_eq!(kind(here.recv(&mut room)), ErrorKind::WouldBlock);
        here.send(b"is anybody there?").unwrap();
        until(&mut poll, &mut events, 0, |_| true);
        // The program stops here, without having seen `WouldBlock`.
        let answer = kind(here.recv(&mut room));
        let refused = match answer {
            ErrorKind::ConnectionRefused => cfg!(unix),
            ErrorKind::ConnectionReset => cfg!(windows),
            // Wine fetches the error itself when it finds out that there is
            // one, and has none left for the program.
            ErrorKind::WouldBlock => cfg!(windows),
            _ => false,
        };
        assert!(refused, "{answer:?}");
        let there = UdpSocket::bind(nobody).unwrap();
        let address = here.local_addr().unwrap();
        there.send_to(b"yes", address).unwrap();
        until(&mut poll, &mut events, 0, |event| event.is_readable());
        assert_eq!(here.recv(&mut room).unwrap(), 3);
    });
}

#[test]
#[cfg_attr(event_queue_kqueue, ignore = "libkqueue: one filter a descriptor")]
fn a_connected_socket_knows_its_peer() {
    within_a_minute(|| {
        let (mut poll, mut events) = queue();
        let mut here = UdpSocket::bind(LOCAL).unwrap();
        let there = UdpSocket::bind(LOCAL).unwrap();
        assert!(here.peer_addr().is_err());
        here.connect(there.local_addr().unwrap()).unwrap();
        there.connect(here.local_addr().unwrap()).unwrap();
        assert_eq!(here.peer_addr().unwrap(), there.local_addr().unwrap());
        register(&poll, &mut here, 0, BOTH);
        until(&mut poll, &mut events, 0, |event| event.is_writable());
        assert_eq!(kind(here.recv(&mut [0; 9])), ErrorKind::WouldBlock);
        there.send(b"hello").unwrap();
        until(&mut poll, &mut events, 0, |event| event.is_readable());
        let mut room = [0; 9];
        assert_eq!(here.peek(&mut room).unwrap(), 5);
        assert_eq!(here.recv(&mut room).unwrap(), 5);
        assert_eq!(here.try_io(|| Ok(1)).unwrap(), 1);
        assert!(here.take_error().unwrap().is_none());
    });
}

#[test]
fn options_of_datagrams_are_what_they_were_set_to() {
    let socket = UdpSocket::bind(LOCAL).unwrap();
    socket.set_broadcast(true).unwrap();
    assert!(socket.broadcast().unwrap());
    socket.set_ttl(35).unwrap();
    assert_eq!(socket.ttl().unwrap(), 35);
    socket.set_multicast_loop_v4(false).unwrap();
    assert!(!socket.multicast_loop_v4().unwrap());
    socket.set_multicast_ttl_v4(36).unwrap();
    assert_eq!(socket.multicast_ttl_v4().unwrap(), 36);
    // There is no group here, but the calls have to reach the system.
    let group = Ipv4Addr::new(239, 1, 2, 3);
    let any = Ipv4Addr::UNSPECIFIED;
    if socket.join_multicast_v4(&group, &any).is_ok() {
        socket.leave_multicast_v4(&group, &any).unwrap();
    }
    assert!(socket.leave_multicast_v6(&Ipv6Addr::LOCALHOST, 0).is_err());
    assert!(socket.join_multicast_v6(&Ipv6Addr::LOCALHOST, 0).is_err());
}

#[test]
fn sockets_go_to_the_standard_library_and_back() {
    within_a_minute(|| {
        let (here, mut there) = connection();
        let stream = std::net::TcpStream::from(here);
        let mut here = TcpStream::from_std(stream);
        let (mut poll, mut events) = queue();
        register(&poll, &mut here, 0, Interest::READABLE);
        there.write_all(b"x").unwrap();
        until(&mut poll, &mut events, 0, |event| event.is_readable());
        let (listener, address) = listener();
        let listener = std::net::TcpListener::from(listener);
        assert_eq!(listener.local_addr().unwrap(), address);
        let listener = TcpListener::from_std(listener);
        assert_eq!(kind(listener.accept()), ErrorKind::WouldBlock);
        let socket = UdpSocket::bind(LOCAL).unwrap();
        let socket = UdpSocket::from_std(socket.into());
        assert_eq!(kind(socket.recv(&mut [0])), ErrorKind::WouldBlock);
    });
}
