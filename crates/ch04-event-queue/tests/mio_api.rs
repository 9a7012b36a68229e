//! mio's public interface beside this crate's.
//!
//! There are three lists. [`methods!`] and [`traits!`] name what both have,
//! with its types: if one were missing or different, this would not compile.
//! [`LEFT_OUT`] names the rest, with a reason. The last test reads mio's source
//! and fails if it has something that is on none of the lists.

use std::collections::BTreeSet;

/// What this crate lacks, and why. The name of a type includes all its methods.
const LEFT_OUT: [(&str, &str); 13] = [
    ("UnixDatagram", "Unix sockets go through `unix::SourceFd`"),
    ("UnixListener", "Unix sockets go through `unix::SourceFd`"),
    ("UnixStream", "Unix sockets go through `unix::SourceFd`"),
    ("Sender", "`std::io::pipe` and `unix::SourceFd` do it"),
    ("Receiver", "`std::io::pipe` and `unix::SourceFd` do it"),
    ("new", "`unix::pipe::new`: `std::io::pipe` does it"),
    ("pipe", "the module of the three before this"),
    (
        "NamedPipe",
        "Windows pipes are no sockets, and a chapter of their own",
    ),
    ("windows", "the module of the one before this"),
    ("hermit", "a system that this book does not cover"),
    ("wasi", "a system that this book does not cover"),
    (
        "features",
        "documentation of mio's features; there are none here",
    ),
    ("guide", "documentation; that is what the chapter is"),
];

/// Methods and constants: `Type::name: its type = the item`.
macro_rules! methods {
    ($($path:literal: $kind:ty = $item:expr;)*) => {
        /// All of them, called as in both crates.
        const METHODS: &[&str] = &[$($path),*];

        #[allow(unused, clippy::type_complexity, reason = "for the compiler")]
        mod methods_of_mio {
            use super::std_names::*;
            use mio as queue;
            use queue::event::{Event, Events, Iter, Source};
            use queue::net::{TcpListener, TcpStream, UdpSocket};
            use queue::{Interest, Poll, Registry, Token, Waker};
            fn both() { $(let _: $kind = $item;)* }
        }

        #[allow(unused, clippy::type_complexity, reason = "for the compiler")]
        mod methods_of_ours {
            use super::std_names::*;
            use ch04_event_queue as queue;
            use queue::event::{Event, Events, Iter, Source};
            use queue::net::{TcpListener, TcpStream, UdpSocket};
            use queue::{Interest, Poll, Registry, Token, Waker};
            fn both() { $(let _: $kind = $item;)* }
        }
    };
}

mod std_names {
    pub use std::io;
    pub use std::io::Result as R;
    pub use std::net::{self, Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr};
    pub use std::time::Duration;
    pub type Try<'a, S> = fn(&'a S, fn() -> R<u8>) -> R<u8>;
}

methods! {
    "Poll::new": fn() -> R<Poll> = Poll::new;
    "Poll::registry": fn(&Poll) -> &Registry = Poll::registry;
    "Poll::poll": fn(&mut Poll, &mut Events, Option<Duration>) -> R<()>
        = Poll::poll;
    "Registry::register":
        fn(&Registry, &mut dyn Source, Token, Interest) -> R<()>
        = |r, s, t, i| r.register(s, t, i);
    "Registry::reregister":
        fn(&Registry, &mut dyn Source, Token, Interest) -> R<()>
        = |r, s, t, i| r.reregister(s, t, i);
    "Registry::deregister": fn(&Registry, &mut dyn Source) -> R<()>
        = |r, s| r.deregister(s);
    "Registry::try_clone": fn(&Registry) -> R<Registry> = Registry::try_clone;

    "Interest::READABLE": Interest = const { Interest::READABLE };
    "Interest::WRITABLE": Interest = const { Interest::WRITABLE };
    "Interest::add": Interest
        = const { Interest::READABLE.add(Interest::WRITABLE) };
    "Interest::remove": fn(Interest, Interest) -> Option<Interest>
        = Interest::remove;
    "Interest::is_readable": bool = const { Interest::READABLE.is_readable() };
    "Interest::is_writable": bool = const { Interest::READABLE.is_writable() };
    "Interest::is_aio": bool = const { Interest::READABLE.is_aio() };
    "Interest::is_lio": bool = const { Interest::READABLE.is_lio() };
    "Interest::is_priority": bool = const { Interest::READABLE.is_priority() };

    "Waker::new": fn(&Registry, Token) -> R<Waker> = Waker::new;
    "Waker::wake": fn(&Waker) -> R<()> = Waker::wake;

    "Events::with_capacity": fn(usize) -> Events = Events::with_capacity;
    "Events::capacity": fn(&Events) -> usize = Events::capacity;
    "Events::is_empty": fn(&Events) -> bool = Events::is_empty;
    "Events::iter": fn(&Events) -> Iter<'_> = Events::iter;
    "Events::clear": fn(&mut Events) = Events::clear;

    "Event::token": fn(&Event) -> Token = Event::token;
    "Event::is_readable": fn(&Event) -> bool = Event::is_readable;
    "Event::is_writable": fn(&Event) -> bool = Event::is_writable;
    "Event::is_error": fn(&Event) -> bool = Event::is_error;
    "Event::is_read_closed": fn(&Event) -> bool = Event::is_read_closed;
    "Event::is_write_closed": fn(&Event) -> bool = Event::is_write_closed;
    "Event::is_priority": fn(&Event) -> bool = Event::is_priority;
    "Event::is_aio": fn(&Event) -> bool = Event::is_aio;
    "Event::is_lio": fn(&Event) -> bool = Event::is_lio;

    "TcpListener::bind": fn(SocketAddr) -> R<TcpListener> = TcpListener::bind;
    "TcpListener::from_std": fn(net::TcpListener) -> TcpListener
        = TcpListener::from_std;
    "TcpListener::accept": fn(&TcpListener) -> R<(TcpStream, SocketAddr)>
        = TcpListener::accept;
    "TcpListener::local_addr": fn(&TcpListener) -> R<SocketAddr>
        = TcpListener::local_addr;
    "TcpListener::set_ttl": fn(&TcpListener, u32) -> R<()>
        = TcpListener::set_ttl;
    "TcpListener::ttl": fn(&TcpListener) -> R<u32> = TcpListener::ttl;
    "TcpListener::take_error": fn(&TcpListener) -> R<Option<io::Error>>
        = TcpListener::take_error;

    "TcpStream::connect": fn(SocketAddr) -> R<TcpStream> = TcpStream::connect;
    "TcpStream::from_std": fn(net::TcpStream) -> TcpStream
        = TcpStream::from_std;
    "TcpStream::peer_addr": fn(&TcpStream) -> R<SocketAddr>
        = TcpStream::peer_addr;
    "TcpStream::local_addr": fn(&TcpStream) -> R<SocketAddr>
        = TcpStream::local_addr;
    "TcpStream::shutdown": fn(&TcpStream, Shutdown) -> R<()>
        = TcpStream::shutdown;
    "TcpStream::set_nodelay": fn(&TcpStream, bool) -> R<()>
        = TcpStream::set_nodelay;
    "TcpStream::nodelay": fn(&TcpStream) -> R<bool> = TcpStream::nodelay;
    "TcpStream::set_ttl": fn(&TcpStream, u32) -> R<()> = TcpStream::set_ttl;
    "TcpStream::ttl": fn(&TcpStream) -> R<u32> = TcpStream::ttl;
    "TcpStream::take_error": fn(&TcpStream) -> R<Option<io::Error>>
        = TcpStream::take_error;
    "TcpStream::peek": fn(&TcpStream, &mut [u8]) -> R<usize>
        = TcpStream::peek;
    "TcpStream::try_io": Try<'_, TcpStream> = |s, f| s.try_io(f);

    "UdpSocket::bind": fn(SocketAddr) -> R<UdpSocket> = UdpSocket::bind;
    "UdpSocket::from_std": fn(net::UdpSocket) -> UdpSocket
        = UdpSocket::from_std;
    "UdpSocket::local_addr": fn(&UdpSocket) -> R<SocketAddr>
        = UdpSocket::local_addr;
    "UdpSocket::peer_addr": fn(&UdpSocket) -> R<SocketAddr>
        = UdpSocket::peer_addr;
    "UdpSocket::send_to": fn(&UdpSocket, &[u8], SocketAddr) -> R<usize>
        = UdpSocket::send_to;
    "UdpSocket::recv_from":
        fn(&UdpSocket, &mut [u8]) -> R<(usize, SocketAddr)>
        = UdpSocket::recv_from;
    "UdpSocket::peek_from":
        fn(&UdpSocket, &mut [u8]) -> R<(usize, SocketAddr)>
        = UdpSocket::peek_from;
    "UdpSocket::send": fn(&UdpSocket, &[u8]) -> R<usize> = UdpSocket::send;
    "UdpSocket::recv": fn(&UdpSocket, &mut [u8]) -> R<usize>
        = UdpSocket::recv;
    "UdpSocket::peek": fn(&UdpSocket, &mut [u8]) -> R<usize>
        = UdpSocket::peek;
    "UdpSocket::connect": fn(&UdpSocket, SocketAddr) -> R<()>
        = UdpSocket::connect;
    "UdpSocket::set_broadcast": fn(&UdpSocket, bool) -> R<()>
        = UdpSocket::set_broadcast;
    "UdpSocket::broadcast": fn(&UdpSocket) -> R<bool> = UdpSocket::broadcast;
    "UdpSocket::set_multicast_loop_v4": fn(&UdpSocket, bool) -> R<()>
        = UdpSocket::set_multicast_loop_v4;
    "UdpSocket::multicast_loop_v4": fn(&UdpSocket) -> R<bool>
        = UdpSocket::multicast_loop_v4;
    "UdpSocket::set_multicast_ttl_v4": fn(&UdpSocket, u32) -> R<()>
        = UdpSocket::set_multicast_ttl_v4;
    "UdpSocket::multicast_ttl_v4": fn(&UdpSocket) -> R<u32>
        = UdpSocket::multicast_ttl_v4;
    "UdpSocket::set_multicast_loop_v6": fn(&UdpSocket, bool) -> R<()>
        = UdpSocket::set_multicast_loop_v6;
    "UdpSocket::multicast_loop_v6": fn(&UdpSocket) -> R<bool>
        = UdpSocket::multicast_loop_v6;
    "UdpSocket::set_ttl": fn(&UdpSocket, u32) -> R<()> = UdpSocket::set_ttl;
    "UdpSocket::ttl": fn(&UdpSocket) -> R<u32> = UdpSocket::ttl;
    "UdpSocket::join_multicast_v4":
        fn(&UdpSocket, &Ipv4Addr, &Ipv4Addr) -> R<()>
        = UdpSocket::join_multicast_v4;
    "UdpSocket::join_multicast_v6": fn(&UdpSocket, &Ipv6Addr, u32) -> R<()>
        = UdpSocket::join_multicast_v6;
    "UdpSocket::leave_multicast_v4":
        fn(&UdpSocket, &Ipv4Addr, &Ipv4Addr) -> R<()>
        = UdpSocket::leave_multicast_v4;
    "UdpSocket::leave_multicast_v6": fn(&UdpSocket, &Ipv6Addr, u32) -> R<()>
        = UdpSocket::leave_multicast_v6;
    "UdpSocket::only_v6": fn(&UdpSocket) -> R<bool> = UdpSocket::only_v6;
    "UdpSocket::take_error": fn(&UdpSocket) -> R<Option<io::Error>>
        = UdpSocket::take_error;
    "UdpSocket::try_io": Try<'_, UdpSocket> = |s, f| s.try_io(f);
}

/// What implements what: `Type: Traits`.
macro_rules! traits {
    ($($(#[$when:meta])* $list:ident {
        $($name:literal: ($($bound:tt)+), $kind:ty;)*
    })*) => {
        $(
            $(#[$when])*
            const $list: &[(&str, &str)] =
                &[$(($name, stringify!($($bound)+))),*];
        )*

        #[allow(unused, clippy::type_complexity, reason = "for the compiler")]
        mod traits_of_mio {
            use super::trait_names::*;
            use mio as queue;
            use queue::event::{Event, Events, Iter, Source};
            use queue::net::{TcpListener, TcpStream, UdpSocket};
            use queue::{Interest, Poll, Registry, Token, Waker};
            #[cfg(unix)]
            use queue::unix::SourceFd;
            fn both() {
                $($(#[$when])* {
                    $({
                        fn has<T: $($bound)+>() {}
                        has::<$kind>();
                    })*
                })*
            }
        }

        #[allow(unused, clippy::type_complexity, reason = "for the compiler")]
        mod traits_of_ours {
            use super::trait_names::*;
            use ch04_event_queue as queue;
            use queue::event::{Event, Events, Iter, Source};
            use queue::net::{TcpListener, TcpStream, UdpSocket};
            use queue::{Interest, Poll, Registry, Token, Waker};
            #[cfg(unix)]
            use queue::unix::SourceFd;
            fn both() {
                $($(#[$when])* {
                    $({
                        fn has<T: $($bound)+>() {}
                        has::<$kind>();
                    })*
                })*
            }
        }
    };
}

#[allow(unused, reason = "not every system needs all of them")]
mod trait_names {
    pub use std::fmt::{self, Debug};
    pub use std::hash::Hash;
    pub use std::io::{self, Read, Write};
    pub use std::net;
    pub use std::ops::{self, BitOr, BitOrAssign};
    #[cfg(unix)]
    pub use std::os::fd::{AsFd, AsRawFd, FromRawFd, IntoRawFd, OwnedFd};
    #[cfg(windows)]
    pub use std::os::windows::io::{
        AsRawSocket, AsSocket, FromRawSocket, IntoRawSocket, OwnedSocket,
    };
}

traits! {
    EVERYWHERE {
        "Poll": (Debug + Send + Sync), Poll;
        "Registry": (Debug + Send + Sync), Registry;
        "Waker": (Debug + Send + Sync), Waker;
        "Events": (Debug + Send + Sync), Events;
        "Event": (Debug + Clone + Send + Sync), Event;
        "Iter": (Debug + Clone), Iter<'static>;
        "Iter": (Iterator<Item = &'static Event>), Iter<'static>;
        "&Events": (IntoIterator<Item = &'static Event>), &'static Events;
        "Interest": (Debug + Copy + Clone + Eq + Ord), Interest;
        "Interest": (BitOr<Output = Interest> + BitOrAssign), Interest;
        "Token": (Debug + Copy + Clone + Eq + Ord + Hash), Token;
        "usize": (From<Token>), usize;
        "Box": (Source), Box<TcpStream>;
        "Box": (Source), Box<dyn Source>;
        "TcpListener": (Debug + Send + Sync + Source), TcpListener;
        "TcpStream": (Debug + Send + Sync + Source), TcpStream;
        "TcpStream": (Read + Write), TcpStream;
        "&TcpStream": (Read + Write), &'static TcpStream;
        "UdpSocket": (Debug + Send + Sync + Source), UdpSocket;
        "net::TcpListener": (From<TcpListener>), net::TcpListener;
        "net::TcpStream": (From<TcpStream>), net::TcpStream;
        "net::UdpSocket": (From<UdpSocket>), net::UdpSocket;
    }

    #[cfg(unix)] ON_UNIX {
        "Poll": (AsRawFd), Poll;
        "Registry": (AsFd + AsRawFd), Registry;
        "SourceFd": (Debug + Source), SourceFd<'static>;
        "TcpListener": (AsFd + AsRawFd + FromRawFd + IntoRawFd), TcpListener;
        "TcpListener": (From<OwnedFd>), TcpListener;
        "OwnedFd": (From<TcpListener>), OwnedFd;
        "TcpStream": (AsFd + AsRawFd + FromRawFd + IntoRawFd), TcpStream;
        "TcpStream": (From<OwnedFd>), TcpStream;
        "OwnedFd": (From<TcpStream>), OwnedFd;
        "UdpSocket": (AsFd + AsRawFd + FromRawFd + IntoRawFd), UdpSocket;
        "UdpSocket": (From<OwnedFd>), UdpSocket;
        "OwnedFd": (From<UdpSocket>), OwnedFd;
    }

    #[cfg(windows)] ON_WINDOWS {
        "TcpListener": (AsSocket + AsRawSocket), TcpListener;
        "TcpListener": (FromRawSocket + IntoRawSocket), TcpListener;
        "TcpListener": (From<OwnedSocket>), TcpListener;
        "OwnedSocket": (From<TcpListener>), OwnedSocket;
        "TcpStream": (AsSocket + AsRawSocket), TcpStream;
        "TcpStream": (FromRawSocket + IntoRawSocket), TcpStream;
        "TcpStream": (From<OwnedSocket>), TcpStream;
        "OwnedSocket": (From<TcpStream>), OwnedSocket;
        "UdpSocket": (AsSocket + AsRawSocket), UdpSocket;
        "UdpSocket": (FromRawSocket + IntoRawSocket), UdpSocket;
        "UdpSocket": (From<OwnedSocket>), UdpSocket;
        "OwnedSocket": (From<UdpSocket>), OwnedSocket;
    }
}

/// What only some systems have.
#[cfg(target_os = "linux")]
const _: (mio::Interest, ch04_event_queue::Interest) = (
    mio::Interest::PRIORITY,
    ch04_event_queue::Interest::PRIORITY,
);
#[cfg(any(target_os = "freebsd", target_vendor = "apple"))]
const _: (mio::Interest, ch04_event_queue::Interest) =
    (mio::Interest::AIO, ch04_event_queue::Interest::AIO);
#[cfg(target_os = "freebsd")]
const _: (mio::Interest, ch04_event_queue::Interest) =
    (mio::Interest::LIO, ch04_event_queue::Interest::LIO);

/// Those, and what the lists above use without naming it: modules and types.
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
const ELSEWHERE: [&str; 19] = [
    "Interest::PRIORITY",
    "Interest::AIO",
    "Interest::LIO",
    "Event",
    "Events",
    "Interest",
    "Iter",
    "Poll",
    "Registry",
    "Source",
    "SourceFd",
    "TcpListener",
    "TcpStream",
    "Token",
    "UdpSocket",
    "Waker",
    "event",
    "net",
    "unix",
];

#[test]
fn the_lists_are_in_order() {
    let names: BTreeSet<_> = METHODS.iter().collect();
    assert_eq!(names.len(), METHODS.len(), "one is there twice");
    for (name, why) in LEFT_OUT {
        assert!(!why.is_empty(), "{name}");
        assert!(!METHODS.contains(&name), "{name} is there, and left out");
    }
    let mut traits = EVERYWHERE.len();
    #[cfg(unix)]
    {
        traits += ON_UNIX.len();
    }
    #[cfg(windows)]
    {
        traits += ON_WINDOWS.len();
    }
    assert!(traits > 30);
    assert!(METHODS.len() > 70, "{}", METHODS.len());
}

/// Not under an emulator, where `cargo` is a program of another system.
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
#[path = "mio_api/nothing_is_forgotten.rs"]
mod nothing_is_forgotten;
