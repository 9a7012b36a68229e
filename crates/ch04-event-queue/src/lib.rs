#![doc = include_str!("../README.md")]

// The stages, each built on the one before.
#[cfg(target_os = "linux")]
pub mod s1_bare_epoll;
#[cfg(target_os = "linux")]
pub mod s2_queue;
#[cfg(target_os = "linux")]
pub mod s3_waker;
#[cfg(target_os = "linux")]
pub mod s4_sources;

#[cfg(unix)]
pub mod errno;
#[cfg(target_os = "linux")]
pub mod ffi;

// The finished library: what stages 2 to 4 became, for every platform.
pub mod event;
mod interest;
mod io_source;
pub mod net;
mod poll;
mod registry;
mod sys;
mod token;
mod waker;

#[doc(no_inline)]
pub use event::Events;
pub use interest::Interest;
pub use poll::Poll;
pub use registry::Registry;
pub use token::Token;
pub use waker::Waker;

#[cfg(unix)]
pub mod unix;
