//! Linux returns the errors that the documentation of the sockets names.
#![cfg(target_os = "linux")]

mod support;

use ch04_event_queue::net::{TcpListener, UdpSocket};
use std::io;
use std::io::ErrorKind::{
    AddrInUse, AddrNotAvailable, ConnectionRefused, InvalidInput, NotConnected,
    PermissionDenied, Unsupported,
};
use std::net::{Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr};
use support::{LOCAL, connection, kind};
use testing::within_a_minute;

const GROUP: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 123);
const HERE: Ipv4Addr = Ipv4Addr::LOCALHOST;

/// No machine has it: it is for documentation (RFC 5737).
const ELSEWHERE: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);

fn udp() -> UdpSocket {
    UdpSocket::bind(LOCAL).unwrap()
}

#[track_caller]
fn number<T>(result: io::Result<T>) -> Option<i32> {
    result.err().expect("this is an error").raw_os_error()
}

#[test]
fn an_address_that_is_taken_or_not_ours_cannot_be_bound() {
    within_a_minute(|| {
        let (socket, listener) = (udp(), TcpListener::bind(LOCAL).unwrap());
        let taken = UdpSocket::bind(socket.local_addr().unwrap());
        assert_eq!(kind(taken), AddrInUse);
        let taken = TcpListener::bind(listener.local_addr().unwrap());
        assert_eq!(kind(taken), AddrInUse);
        let foreign = SocketAddr::from((ELSEWHERE, 0));
        assert_eq!(kind(UdpSocket::bind(foreign)), AddrNotAvailable);
        assert_eq!(kind(TcpListener::bind(foreign)), AddrNotAvailable);
    });
}

#[test]
fn the_routers_that_may_be_passed_are_from_1_to_255() {
    within_a_minute(|| {
        let (socket, listener) = (udp(), TcpListener::bind(LOCAL).unwrap());
        let (stream, _peer) = connection();
        for set in [
            &|ttl| socket.set_ttl(ttl),
            &|ttl| listener.set_ttl(ttl),
            &|ttl| stream.set_ttl(ttl),
        ] as [&dyn Fn(u32) -> io::Result<()>; 3]
        {
            for ttl in [0, 256, u32::MAX - 1] {
                assert_eq!(kind(set(ttl)), InvalidInput, "{ttl}");
            }
            for ttl in [1, 255, u32::MAX] {
                set(ttl).unwrap();
            }
        }
        assert_eq!(kind(socket.set_multicast_ttl_v4(256)), InvalidInput);
        socket.set_multicast_ttl_v4(0).unwrap();
        socket.set_multicast_ttl_v4(u32::MAX).unwrap();
    });
}

#[test]
fn a_group_is_joined_once_and_left_once() {
    within_a_minute(|| {
        let socket = udp();
        assert_eq!(kind(socket.join_multicast_v4(&HERE, &HERE)), InvalidInput);
        let nowhere = socket.join_multicast_v4(&GROUP, &ELSEWHERE);
        assert_eq!(number(nowhere), Some(libc::ENODEV));
        socket.join_multicast_v4(&GROUP, &HERE).unwrap();
        assert_eq!(kind(socket.join_multicast_v4(&GROUP, &HERE)), AddrInUse);
        socket.leave_multicast_v4(&GROUP, &HERE).unwrap();
        let left = socket.leave_multicast_v4(&GROUP, &HERE);
        assert_eq!(kind(left), AddrNotAvailable);
    });
}

#[test]
fn a_socket_for_ipv4_has_no_options_of_ipv6() {
    within_a_minute(|| {
        let socket = udp();
        let loops = socket.set_multicast_loop_v6(true);
        assert_eq!(number(loops), Some(libc::ENOPROTOOPT));
        let group = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 0x123);
        let joined = socket.join_multicast_v6(&group, 1);
        assert_eq!(number(joined), Some(libc::ENOPROTOOPT));
        assert_eq!(kind(socket.multicast_loop_v6()), Unsupported);
        assert_eq!(kind(socket.only_v6()), Unsupported);
        let v6 = SocketAddr::from((Ipv6Addr::LOCALHOST, 9));
        assert_eq!(number(socket.connect(v6)), Some(libc::EAFNOSUPPORT));
    });
}

#[test]
fn a_broadcast_has_to_be_allowed_first() {
    within_a_minute(|| {
        let socket = UdpSocket::bind(([0, 0, 0, 0], 0).into()).unwrap();
        let all = SocketAddr::from((Ipv4Addr::BROADCAST, 9));
        assert_eq!(kind(socket.connect(all)), PermissionDenied);
    });
}

#[test]
fn without_a_connection_there_is_no_peer_and_nothing_to_shut_down() {
    within_a_minute(|| {
        assert_eq!(kind(udp().peer_addr()), NotConnected);
        let (stream, peer) = connection();
        stream.shutdown(Shutdown::Both).unwrap();
        drop(peer);
        // The other side's end has to arrive first.
        let start = std::time::Instant::now();
        while stream.peer_addr().is_ok() {
            assert!(start.elapsed().as_secs() < 20, "still connected");
            std::thread::yield_now();
        }
        assert_eq!(kind(stream.peer_addr()), NotConnected);
        assert_eq!(kind(stream.shutdown(Shutdown::Both)), NotConnected);
    });
}

#[test]
fn a_datagram_has_a_longest_length_and_needs_an_address() {
    within_a_minute(|| {
        let socket = udp();
        let target = udp().local_addr().unwrap();
        let long = socket.send_to(&[0; 65_508], target);
        assert_eq!(number(long), Some(libc::EMSGSIZE));
        assert_eq!(number(socket.send(b"x")), Some(libc::EDESTADDRREQ));
        let all = SocketAddr::from((Ipv4Addr::BROADCAST, 9));
        assert_eq!(kind(socket.send_to(b"x", all)), PermissionDenied);
    });
}

#[test]
fn a_datagram_that_finds_no_program_is_an_error_of_the_next_call() {
    within_a_minute(|| {
        let socket = udp();
        // It has the port, and takes only what comes from another one.
        let nobody = udp();
        nobody.connect(SocketAddr::from((HERE, 9))).unwrap();
        socket.connect(nobody.local_addr().unwrap()).unwrap();
        let calls: [&dyn Fn() -> io::Result<usize>; 3] = [
            &|| socket.recv(&mut [0]),
            &|| socket.peek(&mut [0]),
            &|| socket.send(b"y"),
        ];
        for call in calls {
            socket.send(b"x").unwrap();
            // On one machine, the answer is there before `send` returns.
            assert_eq!(kind(call()), ConnectionRefused);
        }
    });
}
