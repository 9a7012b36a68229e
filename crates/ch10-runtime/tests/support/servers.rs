//! The servers of stages 6 to 8, from the examples' own files.

#![allow(dead_code, reason = "no test calls all that a server offers")]

#[path = "../../examples/redis/commands.rs"]
pub mod commands;
#[path = "../../examples/redis/connection.rs"]
pub mod connection;
#[path = "../../examples/support/hello.rs"]
pub mod hello;
#[path = "../../examples/support/hyper_rt.rs"]
pub mod hyper_rt;
#[path = "../../examples/redis/listen.rs"]
pub mod listen;
#[path = "../../examples/support/prefix.rs"]
pub mod prefix;
#[path = "../../examples/proxy/pump.rs"]
pub mod pump;
#[path = "../../examples/proxy/relay.rs"]
pub mod relay;
#[path = "../../examples/redis/resp.rs"]
pub mod resp;
#[path = "../../examples/redis/store.rs"]
pub mod store;
