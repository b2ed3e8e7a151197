//! The integration tests: one binary, one world.

// A test says what it wants by failing, waits in threads of its own, and
// prints what it skips.
#![allow(
    clippy::disallowed_methods,
    clippy::panic,
    clippy::print_stderr,
    clippy::print_stdout,
    clippy::unwrap_used
)]

mod answers;
mod answers_office;
mod answers_ours;
mod answers_theirs;
mod attacks;
mod broker;
mod commands;
mod config;
mod conforms;
mod demo;
mod dialects;
mod doctor;
mod examples;
mod interop;
mod lanes;
mod mailbox;
mod openers;
mod outage;
mod peer;
mod peers;
mod pkits;
mod post;
mod profiles;
mod queue;
mod queues;
mod receipts;
mod road;
mod rotation;
mod schemas;
mod scripted;
mod skipped;
mod smime_gates;
mod smime_peers;
mod smime_signed;
mod smime_world;
mod street;
mod suspension;
mod terminal;
mod venv;
mod web;
mod world;
mod written;
