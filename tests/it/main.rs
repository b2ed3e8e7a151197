//! The integration tests: one binary, one world.

mod broker;
mod config;
mod queues;
mod road;
mod smime_gates;
mod smime_peers;
mod smime_world;
mod world;
