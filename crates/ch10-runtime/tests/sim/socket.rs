//! `crate::socket` of the simulation: the calls that `src/net` makes, on the
//! network of `network.rs`.

use crate::network::{self, Number};
use event::Source;
use std::io::{self, IoSlice, IoSliceMut};
use std::net::SocketAddr;

pub(crate) use ch04_event_queue::{Interest, Token};

#[derive(Clone, Copy, Debug)]
pub(crate) struct Attempt<T> {
    pub(crate) value: T,
    pub(crate) exhausted: bool,
}

impl<T> Attempt<T> {
    pub(crate) fn of(value: T) -> Self {
        let exhausted = false;
        Self { value, exhausted }
    }
}

/// As the real one: fewer bytes than asked for are all that there are.
fn stream((bytes, asked): (usize, usize)) -> Attempt<usize> {
    Attempt {
        value: bytes,
        exhausted: bytes < asked,
    }
}

/// Where sockets are registered: the network knows.
#[derive(Debug)]
pub(crate) struct Registry;

pub(crate) mod event {
    use super::{Number, Token};
    use crate::network::Ready;

    pub(crate) trait Source {
        fn number(&self) -> Number;
    }

    #[derive(Debug)]
    pub(crate) struct Event(pub(crate) Ready);

    impl Event {
        pub(crate) fn token(&self) -> Token {
            Token(self.0.token)
        }

        pub(crate) fn is_readable(&self) -> bool {
            self.0.readable
        }

        pub(crate) fn is_writable(&self) -> bool {
            self.0.writable
        }

        pub(crate) fn is_read_closed(&self) -> bool {
            self.0.read_closed
        }

        pub(crate) fn is_write_closed(&self) -> bool {
            self.0.write_closed
        }

        pub(crate) fn is_error(&self) -> bool {
            self.0.error
        }
    }
}

pub(crate) mod net {
    use super::event::Source;
    use crate::network::{self, Number};
    use std::io;
    use std::net::{Shutdown, SocketAddr};

    #[derive(Debug)]
    pub(crate) struct TcpListener(Number);

    #[derive(Debug)]
    pub(crate) struct TcpStream(pub(super) Number);

    impl TcpListener {
        pub(crate) fn bind(at: SocketAddr) -> io::Result<Self> {
            network::with(|network| network.listen(at)).map(Self)
        }

        pub(crate) fn local_addr(&self) -> io::Result<SocketAddr> {
            network::with(|network| network.here(self.0))
        }

        pub(crate) fn from_std(_: std::net::TcpListener) -> Self {
            panic!("a socket of the system's is none of the simulation's")
        }
    }

    impl TcpStream {
        pub(crate) fn connect(to: SocketAddr) -> io::Result<Self> {
            Ok(Self(network::with(|network| network.connect(to))))
        }

        pub(crate) fn from_std(_: std::net::TcpStream) -> Self {
            panic!("a socket of the system's is none of the simulation's")
        }

        pub(crate) fn take_error(&self) -> io::Result<Option<io::Error>> {
            let connected = network::with(|network| network.connected(self.0));
            Ok(connected.and_then(Result::err))
        }

        pub(crate) fn local_addr(&self) -> io::Result<SocketAddr> {
            network::with(|network| network.here(self.0))
        }

        pub(crate) fn peer_addr(&self) -> io::Result<SocketAddr> {
            network::with(|network| network.there(self.0))
        }

        pub(crate) fn shutdown(&self, how: Shutdown) -> io::Result<()> {
            match how {
                Shutdown::Read => Ok(()),
                Shutdown::Write | Shutdown::Both => {
                    network::with(|network| network.finish(self.0))
                }
            }
        }

        pub(crate) fn set_nodelay(&self, _nodelay: bool) -> io::Result<()> {
            Ok(())
        }

        pub(crate) fn nodelay(&self) -> io::Result<bool> {
            Ok(true)
        }
    }

    macro_rules! socket {
        ($($socket:ident),*) => {$(
            impl Source for $socket {
                fn number(&self) -> Number {
                    self.0
                }
            }

            #[cfg(unix)]
            impl std::os::fd::AsRawFd for $socket {
                fn as_raw_fd(&self) -> std::os::fd::RawFd {
                    self.0
                }
            }

            impl Drop for $socket {
                fn drop(&mut self) {
                    network::with(|network| network.close(self.0));
                }
            }

            impl From<$socket> for std::net::$socket {
                fn from(_: $socket) -> Self {
                    panic!("a socket of the simulation is none of the system's")
                }
            }
        )*};
    }

    socket!(TcpListener, TcpStream);
}

pub(crate) fn register(
    _registry: &Registry,
    source: &mut impl Source,
    token: Token,
    _interests: Interest,
) -> io::Result<()> {
    network::with(|network| network.register(source.number(), token.0));
    Ok(())
}

pub(crate) fn deregister(
    _registry: &Registry,
    source: &mut impl Source,
) -> io::Result<()> {
    network::with(|network| network.deregister(source.number()));
    Ok(())
}

pub(crate) fn accept(
    listener: &net::TcpListener,
) -> io::Result<Attempt<(net::TcpStream, SocketAddr)>> {
    let number = listener.number();
    let (stream, peer) = network::with(|network| network.accept(number))?;
    Ok(Attempt::of((net::TcpStream(stream), peer)))
}

pub(crate) fn read(
    socket: &net::TcpStream,
    bytes: &mut [u8],
) -> io::Result<Attempt<usize>> {
    let number = socket.number();
    network::with(|network| network.read(number, bytes, true)).map(stream)
}

pub(crate) fn read_vectored(
    socket: &net::TcpStream,
    bufs: &mut [IoSliceMut<'_>],
) -> io::Result<Attempt<usize>> {
    let mut bufs = bufs.iter_mut().filter(|buf| !buf.is_empty());
    match bufs.next() {
        Some(first) => read(socket, first),
        None => Ok(Attempt::of(0)),
    }
}

pub(crate) fn peek(
    socket: &net::TcpStream,
    bytes: &mut [u8],
) -> io::Result<Attempt<usize>> {
    let number = socket.number();
    let (bytes, _) = network::with(|it| it.read(number, bytes, false))?;
    Ok(Attempt::of(bytes))
}

pub(crate) fn write(
    socket: &net::TcpStream,
    bytes: &[u8],
) -> io::Result<Attempt<usize>> {
    let number = socket.number();
    network::with(|network| network.write(number, bytes)).map(stream)
}

/// From all of the buffers, as far as there is room.
pub(crate) fn write_vectored(
    socket: &net::TcpStream,
    bufs: &[IoSlice<'_>],
) -> io::Result<Attempt<usize>> {
    let bytes: Vec<u8> =
        bufs.iter().flat_map(|buf| buf.iter()).copied().collect();
    write(socket, &bytes)
}
