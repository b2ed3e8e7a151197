//! The integration tests: one binary, one world.

mod broker;
mod config;
mod queues;
mod road;
mod world;
