//! The traits that every socket has, written once.

/// What all sockets share: they are sources, and convert to and from the types
/// of the standard library and of the system.
macro_rules! socket_traits {
    ($socket:ident) => {
        impl crate::registry::Source for $socket {
            fn register(
                &mut self,
                registry: &crate::registry::Registry,
                token: crate::token::Token,
                interests: crate::interest::Interest,
            ) -> std::io::Result<()> {
                self.inner.register(registry, token, interests)
            }

            fn reregister(
                &mut self,
                registry: &crate::registry::Registry,
                token: crate::token::Token,
                interests: crate::interest::Interest,
            ) -> std::io::Result<()> {
                self.inner.reregister(registry, token, interests)
            }

            fn deregister(
                &mut self,
                registry: &crate::registry::Registry,
            ) -> std::io::Result<()> {
                self.inner.deregister(registry)
            }
        }

        impl std::fmt::Debug for $socket {
            fn fmt(
                &self,
                out: &mut std::fmt::Formatter<'_>,
            ) -> std::fmt::Result {
                self.inner.fmt(out)
            }
        }

        /// It stays in non-blocking mode. On Unix it also stays in its queue,
        /// and its events keep coming under its token: deregister it first.
        impl From<$socket> for std::net::$socket {
            fn from(socket: $socket) -> Self {
                socket.inner.into_socket()
            }
        }

        #[cfg(unix)]
        crate::net::traits::handle_traits!(
            $socket: std::os::fd,
            AsFd as_fd BorrowedFd, OwnedFd,
            AsRawFd as_raw_fd, FromRawFd from_raw_fd,
            IntoRawFd into_raw_fd, RawFd
        );
        #[cfg(windows)]
        crate::net::traits::handle_traits!(
            $socket: std::os::windows::io,
            AsSocket as_socket BorrowedSocket, OwnedSocket,
            AsRawSocket as_raw_socket, FromRawSocket from_raw_socket,
            IntoRawSocket into_raw_socket, RawSocket
        );
    };
}

/// The conversions, under the names that the platform gives them.
macro_rules! handle_traits {
    (
        $socket:ident: $io:path,
        $As:ident $as_it:ident $Borrowed:ident, $Owned:ident,
        $AsRaw:ident $as_raw:ident, $FromRaw:ident $from_raw:ident,
        $IntoRaw:ident $into_raw:ident, $Raw:ident
    ) => {
        const _: () = {
            use $io as io;

            impl io::$As for $socket {
                fn $as_it(&self) -> io::$Borrowed<'_> {
                    self.inner.socket().$as_it()
                }
            }

            impl io::$AsRaw for $socket {
                fn $as_raw(&self) -> io::$Raw {
                    self.inner.socket().$as_raw()
                }
            }

            /// On Unix it stays in its queue: deregister it first.
            impl io::$IntoRaw for $socket {
                fn $into_raw(self) -> io::$Raw {
                    self.inner.into_socket().$into_raw()
                }
            }

            /// It has to be in non-blocking mode already. It may be in a
            /// queue (see `from_std`).
            impl io::$FromRaw for $socket {
                unsafe fn $from_raw(raw: io::$Raw) -> Self {
                    // SAFETY: the caller promises that it is open, and ours.
                    let owned = unsafe { io::$Owned::$from_raw(raw) };
                    Self::from(owned)
                }
            }

            /// It has to be in non-blocking mode already. It may be in a
            /// queue (see `from_std`).
            impl From<io::$Owned> for $socket {
                fn from(owned: io::$Owned) -> Self {
                    Self::from_std(owned.into())
                }
            }

            /// On Unix it stays in its queue: deregister it first.
            impl From<$socket> for io::$Owned {
                fn from(socket: $socket) -> Self {
                    socket.inner.into_socket().into()
                }
            }
        };
    };
}

pub(super) use {handle_traits, socket_traits};
