//! From names to addresses, on the pool of threads that may block.

use crate::handle::Handle;
use std::io;
use std::net::{IpAddr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::net::{Ipv4Addr, Ipv6Addr, ToSocketAddrs as Blocking};

/// What can be connected or bound to: addresses, and names with a port, as
/// [`std::net::ToSocketAddrs`] has them. Only this crate implements it.
pub trait ToSocketAddrs: sealed::Sealed {
    /// The addresses themselves, or what has to be looked up.
    #[doc(hidden)]
    fn known(&self) -> Known;
}

/// Addresses, or a name.
#[doc(hidden)]
#[derive(Debug)]
pub enum Known {
    /// These.
    Addresses(Vec<SocketAddr>),
    /// A host, and a port.
    Host(String, u16),
    /// The two in one.
    Name(String),
}

/// The addresses of a name. Addresses, also as text, are returned as they are,
/// without a thread.
///
/// # Errors
///
/// Those of the system's lookup; that the text is no name with a port; that
/// there is no thread to look it up, or no runtime here.
pub async fn lookup_host(
    addr: impl ToSocketAddrs,
) -> io::Result<Vec<SocketAddr>> {
    addresses(addr.known()).await
}

// ANCHOR: addresses
/// As [`lookup_host`].
pub(crate) async fn addresses(known: Known) -> io::Result<Vec<SocketAddr>> {
    if let Known::Addresses(addresses) = known {
        return Ok(addresses);
    }
    let work = move || match known {
        Known::Addresses(addresses) => Ok(addresses),
        Known::Host(host, port) => resolve((&*host, port)),
        Known::Name(name) => resolve(&*name),
    };
    let runtime = Handle::try_current().map_err(io::Error::other)?;
    let looked_up = runtime.spawn_blocking(work);
    looked_up
        .await
        .unwrap_or_else(|error| Err(io::Error::other(error)))
}

fn resolve(name: impl Blocking) -> io::Result<Vec<SocketAddr>> {
    name.to_socket_addrs().map(Iterator::collect)
}
// ANCHOR_END: addresses

mod sealed {
    /// Keeps the trait to the types of this file.
    pub trait Sealed {}
}

macro_rules! addresses {
    ($($of:ty),*) => {$(
        impl sealed::Sealed for $of {}

        impl ToSocketAddrs for $of {
            fn known(&self) -> Known {
                Known::Addresses(vec![(*self).into()])
            }
        }
    )*};
}

addresses!(SocketAddr, SocketAddrV4, SocketAddrV6);
addresses!((IpAddr, u16), (Ipv4Addr, u16), (Ipv6Addr, u16));

impl sealed::Sealed for str {}

impl ToSocketAddrs for str {
    fn known(&self) -> Known {
        match self.parse() {
            Ok(address) => Known::Addresses(vec![address]),
            Err(_) => Known::Name(self.into()),
        }
    }
}

impl sealed::Sealed for String {}

impl ToSocketAddrs for String {
    fn known(&self) -> Known {
        (**self).known()
    }
}

impl sealed::Sealed for (&str, u16) {}

impl ToSocketAddrs for (&str, u16) {
    fn known(&self) -> Known {
        let (host, port) = *self;
        match host.parse::<IpAddr>() {
            Ok(ip) => Known::Addresses(vec![(ip, port).into()]),
            Err(_) => Known::Host(host.into(), port),
        }
    }
}

impl sealed::Sealed for (String, u16) {}

impl ToSocketAddrs for (String, u16) {
    fn known(&self) -> Known {
        (&*self.0, self.1).known()
    }
}

impl sealed::Sealed for [SocketAddr] {}

impl ToSocketAddrs for [SocketAddr] {
    fn known(&self) -> Known {
        Known::Addresses(self.into())
    }
}

impl<T: sealed::Sealed + ?Sized> sealed::Sealed for &T {}

impl<T: ToSocketAddrs + ?Sized> ToSocketAddrs for &T {
    fn known(&self) -> Known {
        (**self).known()
    }
}
