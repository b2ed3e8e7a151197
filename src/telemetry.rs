//! The log: for operators, never the record.
//!
//! Lines go to standard error, one an occurrence, with fields. No line holds
//! a key, a password, an address, XML or a letter's body: the ledger is the
//! record, and it has access rules of its own.
//!
//! Each durable step of the two streets also leaves a line at level TRACE
//! under the target `certpost::steps`, when it is entered and when it is left:
//! whoever ends the process from outside can tell in which step it died.

use std::fmt::Display;
use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

/// The target of the lines on durable steps.
pub const STEPS: &str = "certpost::steps";

/// What is logged without `$RUST_LOG`.
///
/// lapin logs the bodies of returned publications at WARN.
const FILTER: &str = "info,lapin=off";

/// Begins to write log lines, filtered as `$RUST_LOG` says.
///
/// Called once, by a command that runs for long.
pub fn start() {
    let filter = match std::env::var("RUST_LOG") {
        // Whatever is asked for, bodies stay out unless they are asked for by name.
        Ok(asked) if !asked.is_empty() => EnvFilter::new(format!("lapin=off,{asked}")),
        _ => EnvFilter::new(FILTER),
    };
    let begun = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .try_init();
    if begun.is_err() {
        tracing::debug!("the log was begun before");
    }
}

/// A durable step of DELIVERY is entered by `id`.
pub fn enter(step: &'static str, id: &dyn Display) {
    tracing::trace!(target: STEPS, step, edge = "enter", id = %id);
}

/// A durable step of DELIVERY is left by `id`.
pub fn leave(step: &'static str, id: &dyn Display) {
    tracing::trace!(target: STEPS, step, edge = "leave", id = %id);
}
