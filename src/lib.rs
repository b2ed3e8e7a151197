//! certpost: an SMTP push-delivery broker for government e-certificates.

pub mod certificate;
pub mod cli;
pub mod clock;
pub mod config;
pub mod confine;
#[cfg(test)]
#[path = "../tests/it/conforms.rs"]
mod conforms;
pub mod delivery;
#[cfg(test)]
#[path = "../fuzz/targets/mod.rs"]
mod fuzz;
pub mod inbound;
pub mod ledger;
pub mod letter;
pub mod mailbox;
pub mod outbound;
pub mod outlet;
pub mod partner;
pub mod post;
pub mod queue;
pub mod receipt;
pub mod refusal;
pub mod runtime;
#[cfg(test)]
#[path = "../tests/it/skipped.rs"]
mod skipped;
pub mod smime;
pub mod sps;
pub mod submission;
pub mod telemetry;
pub mod tls;
pub mod web;
