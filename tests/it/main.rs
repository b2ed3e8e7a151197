//! The integration tests: one binary, one world.

mod broker;
mod config;
mod mailbox;
mod peer;
mod post;
mod queue;
mod queues;
mod road;
mod world;
