//! The command line: one file for each command.
//!
//! A command takes its arguments and returns an [`Answer`]; only `main.rs`
//! writes it out and ends the process. The answer proper goes to standard
//! output, everything else to standard error.

pub mod answer;
pub mod check;
pub mod convert;
mod document;

pub use answer::{Answer, Exit, Shared};
